// RUN: %python %S/check-diagnostics %s -- optim-opt
// Mixtures, cycles and delays.

// ema_c1
// The source is some lines away.
optim.optimizer @a(%p, %g) state(%m, %v "exp_avg_sq") {
  %g2 = expr %g * %g
//           ^ note: because of %g
  %v_t = ema %v, %g2 decay 0.999
  %v_hat = debias %v_t decay 0.999
  %m_t = ema %m, %g decay %v_hat
//                        ^ error: 'ema' decay must be a scalar, but %v_hat is per element
//                        ^ note: help: per-element weights: lerp %m, %g weight %w
  commit %m = %m_t, %v = %v_t
}

// -----

// ema_c1: it is the source itself
optim.optimizer @a(%p, %g) {
  %a = ema %p, %g decay %g
//                      ^ error: 'ema' decay must be a scalar, but %g is per element
//                      ^ note: help: per-element weights: lerp %p, %g weight %w
  commit %p = %p
}

// -----

// ema_c1: another source
optim.optimizer @a(%p, %g) {
  %r = random 0
  %w = expr %r * 2
//          ^ note: because of %r
  %a = ema %p, %g decay %w
//                      ^ error: 'ema' decay must be a scalar, but %w is per element
//                      ^ note: help: per-element weights: lerp %p, %g weight %w
  commit %p = %p
}

// -----

// ema_c2
optim.optimizer @a(%p, %g) {
  %a = ema %p, %g decay 1.5
//                      ^ error: 'ema' decay must be in [0, 1], but is 1.5
  commit %p = %p
}

// -----

// ema_c2: below
optim.optimizer @a(%p, %g) {
  %a = ema %p, %g decay -0.1
//                      ^ error: 'ema' decay must be in [0, 1], but is -0.1
  commit %p = %p
}

// -----

// lerp_c1
optim.optimizer @a(%p, %g) {
  %a = lerp %p, %g weight inf
//                        ^ error: 'lerp' weight must be finite, but is inf
  commit %p = %p
}

// -----

// mean_c1
optim.optimizer @a(%p, %g) {
  %a = mean %p, %g count %g
//                       ^ error: 'mean' count must be a scalar, but %g is per element
  commit %p = %p
}

// -----

// mean_c2
optim.optimizer @a(%p, %g) {
  %a = mean %p, %g count 0
//                       ^ error: 'mean' count must be 1 or more, but is 0
  commit %p = %p
}

// -----

// debias_c1
optim.optimizer @a(%p, %g) {
  %w = expr %g * %g
//          ^ note: because of %g
  %a = debias %p decay %w
//                     ^ error: 'debias' decay must be a scalar, but %w is per element
  commit %p = %p
}

// -----

// debias_c2
optim.optimizer @a(%p, %g) {
  %a = debias %g decay 1
//                     ^ error: 'debias' decay must be in [0, 1), but is 1
  commit %p = %p
}

// -----

// debias_c3
optim.optimizer @a(%p, %g) {
  %a = debias %g decay 0.9 count %p
//                               ^ error: 'debias' count must be a scalar, but %p is per element
  commit %p = %p
}

// -----

// debias_c4
optim.optimizer @a(%p, %g) {
  %a = debias %g decay 0.9 count 0
//                               ^ error: 'debias' count must be 1 or more, but is 0
  commit %p = %p
}

// -----

// mix_c1
optim.optimizer @a(%p, %g) {
  %a = mix 1 * %p + %g * %p
//                  ^ error: 'mix' coefficient must be a scalar, but %g is per element
//                  ^ note: help: a product of two values per element: expr %c * %p
  commit %p = %p
}

// -----

// mix_c2
optim.optimizer @a(%p, %g) {
  %a = mix inf * %p + 1 * %g
//         ^ error: 'mix' coefficient must be finite, but is inf
  commit %p = %p
}

// -----

// period_c1
optim.optimizer @a(%p, %g) {
  %j, %n, %last = period %g
//                       ^ error: 'period' length must be a scalar, but %g is per element
  commit %p = %p
}

// -----

// period_c2
optim.optimizer @a(%p, %g) {
  %j, %n, %last = period 2.5
//                       ^ error: 'period' length must be a whole number from 1 on, but is 2.5
  commit %p = %p
}

// -----

// every_c1
optim.optimizer @a(%p, %g) state(%r : col) {
  %a = every %r
//           ^ error: 'every' length must be a scalar, but %r is per column
  commit %p = %p
}

// -----

// every_c2
optim.optimizer @a(%p, %g) {
  %a = every 0
//           ^ error: 'every' length must be a whole number from 1 on, but is 0
  commit %p = %p
}

// -----

// delay_c1
optim.optimizer @a(%p, %g) {
  %a = delay %g by 0 "previous_grad"
//                 ^ error: 'delay' is by 1 to 65536 steps, but by 0
  commit %p = %p
}

