// Rules of real arithmetic that are wrong for some float, and stay as they are.

// RUN: optim-opt %s --canonicalize --split-input-file | FileCheck %s

// The sign of a zero: -0 + 0 is 0, and 0 - 0 is 0 where -0 is wanted.
// CHECK-LABEL: @zeros
// CHECK: %x = add %g, %zero
// CHECK: %y = sub %g, %minus_zero
// CHECK: %z = sub %zero, %g
// CHECK: commit %p = %x, %a = %y, %b = %z
optim.optimizer @zeros(%p, %g) state(%a, %b) {
  %zero = constant 0
  %minus_zero = constant -0
  %x = add %g, %zero
  %y = sub %g, %minus_zero
  %z = sub %zero, %g
  commit %p = %x, %a = %y, %b = %z
}

// -----

// NaN and infinity.
// CHECK-LABEL: @nans
// CHECK: %x = mul %g, %zero
// CHECK: %y = sub %g, %g
// CHECK: %z = div %g, %g
// CHECK: %w = div %zero, %g
// CHECK: commit %p = %x, %a = %y, %b = %z, %c = %w
optim.optimizer @nans(%p, %g) state(%a, %b, %c) {
  %zero = constant 0
  %x = mul %g, %zero
  %y = sub %g, %g
  %z = div %g, %g
  %w = div %zero, %g
  commit %p = %x, %a = %y, %b = %z, %c = %w
}

// -----

// -(p - g) is -0 where g - p is 0; sums and products do not reassociate.
// CHECK-LABEL: @reassociation
// CHECK: %x = neg %d
// CHECK: %y = sub %s, %g
// CHECK: %z = div %m, %g
// CHECK: %w = mul %m3, %third
// CHECK: commit %p = %x, %a = %y, %b = %z, %c = %w
optim.optimizer @reassociation(%p, %g) state(%a, %b, %c) {
  %d = sub %p, %g
  %x = neg %d
  %s = add %p, %g
  %y = sub %s, %g
  %m = mul %p, %g
  %z = div %m, %g
  %three = constant 3
  %third = constant 0.3333333333333333
  %m3 = mul %p, %three
  %w = mul %m3, %third
  commit %p = %x, %a = %y, %b = %z, %c = %w
}

// -----

// Divisors whose reciprocal is rounded, or is no normal float32.
// CHECK-LABEL: @divisors
// CHECK: %x = div %g, %three
// CHECK: %y = div %g, %large
// CHECK: %z = div %g, %tiny
// CHECK: commit %p = %x, %a = %y, %b = %z
optim.optimizer @divisors(%p, %g) state(%a, %b) {
  %three = constant 3
  %large = constant 170141183460469231731687303715884105728
  %tiny = constant 1.401298464324817e-45
  %x = div %g, %three
  %y = div %g, %large
  %z = div %g, %tiny
  commit %p = %x, %a = %y, %b = %z
}

// -----

// fma(a, b, 0) is 0 where a * b is -0, and fma(a, 0, c) may be NaN.
// CHECK-LABEL: @products
// CHECK: %x = fma %p, %g, %zero
// CHECK: %y = fma %p, %zero, %g
// CHECK: commit %p = %x, %a = %y
optim.optimizer @products(%p, %g) state(%a) {
  %zero = constant 0
  %x = fma %p, %g, %zero
  %y = fma %p, %zero, %g
  commit %p = %x, %a = %y
}

// -----

// NaN fails every comparison but `ne`.
// CHECK-LABEL: @comparisons
// CHECK: %c0 = cmp eq %g, %g
// CHECK: %c1 = cmp le %g, %g
// CHECK: %c2 = cmp ge %g, %g
// CHECK: %c3 = cmp ne %g, %g
// CHECK: %lt = cmp lt %p, %g
// CHECK: %c4 = not %lt
// CHECK: and %c4
optim.optimizer @comparisons(%p, %g) {
  %c0 = cmp eq %g, %g
  %c1 = cmp le %g, %g
  %c2 = cmp ge %g, %g
  %c3 = cmp ne %g, %g
  %lt = cmp lt %p, %g
  %c4 = not %lt
  %a0 = and %c0, %c1
  %a1 = and %a0, %c2
  %a2 = and %a1, %c3
  %a3 = and %c4, %a2
  %x = select %a3, %p, %g
  commit %p = %x
}

// -----

