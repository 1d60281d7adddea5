// RUN: optim-opt %s --pass-pipeline="builtin.module(optim.optimizer(optim-elide-states))" | FileCheck %s

// A state that is dropped takes the whole chain of ops behind its own update
// along, from the last one up: the first one reads the state.

// CHECK-LABEL: optim.optimizer @chain(%p, %g)
// CHECK-NOT: exp_avg
// CHECK-NOT: %m
// CHECK: %p_t = sub %p, %g
// CHECK-NEXT: commit %p = %p_t
optim.optimizer @chain(%p, %g) state(%m "exp_avg") {
  %m_diff = sub %g, %m
  %m_half = mul %m_diff, %m_diff
  %m_moved = add %m_half, %m
  %p_t = sub %p, %g
  commit %p = %p_t, %m = %m_moved
}
