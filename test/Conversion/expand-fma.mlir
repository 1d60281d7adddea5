// RUN: optim-opt %s --optim-expand-fma | FileCheck %s

// CHECK-LABEL: llvm.func @scalar
// CHECK-SAME:    (%[[A:.*]]: f32, %[[B:.*]]: f32, %[[C:.*]]: f32)
// CHECK:         %[[R:.*]] = llvm.call @optimc.fma.scalar(%[[A]], %[[B]], %[[C]])
// CHECK:         llvm.return %[[R]]
llvm.func @scalar(%a: f32, %b: f32, %c: f32) -> f32 {
  %r = math.fma %a, %b, %c : f32
  llvm.return %r : f32
}

// CHECK-LABEL: llvm.func @vector
// CHECK-COUNT-4: llvm.call @optimc.fma.vector
// CHECK:         llvm.shufflevector {{.*}} [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
// CHECK-NOT:     math.fma
llvm.func @vector(%a: vector<16xf32>) -> vector<16xf32> {
  %r = math.fma %a, %a, %a : vector<16xf32>
  llvm.return %r : vector<16xf32>
}

// CHECK-LABEL: llvm.func @has_fma
// CHECK:         math.fma
llvm.func @has_fma(%a: f32) -> f32 attributes {target_features = #llvm.target_features<["+avx2", "+fma"]>} {
  %r = math.fma %a, %a, %a : f32
  llvm.return %r : f32
}

// f64 has two roundings by contract, and is not ours.
// CHECK-LABEL: llvm.func @double
// CHECK:         math.fma
llvm.func @double(%a: f64) -> f64 {
  %r = math.fma %a, %a, %a : f64
  llvm.return %r : f64
}

// Round to odd.
// CHECK-LABEL: llvm.func internal @optimc.fma.scalar
// CHECK-SAME:    (%[[A:.*]]: f32, %[[B:.*]]: f32, %[[C:.*]]: f32)
// CHECK:         %[[A64:.*]] = arith.extf %[[A]] : f32 to f64
// CHECK:         %[[B64:.*]] = arith.extf %[[B]] : f32 to f64
// CHECK:         %[[C64:.*]] = arith.extf %[[C]] : f32 to f64
// CHECK:         %[[P:.*]] = arith.mulf %[[A64]], %[[B64]] : f64
// CHECK:         %[[S:.*]] = arith.addf %[[P]], %[[C64]] : f64
// CHECK:         %[[W:.*]] = arith.bitcast %[[S]] : f64 to i64
// CHECK:         %[[ODD:.*]] = arith.select %{{.*}}, %{{.*}}, %[[W]] : i64
// CHECK:         %[[R:.*]] = arith.bitcast %[[ODD]] : i64 to f64
// CHECK:         %[[F:.*]] = arith.truncf %[[R]] : f64 to f32
// CHECK:         llvm.return %[[F]]
// CHECK-LABEL: llvm.func internal @optimc.fma.vector
// CHECK:         arith.truncf %{{.*}} : vector<4xf64> to vector<4xf32>
