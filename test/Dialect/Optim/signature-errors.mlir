// RUN: %python %S/check-diagnostics %s -- optim-opt
// Names, numbers and signatures.

// number_c1
optim.optimizer @a(%p, %g) {
  %a = expr %g * 1e-3x
//               ^ error: malformed number starting '1e-3x'; write 8, 0.9, 1e-3 or inf
  commit %p = %p
}

// -----

// number_c1
optim.optimizer @a(%p, %g) {
  %a = constant 0x10
//              ^ error: malformed number starting '0x'; write 8, 0.9, 1e-3 or inf
  commit %p = %p
}

// -----

// number_c2
optim.optimizer @a(%p, %g) {
  %a = constant 1e999
//              ^ error: '1e999' is beyond float64 (1.8e308); write inf
  commit %p = %p
}

// -----

// number_c3
optim.optimizer @a(%p, %g) {
  %a = constant 0.33333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333
//              ^ error: number '0.33333333333333...' has 109 characters; at most 100 are allowed
  commit %p = %p
}

// -----

// name_c1
optim.optimizer @a(%p, %g) hyper(%beta1 = 0.9, %beta3 = 0.999) state(%m) {
  %a = ema %m, %g decay %beta_3
//                      ^ error: unknown value '%beta_3'; did you mean '%beta3'?
  commit %p = %p
}

// -----

// name_c1: a value is not defined before its op
optim.optimizer @a(%p, %g) {
  %a = expr %b * 2
//          ^ error: unknown value '%b'
  %b = expr %g * 2
  commit %p = %p
}

// -----

// optimizer_c5
optim.optimizer @"my optimizer"(%p, %g) {
// @1 error: optimizer 'my optimizer' is not a name; use a letter or '_', then letters, digits and '_'
  commit %p = %p
}

// -----

// optimizer_c6
optim.optimizer @a(%p, %g.x) {
//                     ^ error: gradient '%g.x' is not a name; use a letter or '_', then letters, digits and '_'
  commit %p = %p
}

// -----

// optimizer_c7
optim.optimizer @a(%p, %g) hyper(%lr = 0.1, %lr = 0.2) {
//                                          ^ error: '%lr' is already in the signature
  commit %p = %p
}

// -----

// optimizer_c7: between clauses
optim.optimizer @a(%p, %g) hyper(%m = 0.1) state(%m) {
//                                               ^ error: '%m' is already in the signature
  commit %p = %p
}

// -----

// optimizer_c8
optim.optimizer @a(%p, %g)
// @1 error: parameter, gradient, states, inputs and delays are 66 streams; at most 64 are allowed
    state(%s0, %s1, %s2, %s3, %s4, %s5, %s6, %s7,
          %s8, %s9, %s10, %s11, %s12, %s13, %s14, %s15,
          %s16, %s17, %s18, %s19, %s20, %s21, %s22, %s23,
          %s24, %s25, %s26, %s27, %s28, %s29, %s30, %s31,
          %s32, %s33, %s34, %s35, %s36, %s37, %s38, %s39,
          %s40, %s41, %s42, %s43, %s44, %s45, %s46, %s47,
          %s48, %s49, %s50, %s51, %s52, %s53, %s54, %s55,
          %s56, %s57, %s58, %s59, %s60, %s61, %s62, %s63) {
  commit %p = %p
}

// -----

// hyper_c1
optim.optimizer @a(%p, %g) hyper(%lr = 1 in [2, 1]) {
//                               ^ error: range [2, 1] of 'lr' contains no number
  commit %p = %p
}

// -----

// hyper_c1: an open end
optim.optimizer @a(%p, %g) hyper(%lr = 1 in [1, 1)) {
//                               ^ error: range [1, 1) of 'lr' contains no number
  commit %p = %p
}

// -----

// hyper_c1: no whole number
optim.optimizer @a(%p, %g) hyper(%k = 1 in (1, 2) integer) {
//                               ^ error: range (1, 2) of 'k' contains no whole number
  commit %p = %p
}

// -----

// hyper_c2
optim.optimizer @a(%p, %g) hyper(%beta1 = 1 in [0, 1)) {
//                               ^ error: default 1 of 'beta1' is not in [0, 1)
  commit %p = %p
}

// -----

// hyper_c2: infinity needs a range that contains it
optim.optimizer @a(%p, %g) hyper(%clip = inf) {
//                               ^ error: default inf of 'clip' is not a finite number
  commit %p = %p
}

// -----

// hyper_c3
optim.optimizer @a(%p, %g) hyper(%k = 1.5 in [1, inf) integer) {
//                               ^ error: 'k' is a whole number, but its default is 1.5
  commit %p = %p
}

