//===- Frame.cpp - tensors, views and clocks of a step ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Frame.h"

using namespace optimc;
using namespace optimc::interp;

uint64_t interp::hashName(llvm::StringRef name) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (unsigned char byte : name.bytes()) {
    hash ^= byte;
    hash *= 0x100000001B3u;
  }
  return hash;
}

int64_t Shape::getCount(Rate rate) const {
  switch (rate) {
  case Rate::Row:
    return batch * rows;
  case Rate::Col:
    return batch * cols;
  case Rate::Block:
    return block ? (count + block - 1) / block : 0;
  case Rate::Element:
    return count;
  default:
    return 1;
  }
}

int64_t Shape::getIndex(Rate rate, int64_t i) const {
  switch (rate) {
  case Rate::Row:
    return i / cols;
  case Rate::Col:
    return i / (rows * cols) * cols + i % cols;
  case Rate::Block:
    return i / block;
  case Rate::Element:
    return i;
  default:
    return 0;
  }
}

/// Everything that distinguishes two clocks of one group, in bits.
static bool sameClock(const Tensor &a, const Tensor &b) {
  return a.group == b.group && toWord(a.step) == toWord(b.step) &&
         a.clockStates == b.clockStates && a.clockRings == b.clockRings;
}

Frame::Frame(Model &model, llvm::ArrayRef<unsigned> indices, bool isStep)
    : model(model), isStep(isStep) {
  for (unsigned index : indices) {
    Tensor &tensor = model.tensors[index];
    size_t clock = 0;
    while (clock != clocks.size() && !sameClock(*clocks[clock], tensor))
      ++clock;
    if (clock == clocks.size())
      clocks.push_back(&tensor);
    tensors.push_back(&tensor);
    clockOf.push_back(clock);
  }
  active.assign(tensors.size(), true);
}

size_t Frame::getInstances(Rate rate) const {
  if (rate <= Rate::Model)
    return 1;
  return rate == Rate::Group ? clocks.size() : tensors.size();
}

size_t Frame::getParent(Rate from, size_t i, Rate to) const {
  if (to <= Rate::Model)
    return 0;
  if (to == Rate::Group)
    return from == Rate::Group ? i : clockOf[i];
  return i;
}

size_t Frame::getCount(Rate rate, size_t i) const {
  return optim::isKernelRate(rate) ? tensors[i]->shape.getCount(rate) : 1;
}

bool Frame::isActive(Rate rate, size_t i) const {
  if (rate <= Rate::Model)
    return true;
  if (rate != Rate::Group)
    return active[i];
  for (size_t tensor = 0; tensor != tensors.size(); ++tensor)
    if (active[tensor] && clockOf[tensor] == i)
      return true;
  return false;
}

std::vector<bool> Frame::restrict(const std::vector<bool> &keep) {
  std::vector<bool> saved = active;
  for (size_t i = 0; i != active.size(); ++i)
    active[i] = active[i] && keep[i];
  return saved;
}
