//===- Memory.h - tensors on the host and on the device ---------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_GPU_MEMORY_H
#define OPTIMC_TEST_UNIT_GPU_MEMORY_H

#include "../Differential/Numbers.h"
#include "optimc-c/Gpu.h"
#include "optimc-c/Program.h"
#include "ptxsim/Device.h"
#include <string>
#include <vector>

namespace optimc::test {

/// Element i of one of the program's arrays.
template <typename ArrayT>
auto &at(const ArrayT &array, uint32_t i) {
  auto *bytes = reinterpret_cast<const char *>(array.data);
  return *reinterpret_cast<decltype(array.data)>(bytes +
                                                 size_t(i) * array.elem_size);
}

/// Bytes of a test: what they are compared as.
enum class Content { Float32, BFloat16, Float16, Float64, Exact };

struct Buffer {
  std::vector<uint8_t> bytes; ///< on the host
  Content content = Content::Exact;
  uint64_t address = 0; ///< on the device; 0 where absent
};

/// The first place where `actual` has other bits, NaN aside; -1 if there is
/// none.
int64_t findDifference(const Buffer &expected,
                       const std::vector<uint8_t> &actual);

/// A view of Program.h.
struct Shape {
  int64_t batches = 1, rows = 1, cols = 0, block = 0;
  int64_t count() const { return batches * rows * cols; }
  int64_t countOf(uint32_t rate) const;
};

/// One tensor with random contents of every stream in its format.
struct TestTensor {
  Shape shape;
  std::vector<Buffer> stream, aux, partials;
  std::vector<float> scalars;
  uint64_t predicates = 0, keyBase = 0;
  double step = 0;
  bool isAligned = true;
};

/// Device memory, with allocations that end where their data does.
class DeviceMemory {
public:
  explicit DeviceMemory(uint32_t sm);

  /// `shift` bytes after a multiple of 256.
  uint64_t write(const void *data, size_t size, const std::string &name,
                 unsigned shift = 0);
  template <typename T>
  uint64_t write(const std::vector<T> &data, const std::string &name) {
    return write(data.data(), data.size() * sizeof(T), name);
  }
  std::vector<uint8_t> read(uint64_t address, size_t size);
  ptxsim::Device &get() { return device; }

private:
  ptxsim::Device device;
};

size_t getElementSize(uint32_t storage);
/// Entries of the second array of `count` values, or of one slot of a ring.
size_t getAuxCount(uint32_t storage, size_t count);

/// Random contents: numbers as in training, and any bits.
TestTensor makeTensor(const optimc_program &program, const optimc_entry &entry,
                      const optimc_plan &plan, const Shape &shape,
                      Numbers &numbers);
/// Copies the buffers there; `isAligned` says how they lie.
void upload(TestTensor &tensor, DeviceMemory &memory);

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_GPU_MEMORY_H
