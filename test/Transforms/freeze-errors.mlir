// RUN: not optim-opt --optim-freeze='values=beta_1=0' %s 2>&1 | FileCheck %s --check-prefix=NEAR
// RUN: not optim-opt --optim-freeze='values=zeta=0' %s 2>&1 | FileCheck %s --check-prefix=FAR
// RUN: not optim-opt --optim-freeze='values=beta1=1' %s 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not optim-opt --optim-freeze='values=beta1=nan' %s 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not optim-opt --optim-freeze='values=period=2.5' %s 2>&1 | FileCheck %s --check-prefix=INTEGER
// RUN: not optim-opt --optim-freeze='values=beta1=0x1' %s 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not optim-opt --optim-freeze='values=beta1' %s 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: not optim-opt --optim-freeze='values=beta1=0,beta1=0' %s 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not optim-opt --optim-freeze='values=beta1=0' --optim-freeze='values=beta1=0.5' %s 2>&1 | FileCheck %s --check-prefix=AGAIN

// NEAR: freeze-errors.mlir:[[#@LINE+9]]:1: error: unknown hyperparameter 'beta_1'; did you mean 'beta1'?
// FAR: error: unknown hyperparameter 'zeta'; '@o' has beta1, period
// RANGE: error: hyperparameter 'beta1' cannot be 1: it is a number in [0, 1)
// NAN: error: hyperparameter 'beta1' cannot be nan: it is a number in [0, 1)
// INTEGER: error: hyperparameter 'period' cannot be 2.5: it is a whole number in [1, inf)
// NUMBER: error: cannot freeze 'beta1': '0x1' is not a number
// FORM: error: cannot freeze 'beta1': write name=value
// TWICE: error: hyperparameter 'beta1' is frozen twice
// AGAIN: error: hyperparameter 'beta1' is already frozen to 0
optim.optimizer @o(%p, %g) hyper(%beta1 = 0.9 in [0, 1), %period = 1 in [1, inf) integer) {
  %p_t = expr %p - %beta1 * %g * %period
  commit %p = %p_t
}
