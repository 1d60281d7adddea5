//===- Save.cpp - writing a checkpoint ------------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Checkpoint.h"
#include "core/File.h"
#include "core/Safetensors.h"

#include <algorithm>
#include <deque>
#include <numeric>

using namespace optimc::rt;

namespace {
/// What goes into the file, in order: float64 first, so that all is aligned.
class Contents {
public:
  explicit Contents(const Optimizer &opt) : opt(opt) {}
  void collect();

  std::vector<FileTensor> tensors;
  std::vector<FileBytes> data; // by tensor

private:
  void addScalar(std::string key, double value);
  void addElements(std::string key, const Tensor &tensor, uint32_t stream);
  void addInputs();
  void addScalarStates();

  const Optimizer &opt;
  std::deque<double> scalars; // owns what `data` points to
  uint64_t size = 0;
};
} // namespace

void Contents::addScalar(std::string key, double value) {
  scalars.push_back(value);
  tensors.push_back({std::move(key), "F64", {}, size, size + 8, false});
  data.push_back({&scalars.back(), &hostMemory()});
  size += 8;
}

void Contents::addElements(std::string key, const Tensor &tensor,
                           uint32_t stream) {
  const Format &format = opt.program.formats[stream];
  const optimc_stream &source = opt.program.streams[stream];
  int64_t values = tensor.valuesOf(source);
  std::vector<uint64_t> shape(tensor.shape.begin(), tensor.shape.end());
  if (tensor.isShard() || source.rate != OPTIMC_RATE_ELEMENT)
    shape = {static_cast<uint64_t>(tensor.countOf(source.rate))}; // flat
  if (source.slots > 1)
    shape.insert(shape.begin(), source.slots);
  std::string second = format.hasAux() ? auxKey(key, format) : "";
  auto add = [&](std::string name, const char *dtype,
                 std::vector<uint64_t> extents, uint64_t bytes,
                 const void *source) {
    tensors.push_back({std::move(name), dtype, std::move(extents), size,
                       size + bytes, false});
    data.push_back({source, opt.memory});
    size += bytes;
  };
  add(std::move(key), format.fileDtype(), std::move(shape),
      values * format.elementSize(), tensor.stream[stream]);
  if (!format.hasAux())
    return;
  uint64_t count = tensor.auxCountOf(source, format);
  std::vector<uint64_t> words = {count / source.slots};
  if (source.slots > 1)
    words.insert(words.begin(), source.slots);
  add(std::move(second), "U16", std::move(words), count * sizeof(uint16_t),
      tensor.aux[stream]);
}

void Contents::addInputs() {
  for (const ScalarSlot &input : opt.program.inputs) {
    auto add = [&](const std::vector<InputValue> &values,
                   const std::string &owner) {
      if (values[input.index].isSet)
        addScalar(scalarKey("input", input.name, owner),
                  values[input.index].value);
    };
    if (input.rate == OPTIMC_RATE_MODEL)
      add(opt.modelInputs, "");
    if (input.rate == OPTIMC_RATE_GROUP)
      for (const Group &group : opt.groups)
        add(group.inputs, group.name);
    if (input.rate == OPTIMC_RATE_TENSOR)
      for (const auto &tensor : opt.tensors)
        add(tensor->inputs, tensor->name);
  }
}

void Contents::addScalarStates() {
  for (const optimc_scalar_state &state : opt.program.states) {
    if (state.rate == OPTIMC_RATE_MODEL) {
      addScalar(scalarKey("scalar", state.name, ""),
                opt.model.state[state.index]);
      continue;
    }
    for (const auto &tensor : opt.tensors) {
      const Instance &instance =
          state.rate == OPTIMC_RATE_GROUP ? *tensor->clock : tensor->own;
      addScalar(scalarKey("scalar", state.name, tensor->name),
                instance.state[state.index]);
    }
  }
}

void Contents::collect() {
  const Program &program = opt.program;
  for (size_t i = 0; i < program.hypers.size(); ++i)
    for (const Group &group : opt.groups)
      addScalar(scalarKey("hyper", program.hypers[i].name, group.name),
                group.hypers[i]);
  addInputs();
  addScalarStates();
  for (const auto &tensor : opt.tensors)
    addElements(paramKey(tensor->name), *tensor, program.paramStream);
  for (size_t i = 0; i < program.streams.size(); ++i)
    for (const auto &tensor : opt.tensors)
      if (program.streams[i].role == OPTIMC_ROLE_STATE && tensor->stream[i])
        addElements(stateKey(program.streams[i].name, tensor->name), *tensor,
                    i);
}

