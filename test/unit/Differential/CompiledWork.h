//===- CompiledWork.h - one optimizer of a workload -------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_DIFFERENTIAL_COMPILEDWORK_H
#define OPTIMC_TEST_UNIT_DIFFERENTIAL_COMPILEDWORK_H

#include "ReductionRuns.h"

namespace optimc::test {

/// A part of a tensor.
struct Part {
  int64_t first, count;
};

class CompiledWork {
public:
  CompiledWork(const optimc_program *program, const Workload &work,
               const Way &way)
      : program(program), work(work), way(way) {}
  CompiledWork(const CompiledWork &) = delete;
  ~CompiledWork() { optimc_destroy(optimizer); }

  /// Takes on these parts of the tensors.
  void shard(std::vector<Part> own, optimc_exchange_fn fn, void *context) {
    parts = std::move(own);
    exchange = fn;
    exchangeContext = context;
  }
  /// Empty after a failure, which `failure` describes.
  Record run(const std::vector<std::string> &states);
  std::string failure;

private:
  bool check(optimc_status status) {
    if (status == OPTIMC_OK)
      return true;
    failure = error.message;
    return false;
  }
  bool start();
  bool step(unsigned number);
  std::vector<double> read(unsigned tensor, const std::string &state);
  std::vector<float> cut(const std::vector<float> &whole, unsigned i) const {
    if (parts.empty())
      return whole;
    auto first = whole.begin() + parts[i].first;
    return std::vector<float>(first, first + parts[i].count);
  }

  const optimc_program *program;
  const Workload &work;
  const Way &way;
  std::vector<Part> parts; ///< by tensor; empty: all of it
  optimc_exchange_fn exchange = nullptr;
  void *exchangeContext = nullptr;
  optimc_optimizer *optimizer = nullptr;
  optimc_error error = {};
  std::vector<std::vector<float>> params, grads;
};

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_DIFFERENTIAL_COMPILEDWORK_H
