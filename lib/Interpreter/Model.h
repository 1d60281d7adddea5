//===- Model.h - what a session keeps between steps -------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_INTERPRETER_MODEL_H
#define OPTIMC_LIB_INTERPRETER_MODEL_H

#include "Values.h"
#include <map>
#include <optional>
#include <string>

namespace optimc::interp {

/// Named values that exist once something was stored: rings, outputs.
using NamedArrays = std::map<std::string, Array>;

/// A tensor as `row`, `col` and `block` see it.
struct Shape {
  int64_t count = 1, rank = 0;
  int64_t batch = 1, rows = 1, cols = 1;
  int64_t block = 0; ///< 0: no blocks

  /// The number of values of rate `rate`.
  int64_t getCount(Rate rate) const;
  /// Which value of rate `rate` element `i` belongs to.
  int64_t getIndex(Rate rate, int64_t i) const;
};

struct Group {
  std::vector<double> hypers;
  std::vector<std::optional<double>> inputs; ///< by input; group rate only
};

struct Tensor {
  unsigned group = 0;
  std::string name;
  Shape shape;
  uint64_t key = 0; ///< FNV-1a of the name

  Array param;
  std::optional<Array> grad;
  std::vector<Array> states; ///< by state; of tensor rate and finer
  std::vector<std::optional<Array>> inputs; ///< by input; likewise
  NamedArrays rings;                        ///< of `delay`, likewise
  NamedArrays outputs; ///< what the tensor saw in its last step

  /// The clock: tensors of a group with equal clocks share one. Each tensor
  /// keeps its own copy, so one that misses a step simply does not move.
  double step = 0;
  std::vector<Array> clockStates; ///< by state; group rate only
  NamedArrays clockRings;
};

struct Model {
  bool single = true; ///< float32 at kernel rates; else float64 everywhere
  bool rounds = true; ///< to the storage plan
  uint64_t seed = 0;
  std::vector<Group> groups;
  std::vector<Tensor> tensors;
  std::vector<Array> states;                 ///< by state; model rate only
  std::vector<std::optional<double>> inputs; ///< likewise
  NamedArrays rings, outputs;

  bool isSingle(Rate rate) const { return single && optim::isKernelRate(rate); }
};

uint64_t hashName(llvm::StringRef name);

} // namespace optimc::interp

#endif // OPTIMC_LIB_INTERPRETER_MODEL_H