// max(x * x, 0) is not x * x for NaN... but for -0 it never was; min(x, 0) of a
// negative is not x either way.
// CHECK-LABEL: @extremes
// CHECK: %x = max %s, %zero
// CHECK: %y = min %g, %large
// CHECK: commit %p = %x, %a = %y
optim.optimizer @extremes(%p, %g) state(%a) {
  %zero = constant 0
  %large = constant 3.4028234663852886e38
  %s = square %g
  %x = max %s, %zero
  %y = min %g, %large
  commit %p = %x, %a = %y
}

// -----

// Weight 0 is not `old`: fma(0, x - old, old) is NaN for an infinite x, and an
// average of a value with itself is NaN for an infinite one.
// CHECK-LABEL: @averages
// CHECK: %x = ema %p, %g decay 1
// CHECK: %y = lerp %p, %g weight 0
// CHECK: %z = mean %p, %g count %inf
// CHECK: %w = ema %p, %p decay 0.9
// CHECK: commit %p = %x, %a = %y, %b = %z, %c = %w
optim.optimizer @averages(%p, %g) state(%a, %b, %c) {
  %inf = constant inf
  %x = ema %p, %g decay 1
  %y = lerp %p, %g weight 0
  %z = mean %p, %g count %inf
  %w = ema %p, %p decay 0.9
  commit %p = %x, %a = %y, %b = %z, %c = %w
}

// -----

// 1 - 1e-9 is 1 in float32 and not in float64.
// CHECK-LABEL: @scalar_average
// CHECK: %x = ema %d, %lr decay 1e-9
// CHECK: commit %d = %x
optim.optimizer @scalar_average(%p, %g) hyper(%lr = 1) state(%d : group) {
  %x = ema %d, %lr decay 1e-9
  commit %d = %x
}

// -----

// With decay 0 the factor 1 / (1 - 0^n) is 1 for n > 0 only.
// CHECK-LABEL: @bias
// CHECK: %x = debias %g decay 0
// CHECK: commit %p = %x
optim.optimizer @bias(%p, %g) {
  %x = debias %g decay 0
  commit %p = %x
}

// -----

// Roots and transcendental functions of constants have no second definition.
// CHECK-LABEL: @functions
// CHECK: %s = sqrt %four
// CHECK: %e = exp %zero
// CHECK: %l = log %one
// CHECK: %q = pow %lr, %two
// CHECK: %r = pow %lr, %one
// CHECK: commit
optim.optimizer @functions(%p, %g) hyper(%lr = 1)
    state(%a : group, %b : group, %c : group, %d : group, %h : group) {
  %four = constant 4
  %zero = constant 0
  %one = constant 1
  %two = constant 2
  %s = sqrt %four
  %e = exp %zero
  %l = log %one
  %q = pow %lr, %two
  %r = pow %lr, %one
  commit %a = %s, %b = %e, %c = %l, %d = %q, %h = %r
}

// -----

// A mixture whose rest is coarser would lose its precision.
// CHECK-LABEL: @mixture
// CHECK: %x = mix 2 * %lr + 0 * %g
// CHECK: commit %p = %x
optim.optimizer @mixture(%p, %g) hyper(%lr = 1) {
  %x = mix 2 * %lr + 0 * %g
  commit %p = %x
}

// -----

// A broadcast that makes the result as fine as it is stays: without it the
// product would be in float64. `expr` computes its parts in their own precision.
// CHECK-LABEL: @broadcast
// CHECK: %wide = broadcast %lr to element
// CHECK: %x = mul %wide, %eps
// CHECK: %y = expr %g + %wide * %eps
// CHECK: commit %p = %x, %a = %y
optim.optimizer @broadcast(%p, %g) hyper(%lr = 1, %eps = 1) state(%a) {
  %wide = broadcast %lr to element
  %x = mul %wide, %eps
  %y = expr %g + %wide * %eps
  commit %p = %x, %a = %y
}

// -----

// A template does not know its precision: 1 + 1e-10 is 1 per element only.
// CHECK-LABEL: @template
// CHECK: %x = mul %a, %nearly
// CHECK: yield %x, %a
optim.func @template(%a) {
  %nearly = constant 1.0000000001
  %one = constant 1
  %x = mul %a, %nearly
  %y = mul %a, %one
  yield %x, %y
}

// -----

// Zeros of different signs are different.
// CHECK-LABEL: @zero_arms
// CHECK: %x = select %even, %zero, %minus
optim.optimizer @zero_arms(%p, %g) {
  %zero = constant 0
  %minus = constant -0
  %even = every 2
  %x = select %even, %zero, %minus
  commit "x" = %x
}
