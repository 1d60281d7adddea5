//===- Tensors.cpp - registering a tensor ---------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Buffers.h"
#include "core/Names.h"
#include "core/Reduce.h"

#include <cstring>
#include <limits>

using namespace optimc::rt;

namespace {
/// A tensor on its way in: everything is checked before the optimizer changes.
class Registration {
public:
  Registration(Optimizer &opt, uint32_t group, const optimc_tensor_desc &desc,
               const Diag &diag)
      : opt(opt), program(opt.program), desc(desc), diag(diag),
        tensor(std::make_unique<Tensor>()) {
    tensor->group = group;
  }
  ~Registration() {
    if (tensor)
      opt.arena.rewind(arenaBefore);
  }

  optimc_status check();
  uint32_t commit();

private:
  optimc_status checkTypes();
  optimc_status checkShape();
  optimc_status choosePlans();
  optimc_status checkShard();
  optimc_status checkCuts();
  optimc_status bindBuffers();
  optimc_status bindNamed(const optimc_named_buffer &buffer);
  optimc_status checkAux();
  optimc_status checkSlices();
  optimc_status allocatePartials();
  optimc_status reserve(int64_t bytes, const std::string &what, void *&slot);
  optimc_status allocate(uint32_t stream, int64_t bytes, void *&slot);
  optimc_status allocateStates();

  bool isUsed(uint32_t stream) const { return used >> stream & 1; }

  Optimizer &opt;
  const Program &program;
  const optimc_tensor_desc &desc;
  const Diag &diag;
  std::unique_ptr<Tensor> tensor; // null when it is in
  Arena::Mark arenaBefore = opt.arena.mark();
  uint64_t used = 0, kept = 0, keptAux = 0;
  uint32_t granule = 1;
};
} // namespace

optimc_status Registration::checkTypes() {
  auto check = [&](uint32_t dtype, uint32_t stream, const char *what) {
    uint32_t wanted =
        stream == none ? OPTIMC_DTYPE_F32 : program.formats[stream].dtype();
    if (dtype == wanted)
      return OPTIMC_OK;
    return diag.fail(OPTIMC_UNSUPPORTED,
                     "the %s of tensor '%.200s' has dtype %s; '%s' was "
                     "compiled for %s",
                     what, desc.name, dtypeName(dtype), program.source->name,
                     dtypeName(wanted));
  };
  if (optimc_status s =
          check(desc.param_dtype, program.paramStream, "parameter"))
    return s;
  return check(desc.grad_dtype, program.gradStream, "gradient");
}

optimc_status Registration::checkShape() {
  if (desc.rank > OPTIMC_MAX_RANK)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "tensor '%.200s' has rank %u; at most %u is allowed",
                     desc.name, desc.rank, OPTIMC_MAX_RANK);
  if (desc.rank && !desc.shape)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "tensor '%.200s' has rank %u, but its shape is NULL",
                     desc.name, desc.rank);
  if (desc.block < 0)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "tensor '%.200s' has blocks of length %lld; 0 means none",
                     desc.name, static_cast<long long>(desc.block));
  tensor->shape.assign(desc.shape, desc.shape + desc.rank);
  // Bytes must be countable too.
  constexpr int64_t limit =
      std::numeric_limits<int64_t>::max() / static_cast<int64_t>(sizeof(float));
  int64_t count = 1;
  bool isEmpty = false;
  for (int64_t extent : tensor->shape) {
    if (extent < 0)
      return diag.fail(OPTIMC_INVALID_ARGUMENT,
                       "tensor '%.200s' has the negative extent %lld in its "
                       "shape %.300s",
                       desc.name, static_cast<long long>(extent),
                       shapeText(desc.shape, desc.rank).c_str());
    isEmpty |= extent == 0;
    if (extent && count > limit / extent)
      return diag.fail(OPTIMC_INVALID_ARGUMENT,
                       "tensor '%.200s' has too many elements: the product of "
                       "its shape %.300s is above %lld",
                       desc.name, shapeText(desc.shape, desc.rank).c_str(),
                       static_cast<long long>(limit));
    count *= extent ? extent : 1;
  }
  tensor->globalCount = isEmpty ? 0 : count;
  // The last two dimensions; less than two are one row.
  tensor->cols = desc.rank ? tensor->shape[desc.rank - 1] : 1;
  if (desc.rank >= 2)
    tensor->rows = tensor->shape[desc.rank - 2];
  for (uint32_t i = 0; i + 2 < desc.rank; ++i)
    tensor->batches *= tensor->shape[i];
  tensor->block = desc.block;
  return OPTIMC_OK;
}

