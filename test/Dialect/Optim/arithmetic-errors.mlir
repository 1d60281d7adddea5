// RUN: %python %S/check-diagnostics %s -- optim-opt
// Elementary ops and infix expressions.

// type_c1
optim.optimizer @a(%p, %g) {
  %c = cmp lt %g, %p
  %a = add %c, %g
//         ^ error: expected a number, but %c is a truth value; choose a number with 'select'
  commit %p = %p
}

// -----

// type_c1: a committed value
optim.optimizer @a(%p, %g) {
  %c = cmp lt %g, %p
  commit %p = %c
//            ^ error: expected a number, but %c is a truth value; choose a number with 'select'
}

// -----

// type_c1: a scalar argument
optim.optimizer @a(%p, %g) {
  %c = every 2
  %a = ema %p, %g decay %c
//                      ^ error: expected a number, but %c is a truth value; choose a number with 'select'
  commit %p = %p
}

// -----

// type_c2
optim.optimizer @a(%p, %g) {
  %a = select %g, %p, %g
//            ^ error: expected a truth value, but %g is a number; compare it with 'cmp'
  commit %p = %p
}

// -----

// type_c2: a gate
optim.optimizer @a(%p, %g) {
  %t = t
  commit %p = %g when %t
//                    ^ error: expected a truth value, but %t is a number; compare it with 'cmp'
}

// -----

// random_c1
optim.optimizer @a(%p, %g) {
  %r = random -1
//            ^ error: the id of 'random' is not negative, but is -1
  commit %p = %p
}

// -----

// mod_c1
optim.optimizer @a(%p, %g) hyper(%lr = 1) {
  %a = mod %g, %lr
//         ^ error: 'mod' argument must be a scalar, but %g is per element
  commit %p = %p
}

// -----

// floor_c1
optim.optimizer @a(%p, %g) {
  %g2 = expr %g * 2
//           ^ note: because of %g
  %h = add %g2, %p
  %a = floor %h
//           ^ error: 'floor' argument must be a scalar, but %h is per element
  commit %p = %p
}

// -----

// ceil_c1
optim.optimizer @a(%p, %g) state(%v : row) {
  %a = ceil %v
//          ^ error: 'ceil' argument must be a scalar, but %v is per row
  commit %p = %p
}

// -----

// cmp_c1
optim.optimizer @a(%p, %g) {
  %a = cmp less %g, %p
//         ^ error: unknown comparison 'less'; known: eq, ne, lt, le, gt, ge
  commit %p = %p
}

// -----

// expr_c2
optim.optimizer @a(%p, %g) {
  %a = expr (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((%g)))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
//                                                                                                                                                                                                                  ^ error: expression is nested more than 200 deep
  commit %p = %p
}

// -----

// expr_c2: many terms
optim.optimizer @a(%p, %g) {
  %a = expr %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g + %g
  commit %p = %p
//^ error: 'expr' has more than 1000 terms and operators: name parts of it
}

// -----

// expr_c3
optim.optimizer @a(%p, %g) {
  %c = cmp lt %g, %p
  %a = expr %p + %c
//               ^ error: arithmetic needs numbers, but has %c, a truth value; use select(condition, a, b)
  commit %p = %p
}

// -----

// expr_c3: a condition
optim.optimizer @a(%p, %g) {
  %a = expr select(%p, %g, 0)
//                 ^ error: 'select' chooses by a truth value, but has %p, a number
  commit %p = %p
}

// -----

// expr_c3: a truth value alone
optim.optimizer @a(%p, %g) {
  %c = cmp lt %g, %p
  %a = expr %c
//     ^ error: 'expr' must be a number, but is a truth value
  commit %p = %p
}

// -----

// expr_c4
optim.optimizer @a(%p, %g) {
  %a = expr floor(%g / 2)
//          ^ error: 'floor' argument must be a scalar, but %g is per element
  commit %p = %p
}

// -----

// expr_c4: a remainder
optim.optimizer @a(%p, %g) {
  %a = expr 1 + mod(%g, 2)
//              ^ error: 'mod' argument must be a scalar, but %g is per element
  commit %p = %p
}

// -----

// expr_c5
optim.optimizer @a(%p, %g) {
  %a = expr sqr(%g)
//          ^ error: unknown function 'sqr'; did you mean 'sqrt'?
  commit %p = %p
}

// -----

// expr_c5: nothing is near
optim.optimizer @a(%p, %g) {
  %a = expr normalize(%g)
//          ^ error: unknown function 'normalize'; known: sqrt, abs, sign, square, exp, log, rsqrt, recip, tanh, sin, cos, floor, ceil, min, max, pow, mod, fma, clamp, select
  commit %p = %p
}

// -----

// expr_c6
optim.optimizer @a(%p, %g) {
  %a = expr max(%g)
//          ^ error: 'max' takes 2 arguments, but 1 is given
  commit %p = %p
}

// -----

// broadcast_c1
optim.optimizer @a(%p, %g) {
  %a = broadcast %g to tensor
//               ^ error: 'broadcast' goes to a finer rate, but %g is per element, not coarser than tensor
//               ^ note: help: 'reduce' goes to a coarser rate
  commit %p = %p
}

// -----

// broadcast_c1: slices of other directions
optim.optimizer @a(%p, %g) state(%r : row) {
  %a = broadcast %r to col
//               ^ error: 'broadcast' goes to a finer rate, but %r is per row, not coarser than col
//               ^ note: help: 'reduce' goes to a coarser rate
  commit %p = %p
}

// -----

// reduce_c1
optim.optimizer @a(%p, %g) {
  %a = reduce average %g to model
//            ^ error: unknown reduction 'average'; known: sum, mean, sum_sq, mean_sq, max, min, max_abs
  commit %p = %p
}

// -----

// reduce_c2
optim.optimizer @a(%p, %g) hyper(%lr = 1) {
  %a = reduce mean %lr to element
//                 ^ error: 'reduce' goes to a coarser rate, but %lr is per group, not finer than element
//                 ^ note: help: 'broadcast' goes to a finer rate
  commit %p = %p
}

// -----

// reduce_c2: the same rate
optim.optimizer @a(%p, %g) state(%r : row) {
  %a = reduce sum %r to row
//                ^ error: 'reduce' goes to a coarser rate, but %r is per row already
  commit %p = %p
}

// -----

// reduce_c2: slices of other directions
optim.optimizer @a(%p, %g) state(%r : row) {
  %a = reduce sum %r to col
//                ^ error: 'reduce' goes to a coarser rate, but %r is per row, not finer than col
  commit %p = %p
}

// -----

// reduce_c3
optim.optimizer @a(%p, %g) {
  %a = reduce mean %g to const
//     ^ error: 'reduce' needs a rate that data has; use model, group, tensor, row, col or block
  commit %p = %p
}
