// AdamW with Periodical Moving Average: Liu et al., UAI 2025, in a canonical
// form. In a period of K steps the gradients are averaged uniformly; every step
// moves by AdamW's rule as if the period ended now, and the moments are
// committed once per period. With n the period and j = 1 .. K the step in it:
//
//   a <- a + (g - a) / j,   b <- b + (g^2 - b) / j      (a = g, b = g^2 at j = 1)
//   m_n = beta1 m + (1 - beta1) a,   v_n = beta2 v + (1 - beta2) b
//   u = (m_n / (1 - beta1^n)) / (sqrt(v_n / (1 - beta2^n)) + eps)
//   p <- p - lr c (u + weight_decay p)
//   m <- m_n, v <- v_n at j = K
//
// c is 1 at j = K, and inner_coefficient before; a negative one stands for the
// paper's 1 / sqrt(K). square_of_mean = 1 takes a^2 for b. The weights of all
// gradients sum to 1 - beta^n in every step. K = 1 is adamw, bit for bit;
// inner_coefficient = 0 with square_of_mean = 1 is gradient accumulation.
//
// Differences from the authors' code (liuyumou/perodical-moving-average 6d57ea4):
// - It divides the root of the second moment by 1 - beta2^n in inner steps, and
//   its n is one too large at the end of a period.
// - Its rescaling by K acts on temporaries and is lost: momentum carries over
//   beta1 / K of itself, and the weights of all gradients sum to 0.09 to 0.12
//   instead of 1 (beta1 = .9, K = 4).
// - It keeps two buffers per parameter where this form keeps four, and fixes
//   eps at 1e-8.
optim.optimizer @adamw_pma(%p, %g)
    hyper(%lr = 1e-3 in [0, inf), %beta1 = 0.9 in [0, 1), %beta2 = 0.999 in [0, 1), %eps = 1e-8 in [0, inf),
          %weight_decay = 0.01 in [0, inf), %period = 4 in [1, inf) integer,
          %inner_coefficient = -1 in [-1, inf), %square_of_mean = 0 in [0, 1] integer)
    state(%m "exp_avg", %v "exp_avg_sq", %a "period_avg", %b "period_avg_sq") {
  %zero    = constant 0
  %j, %n, %last = period %period
  %paper   = cmp lt %inner_coefficient, %zero
  %c       = expr select(%last, 1, select(%paper, 1 / sqrt(%period), %inner_coefficient))
  %lr_t    = expr %lr * %c
  %squared = cmp ne %square_of_mean, %zero
  // The averages of this period.
  %g2      = expr %g * %g
  %a_t     = mean %a, %g count %j
  %b_t     = mean %b, %g2 count %j
  %a2      = expr %a_t * %a_t
  %s       = select %squared, %a2, %b_t
  // AdamW, as if the period ended here.
  %m_n     = ema %m, %a_t decay %beta1
  %v_n     = ema %v, %s decay %beta2
  %m_hat   = debias %m_n decay %beta1 count %n
  %v_hat   = debias %v_n decay %beta2 count %n
  %u       = expr %m_hat / (sqrt(%v_hat) + %eps)
  %p_n     = expr %p - %lr_t * (%u + %weight_decay * %p)
  // With c = 0 there is no step at all, not a step by 0 times something.
  %inner   = cmp ne %inner_coefficient, %zero
  %moves   = or %last, %inner
  %p_t     = select %moves, %p_n, %p
  // The moments change at the end of a period, where the averages are done.
  %m_t     = select %last, %m_n, %m
  %v_t     = select %last, %v_n, %v
  %a_kept  = select %last, %a, %a_t
  %b_next  = select %squared, %b, %b_t
  %b_kept  = select %last, %b, %b_next
  commit %p = %p_t, %m = %m_t, %v = %v_t, %a = %a_kept, %b = %b_kept
}
