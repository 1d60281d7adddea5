// RUN: optim-opt --split-input-file --optim-expand-storage --cse %s | FileCheck %s
// RUN: optim-opt --split-input-file --optim-expand-storage --cse %s | optim-opt --split-input-file -o /dev/null

// Nearest even, and a gradient that is only read.
// CHECK-LABEL: @half
// CHECK: kernel 0 streams(%p, %g) scalars() {
// CHECK-NEXT: ^bb0(%[[P:.*]]: i16, %[[G:.*]]: i16):
// CHECK: %[[WIDE:.*]] = arith.extui %[[P]] : i16 to i32
// CHECK: %[[BITS:.*]] = arith.shli %[[WIDE]], %c16{{.*}}
// CHECK: %[[X:.*]] = arith.bitcast %[[BITS]] : i32 to f32
// CHECK: %[[SUM:.*]] = arith.addf %[[X]]
// CHECK: %[[CODE:.*]] = arith.trunci %{{.*}} : i32 to i16
// CHECK-NEXT: yield %[[CODE]] : i16
// CHECK: optim.formats = [#optim.storage<name = "param", format = bf16>, #optim.storage<name = "grad", format = bf16>, #optim.storage<name = "param", format = bf16>]
optim.optimizer @half(%p, %g) storage(param = bf16, grad = bf16) {
  %x = kernel 0 streams(%p, %g) scalars() {
  ^bb0(%a: f32, %b: f32):
    %c = arith.addf %a, %b : f32
    yield %c : f32
  } : !optim.element
  commit %p = %x
}

// -----

// Two stochastic streams share the hash of one id, 2^31.
// CHECK-LABEL: @drawn
// CHECK: kernel 0 streams(%p, %m) scalars() random(-2147483648) {
// CHECK-NEXT: ^bb0(%{{.*}}: i16, %{{.*}}: i8, %index_lo: i32, %k0_store0: i32, %k1_store0: i32, %[[BASE:.*]]: i16):
// CHECK: arith.muli %index_lo
// CHECK-NOT: arith.muli %index_lo
// CHECK: block_max
// CHECK: yield %{{.*}}, %{{.*}}, %{{.*}} : i16, i8, i16
optim.optimizer @drawn(%p, %g) state(%m) storage(param = bf16_sr, "m" = q8_sr) {
  %x, %y = kernel 0 streams(%p, %m) scalars() {
  ^bb0(%a: f32, %b: f32):
    yield %b, %a : f32, f32
  } : !optim.element, !optim.element
  commit %p = %x, %m = %y
}

// -----

// Without a plan nothing changes.
// CHECK-LABEL: @plain
// CHECK: ^bb0(%{{.*}}: f32):
// CHECK-NOT: optim.formats
optim.optimizer @plain(%p, %g) {
  %x = kernel 0 streams(%g) scalars() {
  ^bb0(%a: f32):
    yield %a : f32
  } : !optim.element
  commit %p = %x
}
