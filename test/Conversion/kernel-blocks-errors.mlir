// RUN: optim-opt %s --optim-split-host --optim-make-kernels --optim-set-storage=formats=m=q8 --optim-to-arith --optim-expand-storage --optim-kernel-to-cpu --verify-diagnostics
// RUN: optim-opt %s --optim-split-host --optim-make-kernels --optim-set-storage=formats=m=q8 --optim-to-arith --optim-expand-storage --optim-kernel-to-gpu --verify-diagnostics

// The storage plan must come before kernels are made.
optim.optimizer @late(%p, %g) state(%m "m", %r : row) {
  %m_t = add %m, %g
  %r_t = reduce mean %m_t to row
  // expected-error @below {{'m' is stored as q8, in blocks of 256, by a kernel that reduces to rows, columns or blocks, which cut them; run optim-set-storage before optim-make-kernels, which then stores it in a later kernel}}
  commit %m = %m_t, %r = %r_t
}
