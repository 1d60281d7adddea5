// Arithmetic of constants: float64 at scalar rates, float32 at those of kernels,
// one rounding each.

// RUN: optim-opt %s --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: @scalars
// CHECK-DAG: %[[ADD:.*]] = constant 0.30000000000000004 :
// CHECK-DAG: %[[SUB:.*]] = constant -0.1 :
// CHECK-DAG: %[[MUL:.*]] = constant 0.020000000000000004 :
// CHECK-DAG: %[[DIV:.*]] = constant 0.3333333333333333 :
// CHECK: "add" = %[[ADD]], "sub" = %[[SUB]], "mul" = %[[MUL]], "div" = %[[DIV]]
optim.optimizer @scalars(%p, %g) {
  %a = constant 0.1 : group
  %b = constant 0.2 : group
  %one = constant 1 : group
  %three = constant 3 : group
  %x = add %a, %b
  %y = sub %a, %b
  %z = mul %a, %b
  %w = div %one, %three
  commit "add" = %x, "sub" = %y, "mul" = %z, "div" = %w
}

// -----

// The same sums in float32.
// CHECK-LABEL: @elements
// CHECK-DAG: %[[ADD:.*]] = constant 0.30000001192092896 : element
// CHECK-DAG: %[[DIV:.*]] = constant 0.3333333432674408 : element
// CHECK: commit %a = %[[ADD]], %b = %[[DIV]]
optim.optimizer @elements(%p, %g) state(%a, %b) {
  %e0 = constant 0.1 : element
  %e1 = constant 0.2
  %one = constant 1 : element
  %three = constant 3
  %x = add %e0, %e1
  %y = div %one, %three
  commit %a = %x, %b = %y
}

// -----

// float32 fma is fused: (1 + 2^-23)^2 - (1 + 2^-22) is 2^-46. In float64 the
// product is rounded first, here of 1 + 2^-52.
// CHECK-LABEL: @fused
// CHECK-DAG: %[[E:.*]] = constant 1.4210854715202004e-14 : element
// CHECK-DAG: %[[S:.*]] = constant 0
// CHECK: commit %a = %[[E]], "s" = %[[S]]
optim.optimizer @fused(%p, %g) state(%a) {
  %x = constant 1.00000011920928955078125 : element
  %c = constant -1.0000002384185791015625
  %e = fma %x, %x, %c
  %y = constant 1.0000000000000002
  %d = constant -1.0000000000000004
  %s = fma %y, %y, %d
  commit %a = %e, "s" = %s
}

// -----

// Subnormals are kept, overflow is infinite, 0 / 0 is NaN.
// CHECK-LABEL: @edges
// CHECK-DAG: %[[SUB:.*]] = constant 1.401298464324817e-45 : element
// CHECK-DAG: %[[INF:.*]] = constant inf : element
// CHECK-DAG: %[[NAN:.*]] = constant nan : element
// CHECK: commit %a = %[[SUB]], %b = %[[INF]], %c = %[[NAN]]
optim.optimizer @edges(%p, %g) state(%a, %b, %c) {
  %tiny = constant 1.401298464324817e-45 : element
  %half = constant 0.75
  %x = mul %tiny, %half
  %large = constant 3e38 : element
  %y = add %large, %large
  %zero = constant 0 : element
  %z = div %zero, %zero
  commit %a = %x, %b = %y, %c = %z
}

// -----

// IEEE 754-2019 minimum and maximum: -0 < 0, and NaN wins.
// CHECK-LABEL: @extremes
// CHECK-DAG: %[[MIN:.*]] = constant -0
// CHECK-DAG: %[[MAX:.*]] = constant 0
// CHECK-DAG: %[[NAN:.*]] = constant nan
// CHECK-DAG: %[[CLAMP:.*]] = constant 2
// CHECK: "min" = %[[MIN]], "max" = %[[MAX]], "nan" = %[[NAN]], "clamp" = %[[CLAMP]]
optim.optimizer @extremes(%p, %g) {
  %zero = constant 0
  %minus = constant -0
  %nan = constant nan
  %one = constant 1
  %two = constant 2
  %five = constant 5
  %x = min %zero, %minus
  %y = max %zero, %minus
  %z = max %nan, %one
  %w = clamp %five, %one, %two
  commit "min" = %x, "max" = %y, "nan" = %z, "clamp" = %w
}

// -----

// mod is a - b * floor(a / b).
// CHECK-LABEL: @whole
// CHECK-DAG: %[[MOD:.*]] = constant 2
// CHECK-DAG: %[[FLOOR:.*]] = constant -3
// CHECK-DAG: %[[CEIL:.*]] = constant -0
// CHECK-DAG: %[[SIGN:.*]] = constant -1
// CHECK: "mod" = %[[MOD]], "floor" = %[[FLOOR]], "ceil" = %[[CEIL]], "sign" = %[[SIGN]], "zero" = %[[CEIL]]
optim.optimizer @whole(%p, %g) {
  %a = constant -7
  %b = constant 3
  %c = constant -2.5
  %d = constant -0.5
  %zero = constant -0
  %x = mod %a, %b
  %y = floor %c
  %z = ceil %d
  %w = sign %c
  %v = sign %zero
  commit "mod" = %x, "floor" = %y, "ceil" = %z, "sign" = %w, "zero" = %v
}

// -----

// CHECK-LABEL: @unary
// CHECK-DAG: %[[NEG:.*]] = constant -4
// CHECK-DAG: %[[ABS:.*]] = constant 4
// CHECK-DAG: %[[RECIP:.*]] = constant 0.25
// CHECK-DAG: %[[SQUARE:.*]] = constant 16
// CHECK: "neg" = %[[NEG]], "abs" = %[[ABS]], "recip" = %[[RECIP]], "square" = %[[SQUARE]]
optim.optimizer @unary(%p, %g) {
  %a = constant 4
  %x = neg %a
  %y = abs %x
  %z = recip %a
  %w = square %x
  commit "neg" = %x, "abs" = %y, "recip" = %z, "square" = %w
}

// -----

// In the precision of the finer operand: 1 + 1e-10 equals 1 per element.
// CHECK-LABEL: @comparisons
// CHECK: commit %p = %g, %a = %p, %b = %p
optim.optimizer @comparisons(%p, %g) state(%a, %b) {
  %nearly = constant 1.0000000001
  %one = constant 1
  %each = constant 1 : element
  %nan = constant nan
  %c0 = cmp eq %nearly, %one
  %x = select %c0, %p, %g
  %c1 = cmp eq %nearly, %each
  %y = select %c1, %p, %g
  %c2 = cmp ne %nan, %nan
  %z = select %c2, %p, %g
  commit %p = %x, %a = %y, %b = %z
}
