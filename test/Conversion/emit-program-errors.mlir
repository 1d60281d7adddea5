// RUN: optim-opt %s --optim-emit-program --verify-diagnostics

// expected-error @below {{has a phase without code that runs on every machine; run optim-kernel-to-cpu and optim-multiversion first}}
optim.optimizer @nocode(%p, %g) {
  %p_t = kernel 0 streams(%g) scalars() {
  ^bb0(%y: f32):
    %d = arith.negf %y : f32
    yield %d : f32
  } : !optim.element
  commit %p = %p_t
}
