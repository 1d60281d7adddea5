// RUN: optimc compile %s --store m=q8 --emit=mlir --until=kernel-to-cpu | FileCheck %s

// Blocks of 256 values with one exponent. What the maximum depends on is early
// and goes to a buffer for two blocks; the rest, the division here, is late.
// CHECK-LABEL: llvm.func internal @rule.step.1
// CHECK:         llvm.alloca %{{.*}} x f32 {alignment = 64 : i64}
// The first whole block: early only.
// CHECK:         scf.for {{.*}} iter_args(%{{.*}}) -> (vector<16xi32>)
// CHECK-NOT:       arith.divf
// CHECK:           arith.maxui
// CHECK:         vector.reduction <maxui>
// A NaN is replaced in the buffer: encoding has no select for it.
// CHECK:         %[[NAN:.*]] = arith.cmpi ugt
// CHECK:         scf.if %[[NAN]] {
// CHECK:           arith.cmpf uno
// CHECK:           arith.select
// CHECK:         }
// Then the late part of one block with the early part of the next.
// CHECK:         scf.for {{.*}} iter_args(%{{.*}}) -> (i32)
// CHECK:           scf.for {{.*}} iter_args(%{{.*}}) -> (vector<16xi32>)
// CHECK-NOT:         arith.cmpf uno
// CHECK:             arith.divf {{.*}} : vector<16xf32>
// CHECK:             llvm.store %{{.*}} : vector<16xi8>
// CHECK:             llvm.load {{.*}} : !llvm.ptr -> vector<16xi8>
// CHECK:             arith.maxui
// CHECK:           vector.reduction <maxui>
// The late part of the last one.
// CHECK:         scf.for
// CHECK:           arith.divf {{.*}} : vector<16xf32>
// CHECK:           llvm.store %{{.*}} : vector<16xi8>
// A block that is not whole: vectors, then single elements, of both parts.
// CHECK:         arith.divf {{.*}} : vector<16xf32>
// CHECK:         arith.divf {{.*}} : f32
// CHECK:         llvm.store %{{.*}} : i8
optim.optimizer @rule(%p, %g) hyper(%lr = 1e-3) state(%m "m") {
  %m_t = mix 0.5 * %m + 0.5 * %g
  %p_t = expr %p - %lr * %m_t / %g
  commit %p = %p_t, %m = %m_t
}
