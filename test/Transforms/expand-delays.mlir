// RUN: optim-opt --optim-expand-delays %s | FileCheck %s

// A delay is a state: what the step sees is what it replaces.
// CHECK-LABEL: @previous(%p, %g)
// CHECK-NEXT:    state(%previous_grad)
// CHECK-NEXT:    %d = sub %g, %previous_grad
// CHECK-NEXT:    %p_t = add %p, %d
// CHECK-NEXT:    commit %p = %p_t, %previous_grad = %g
optim.optimizer @previous(%p, %g) {
  %g_prev = delay %g by 1 "previous_grad"
  %d = sub %g, %g_prev
  %p_t = add %p, %d
  commit %p = %p_t
}

// A longer one is a ring.
// CHECK-LABEL: @window(%p, %g)
// CHECK-NEXT:    state(%sum, %old slots 8)
// CHECK:         commit %p = %sum_t, %sum = %sum_t, %old = %g
optim.optimizer @window(%p, %g) state(%sum) {
  %last = delay %g by 8 "old"
  %sum_t = expr %sum + %g - %last
  commit %p = %sum_t, %sum = %sum_t
}

// The clock is the group's: a delayed scalar is per group at least.
// CHECK-LABEL: @scalar(%p, %g)
// CHECK-NEXT:    state(%old : group)
// CHECK-NEXT:    input(%s : model)
optim.optimizer @scalar(%p, %g) input(%s : model) {
  %x = delay %s by 1 "old"
  %p_t = mul %p, %x
  commit %p = %p_t
}

// Other classes of tensors keep the old value.
// CHECK-LABEL: @classes(%p, %g)
// CHECK-NEXT:    state(%old)
// CHECK-NEXT:    %u, %old_next = case rank >= 2 {
// CHECK-NEXT:      %d = sub %g, %old
// CHECK-NEXT:      yield %d, %g
// CHECK-NEXT:    } else {
// CHECK-NEXT:      yield %g, %old
// CHECK-NEXT:    }
// CHECK-NEXT:    commit %p = %u, %old = %old_next
optim.optimizer @classes(%p, %g) {
  %u = case rank >= 2 {
    %last = delay %g by 1 "old"
    %d = sub %g, %last
    yield %d
  } else {
    yield %g
  }
  commit %p = %u
}
