// Every op, as text, in the generic form and as bytecode. What is printed is what
// was written: names, numbers, parentheses.

// RUN: optim-opt %s | FileCheck %s --match-full-lines --strict-whitespace
// RUN: optim-opt %s | optim-opt | FileCheck %s --match-full-lines --strict-whitespace
// RUN: optim-opt %s --emit-bytecode | optim-opt | FileCheck %s --match-full-lines --strict-whitespace
// RUN: optim-opt %s --verify-roundtrip -o /dev/null
// RUN: optim-opt %s --mlir-print-op-generic --mlir-print-local-scope --mlir-print-debuginfo | optim-opt | FileCheck %s --match-full-lines --strict-whitespace

optim.optimizer @every_op(%p, %g)
    hyper(%lr = 1e-3 in [0, inf), %beta = 0.90 in [0, 1), %k = 8 in [1, inf) integer, %mode = 1 static,
          %old = 0 in (-inf, 0] frozen)
    state(%m "exp_avg", %s : group = 1, %x = param observable, %d : tensor = %lr, %r : row, %c : col,
          %b : block = 1e30)
    input(%h "hessian" : element, %found_inf : model = 0) {
  // sources
  %half = constant 0.5
  %third = constant 0.3333333432674408 : element
  %low = constant -1.5E+10
  %zero = constant -0
  %inf = constant -inf
  %nan = constant nan
  %yes = truth true
  %no = truth false : group
  %t = t
  %u = random 7
  // arithmetic
  %add = add %p, %g
  %sub = sub %p, %lr
  %mul = mul %lr, %half
  %div = div %r, %c
  %fma = fma %p, %g, %half
  %min = min %p, %g
  %max = max %p, %g
  %pow = pow %lr, %half
  %mod = mod %t, %k
  %clamp = clamp %g, %low, %half
  %neg = neg %g
  %abs = abs %g
  %sqrt = sqrt %g
  %rsqrt = rsqrt %g
  %recip = recip %g
  %square = square %g
  %sign = sign %g
  %exp = exp %g
  %log = log %g
  %tanh = tanh %g
  %sin = sin %g
  %cos = cos %g
  %floor = floor %lr
  %ceil = ceil %lr
  // rates
  %wide = broadcast %lr to element
  %rows = reduce mean_sq %g to row
  %norm = reduce sum_sq %g to model
  %peak = reduce max_abs %rows to tensor
  // predicates
  %eq = cmp eq %p, %g
  %ne = cmp ne %p, %g
  %lt = cmp lt %t, %k
  %le = cmp le %p, %g
  %gt = cmp gt %p, %g
  %ge = cmp ge %p, %g
  %both = and %eq, %lt
  %any = or %no, %yes
  %not = not %both
  %choice = select %not, %p, %half
  // mixtures
  %ema0 = ema %m, %g decay %beta
  %ema1 = ema %m, %g decay 0.990
  %lerp0 = lerp %m, %g weight %h
  %lerp1 = lerp %m, %g weight 0.1
  %mean0 = mean %x, %p count %t
  %mean1 = mean %x, %p count 3
  %hat0 = debias %ema0 decay %beta
  %hat1 = debias %ema1 decay 0.99 count %t
  %hat2 = debias %ema1 decay %beta count 4
  %mix = mix 1 * %m + %lr * %g + -0.5 * %p
  %j, %n, %last = period %k
  %j_0, %n_0, %last_0 = period 10
  %sync = every %k
  %sync_0 = every 6
  %prev = delay %g by 3 "previous_grad"
  // schedules
  %s0 = schedule constant %lr
  %s1 = schedule linear 0 -> %lr over 1e3
  %s2 = schedule half_life %beta -> 0.9999 over %k
  %s3 = schedule cosine %lr -> 0 over %k after 100
  %s4 = schedule exponential 1 -> 1e-2 over 10
  %s5 = schedule polynomial 1 -> 0 over 10 power 2
  %s6 = schedule inv_sqrt %lr over 4000
  %s7 = schedule step %lr factor 0.1 every 30
  %s8 = schedule wsd 0 -> %lr -> 0 over 100, 1000, %k
  %s9 = schedule one_cycle 0 -> %lr -> 0 over 100, 200 after %k
  %s10 = schedule piecewise 1, 0.1, %lr at 100, 200
  %s11 = schedule join %s1, %s3 at %k
  // infix
  %e0 = expr %p - %lr * (%g + %beta * %p)
  %e1 = expr -(%p + %g) * -%p / (2 * %g) - (%p - 1e-8)
  %e2 = expr select(%eq, max(%p, -2), clamp(%g, -1, 1)) + fma(%p, %g, 0.0)
  %e3 = expr pow(%lr, 2) + floor(%t / %k) - mod(%t, 2) + -(3) - (-%lr - inf)
  %e4 = expr %p / %g / %p * (%p * %g)
  // classes and templates
  %f = call @nesterov(%m, %g, %beta)
  %q, %w = case rank >= 2 {
    %rt = ema %r, %rows decay 0.999
    yield %rt, %p
  } else {
    yield %g, %lr
  }
  commit %p = %e0, %m = %ema0, %s = %j, t = %n, "grad_norm" = %norm, "lr" = %s1 when %last
} entry "to_eval" {
  commit %p = %x, %x = %p
} entry "nothing" {
  commit
}
optim.func @nesterov(%m, %g, %beta) {
  %u = expr %beta * %m + %g
  yield %u
}
optim.optimizer @lowered(%p, %g) hyper(%lr = 0.1) state(%m) {
  %last = every 2
  %a, %b = host group 0 (%lr, %last) {
  ^bb0(%arg0: !optim.group, %arg1: !optim.pred<group>):
    %t = t
    %z = mul %arg0, %t
    yield %z, %arg1
  } : !optim.group, !optim.pred<group>
  %c = host group 0 (%lr, %b) {
  ^bb0(%arg0: f64, %arg1: i1):
    yield %arg0 : f64
  } : !optim.group
  %n, %o = variants (%b) {
    %v = kernel 0 streams(%p, %g) scalars(%a) random(3) {
    ^bb0(%arg0: f32, %arg1: f32, %arg2: f32, %arg3: i32, %arg4: i32, %arg5: i32):
      %0 = arith.mulf %arg0, %arg1 : f32
      yield %0 : f32
    } : !optim.element
    yield %v, %m
  } case 1 == 0 else {
    %v = kernel 0 streams(%p, %m) scalars(%b) {
    ^bb0(%arg0: !optim.element, %arg1: !optim.element, %arg2: !optim.pred<group>):
      %d = select %arg2, %arg0, %arg1
      yield %d
    } : !optim.element
    yield %v, %p
  } case 1 == 1 : !optim.element, !optim.element
  commit %p = %n, %m = %o
}