static std::vector<std::pair<std::string, std::string>>
metadataOf(const Optimizer &opt) {
  std::vector<std::pair<std::string, std::string>> list = {
      {"format", "optimc"},
      {"format_version", checkpointVersion},
      {"program", opt.program.source->name},
      {"spec_hash", opt.program.source->spec_hash},
      {"compiler", opt.program.source->compiler},
      {"seed", std::to_string(opt.seed)},
      {"mode", opt.mode}};
  for (size_t i = 0; i < opt.program.streams.size(); ++i)
    if (opt.program.formats[i].storage != OPTIMC_STORAGE_F32)
      list.emplace_back(storageKey(opt.program.streams[i].name),
                        opt.program.formats[i].name());
  for (const auto &tensor : opt.tensors)
    list.emplace_back(layoutKey(tensor->name), tensor->layout());
  return list;
}

/// Wide types first, so that every array is aligned to its elements. Offsets
/// follow.
static void layOut(std::vector<FileTensor> &tensors,
                   std::vector<FileBytes> &data) {
  std::vector<size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    size_t sizeA = sizeOfDtype(tensors[a].dtype);
    size_t sizeB = sizeOfDtype(tensors[b].dtype);
    return sizeA != sizeB ? sizeA > sizeB : a < b;
  });
  std::vector<FileTensor> sorted;
  std::vector<FileBytes> sources;
  uint64_t at = 0;
  for (size_t i : order) {
    uint64_t size = tensors[i].end - tensors[i].begin;
    sorted.push_back(std::move(tensors[i]));
    sorted.back().begin = at;
    sorted.back().end = at += size;
    sources.push_back(data[i]);
  }
  tensors.swap(sorted);
  data.swap(sources);
}

/// The file appears whole or not at all.
optimc_status optimc::rt::writeCheckpoint(
    const char *path,
    const std::vector<std::pair<std::string, std::string>> &metadata,
    std::vector<FileTensor> tensors, std::vector<FileBytes> data,
    const Diag &diag) {
  layOut(tensors, data);
  std::string header = writeHeader(metadata, tensors);
  if (header.size() > maxHeaderLength)
    return diag.fail(OPTIMC_UNSUPPORTED,
                     "the checkpoint's header would have %zu bytes; at most "
                     "%llu are allowed: shorten the tensors' names",
                     header.size(),
                     static_cast<unsigned long long>(maxHeaderLength));
  unsigned char length[8];
  for (int i = 0; i < 8; ++i)
    length[i] = header.size() >> (8 * i);

  AtomicFile file(path);
  if (optimc_status s = file.open(diag))
    return s;
  Checksum checksum;
  auto write = [&](const void *bytes, uint64_t size) {
    checksum.add(bytes, size);
    return file.write(bytes, size, diag);
  };
  if (optimc_status s = write(length, sizeof length))
    return s;
  if (optimc_status s = write(header.data(), header.size()))
    return s;
  // Scalars are tiny: one write each would cost a system call each.
  std::string small;
  constexpr uint64_t maxPiece = 16u << 20;
  std::vector<char> scratch;
  auto flush = [&]() {
    optimc_status s = write(small.data(), small.size());
    small.clear();
    return s;
  };
  for (size_t i = 0; i < tensors.size(); ++i) {
    uint64_t size = tensors[i].end - tensors[i].begin;
    if (size == 0)
      continue;
    // What is on a device comes in pieces.
    uint64_t piece = data[i].memory->isHost() ? size : maxPiece;
    for (uint64_t first = 0; first < size; first += piece) {
      uint64_t count = std::min(piece, size - first);
      const void *bytes;
      if (optimc_status s = data[i].memory->view(
              static_cast<const char *>(data[i].data) + first,
              static_cast<int64_t>(count), scratch, bytes, diag))
        return s;
      if (size <= 4096) {
        small.append(static_cast<const char *>(bytes), count);
        if (small.size() < (1u << 20))
          continue;
      }
      if (optimc_status s = flush())
        return s;
      if (size > 4096)
        if (optimc_status s = write(bytes, count))
          return s;
    }
  }
  if (optimc_status s = flush())
    return s;
  std::string digits = checksum.digits();
  if (optimc_status s =
          file.overwrite(checksumOffset, digits.data(), digits.size(), diag))
    return s;
  return file.commit(diag);
}

optimc_status optimc_save(const optimc_optimizer *opt, const char *path,
                          optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (!path || !*path)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "the path is %s",
                     path ? "empty" : "NULL");
  if (optimc_status s = checkClosed(*opt, "saving", diag))
    return s;
  if (optimc_status s = pullScalars(*opt, diag))
    return s;
  Contents contents(*opt);
  contents.collect();
  return writeCheckpoint(path, metadataOf(*opt), std::move(contents.tensors),
                         std::move(contents.data), diag);
}
