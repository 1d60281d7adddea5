//===- Lowered.h - hand-lowered specs, compiled -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_TARGET_LOWERED_H
#define OPTIMC_TEST_UNIT_TARGET_LOWERED_H

#include "optimc-c/Program.h"
#include "optimc/Target/Jit.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>
#include <string>
#include <vector>

namespace optimc::test {

/// What compiling the form after `optim-to-arith` gives. The tests of the back
/// end start there, so that they need no other pass.
struct Lowered {
  explicit Lowered(const char *text, const char *name);

  std::string report; ///< diagnostics; empty if all went well
  llvm::SmallVector<char> object, assembly;
  std::string header;
  std::unique_ptr<LoadedObject> loaded;
  const optimc_program *program = nullptr;
};

/// A variant with and one without the parameter, scalar states of two rates, a
/// required and an optional input, a predicate inside the kernel.
extern const char *const optText;
/// p = fma(p, g, c).
extern const char *const fmaText;
/// p = p - g * random.
extern const char *const noiseText;

/// Values that pass from the group to the tensor, a tensor state.
extern const char *const trustText;
/// States that are set without a kernel: copies, scalars, constants.
extern const char *const copyText;

/// Evaluates the scalar functions of an entry as the runtime does, and finds
/// the variant.
struct Evaluation {
  std::vector<double> hyper, model, group, nextModel, nextGroup, values;
  std::vector<float> scalars;
  uint64_t predicates = 0;
  const optimc_variant *variant = nullptr;

  /// Hyperparameters, states and inputs at their defaults.
  explicit Evaluation(const optimc_program &program);
  void run(const optimc_program &program);
};

/// The kernel version of `variant` with exactly these instruction sets; null
/// where this processor cannot run it.
optimc_kernel_fn getKernel(const optimc_variant &variant, uint64_t isa);

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_TARGET_LOWERED_H
