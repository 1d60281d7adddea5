// RUN: optim-opt %s --optim-shuffle-halves --split-input-file | FileCheck %s


// Two loads of eight halves, each in both parts of a register, then bytes are
// shuffled within the parts.
// CHECK-LABEL: llvm.func @decode
// CHECK-SAME:    (%[[P:.*]]: !llvm.ptr)
// CHECK:         %[[A:.*]] = llvm.getelementptr %[[P]][0]
// CHECK:         %[[LOW:.*]] = llvm.load %[[A]] {alignment = 2 : i64} : !llvm.ptr -> vector<8xi16>
// CHECK:         %[[TWICE:.*]] = llvm.shufflevector %[[LOW]], %[[LOW]] [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7]
// CHECK:         llvm.shufflevector %[[TWICE]], %{{.*}} [16, 0, 16, 1, 16, 2, 16, 3, 16, 12, 16, 13, 16, 14, 16, 15]
// CHECK:         llvm.getelementptr %[[P]][16]
// CHECK:         %[[BITS:.*]] = llvm.shufflevector %{{.*}}, %{{.*}} [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
// CHECK:         llvm.return %[[BITS]]
llvm.func @decode(%p: !llvm.ptr) -> vector<16xi32> attributes {target_features = #llvm.target_features<["+avx2", "+fma"]>} {
  %c16 = arith.constant 16 : i32
  %sixteen = vector.broadcast %c16 : i32 to vector<16xi32>
  %halves = llvm.load %p {alignment = 2 : i64} : !llvm.ptr -> vector<16xi16>
  %wide = arith.extui %halves : vector<16xi16> to vector<16xi32>
  %bits = arith.shli %wide, %sixteen : vector<16xi32>
  llvm.return %bits : vector<16xi32>
}

// -----

// AVX-512 has a conversion that is as good.
// CHECK-LABEL: llvm.func @wider_registers
// CHECK:         arith.extui
// CHECK:         arith.shli
llvm.func @wider_registers(%p: !llvm.ptr) -> vector<16xi32> attributes {target_features = #llvm.target_features<["+avx2", "+fma", "+avx512f", "+avx512bw"]>} {
  %sixteen = arith.constant dense<16> : vector<16xi32>
  %halves = llvm.load %p {alignment = 2 : i64} : !llvm.ptr -> vector<16xi16>
  %wide = arith.extui %halves : vector<16xi16> to vector<16xi32>
  %bits = arith.shli %wide, %sixteen : vector<16xi32>
  llvm.return %bits : vector<16xi32>
}

// -----

// To nearest even.
// CHECK-LABEL: llvm.func @encode
// CHECK:         %[[X:.*]] = arith.mulf
// CHECK:         %[[BITS:.*]] = arith.bitcast %[[X]]
// CHECK:         %[[HALF:.*]] = arith.addi %{{.*}}, %{{.*}} : vector<16xi32>
// CHECK:         %[[IS:.*]] = arith.cmpf ord, %[[X]], %[[X]]
// CHECK:         %[[ALL:.*]] = arith.constant dense<-1>
// CHECK:         %[[COMMON:.*]] = arith.constant dense<2143289344>
// CHECK:         %[[KEPT:.*]] = arith.select %[[IS]], %[[ALL]], %[[COMMON]]
// CHECK:         %[[MASKED:.*]] = arith.andi %[[BITS]], %[[KEPT]]
// CHECK:         %[[SUM:.*]] = arith.addi %[[MASKED]], %[[HALF]]
// CHECK:         %[[CODE:.*]] = arith.shrui %[[SUM]], %{{.*}}
// CHECK:         llvm.return %[[CODE]]
llvm.func @encode(%y: vector<16xf32>) -> vector<16xi32> attributes {target_features = #llvm.target_features<["+avx2", "+fma"]>} {
  %sixteen = arith.constant dense<16> : vector<16xi32>
  %one = arith.constant dense<1> : vector<16xi32>
  %below = arith.constant dense<32767> : vector<16xi32>
  %quiet = arith.constant dense<32704> : vector<16xi32>
  %x = arith.mulf %y, %y : vector<16xf32>
  %bits = arith.bitcast %x : vector<16xf32> to vector<16xi32>
  %upper = arith.shrui %bits, %sixteen : vector<16xi32>
  %odd = arith.andi %upper, %one : vector<16xi32>
  %half = arith.addi %odd, %below : vector<16xi32>
  %sum = arith.addi %bits, %half : vector<16xi32>
  %code = arith.shrui %sum, %sixteen : vector<16xi32>
  %nan = arith.cmpf uno, %x, %x : vector<16xf32>
  %stored = arith.select %nan, %quiet, %code : vector<16xi1>, vector<16xi32>
  llvm.return %stored : vector<16xi32>
}

// -----

// A number that was loaded may be a signaling NaN, of which the mask would make
// an infinity.
// CHECK-LABEL: llvm.func @not_arithmetic
// CHECK:         arith.cmpf uno
// CHECK:         arith.select
llvm.func @not_arithmetic(%x: vector<16xf32>, %h: vector<16xi32>) -> vector<16xi32> attributes {target_features = #llvm.target_features<["+avx2", "+fma"]>} {
  %sixteen = arith.constant dense<16> : vector<16xi32>
  %quiet = arith.constant dense<32704> : vector<16xi32>
  %bits = arith.bitcast %x : vector<16xf32> to vector<16xi32>
  %draw = arith.shrui %h, %sixteen : vector<16xi32>
  %sum = arith.addi %bits, %draw : vector<16xi32>
  %code = arith.shrui %sum, %sixteen : vector<16xi32>
  %nan = arith.cmpf uno, %x, %x : vector<16xf32>
  %stored = arith.select %nan, %quiet, %code : vector<16xi1>, vector<16xi32>
  llvm.return %stored : vector<16xi32>
}

// -----

// What is added must not reach the bits that are stored.
// CHECK-LABEL: llvm.func @wide_draw
// CHECK:         arith.cmpf uno
llvm.func @wide_draw(%y: vector<16xf32>, %h: vector<16xi32>) -> vector<16xi32> attributes {target_features = #llvm.target_features<["+avx2", "+fma"]>} {
  %sixteen = arith.constant dense<16> : vector<16xi32>
  %fifteen = arith.constant dense<15> : vector<16xi32>
  %quiet = arith.constant dense<32704> : vector<16xi32>
  %x = arith.mulf %y, %y : vector<16xf32>
  %bits = arith.bitcast %x : vector<16xf32> to vector<16xi32>
  %draw = arith.shrui %h, %fifteen : vector<16xi32>
  %sum = arith.addi %bits, %draw : vector<16xi32>
  %code = arith.shrui %sum, %sixteen : vector<16xi32>
  %nan = arith.cmpf uno, %x, %x : vector<16xf32>
  %stored = arith.select %nan, %quiet, %code : vector<16xi1>, vector<16xi32>
  llvm.return %stored : vector<16xi32>
}
