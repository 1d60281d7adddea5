// RUN: not optim-opt --optim-set-storage='formats=exp_avgs=q8' %s 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not optim-opt --optim-set-storage='formats=exp_avg=q9' %s 2>&1 | FileCheck %s --check-prefix=FORMAT
// RUN: not optim-opt --optim-set-storage='formats=exp_avg' %s 2>&1 | FileCheck %s --check-prefix=TEXT
// RUN: not optim-opt --optim-set-storage='formats=grad=f16,grad=f32' %s 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not optim-opt --optim-set-storage='formats=master_param=bf16' %s 2>&1 | FileCheck %s --check-prefix=MASTER
// RUN: not optim-opt --optim-set-storage='formats=param=q8' %s 2>&1 | FileCheck %s --check-prefix=ROLE

// NAME: error: unknown stream 'exp_avgs'; did you mean 'exp_avg'?
// FORMAT: error: 'exp_avg' cannot be stored as 'q9'; did you mean 'q8'?
// TEXT: error: cannot read storage 'exp_avg': write name=format
// TWICE: error: storage of 'grad' is given twice
// MASTER: error: master weights are f32, not bf16
// ROLE: error: parameter 'param' cannot be stored as q8; use f32, bf16, bf16_sr, f16, split
optim.optimizer @a(%p, %g) state(%m "exp_avg") {
  commit %p = %g, %m = %p
}
