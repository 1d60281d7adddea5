// AdEMAMix: Pagliardini, Ablin, Grangier, "The AdEMAMix Optimizer: Better,
// Faster, Older", ICLR 2025, Algorithm 1, with its schedulers for alpha and
// beta3. %x is the value before the step, %x_t the value after it.
//
//   m1 <- beta1 m1 + (1 - beta1) g,   m2 <- beta3_t m2 + (1 - beta3_t) g
//   v  <- beta2 v + (1 - beta2) g^2
//   u = (m1 / (1 - beta1^t) + alpha_t m2) / (sqrt(v / (1 - beta2^t)) + eps)
//   p <- p - lr (u + weight_decay p)
//
// The slow EMA has no bias correction. Both schedulers count steps from 1 and
// stay at their ends; a warm-up of 0 steps means the end at once. alpha grows
// linearly from 0; the half-life of beta3 grows linearly from that of beta1.
// With alpha = 0 this is adamw, bit for bit, as long as the slow EMA is finite.
//
// Differences:
// - apple/ml-ademamix computes ln(beta + 1e-8) in the beta3 scheduler: up to
//   1e-4 relative in 1 - beta3. Here ln(0) = -inf, which gives the limit. With
//   beta3 below beta1 the paper's min() switches the scheduler off; here, as in
//   Apple's torch code, it interpolates downwards.
// - optax.contrib.ademamix calls its schedules with the count before the step
//   (from 0) and ships none for beta3.
// - bitsandbytes' CUDA kernel decays the parameters after the step, which adds
//   lr^2 weight_decay u; its other back ends decay before it, as here.
// - pytorch_optimizer (7a076d2) divides the slow EMA by 1 - beta1^t, too, has
//   one warm-up for both schedulers, and weight decay is L2 unless asked.
// - The EMAs use one rounded weight, fma(w, x - old, old), w = f32(1 - beta)
//   with 1 - beta in float64; 1.0f - beta3 would be off by 2e-4 at .9999.
// - beta1 = 0 makes the fast EMA the gradient: with --freeze beta1=0 its state
//   does not exist, and AdEMAMix has the memory of AdamW.
optim.optimizer @ademamix(%p, %g)
    hyper(%lr = 1e-3 in [0, inf), %beta1 = 0.9 in [0, 1), %beta2 = 0.999 in [0, 1), %beta3 = 0.9999 in [0, 1),
          %alpha = 8 in [0, inf), %alpha_warmup = 0 in [0, inf), %beta3_warmup = 0 in [0, inf),
          %eps = 1e-8 in [0, inf), %weight_decay = 0 in [0, inf))
    state(%m1 "exp_avg", %m2 "exp_avg_slow", %v "exp_avg_sq") {
  // Once per step and group, in float64.
  %alpha_t = schedule linear 0 -> %alpha over %alpha_warmup
  %beta3_t = schedule half_life %beta1 -> %beta3 over %beta3_warmup
  // Once per element, in float32.
  %g2      = expr %g * %g
  %m1_t    = ema %m1, %g decay %beta1
  %m2_t    = ema %m2, %g decay %beta3_t
  %v_t     = ema %v, %g2 decay %beta2
  %m1_hat  = debias %m1_t decay %beta1
  %v_hat   = debias %v_t decay %beta2
  %n       = mix 1 * %m1_hat + %alpha_t * %m2_t
  %u       = expr %n / (sqrt(%v_hat) + %eps)
  %p_t     = expr %p - %lr * (%u + %weight_decay * %p)
  commit %p = %p_t, %m1 = %m1_t, %m2 = %m2_t, %v = %v_t
}
