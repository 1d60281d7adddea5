//===- Bind.cpp - the caller's buffers ------------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Buffers.h"
#include "core/Names.h"

#include <algorithm>
#include <cstdint>

using namespace optimc::rt;

optimc_status optimc::rt::checkBuffer(const Memory &memory, const void *data,
                                      int64_t count, size_t elementSize,
                                      const char *stream, const char *tensor,
                                      const Diag &diag) {
  auto address = reinterpret_cast<uintptr_t>(data);
  if (address % elementSize)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "'%s' of tensor '%.200s' is at %p, which is not aligned "
                     "to its elements of %zu bytes",
                     stream, tensor, data, elementSize);
  if (data && address > UINTPTR_MAX - count * elementSize)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "'%s' of tensor '%.200s' at %p with %lld elements does "
                     "not fit into the address space",
                     stream, tensor, data, static_cast<long long>(count));
  return data && count ? memory.checkAddress(data, stream, tensor, diag)
                       : OPTIMC_OK;
}

Interval optimc::rt::intervalOf(const void *data, int64_t bytes,
                                uint32_t tensor, uint32_t stream) {
  auto begin = reinterpret_cast<uintptr_t>(data);
  return {begin, data ? begin + bytes : begin, tensor, stream};
}

optimc_status optimc::rt::overlapError(const Optimizer &opt, const Interval &a,
                                       const Interval &b, const char *newTensor,
                                       const Diag &diag) {
  auto name = [&](const Interval &i) {
    return i.tensor < opt.tensors.size() ? opt.tensors[i.tensor]->name.c_str()
                                         : newTensor;
  };
  return diag.fail(OPTIMC_INVALID_ARGUMENT,
                   "'%s' of tensor '%.200s' and '%s' of tensor '%.200s' "
                   "overlap: bytes %#zx to %#zx and %#zx to %#zx",
                   opt.program.streams[a.stream % auxStream].name, name(a),
                   opt.program.streams[b.stream % auxStream].name, name(b),
                   a.begin, a.end - 1, b.begin, b.end - 1);
}

bool optimc::rt::isAligned(const Tensor &tensor) {
  for (const void *base : tensor.stream)
    if (reinterpret_cast<uintptr_t>(base) % 64)
      return false;
  return true;
}

namespace {
/// One pointer that is to change.
struct Change {
  Interval interval;
  void *data;
};

bool byOwner(const Change &a, const Change &b) {
  return std::pair(a.interval.tensor, a.interval.stream) <
         std::pair(b.interval.tensor, b.interval.stream);
}
} // namespace

/// Checks all changes together and then makes them.
static optimc_status apply(Optimizer &opt, std::vector<Change> &changes,
                           const Diag &diag) {
  if (changes.empty())
    return OPTIMC_OK;
  std::sort(changes.begin(), changes.end(), byOwner);
  std::vector<Interval> removed, added;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (i && !byOwner(changes[i - 1], changes[i]))
      return diag.fail(OPTIMC_INVALID_ARGUMENT,
                       "tensor '%.200s' is in the list more than once",
                       opt.tensors[changes[i].interval.tensor]->name.c_str());
    removed.push_back(changes[i].interval);
  }
  added = removed;
  Interval a, b;
  if (!opt.buffers.prepare(removed, added, a, b))
    return overlapError(opt, a, b, "", diag);
  opt.buffers.commit();
  for (const Change &change : changes)
    opt.tensors[change.interval.tensor]->stream[change.interval.stream] =
        change.data;
  ++opt.structure;
  return OPTIMC_OK;
}

/// Adds a change of one pointer to the list, if it is one.
static optimc_status addChange(const Optimizer &opt, uint32_t index,
                               uint32_t stream, void *data,
                               std::vector<Change> &changes, const Diag &diag) {
  const Tensor &tensor = *opt.tensors[index];
  const char *name = opt.program.streams[stream].name;
  if (tensor.stream[stream] == data)
    return OPTIMC_OK;
  size_t size = opt.program.formats[stream].elementSize();
  int64_t values = tensor.valuesOf(opt.program.streams[stream]);
  if (optimc_status s = checkBuffer(*opt.memory, data, values, size, name,
                                    tensor.name.c_str(), diag))
    return s;
  changes.push_back({intervalOf(data, values * size, index, stream), data});
  return OPTIMC_OK;
}

optimc_status optimc_bind(optimc_optimizer *opt, uint64_t n,
                          const optimc_tensor *tensors, void *const *params,
                          void *const *grads, optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (!tensors && n)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "the list of tensors is NULL");
  const Program &program = opt->program;
  if (grads && program.gradStream == none)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "'%s' uses no gradients",
                     program.source->name);
  std::vector<Change> changes;
  for (uint64_t i = 0; i < n; ++i) {
    uint32_t index = tensors[i];
    if (optimc_status s = checkTensor(*opt, index, diag))
      return s;
    const Tensor &tensor = *opt->tensors[index];
    if (params && !params[i] && tensor.count)
      return diag.fail(OPTIMC_INVALID_ARGUMENT,
                       "the new parameter of tensor '%.200s' is NULL",
                       tensor.name.c_str());
    if (params)
      if (optimc_status s = addChange(*opt, index, program.paramStream,
                                      params[i], changes, diag))
        return s;
    if (grads)
      if (optimc_status s = addChange(*opt, index, program.gradStream, grads[i],
                                      changes, diag))
        return s;
  }
  return apply(*opt, changes, diag);
}

optimc_status optimc_bind_input(optimc_optimizer *opt, optimc_tensor tensor,
                                const char *name, void *data,
                                optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (optimc_status s = checkTensor(*opt, tensor, diag))
    return s;
  if (!name)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "the name of the input is NULL");
  const Program &program = opt->program;
  std::vector<std::string_view> known;
  for (uint32_t i = 0; i < program.streams.size(); ++i) {
    if (program.streams[i].role != OPTIMC_ROLE_INPUT)
      continue;
    known.push_back(program.streams[i].name);
    if (known.back() != name)
      continue;
    std::vector<Change> changes;
    if (optimc_status s = addChange(*opt, tensor, i, data, changes, diag))
      return s;
    return apply(*opt, changes, diag);
  }
  return diag.fail(OPTIMC_NOT_FOUND, "'%s' has no element input '%.200s'%s",
                   program.source->name, name, suggest(name, known).c_str());
}
