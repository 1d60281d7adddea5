// RUN: optim-opt --optim-wrap-amp --verify-diagnostics %s

// expected-error @below {{'@o' already has an input 'found_inf'; a spec that handles mixed precision itself is not wrapped by optim-wrap-amp}}
optim.optimizer @o(%p, %g) input(%skip "found_inf" : model = 0) {
  %p_t = sub %p, %skip
  commit %p = %p_t
}
