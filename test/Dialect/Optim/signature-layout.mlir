// Signatures are one clause a line, broken before column 100.

// RUN: optim-opt %s | FileCheck %s --match-full-lines --strict-whitespace
// RUN: optim-opt %s | %python -c "import sys; sys.exit(max(len(l) for l in sys.stdin) > 101)"

//      CHECK:  optim.optimizer @long(%p, %g)
// CHECK-NEXT:      hyper(%learning_rate = 1e-3 in [0, inf), %first_decay = 0.9 in [0, 1),
// CHECK-NEXT:            %second_decay = 0.999 in [0, 1), %third_decay = 0.9999 in [0, 1), %eps = 1e-8,
// CHECK-NEXT:            %weight_decay = 0)
// CHECK-NEXT:      state(%m "exp_avg") {
// CHECK-NEXT:    commit %p = %g
// CHECK-NEXT:  }
optim.optimizer @long(%p, %g)
    hyper(%learning_rate = 1e-3 in [0, inf), %first_decay = 0.9 in [0, 1), %second_decay = 0.999 in [0, 1),
    %third_decay = 0.9999 in [0, 1), %eps = 1e-8, %weight_decay = 0) state(%m "exp_avg") {
  commit %p = %g
}
