// RUN: optim-opt --optim-expand-schedules --split-input-file %s | FileCheck %s

// CHECK-LABEL: optim.optimizer @linear
// CHECK: %t = t
// CHECK-NEXT: %c0 = constant 0
// CHECK-NEXT: %alpha_t_x = div %t, %warmup
// CHECK-NEXT: %alpha_t_range = sub %alpha, %c0
// CHECK-NEXT: %alpha_t_term = mul %alpha_t_range, %alpha_t_x
// CHECK-NEXT: %alpha_t_inner = add %c0, %alpha_t_term
// CHECK-NEXT: %alpha_t_equal = cmp eq %c0, %alpha
// CHECK-NEXT: %alpha_t_flat = select %alpha_t_equal, %c0, %alpha_t_inner
// CHECK-NEXT: %[[Z:.*]] = constant 0
// CHECK-NEXT: %alpha_t_before = cmp le %t, %[[Z]]
// CHECK-NEXT: %alpha_t_low = select %alpha_t_before, %c0, %alpha_t_flat
// CHECK-NEXT: %alpha_t_after = cmp ge %t, %warmup
// CHECK-NEXT: %alpha_t = select %alpha_t_after, %alpha, %alpha_t_low
optim.optimizer @linear(%p, %g) hyper(%alpha = 8, %warmup = 100) {
  %alpha_t = schedule linear 0 -> %alpha over %warmup
  %p_t = mul %g, %alpha_t
  commit %p = %p_t
}

// -----

// CHECK-LABEL: optim.optimizer @half_life
// CHECK: %b_since = sub %t, %start
// CHECK: %b_x = div %b_since, %c1000
// CHECK: %b_left = sub %c1, %b_x
// CHECK: %b_log_from = log %c0.9
// CHECK: %b_log_to = log %c0.9999
// CHECK: %b_from_term = div %b_left, %b_log_from
// CHECK: %b_to_term = div %b_x, %b_log_to
// CHECK: %b_horizon = add %b_from_term, %b_to_term
// CHECK: %b_log = recip %b_horizon
// CHECK: %b_inner = exp %b_log
// CHECK: %b = select %b_after, %c0.9999, %b_low
optim.optimizer @half_life(%p, %g) hyper(%start = 8) {
  %b = schedule half_life 0.9 -> 0.9999 over 1000 after %start
  %p_t = mul %g, %b
  commit %p = %p_t
}

// -----

// CHECK-LABEL: optim.optimizer @shapes
// CHECK: %c_angle = mul %c3.14{{[0-9]*}}, %c_x
// CHECK: %c_cos = cos %c_angle
// CHECK: %c_shifted = add %{{.*}}, %c_cos
// CHECK: %c_share = mul %c_shifted, %c0.5
// CHECK: %c_range = sub %a, %b
// CHECK: %c_term = mul %c_range, %c_share
// CHECK: %c_inner = add %b, %c_term
// CHECK: %e_ratio = div %b, %a
// CHECK: %e_pow = pow %e_ratio, %e_x
// CHECK: %e_inner = mul %a, %e_pow
// CHECK: %l_left = sub %{{.*}}, %l_x
// CHECK: %l_pow = pow %l_left, %c2
// CHECK: %l_range = sub %a, %b
// CHECK: %l_inner = add %b, %l_term
optim.optimizer @shapes(%p, %g) hyper(%a = 1, %b = 2, %T = 10) {
  %c = schedule cosine %a -> %b over %T
  %e = schedule exponential %a -> %b over %T
  %l = schedule polynomial %a -> %b over %T power 2
  %k = schedule constant %a
  %p_t = expr %c + %e + %l + %k * %g
  commit %p = %p_t
}

// -----

// CHECK-LABEL: optim.optimizer @decays
// CHECK: %i_x = div %t, %T
// CHECK: %i_inverse = div %T, %t
// CHECK: %i_decay = sqrt %i_inverse
// CHECK: %i_share = min %i_x, %i_decay
// CHECK: %i_inner = mul %a, %i_share
// CHECK: %i_low = select %i_before, %{{.*}}, %i_inner
// CHECK: %i_steps = max %t, %{{.*}}
// CHECK: %i_root = sqrt %i_steps
// CHECK: %i_plain = div %a, %i_root
// CHECK: %i = select %i_cold, %i_plain, %i_low
// CHECK: %s_steps = max %{{.*}}, %{{.*}}
// CHECK: %s_ratio = div %s_steps, %T
// CHECK: %s_count = floor %s_ratio
// CHECK: %s_pow = pow %c0.1, %s_count
// CHECK: %s = mul %a, %s_pow
optim.optimizer @decays(%p, %g) hyper(%a = 1, %T = 10) {
  %i = schedule inv_sqrt %a over %T
  %s = schedule step %a factor 0.1 every %T
  %p_t = expr %i + %s * %g
  commit %p = %p_t
}

// -----

// CHECK-LABEL: optim.optimizer @phases
// CHECK: %w_rise_ramp = select %w_rise_after, %b, %w_rise_low
// CHECK: %w_turn = add %W, %S
// CHECK: %w_since = sub %t, %w_turn
// CHECK: %w_fall_ramp = select %w_fall_after, %c0{{(_[0-9]+)?}}, %w_fall_low
// CHECK: %w_early = cmp le %t, %w_turn
// CHECK: %w_late = select %w_early, %b, %w_fall_ramp
// CHECK: %w_warming = cmp lt %t, %W
// CHECK: %w = select %w_warming, %w_rise_ramp, %w_late
// CHECK: %o_since = sub %{{.*}}, %W
// CHECK: %o = select %o_warming, %o_rise_ramp, %o_fall_ramp
// CHECK: %[[R1:.*]] = cmp ge %{{.*}}, %W
// CHECK: %q_value1 = select %[[R1]], %b, %c1{{(_[0-9]+)?}}
// CHECK: %[[R2:.*]] = cmp ge %{{.*}}, %S
// CHECK: %q = select %[[R2]], %c3{{(_[0-9]+)?}}, %q_value1
// CHECK: %j = select %j_reached1, %o, %w
optim.optimizer @phases(%p, %g) hyper(%a = 0, %b = 2, %W = 10, %S = 20) {
  %w = schedule wsd %a -> %b -> 0 over %W, %S, 5
  %o = schedule one_cycle %a -> %b -> 0 over %W, %S
  %q = schedule piecewise 1, %b, 3 at %W, %S
  %j = schedule join %w, %o at 100
  %p_t = expr %q + %j * %g
  commit %p = %p_t
}
