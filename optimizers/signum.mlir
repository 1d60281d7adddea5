// Signum: Bernstein, Wang, Azizzadenesheli, Anandkumar, "signSGD: Compressed
// Optimisation for Non-Convex Problems", ICML 2018, Algorithm 2, with decoupled
// weight decay. beta = 0 is signSGD.
//
//   m <- beta m + (1 - beta) g
//   p <- p - lr (sign(m) + weight_decay p)
//
// Differences:
// - Some implementations keep the momentum as a sum, m = beta m + g, which has
//   the same sign but other checkpoints.
// - epfml/llm-optimizer-benchmark starts the momentum as a copy of the
//   parameter; here it starts at 0, as in the paper.
// - The sign of 0 is 0; with --freeze beta=0 there is no state.
optim.optimizer @signum(%p, %g)
    hyper(%lr = 1e-4 in [0, inf), %beta = 0.9 in [0, 1), %weight_decay = 0 in [0, inf))
    state(%m "exp_avg") {
  %m_t = ema %m, %g decay %beta
  %p_t = expr %p - %lr * (sign(%m_t) + %weight_decay * %p)
  commit %p = %p_t, %m = %m_t
}
