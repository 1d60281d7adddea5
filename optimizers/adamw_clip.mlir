// AdamW with clipping by the global norm: Pascanu, Mikolov, Bengio, "On the
// difficulty of training recurrent neural networks", ICML 2013, Algorithm 1, as
// torch.nn.utils.clip_grad_norm_ does, followed by adamw.
//
//   n = |g| over all tensors,   c = min(1, max_norm / (n + 1e-6)) g
//   m <- beta1 m + (1 - beta1) c,   v <- beta2 v + (1 - beta2) c^2
//   u = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
//   p <- p - lr (u + weight_decay p)
//
// The output grad_norm is n, of the gradient before it is clipped. Only tensors
// that take part in the step count. max_norm = inf switches clipping off.
//
// Differences:
// - The norm covers all groups, each of which may have its own max_norm; torch
//   takes the norm of the tensors that it is given.
// - The norm is a float64 number of one fixed order, on any number of threads;
//   torch adds in the gradient's precision, and its result depends on them.
// - The gradient itself is left as it is; torch overwrites it.
// - For the rest see adamw.
optim.optimizer @adamw_clip(%p, %g)
    hyper(%lr = 1e-3 in [0, inf), %beta1 = 0.9 in [0, 1), %beta2 = 0.999 in [0, 1), %eps = 1e-8 in [0, inf),
          %weight_decay = 0.01 in [0, inf), %max_norm = 1 in (0, inf])
    state(%m "exp_avg", %v "exp_avg_sq") {
  // Once per model and once per group, in float64.
  %g_sq  = reduce sum_sq %g to model
  %norm  = expr sqrt(%g_sq)
  %scale = expr min(1, %max_norm / (%norm + 1e-6))
  // Once per element, in float32.
  %c     = expr %scale * %g
  %c2    = expr %c * %c
  %m_t   = ema %m, %c decay %beta1
  %v_t   = ema %v, %c2 decay %beta2
  %m_hat = debias %m_t decay %beta1
  %v_hat = debias %v_t decay %beta2
  %u     = expr %m_hat / (sqrt(%v_hat) + %eps)
  %p_t   = expr %p - %lr * (%u + %weight_decay * %p)
  commit %p = %p_t, %m = %m_t, %v = %v_t, "grad_norm" = %norm
}