// -----

// state_c1
optim.optimizer @a(%p, %g) state(%m "exp avg") {
//                               ^ error: state name 'exp avg' is not a name; use a letter or '_', then letters, digits and '_'
  commit %p = %p
}

// -----

// state_c2
optim.optimizer @a(%p, %g) state(%m "step") {
//                               ^ error: state 'step' has a reserved name; step, param and grad are taken
  commit %p = %p
}

// -----

// state_c3
optim.optimizer @a(%p, %g) state(%m "exp_avg", %v "exp_avg") {
//                                             ^ error: state 'exp_avg' is already the name of another state or input
  commit %p = %p
}

// -----

// state_c4
optim.optimizer @a(%p, %g) state(%m : const) {
//                                    ^ error: 'const' is not a rate; use model, group, tensor, row, col, block or element
  commit %p = %p
}

// -----

// state_c6
optim.optimizer @a(%p, %g) state(%m = nan) {
//                               ^ error: state '%m' cannot start as NaN
  commit %p = %p
}

// -----

// state_c7
optim.optimizer @a(%p, %g) state(%m : row = param) {
//                               ^ error: state '%m' starts as a copy of the parameter, so it is per element, not per row
  commit %p = %p
}

// -----

// state_c8
optim.optimizer @a(%p, %g) hyper(%beta1 = 0.9) state(%d = %beta_1) {
//                                                        ^ error: unknown hyperparameter '%beta_1'; did you mean '%beta1'?
  commit %p = %p
}

// -----

// state_c8: nothing is near
optim.optimizer @a(%p, %g) hyper(%lr = 0.1) state(%d = %initial_d) {
//                                                     ^ error: unknown hyperparameter '%initial_d'; a state starts as a number, 'param' or a hyperparameter
  commit %p = %p
}

// -----

// state_c9
optim.optimizer @a(%p, %g) hyper(%d0 = 1e-6) state(%d : model = %d0) {
//                                                 ^ error: state '%d' is per model and cannot start as '%d0', which each group sets
  commit %p = %p
}

// -----

// state_c10
optim.optimizer @a(%p, %g) state(%d slots 0) {
//                               ^ error: state '%d' has 0 slots; 1 to 65536 are allowed
  commit %p = %p
}

// -----

// state_c10: too many
optim.optimizer @a(%p, %g) state(%d slots 65537) {
//                               ^ error: state '%d' has 65537 slots; 1 to 65536 are allowed
  commit %p = %p
}

// -----

// state_c11
optim.optimizer @a(%p, %g) state(%d : model slots 2) {
//                               ^ error: state '%d' is a ring addressed by the clock: it has a rate from group on and does not start as the parameter
  commit %p = %p
}

// -----

// state_c11: a copy of the parameter
optim.optimizer @a(%p, %g) state(%d = param slots 2) {
//                               ^ error: state '%d' is a ring addressed by the clock: it has a rate from group on and does not start as the parameter
  commit %p = %p
}

// -----

// input_c1
optim.optimizer @a(%p, %g) input(%h "" : element) {
//                               ^ error: input name '' is not a name; use a letter or '_', then letters, digits and '_'
  commit %p = %p
}

// -----

// input_c2
optim.optimizer @a(%p, %g) input(%h "grad" : element) {
//                               ^ error: input 'grad' has a reserved name; step, param and grad are taken
  commit %p = %p
}

// -----

// input_c3
optim.optimizer @a(%p, %g) state(%m "hessian") input(%h "hessian" : element) {
//                                                   ^ error: input 'hessian' is already the name of another state or input
  commit %p = %p
}

// -----

// input_c4
optim.optimizer @a(%p, %g) input(%h : any) {
//                                    ^ error: 'any' is not a rate; use model, group, tensor, row, col, block or element
  commit %p = %p
}

// -----

// input_c5
optim.optimizer @a(%p, %g) input(%h : model = nan) {
//                               ^ error: input '%h' cannot default to NaN
  commit %p = %p
}

// -----

// entry_c1
optim.optimizer @a(%p, %g) {
// @1 error: entry 'to eval' is not a name; use a letter or '_', then letters, digits and '_'
  commit %p = %p
} entry "to eval" {
  commit %p = %p
}

// -----

// entry_c2
optim.optimizer @a(%p, %g) {
// @1 error: entry 'step' has a reserved name; step, param and grad are taken
  commit %p = %p
} entry "step" {
  commit %p = %p
}

// -----

// entry_c3
optim.optimizer @a(%p, %g) {
// @1 error: entry 'swap' is declared twice
  commit %p = %p
} entry "swap" {
  commit %p = %p
} entry "swap" {
  commit %p = %p
}
