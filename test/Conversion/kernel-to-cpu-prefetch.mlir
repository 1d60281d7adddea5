// RUN: optim-opt %s --optim-kernel-to-cpu | FileCheck %s

// While a run is computed, the first 256 bytes of each stream of the run after
// the next are fetched, of the last run where there is none.
// CHECK-LABEL: llvm.func internal @sgd.step.0
// CHECK-SAME:    (%[[RUNS:.*]]: !llvm.ptr, %[[N:.*]]: i64)
// CHECK:         scf.for %[[I:.*]] =
// CHECK:           %[[LAST:.*]] = arith.addi %[[N]], %{{.*}} : i64
// CHECK:           %[[LATER:.*]] = arith.addi %[[I]], %{{.*}} : i64
// CHECK:           %[[NUMBER:.*]] = arith.minsi %[[LATER]], %[[LAST]] : i64
// CHECK:           %[[OFFSET:.*]] = arith.muli %[[NUMBER]], %{{.*}} : i64
// CHECK:           %[[OTHER:.*]] = llvm.getelementptr %[[RUNS]][%[[OFFSET]]]
// CHECK-COUNT-4:   llvm.intr.prefetch
// CHECK:           llvm.load
// CHECK-COUNT-4:   llvm.intr.prefetch
// CHECK-NOT:       llvm.intr.prefetch
// CHECK:           scf.for
// In the loop, what is 2 KiB ahead.
// CHECK-COUNT-2:   llvm.intr.prefetch
// CHECK-NOT:       llvm.intr.prefetch
optim.optimizer @sgd(%p, %g) hyper(%lr = 1e-3) {
  %p_t = kernel 0 streams(%p, %g) scalars(%lr) {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %n = arith.negf %s : f32
    %r = math.fma %n, %y, %x : f32
    yield %r : f32
  } : !optim.element
  commit %p = %p_t
}