//      CHECK:module {
// CHECK-NEXT:  optim.optimizer @every_op(%p, %g)
// CHECK-NEXT:      hyper(%lr = 1e-3 in [0, inf), %beta = 0.90 in [0, 1), %k = 8 in [1, inf) integer,
// CHECK-NEXT:            %mode = 1 static, %old = 0 in (-inf, 0] frozen)
// CHECK-NEXT:      state(%m "exp_avg", %s : group = 1, %x = param observable, %d : tensor = %lr, %r : row,
// CHECK-NEXT:            %c : col, %b : block = 1e30)
// CHECK-NEXT:      input(%h "hessian" : element, %found_inf : model = 0) {
// CHECK-NEXT:    %half = constant 0.5
// CHECK-NEXT:    %third = constant 0.3333333432674408 : element
// CHECK-NEXT:    %low = constant -1.5E+10
// CHECK-NEXT:    %zero = constant -0
// CHECK-NEXT:    %inf = constant -inf
// CHECK-NEXT:    %nan = constant nan
// CHECK-NEXT:    %yes = truth true
// CHECK-NEXT:    %no = truth false : group
// CHECK-NEXT:    %t = t
// CHECK-NEXT:    %u = random 7
// CHECK-NEXT:    %add = add %p, %g
// CHECK-NEXT:    %sub = sub %p, %lr
// CHECK-NEXT:    %mul = mul %lr, %half
// CHECK-NEXT:    %div = div %r, %c
// CHECK-NEXT:    %fma = fma %p, %g, %half
// CHECK-NEXT:    %min = min %p, %g
// CHECK-NEXT:    %max = max %p, %g
// CHECK-NEXT:    %pow = pow %lr, %half
// CHECK-NEXT:    %mod = mod %t, %k
// CHECK-NEXT:    %clamp = clamp %g, %low, %half
// CHECK-NEXT:    %neg = neg %g
// CHECK-NEXT:    %abs = abs %g
// CHECK-NEXT:    %sqrt = sqrt %g
// CHECK-NEXT:    %rsqrt = rsqrt %g
// CHECK-NEXT:    %recip = recip %g
// CHECK-NEXT:    %square = square %g
// CHECK-NEXT:    %sign = sign %g
// CHECK-NEXT:    %exp = exp %g
// CHECK-NEXT:    %log = log %g
// CHECK-NEXT:    %tanh = tanh %g
// CHECK-NEXT:    %sin = sin %g
// CHECK-NEXT:    %cos = cos %g
// CHECK-NEXT:    %floor = floor %lr
// CHECK-NEXT:    %ceil = ceil %lr
// CHECK-NEXT:    %wide = broadcast %lr to element
// CHECK-NEXT:    %rows = reduce mean_sq %g to row
// CHECK-NEXT:    %norm = reduce sum_sq %g to model
// CHECK-NEXT:    %peak = reduce max_abs %rows to tensor
// CHECK-NEXT:    %eq = cmp eq %p, %g
// CHECK-NEXT:    %ne = cmp ne %p, %g
// CHECK-NEXT:    %lt = cmp lt %t, %k
// CHECK-NEXT:    %le = cmp le %p, %g
// CHECK-NEXT:    %gt = cmp gt %p, %g
// CHECK-NEXT:    %ge = cmp ge %p, %g
// CHECK-NEXT:    %both = and %eq, %lt
// CHECK-NEXT:    %any = or %no, %yes
// CHECK-NEXT:    %not = not %both
// CHECK-NEXT:    %choice = select %not, %p, %half
// CHECK-NEXT:    %ema0 = ema %m, %g decay %beta
// CHECK-NEXT:    %ema1 = ema %m, %g decay 0.990
// CHECK-NEXT:    %lerp0 = lerp %m, %g weight %h
// CHECK-NEXT:    %lerp1 = lerp %m, %g weight 0.1
// CHECK-NEXT:    %mean0 = mean %x, %p count %t
// CHECK-NEXT:    %mean1 = mean %x, %p count 3
// CHECK-NEXT:    %hat0 = debias %ema0 decay %beta
// CHECK-NEXT:    %hat1 = debias %ema1 decay 0.99 count %t
// CHECK-NEXT:    %hat2 = debias %ema1 decay %beta count 4
// CHECK-NEXT:    %mix = mix 1 * %m + %lr * %g + -0.5 * %p
// CHECK-NEXT:    %j, %n, %last = period %k
// CHECK-NEXT:    %j_0, %n_0, %last_0 = period 10
// CHECK-NEXT:    %sync = every %k
// CHECK-NEXT:    %sync_0 = every 6
// CHECK-NEXT:    %prev = delay %g by 3 "previous_grad"
// CHECK-NEXT:    %s0 = schedule constant %lr
// CHECK-NEXT:    %s1 = schedule linear 0 -> %lr over 1e3
// CHECK-NEXT:    %s2 = schedule half_life %beta -> 0.9999 over %k
// CHECK-NEXT:    %s3 = schedule cosine %lr -> 0 over %k after 100
// CHECK-NEXT:    %s4 = schedule exponential 1 -> 1e-2 over 10
// CHECK-NEXT:    %s5 = schedule polynomial 1 -> 0 over 10 power 2
// CHECK-NEXT:    %s6 = schedule inv_sqrt %lr over 4000
// CHECK-NEXT:    %s7 = schedule step %lr factor 0.1 every 30
// CHECK-NEXT:    %s8 = schedule wsd 0 -> %lr -> 0 over 100, 1000, %k
// CHECK-NEXT:    %s9 = schedule one_cycle 0 -> %lr -> 0 over 100, 200 after %k
// CHECK-NEXT:    %s10 = schedule piecewise 1, 0.1, %lr at 100, 200
// CHECK-NEXT:    %s11 = schedule join %s1, %s3 at %k
// CHECK-NEXT:    %e0 = expr %p - %lr * (%g + %beta * %p)
// CHECK-NEXT:    %e1 = expr -(%p + %g) * -%p / (2 * %g) - (%p - 1e-8)
// CHECK-NEXT:    %e2 = expr select(%eq, max(%p, -2), clamp(%g, -1, 1)) + fma(%p, %g, 0.0)
// CHECK-NEXT:    %e3 = expr pow(%lr, 2) + floor(%t / %k) - mod(%t, 2) + -(3) - (-%lr - inf)
// CHECK-NEXT:    %e4 = expr %p / %g / %p * (%p * %g)
// CHECK-NEXT:    %f = call @nesterov(%m, %g, %beta)
// CHECK-NEXT:    %q, %w = case rank >= 2 {
// CHECK-NEXT:      %rt = ema %r, %rows decay 0.999
// CHECK-NEXT:      yield %rt, %p
// CHECK-NEXT:    } else {
// CHECK-NEXT:      yield %g, %lr
// CHECK-NEXT:    }
// CHECK-NEXT:    commit %p = %e0, %m = %ema0, %s = %j, t = %n, "grad_norm" = %norm, "lr" = %s1 when %last
// CHECK-NEXT:  } entry "to_eval" {
// CHECK-NEXT:    commit %p = %x, %x = %p
// CHECK-NEXT:  } entry "nothing" {
// CHECK-NEXT:    commit
// CHECK-NEXT:  }
// CHECK-NEXT:  optim.func @nesterov(%m, %g, %beta) {
// CHECK-NEXT:    %u = expr %beta * %m + %g
// CHECK-NEXT:    yield %u
// CHECK-NEXT:  }
// CHECK-NEXT:  optim.optimizer @lowered(%p, %g)
// CHECK-NEXT:      hyper(%lr = 0.1)
// CHECK-NEXT:      state(%m) {
// CHECK-NEXT:    %last = every 2
// CHECK-NEXT:    %a, %b = host group 0 (%lr, %last) {
// CHECK-NEXT:    ^bb0(%arg0: !optim.group, %arg1: !optim.pred<group>):
// CHECK-NEXT:      %t = t
// CHECK-NEXT:      %z = mul %arg0, %t
// CHECK-NEXT:      yield %z, %arg1
// CHECK-NEXT:    } : !optim.group, !optim.pred<group>
// CHECK-NEXT:    %c = host group 0 (%lr, %b) {
// CHECK-NEXT:    ^bb0(%arg0: f64, %arg1: i1):
// CHECK-NEXT:      yield %arg0 : f64
// CHECK-NEXT:    } : !optim.group
// CHECK-NEXT:    %n, %o = variants (%b) {
// CHECK-NEXT:      %v = kernel 0 streams(%p, %g) scalars(%a) random(3) {
// CHECK-NEXT:      ^bb0(%arg0: f32, %arg1: f32, %arg2: f32, %arg3: i32, %arg4: i32, %arg5: i32):
// CHECK-NEXT:        %0 = arith.mulf %arg0, %arg1 : f32
// CHECK-NEXT:        yield %0 : f32
// CHECK-NEXT:      } : !optim.element
// CHECK-NEXT:      yield %v, %m
// CHECK-NEXT:    } case 1 == 0 else {
// CHECK-NEXT:      %v = kernel 0 streams(%p, %m) scalars(%b) {
// CHECK-NEXT:      ^bb0(%arg0: !optim.element, %arg1: !optim.element, %arg2: !optim.pred<group>):
// CHECK-NEXT:        %d = select %arg2, %arg0, %arg1
// CHECK-NEXT:        yield %d
// CHECK-NEXT:      } : !optim.element
// CHECK-NEXT:      yield %v, %p
// CHECK-NEXT:    } case 1 == 1 : !optim.element, !optim.element
// CHECK-NEXT:    commit %p = %n, %m = %o
// CHECK-NEXT:  }
// CHECK-NEXT:}
