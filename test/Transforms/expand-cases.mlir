// RUN: optim-opt --optim-expand-cases %s | FileCheck %s

// CHECK-LABEL: @classes(%p, %g)
// CHECK:         %rank_2_up = has_rank 2
// CHECK-NEXT:    %gr = reduce mean %g to row
// CHECK-NEXT:    %a = sub %g, %gr
// CHECK-NEXT:    %r_new = add %r, %gr
// CHECK-NEXT:    %b = neg %g
// CHECK-NEXT:    %u = select %rank_2_up, %a, %b
// CHECK-NEXT:    %r_t = select %rank_2_up, %r_new, %r
// CHECK-NEXT:    commit %p = %u, %r = %r_t
optim.optimizer @classes(%p, %g) state(%r : row) {
  %u, %r_t = case rank >= 2 {
    %gr = reduce mean %g to row
    %a = sub %g, %gr
    %r_new = add %r, %gr
    yield %a, %r_new
  } else {
    %b = neg %g
    yield %b, %r
  }
  commit %p = %u, %r = %r_t
}

// Inner classes first; what both classes yield needs no select.
// CHECK-LABEL: @nested(%p, %g)
// CHECK:         %rank_2_up = has_rank 2
// CHECK:         %rank_3_up = has_rank 3
// CHECK:         %x = select %rank_3_up, %g, %p
// CHECK:         %u = select %rank_2_up, %x, %p
// CHECK:         commit %p = %u
optim.optimizer @nested(%p, %g) {
  %u = case rank >= 2 {
    %x = case rank >= 3 { yield %g } else { yield %p }
    yield %x
  } else {
    yield %p
  }
  commit %p = %u
}
