// RUN: optim-opt --optim-inline %s | FileCheck %s
// RUN: optim-opt --optim-inline --remarks-filter='optim-.*' %s -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Rates follow from each call, names of results from the call, the others from
// the template; no template is left.

// CHECK-NOT: optim.func
optim.func @nesterov(%m, %g, %beta) {
  %ahead = expr %beta * %m
  %u = add %ahead, %g
  yield %u
}
optim.func @both(%a, %b) {
  %s = add %a, %b
  %d = call @nesterov(%a, %b, %s)
  %z = constant 0
  %w = broadcast %z to element
  yield %d, %b, %w
}

// REMARK-DAG: CallInlined{{.*}}'@nesterov' inlined
// REMARK-DAG: CallInlined{{.*}}'@both' inlined

// CHECK-LABEL: optim.optimizer @two
// CHECK: %ahead = expr %mu * %b
// CHECK: %d = add %ahead, %g
// CHECK: %s = add %mu, %lr
// CHECK: %ahead_0 = expr %s * %mu
// CHECK: %scalar = add %ahead_0, %lr
// CHECK: %z = constant 0
// CHECK: %wide = broadcast %z to element
// CHECK: %p_t = expr %p - %lr * %d + %scalar + %wide
// CHECK: commit %p = %p_t, %b = %d, "scalar" = %scalar
optim.optimizer @two(%p, %g) hyper(%lr = 1e-3, %mu = 0.9) state(%b) {
  %d = call @nesterov(%b, %g, %mu)
  %scalar, %same, %wide = call @both(%mu, %lr)
  %p_t = expr %p - %lr * %d + %scalar + %wide
  commit %p = %p_t, %b = %d, "scalar" = %scalar
}

// Calls in the classes of a case: its results get their rates after them.
// CHECK-LABEL: optim.optimizer @classes
// CHECK: %u = case rank >= 2 {
// CHECK:   %d = add
// CHECK:   yield %d
// CHECK: } else {
// CHECK:   yield %lr
// CHECK: }
// CHECK: %p_t = sub %p, %u
optim.optimizer @classes(%p, %g) hyper(%lr = 1e-3) {
  %u = case rank >= 2 {
    %d = call @nesterov(%g, %g, %lr)
    yield %d
  } else {
    yield %lr
  }
  %p_t = sub %p, %u
  commit %p = %p_t
}

// What a template hands through keeps its own name, also two calls deep.
optim.func @same(%a) {
  yield %a
}
optim.func @again(%a) {
  %b = call @same(%a)
  yield %b
}
// CHECK-LABEL: optim.optimizer @through
// CHECK-NEXT: %u = neg %g
// CHECK-NEXT: %w = sub %u, %p
// CHECK-NEXT: commit %p = %w
optim.optimizer @through(%p, %g) {
  %u = neg %g
  %x = call @again(%u)
  %y = call @again(%p)
  %w = sub %x, %y
  commit %p = %w
}

// -0 + 0 is +0: a sum is not its only value.
optim.func @reduced(%x) {
  %sum = reduce sum %x to row
  %sq = reduce mean_sq %x to row
  %top = reduce max %x to row
  %largest = reduce max_abs %x to row
  %u = case rank >= 2 {
    %inner = reduce min %x to row
    yield %inner
  } else {
    yield %top
  }
  yield %sum, %sq, %top, %largest, %u
}

// What is a row's already is reduced from one value.
// CHECK-LABEL: optim.optimizer @own
// CHECK: %s = reduce sum %g to row
// CHECK: %[[ZERO:.*]] = constant 0
// CHECK: %a = add %s, %[[ZERO]]
// CHECK: %b = mul %s, %s
// CHECK: %d = abs %s
// CHECK-NOT: reduce
// CHECK: %e = case rank >= 2 {
// CHECK-NEXT: yield %s
// CHECK: yield %s
// CHECK: expr %a + %b + %s + %d + %e
optim.optimizer @own(%p, %g) state(%r : row) {
  %s = reduce sum %g to row
  %a, %b, %c, %d, %e = call @reduced(%s)
  %r_t = expr %a + %b + %c + %d + %e
  commit %r = %r_t
}
