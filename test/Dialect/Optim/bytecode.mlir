// Bytecode carries the dialect's version. Inputs/version-1.0.mlirbc was written by
// the first release and must be readable for ever; future-version.mlirbc is the
// same file with the version 1.1.

// RUN: optim-opt %S/Inputs/version-1.0.mlirbc | FileCheck %s
// RUN: optim-opt %s --emit-bytecode | optim-opt | FileCheck %s
// RUN: not optim-opt %S/Inputs/future-version.mlirbc 2>&1 | FileCheck %s --check-prefix=FUTURE

// FUTURE: error: optim dialect version 1.1 is not supported; this compiler reads up to 1.0

// CHECK:      optim.optimizer @ademamix(%p, %g)
// CHECK-NEXT:     hyper(%lr = 1e-3 in [0, inf), %beta1 = 0.9 in [0, 1), %alpha = 8)
// CHECK-NEXT:     state(%m1 "exp_avg", %m2 "exp_avg_slow", %d : group = %lr) {
// CHECK-NEXT:   %alpha_t = schedule linear 0 -> %alpha over 1000
// CHECK-NEXT:   %m1_t = ema %m1, %g decay %beta1
// CHECK-NEXT:   %m2_t = ema %m2, %g decay 0.9999
// CHECK-NEXT:   %j, %n, %last = period 10
// CHECK-NEXT:   %u = expr %m1_t + %alpha_t * %m2_t
// CHECK-NEXT:   %r = random 1
// CHECK-NEXT:   %c = cmp lt %r, %u
// CHECK-NEXT:   %p_t = expr %p - %lr * select(%c, %u, 1e-8)
// CHECK-NEXT:   commit %p = %p_t, %m1 = %m1_t, %m2 = %m2_t, %d = %j, "n" = %n when %last
// CHECK-NEXT: } entry "to_eval" {
// CHECK-NEXT:   commit %p = %m1
// CHECK-NEXT: }
optim.optimizer @ademamix(%p, %g)
    hyper(%lr = 1e-3 in [0, inf), %beta1 = 0.9 in [0, 1), %alpha = 8)
    state(%m1 "exp_avg", %m2 "exp_avg_slow", %d : group = %lr) {
  %alpha_t = schedule linear 0 -> %alpha over 1000
  %m1_t = ema %m1, %g decay %beta1
  %m2_t = ema %m2, %g decay 0.9999
  %j, %n, %last = period 10
  %u = expr %m1_t + %alpha_t * %m2_t
  %r = random 1
  %c = cmp lt %r, %u
  %p_t = expr %p - %lr * select(%c, %u, 1e-8)
  commit %p = %p_t, %m1 = %m1_t, %m2 = %m2_t, %d = %j, "n" = %n when %last
} entry "to_eval" {
  commit %p = %m1
}
