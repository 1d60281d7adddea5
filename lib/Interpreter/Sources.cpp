//===- Sources.cpp - random, delay, reduce ----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"
#include "Reductions.h"
#include "optimc-c/Program.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::interp;
using namespace optimc::optim;

//===----------------------------------------------------------------------===//
// random: the hash of optimc-c/Program.h
//===----------------------------------------------------------------------===//

uint64_t interp::getRandomKey(const Tensor &tensor, uint64_t seed, double t) {
  uint64_t step = t >= 0 && t < 0x1p63 ? static_cast<uint64_t>(t) : 0;
  return optimc_mix(optimc_mix(optimc_mix(seed) ^ tensor.key) ^ step);
}

uint64_t interp::getKernelKey(uint64_t key, uint32_t id, uint64_t index) {
  return optimc_mix(key ^ optimc_mix(uint64_t(id) << 32 | index >> 32));
}

uint32_t interp::getHash(uint64_t key, uint64_t index) {
  uint32_t k0 = static_cast<uint32_t>(key), k1 = key >> 32;
  uint32_t h = static_cast<uint32_t>(index) * 0x9E3779B9u + k0;
  h ^= h >> 16;
  h *= 0x7FEB352Du;
  h ^= k1;
  h ^= h >> 15;
  h *= 0x846CA68Bu;
  h ^= h >> 16;
  return h;
}

static double getUniform(uint64_t key, uint64_t index) {
  return (getHash(key, index) >> 8) * 0x1p-24;
}

LogicalResult Evaluator::runRandom(RandomOp op) {
  FieldRef t = clock();
  auto field = std::make_shared<Field>(Rate::Element, frame.tensors.size());
  for (auto [i, tensor] : llvm::enumerate(frame.tensors)) {
    if (!frame.active[i])
      continue;
    double step = toNumber(t->parts[frame.clockOf[i]].front());
    uint64_t key = getRandomKey(*tensor, frame.model.seed, step);
    Array &part = field->parts[i];
    part.resize(tensor->shape.count);
    for (size_t k = 0, e = part.size(); k != e; ++k)
      part[k] = toWord(getUniform(getKernelKey(key, op.getId(), k), k));
  }
  return define(op, field);
}

LogicalResult Evaluator::runRank(RankOp op) {
  auto field = std::make_shared<Field>(Rate::Tensor, frame.tensors.size());
  for (auto [i, tensor] : llvm::enumerate(frame.tensors))
    field->parts[i] = {Word(tensor->shape.rank >= int64_t(op.getMinRank()))};
  return define(op, field);
}

//===----------------------------------------------------------------------===//
// delay: slot (t - 1) mod W is read now and replaced by the commit
//===----------------------------------------------------------------------===//

LogicalResult Evaluator::runDelay(DelayOp op) {
  FieldRef x = get(op.getX()), t = clock();
  size_t window = op.getWindow();
  std::string name = op.getState().str();
  for (const PendingRing &ring : rings)
    if (ring.name == name)
      return fail(op, "uses the state '" + name + "' of another 'delay'");
  // The ring is addressed by `t`, so there is one per clock at least.
  Rate rate = resultRate(op, x, Rate::Group);
  PendingRing ring{name, int64_t(op.getWindow()), convert(x, rate), {}};
  auto result = std::make_shared<Field>(rate, frame.getInstances(rate));
  for (size_t i = 0, e = frame.getInstances(rate); i != e; ++i) {
    double step = toNumber(t->parts[frame.getParent(rate, i, Rate::Group)][0]);
    if (!(step >= 0 && step < 0x1p53 && step == std::floor(step)))
      return fail(op, "needs a whole number of steps, but 't' is " +
                          Twine(std::to_string(step)));
    // In an entry before the first step there is no step t - 1.
    size_t slot = step < 1 ? 0 : static_cast<uint64_t>(step - 1) % window;
    ring.slots.push_back(slot);
    if (!frame.isActive(rate, i))
      continue;
    const NamedArrays &all = rate == Rate::Group ? frame.clocks[i]->clockRings
                                                 : frame.tensors[i]->rings;
    size_t count = frame.getCount(rate, i);
    Array &part = result->parts[i];
    part.assign(count, toWord(0));
    if (auto old = all.find(name); old != all.end())
      std::copy_n(old->second.begin() + slot * count, count, part.begin());
  }
  rings.push_back(std::move(ring));
  return define(op, result);
}

