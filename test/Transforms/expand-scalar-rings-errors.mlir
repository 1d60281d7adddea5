// RUN: optim-opt --optim-expand-scalar-rings --verify-diagnostics %s

// expected-error @below {{state 'd' is a ring of 1025 scalars; at most 1024 are compiled; 'optimc run --engine=interpreter' executes it}}
optim.optimizer @long(%p, %g) state(%d : group slots 1025) {
  commit %p = %g
}