// -----

// delay_c1: a long one
optim.optimizer @a(%p, %g) {
  %a = delay %g by 70000 "previous_grad"
//     ^ error: 'delay' is by 1 to 65536 steps, but by 70000
  commit %p = %p
}

// -----

// delay_c2
optim.optimizer @a(%p, %g) {
  %c = constant 1
  %a = delay %c by 1 "previous"
//           ^ error: 'delay' of %c, which is constant: it never had another value
  commit %p = %p
}

// -----

// delay_c3
optim.optimizer @a(%p, %g) {
  %a = delay %g by 1 "previous grad"
//     ^ error: 'delay' state 'previous grad' is not a name for a state: use letters, digits and '_', and not step, param or grad
  commit %p = %p
}

// -----

// delay_c4
optim.optimizer @a(%p, %g) {
  commit %p = %p
} entry "swap" {
  %a = delay %g by 1 "previous_grad"
//     ^ error: 'delay' remembers steps: it belongs in the body of an optimizer's step, not in an entry or a template
  commit %p = %a
}

// -----

// delay_c4: a template
optim.func @f(%x) {
  %a = delay %x by 1 "previous"
//     ^ error: 'delay' remembers steps: it belongs in the body of an optimizer's step, not in an entry or a template
  yield %a
}

// -----

// delay_c5
optim.optimizer @a(%p, %g) state(%m "exp_avg") {
  %a = delay %g by 1 "exp_avg"
//     ^ error: 'delay' state 'exp_avg' is already the name of another state or input
  commit %p = %p
}

// -----

// delay_c5: two delays
optim.optimizer @a(%p, %g) {
  %a = delay %g by 1 "previous"
  %b = delay %p by 1 "previous"
//     ^ error: 'delay' state 'previous' is already the name of another state or input
  commit %p = %p
}

// -----

// schedule_c1
optim.optimizer @a(%p, %g) {
  %a = schedule cosin 1 -> 0 over 100
//              ^ error: unknown schedule 'cosin'; did you mean 'cosine'?
  commit %p = %p
}

// -----

// schedule_c1: nothing is near
optim.optimizer @a(%p, %g) {
  %a = schedule triangle 1 -> 0 over 100
//              ^ error: unknown schedule 'triangle'; known: constant, linear, half_life, cosine, exponential, polynomial, inv_sqrt, step, wsd, one_cycle, piecewise, join
  commit %p = %p
}

// -----

// schedule_c2
optim.optimizer @a(%p, %g) {
  %a = schedule linear 0 -> %g over 100
//                          ^ error: 'schedule' argument must be a scalar, but %g is per element
  commit %p = %p
}

// -----

// schedule_c4
optim.optimizer @a(%p, %g) {
  %a = schedule piecewise 1 at 10
//     ^ error: 'schedule piecewise' chooses among two or more values, but has 1
  commit %p = %p
}

// -----

// schedule_c5
optim.optimizer @a(%p, %g) {
  %a = schedule piecewise 1, 2, 3 at 10
//     ^ error: 'schedule piecewise' of 3 values needs 2 boundaries after 'at', but has 1
  commit %p = %p
}

// -----

// schedule_c6: a duration
optim.optimizer @a(%p, %g) {
  %a = schedule linear 0 -> 1 over -10
//                                 ^ error: 'schedule linear' argument must be 0 or more steps, but is -10
  commit %p = %p
}

// -----

// schedule_c6: a decay
optim.optimizer @a(%p, %g) {
  %a = schedule half_life 0.9 -> 1.1 over 10
//                               ^ error: 'schedule half_life' argument must be a decay in [0, 1], but is 1.1
  commit %p = %p
}

// -----

// schedule_c6: an end
optim.optimizer @a(%p, %g) {
  %a = schedule exponential 1 -> 0 over 10
//                               ^ error: 'schedule exponential' argument must be positive and finite, but is 0
  commit %p = %p
}

// -----

// schedule_c6: a power
optim.optimizer @a(%p, %g) {
  %a = schedule polynomial 1 -> 0 over 10 power 0
//                                              ^ error: 'schedule polynomial' argument must be positive and finite, but is 0
  commit %p = %p
}

// -----

// schedule_c6: a cycle
optim.optimizer @a(%p, %g) {
  %a = schedule step 1 factor 0.5 every 0
//                                      ^ error: 'schedule step' argument must be 1 or more steps, but is 0
  commit %p = %p
}

// -----

// schedule_c6: a value
optim.optimizer @a(%p, %g) {
  %a = schedule constant inf
//                       ^ error: 'schedule constant' argument must be finite, but is inf
  commit %p = %p
}

// -----

// schedule_c7
optim.optimizer @a(%p, %g) {
  %a = schedule piecewise 1, 2, 3 at 20, 10
//                                       ^ error: boundaries of 'schedule piecewise' increase, but 10 follows 20
  commit %p = %p
}
