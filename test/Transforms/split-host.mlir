// RUN: optim-opt --optim-split-host %s | FileCheck %s
// RUN: optim-opt --optim-split-host --remarks-filter='optim-split-host' %s 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

// REMARK-DAG: 'step' per group, stage 0: 2 ops in float64; computes %step, %lr

// A hyperparameter that an element op reads is handed on by the host; `t` is an
// operand; constants move in.
// CHECK-LABEL: optim.optimizer @scalars(
// CHECK: %[[T:.*]] = t
// CHECK-NEXT: %[[STEP:.*]], %[[LR:.*]] = host group 0 (%decay, %[[T]], %lr) {
// CHECK-NEXT: ^bb0(%decay{{.*}}: !optim.group, %t{{.*}}: !optim.group, %lr{{.*}}: !optim.group):
// CHECK: %[[SCALE:.*]] = pow
// CHECK: yield
// CHECK-NEXT: } : !optim.group, !optim.group
// CHECK: %move = mul %[[STEP]], %g
// CHECK-NEXT: %shrink = mul %[[LR]], %p
// CHECK: commit %p = %p_t
optim.optimizer @scalars(%p, %g) hyper(%lr = 0.1, %decay = 0.5) {
  %t = t
  %scale = pow %decay, %t
  %step = mul %lr, %scale
  %move = mul %step, %g
  %shrink = mul %lr, %p
  %moved = sub %p, %move
  %p_t = sub %moved, %shrink
  commit %p = %p_t
}

// One host per rate, from coarse to fine. A group state reaches the tensor host
// through the group host, and each state is committed by the host of its rate.
// CHECK-LABEL: optim.optimizer @rates(
// CHECK: %[[M:.*]], %[[NORM:.*]] = host model 0 (%norm) {
// CHECK: } : !optim.model, !optim.model
// CHECK: %[[C:.*]], %[[LAST:.*]], %[[CT:.*]] = host group 0 (%c, %[[M]], %lr) {
// CHECK: } : !optim.group, !optim.pred<group>, !optim.group
// CHECK: %[[D:.*]], %[[S:.*]] = host tensor 0 (%d, %[[C]], %lr) {
// CHECK: broadcast %lr{{.*}} to tensor
// CHECK: } : !optim.tensor, !optim.tensor
// CHECK: %x = mul %[[D]], %g
// CHECK: %p_t = select %[[LAST]], %x, %p
// CHECK: commit %p = %p_t, %c = %[[CT]], %d = %[[D]], %e = %[[S]], "norm" = %[[NORM]]
optim.optimizer @rates(%p, %g) hyper(%lr = 0.1)
    state(%c : group, %d : tensor, %e : tensor) input(%norm : model = 1) {
  %half = constant 0.5
  %m = mul %norm, %half
  %c_t = add %c, %m
  %last = cmp gt %c_t, %lr
  %d_t = add %d, %c
  %x = mul %d_t, %g
  %p_t = select %last, %x, %p
  commit %p = %p_t, %c = %c_t, %d = %d_t, %e = %lr, "norm" = %norm
}

// Literals and the clock are committed by hosts, too; what keeps its value is
// not committed.
// CHECK-LABEL: optim.optimizer @commits(
// CHECK: %[[A:.*]], %[[T:.*]] = host group 0 (%{{.*}}) {
// CHECK: constant 3
// CHECK: sub
// CHECK: } : !optim.group, !optim.group
// CHECK-NEXT: commit %a = %[[A]], t = %[[T]]
optim.optimizer @commits(%p, %g) state(%a : group, %b : group, %q) {
  %three = constant 3
  %t = t
  %old = sub %t, %three
  commit %a = %three, %b = %b, %q = %q, t = %old
}

// What follows a reduction is of the next stage: its host comes after the ops
// that the reduction reads.
// CHECK-LABEL: optim.optimizer @stages(
// CHECK: %[[LR:.*]] = host group 0 (%lr)
// CHECK: %scaled = mul %[[LR]], %g
// CHECK: %norm = reduce sum_sq %scaled to model
// CHECK: %[[ROOT:.*]] = host model 1 (%norm) {
// CHECK: sqrt
// CHECK: %[[F:.*]] = host group 1 (%lr, %[[ROOT]]) {
// CHECK: %p_t = fma %[[F]], %scaled, %p
optim.optimizer @stages(%p, %g) hyper(%lr = 0.1) {
  %scaled = mul %lr, %g
  %norm = reduce sum_sq %scaled to model
  %root = sqrt %norm
  %f = div %lr, %root
  %p_t = fma %f, %scaled, %p
  commit %p = %p_t, "root" = %root
}

// Every entry is split.
// CHECK-LABEL: optim.optimizer @entries(
// CHECK: host group 0 (%lr)
// CHECK: entry "to_eval" {
// CHECK: %[[TWICE:.*]] = host group 0 (%lr)
// CHECK: mul %[[TWICE]], %p
optim.optimizer @entries(%p, %g) hyper(%lr = 0.1) {
  %p_t = mul %lr, %g
  commit %p = %p_t
} entry "to_eval" {
  %twice = add %lr, %lr
  %p_t = mul %twice, %p
  commit %p = %p_t
}
