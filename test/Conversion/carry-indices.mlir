// RUN: optim-opt %s --optim-carry-indices --split-input-file | FileCheck %s

// The first value is computed before the loop, each next one by one addition:
// 3 * 16 per iteration.
// CHECK-LABEL: llvm.func @product
// CHECK-SAME:    (%[[P:.*]]: !llvm.ptr, %[[FROM:.*]]: i64, %[[TO:.*]]: i64, %[[KEY:.*]]: i32)
// CHECK:         %[[I:.*]] = arith.trunci %[[FROM]] : i64 to i32
// CHECK:         %[[M:.*]] = arith.muli %[[I]], %{{.*}} : i32
// CHECK:         %[[S:.*]] = arith.addi %[[M]], %[[KEY]] : i32
// CHECK:         %[[WIDE:.*]] = vector.broadcast %[[S]]
// CHECK:         %[[FIRST:.*]] = arith.addi %[[WIDE]], %{{.*}}
// CHECK:         %[[STEP:.*]] = arith.constant dense<48> : vector<16xi32>
// CHECK:         scf.for {{.*}} = %[[FROM]] to %[[TO]] {{.*}} iter_args(%[[NOW:.*]] = %[[FIRST]])
// CHECK:           llvm.store %[[NOW]]
// CHECK:           %[[NEXT:.*]] = arith.addi %[[NOW]], %[[STEP]]
// CHECK:           scf.yield %[[NEXT]]
llvm.func @product(%p: !llvm.ptr, %from: i64, %to: i64, %key: i32) {
  %step = arith.constant 16 : i64
  %three = arith.constant 3 : i32
  %lanes = arith.constant dense<[0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45]> : vector<16xi32>
  scf.for %i = %from to %to step %step : i64 {
    %j = arith.trunci %i : i64 to i32
    %m = arith.muli %j, %three : i32
    %s = arith.addi %m, %key : i32
    %wide = vector.broadcast %s : i32 to vector<16xi32>
    %index = arith.addi %wide, %lanes : vector<16xi32>
    llvm.store %index, %p : vector<16xi32>, !llvm.ptr
  }
  llvm.return
}

// -----

// Beside what the loop carries already; minus is a slope, too, modulo 2^32.
// CHECK-LABEL: llvm.func @beside
// CHECK:         arith.constant dense<-16> : vector<16xi32>
// CHECK:         %[[ALL:.*]]:2 = scf.for {{.*}} iter_args(%[[TOP:.*]] = %{{.*}}, %[[NOW:.*]] = %{{.*}})
// CHECK:           arith.maxui %[[TOP]], %[[NOW]]
// CHECK:         llvm.return %[[ALL]]#0
llvm.func @beside(%from: i64, %to: i64, %key: i32, %least: vector<16xi32>) -> vector<16xi32> {
  %step = arith.constant 16 : i64
  %lanes = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]> : vector<16xi32>
  %top = scf.for %i = %from to %to step %step iter_args(%known = %least) -> vector<16xi32> : i64 {
    %j = arith.trunci %i : i64 to i32
    %s = arith.subi %key, %j : i32
    %wide = vector.broadcast %s : i32 to vector<16xi32>
    %index = arith.addi %wide, %lanes : vector<16xi32>
    %larger = arith.maxui %known, %index : vector<16xi32>
    scf.yield %larger : vector<16xi32>
  }
  llvm.return %top : vector<16xi32>
}

// -----

// Squares grow unevenly, and what does not grow at all is not carried.
// CHECK-LABEL: llvm.func @uneven
// CHECK-NOT:     iter_args
llvm.func @uneven(%p: !llvm.ptr, %from: i64, %to: i64, %key: i32) {
  %step = arith.constant 16 : i64
  %lanes = arith.constant dense<[0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45]> : vector<16xi32>
  scf.for %i = %from to %to step %step : i64 {
    %j = arith.trunci %i : i64 to i32
    %m = arith.muli %j, %j : i32
    %square = vector.broadcast %m : i32 to vector<16xi32>
    %squares = arith.addi %square, %lanes : vector<16xi32>
    llvm.store %squares, %p : vector<16xi32>, !llvm.ptr
    %same = vector.broadcast %key : i32 to vector<16xi32>
    %keys = arith.addi %same, %lanes : vector<16xi32>
    llvm.store %keys, %p : vector<16xi32>, !llvm.ptr
  }
  llvm.return
}