optimc_status Registration::choosePlans() {
  for (const Entry &entry : program.entries) {
    uint32_t chosen = none;
    for (uint32_t i = 0; i < entry.plans.size() && chosen == none; ++i) {
      const Plan &plan = entry.plans[i];
      if (desc.rank >= plan.minRank && desc.rank <= plan.maxRank &&
          static_cast<uint64_t>(tensor->globalCount) >= plan.minCount)
        chosen = i;
    }
    if (chosen == none)
      return diag.fail(OPTIMC_UNSUPPORTED,
                       "'%s' says nothing about tensors of rank %u with %lld "
                       "elements such as '%.200s' (entry '%s')",
                       program.source->name, desc.rank,
                       static_cast<long long>(tensor->globalCount), desc.name,
                       entry.name);
    tensor->plan.push_back(chosen);
    used |= entry.plans[chosen].used;
    granule = std::max(granule, entry.plans[chosen].granule);
  }
  return OPTIMC_OK;
}

optimc_status Registration::checkShard() {
  int64_t start = desc.shard_start;
  if (start < 0 || start > tensor->globalCount)
    return diag.fail(OPTIMC_OUT_OF_RANGE,
                     "the shard of tensor '%.200s' starts at %lld; the tensor "
                     "has %lld elements",
                     desc.name, static_cast<long long>(start),
                     static_cast<long long>(tensor->globalCount));
  int64_t rest = tensor->globalCount - start;
  int64_t count = desc.shard_count == OPTIMC_ALL ? rest : desc.shard_count;
  if (count < 0 || count > rest)
    return diag.fail(OPTIMC_OUT_OF_RANGE,
                     "the shard of tensor '%.200s' has %lld elements from %lld "
                     "on; there are %lld",
                     desc.name, static_cast<long long>(count),
                     static_cast<long long>(start),
                     static_cast<long long>(rest));
  if (count && start % granule)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the shard of tensor '%.200s' starts at %lld, which is "
                     "not a multiple of the granule %u",
                     desc.name, static_cast<long long>(start), granule);
  tensor->shardStart = start;
  tensor->count = count;
  return checkSlices();
}

/// What rows, columns, blocks and reductions need.
optimc_status Registration::checkSlices() {
  bool hasBlocks = false, isCut = false;
  for (uint32_t i = 0; i < program.streams.size(); ++i)
    hasBlocks |= isUsed(i) && program.streams[i].rate == OPTIMC_RATE_BLOCK;
  for (size_t e = 0; e < program.entries.size(); ++e) {
    const Entry &entry = program.entries[e];
    for (const Variant &variant : entry.plans[tensor->plan[e]].variants)
      for (const Phase &phase : variant.phases) {
        isCut |= phase.cut > OPTIMC_CUT_GRANULES;
        for (uint32_t r = 0; r < entry.reductions.size(); ++r)
          if (phase.reductions >> r & 1)
            hasBlocks |= entry.reductions[r].to_rate == OPTIMC_RATE_BLOCK;
      }
  }
  if (hasBlocks && tensor->block == 0)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "'%s' has values per block, but tensor '%.200s' has no "
                     "block length; set optimc_tensor_desc.block",
                     program.source->name, desc.name);
  if (tensor->isShard())
    if (optimc_status s = checkCuts())
      return s;
  constexpr int64_t limit =
      std::numeric_limits<int64_t>::max() / static_cast<int64_t>(sizeof(float));
  for (const optimc_stream &stream : program.streams)
    if (tensor->countOf(stream.rate) > limit / stream.slots)
      return diag.fail(
          OPTIMC_INVALID_ARGUMENT,
          "the %u slots of state '%s' of tensor '%.200s' have more "
          "than %lld values",
          stream.slots, stream.name, desc.name, static_cast<long long>(limit));
  constexpr int64_t segment = int64_t(1) << 32;
  if (isCut && tensor->globalCount > segment)
    return diag.fail(OPTIMC_UNSUPPORTED,
                     "tensor '%.200s' has %lld elements; at most %lld can be "
                     "reduced to rows, columns or blocks",
                     desc.name, static_cast<long long>(tensor->globalCount),
                     static_cast<long long>(segment));
  return OPTIMC_OK;
}

