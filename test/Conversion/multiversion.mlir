// RUN: optim-opt %s --optim-multiversion | FileCheck %s
// RUN: optim-opt %s --optim-multiversion=cpus=x86-64-v3 | FileCheck %s --check-prefix=V3
// RUN: not optim-opt %s --optim-multiversion=cpus=skylake 2>&1 | FileCheck %s --check-prefix=ERROR

// Best first; the last runs anywhere. What is no kernel stays.
// CHECK-LABEL: llvm.func internal @"k.x86-64-v4"
// CHECK-SAME:    optim.code = {entry = 0 : i64, isa = 3 : i64
// CHECK-SAME:    prefer_vector_width = "512"
// CHECK-SAME:    target_features = #llvm.target_features<[{{.*}}"+fma"{{.*}}"+avx512f"
// CHECK-LABEL: llvm.func internal @"k.x86-64-v3"
// CHECK-SAME:    isa = 1 : i64
// CHECK-NOT:     avx512
// CHECK-SAME:    "+avx2"
// CHECK-LABEL: llvm.func internal @k.baseline
// CHECK-SAME:    isa = 0 : i64
// CHECK-NOT:     target_features
// CHECK-LABEL: llvm.func @other

// V3-NOT:   x86-64-v4
// V3-LABEL: llvm.func internal @"k.x86-64-v3"
// V3-LABEL: llvm.func internal @k.baseline

// ERROR: unknown instruction set 'skylake'; known: x86-64-v4, x86-64-v3, baseline
llvm.func internal @k(%a: !llvm.ptr, %n: i64) attributes {optim.code = {entry = 0 : i64, isa = 0 : i64, optimizer = "o", phase = 0 : i64, reads = 1 : i64, variant = 0 : i64, writes = 1 : i64}} {
  llvm.return
}
llvm.func @other() {
  llvm.return
}
