// RUN: optim-opt --optim-wrap-amp %s | FileCheck %s
// RUN: optim-opt --optim-wrap-amp --remarks-filter='optim-.*' %s -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// REMARK-DAG: 'step' multiplies the gradient by 1 / grad_scale and commits only if found_inf is 0
// REMARK-DAG: entry 'to_eval' does not read the gradient
// REMARK-DAG: 'hessian' multiplies the gradient

// CHECK-LABEL: optim.optimizer @plain
// CHECK: input(%grad_scale : model = 1, %found_inf : model = 0)
// CHECK: %inv_scale = recip %grad_scale
// CHECK-NEXT: %g_unscaled = mul %g, %inv_scale
// CHECK-NEXT: %m_t = ema %m, %g_unscaled decay 0.9
// CHECK-NEXT: %p_t = expr %p - %m_t * %g_unscaled
// CHECK-NEXT: %c0 = constant 0
// CHECK-NEXT: %finite = cmp eq %found_inf, %c0
// CHECK-NEXT: commit %p = %p_t, %m = %m_t when %finite
// Entries that do not read the gradient stay as they are.
// CHECK: entry "to_eval" {
// CHECK-NEXT: commit %p = %m
// CHECK-NEXT: } entry "hessian" {
// CHECK: mul %g, %{{.*}}
// CHECK: commit %m = %{{.*}} when %{{.*}}
optim.optimizer @plain(%p, %g) state(%m) {
  %m_t = ema %m, %g decay 0.9
  %p_t = expr %p - %m_t * %g
  commit %p = %p_t, %m = %m_t
} entry "to_eval" {
  commit %p = %m
} entry "hessian" {
  %h = square %g
  commit %m = %h
}

// A gate of the spec is kept; names in the text step aside.
// CHECK-LABEL: optim.optimizer @gated
// CHECK: input(%loss : model, %grad_scale_amp "grad_scale" : model = 1, %found_inf : model = 0)
// CHECK: recip %grad_scale_amp
// CHECK: %[[BOTH:.*]] = and %good, %finite
// CHECK: when %[[BOTH]]
optim.optimizer @gated(%p, %g) hyper(%grad_scale = 1) input(%loss : model) {
  %good = cmp lt %loss, %grad_scale
  %p_t = sub %p, %g
  commit %p = %p_t when %good
}
