// RUN: optim-opt --optim-expand-mixtures %s | FileCheck %s

// CHECK-LABEL: optim.optimizer @adam
// CHECK: %c1 = constant 1
// CHECK-NEXT: %m_w = sub %c1, %beta1
// CHECK-NEXT: %m_diff = sub %g, %m
// CHECK-NEXT: %m_moved = fma %m_w, %m_diff, %m
// CHECK-NEXT: %m_w_f32 = broadcast %m_w to element
// CHECK-NEXT: %[[ONE:.*]] = constant 1
// CHECK-NEXT: %m_replace = cmp eq %m_w_f32, %[[ONE]]
// CHECK-NEXT: %m_t = select %m_replace, %g, %m_moved
// CHECK-NEXT: %t = t
// CHECK-NEXT: %m_hat_pow = pow %beta1, %t
// CHECK-NEXT: %[[ONE2:.*]] = constant 1
// CHECK-NEXT: %m_hat_mass = sub %[[ONE2]], %m_hat_pow
// CHECK-NEXT: %m_hat_scale = recip %m_hat_mass
// CHECK-NEXT: %m_hat = mul %m_t, %m_hat_scale
// CHECK-NEXT: commit %p = %m_hat, %m = %m_t
optim.optimizer @adam(%p, %g) hyper(%beta1 = 0.9) state(%m) {
  %m_t = ema %m, %g decay %beta1
  %m_hat = debias %m_t decay %beta1
  commit %p = %m_hat, %m = %m_t
}

// What is known is decided here: after rounding to the result's precision, so
// that 1 - 1e-9 replaces an element but not a scalar.
// CHECK-LABEL: optim.optimizer @known
// CHECK-NOT: cmp
// CHECK: %[[W:.*]] = constant 0.09999999999999998
// CHECK: %[[D:.*]] = sub %g, %m
// CHECK: %a = fma %[[W]], %[[D]], %m
// CHECK: %[[T:.*]] = constant 0.999999999
// CHECK: %[[SD:.*]] = sub %lr, %s
// CHECK: %s_t = fma %[[T]], %[[SD]], %s
// CHECK: %half = constant 0.5
// CHECK: %[[DW:.*]] = sub %g, %m
// CHECK: %l = fma %half, %[[DW]], %m
// CHECK: commit %p = %a, %m = %g, %s = %s_t, %q = %l
optim.optimizer @known(%p, %g) hyper(%lr = 1e-3) state(%m, %s : group, %q) {
  %a = ema %m, %g decay 0.9
  %tiny = ema %m, %g decay 1e-9
  %s_t = ema %s, %lr decay 1e-9
  %half = constant 0.5
  %l = lerp %m, %g weight %half
  commit %p = %a, %m = %tiny, %s = %s_t, %q = %l
}

// The weight of a mean is compared on the host: the float64 numbers that round
// to 1 in float32.
// CHECK-LABEL: optim.optimizer @uniform
// CHECK: %a_w = recip %n
// CHECK: %a_moved = fma %a_w, %a_diff, %a
// CHECK: %[[LOW:.*]] = constant 0.9999999701976776
// CHECK: %[[HIGH:.*]] = constant 1.0000000596046448
// CHECK: %a_w_ge = cmp ge %a_w, %[[LOW]]
// CHECK: %a_w_le = cmp le %a_w, %[[HIGH]]
// CHECK: %a_replace = and %a_w_ge, %a_w_le
// CHECK: %a_t = select %a_replace, %g, %a_moved
// A scalar mean is compared as it is.
// CHECK: %s_replace = cmp eq %s_w, %{{.*}}
// A weight per element needs no rounding; scalars are rounded before the
// difference.
// CHECK: %[[X:.*]] = broadcast %lr to element
// CHECK: %[[PD:.*]] = sub %[[X]], %n
// CHECK: %[[PM:.*]] = fma %g, %[[PD]], %n
// CHECK: %[[PR:.*]] = cmp eq %g, %{{.*}}
// CHECK: %p_t = select %[[PR]], %lr, %[[PM]]
optim.optimizer @uniform(%p, %g) hyper(%n = 4, %lr = 1) state(%a, %s : group) {
  %a_t = mean %a, %g count %n
  %s_t = mean %s, %lr count %n
  %p_t = lerp %n, %lr weight %g
  commit %p = %p_t, %a = %a_t, %s = %s_t
}

// CHECK-LABEL: optim.optimizer @mixture
// CHECK: %n_sum2 = fma %alpha, %m, %g
// CHECK: %n_c2_f32 = broadcast %alpha to element
// CHECK: %[[Z:.*]] = constant 0
// CHECK: %n_no2 = cmp eq %n_c2_f32, %[[Z]]
// CHECK: %n = select %n_no2, %g, %n_sum2
// Nothing has been added yet: -0. A coefficient of 0 and one that is 0 in
// float32 contribute nothing.
// CHECK: %r_term1 = mul %alpha, %g
// CHECK: %r_no1 = cmp eq
// CHECK: %[[MZ:.*]] = constant -0
// CHECK: %r_mix1 = select %r_no1, %[[MZ]], %r_term1
// CHECK: %[[C:.*]] = constant 0.5
// CHECK: %r = fma %[[C]], %m, %r_mix1
// CHECK: %[[NONE:.*]] = constant -0
// CHECK: %none = broadcast %[[NONE]] to element
optim.optimizer @mixture(%p, %g) hyper(%alpha = 8) state(%m, %q) {
  %n = mix 1 * %g + %alpha * %m
  %r = mix %alpha * %g + 0 * %m + 1e-60 * %p + 0.5 * %m
  %none = mix 0 * %g
  commit %p = %n, %m = %r, %q = %none
}

// CHECK-LABEL: optim.optimizer @cycle
// CHECK: %t = t
// CHECK: %j_done = sub %t, %c1
// CHECK: %j_mod = mod %j_done, %k
// CHECK: %j = add %j_mod, %c1
// CHECK: %j_periods = div %j_done, %k
// CHECK: %j_whole = floor %j_periods
// CHECK: %n = add %j_whole, %c1
// CHECK: %last = cmp eq %j, %k
// CHECK: %[[M:.*]] = mod %{{.*}}, %c6
// CHECK: %sync = cmp eq %[[M]], %{{.*}}
// CHECK: %m_hat_pow = pow %c0.9, %n
optim.optimizer @cycle(%p, %g) hyper(%k = 4) {
  %j, %n, %last = period %k
  %sync = every 6
  %m_hat = debias %g decay 0.9 count %n
  %a = select %last, %m_hat, %p
  %b = select %sync, %a, %j
  commit %p = %b
}
