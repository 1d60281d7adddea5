// AdamW: Loshchilov, Hutter, "Decoupled Weight Decay Regularization", ICLR 2019,
// Algorithm 2, with the learning rate as the schedule multiplier, as
// torch.optim.AdamW and optax.adamw do: the decay is lr * weight_decay * p.
//
//   m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2
//   u = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
//   p <- p - lr (u + weight_decay p)
//
// Differences:
// - The update is one expression of the old p; torch writes
//   p = p (1 - lr weight_decay), then subtracts: the same math, one rounding
//   more.
// - eps is added outside the root, after the bias correction, as in torch; optax
//   can also add eps_root inside, which is 0 here.
// - The EMAs use one rounded weight, fma(w, x - old, old), w = f32(1 - beta).
optim.optimizer @adamw(%p, %g)
    hyper(%lr = 1e-3 in [0, inf), %beta1 = 0.9 in [0, 1), %beta2 = 0.999 in [0, 1), %eps = 1e-8 in [0, inf),
          %weight_decay = 0.01 in [0, inf))
    state(%m "exp_avg", %v "exp_avg_sq") {
  %g2    = expr %g * %g
  %m_t   = ema %m, %g decay %beta1
  %v_t   = ema %v, %g2 decay %beta2
  %m_hat = debias %m_t decay %beta1
  %v_hat = debias %v_t decay %beta2
  %u     = expr %m_hat / (sqrt(%v_hat) + %eps)
  %p_t   = expr %p - %lr * (%u + %weight_decay * %p)
  commit %p = %p_t, %m = %m_t, %v = %v_t
}
