// RUN: optim-opt %s --optim-kernel-to-gpu --split-input-file | FileCheck %s
// RUN: optim-opt %s --optim-kernel-to-gpu --split-input-file -o /dev/null \
// RUN:   --remarks-filter="optim-kernel-to-gpu" 2>&1 | FileCheck %s --check-prefix=REMARK

// The optimizer stays; the kernels are in a module beside it.
// CHECK-LABEL: optim.optimizer @sgd
// CHECK-LABEL: module @sgd.gpu attributes {optim.gpu = "sgd"}
// CHECK:         llvm.func @sgd_step_0_0(%{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %{{.*}}: i32, %[[MASK:[a-z0-9_]+]]: i64, %[[VALUE:[a-z0-9_]+]]: i64)
// CHECK-SAME:      nvvm.kernel, nvvm.maxntid = array<i32: 256>
// Blocks take items in turn, and skip those of other variants.
// CHECK:           scf.for
// CHECK:             %[[MASKED:[a-z0-9_]+]] = arith.andi %{{.*}}, %[[MASK]]
// CHECK:             arith.cmpi eq, %[[MASKED]], %[[VALUE]]
// CHECK:             scf.if
// What does not depend on the element is computed once.
// CHECK:               %[[LR:[a-z0-9_]+]] = llvm.load %{{.*}} invariant : !llvm.ptr<1> -> f32
// CHECK:               %[[NEG:[a-z0-9_]+]] = arith.negf %[[LR]] : f32
// All threads together take two vectors at once: all loads before the first operation, all stores last.
// CHECK:               scf.for
// CHECK-COUNT-4:         llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
// CHECK-NOT:             llvm.load
// CHECK-COUNT-2:         math.fma %{{.*}} : vector<4xf32>
// CHECK-NOT:             math.fma
// CHECK-COUNT-2:         llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<1>
// One vector, then one element.
// CHECK:               scf.for
// CHECK-COUNT-2:         llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
// CHECK:               scf.for
// CHECK-COUNT-2:         llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr<1> -> f32
// CHECK:                 math.fma %[[NEG]], %{{.*}}, %{{.*}} : f32
// CHECK:                 llvm.store %{{.*}} {alignment = 4 : i64} : f32, !llvm.ptr<1>
// The scalar functions, in float64.
// CHECK:         llvm.func @sgd_step_evaluate(%{{.*}}: !llvm.ptr<1>, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32)
// CHECK-SAME:      nvvm.kernel
// CHECK:           arith.mulf %{{.*}} : f64
// CHECK:           arith.truncf %{{.*}} : f64 to f32
// REMARK: 'sgd_step_0_0', per element: 2 times 4 values per thread at once
optim.optimizer @sgd(%p, %g) hyper(%lr = 1e-3 in [0, inf)) {
  %rate = host group 0 (%lr) {
  ^bb0(%x: f64):
    %y = arith.mulf %x, %x : f64
    yield %y : f64
  } : !optim.group
  %p_t = kernel 0 streams(%p, %g) scalars(%rate) {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %n = arith.negf %s : f32
    %r = math.fma %n, %y, %x : f32
    yield %r : f32
  } : !optim.element
  commit %p = %p_t
}

// -----

// A maximum orders -0 before +0 itself.
// CHECK-LABEL: module @clip.gpu
// CHECK:         %[[MAX:[a-z0-9_]+]] = arith.maximumf %[[X:[a-z0-9_]+]], %[[Y:[a-z0-9_]+]] : f32
// CHECK:         %[[A:[a-z0-9_]+]] = arith.bitcast %[[X]] : f32 to i32
// CHECK:         %[[B:[a-z0-9_]+]] = arith.bitcast %[[Y]] : f32 to i32
// CHECK:         %[[BOTH:[a-z0-9_]+]] = arith.andi %[[A]], %[[B]] : i32
// CHECK:         %[[ZERO:[a-z0-9_]+]] = arith.bitcast %[[BOTH]] : i32 to f32
// CHECK:         %[[EQUAL:[a-z0-9_]+]] = arith.cmpf oeq, %[[X]], %[[Y]] : f32
// CHECK:         %[[R:[a-z0-9_]+]] = arith.select %[[EQUAL]], %[[ZERO]], %[[MAX]] : f32
// CHECK:         llvm.store %[[R]]
optim.optimizer @clip(%p, %g) {
  %p_t = kernel 0 streams(%p, %g) scalars() {
  ^bb0(%x: f32, %y: f32):
    %r = arith.maximumf %x, %y : f32
    yield %r : f32
  } : !optim.element
  commit %p = %p_t
}

// -----

