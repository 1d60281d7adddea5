// LAMB: You et al., "Large Batch Optimization for Deep Learning: Training BERT
// in 76 Minutes", ICLR 2020, Algorithm 2 with phi(z) = z, as optax.lamb does.
//
//   m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2
//   u = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay p
//   p <- p - lr (|p| / |u|) u,   the ratio of each tensor's norms
//
// The ratio is 1 where either norm is 0: a tensor that starts at zero moves.
//
// Differences:
// - The norms are float64 numbers of one fixed order, on any number of threads.
// - NVIDIA's and timm's LAMB first clip the gradient by its global norm (to 1
//   by default); that is a rule of its own, see adamw_clip. timm can also bound
//   the ratio by 1 (LAMBC) and keeps it 1 for tensors without weight decay.
// - pytorch_optimizer (4.1.0) has no bias correction, divides by |u| + eps and
//   bounds |p| by 10.
// - The EMAs use one rounded weight, fma(w, x - old, old), w = f32(1 - beta).
optim.optimizer @lamb(%p, %g)
    hyper(%lr = 1e-3 in [0, inf), %beta1 = 0.9 in [0, 1), %beta2 = 0.999 in [0, 1), %eps = 1e-6 in [0, inf),
          %weight_decay = 0.01 in [0, inf))
    state(%m "exp_avg", %v "exp_avg_sq") {
  %g2    = expr %g * %g
  %m_t   = ema %m, %g decay %beta1
  %v_t   = ema %v, %g2 decay %beta2
  %m_hat = debias %m_t decay %beta1
  %v_hat = debias %v_t decay %beta2
  %u     = expr %m_hat / (sqrt(%v_hat) + %eps) + %weight_decay * %p
  // Once per tensor, in float64.
  %p_sq  = reduce sum_sq %p to tensor
  %u_sq  = reduce sum_sq %u to tensor
  %zero  = constant 0
  %p_is0 = cmp eq %p_sq, %zero
  %u_is0 = cmp eq %u_sq, %zero
  %plain = or %p_is0, %u_is0
  %ratio = expr select(%plain, 1, sqrt(%p_sq) / sqrt(%u_sq))
  %p_t   = expr %p - (%lr * %ratio) * %u
  commit %p = %p_t, %m = %m_t, %v = %v_t
}
