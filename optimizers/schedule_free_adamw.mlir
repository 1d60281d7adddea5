// Schedule-free AdamW: Defazio et al., "The Road Less Scheduled", NeurIPS 2024,
// Algorithm 1, as AdamWScheduleFree of facebookresearch/schedule_free (1.4.1)
// does. The parameter is y, where gradients are taken; z moves like AdamW
// without momentum; the average x is not stored.
//
//   lr_t = lr min(1, t / warmup_steps),   lr_max <- max(lr_max, lr_t)
//   w = t^r lr_max^weight_lr_power
//   weight_sum <- weight_sum + w,   c = w / weight_sum
//   v <- beta2 v + (1 - beta2) g^2
//   u = g / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay y
//   y <- (1 - c) y + c z + lr_t (beta1 (1 - c) - 1) u
//   z <- z - lr_t u
//
// which keeps y = (1 - beta1) z + beta1 x for x <- (1 - c) x + c z. The entry
// "to_eval" puts x into the parameter, "to_train" puts y back. Steps are for y
// only; the mode of a checkpoint says which entry was run last.
//
// Differences:
// - A tensor that misses gradients has t, lr_max and weight_sum of its own, of
//   the steps that it takes; the authors' code counts the group's steps.
// - The EMA of g^2 uses one rounded weight, fma(w, x - old, old).
optim.optimizer @schedule_free_adamw(%p, %g)
    hyper(%lr = 2.5e-3 in [0, inf), %beta1 = 0.9 in (0, 1), %beta2 = 0.999 in [0, 1), %eps = 1e-8 in [0, inf),
          %weight_decay = 0 in [0, inf), %warmup_steps = 0 in [0, inf), %r = 0 in [0, inf),
          %weight_lr_power = 2 in [0, inf))
    state(%z = param, %v "exp_avg_sq", %lr_max : group = -1, %weight_sum : group) {
  // Once per step and group, in float64.
  %t       = t
  %lr_t    = schedule linear 0 -> %lr over %warmup_steps
  %peak    = expr max(%lr_max, %lr_t)
  %weight  = expr pow(%t, %r) * pow(%peak, %weight_lr_power)
  %sum     = expr %weight_sum + %weight
  %zero    = constant 0
  %any     = cmp gt %sum, %zero
  %c       = expr select(%any, %weight / %sum, 0)
  %ahead   = expr %lr_t * (%beta1 * (1 - %c) - 1)
  // Once per element, in float32.
  %g2      = expr %g * %g
  %v_t     = ema %v, %g2 decay %beta2
  %v_hat   = debias %v_t decay %beta2
  %u       = expr %g / (sqrt(%v_hat) + %eps) + %weight_decay * %p
  %y       = lerp %p, %z weight %c
  %y_t     = expr %y + %ahead * %u
  %z_t     = expr %z - %lr_t * %u
  commit %p = %y_t, %z = %z_t, %v = %v_t, %lr_max = %peak, %weight_sum = %sum
} entry "to_eval" {
  %w = expr 1 - 1 / %beta1
  %x = lerp %p, %z weight %w
  commit %p = %x
} entry "to_train" {
  %w = expr 1 - %beta1
  %y = lerp %p, %z weight %w
  commit %p = %y
}
