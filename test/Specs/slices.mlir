// REQUIRES: optimc
// RUN: optim-opt %s | FileCheck %s
// RUN: optim-opt %s --optim-inline --optim-expand-delays --optim-expand-cases --optim-expand-expr --optim-expand-mixtures --canonicalize --cse --optim-elide-states | FileCheck %s
// RUN: optimc compile %s --emit=mlir --until=make-kernels -o - | FileCheck %s --check-prefix=KERNELS
// RUN: optimc compile %s --emit=object -o %t.o

// A rule for tests, with states per row, column and block and every kind of
// reduction, in stages that need one another: slices of slices, to tensors, to
// the model and back. test/python/test_slices.py has the same rule in NumPy.
//
// CHECK: state(%r "row_avg" : row, %c "col_max" : col, %b "block_avg" : block, %s "largest" : tensor,
// CHECK-NEXT: %n "model_avg" : model)
// CHECK: reduce mean_sq %{{[^ ]*}} to row
// CHECK: reduce max_abs %{{[^ ]*}} to col
// CHECK: reduce mean %{{[^ ]*}} to block
// CHECK: commit

// KERNELS: = kernel 0
// KERNELS: reduce mean_sq %{{[^ ]*}} to row
// KERNELS: = kernel 1
// KERNELS: reduce sum_sq %{{[^ ]*}} to model
// KERNELS: = kernel 2
// KERNELS: reduce mean_sq %{{[^ ]*}} to tensor
// KERNELS: = kernel 3
// KERNELS: commit
optim.optimizer @slices(%p, %g)
    hyper(%lr = 0.01 in [0, inf), %beta = 0.9 in [0, 1), %eps = 1e-6 in [0, inf))
    state(%r "row_avg" : row, %c "col_max" : col, %b "block_avg" : block, %s "largest" : tensor,
          %n "model_avg" : model) {
  // The first stage: of the gradient.
  %rows   = reduce mean_sq %g to row
  %r_t    = ema %r, %rows decay %beta
  %cols   = reduce max_abs %g to col
  %c_t    = expr max(%beta * %c, %cols)
  %x      = expr %g * %p
  %blocks = reduce mean %x to block
  %b_t    = ema %b, %blocks decay %beta
  // Of slices, to the tensor and the model.
  %r_max  = reduce max %r_t to tensor
  %c_sum  = reduce sum %c_t to tensor
  %b_min  = reduce min %b_t to tensor
  %s_t    = expr max(%s, %r_max)
  %b_sq   = reduce sum_sq %b_t to model
  %n_t    = ema %n, %b_sq decay 0.5
  // Of elements that need all of them.
  %scale  = expr 1 / (1 + %c_sum + sqrt(%n_t) + abs(%b_min))
  %u      = expr %g / (sqrt(%r_t) + %c_t + abs(%b_t) + %eps) + %scale * %p
  %u_rows = reduce max %u to row
  %u_cols = reduce min %u to col
  %u_all  = reduce mean_sq %u to tensor
  %k      = expr %lr / (1 + sqrt(%u_all) + sqrt(%s_t))
  %p_t    = expr %p - %k * (%u - 0.125 * (%u_rows + %u_cols))
  commit %p = %p_t, %r = %r_t, %c = %c_t, %b = %b_t, %s = %s_t, %n = %n_t, "update_mean_sq" = %u_all
}