/// Where a shard with reductions or slices starts and ends.
optimc_status Registration::checkCuts() {
  for (size_t e = 0; e < program.entries.size(); ++e)
    for (const Variant &variant :
         program.entries[e].plans[tensor->plan[e]].variants)
      for (const Phase &phase : variant.phases) {
        if (phase.domain != OPTIMC_RATE_ELEMENT)
          continue;
        if (phase.reductions && !opt.exchange)
          return diag.fail(OPTIMC_WRONG_ORDER,
                           "tensor '%.200s' is a shard of %lld of %lld "
                           "elements, and '%s' reduces over whole tensors: "
                           "give the means to combine the parts with "
                           "optimc_set_exchange first",
                           desc.name, static_cast<long long>(tensor->count),
                           static_cast<long long>(tensor->globalCount),
                           program.source->name);
        int64_t unit = tensor->unitOf(phase.cut), first = tensor->shardStart;
        int64_t end = first + tensor->count;
        if (tensor->count == 0 ||
            (first % unit == 0 &&
             (end % unit == 0 || end == tensor->globalCount)))
          continue;
        return diag.fail(OPTIMC_INVALID_ARGUMENT,
                         "the shard of tensor '%.200s' has the elements %lld "
                         "to %lld; '%s' allows cuts at multiples of %lld",
                         desc.name, static_cast<long long>(first),
                         static_cast<long long>(end), program.source->name,
                         static_cast<long long>(unit));
      }
  return OPTIMC_OK;
}

optimc_status Registration::bindNamed(const optimc_named_buffer &buffer) {
  if (!buffer.name)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "a buffer of tensor '%.200s' has a NULL name", desc.name);
  std::vector<std::string> names;
  uint32_t stream = none;
  bool isAux = false;
  for (uint32_t i = 0; i < program.streams.size(); ++i) {
    if (!isUsed(i))
      continue;
    std::string name = program.streams[i].name;
    auto match = [&](const std::string &candidate, bool aux) {
      names.push_back(candidate);
      if (candidate == buffer.name) {
        stream = i;
        isAux = aux;
      }
    };
    if (program.streams[i].role == OPTIMC_ROLE_STATE ||
        program.streams[i].role == OPTIMC_ROLE_INPUT)
      match(name, false);
    if (program.formats[i].hasAux())
      match(name + "." + program.formats[i].auxSuffix(), true);
  }
  std::vector<std::string_view> known(names.begin(), names.end());
  if (stream == none)
    return diag.fail(OPTIMC_NOT_FOUND,
                     "tensor '%.200s' has no element state or input '%.200s'%s",
                     desc.name, buffer.name,
                     suggest(buffer.name, known).c_str());
  if (buffer.flags & ~uint32_t(OPTIMC_BUFFER_KEEP))
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "buffer '%s' of tensor '%.200s' has unknown flags %#x",
                     buffer.name, desc.name, buffer.flags);
  if (!buffer.data && tensor->count)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "buffer '%s' of tensor '%.200s' is NULL", buffer.name,
                     desc.name);
  void *&slot = isAux ? tensor->aux[stream] : tensor->stream[stream];
  if (slot)
    return diag.fail(OPTIMC_ALREADY_EXISTS,
                     "buffer '%s' of tensor '%.200s' is given twice",
                     buffer.name, desc.name);
  slot = buffer.data;
  if (buffer.flags & OPTIMC_BUFFER_KEEP)
    (isAux ? keptAux : kept) |= uint64_t(1) << stream;
  return OPTIMC_OK;
}

