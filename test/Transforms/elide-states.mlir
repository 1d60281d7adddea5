// RUN: optim-opt --optim-elide-states %s | FileCheck %s
// RUN: optim-opt --optim-elide-states --remarks-filter='optim-.*' %s -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// REMARK-DAG: 'exp_avg' is dropped: nothing but its own update reads it{{.*}}bytes per element saved=4
// REMARK-DAG: 'count' is dropped{{.*}}bytes per instance saved=8
// REMARK-DAG: input 'noise' is dropped: nothing reads it

// Read by its own recurrence and by another dropped state only.
// CHECK-LABEL: optim.optimizer @chain(%p, %g)
// CHECK-NEXT: hyper(%lr = 1e-3)
// CHECK-NEXT: state(%v "exp_avg_sq") {
// CHECK-NEXT: %v_t = add %v, %g
// CHECK-NEXT: %p_t = sub %p, %v_t
// CHECK-NEXT: commit %p = %p_t, %v = %v_t
optim.optimizer @chain(%p, %g) hyper(%lr = 1e-3)
    state(%m "exp_avg", %s "count" : group, %v "exp_avg_sq", %w "twice")
    input(%noise : element = 0) {
  %m_t = sub %m, %g
  %s_t = add %s, %lr
  %v_t = add %v, %g
  %n = mul %m_t, %s_t
  %w_t = fma %w, %n, %noise
  %p_t = sub %p, %v_t
  commit %p = %p_t, %m = %m_t, %v = %v_t, %s = %s_t, %w = %w_t
}

// Observable states, and what they need, stay; so does what an entry reads, an
// output, the clock or a gate.
// CHECK-LABEL: optim.optimizer @kept
// CHECK: state(%a observable, %b, %c, %d : group, %e : group, %f : group) {
// CHECK: commit %p = %g, %a = %a_t, %b = %b_t, %c = %c_t, %d = %d_t, %e = %e_t, %f = %f_t, t = %e_t, "d" = %d_t when %go
optim.optimizer @kept(%p, %g)
    state(%a observable, %b, %c, %d : group, %e : group, %f : group) {
  %one = constant 1
  %a_t = add %a, %b
  %b_t = add %b, %g
  %c_t = add %c, %g
  %d_t = add %d, %one
  %e_t = add %e, %one
  %f_t = add %f, %one
  %go = cmp gt %f, %one
  commit %p = %g, %a = %a_t, %b = %b_t, %c = %c_t, %d = %d_t, %e = %e_t, %f = %f_t, "d" = %d_t, t = %e_t when %go
} entry "swap" {
  commit %p = %c
}

// An entry that only writes a state does not keep it.
// CHECK-LABEL: optim.optimizer @reset
// CHECK-NOT: state(
// CHECK: commit %p = %g
// CHECK: entry "restart"
// CHECK-NEXT: commit %p = %g
optim.optimizer @reset(%p, %g) state(%m) {
  %m_t = add %m, %g
  commit %p = %g, %m = %m_t
} entry "restart" {
  %zero = constant 0 : element
  commit %p = %g, %m = %zero
}

// A case keeps the states of the results that are used.
// CHECK-LABEL: optim.optimizer @classes
// CHECK: state(%r) {
// CHECK-NEXT: %u = case rank >= 2 {
// CHECK-NEXT: yield %g
// CHECK-NEXT: } else {
// CHECK-NEXT: yield %r
// CHECK: commit %p = %u
optim.optimizer @classes(%p, %g) state(%r, %q) {
  %u, %q_t = case rank >= 2 {
    %a = add %q, %g
    yield %g, %a
  } else {
    yield %r, %q
  }
  commit %p = %u, %q = %q_t
}

// A state that nothing reads or writes.
// CHECK-LABEL: optim.optimizer @unused(%p, %g) {
optim.optimizer @unused(%p, %g) state(%m) {
  commit %p = %g
}
