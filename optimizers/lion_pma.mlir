// Lion with Periodical Moving Average: Liu et al., UAI 2025, in a canonical form
// (see adamw_pma). In a period of K steps the gradients are averaged uniformly;
// every step moves by Lion's rule as if the period ended now, and the momentum
// is committed once per period. With j = 1 .. K the step in the period:
//
//   a <- a + (g - a) / j                                     (a = g at j = 1)
//   p <- p - lr c (sign(beta1 m + (1 - beta1) a) + weight_decay p)
//   m <- beta2 m + (1 - beta2) a at j = K
//
// c is 1 at j = K, and inner_coefficient before. A sign has no scale, so the
// paper's 1 / K, for which a negative inner_coefficient stands, makes a period
// nearly two steps long. K = 1 is lion, bit for bit; inner_coefficient = 0 is
// gradient accumulation.
//
// Differences from the authors' code (liuyumou/perodical-moving-average 6d57ea4):
// - It decays the parameters by the full lr in inner steps, too.
// - In inner steps it keeps r / (r + 1) of the momentum, r = j mod K, instead of
//   beta1 and beta2.
optim.optimizer @lion_pma(%p, %g)
    hyper(%lr = 1e-4 in [0, inf), %beta1 = 0.9 in [0, 1), %beta2 = 0.99 in [0, 1),
          %weight_decay = 0 in [0, inf), %period = 4 in [1, inf) integer,
          %inner_coefficient = -1 in [-1, inf))
    state(%m "exp_avg", %a "period_avg") {
  %zero    = constant 0
  %j, %n, %last = period %period
  %paper   = cmp lt %inner_coefficient, %zero
  %c       = expr select(%last, 1, select(%paper, 1 / %period, %inner_coefficient))
  %lr_t    = expr %lr * %c
  %a_t     = mean %a, %g count %j
  // Lion, as if the period ended here.
  %u       = ema %m, %a_t decay %beta1
  %m_n     = ema %m, %a_t decay %beta2
  %p_n     = expr %p - %lr_t * (sign(%u) + %weight_decay * %p)
  // With c = 0 there is no step at all, not a step by 0 times something.
  %inner   = cmp ne %inner_coefficient, %zero
  %moves   = or %last, %inner
  %p_t     = select %moves, %p_n, %p
  // The momentum changes at the end of a period, where the average is done.
  %m_t     = select %last, %m_n, %m
  %a_kept  = select %last, %a, %a_t
  commit %p = %p_t, %m = %m_t, %a = %a_kept
}
