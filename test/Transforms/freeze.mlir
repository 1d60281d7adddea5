// RUN: optim-opt --optim-freeze='values=beta1=0,lr=2.5e-3' %s | FileCheck %s
// RUN: optim-opt --optim-freeze='values=beta1=0,lr=2.5e-3' --remarks-filter='optim-.*' %s -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: optim-opt --optim-freeze %s | FileCheck %s --check-prefix=STATIC

// REMARK-DAG: 'beta1' is 0 for good
// REMARK-DAG: 'lr' is 2.5e-3 for good
// REMARK-DAG: 'order' is 2 for good (static)

// Every body sees the constant; the signature keeps the hyperparameter.
// CHECK-LABEL: optim.optimizer @o
// CHECK: hyper(%lr = 2.5e-3 in [0, inf) frozen, %beta1 = 0 in [0, 1) frozen, %beta2 = 0.9,
// CHECK-NEXT: %order = 2 integer static frozen)
// CHECK-DAG: %[[LR:.*]] = constant 2.5e-3
// CHECK-DAG: %[[BETA1:.*]] = constant 0
// CHECK-DAG: %[[ORDER:.*]] = constant 2
// CHECK: %m_t = ema %m, %g decay %[[BETA1]]
// CHECK: %p_t = expr %p - %[[LR]] * %m_t * %beta2 * %[[ORDER]]
// CHECK: entry "decay" {
// CHECK-NEXT: %[[LR2:.*]] = constant 2.5e-3
// CHECK-NEXT: mul %p, %[[LR2]]

// Without values only static ones are bound.
// STATIC: hyper(%lr = 1e-3 in [0, inf), %beta1 = 0.9 in [0, 1), %beta2 = 0.9,
// STATIC-NEXT: %order = 2 integer static frozen)
// STATIC-NEXT: state(%m = %beta1)
// STATIC-NEXT: %[[ORDER:.*]] = constant 2
// STATIC-NEXT: ema %m, %g decay %beta1
optim.optimizer @o(%p, %g)
    hyper(%lr = 1e-3 in [0, inf), %beta1 = 0.9 in [0, 1), %beta2 = 0.9, %order = 2 integer static)
    state(%m = %beta1) {
  %m_t = ema %m, %g decay %beta1
  %p_t = expr %p - %lr * %m_t * %beta2 * %order
  commit %p = %p_t, %m = %m_t
} entry "decay" {
  %p_t = mul %p, %lr
  commit %p = %p_t
}
