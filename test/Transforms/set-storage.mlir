// RUN: optim-opt --split-input-file --optim-set-storage='formats=param=bf16,grad=bf16,states=q8' %s | FileCheck %s
// RUN: optim-opt --split-input-file --optim-set-storage='formats=states=q8' --remarks-filter='optim-.*' %s -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: optim-opt --split-input-file --optim-set-storage='formats=param=bf16,master_param=f32,states=bf16' %s | FileCheck %s --check-prefix=MASTER

// An average of squares needs no sign; slow ones get what works.
// REMARK: state 'exp_avg_slow' would stall in q8: it is stored as bf16_sr
// REMARK: state 'exp_avg_sq' would stall in q8: it is stored as q8_sr
// CHECK-LABEL: optim.optimizer @moments
// CHECK: storage(param = bf16, grad = bf16, "exp_avg" = q8, "exp_avg_slow" = bf16_sr, "exp_avg_sq" = q8_sr unsigned, "largest" = q8 unsigned, "difference" = q8) {

// Master weights are a state; the parameter is its rounded copy.
// MASTER-LABEL: optim.optimizer @moments
// MASTER: state(%m "exp_avg", %s "exp_avg_slow", %v "exp_avg_sq", %x "largest", %d "difference",
// MASTER-NEXT: %n "norm" : group, %master_param = param)
// MASTER-NEXT: storage(param = bf16, "exp_avg" = bf16, "exp_avg_slow" = bf16_sr, "exp_avg_sq" = bf16_sr, "largest" = bf16, "difference" = bf16) {
// MASTER: %p_t = expr %master_param - %lr * %u
// MASTER: commit %p = %p_t, {{.*}}%master_param = %p_t
// MASTER: entry "reset" {
// MASTER-NEXT: %p_t = expr %master_param * 2
// MASTER-NEXT: commit %p = %p_t, %master_param = %p_t
optim.optimizer @moments(%p, %g) hyper(%lr = 1e-3, %beta = 0.9 in [0, 1), %slow = 0.9999 in [0, 1))
    state(%m "exp_avg", %s "exp_avg_slow", %v "exp_avg_sq", %x "largest", %d "difference", %n "norm" : group) {
  %slow_t = schedule half_life %beta -> %slow over 1000
  %m_t = ema %m, %g decay %beta
  %s_t = ema %s, %g decay %slow_t
  %g2  = expr %g * %g
  %v_t = ema %v, %g2 decay 0.999
  %x_t = max %x, %v_t
  %d_t = expr %g2 - %g
  %u   = expr (%m_t + %s_t) / sqrt(%x_t) + %d_t
  %p_t = expr %p - %lr * %u
  commit %p = %p_t, %m = %m_t, %s = %s_t, %v = %v_t, %x = %x_t, %d = %d_t
} entry "reset" {
  %p_t = expr %p * 2
  commit %p = %p_t
}

// -----

// What the spec says stays where nothing else is asked for.
// CHECK-LABEL: optim.optimizer @written
// CHECK: storage(param = bf16, grad = bf16, "exp_avg" = q8) {
optim.optimizer @written(%p, %g) state(%m "exp_avg") storage(param = f16) {
  commit %p = %g, %m = %p
}
