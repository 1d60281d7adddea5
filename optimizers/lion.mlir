// Lion: Chen et al., "Symbolic Discovery of Optimization Algorithms", NeurIPS
// 2023, Algorithm 2. The direction reads the old momentum with beta1, the memory
// is then updated with beta2.
//
//   c = beta1 m + (1 - beta1) g,   m <- beta2 m + (1 - beta2) g
//   p <- p - lr (sign(c) + weight_decay p)
//
// Differences:
// - The sign of 0 is 0, as in torch and optax; here it keeps the sign of 0.
// - The decay is part of one expression of the old p; the authors' torch code
//   scales p first: the same math, one rounding more.
// - c is fma(w, g - m, m) with w = f32(1 - beta1). Where beta1 m and
//   (1 - beta1) g cancel to the last bit its sign can differ from other forms.
optim.optimizer @lion(%p, %g)
    hyper(%lr = 1e-4 in [0, inf), %beta1 = 0.9 in [0, 1), %beta2 = 0.99 in [0, 1),
          %weight_decay = 0 in [0, inf))
    state(%m "exp_avg") {
  %c   = ema %m, %g decay %beta1
  %m_t = ema %m, %g decay %beta2
  %p_t = expr %p - %lr * (sign(%c) + %weight_decay * %p)
  commit %p = %p_t, %m = %m_t
}
