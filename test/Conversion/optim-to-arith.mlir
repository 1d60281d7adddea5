// RUN: optim-opt --optim-split-host --optim-make-kernels --optim-to-arith %s | FileCheck %s
// RUN: optim-opt --optim-split-host --optim-make-kernels --optim-to-arith --remarks-filter='optim-to-arith' %s 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

// REMARK-DAG: 1 scalar functions in float64, 1 kernels in float32

// float64 in hosts: fma is two operations. float32 in kernels: it is one, and
// scalars and literals are rounded once.
// CHECK-LABEL: optim.optimizer @precision(
// CHECK: host group 0 (%a) {
// CHECK-NEXT: ^bb0(%a{{.*}}: f64):
// CHECK-NEXT: %[[C:.*]] = arith.constant 1.000000e-01 : f64
// CHECK-NEXT: %[[P:.*]] = arith.mulf %a{{.*}}, %[[C]] : f64
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[P]], %a{{.*}} : f64
// CHECK-NEXT: yield %[[S]] : f64
// CHECK-NEXT: } : !optim.group
// CHECK: kernel 0 streams(%p, %g) scalars(%s{{.*}}) {
// CHECK-NEXT: ^bb0(%p{{.*}}: f32, %g{{.*}}: f32, %s{{.*}}: f32):
// CHECK-NEXT: %[[K:.*]] = arith.constant 1.000000e-01 : f32
// CHECK-NEXT: %[[X:.*]] = math.fma %s{{.*}}, %g{{.*}}, %[[K]] : f32
// CHECK-NEXT: %[[Y:.*]] = math.fma %[[X]], %p{{.*}}, %g{{.*}} : f32
// CHECK-NEXT: yield %[[Y]] : f32
// CHECK-NEXT: } : !optim.element
optim.optimizer @precision(%p, %g) hyper(%a = 0.5) {
  %c = constant 0.1
  %s = fma %a, %c, %a
  %x = fma %s, %g, %c
  %y = fma %x, %p, %g
  commit %p = %y
}

// Literals are exact: -0, infinity, NaN, one rounding.
// CHECK-LABEL: optim.optimizer @literals(
// CHECK: arith.constant -0.000000e+00 : f32
// CHECK: arith.constant 0x7F800000 : f32
// CHECK: arith.constant 0x7FC00000 : f32
// CHECK: arith.constant 1.17549435E-38 : f32
optim.optimizer @literals(%p, %g) state(%a, %b, %c) {
  %zero = constant -0
  %inf = constant inf
  %nan = constant nan
  %small = constant 1.17549435e-38
  %w = add %g, %zero
  %x = add %g, %inf
  %y = add %g, %nan
  %z = add %g, %small
  commit %p = %w, %a = %x, %b = %y, %c = %z
}

// No library call can come of these.
// CHECK-LABEL: optim.optimizer @signs(
// CHECK-NOT: math.
// CHECK: arith.negf
// CHECK: arith.bitcast %{{.*}} : f32 to i32
// CHECK: arith.constant 2147483647 : i32
// CHECK: arith.andi
// CHECK: arith.cmpf ueq
// CHECK: arith.minimumf
// CHECK: arith.maximumf
// CHECK: commit
optim.optimizer @signs(%p, %g) {
  %n = neg %g
  %a = abs %n
  %s = sign %a
  %m = min %s, %g
  %x = max %m, %p
  commit %p = %x
}

// CHECK-LABEL: optim.optimizer @roots(
// CHECK: math.sqrt %{{.*}} : f32
// CHECK: arith.divf
// CHECK: arith.divf
// CHECK: arith.mulf %[[Q:.*]], %[[Q]] : f32
// CHECK: arith.maximumf
// CHECK: arith.minimumf
optim.optimizer @roots(%p, %g) hyper(%low = 0, %high = 1) {
  %r = rsqrt %g
  %q = recip %r
  %s = square %q
  %c = clamp %s, %low, %high
  commit %p = %c
}

// CHECK-LABEL: optim.optimizer @predicates(
// CHECK: host group 0
// CHECK: arith.fptosi %{{.*}} : f64 to i64
// CHECK: arith.cmpf une
// CHECK: yield %{{.*}} : f64, i1
// CHECK: kernel 0
// CHECK-NEXT: ^bb0({{.*}}: f32, %on{{.*}}: i1
// CHECK: arith.cmpf olt
// CHECK: arith.andi
// CHECK: arith.ori
// CHECK: arith.xori
// CHECK: arith.select
optim.optimizer @predicates(%p, %g) hyper(%x = 0) {
  %zero = constant 0
  %f = floor %x
  %on = cmp ne %f, %zero
  %a = cmp lt %g, %x
  %b = and %on, %a
  %c = or %b, %on
  %d = not %c
  %p_t = select %d, %p, %g
  commit %p = %p_t
}

// CHECK-LABEL: optim.optimizer @noise(
// CHECK: random(0, 2147483647) {
// CHECK-NEXT: ^bb0(%p{{.*}}: f32, %[[I:.*]]: i32, %[[A0:.*]]: i32, %[[A1:.*]]: i32, %[[B0:.*]]: i32, %[[B1:.*]]: i32):
// CHECK: %[[GOLDEN:.*]] = arith.constant -1640531527 : i32
// CHECK-NEXT: %[[H:.*]] = arith.muli %[[I]], %[[GOLDEN]]
// CHECK-NEXT: arith.addi %[[H]], %[[B0]]
// CHECK: arith.constant 5.96046448E-8 : f32
// CHECK-NEXT: arith.mulf
optim.optimizer @noise(%p, %g) {
  %a = random 2147483647
  %b = random 0
  %c = sub %a, %b
  %p_t = add %p, %c
  commit %p = %p_t
}

// Elementary functions become arithmetic.
// CHECK-LABEL: optim.optimizer @elementary(
// CHECK-NOT: math.{{exp|log|pow|tanh|sin|cos}}
// CHECK: commit
optim.optimizer @elementary(%p, %g) hyper(%x = 0.5) {
  %t = t
  %w = pow %x, %t
  %l = log %w
  %c = cos %l
  %a = exp %g
  %b = tanh %a
  %d = sin %b
  %p_t = mul %d, %c
  commit %p = %p_t
}
