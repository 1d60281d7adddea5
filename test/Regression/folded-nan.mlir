// A folded NaN, an infinity and -0 are printed so that they parse again.

// RUN: optim-opt %s --canonicalize | optim-opt | FileCheck %s

// CHECK-DAG: constant nan
// CHECK-DAG: constant -inf
// CHECK-DAG: constant -0
optim.optimizer @edges(%p, %g) {
  %zero = constant 0
  %minus = constant -1
  %x = div %zero, %zero
  %y = div %minus, %zero
  %z = mul %minus, %zero
  commit "x" = %x, "y" = %y, "z" = %z
}
