// RUN: optim-opt --optim-split-host --optim-make-kernels --optim-to-arith --split-input-file --verify-diagnostics %s

optim.optimizer @unexpanded(%p, %g) state(%m) {
  // expected-error@+1 {{'optim.ema' op has no 'f32' form; run 'optim-expand-mixtures' first}}
  %m_t = ema %m, %g decay 0.9
  commit %m = %m_t
}

// -----

optim.optimizer @schedules(%p, %g) hyper(%T = 10) {
  // expected-error@+1 {{'optim.schedule' op has no 'f64' form; run 'optim-expand-schedules' first}}
  %lr = schedule linear 0 -> 1 over %T
  %p_t = mul %lr, %g
  commit %p = %p_t
}

// -----

optim.optimizer @expressions(%p, %g) {
  // expected-error@+1 {{'optim.expr' op has no 'f32' form; run 'optim-expand-expr' first}}
  %p_t = expr %p - %g
  commit %p = %p_t
}
