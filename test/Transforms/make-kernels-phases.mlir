// RUN: optim-opt --optim-split-host --optim-make-kernels %s | FileCheck %s
// RUN: optim-opt --optim-split-host --optim-make-kernels=phases=recompute %s \
// RUN:   | FileCheck %s --check-prefix=RECOMPUTE
// RUN: optim-opt --optim-split-host --optim-make-kernels --cse %s \
// RUN:   | FileCheck %s --check-prefix=CUTS

// A clip reads the gradient once for the norm, and once for the step.
// CHECK-LABEL: @clip(%p, %g)
// CHECK:         %[[G:.*]] = kernel 0 streams(%g) scalars() {
// CHECK:         %n = reduce sum_sq %[[G]] to model
// CHECK:         host model 1 (%n)
// CHECK:         %p_t = kernel 1 streams(%p, %g) scalars(%{{.*}}) {
// CHECK:         commit %p = %p_t
optim.optimizer @clip(%p, %g) {
  %n = reduce sum_sq %g to model
  %c = mul %g, %n
  %p_t = sub %p, %c
  commit %p = %p_t
}

// The first phase stores the new momentum, which the second one reads.
// CHECK-LABEL: @trust(%p, %g)
// CHECK:         %[[U:.*]], %[[M:.*]], %[[V:.*]] = kernel 0 streams(%p, %g, %m, %v)
// CHECK:         reduce sum_sq %[[U]] to tensor
// CHECK:         %[[P:.*]] = kernel 1 streams(%p, %[[M]], %[[V]]) scalars(
// CHECK:         commit %p = %[[P]], %m = %[[M]], %v = %[[V]]
// RECOMPUTE-LABEL: @trust(%p, %g)
// RECOMPUTE:       kernel 0 streams(%p, %g, %m, %v)
// RECOMPUTE:       kernel 1 streams(%p, %g, %m, %v)
optim.optimizer @trust(%p, %g) hyper(%a = 0.5) state(%m, %v) {
  %m_t = fma %a, %m, %g
  %v_t = fma %a, %v, %g
  %mv = mul %m_t, %v_t
  %u = add %mv, %p
  %n = reduce sum_sq %u to tensor
  %s = mul %n, %u
  %p_t = sub %p, %s
  commit %p = %p_t, %m = %m_t, %v = %v_t
}

// Values per row have kernels of their own; the state's is stored there.
// CHECK-LABEL: @rows(%p, %g)
// CHECK:         %[[GR:.*]] = reduce mean %{{.*}} to row
// CHECK:         %[[R:.*]] = kernel 1 streams(%r, %[[GR]]) scalars() {
// CHECK:         } : !optim.row
// CHECK:         %[[P:.*]] = kernel 1 streams(%p, %[[R]]) scalars() {
// CHECK:         } : !optim.element
// CHECK:         commit %p = %[[P]], %r = %[[R]]
optim.optimizer @rows(%p, %g) state(%r : row) {
  %gr = reduce mean %g to row
  %r_t = add %r, %gr
  %p_t = sub %p, %r_t
  commit %p = %p_t, %r = %r_t
}

// A slice whose old value is still read is copied to its place afterwards.
// CHECK-LABEL: @late(%p, %g)
// CHECK:         %[[NEW:.*]] = kernel 1 streams(%{{.*}}) scalars() {
// CHECK:         %[[P:.*]] = kernel 1 streams(%p, %r, %{{.*}})
// CHECK:         %[[COPY:.*]] = kernel 1 streams(%[[NEW]]) scalars() {
// CHECK:         commit %p = %[[P]], %r = %[[COPY]]
optim.optimizer @late(%p, %g) state(%r : row) {
  %gr = reduce mean %g to row
  %d = sub %p, %r
  %p_t = mul %d, %gr
  commit %p = %p_t, %r = %gr
}

// Reductions that cut tensors differently do not share a kernel, even of the
// same values.
// CUTS-LABEL: @cuts(%p, %g)
// CUTS-COUNT-3: kernel 0
// CUTS:         reduce
optim.optimizer @cuts(%p, %g) state(%r : row, %b : block) {
  %x = reduce sum %g to row
  %y = reduce sum %g to block
  %z = reduce sum %g to tensor
  %r_t = mul %x, %z
  commit %r = %r_t, %b = %y
}

// Rows end where blocks with one exponent do not. What is stored in such blocks,
// as all that is rounded, waits for the last phase, where nothing is reduced to
// rows.
// CHECK-LABEL: @scaled(%p, %g)
// CHECK:         %[[M:.*]] = kernel 0 streams(%g, %m) scalars() {
// CHECK:         reduce mean %[[M]] to row
// CHECK:         %[[P:.*]], %[[STORED:.*]] = kernel 1 streams(%p, %g, %m) scalars() {
// CHECK:         commit %p = %[[P]], %m = %[[STORED]]
optim.optimizer @scaled(%p, %g) state(%m "m", %r : row) storage("m" = q8) {
  %m_t = add %m, %g
  %r_t = reduce mean %m_t to row
  %p_t = sub %p, %m_t
  commit %p = %p_t, %m = %m_t, %r = %r_t
}
