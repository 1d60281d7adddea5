// RUN: %python %S/check-diagnostics %s -- optim-opt
// What a step commits.

// optimizer_c3
optim.optimizer @a(%p, %g) {
  %u = expr %p - %g
//     ^ error: the body of an optimizer ends in 'commit', but 'step' does not
}

// -----

// optimizer_c3: an empty body
optim.optimizer @a(%p, %g) {
// @1 error: the body of an optimizer ends in 'commit', but 'step' is empty
}

// -----

// optimizer_c4
optim.optimizer @a(%p, %g) {
  %x = arith.constant 1.0 : f32
//     ^ error: 'arith.constant' is not an op of the optim dialect
  commit %p = %p
}

// -----

// entry_c4
optim.optimizer @a(%p, %g) {
  %t = t
  commit %p = %p
} entry "swap" {
  %t = t
  commit %p = %p, t = %t
//                    ^ error: an entry does not advance the clock; 't' is committed by the step only
}

// -----

// commit_c2: a hyperparameter
optim.optimizer @a(%p, %g) hyper(%lr = 0.1) state(%m) {
  commit %p = %g, %lr = %lr
//                ^ error: 'commit' gives new values to the parameter and the states, but %lr is a hyperparameter; this optimizer has %p, %m
}

// -----

// commit_c2: the gradient
optim.optimizer @a(%p, %g) {
  commit %g = %p
//       ^ error: 'commit' gives new values to the parameter and the states, but %g is a gradient; this optimizer has %p
}

// -----

// commit_c2: an input
optim.optimizer @a(%p, %g) input(%h : element) {
  commit %h = %p
//       ^ error: 'commit' gives new values to the parameter and the states, but %h is an input; this optimizer has %p
}

// -----

// commit_c3
optim.optimizer @a(%p, %g) state(%m) {
  %u = expr %p - %g
  commit %u = %p
//       ^ error: 'commit' gives new values to the parameter and the states, but %u is computed; this optimizer has %p, %m
}

// -----

// commit_c4
optim.optimizer @a(%p, %g) state(%m) {
  commit %p = %g, %m = %g, %m = %p
//                         ^ error: %m is committed twice
}

// -----

// commit_c4: the clock
optim.optimizer @a(%p, %g) {
  %t = t
  commit t = %t, t = %t
//               ^ error: 't' is committed twice
}

// -----

// commit_c5
optim.optimizer @a(%p, %g) state(%d : group) {
  %g2 = expr %g * %g
//           ^ note: because of %g
  %d_t = ema %d, %g2 decay 0.9
  commit %d = %d_t
//            ^ error: %d is per group, but its new value %d_t is per element
//            ^ note: help: a mean of it: reduce mean %d_t to group
}

// -----

// commit_c5: slices of other directions
optim.optimizer @a(%p, %g) state(%r : row, %c : col) {
  commit %r = %c
//            ^ error: %r is per row, but its new value %c is per column
//            ^ note: help: a mean of it: reduce mean %c to row
}

// -----

// commit_c6
optim.optimizer @a(%p, %g) {
  %ok = cmp lt %g, %p
//             ^ note: because of %g
  commit %p = %g when %ok
//                    ^ error: the gate of a 'commit' must be per group or coarser, but %ok is per element
//                    ^ note: help: a choice per value: select %ok, %new, %old
}

// -----

// commit_c7
optim.optimizer @a(%p, %g) hyper(%lr = 1) state(%d : model) input(%h : model) {
  %t = t
  %ok = cmp lt %t, %lr
//             ^ note: because of %t
  commit %d = %h when %ok
//                    ^ error: the gate decides about %d, which is per model, but %ok is per group
//                    ^ note: help: a choice per value: select %ok, %new, %old
}

// -----

// commit_c8
optim.optimizer @a(%p, %g) input(%n : tensor) {
  commit t = %n
//           ^ error: the clock 't' is per group, but its new value %n is per tensor
}

// -----

// commit_c9
optim.optimizer @a(%p, %g) {
  %t = t
  commit "my norm" = %t
//                   ^ error: output 'my norm' is not a name; use a letter or '_', then letters, digits and '_'
}

// -----

// commit_c10
optim.optimizer @a(%p, %g) {
  %t = t
  commit "t" = %t, "t" = %t
//             ^ error: output 't' is given twice
}

// -----

// commit_c11
optim.optimizer @a(%p, %g) {
  commit "update" = %g
//                  ^ error: output 'update' must be a scalar, but %g is per element
//                  ^ note: help: a mean of it: reduce mean %g to tensor
}
