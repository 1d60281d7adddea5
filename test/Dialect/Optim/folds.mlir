// Folds that are exact for every input. `commit` keeps each result under the name
// of its case.

// RUN: optim-opt %s --canonicalize --cse --split-input-file | FileCheck %s

// CHECK-LABEL: @zeros
// CHECK-NOT: add
// CHECK-NOT: sub
// CHECK: %[[N:.*]] = neg %g
// CHECK: commit %p = %g, %a = %g, %b = %[[N]]
optim.optimizer @zeros(%p, %g) state(%a, %b) {
  %minus_zero = constant -0
  %zero = constant 0
  %x = add %g, %minus_zero
  %y = sub %g, %zero
  %z = sub %minus_zero, %g
  commit %p = %x, %a = %y, %b = %z
}

// -----

// CHECK-LABEL: @ones
// CHECK: %[[N0:.*]] = neg %g
// CHECK: %[[N1:.*]] = neg %p
// CHECK: commit %p = %g, %a = %g, %b = %[[N0]], %c = %[[N1]]
optim.optimizer @ones(%p, %g) state(%a, %b, %c) {
  %one = constant 1
  %minus_one = constant -1
  %x = mul %one, %g
  %y = div %g, %one
  %z = mul %g, %minus_one
  %w = div %p, %minus_one
  commit %p = %x, %a = %y, %b = %z, %c = %w
}

// -----

// A constant is rounded where it meets the finer operand.
// CHECK-LABEL: @rounded_one
// CHECK: %[[C:.*]] = constant 1.0000000001
// CHECK: %[[M:.*]] = mul %lr, %[[C]]
// CHECK: commit %p = %g, %s = %[[M]]
optim.optimizer @rounded_one(%p, %g) hyper(%lr = 1) state(%s : group) {
  %nearly = constant 1.0000000001
  %x = mul %g, %nearly
  %y = mul %lr, %nearly
  commit %p = %x, %s = %y
}

// -----

// CHECK-LABEL: @power_of_two
// CHECK-DAG: %[[EIGHTH:.*]] = constant 0.125
// CHECK-DAG: mul %g, %[[EIGHTH]]
// CHECK-NOT: div
optim.optimizer @power_of_two(%p, %g) {
  %eight = constant 8
  %x = div %g, %eight
  commit %p = %x
}

// -----

// CHECK-LABEL: @signs
// CHECK: %[[ABS:.*]] = abs %g
// CHECK: %[[SQ:.*]] = square %g
// CHECK: %[[SIGN:.*]] = sign %g
// CHECK: commit %p = %g, %a = %[[ABS]], %b = %[[ABS]], %c = %[[SQ]], %d = %[[SIGN]]
optim.optimizer @signs(%p, %g) state(%a, %b, %c, %d) {
  %n = neg %g
  %x = neg %n
  %y0 = abs %g
  %y = abs %y0
  %z = abs %n
  %w = square %n
  %s = sign %g
  %v = sign %s
  commit %p = %x, %a = %y, %b = %z, %c = %w, %d = %v
}

// -----

// CHECK-LABEL: @negations
// CHECK: %[[SUB:.*]] = sub %p, %g
// CHECK: %[[ADD:.*]] = add %p, %g
// CHECK: commit %p = %[[SUB]], %a = %[[ADD]], %b = %[[SUB]]
optim.optimizer @negations(%p, %g) state(%a, %b) {
  %n = neg %g
  %x = add %p, %n
  %y = sub %p, %n
  %z = add %n, %p
  commit %p = %x, %a = %y, %b = %z
}

// -----

// CHECK-LABEL: @extremes
// CHECK-NOT: min
// CHECK-NOT: max
// CHECK-NOT: clamp
// CHECK: commit %p = %g, %a = %g, %b = %g, %c = %g, %d = %g
optim.optimizer @extremes(%p, %g) state(%a, %b, %c, %d) {
  %inf = constant inf
  %minus_inf = constant -inf
  %x = min %g, %g
  %y = max %g, %g
  %z = min %g, %inf
  %w = max %minus_inf, %g
  %v = clamp %g, %minus_inf, %inf
  commit %p = %x, %a = %y, %b = %z, %c = %w, %d = %v
}

// -----

// CHECK-LABEL: @products
// CHECK: %[[MUL:.*]] = mul %p, %g
// CHECK: %[[ADD:.*]] = add %g, %p
// CHECK: %[[SUB:.*]] = sub %p, %g
// CHECK-NOT: fma
// CHECK: commit %p = %[[MUL]], %a = %[[ADD]], %b = %[[SUB]]
optim.optimizer @products(%p, %g) state(%a, %b) {
  %minus_zero = constant -0
  %one = constant 1
  %minus_one = constant -1
  %x = fma %p, %g, %minus_zero
  %y = fma %one, %g, %p
  %z = fma %g, %minus_one, %p
  commit %p = %x, %a = %y, %b = %z
}

// -----

// CHECK-LABEL: @choices
// CHECK: %[[EVERY:.*]] = every 2
// CHECK: %[[SEL:.*]] = select %[[EVERY]], %p, %g
// CHECK: commit %p = %g, %a = %p, %b = %g, %c = %[[SEL]]
optim.optimizer @choices(%p, %g) state(%a, %b, %c) {
  %yes = truth true
  %no = truth false
  %even = every 2
  %odd = not %even
  %x = select %yes, %g, %p
  %y = select %no, %g, %p
  %z = select %even, %g, %g
  %w = select %odd, %g, %p
  commit %p = %x, %a = %y, %b = %z, %c = %w
}

