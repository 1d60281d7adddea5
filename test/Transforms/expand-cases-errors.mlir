// RUN: optim-opt --optim-expand-cases --split-input-file --verify-diagnostics %s

optim.optimizer @norms(%p, %g) {
  %u = case rank >= 2 {
    // expected-error@+1 {{'reduce' to 'model' in a 'case', over the tensors of one class, is not compiled yet; 'optimc run --engine=interpreter' executes it}}
    %n = reduce sum_sq %g to model
    %x = div %g, %n
    yield %x
  } else {
    yield %p
  }
  commit %p = %u
}
