// RUN: optim-opt --optim-split-host --optim-specialize --optim-make-kernels --split-input-file --verify-diagnostics %s

optim.optimizer @norm(%p, %g) {
  // expected-error@+1 {{'reduce' to 'model' is not compiled yet by the CPU back end; 'optimc run --engine=interpreter' executes it}}
  %n = reduce sum_sq %g to model
  %u = mul %n, %g
  commit %p = %u
}

// -----

// expected-error@+1 {{state 'r' of rate 'row' is not compiled yet by the CPU back end}}
optim.optimizer @rows(%p, %g) state(%r : row) {
  // expected-error@+1 {{'reduce' to 'row' is not compiled yet}}
  %mean = reduce mean %g to row
  // expected-error@+1 {{'add' of rate 'row' is not compiled yet by the CPU back end}}
  %r_t = add %r, %mean
  commit %r = %r_t
}

// -----

optim.optimizer @entry(%p, %g) {
  commit %p = %g
} entry "norm" {
  // expected-error@+1 {{'reduce' to 'tensor' is not compiled yet by the CPU back end; 'optimc run --engine=interpreter' executes it}}
  %n = reduce max_abs %p to tensor
  commit "n" = %n
}