optimc_status Registration::bindBuffers() {
  tensor->stream.assign(program.streams.size(), nullptr);
  tensor->aux.assign(program.streams.size(), nullptr);
  if (!desc.param && tensor->count)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the parameter of tensor '%.200s' is NULL", desc.name);
  if (desc.n_buffers && !desc.buffers)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "tensor '%.200s' has %u buffers, but their list is NULL",
                     desc.name, desc.n_buffers);
  tensor->stream[program.paramStream] = desc.param;
  if (program.gradStream != none)
    tensor->stream[program.gradStream] = desc.grad;
  for (uint32_t i = 0; i < desc.n_buffers; ++i)
    if (optimc_status s = bindNamed(desc.buffers[i]))
      return s;
  for (uint32_t i = 0; i < program.streams.size(); ++i) {
    const Format &format = program.formats[i];
    const char *name = program.streams[i].name;
    if (optimc_status s =
            checkBuffer(*opt.memory, tensor->stream[i],
                        tensor->valuesOf(program.streams[i]),
                        format.elementSize(), name, desc.name, diag))
      return s;
    if (optimc_status s =
            checkBuffer(*opt.memory, tensor->aux[i],
                        tensor->auxCountOf(program.streams[i], format),
                        sizeof(uint16_t), name, desc.name, diag))
      return s;
  }
  return checkAux();
}

/// Codes without their exponents are no values.
optimc_status Registration::checkAux() {
  for (uint32_t i = 0; i < program.streams.size(); ++i) {
    const Format &format = program.formats[i];
    if (!format.hasAux() || !tensor->count)
      continue;
    bool isState = program.streams[i].role == OPTIMC_ROLE_STATE;
    const char *name = program.streams[i].name;
    if (tensor->aux[i] && !tensor->stream[i])
      return diag.fail(OPTIMC_INVALID_ARGUMENT,
                       "buffer '%s.%s' of tensor '%.200s' is given, but not "
                       "'%s'",
                       name, format.auxSuffix(), desc.name, name);
    bool keeps = kept >> i & 1, keepsAux = keptAux >> i & 1;
    if (isState && keeps != keepsAux)
      return diag.fail(OPTIMC_INVALID_ARGUMENT,
                       "buffers '%s' and '%s.%s' of tensor '%.200s' are a "
                       "state together: give both with OPTIMC_BUFFER_KEEP, or "
                       "neither",
                       name, name, format.auxSuffix(), desc.name);
  }
  return OPTIMC_OK;
}

optimc_status Registration::reserve(int64_t bytes, const std::string &what,
                                    void *&slot) {
  if (Arena::isUsed && opt.memory->isHost() && bytes <= Arena::maxBytes)
    return opt.arena.allocate(bytes, what, slot, diag);
  if (optimc_status s = opt.memory->allocate(bytes, what, slot, diag))
    return s;
  tensor->owned.emplace_back(slot, FreeMemory{opt.memory});
  return OPTIMC_OK;
}

optimc_status Registration::allocate(uint32_t stream, int64_t bytes,
                                     void *&slot) {
  if (slot)
    return OPTIMC_OK;
  std::string what =
      format("%s '%s' of tensor '%.200s' with %lld elements",
             stream == program.paramStream ? "parameter" : "state",
             program.streams[stream].name, desc.name,
             static_cast<long long>(tensor->count));
  return reserve(bytes, what, slot);
}

/// Where kernels leave partial results.
optimc_status Registration::allocatePartials() {
  for (size_t e = 0; e < program.entries.size(); ++e) {
    const Entry &entry = program.entries[e];
    auto &places = tensor->partials.emplace_back(entry.reductions.size());
    for (size_t r = 0; r < entry.reductions.size(); ++r) {
      const optimc_reduction &reduction = entry.reductions[r];
      if (isScalarRate(reduction.from_rate))
        continue;
      int64_t bytes = partialRange(*tensor, reduction).bytes;
      if (optimc_status s = reserve(
              bytes, format("the reductions of tensor '%.200s'", desc.name),
              places[r]))
        return s;
    }
  }
  return OPTIMC_OK;
}

