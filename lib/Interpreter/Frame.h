//===- Frame.h - the instances that take part in a step ---------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_INTERPRETER_FRAME_H
#define OPTIMC_LIB_INTERPRETER_FRAME_H

#include "Model.h"

namespace optimc::interp {

/// The tensors of one step and the clocks that they belong to. Instance numbers
/// are positions in these lists.
struct Frame {
  /// `indices` in registration order, without repetition.
  Frame(Model &model, llvm::ArrayRef<unsigned> indices, bool isStep);

  /// How many instances of `rate` the step has.
  size_t getInstances(Rate rate) const;
  /// The instance of the coarser `to` that instance `i` of `from` is part of.
  size_t getParent(Rate from, size_t i, Rate to) const;
  /// How many values instance `i` of `rate` has.
  size_t getCount(Rate rate, size_t i) const;
  bool isActive(Rate rate, size_t i) const;

  /// Keeps only the tensors for which `keep` is set, within a region.
  std::vector<bool> restrict(const std::vector<bool> &keep);
  void restore(std::vector<bool> saved) { active = std::move(saved); }

  Model &model;
  bool isStep; ///< `t` is the step being taken; else the steps taken
  std::vector<Tensor *> tensors;
  std::vector<unsigned> clockOf; ///< by tensor
  std::vector<Tensor *> clocks;  ///< one member of each
  std::vector<bool> active;      ///< by tensor
};

} // namespace optimc::interp

#endif // OPTIMC_LIB_INTERPRETER_FRAME_H
