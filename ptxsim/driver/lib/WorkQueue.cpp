//===- WorkQueue.cpp - work that was submitted and has not run ------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WorkQueue.h"
#include "Driver.h"
#include <algorithm>
#include <cstdio>
#include <set>

namespace ptxsim::cuda {

/// A launch blocks when this much is waiting, as with real drivers.
constexpr size_t maxPending = 1024;

static thread_local bool hostFunctionRuns = false;

bool insideHostFunction() { return hostFunctionRuns; }

static bool isReady(const Operation &operation) {
  return !operation.running &&
         std::all_of(operation.after.begin(), operation.after.end(),
                     [](const OperationRef &other) { return other->done; });
}

/// The ready operations that `target` waits for, itself included.
static void addReadyAncestors(const OperationRef &target,
                              std::vector<OperationRef> &ready) {
  std::set<const Operation *> seen;
  std::vector<OperationRef> open = {target};
  while (!open.empty()) {
    OperationRef operation = open.back();
    open.pop_back();
    if (operation->done || !seen.insert(operation.get()).second)
      continue;
    if (isReady(*operation))
      ready.push_back(operation);
    open.insert(open.end(), operation->after.begin(), operation->after.end());
  }
}

static uint64_t scramble(uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

OperationRef WorkQueue::add(CUcontext context, Work work,
                            std::vector<OperationRef> after) {
  auto operation = std::make_shared<Operation>();
  operation->context = context;
  operation->work = std::move(work);
  for (OperationRef &other : after)
    if (other && !other->done)
      operation->after.push_back(std::move(other));
  operations.push_back(operation);
  return operation;
}

void WorkQueue::settle(const OperationRef &added, Lock &lock) {
  if (driver.config.eager)
    finish(added, lock);
  else if (operations.size() > maxPending)
    finish(OperationRef(operations.front()), lock);
}

OperationRef WorkQueue::choose(const OperationRef &target) {
  std::vector<OperationRef> ready;
  if (driver.config.seed == 0) {
    addReadyAncestors(target, ready);
    // Oldest first.
    auto oldest = std::find_first_of(operations.begin(), operations.end(),
                                     ready.begin(), ready.end());
    return oldest == operations.end() ? nullptr : *oldest;
  }
  for (const OperationRef &operation : operations)
    if (isReady(*operation))
      ready.push_back(operation);
  if (ready.empty())
    return nullptr;
  return ready[scramble(driver.config.seed + ++choices) % ready.size()];
}

void WorkQueue::run(const OperationRef &operation, Lock &lock) {
  operation->running = true;
  Context *context = driver.contexts.find(operation->context);
  CUresult result = CUDA_SUCCESS;
  std::string text;
  const HostWork *host = std::get_if<HostWork>(&operation->work);
  bool faulted = context && context->fault;
  if (host && (!faulted || host->callback)) {
    CUresult status = context ? context->fault : CUDA_SUCCESS;
    lock.unlock();
    hostFunctionRuns = true;
    if (host->callback)
      host->callback(host->stream, status, host->data);
    else
      host->function(host->data);
    hostFunctionRuns = false;
    lock.lock();
  } else if (!faulted || std::holds_alternative<FreeWork>(operation->work)) {
    result = execute(driver, operation->work, text);
  }
  if (result && context && !faulted) {
    context->fault = result;
    driver.lastFault = text;
    std::fprintf(stderr, "ptxsim: %s: %s\n", errorName(result), text.c_str());
  }
  operation->finished = std::chrono::steady_clock::now();
  operation->running = false;
  operation->done = true;
  operation->after.clear();
  operations.erase(std::remove(operations.begin(), operations.end(), operation),
                   operations.end());
  progress.notify_all();
}

void WorkQueue::finish(const OperationRef &operation, Lock &lock) {
  while (operation && !operation->done) {
    if (OperationRef next = choose(operation))
      run(next, lock);
    else // another thread is in a host function
      progress.wait(lock);
  }
}

void WorkQueue::advance(const OperationRef &operation, Lock &lock) {
  if (operation && !operation->done)
    if (OperationRef next = choose(operation))
      run(next, lock);
}

void WorkQueue::clear() {
  for (const OperationRef &operation : operations) {
    operation->done = true;
    operation->after.clear();
  }
  operations.clear();
}

} // namespace ptxsim::cuda
