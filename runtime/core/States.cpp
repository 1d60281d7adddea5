//===- States.cpp - element states ----------------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Names.h"
#include "core/Optimizer.h"
#include "cpu/FpEnvironment.h"

#include <algorithm>
#include <cstdlib>
#include <sys/mman.h>

using namespace optimc::rt;

void FreeMemory::operator()(void *memory) const { free(memory); }

void *optimc::rt::allocateBytes(int64_t count) {
  constexpr size_t hugePage = size_t(2) << 20;
  auto bytes = static_cast<size_t>(count);
  size_t alignment = bytes >= 2 * hugePage ? hugePage : 64;
  void *memory = nullptr;
  if (posix_memalign(&memory, alignment, std::max<size_t>(bytes, 64)) != 0)
    return nullptr;
#ifdef MADV_HUGEPAGE
  // Only a hint: streaming over many states misses the TLB less.
  if (alignment == hugePage)
    madvise(memory, bytes / hugePage * hugePage, MADV_HUGEPAGE);
#endif
  return memory;
}

static size_t positionOf(const Format &format, int64_t first) {
  return static_cast<size_t>(first) * format.elementSize();
}

static uint16_t *auxOf(const Tensor &tensor, uint32_t stream,
                       const Format &format, int64_t first) {
  auto *aux = static_cast<uint16_t *>(tensor.aux[stream]);
  return aux ? aux + format.auxCount(first) : nullptr;
}

void optimc::rt::readElements(const Program &program, const Tensor &tensor,
                              uint32_t stream, int64_t first, int64_t count,
                              float *values) {
  const Format &format = program.formats[stream];
  auto *codes = static_cast<const char *>(tensor.stream[stream]);
  decode(format, codes + positionOf(format, first),
         auxOf(tensor, stream, format, first), count, values);
}

void optimc::rt::writeElements(const Program &program, Tensor &tensor,
                               uint32_t stream, int64_t first, int64_t count,
                               const float *values) {
  const Format &format = program.formats[stream];
  auto *codes = static_cast<char *>(tensor.stream[stream]);
  encode(format, values, count, codes + positionOf(format, first),
         auxOf(tensor, stream, format, first));
}

void optimc::rt::initStream(const Program &program, uint32_t stream,
                            Tensor &tensor, const double *hypers) {
  const optimc_stream &start = program.streams[stream];
  constexpr int64_t chunk = 16 * storageBlock;
  float values[chunk];
  DefaultFpEnvironment environment; // float64 becomes float32 here
  std::fill_n(values, chunk,
              static_cast<float>(start.init == OPTIMC_INIT_HYPER
                                     ? hypers[start.init_hyper]
                                     : start.init_value));
  int64_t total = tensor.valuesOf(start);
  for (int64_t first = 0; first < total; first += chunk) {
    int64_t count = std::min(chunk, total - first);
    if (start.init == OPTIMC_INIT_PARAM)
      readElements(program, tensor, program.paramStream, first, count, values);
    writeElements(program, tensor, stream, first, count, values);
  }
}

/// Finds a state of a tensor; `out` is its stream number.
static optimc_status findState(const Optimizer *opt, optimc_tensor tensor,
                               const char *name, uint32_t &out,
                               const Diag &diag) {
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (optimc_status s = checkTensor(*opt, tensor, diag))
    return s;
  if (!name)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "the name of the state is NULL");
  std::vector<std::string_view> known;
  const Program &program = opt->program;
  for (uint32_t i = 0; i < program.streams.size(); ++i) {
    bool isKept = program.streams[i].role == OPTIMC_ROLE_STATE ||
                  program.streams[i].role == OPTIMC_ROLE_PARAM;
    if (!isKept || !opt->tensors[tensor]->stream[i])
      continue;
    known.push_back(program.streams[i].name);
    if (known.back() == name) {
      out = i;
      return OPTIMC_OK;
    }
  }
  return diag.fail(
      OPTIMC_NOT_FOUND, "tensor '%.200s' has no element state '%.200s'%s",
      opt->tensors[tensor]->name.c_str(), name, suggest(name, known).c_str());
}

optimc_status optimc_get_state(const optimc_optimizer *opt,
                               optimc_tensor tensor, const char *name,
                               optimc_view *out, optimc_error *error) {
  Diag diag(error);
  uint32_t stream;
  if (optimc_status s = findState(opt, tensor, name, stream, diag))
    return s;
  if (!out)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the place for the view of state '%s' is NULL", name);
  const Tensor &owner = *opt->tensors[tensor];
  const Format &format = opt->program.formats[stream];
  *out = {owner.stream[stream],
          owner.valuesOf(opt->program.streams[stream]),
          format.dtype(),
          0,
          static_cast<uint16_t *>(owner.aux[stream]),
          format.auxCount(owner.count)};
  return OPTIMC_OK;
}

static optimc_status checkCopy(const Tensor &tensor,
                               const optimc_stream &stream, const char *name,
                               const void *data, int64_t count,
                               const Diag &diag) {
  int64_t values = tensor.valuesOf(stream);
  if (count != values)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "state '%s' of tensor '%.200s' has %lld local %s, not "
                     "%lld",
                     name, tensor.name.c_str(), static_cast<long long>(values),
                     stream.rate == OPTIMC_RATE_ELEMENT && stream.slots == 1
                         ? "elements"
                         : "values",
                     static_cast<long long>(count));
  if (!data && count)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the buffer for state '%s' of tensor '%.200s' is NULL",
                     name, tensor.name.c_str());
  return OPTIMC_OK;
}

optimc_status optimc_read_state(const optimc_optimizer *opt,
                                optimc_tensor tensor, const char *name,
                                float *out, int64_t count,
                                optimc_error *error) {
  Diag diag(error);
  uint32_t stream;
  if (optimc_status s = findState(opt, tensor, name, stream, diag))
    return s;
  const Tensor &owner = *opt->tensors[tensor];
  if (optimc_status s = checkCopy(owner, opt->program.streams[stream], name,
                                  out, count, diag))
    return s;
  DefaultFpEnvironment environment;
  readElements(opt->program, owner, stream, 0, count, out);
  return OPTIMC_OK;
}

optimc_status optimc_write_state(optimc_optimizer *opt, optimc_tensor tensor,
                                 const char *name, const float *data,
                                 int64_t count, optimc_error *error) {
  Diag diag(error);
  uint32_t stream;
  if (optimc_status s = findState(opt, tensor, name, stream, diag))
    return s;
  Tensor &owner = *opt->tensors[tensor];
  if (optimc_status s = checkCopy(owner, opt->program.streams[stream], name,
                                  data, count, diag))
    return s;
  DefaultFpEnvironment environment;
  writeElements(opt->program, owner, stream, 0, count, data);
  return OPTIMC_OK;
}
