// RUN: optim-opt --optim-expand-gates %s | FileCheck %s
// RUN: optim-opt --optim-expand-gates --remarks-filter='optim-.*' %s -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// REMARK-DAG: every value of 'step' keeps its old value where the gate is false

// CHECK-LABEL: optim.optimizer @step
// CHECK: %ok = cmp
// CHECK-NEXT: %p_gated = select %ok, %p_t, %p
// CHECK-NEXT: %s_gated = select %ok, %s_t, %s
// CHECK-NEXT: %t = t
// CHECK-NEXT: %c1 = constant 1
// CHECK-NEXT: %t_old = sub %t, %c1
// CHECK-NEXT: %t_gated = select %ok, %t, %t_old
// CHECK-NEXT: commit %p = %p_gated, %s = %s_gated, t = %t_gated, "s" = %s_t{{$}}
// In an entry t is what is stored: nothing moves it.
// CHECK: entry "reset"
// CHECK: %p_gated = select %ok, %q, %p
// CHECK-NEXT: commit %p = %p_gated{{$}}
optim.optimizer @step(%p, %g) state(%s : group, %q) input(%loss : model) {
  %p_t = sub %p, %g
  %s_t = add %s, %loss
  %ok = cmp lt %loss, %s
  commit %p = %p_t, %s = %s_t, "s" = %s_t when %ok
} entry "reset" {
  %ok = cmp lt %loss, %s
  commit %p = %q when %ok
}

// A clock of the spec's own.
// CHECK-LABEL: optim.optimizer @clock
// CHECK: %twice = add %t, %t
// CHECK: %[[STEP:.*]] = t
// CHECK: %[[OLD:.*]] = sub %[[STEP]], %c1
// CHECK: %[[NEW:.*]] = select %ok, %twice, %[[OLD]]
// CHECK: commit %p = %p_gated, t = %[[NEW]]
optim.optimizer @clock(%p, %g) input(%loss : model) {
  %t = t
  %twice = add %t, %t
  %ok = cmp lt %loss, %t
  commit %p = %g, t = %twice when %ok
}

// CHECK-LABEL: optim.optimizer @free
// CHECK-NEXT: commit %p = %g
optim.optimizer @free(%p, %g) {
  commit %p = %g
}
