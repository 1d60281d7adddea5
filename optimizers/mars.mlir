// MARS-AdamW: Yuan et al., "MARS: Unleashing the Power of Variance Reduction
// for Training Large Models", ICML 2025, Algorithm 2 in the form that takes the
// last step's gradient for today's one at the last parameters (MARS-approx), as
// the authors' code does.
//
//   c = g + gamma beta1 / (1 - beta1) (g - g of the step before)
//   c <- c / max(1, |c|),   the norm of each tensor
//   m <- beta1 m + (1 - beta1) c,   v <- beta2 v + (1 - beta2) c^2
//   u = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
//   p <- p - lr (u + weight_decay p)
//
// Before the first step the gradient counts as 0, as in the authors' code.
//
// Differences:
// - timm takes c = g in the first step; the paper's x_0 = x_1 also means that.
// - The authors' code runs AdamW with other hyperparameters on vectors unless
//   optimize_1d is set. Here a rule is for all ranks: put vectors into an
//   optimizer of their own.
// - pytorch_optimizer (4.1.0) has sqrt(v + 1e-15) and adds eps before the bias
//   correction: eps / sqrt(1 - beta2^t) in this form.
// - The EMAs use one rounded weight, fma(w, x - old, old), w = f32(1 - beta).
optim.optimizer @mars(%p, %g)
    hyper(%lr = 3e-3 in [0, inf), %beta1 = 0.95 in [0, 1), %beta2 = 0.99 in [0, 1), %gamma = 0.025 in [0, inf),
          %eps = 1e-8 in [0, inf), %weight_decay = 0 in [0, inf))
    state(%m "exp_avg", %v "exp_avg_sq") {
  %last  = delay %g by 1 "previous_grad"
  %c     = expr %g + (%gamma * %beta1 / (1 - %beta1)) * (%g - %last)
  // Once per tensor, in float64.
  %c_sq  = reduce sum_sq %c to tensor
  %scale = expr 1 / max(1, sqrt(%c_sq))
  // Once per element, in float32.
  %k     = expr %scale * %c
  %k2    = expr %k * %k
  %m_t   = ema %m, %k decay %beta1
  %v_t   = ema %v, %k2 decay %beta2
  %m_hat = debias %m_t decay %beta1
  %v_hat = debias %v_t decay %beta2
  %u     = expr %m_hat / (sqrt(%v_hat) + %eps)
  %p_t   = expr %p - %lr * (%u + %weight_decay * %p)
  commit %p = %p_t, %m = %m_t, %v = %v_t
}
