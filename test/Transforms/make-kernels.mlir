// RUN: optim-opt --optim-split-host --optim-specialize --optim-make-kernels %s | FileCheck %s
// RUN: optim-opt --optim-split-host --optim-specialize --optim-make-kernels --remarks-filter='optim-make-kernels' %s 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

// REMARK-DAG: 'step', stage 0, per element: one pass of 3 ops reads %p, %g, makes %p_t, with 1 scalars
// REMARK-DAG: 'step': nothing to do, no kernel

// Streams in the order of the signature, only those that are read; constants
// move in.
// CHECK-LABEL: optim.optimizer @sgd(
// CHECK: %[[LR:.*]] = host group 0 (%lr)
// CHECK: %p_t = kernel 0 streams(%p, %g) scalars(%[[LR]]) {
// CHECK-NEXT: ^bb0(%p{{.*}}: !optim.element, %g{{.*}}: !optim.element, %lr{{.*}}: !optim.group):
// CHECK-NEXT: %[[MOVE:.*]] = mul %lr{{.*}}, %g
// CHECK-NEXT: constant 2
// CHECK-NEXT: %[[P:.*]] = fma
// CHECK-NEXT: yield %[[P]]
// CHECK-NEXT: } : !optim.element
// CHECK-NEXT: commit %p = %p_t
optim.optimizer @sgd(%p, %g) hyper(%lr = 0.1) state(%unused) {
  %two = constant 2
  %move = mul %lr, %g
  %p_t = fma %move, %two, %p
  commit %p = %p_t, %unused = %unused
}

// Scalars, literals and other streams that are stored go through the kernel.
// CHECK-LABEL: optim.optimizer @copies(
// CHECK: %[[A:.*]], %[[B:.*]], %[[C:.*]] = kernel 0 streams(%p) scalars(%lr{{.*}}) {
// CHECK-NEXT: ^bb0(%[[P:.*]]: !optim.element, %[[LR:.*]]: !optim.group):
// CHECK-NEXT: %[[X:.*]] = broadcast %[[LR]] to element
// CHECK-NEXT: %[[ONE:.*]] = constant 1
// CHECK-NEXT: %[[Y:.*]] = broadcast %[[ONE]] to element
// CHECK-NEXT: yield %[[P]], %[[X]], %[[Y]]
// CHECK: commit %a = %[[A]], %b = %[[B]], %c = %[[C]]
optim.optimizer @copies(%p, %g) hyper(%lr = 0.1) state(%a, %b, %c) {
  %one = constant 1
  commit %a = %p, %b = %lr, %c = %one
}

// CHECK-LABEL: optim.optimizer @noise(
// CHECK: kernel 0 streams(%p) scalars() random(0, 7) {
optim.optimizer @noise(%p, %g) {
  %a = random 7
  %b = random 0
  %c = random 7
  %d = fma %a, %b, %c
  %p_t = add %p, %d
  commit %p = %p_t
}

// A gate: nothing is read or written where it is false.
// CHECK-LABEL: optim.optimizer @gated(
// CHECK: %[[FINITE:.*]] = host model 0 (%found_inf)
// CHECK: %p_t = variants (%[[FINITE]]) {
// CHECK-NEXT: yield %p
// CHECK-NEXT: } case 1 == 0 else {
// CHECK: kernel 0 streams(%p, %g) scalars() {
// CHECK: } case 1 == 1 : !optim.element
optim.optimizer @gated(%p, %g) input(%found_inf : model = 0) {
  %zero = constant 0
  %finite = cmp eq %found_inf, %zero
  %p_n = sub %p, %g
  %p_t = select %finite, %p_n, %p
  commit %p = %p_t
}

// Only scalars change.
// CHECK-LABEL: optim.optimizer @counter(
// CHECK-NOT: kernel
// CHECK: commit %n = %{{.*}}
optim.optimizer @counter(%p, %g) state(%n : group) {
  %one = constant 1
  %n_t = add %n, %one
  commit %n = %n_t
}
