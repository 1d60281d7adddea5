//===- Memory.cpp - tensors on the host and on the device -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Memory.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace optimc::test;

static int64_t divideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

int64_t Shape::countOf(uint32_t rate) const {
  switch (rate) {
  case OPTIMC_RATE_ROW:
    return batches * rows;
  case OPTIMC_RATE_COL:
    return batches * cols;
  case OPTIMC_RATE_BLOCK:
    return block ? divideUp(count(), block) : 0;
  default:
    return count();
  }
}

size_t optimc::test::getElementSize(uint32_t storage) {
  if (storage == OPTIMC_STORAGE_F32)
    return 4;
  return storage == OPTIMC_STORAGE_Q8 || storage == OPTIMC_STORAGE_Q8_SR ? 1
                                                                         : 2;
}

size_t optimc::test::getAuxCount(uint32_t storage, size_t count) {
  if (storage == OPTIMC_STORAGE_SPLIT)
    return count;
  return getElementSize(storage) == 1 ? (count + 255) / 256 : 0;
}

template <typename T>
static T get(const uint8_t *bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

static bool isNaN(Content content, const uint8_t *bytes) {
  switch (content) {
  case Content::Float32:
    return std::isnan(get<float>(bytes));
  case Content::Float64:
    return std::isnan(get<double>(bytes));
  case Content::BFloat16:
    return (get<uint16_t>(bytes) & 0x7FFF) > 0x7F80;
  case Content::Float16:
    return (get<uint16_t>(bytes) & 0x7FFF) > 0x7C00;
  case Content::Exact:
    return false;
  }
  return false;
}

int64_t optimc::test::findDifference(const Buffer &expected,
                                     const std::vector<uint8_t> &actual) {
  size_t size = expected.content == Content::Float64   ? 8
                : expected.content == Content::Float32 ? 4
                : expected.content == Content::Exact   ? 1
                                                       : 2;
  for (size_t i = 0; i + size <= expected.bytes.size(); i += size) {
    const uint8_t *a = &expected.bytes[i], *b = &actual[i];
    if (std::memcmp(a, b, size) != 0 &&
        !(isNaN(expected.content, a) && isNaN(expected.content, b)))
      return static_cast<int64_t>(i / size);
  }
  return -1;
}

//===----------------------------------------------------------------------===//
// The device
//===----------------------------------------------------------------------===//

static ptxsim::DeviceConfig getConfig(uint32_t sm) {
  ptxsim::DeviceConfig config;
  config.smVersion = sm;
  return config;
}

DeviceMemory::DeviceMemory(uint32_t sm) : device(getConfig(sm)) {}

/// Only an exhausted simulator fails here.
static void require(bool holds, const std::string &message) {
  if (holds)
    return;
  std::fprintf(stderr, "%s\n", message.c_str());
  std::abort();
}

uint64_t DeviceMemory::write(const void *data, size_t size,
                             const std::string &name, unsigned shift) {
  auto address =
      device.memory().allocate(std::max<size_t>(size + shift, 1), name);
  require(bool(address), "out of device memory");
  if (size) {
    auto status = device.memory().write(*address + shift, data, size);
    require(bool(status), "cannot write device memory");
  }
  return *address + shift;
}

std::vector<uint8_t> DeviceMemory::read(uint64_t address, size_t size) {
  std::vector<uint8_t> bytes(size);
  if (size) {
    auto status = device.memory().read(address, bytes.data(), size);
    require(bool(status), "cannot read device memory");
  }
  return bytes;
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

static Content getContent(uint32_t storage) {
  switch (storage) {
  case OPTIMC_STORAGE_F32:
    return Content::Float32;
  case OPTIMC_STORAGE_BF16:
  case OPTIMC_STORAGE_BF16_SR:
    return Content::BFloat16;
  case OPTIMC_STORAGE_F16:
    return Content::Float16;
  default:
    return Content::Exact;
  }
}

/// Numbers as in training for half of the elements, the same in every stream.
static Buffer makeStream(uint32_t storage, size_t count, Numbers &numbers) {
  Buffer buffer;
  buffer.content = getContent(storage);
  size_t size = getElementSize(storage);
  std::vector<float> values = numbers.stream(count);
  buffer.bytes.resize(count * size);
  for (size_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, &values[i], sizeof bits);
    if (storage == OPTIMC_STORAGE_F16 || size == 1)
      bits = uint32_t(numbers.below(1 << 16)) |
             (size == 1 ? uint32_t(numbers.below(256)) << 16 : 0);
    else if (size == 2)
      bits >>= 16;
    std::memcpy(&buffer.bytes[i * size], &bits, size);
  }
  return buffer;
}

/// q8's exponents, or the low halves of split.
static Buffer makeAux(uint32_t storage, size_t entries, Numbers &numbers) {
  Buffer buffer;
  bool isLow = storage == OPTIMC_STORAGE_SPLIT;
  buffer.bytes.resize(2 * entries);
  for (size_t i = 0; i < entries; ++i) {
    constexpr int largestExponent = 1789;
    auto word =
        static_cast<uint16_t>(numbers.below(isLow ? 1 << 16 : largestExponent));
    std::memcpy(&buffer.bytes[2 * i], &word, sizeof word);
  }
  return buffer;
}

/// The layout at optimc_reduction, filled with a pattern.
static Buffer makePartials(const optimc_reduction &reduction,
                           const Shape &shape) {
  constexpr int64_t granule = 4096, panel = 64;
  Buffer buffer;
  if (reduction.from_rate < OPTIMC_RATE_ROW)
    return buffer;
  size_t size = 8;
  buffer.content = Content::Float64;
  int64_t count = 0;
  switch (reduction.to_rate) {
  case OPTIMC_RATE_ROW:
    count = shape.countOf(OPTIMC_RATE_ROW) * divideUp(shape.cols, granule);
    break;
  case OPTIMC_RATE_BLOCK:
    count = shape.block ? shape.countOf(OPTIMC_RATE_BLOCK) *
                              divideUp(shape.block, granule)
                        : 0;
    break;
  case OPTIMC_RATE_COL:
    size = 4;
    buffer.content = Content::Float32;
    count = shape.batches * divideUp(shape.rows, panel) * shape.cols;
    break;
  default:
    count = divideUp(shape.countOf(reduction.from_rate), granule);
  }
  buffer.bytes.assign(static_cast<size_t>(count) * size, 0xA5);
  return buffer;
}

TestTensor optimc::test::makeTensor(const optimc_program &program,
                                    const optimc_entry &entry,
                                    const optimc_plan &plan, const Shape &shape,
                                    Numbers &numbers) {
  TestTensor tensor;
  tensor.shape = shape;
  for (uint32_t i = 0; i < program.streams.count; ++i) {
    const optimc_stream &stream = at(program.streams, i);
    uint32_t storage = plan.storage[i];
    auto count = static_cast<size_t>(shape.countOf(stream.rate));
    tensor.stream.push_back(makeStream(storage, count * stream.slots, numbers));
    tensor.aux.push_back(
        makeAux(storage, getAuxCount(storage, count) * stream.slots, numbers));
  }
  for (uint32_t i = 0; i < entry.reductions.count; ++i)
    tensor.partials.push_back(makePartials(at(entry.reductions, i), shape));
  tensor.keyBase = optimc_mix(static_cast<uint64_t>(numbers.below(1 << 30)));
  tensor.step = numbers.below(4) ? numbers.below(100000) : 0;
  return tensor;
}

void optimc::test::upload(TestTensor &tensor, DeviceMemory &memory) {
  unsigned turn = 1;
  auto copy = [&](std::vector<Buffer> &buffers, const std::string &name,
                  bool isData) {
    for (size_t i = 0; i < buffers.size(); ++i) {
      Buffer &buffer = buffers[i];
      if (buffer.bytes.empty()) {
        buffer.address = 0;
        continue;
      }
      unsigned size = buffer.content == Content::Float32 ? 4 : 2;
      unsigned shift =
          tensor.isAligned || !isData ? 0 : size * (turn++ % (16 / size));
      buffer.address = memory.write(buffer.bytes.data(), buffer.bytes.size(),
                                    name + " " + std::to_string(i), shift);
    }
  };
  copy(tensor.stream, "stream", true);
  copy(tensor.aux, "aux", true);
  copy(tensor.partials, "partials", false);
}