//===----------------------------------------------------------------------===//
// reduce: docs/Reductions.md
//===----------------------------------------------------------------------===//

/// From a kernel rate to a coarser one within each tensor.
void Evaluator::reduceInTensor(ReduceOp op, const Field &operand,
                               Field &result) {
  bool single = frame.model.single;
  for (auto [i, tensor] : llvm::enumerate(frame.tensors)) {
    if (!frame.active[i])
      continue;
    const Shape &shape = tensor->shape;
    ArrayRef<Word> values = operand.parts[i];
    Array &part = result.parts[i];
    auto add = [&](double reduced, size_t count) {
      double finished = finishReduction(op.getKind(), reduced, count);
      part.push_back(toWord(single ? float(finished) : finished));
    };
    size_t count = shape.getCount(result.rate);
    if (operand.rate == result.rate) {
      for (Word value : values)
        add(reduceValues(op.getKind(), value, single), 1);
    } else if (result.rate == Rate::Col) {
      for (size_t k = 0; k != count; ++k) {
        size_t first =
            k / shape.cols * shape.rows * shape.cols + k % shape.cols;
        const Word *column = shape.rows ? &values[first] : nullptr;
        add(reduceColumn(op.getKind(), column, shape.rows, shape.cols, single),
            shape.rows);
      }
    } else {
      // Rows and blocks are contiguous; the last block may be shorter.
      size_t length = result.rate == Rate::Row ? shape.cols : shape.block;
      for (size_t k = 0; k != count; ++k) {
        ArrayRef<Word> slice = values.drop_front(k * length).take_front(length);
        add(reduceValues(op.getKind(), slice, single), slice.size());
      }
    }
  }
}

LogicalResult Evaluator::runReduce(ReduceOp op) {
  FieldRef operand = get(op.getOperand());
  Reduction kind = op.getKind();
  Rate from = operand->rate, to = op.getRate();
  auto result = std::make_shared<Field>(to, frame.getInstances(to));
  if (isKernelRate(to)) {
    if (from != to && from != Rate::Element)
      return fail(op, "cannot go from " + describeRate(from) + " to " +
                          describeRate(to));
    reduceInTensor(op, *operand, *result);
    return define(op, result);
  }
  for (size_t k = 0, e = result->parts.size(); k != e; ++k) {
    if (!frame.isActive(to, k))
      continue;
    // The operand's instances that are part of this one, in the order of
    // registration; a coarser operand is one value.
    SmallVector<size_t> members;
    if (from <= to)
      members.push_back(frame.getParent(to, k, from));
    else
      for (size_t i = 0, n = operand->parts.size(); i != n; ++i)
        if (frame.isActive(from, i) && frame.getParent(from, i, to) == k)
          members.push_back(i);
    double reduced, count = 0;
    if (isKernelRate(from)) {
      std::vector<double> partials;
      for (size_t i : members) {
        const Array &part = operand->parts[i];
        partials.push_back(reduceValues(kind, part, frame.model.single));
        count += part.size();
      }
      reduced = reducePartials(kind, partials);
    } else {
      Array scalars;
      for (size_t i : members)
        scalars.push_back(operand->parts[i].front());
      count = scalars.size();
      reduced = reduceValues(kind, scalars, /*single=*/false);
    }
    result->parts[k] = {toWord(finishReduction(kind, reduced, count))};
  }
  return define(op, result);
}
