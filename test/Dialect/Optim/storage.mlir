// RUN: optim-opt %s | optim-opt | FileCheck %s
// RUN: optim-opt %s --mlir-print-op-generic | optim-opt | FileCheck %s
// RUN: optim-opt %s --emit-bytecode | optim-opt | FileCheck %s

// Draws are written where they are not the next ones.
// CHECK: optim.optimizer @plan(%p, %g)
// CHECK-NEXT: state(%m "exp_avg", %v "exp_avg_sq", %a "average")
// CHECK-NEXT: input(%h "hessian" : element)
// CHECK-NEXT: storage(param = bf16_sr, grad = f16, "exp_avg" = bf16_sr draw 5, "exp_avg_sq" = q8 unsigned, "average" = q8_sr, "hessian" = bf16) {
optim.optimizer @plan(%p, %g) state(%m "exp_avg", %v "exp_avg_sq", %a "average")
    input(%h "hessian" : element)
    storage(param = bf16_sr draw 0, grad = f16, "exp_avg" = bf16_sr draw 5,
            "exp_avg_sq" = q8 unsigned, "average" = q8_sr draw 2, "hessian" = bf16) {
  commit %p = %g
}
