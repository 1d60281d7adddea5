// RUN: optim-opt %s --optim-kernel-to-gpu --split-input-file --verify-diagnostics

optim.optimizer @early(%p, %g) {
  // expected-error @below {{is still in the body; run optim-split-host and optim-make-kernels first}}
  %d = sub %p, %g
  commit %p = %d
}

// -----

optim.optimizer @notarith(%p, %g) {
  %p_t = kernel 0 streams(%p, %g) scalars() {
  ^bb0(%x: !optim.element, %y: !optim.element):
    // expected-error @below {{is not elementwise; run optim-to-arith before optim-kernel-to-gpu}}
    %d = sub %x, %y
    yield %d
  } : !optim.element
  commit %p = %p_t
}

// -----

optim.optimizer @notstored(%p, %g) storage(param = bf16) {
  // expected-error @below {{'param' is stored as bf16; run optim-expand-storage before optim-kernel-to-gpu}}
  %p_t = kernel 0 streams(%p, %g) scalars() {
  ^bb0(%x: f32, %y: f32):
    %d = arith.subf %x, %y : f32
    yield %d : f32
  } : !optim.element
  commit %p = %p_t
}
