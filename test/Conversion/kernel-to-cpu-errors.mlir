// RUN: optim-opt %s --optim-kernel-to-cpu --split-input-file --verify-diagnostics

optim.optimizer @early(%p, %g) {
  // expected-error @below {{is still in the body; run optim-split-host and optim-make-kernels first}}
  %d = sub %p, %g
  commit %p = %d
}

// -----

optim.optimizer @notarith(%p, %g) {
  %p_t = kernel 0 streams(%p, %g) scalars() {
  ^bb0(%x: !optim.element, %y: !optim.element):
    // expected-error @below {{is not elementwise; run optim-to-arith before optim-kernel-to-cpu}}
    %d = sub %x, %y
    yield %d
  } : !optim.element
  commit %p = %p_t
}

// -----

optim.optimizer @gate(%p, %g) input(%f : model = 0) {
  %ok = host model 0 (%f) {
  ^bb0(%x: f64):
    %zero = arith.constant 0.0 : f64
    %c = arith.cmpf oeq, %x, %zero : f64
    yield %c : i1
  } : !optim.pred<model>
  // expected-error @below {{has a gate; run optim-expand-gates before the program is laid out}}
  commit %p = %g when %ok
}

// -----

// expected-error @below {{state 'd' is a ring of 3 scalars; run optim-expand-scalar-rings first}}
optim.optimizer @ring(%p, %g) state(%d : group slots 3) {
  commit %p = %g
}

// -----

optim.optimizer @delayed(%p, %g) {
  // expected-error @below {{is still in the body; run optim-split-host and optim-make-kernels first}}
  %d = delay %g by 3 "previous_grad"
  commit %p = %d
}

// -----

optim.optimizer @unread(%p, %g) {
  %u = kernel 0 streams(%p, %g) scalars() {
  ^bb0(%x: f32, %y: f32):
    %d = arith.subf %x, %y : f32
    yield %d : f32
  } : !optim.element
  // expected-error @below {{reads a value that is not in memory}}
  %p_t = kernel 1 streams(%u) scalars() {
  ^bb0(%x: f32):
    %d = arith.addf %x, %x : f32
    yield %d : f32
  } : !optim.element
  commit %p = %p_t
}
