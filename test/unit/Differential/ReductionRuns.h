//===- ReductionRuns.h - specs with reductions, run in many ways -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_DIFFERENTIAL_REDUCTIONRUNS_H
#define OPTIMC_TEST_UNIT_DIFFERENTIAL_REDUCTIONRUNS_H

#include "optimc-c/Runtime.h"
#include "optimc/Dialect/Optim/IR/Optim.h"
#include <string>
#include <vector>

namespace optimc::test {

struct Shape {
  std::vector<int64_t> extents;
  int64_t block;
};

/// What is done with a spec: the same for all runs.
struct Workload {
  std::vector<Shape> shapes;
  unsigned steps;
  std::vector<std::vector<float>> params;             ///< by tensor
  std::vector<std::vector<std::vector<float>>> grads; ///< by step, tensor
  std::vector<std::vector<unsigned>> active;          ///< by step
};

/// `wild`: bit patterns of all sorts among the gradients.
Workload makeWorkload(std::vector<Shape> shapes, uint64_t seed, bool wild,
                      unsigned steps = 3);

struct Way {
  const char *name;
  uint32_t flags; ///< OPTIMC_COMPILE_*
  uint64_t isa;
  unsigned threads;
  bool inParts; ///< one optimc_run_tensors per tensor, last first
};

/// Names and values of everything that a run leaves behind.
using Record = std::vector<std::pair<std::string, std::vector<double>>>;

std::vector<std::string> getStates(optim::OptimizerOp op);

Record interpret(optim::OptimizerOp op, const Workload &work);

/// Empty after a failure, which `failure` describes.
Record runCompiled(const optimc_program *program, const Workload &work,
                   const Way &way, const std::vector<std::string> &states,
                   std::string &failure);

/// The same by `processes` optimizers on threads of their own, each with a part
/// of every tensor, cut at random where the program allows it.
Record runSharded(const optimc_program *program, const Workload &work,
                  unsigned processes, uint64_t seed,
                  const std::vector<std::string> &states, std::string &failure);

struct Comparison {
  std::string difference;           ///< the first one, or empty
  uint64_t values = 0, numbers = 0; ///< compared; finite and not 0
};

/// What a class of tensors does not have is not compared.
void compare(const Record &expected, const Record &found, Comparison &result);

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_DIFFERENTIAL_REDUCTIONRUNS_H
