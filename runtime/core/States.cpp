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
#include <cstring>

using namespace optimc::rt;

static size_t positionOf(const Format &format, int64_t first) {
  return static_cast<size_t>(first) * format.elementSize();
}

/// Where value `first` of slot `slot` is in the second array.
static uint16_t *auxOf(const Tensor &tensor, uint32_t stream,
                       const Format &format, int64_t slot, int64_t first) {
  auto *aux = static_cast<uint16_t *>(tensor.aux[stream]);
  return aux ? aux + slot * format.auxCount(tensor.count) +
                   format.auxCount(first)
             : nullptr;
}

/// Calls `visit` with parts of [first, first + count) that are in one slot: its
/// number, where they start in it, how many they are, and how many came before.
template <typename Visit>
static optimc_status forEachSlot(const Tensor &tensor,
                                 const optimc_stream &stream, int64_t first,
                                 int64_t count, Visit visit) {
  int64_t size = tensor.countOf(stream.rate);
  for (int64_t done = 0; done < count;) {
    int64_t slot = (first + done) / size, from = (first + done) % size;
    int64_t part = std::min(size - from, count - done);
    if (optimc_status s = visit(slot, from, part, done))
      return s;
    done += part;
  }
  return OPTIMC_OK;
}

optimc_status optimc::rt::readElements(const Optimizer &opt,
                                       const Tensor &tensor, uint32_t stream,
                                       int64_t first, int64_t count,
                                       float *values, const Diag &diag) {
  const Format &format = opt.program.formats[stream];
  std::vector<char> copies[2];
  const void *codes, *aux;
  auto *from = static_cast<const char *>(tensor.stream[stream]);
  auto read = [&](int64_t slot, int64_t start, int64_t part, int64_t done) {
    if (optimc_status s =
            opt.memory->view(from + positionOf(format, first + done),
                             static_cast<int64_t>(positionOf(format, part)),
                             copies[0], codes, diag))
      return s;
    if (optimc_status s = opt.memory->view(
            auxOf(tensor, stream, format, slot, start),
            format.auxCount(part) * sizeof(uint16_t), copies[1], aux, diag))
      return s;
    decode(format, codes, static_cast<const uint16_t *>(aux), part,
           values + done);
    return OPTIMC_OK;
  };
  return forEachSlot(tensor, opt.program.streams[stream], first, count, read);
}

optimc_status optimc::rt::writeElements(const Optimizer &opt, Tensor &tensor,
                                        uint32_t stream, int64_t first,
                                        int64_t count, const float *values,
                                        const Diag &diag) {
  const Format &format = opt.program.formats[stream];
  std::vector<char> copies[2];
  auto write = [&](int64_t slot, int64_t start, int64_t part, int64_t done) {
    char *codes = static_cast<char *>(tensor.stream[stream]) +
                  positionOf(format, first + done);
    uint16_t *aux = auxOf(tensor, stream, format, slot, start);
    auto bytes = static_cast<int64_t>(positionOf(format, part));
    int64_t auxBytes = format.auxCount(part) * sizeof(uint16_t);
    void *codesHere = opt.memory->place(codes, bytes, copies[0]);
    void *auxHere = opt.memory->place(aux, auxBytes, copies[1]);
    encode(format, values + done, part, codesHere,
           static_cast<uint16_t *>(auxHere));
    if (optimc_status s = opt.memory->write(codes, codesHere, bytes, diag))
      return s;
    return opt.memory->write(aux, auxHere, auxBytes, diag);
  };
  return forEachSlot(tensor, opt.program.streams[stream], first, count, write);
}

optimc_status optimc::rt::initStream(const Optimizer &opt, uint32_t stream,
                                     Tensor &tensor, const double *hypers,
                                     const Diag &diag) {
  const optimc_stream &start = opt.program.streams[stream];
  const Format &format = opt.program.formats[stream];
  DefaultFpEnvironment environment; // float64 becomes float32 here
  auto value = static_cast<float>(start.init == OPTIMC_INIT_HYPER
                                      ? hypers[start.init_hyper]
                                      : start.init_value);
  int64_t total = tensor.valuesOf(start);
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (start.init != OPTIMC_INIT_PARAM && bits == 0) {
    // +0 is all zeros in every format.
    if (optimc_status s = opt.memory->clear(
            tensor.stream[stream],
            static_cast<int64_t>(positionOf(format, total)), diag))
      return s;
    return opt.memory->clear(
        tensor.aux[stream], tensor.auxCountOf(start, format) * sizeof(uint16_t),
        diag);
  }
  // Copies to a device cost more than what they copy.
  int64_t chunk = (opt.memory->isHost() ? 16 : 4096) * storageBlock;
  std::vector<float> values(std::min(chunk, total), value);
  int64_t size = tensor.countOf(start.rate);
  for (int64_t slot = 0; slot < total; slot += size)
    for (int64_t first = 0; first < size; first += chunk) {
      int64_t count = std::min(chunk, size - first);
      // A ring cannot start so: it has one slot.
      if (start.init == OPTIMC_INIT_PARAM)
        if (optimc_status s = readElements(opt, tensor, opt.program.paramStream,
                                           first, count, values.data(), diag))
          return s;
      if (optimc_status s = writeElements(opt, tensor, stream, slot + first,
                                          count, values.data(), diag))
        return s;
    }
  return OPTIMC_OK;
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
          owner.auxCountOf(opt->program.streams[stream], format)};
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
  return readElements(*opt, owner, stream, 0, count, out, diag);
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
  return writeElements(*opt, owner, stream, 0, count, data, diag);
}
