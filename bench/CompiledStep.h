//===- CompiledStep.h - compiled optimizers and their data ------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_BENCH_COMPILEDSTEP_H
#define OPTIMC_BENCH_COMPILEDSTEP_H

#include "optimc-c/Compiler.h"
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

namespace optimc::bench {

/// Prints the message and ends the program with 2.
[[noreturn]] void fail(const std::string &message);

/// Runs body(begin, end) over [0, n) in pieces of 64 Ki elements, on the
/// threads that compiled steps run on.
void forEachPiece(uint32_t threads, int64_t n,
                  const std::function<void(int64_t, int64_t)> &body);
constexpr int64_t pieceElements = 64 * 1024;

/// Memory at a multiple of 64 bytes, first touched by the threads that use it.
class Buffer {
public:
  enum Contents { Zero, Normal };
  Buffer(int64_t n, Contents contents, uint32_t threads,
         uint32_t dtype = OPTIMC_DTYPE_F32);
  void *data() const { return memory.get(); }
  float *floats() const { return static_cast<float *>(memory.get()); }

private:
  std::unique_ptr<void, decltype(&std::free)> memory;
};

struct CompiledOptions {
  bool isText = false; ///< the spec itself, not its name
  const char *store = nullptr;
  uint64_t isa = ~uint64_t(0);
};

/// A compiled spec and an optimizer with one group, which runs it.
class CompiledStep {
public:
  CompiledStep(const char *spec, uint32_t threads,
               const CompiledOptions &options = {});
  ~CompiledStep();
  CompiledStep(const CompiledStep &) = delete;

  void setHyper(const char *name, double value);
  /// A tensor of rank 1 with the buffers of `desc`.
  void addTensor(const std::string &name, int64_t count,
                 optimc_tensor_desc desc);
  void operator()();
  /// An output of the last step.
  double output(const char *name, optimc_rate rate) const;

private:
  optimc_compiled *compiled = nullptr;
  optimc_optimizer *optimizer = nullptr;
  optimc_group group = 0;
};

} // namespace optimc::bench

#endif // OPTIMC_BENCH_COMPILEDSTEP_H
