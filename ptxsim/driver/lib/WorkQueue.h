//===- WorkQueue.h - work that was submitted and has not run ----*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_DRIVER_WORKQUEUE_H
#define PTXSIM_DRIVER_WORKQUEUE_H

#include "Work.h"
#include <condition_variable>
#include <mutex>

namespace ptxsim::cuda {

/// Runs operations as late as the driver's documentation permits: when
/// something waits for them. The seed chooses which of the operations that may
/// run next does; seed 0 runs only what is waited for, oldest first.
class WorkQueue {
public:
  explicit WorkQueue(Driver &driver) : driver(driver) {}

  using Lock = std::unique_lock<std::mutex>;
  OperationRef add(CUcontext context, Work work,
                   std::vector<OperationRef> after);
  /// After adding: runs work if it must not wait, or if too much is waiting.
  void settle(const OperationRef &added, Lock &lock);
  /// Returns when the operation is done.
  void finish(const OperationRef &operation, Lock &lock);
  /// Lets one operation run that `operation` waits for, if it is not done: so
  /// that a program that polls gets there.
  void advance(const OperationRef &operation, Lock &lock);

  const std::vector<OperationRef> &pending() const { return operations; }
  void clear();

private:
  OperationRef choose(const OperationRef &target);
  void run(const OperationRef &operation, Lock &lock);

  Driver &driver;
  std::vector<OperationRef> operations; // not done, oldest first
  std::condition_variable progress;
  uint64_t choices = 0;
};

/// Whether this thread is inside a host function, where no call is allowed.
bool insideHostFunction();

} // namespace ptxsim::cuda

#endif // PTXSIM_DRIVER_WORKQUEUE_H
