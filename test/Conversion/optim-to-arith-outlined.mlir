// RUN: optim-opt --optim-to-arith --split-input-file --verify-diagnostics %s

optim.optimizer @outside(%p, %g) {
  // expected-error@+1 {{'optim.add' op is outside hosts and kernels; run 'optim-split-host' and 'optim-make-kernels' first}}
  %p_t = add %p, %g
  commit %p = %p_t
}
