// RUN: optim-opt --optim-expand-expr %s | FileCheck %s
// RUN: optim-opt --optim-expand-expr --remarks-filter='optim-.*' %s -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// REMARK-DAG: ProductFused{{.*}}fma=2

// CHECK-LABEL: optim.optimizer @adam
// CHECK: state(%v) {
// CHECK-NEXT: %u_sqrt = sqrt %v
// CHECK-NEXT: %u_add = add %u_sqrt, %eps
// CHECK-NEXT: %u = div %g, %u_add
// CHECK-NEXT: %p_t_fma = fma %wd, %p, %u
// CHECK-NEXT: %p_t_neg = neg %lr
// CHECK-NEXT: %p_t = fma %p_t_neg, %p_t_fma, %p
// CHECK-NEXT: commit %p = %p_t
optim.optimizer @adam(%p, %g) hyper(%lr = 1e-3, %eps = 1e-8, %wd = 0) state(%v) {
  %u = expr %g / (sqrt(%v) + %eps)
  %p_t = expr %p - %lr * (%u + %wd * %p)
  commit %p = %p_t, %v = %u
}

// Which product of a sum is fused.
// CHECK-LABEL: optim.optimizer @sums
// CHECK: %right = fma %p, %g, %v
// CHECK: %left = fma %p, %g, %v
// CHECK: %[[L:.*]] = mul %p, %g
// CHECK: %both = fma %g, %v, %[[L]]
// CHECK: %[[N:.*]] = neg %g
// CHECK: %less = fma %[[N]], %v, %p
// CHECK: %[[NX:.*]] = neg %v
// CHECK: %minus = fma %p, %g, %[[NX]]
// CHECK: %[[M:.*]] = mul %p, %g
// CHECK: %[[NA:.*]] = neg %g
// CHECK: %differ = fma %[[NA]], %v, %[[M]]
// CHECK: %[[S:.*]] = square %g
// CHECK: %square = add %[[S]], %v
// CHECK: %[[T1:.*]] = fma %p, %g, %v
// CHECK: %chain = fma %g, %v, %[[T1]]
optim.optimizer @sums(%p, %g) state(%v) {
  %right = expr %v + %p * %g
  %left = expr %p * %g + %v
  %both = expr %p * %g + %g * %v
  %less = expr %p - %g * %v
  %minus = expr %p * %g - %v
  %differ = expr %p * %g - %g * %v
  %square = expr square(%g) + %v
  %chain = expr %v + %p * %g + %g * %v
  %a = expr min(%right, %left) + min(%both, %less) + min(%minus, %differ)
  %p_t = expr %a + %square + %chain
  commit %p = %p_t
}

// Scalar parts stay scalar: their products are rounded in float64, and are not
// fused into a sum per element.
// CHECK-LABEL: optim.optimizer @rates
// CHECK: %[[K:.*]] = mul %lr, %mu
// CHECK: %coarse = add %g, %[[K]]
// CHECK: %scalar = fma %lr, %mu, %lr
// CHECK: %c1 = constant 1
// CHECK: %[[W:.*]] = sub %c1, %mu
// CHECK: %[[A:.*]] = mul %[[W]], %g
// CHECK: %ema = fma %mu, %p, %[[A]]
// CHECK: %c0.5 = constant 0.5
// CHECK: %c-2 = constant -2
// CHECK: %f = fma %c0.5, %c-2, %g
// CHECK: %c = clamp %f, %lr, %mu
// CHECK: %hot = cmp
// CHECK: %[[NEG:.*]] = neg %c
// CHECK: %s = select %hot, %[[NEG]], %c
optim.optimizer @rates(%p, %g) hyper(%lr = 1e-3, %mu = 0.9) {
  %coarse = expr %g + %lr * %mu
  %scalar = expr %lr + %lr * %mu
  %ema = expr (1 - %mu) * %g + %mu * %p
  %f = expr fma(0.5, -2, %g)
  %c = expr clamp(%f, %lr, %mu)
  %hot = cmp gt %ema, %coarse
  %s = expr select(%hot, -%c, %c)
  %p_t = expr pow(%s, %scalar) / (exp(%c) * log(%g) - max(rsqrt(%f), recip(%f)))
  commit %p = %p_t
}

// A tree of one leaf is that leaf. Entries and classes are expanded, too.
// CHECK-LABEL: optim.optimizer @leaves
// CHECK: case rank >= 2 {
// CHECK: %a = mul %g, %g
// CHECK: commit %p = %u
// CHECK: entry "copy"
// CHECK-NEXT: %q_t = neg %p
// CHECK-NEXT: commit %q = %q_t
optim.optimizer @leaves(%p, %g) state(%q = param) {
  %u = case rank >= 2 {
    %a = expr %g * %g
    yield %a
  } else {
    yield %q
  }
  %same = expr %u
  commit %p = %same
} entry "copy" {
  %q_t = expr -%p
  commit %q = %q_t
}
