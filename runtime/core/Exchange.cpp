//===- Exchange.cpp - reductions over shards ------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Partial results belong to blocks of elements, and a block lies in one shard.
// So processes need not add anything up: each gives the words that it has, and
// all finish the same list in the same order.
//
//===----------------------------------------------------------------------===//
#include "core/Optimizer.h"
#include "core/Reduce.h"

using namespace optimc::rt;

namespace {
struct Part {
  char *partials;
  PartialRange range;
  size_t word; // its place in the exchanged words
};
} // namespace

/// What the stage reduces over elements, in an order that is the same
/// everywhere: it follows from the program and the tensors as a whole.
static std::vector<Part> findParts(const Optimizer &opt, const Entry &entry,
                                   uint32_t stage, const uint32_t *tensors,
                                   size_t n, size_t &words) {
  size_t index = &entry - opt.program.entries.data();
  std::vector<Part> parts;
  words = 0;
  for (size_t i = 0; i < n; ++i) {
    const Tensor &tensor = *opt.tensors[tensors[i]];
    for (size_t r = 0; r < entry.reductions.size(); ++r) {
      const optimc_reduction &reduction = entry.reductions[r];
      if (reduction.stage != stage ||
          reduction.from_rate != OPTIMC_RATE_ELEMENT)
        continue;
      PartialRange range = partialRange(tensor, reduction);
      parts.push_back(
          {static_cast<char *>(tensor.partials[index][r]), range, words});
      words += divideUp(range.bytes, sizeof(uint64_t));
    }
  }
  return parts;
}

optimc_status optimc::rt::exchangePartials(Optimizer &opt, const Entry &entry,
                                           uint32_t stage,
                                           const uint32_t *tensors, size_t n,
                                           const Diag &diag) {
  size_t words;
  std::vector<Part> parts = findParts(opt, entry, stage, tensors, n, words);
  if (words == 0)
    return OPTIMC_OK;
  opt.exchanged.assign(words, 0);
  for (const Part &part : parts) {
    auto *to = reinterpret_cast<char *>(&opt.exchanged[part.word]);
    if (optimc_status s = opt.memory->read(
            to + part.range.ownFirst, part.partials + part.range.ownFirst,
            static_cast<int64_t>(part.range.ownBytes), diag))
      return s;
  }
  if (int code = opt.exchange(opt.exchangeContext, opt.exchanged.data(), words))
    return diag.fail(OPTIMC_IO_ERROR,
                     "the exchange of %zu words of partial results between "
                     "the shards failed with code %d; abort the step, and "
                     "load a checkpoint if parameters have moved already",
                     words, code);
  for (const Part &part : parts)
    if (optimc_status s = opt.memory->write(
            part.partials, &opt.exchanged[part.word],
            static_cast<int64_t>(part.range.bytes), diag))
      return s;
  return OPTIMC_OK;
}

optimc_status optimc_set_exchange(optimc_optimizer *opt,
                                  optimc_exchange_fn exchange, void *context,
                                  optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (optimc_status s = checkClosed(*opt, "setting the exchange", diag))
    return s;
  if (!exchange && opt->program.maxReductions)
    for (const auto &tensor : opt->tensors)
      if (tensor->isShard())
        return diag.fail(OPTIMC_WRONG_ORDER,
                         "tensor '%.200s' is a shard; the exchange cannot be "
                         "taken away",
                         tensor->name.c_str());
  opt->exchange = exchange;
  opt->exchangeContext = context;
  return OPTIMC_OK;
}
