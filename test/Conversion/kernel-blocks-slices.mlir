// RUN: optimc compile %s --store m=q8 --emit=mlir --until=kernel-to-cpu | FileCheck %s
// RUN: optimc compile %s --store m=q8 --gpu=sm_80 --emit=mlir --until=kernel-to-gpu -o - | FileCheck %s --check-prefix=GPU

// A kernel that reduces to rows, and reads blocks with one exponent: a segment
// ends with its row, its lanes, or its block.
// CHECK-LABEL: llvm.func internal @rule.step.1.0
// CHECK:         scf.while
// CHECK-COUNT-3:   arith.minsi
// CHECK:           llvm.load %{{.*}} : !llvm.ptr -> i16

// A kernel that makes such blocks: what it reads per column and row is written
// to buffers first, one block at a time, whatever rows it lies in.
// CHECK-LABEL: llvm.func internal @rule.step.1.1
// CHECK:         %[[ROW:.*]] = llvm.alloca %{{.*}} x f32 {alignment = 64 : i64}
// CHECK:         scf.for
// CHECK:         scf.while
// CHECK:           arith.divui
// CHECK:           arith.minsi
// CHECK:           scf.for
// CHECK:             llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr -> vector<16xf32>
// CHECK:             llvm.store
// CHECK:           scf.for
// CHECK:             llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr -> f32
// CHECK:             llvm.store
// CHECK:           %[[VALUE:.*]] = llvm.load %{{[0-9]+}} : !llvm.ptr -> f32
// CHECK:           %[[VALUES:.*]] = vector.broadcast %[[VALUE]] : f32 to vector<16xf32>
// CHECK:           scf.for
// CHECK:             llvm.store %[[VALUES]], %{{.*}} {alignment = 4 : i64} : vector<16xf32>
// CHECK:           scf.yield
// The early loop, once; the late one.
// CHECK:         arith.maxui {{.*}} : vector<16xi32>
// CHECK:         vector.reduction <maxui>
// CHECK:         arith.divf {{.*}} : vector<16xf32>
// CHECK:         llvm.store %{{.*}} : vector<16xi8>

// A thread of the first kernel loads exponents beside the codes; in the second
// one a warp has a block, one exponent, and elements of several rows.
// GPU-LABEL: llvm.func @rule_step_1_0
// GPU:         llvm.load %{{.*}} -> vector<4xi8>
// GPU-NEXT:    arith.constant 255 : i64
// GPU:         llvm.load %{{.*}} {alignment = 2 : i64} : !llvm.ptr<1> -> i16
// GPU-LABEL: llvm.func @rule_step_1_1
// GPU:         vector.broadcast %{{.*}} : f32 to vector<4xf32>
// GPU:         %{{.*}} = llvm.load %{{.*}} : !llvm.ptr<1> -> i16
// GPU:         arith.divf %{{.*}} : vector<4xf32>
// GPU:         nvvm.redux.sync  umax
optim.optimizer @rule(%p, %g) state(%m "m", %r "r" : row, %c "c" : col) {
  %m_t = mix 0.5 * %m + 0.5 * %g
  %rows = reduce mean_sq %m_t to row
  %p_t = expr %p - %m_t / (%rows + %c)
  commit %p = %p_t, %m = %m_t, %r = %rows
}