// A sum of squares: a warp per granule of 4096, its lanes in registers, halved
// by shuffles, without shared memory.
// CHECK-LABEL: module @norm.gpu
// CHECK-NOT:     llvm.mlir.global
// CHECK:         llvm.func @norm_step_0_0
// CHECK:           scf.for %{{.*}} iter_args
// CHECK-COUNT-6:     math.fma %{{.*}} : vector<4xf32>
// CHECK:           arith.extf %{{.*}} : f32 to f64
// CHECK:           nvvm.shfl.sync down
// CHECK-NOT:       nvvm.barrier
// CHECK:           llvm.store %{{.*}} : f64, !llvm.ptr<1>
// REMARK: 'norm_step_0_0', per element: 2 times 4 values per thread at once
optim.optimizer @norm(%p, %g) state(%s : tensor) {
  %x = kernel 0 streams(%g) scalars() {
  ^bb0(%y: f32):
    %r = arith.addf %y, %y : f32
    yield %r : f32
  } : !optim.element
  %n = reduce sum_sq %x to tensor
  commit %s = %n
}

// -----

// Vectors of bf16: two numbers per word, and the instruction rounds. A NaN, for
// which two numbers are asked at once, is replaced in a branch.
// CHECK-LABEL: module @half.gpu
// CHECK:         scf.for
// CHECK:           %[[CODES:[a-z0-9_]+]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xi16>
// CHECK:           %[[WORDS:[a-z0-9_]+]] = vector.bitcast %[[CODES]] : vector<8xi16> to vector<4xi32>
// CHECK:           %[[EVEN:[a-z0-9_]+]] = arith.shli %[[WORDS]], %{{.*}} : vector<4xi32>
// CHECK:           %[[ODD:[a-z0-9_]+]] = arith.andi %[[WORDS]], %{{.*}} : vector<4xi32>
// CHECK:           vector.interleave %[[EVEN]], %[[ODD]] : vector<4xi32> -> vector<8xi32>
// CHECK:           %[[X:[a-z0-9_]+]] = arith.mulf %{{.*}} : vector<8xf32>
// CHECK:           %[[ROUNDED:[a-z0-9_]+]] = arith.truncf %[[X]] : vector<8xf32> to vector<8xbf16>
// CHECK:           %[[CODE:[a-z0-9_]+]] = arith.bitcast %[[ROUNDED]] : vector<8xbf16> to vector<8xi16>
// CHECK:           %[[FIRST:[a-z0-9_]+]] = vector.extract %[[X]][0]
// CHECK:           %[[SECOND:[a-z0-9_]+]] = vector.extract %[[X]][1]
// CHECK:           arith.cmpf uno, %[[FIRST]], %[[SECOND]] : f32
// CHECK:           %[[STORED:[a-z0-9_]+]]:2 = scf.if %{{.*}} -> (vector<8xi16>, vector<8xi16>) {
// CHECK:             arith.cmpf uno, %[[X]], %[[X]] : vector<8xf32>
// CHECK:             arith.select %{{.*}} : vector<8xi1>, vector<8xi16>
// CHECK:           } else {
// CHECK:             scf.yield %[[CODE]], %{{.*}} : vector<8xi16>, vector<8xi16>
// CHECK:           llvm.store %[[STORED]]#0
// Single elements stay with the integer ops.
// CHECK:         llvm.load %{{.*}} {alignment = 2 : i64} : !llvm.ptr<1> -> i16
// CHECK-NOT:     truncf
// CHECK:         llvm.func @half_step_evaluate
optim.optimizer @half(%p, %g)
    storage(param = bf16, grad = bf16) {
  %x = kernel 0 streams(%p, %g) scalars() {
  ^bb0(%arg0: i16, %arg1: i16):
    %0 = arith.extui %arg0 : i16 to i32
    %c16_i32 = arith.constant 16 : i32
    %1 = arith.shli %0, %c16_i32 : i32
    %2 = arith.bitcast %1 : i32 to f32
    %3 = arith.extui %arg1 : i16 to i32
    %4 = arith.shli %3, %c16_i32 : i32
    %5 = arith.bitcast %4 : i32 to f32
    %6 = arith.mulf %2, %5 : f32
    %7 = arith.bitcast %6 : f32 to i32
    %8 = arith.shrui %7, %c16_i32 : i32
    %c1_i32 = arith.constant 1 : i32
    %9 = arith.andi %8, %c1_i32 : i32
    %c32767_i32 = arith.constant 32767 : i32
    %10 = arith.addi %9, %c32767_i32 : i32
    %11 = arith.addi %7, %10 : i32
    %12 = arith.shrui %11, %c16_i32 : i32
    %13 = arith.cmpf uno, %6, %6 : f32
    %c32704_i32 = arith.constant 32704 : i32
    %14 = arith.select %13, %c32704_i32, %12 : i32
    %15 = arith.trunci %14 overflow<nuw> : i32 to i16
    yield %15 : i16
  } : !optim.element {optim.formats = [#optim.storage<name = "param", format = bf16>, #optim.storage<name = "grad", format = bf16>, #optim.storage<name = "param", format = bf16>]}
  commit %p = %x
}

// -----

// An average takes its new value as it is if the weight is 1. The first loop
// runs where it is not, without the choice; the second one chooses.
// CHECK-LABEL: module @average.gpu
// CHECK:         %[[IS_ONE:[a-z0-9_]+]] = arith.cmpf oeq, %{{.*}}, %{{.*}} : f32
// CHECK:         %[[LIMIT:[a-z0-9_]+]] = arith.select %[[IS_ONE]], %{{.*}}, %{{.*}} : i32
// CHECK:         scf.for %{{.*}} = %{{.*}} to %[[LIMIT]]
// CHECK-NOT:       arith.select
// CHECK-COUNT-2:   llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<1>
// CHECK:         scf.for
// CHECK:           arith.select %{{.*}} : vector<4xi1>, vector<4xf32>
// CHECK:         scf.for
// CHECK:           arith.select %[[IS_ONE]], %{{.*}}, %{{.*}} : f32
// CHECK:         llvm.func @average_step_evaluate
optim.optimizer @average(%p, %g) hyper(%lr = 1e-3 in [0, inf)) {
  %rate = host group 0 (%lr) {
  ^bb0(%x: f64):
    %y = arith.mulf %x, %x : f64
    yield %y : f64
  } : !optim.group
  %p_t = kernel 0 streams(%p, %g) scalars(%rate) {
  ^bb0(%x: f32, %y: f32, %w: f32):
    %d = arith.subf %y, %x : f32
    %moved = math.fma %w, %d, %x : f32
    %one = arith.constant 1.0 : f32
    %is_one = arith.cmpf oeq, %w, %one : f32
    %r = arith.select %is_one, %y, %moved : f32
    yield %r : f32
  } : !optim.element
  commit %p = %p_t
}

// -----

// What follows from a NaN is one: only the last number is asked, and one branch
// replaces the NaNs of both.
// CHECK-LABEL: module @follow.gpu
// CHECK:         scf.for
// CHECK:           %[[X:[a-z0-9_]+]] = arith.mulf %{{.*}} : vector<8xf32>
// CHECK:           %[[Y:[a-z0-9_]+]] = arith.subf %[[X]], %{{.*}} : vector<8xf32>
// CHECK:           %[[FIRST:[a-z0-9_]+]] = vector.extract %[[Y]][0]
// CHECK:           arith.cmpf uno, %[[FIRST]]
// CHECK-NOT:       vector.extract %[[X]]
// CHECK:           %[[STORED:[a-z0-9_]+]]:4 = scf.if
// CHECK:           llvm.store %[[STORED]]
// CHECK-NOT:       scf.if
// CHECK:         scf.for
optim.optimizer @follow(%p, %g)
    state(%s "s")
    storage(param = bf16, grad = bf16, "s" = bf16) {
  %p_t, %s_t = kernel 0 streams(%p, %g) scalars() {
  ^bb0(%arg0: i16, %arg1: i16):
    %c16_i32 = arith.constant 16 : i32
    %c1_i32 = arith.constant 1 : i32
    %c32767_i32 = arith.constant 32767 : i32
    %c32704_i32 = arith.constant 32704 : i32
    %0 = arith.extui %arg0 : i16 to i32
    %1 = arith.shli %0, %c16_i32 : i32
    %2 = arith.bitcast %1 : i32 to f32
    %3 = arith.extui %arg1 : i16 to i32
    %4 = arith.shli %3, %c16_i32 : i32
    %5 = arith.bitcast %4 : i32 to f32
    %x = arith.mulf %2, %5 : f32
    %y = arith.subf %x, %2 : f32
    %6 = arith.bitcast %x : f32 to i32
    %7 = arith.shrui %6, %c16_i32 : i32
    %8 = arith.andi %7, %c1_i32 : i32
    %9 = arith.addi %8, %c32767_i32 : i32
    %10 = arith.addi %6, %9 : i32
    %11 = arith.shrui %10, %c16_i32 : i32
    %12 = arith.cmpf uno, %x, %x : f32
    %13 = arith.select %12, %c32704_i32, %11 : i32
    %14 = arith.trunci %13 overflow<nuw> : i32 to i16
    %15 = arith.bitcast %y : f32 to i32
    %16 = arith.shrui %15, %c16_i32 : i32
    %17 = arith.andi %16, %c1_i32 : i32
    %18 = arith.addi %17, %c32767_i32 : i32
    %19 = arith.addi %15, %18 : i32
    %20 = arith.shrui %19, %c16_i32 : i32
    %21 = arith.cmpf uno, %y, %y : f32
    %22 = arith.select %21, %c32704_i32, %20 : i32
    %23 = arith.trunci %22 overflow<nuw> : i32 to i16
    yield %23, %14 : i16, i16
  } : !optim.element, !optim.element {optim.formats = [#optim.storage<name = "param", format = bf16>, #optim.storage<name = "grad", format = bf16>, #optim.storage<name = "param", format = bf16>, #optim.storage<name = "s", format = bf16>]}
  commit %p = %p_t, %s = %s_t
}