optimc_status Registration::allocateStates() {
  const std::vector<double> &hypers = opt.groups[tensor->group].hypers;
  int64_t count = tensor->count;
  uint32_t index = opt.tensors.size();
  std::vector<Interval> added;
  for (uint32_t i = 0; i < program.streams.size(); ++i) {
    const Format &format = program.formats[i];
    int64_t bytes = tensor->valuesOf(program.streams[i]) * format.elementSize();
    int64_t auxBytes =
        tensor->auxCountOf(program.streams[i], format) * sizeof(uint16_t);
    uint32_t role = program.streams[i].role;
    if (isUsed(i) &&
        (role == OPTIMC_ROLE_STATE || role == OPTIMC_ROLE_TEMPORARY))
      if (optimc_status s = allocate(i, bytes, tensor->stream[i]))
        return s;
    if (isUsed(i) && format.hasAux())
      if (optimc_status s = allocate(i, auxBytes, tensor->aux[i]))
        return s;
    added.push_back(intervalOf(tensor->stream[i], bytes, index, i));
    // Second arrays are never bound again.
    added.push_back(intervalOf(tensor->aux[i], auxBytes, index, auxStream + i));
  }
  Interval a, b;
  if (!opt.buffers.prepare({}, added, a, b))
    return overlapError(opt, a, b, desc.name, diag);
  // Only now may the caller's buffers be written: nothing can fail any more
  // but the device. The parameter first, which states may start as.
  for (uint32_t i = 0; i < program.streams.size(); ++i)
    if (program.formats[i].storage == OPTIMC_STORAGE_SPLIT && isUsed(i) &&
        !(keptAux >> i & 1))
      if (optimc_status s =
              opt.memory->clear(tensor->aux[i], count * sizeof(uint16_t), diag))
        return s;
  for (uint32_t i = 0; i < program.streams.size(); ++i)
    if (program.streams[i].role == OPTIMC_ROLE_STATE && isUsed(i) &&
        !(kept >> i & 1))
      if (optimc_status s = initStream(opt, i, *tensor, hypers.data(), diag))
        return s;
  return OPTIMC_OK;
}

optimc_status Registration::check() {
  if (optimc_status s = checkTypes())
    return s;
  if (optimc_status s = checkShape())
    return s;
  if (optimc_status s = choosePlans())
    return s;
  if (optimc_status s = checkShard())
    return s;
  if (optimc_status s = bindBuffers())
    return s;
  if (optimc_status s = allocatePartials())
    return s;
  return allocateStates();
}

uint32_t Registration::commit() {
  uint32_t index = opt.tensors.size();
  const double *hypers = opt.groups[tensor->group].hypers.data();
  tensor->name = desc.name;
  tensor->nameHash = hashName(tensor->name);
  tensor->keyBase = keyBase(opt.seed, tensor->nameHash);
  tensor->own.reduced.resize(program.maxReductions);
  if (program.tensorFrames)
    initInstance(program, OPTIMC_RATE_TENSOR, tensor->own);
  tensor->own.state = initialStates(program, OPTIMC_RATE_TENSOR, hypers);
  tensor->inputs = initialInputs(program, OPTIMC_RATE_TENSOR);
  moveToClock(opt, *tensor,
              clockWith(opt, tensor->group,
                        initialStates(program, OPTIMC_RATE_GROUP, hypers)));
  opt.buffers.commit();
  opt.tensorNames.emplace(tensor->name, index);
  opt.everyTensor.push_back(index);
  opt.tensors.push_back(std::move(tensor));
  ++opt.structure;
  scalarsChanged(opt);
  return index;
}

std::string Tensor::layout() const {
  return shapeText(shape.data(), shape.size()) + " " +
         std::to_string(shardStart) + " " + std::to_string(count);
}

optimc_status optimc_add_tensor(optimc_optimizer *opt, optimc_group group,
                                const optimc_tensor_desc *desc,
                                optimc_tensor *out, optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (!desc)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the description of the tensor is NULL");
  if (desc->size != sizeof *desc)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "optimc_tensor_desc.size is %u, but this runtime's "
                     "description has %zu bytes; start from "
                     "OPTIMC_TENSOR_DESC_INIT",
                     desc->size, sizeof *desc);
  if (optimc_status s = checkName(desc->name, "tensor", diag))
    return s;
  if (!out)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the place for the number of tensor '%.200s' is NULL",
                     desc->name);
  if (optimc_status s = checkClosed(*opt, "adding a tensor", diag))
    return s;
  if (optimc_status s = checkGroup(*opt, group, diag))
    return s;
  if (opt->tensorNames.find(desc->name) != opt->tensorNames.end())
    return diag.fail(OPTIMC_ALREADY_EXISTS,
                     "there is a tensor '%.200s' already", desc->name);
  if (optimc_status s = pullScalars(*opt, diag))
    return s;
  Registration registration(*opt, group, *desc, diag);
  if (optimc_status s = registration.check())
    return s;
  *out = registration.commit();
  return OPTIMC_OK;
}
