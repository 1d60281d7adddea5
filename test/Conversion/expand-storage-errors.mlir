// RUN: optim-opt --optim-expand-storage --split-input-file --verify-diagnostics %s

optim.optimizer @outside(%p, %g) storage(param = bf16) {
  %p_t = add %p, %g
  // expected-error@+1 {{'optim.commit' op stores 'param' as bf16, but its value is not computed in a kernel; run optim-make-kernels first}}
  commit %p = %p_t
}

// -----

optim.optimizer @early(%p, %g) storage(param = bf16) {
  // expected-error@+1 {{'optim.kernel' op is not arith yet; run optim-to-arith first}}
  %p_t = kernel 0 streams(%p, %g) scalars() {
  ^bb0(%a: !optim.element, %b: !optim.element):
    %c = add %a, %b
    yield %c
  } : !optim.element
  commit %p = %p_t
}
