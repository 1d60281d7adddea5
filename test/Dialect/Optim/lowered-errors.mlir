// RUN: %python %S/check-diagnostics %s -- optim-opt
// Outlined ops.

// host_c1
optim.optimizer @a(%p, %g) {
  %x = host element 0 () {
//     ^ error: 'host' is per model, group or tensor, not per element
    %c = constant 1
    yield %c
  } : !optim.const
  commit %p = %p
}

// -----

// host_c1: a stage
optim.optimizer @a(%p, %g) {
  %x = host group -1 () {
//     ^ error: the stage of 'host' is 0 or more, but is -1
    %c = constant 1
    yield %c
  } : !optim.const
  commit %p = %p
}

// -----

// host_c2
optim.optimizer @a(%p, %g) {
  %x = host group 0 (%g) {
//     ^ error: 'host' runs per group, but %g is per element
  ^bb0(%y: !optim.element):
    yield %y
  } : !optim.element
  commit %p = %p
}

// -----

// host_c2: a result
optim.optimizer @a(%p, %g) {
  %x = host group 0 () {
//     ^ error: 'host' runs per group, but its result %x is per tensor
    %c = constant 1
    yield %c
  } : !optim.tensor
  commit %p = %p
}

// -----

// host_c3
optim.optimizer @a(%p, %g) hyper(%lr = 1) {
  %x = host group 0 (%lr) {
//     ^ error: 'host' has arguments of types ('f32'), but its operands need ('!optim.group') or, lowered, ('f64')
  ^bb0(%y: f32):
    yield %y : f32
  } : !optim.group
  commit %p = %p
}

// -----

// host_c4
optim.optimizer @a(%p, %g) hyper(%lr = 1) {
  %x = host group 0 (%lr) {
  ^bb0(%y: !optim.group):
    yield
//  ^ error: 'host' has 1 results, but yields 0
  } : !optim.group
  commit %p = %p
}

// -----

// host_c4: a type
optim.optimizer @a(%p, %g) hyper(%lr = 1) {
  %x = host group 0 (%lr) {
  ^bb0(%y: f64):
    %c = arith.truncf %y : f64 to f32
    yield %c : f32
//  ^ error: 'host' yields 'f32' for a result of type '!optim.group'
  } : !optim.group
  commit %p = %p
}

// -----

// variants_c1
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %c = "optim.every"() <{lengthLiteral = #optim.number<"2">}> : () -> !optim.pred<group>
  %x = "optim.variants"(%c) <{masks = array<i64: 1, 1>, values = array<i64: 0, 1>}> ({
//     ^ error: 'variants' has a mask and a value for each region, but 2 masks, 2 values and 1 regions are given
    "optim.yield"(%p) : (!optim.element) -> ()
  }) : (!optim.pred<group>) -> !optim.element
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// variants_c2
optim.optimizer @a(%p, %g) {
  %c = cmp lt %p, %g
  %x = variants (%c) {
//               ^ error: 'variants' are chosen on the host, but %c is per element
    yield %p
  } case 1 == 0 else {
    yield %g
  } case 1 == 1 : !optim.element
  commit %p = %p
}

// -----

// variants_c3
optim.optimizer @a(%p, %g) {
  %c = every 2
  %x = variants (%c) {
//     ^ error: case 2 == 0 of 'variants' has bits beyond its predicates
    yield %p
  } case 2 == 0 else {
    yield %g
  } case 1 == 1 : !optim.element
  commit %p = %p
}

// -----

// variants_c3: a value
optim.optimizer @a(%p, %g) {
  %c = every 2
  %x = variants (%c) {
//     ^ error: case 1 == 2 of 'variants' has bits beyond its mask
    yield %p
  } case 1 == 2 : !optim.element
  commit %p = %p
}

// -----

// variants_c4
optim.optimizer @a(%p, %g) {
  %c = every 2
  %d = every 3
  %x = variants (%c, %d) {
//     ^ error: cases 1 == 0 and 2 == 2 of 'variants' both match
    yield %p
  } case 1 == 0 else {
    yield %g
  } case 2 == 2 : !optim.element
  commit %p = %p
}

// -----

// variants_c5
optim.optimizer @a(%p, %g) {
  %c = every 2
  %x = variants (%c) {
    yield %p, %g
//  ^ error: 'variants' has 1 results, but yields 2
  } case 1 == 0 else {
    yield %g
  } case 1 == 1 : !optim.element
  commit %p = %p
}

// -----

// kernel_c1
optim.optimizer @a(%p, %g) {
  %x = kernel -1 streams(%p) scalars() {
//     ^ error: the phase of 'kernel' is 0 or more, but is -1
  ^bb0(%y: f32):
    yield %y : f32
  } : !optim.element
  commit %p = %p
}

// -----

// kernel_c2
optim.optimizer @a(%p, %g) hyper(%lr = 1) {
  %x = kernel 0 streams(%lr) scalars() {
//     ^ error: streams of 'kernel' are finer than per tensor, but %lr is per group
  ^bb0(%y: f32):
    yield %y : f32
  } : !optim.element
  commit %p = %p
}

// -----

// kernel_c2: a scalar
optim.optimizer @a(%p, %g) {
  %x = kernel 0 streams(%p) scalars(%g) {
//     ^ error: scalars of 'kernel' come from the host, but %g is per element
  ^bb0(%y: f32, %z: f32):
    yield %y : f32
  } : !optim.element
  commit %p = %p
}

// -----

// kernel_c2: a result
optim.optimizer @a(%p, %g) {
  %x = kernel 0 streams(%p) scalars() {
//     ^ error: results of 'kernel' are finer than per tensor, but %x is per tensor
  ^bb0(%y: f32):
    yield %y : f32
  } : !optim.tensor
  commit %p = %p
}

// -----

// kernel_c3
optim.optimizer @a(%p, %g) {
  %x = kernel 0 streams(%p) scalars() random(1, 1) {
//     ^ error: random ids of 'kernel' are distinct and not negative, but 1 is given twice
  ^bb0(%y: f32, %i: i32, %a: i32, %b: i32, %c: i32, %d: i32):
    yield %y : f32
  } : !optim.element
  commit %p = %p
}

// -----

// kernel_c4
optim.optimizer @a(%p, %g) {
  %x = kernel 0 streams(%p) scalars() random(1) {
//     ^ error: 'kernel' has arguments of types ('f32', 'i32'), but its operands need ('!optim.element') or, lowered, ('f32', 'i32', 'i32', 'i32')
  ^bb0(%y: f32, %i: i32):
    yield %y : f32
  } : !optim.element
  commit %p = %p
}

// -----

// kernel_c4: both forms
optim.optimizer @a(%p, %g) hyper(%lr = 1) {
  %x = kernel 0 streams(%p) scalars(%lr) {
//     ^ error: 'kernel' has arguments of types ('f32', '!optim.group'), but its operands need ('!optim.element', '!optim.group') or, lowered, ('f32', 'f32')
  ^bb0(%y: f32, %z: !optim.group):
    yield %y : f32
  } : !optim.element
  commit %p = %p
}

// -----

// kernel_c5
optim.optimizer @a(%p, %g) {
  %x = kernel 0 streams(%p) scalars() {
  ^bb0(%y: f32):
    yield
//  ^ error: 'kernel' has 1 results, but yields 0
  } : !optim.element
  commit %p = %p
}
