// RUN: optim-opt --optim-expand-delays --optim-expand-scalar-rings %s | FileCheck %s
// RUN: optim-opt --optim-expand-delays --optim-expand-scalar-rings --remarks-filter='optim-expand-scalar-rings' %s -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A ring of scalars is a state per slot: the step reads and replaces that of
// step t - 1 modulo its length.
// REMARK: the ring 'old' is 3 states, from 'old_0' on
// CHECK-LABEL: @window(%p, %g)
// CHECK:         state(%old_0 : group, %old_1 : group, %old_2 : group)
// CHECK:         %t = t
// CHECK:         %old_previous = sub %t, %c1
// CHECK:         %old_taken = max %old_previous, %c0
// CHECK:         %old_slot = mod %old_taken, %c3
// CHECK:         %old_is0 = cmp eq %old_slot, %{{.*}}
// CHECK:         %old_is1 = cmp eq %old_slot, %{{.*}}
// CHECK:         %old_is2 = cmp eq %old_slot, %{{.*}}
// CHECK:         %[[FIRST:.*]] = select %old_is1, %old_1, %old_0
// CHECK:         %[[OLD:.*]] = select %old_is2, %old_2, %[[FIRST]]
// CHECK:         sub %x, %[[OLD]]
// CHECK:         %old_next0 = select %old_is0, %x, %old_0
// CHECK:         %old_next1 = select %old_is1, %x, %old_1
// CHECK:         %old_next2 = select %old_is2, %x, %old_2
// CHECK:         commit %p = %{{.*}}, %old_0 = %old_next0, %old_1 = %old_next1, %old_2 = %old_next2
optim.optimizer @window(%p, %g) hyper(%lr = 0.1) {
  %t = t
  %x = mul %t, %lr
  %old = delay %x by 3 "old"
  %d = sub %x, %old
  %p_t = mul %g, %d
  commit %p = %p_t
}

// Names that others have are not taken; other rings stay.
// CHECK-LABEL: @names(%p, %g)
// CHECK:         state(%d_0 "d_0_" : tensor = 2, %d_1 : tensor = 2, %e "d_0", %f slots 2)
// CHECK:         entry "read"
// CHECK:         %[[SLOT:.*]] = mod
// CHECK:         commit %p = %{{.*}}, %d_0 = %{{.*}}, %d_1 = %
optim.optimizer @names(%p, %g) state(%d : tensor = 2 slots 2, %e "d_0", %f slots 2) {
  commit %p = %g, %f = %e, %e = %f
} entry "read" {
  %p_t = mul %p, %d
  %n = add %d, %d
  commit %p = %p_t, %d = %n
}
