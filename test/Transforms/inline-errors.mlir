// RUN: optim-opt --optim-inline --verify-diagnostics %s

// The template's math must be legal at the rates of the call.
optim.func @average(%m, %g, %beta) {
  // expected-error @below {{'ema' decay must be a scalar, but %g is per element}}
  // expected-note @below {{help: per-element weights: lerp %m, %g weight %w}}
  %u = ema %m, %g decay %beta
  yield %u
}
optim.optimizer @o(%p, %g) state(%m) {
  %x = call @average(%m, %g, %g)
  commit %p = %x, %m = %x
}