// -----

// CHECK-LABEL: @logic
// CHECK-DAG: %[[C0:.*]] = constant 0
// CHECK-DAG: %[[C1:.*]] = constant 1
// CHECK-DAG: %[[EVERY:.*]] = every 2
// CHECK-DAG: %[[SEL:.*]] = select %[[EVERY]], %p, %g
// CHECK: commit %p = %[[SEL]], %a = %[[SEL]], %b = %[[SEL]], %c = %[[C1]], %d = %[[C0]]
optim.optimizer @logic(%p, %g) state(%a, %b, %c : group, %d : group) {
  %yes = truth true
  %no = truth false
  %even = every 2
  %c0 = and %even, %yes
  %x = select %c0, %p, %g
  %c1 = or %no, %even
  %y = select %c1, %p, %g
  %n = not %even
  %c2 = not %n
  %z = select %c2, %p, %g
  %one = constant 1
  %zero = constant 0
  %c3 = or %yes, %even
  %v = select %c3, %one, %zero
  %c4 = and %no, %even
  %w = select %c4, %one, %zero
  commit %p = %x, %a = %y, %b = %z, %c = %v, %d = %w
}

// -----

// CHECK-LABEL: @comparisons
// CHECK: %[[NE:.*]] = cmp ne %p, %g
// CHECK: %[[SEL:.*]] = select %[[NE]], %p, %g
// CHECK: commit %p = %g, %a = %g, %b = %[[SEL]]
optim.optimizer @comparisons(%p, %g) state(%a, %b) {
  %c0 = cmp lt %g, %g
  %x = select %c0, %p, %g
  %c1 = cmp gt %g, %g
  %y = select %c1, %p, %g
  %eq = cmp eq %p, %g
  %c2 = not %eq
  %z = select %c2, %p, %g
  commit %p = %x, %a = %y, %b = %z
}

// -----

// CHECK-LABEL: @averages
// CHECK-NOT: ema
// CHECK-NOT: lerp
// CHECK-NOT: mean
// CHECK: commit %p = %g, %a = %g, %b = %g, %c = %g, %d = %g
optim.optimizer @averages(%p, %g) state(%a, %b, %c, %d) {
  %one = constant 1
  %x = ema %p, %g decay 0
  // 1 - 1e-9 is 1 in float32
  %y = ema %p, %g decay 1e-9
  %z = lerp %p, %g weight %one
  %w = mean %p, %g count %one
  %v = lerp %p, %g weight 1
  commit %p = %x, %a = %y, %b = %z, %c = %w, %d = %v
}

// -----

// CHECK-LABEL: @mixtures
// CHECK: %[[MIX:.*]] = mix %lr * %g + 2 * %p
// CHECK: commit %p = %[[MIX]], %a = %g
optim.optimizer @mixtures(%p, %g) hyper(%lr = 1) state(%a) {
  %zero = constant 0
  %x = mix %lr * %g + 0 * %p + 2 * %p + %zero * %a
  %y = mix -0 * %p + 1 * %g
  commit %p = %x, %a = %y
}

// -----

// CHECK-LABEL: @powers
// CHECK: %[[ONE:.*]] = constant 1 : element
// CHECK: commit %p = %[[ONE]], %a = %[[ONE]], %b = %[[ONE]]
optim.optimizer @powers(%p, %g) state(%a, %b) {
  %zero = constant 0
  %minus_zero = constant -0
  %one = constant 1
  %x = pow %g, %zero
  %y = pow %g, %minus_zero
  %z = pow %one, %g
  commit %p = %x, %a = %y, %b = %z
}

// -----

// CHECK-LABEL: @gates
// CHECK: commit %p = %g
// CHECK-NOT: when
optim.optimizer @gates(%p, %g) {
  %yes = truth true
  commit %p = %g when %yes
}

// -----

// A coarser operand is returned through a broadcast, which other ops absorb.
// CHECK-LABEL: @broadcasts
// CHECK: %[[B:.*]] = broadcast %lr to element
// CHECK: %[[M:.*]] = mul %g, %lr
// CHECK: commit %p = %[[B]], %a = %[[M]]
optim.optimizer @broadcasts(%p, %g) hyper(%lr = 1) state(%a) {
  %one = constant 1 : element
  %x = mul %lr, %one
  %wide = broadcast %lr to row
  %wider = broadcast %wide to element
  %y = mul %g, %wider
  commit %p = %x, %a = %y
}

// -----

// Rounded when it crosses to a kernel's rate, and not before.
// CHECK-LABEL: @broadcast_constants
// CHECK-DAG: %[[E:.*]] = constant 0.10000000149011612 : element
// CHECK-DAG: %[[T:.*]] = constant 0.1 : tensor
// CHECK: commit %p = %[[E]], %a = %[[T]]
optim.optimizer @broadcast_constants(%p, %g) state(%a : tensor) {
  %tenth = constant 0.1
  %x = broadcast %tenth to element
  %y = broadcast %tenth to tensor
  commit %p = %x, %a = %y
}

// -----

// Equal constants of different rates.
// CHECK-LABEL: @equal_constants
// CHECK-NOT: select
optim.optimizer @equal_constants(%p, %g) state(%a : group) {
  %zero = constant 0
  %each = constant 0.0 : group
  %even = every 2
  %x = select %even, %zero, %each
  commit %a = %x
}
