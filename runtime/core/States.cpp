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
#include <cstring>
#include <sys/mman.h>

using namespace optimc::rt;

void FreeMemory::operator()(void *memory) const { free(memory); }

void *optimc::rt::allocateElements(int64_t count) {
  constexpr size_t hugePage = size_t(2) << 20;
  size_t bytes = static_cast<size_t>(count) * sizeof(float);
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

void optimc::rt::fillElements(void *data, int64_t count, float value) {
  std::fill_n(static_cast<float *>(data), count, value);
}

void optimc::rt::initStream(const optimc_stream &stream, void *data,
                            int64_t count, const void *param,
                            const double *hypers) {
  if (count == 0)
    return;
  DefaultFpEnvironment environment; // float64 becomes float32 here
  switch (stream.init) {
  case OPTIMC_INIT_PARAM:
    memcpy(data, param, count * sizeof(float));
    return;
  case OPTIMC_INIT_HYPER:
    return fillElements(data, count,
                        static_cast<float>(hypers[stream.init_hyper]));
  default:
    return fillElements(data, count, static_cast<float>(stream.init_value));
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
    if (program.streams[i].role != OPTIMC_ROLE_STATE ||
        !opt->tensors[tensor]->stream[i])
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
  *out = {owner.stream[stream], owner.count, OPTIMC_DTYPE_F32, 0};
  return OPTIMC_OK;
}

static optimc_status checkCopy(const Tensor &tensor, const char *name,
                               const void *data, int64_t count,
                               const Diag &diag) {
  if (count != tensor.count)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "state '%s' of tensor '%.200s' has %lld local elements, "
                     "not %lld",
                     name, tensor.name.c_str(),
                     static_cast<long long>(tensor.count),
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
  if (optimc_status s = checkCopy(owner, name, out, count, diag))
    return s;
  if (count)
    memmove(out, owner.stream[stream], count * sizeof(float));
  return OPTIMC_OK;
}

optimc_status optimc_write_state(optimc_optimizer *opt, optimc_tensor tensor,
                                 const char *name, const float *data,
                                 int64_t count, optimc_error *error) {
  Diag diag(error);
  uint32_t stream;
  if (optimc_status s = findState(opt, tensor, name, stream, diag))
    return s;
  const Tensor &owner = *opt->tensors[tensor];
  if (optimc_status s = checkCopy(owner, name, data, count, diag))
    return s;
  if (count)
    memmove(owner.stream[stream], data, count * sizeof(float));
  return OPTIMC_OK;
}
