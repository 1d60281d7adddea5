// Adam: Kingma, Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015,
// Algorithm 1, with weight decay added to the gradient (L2), as torch.optim.Adam
// does.
//
//   g <- g + weight_decay p
//   m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2
//   p <- p - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
//
// Differences:
// - The EMAs use one rounded weight, fma(w, x - old, old), w = f32(1 - beta).
//   torch's for-loop form does so for m only; for v it rounds beta2 and
//   1 - beta2 separately.
// - The bias corrections are factors, in float64 until they meet an element;
//   torch folds them into the step size and the denominator. The math is the
//   same.
// - Weight decay enters both moments. For the decoupled form see adamw.
optim.optimizer @adam(%p, %g)
    hyper(%lr = 1e-3 in [0, inf), %beta1 = 0.9 in [0, 1), %beta2 = 0.999 in [0, 1), %eps = 1e-8 in [0, inf),
          %weight_decay = 0 in [0, inf))
    state(%m "exp_avg", %v "exp_avg_sq") {
  %g_wd  = mix 1 * %g + %weight_decay * %p
  %g2    = expr %g_wd * %g_wd
  %m_t   = ema %m, %g_wd decay %beta1
  %v_t   = ema %v, %g2 decay %beta2
  %m_hat = debias %m_t decay %beta1
  %v_hat = debias %v_t decay %beta2
  %u     = expr %m_hat / (sqrt(%v_hat) + %eps)
  %p_t   = expr %p - %lr * %u
  commit %p = %p_t, %m = %m_t, %v = %v_t
}
