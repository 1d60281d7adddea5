// RUN: optim-opt --optim-split-host --split-input-file --verify-diagnostics %s

optim.optimizer @classes(%p, %g) {
  // expected-error@+1 {{is a class of tensors; run 'optim-expand-cases' first}}
  %u = case rank >= 2 { yield %g } else { yield %p }
  commit %p = %u
}

// -----

optim.optimizer @rings(%p, %g) {
  // expected-error@+1 {{is a state of its own; run 'optim-expand-delays' first}}
  %u = delay %g by 1 "previous_grad"
  commit %p = %u
}

// -----

optim.optimizer @gated(%p, %g) input(%found_inf : model = 0) {
  %zero = constant 0
  %finite = cmp eq %found_inf, %zero
  // expected-error@+1 {{has a gate; run 'optim-expand-gates' first}}
  commit %p = %g when %finite
}
