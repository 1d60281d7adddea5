// RUN: optim-opt %s --optim-kernel-to-cpu | FileCheck %s

// Products of an element's index with a constant are computed once per vector.
// CHECK-LABEL: llvm.func internal @noise.step.0
// CHECK:         scf.for
// CHECK:           %[[PRODUCT:.*]] = arith.muli %{{.*}}, %{{.*}} : i32
// CHECK-NOT:       arith.muli
// CHECK:           %[[SUM:.*]] = arith.addi %[[PRODUCT]], %{{.*}} : i32
// CHECK:           %[[LANES:.*]] = arith.constant dense<[0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45]> : vector<16xi32>
// CHECK:           %[[WIDE:.*]] = vector.broadcast %[[SUM]] : i32 to vector<16xi32>
// CHECK:           %[[ALL:.*]] = arith.addi %[[WIDE]], %[[LANES]]
// CHECK:           arith.uitofp %[[ALL]]
optim.optimizer @noise(%p, %g) {
  %p_t = kernel 0 streams(%g) scalars() random(3) {
  ^bb0(%y: f32, %i: i32, %k0: i32, %k1: i32):
    %three = arith.constant 3 : i32
    %spread = arith.muli %i, %three : i32
    %h = arith.addi %spread, %k0 : i32
    %u = arith.uitofp %h : i32 to f32
    %d = arith.subf %y, %u : f32
    yield %d : f32
  } : !optim.element
  commit %p = %p_t
}
