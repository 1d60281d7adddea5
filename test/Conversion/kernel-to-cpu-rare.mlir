// RUN: optim-opt %s --optim-kernel-to-cpu | FileCheck %s

// Where none of the conditions that a whole run shares holds, the loops have no
// select for them; what only such a select asks for is computed all the same.
// CHECK-LABEL: llvm.func internal @average.step.0
// CHECK:         %[[TAKES:.*]] = arith.cmpf oeq, %{{.*}}, %{{.*}} : f32
// CHECK:         %[[COMMON:.*]] = arith.xori %[[TAKES]], %{{.*}} : i1
// CHECK:         scf.if %[[COMMON]] {
// CHECK:           scf.for
// CHECK-NOT:         arith.select
// CHECK:             %[[MOVED:.*]] = math.fma %{{.*}} : vector<16xf32>
// CHECK:             llvm.store %[[MOVED]]
// CHECK-NOT:         arith.select
// CHECK:           scf.for
// CHECK-NOT:         arith.select
// CHECK:             %[[ONE:.*]] = math.fma %{{.*}} : f32
// CHECK:             llvm.store %[[ONE]]
// CHECK:         } else {
// CHECK:           scf.for
// CHECK:             arith.select %{{.*}} : vector<16xi1>, vector<16xf32>
// CHECK:           scf.for
// CHECK:             arith.select %[[TAKES]], %{{.*}} : f32
optim.optimizer @average(%p, %g) hyper(%w = 0.1) state(%m "momentum") {
  %rate = host group 0 (%w) {
  ^bb0(%x: f64):
    yield %x : f64
  } : !optim.group
  %m_t = kernel 0 streams(%g, %m) scalars(%rate) {
  ^bb0(%x: f32, %old: f32, %weight: f32):
    %one = arith.constant 1.0 : f32
    %takes = arith.cmpf oeq, %weight, %one : f32
    %d = arith.subf %x, %old : f32
    %moved = math.fma %weight, %d, %old : f32
    %new = arith.select %takes, %x, %moved : f32
    yield %new : f32
  } : !optim.element
  commit %p = %p, %m = %m_t
}
