//===- PhaseRun.cpp - one phase, as machine code and as PTX -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulate.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace optimc::test;

namespace {
class PhaseRun {
public:
  PhaseRun(Simulation &simulation, const optimc_plan &plan,
           const optimc_variant &variant, const optimc_phase &phase)
      : simulation(simulation), program(simulation.program), plan(plan),
        variant(variant), phase(phase), numbers(simulation.numbers) {}
  std::string run();

private:
  void makeTensors();
  Shape makeShape(int64_t size);
  void cut(uint32_t index);
  std::string runOnDevice();
  void runOnHost(TestTensor &tensor);
  std::string compare(const TestTensor &tensor, size_t index);
  bool isOurs(const TestTensor &tensor) const {
    return (tensor.predicates & variant.mask) == variant.value;
  }
  /// Where the slot of a ring is, in bytes: codes, and the second array.
  std::pair<size_t, size_t> getSlot(const TestTensor &tensor,
                                    uint32_t stream) const;
  uint64_t getNumber(const TestTensor &tensor) const;
  double getAhead() const;

  Simulation &simulation;
  const optimc_program &program;
  const optimc_plan &plan;
  const optimc_variant &variant;
  const optimc_phase &phase;
  Numbers &numbers;
  std::vector<TestTensor> tensors;
  std::vector<optimc_gpu_item> items;
};
} // namespace

/// As the runtime does it on the CPU.
static uint64_t numberOf(double step) {
  bool counts = step >= 0 && step <= 9007199254740993.0;
  return counts ? static_cast<uint64_t>(step) : 0;
}

double PhaseRun::getAhead() const {
  return simulation.entry.flags & OPTIMC_ENTRY_STEP ? 1 : 0;
}

uint64_t PhaseRun::getNumber(const TestTensor &tensor) const {
  return numberOf(tensor.step + getAhead());
}

std::pair<size_t, size_t> PhaseRun::getSlot(const TestTensor &tensor,
                                            uint32_t stream) const {
  const optimc_stream &what = at(program.streams, stream);
  uint64_t slot = numberOf(tensor.step + getAhead() - 1) % what.slots;
  auto count = static_cast<size_t>(tensor.shape.countOf(what.rate));
  uint32_t storage = plan.storage[stream];
  return {slot * count * getElementSize(storage),
          slot * getAuxCount(storage, count) * sizeof(uint16_t)};
}

//===----------------------------------------------------------------------===//
// Tensors and items
//===----------------------------------------------------------------------===//

/// About `size` elements, as the plan's ranks allow.
Shape PhaseRun::makeShape(int64_t size) {
  Shape shape;
  static constexpr int64_t columns[] = {1, 3, 64, 255, 256, 260, 1000, 5000};
  static constexpr int64_t blocks[] = {1, 7, 64, 4096, 5000};
  if (plan.max_rank < 2 || (plan.min_rank < 2 && numbers.chance(0.3))) {
    shape.cols = size;
  } else {
    shape.cols = columns[numbers.below(8)];
    shape.rows = std::max<int64_t>(size / shape.cols, size != 0);
    if (numbers.chance(0.4) && shape.rows > 2) {
      shape.batches = 2;
      shape.rows /= 2;
    }
  }
  shape.block = blocks[numbers.below(5)];
  return shape;
}

void PhaseRun::makeTensors() {
  for (int64_t size : simulation.options.sizes) {
    Shape shape = makeShape(size);
    TestTensor tensor =
        makeTensor(program, simulation.entry, plan, shape, numbers);
    tensor.isAligned = numbers.chance(0.6);
    // Counts of sound programs, the largest ones, and damaged ones.
    static const double steps[] = {
        0x1p52 - 1, 0x1p52,       0x1p53 - 1,
        0x1p53,     -0.0,         -1,
        -0.5,       -0x1p-60,     0.5,
        1.5,        0x1p51 - 0.5, 0x1.fffffffffffffp0,
        1e300,      std::nan(""), 0x1.fffffffffffffp-1};
    if (numbers.chance(0.4))
      tensor.step = steps[numbers.below(15)];
    for (uint32_t i = 0; i < simulation.entry.n_scalars; ++i) {
      // Rates, coefficients, truth values, and anything else.
      static constexpr float special[] = {0, 1, 0.1f, 1e-8f, -1e-3f, 0.999f};
      tensor.scalars.push_back(numbers.chance(0.8) ? special[numbers.below(6)]
                                                   : numbers.bits());
    }
    tensor.predicates = variant.value;
    // A tensor that waits for another variant.
    if (variant.mask && tensors.size() == 1)
      tensor.predicates ^= variant.mask & -variant.mask;
    tensors.push_back(std::move(tensor));
  }
}

/// Items as a runtime might cut them.
void PhaseRun::cut(uint32_t index) {
  const Shape &shape = tensors[index].shape;
  constexpr int64_t granule = 4096, panel = 64, block = 256;
  int64_t total = shape.countOf(phase.domain), unit = block;
  if (phase.cut == OPTIMC_CUT_GRANULES)
    unit = granule;
  if (phase.cut == OPTIMC_CUT_LINES)
    unit = (shape.batches > 1 && shape.rows % panel ? shape.rows : panel) *
           shape.cols;
  if (phase.cut == OPTIMC_CUT_BLOCKS)
    unit = shape.block;
  if (total == 0)
    return;
  int64_t piece = unit * std::max<int64_t>(8192 / unit, 1);
  piece = std::max(piece, unit * (1 + numbers.below(5)));
  for (int64_t first = 0; first < total; first += piece)
    items.push_back({first, index, uint32_t(std::min(piece, total - first))});
}

//===----------------------------------------------------------------------===//
// Both runs
//===----------------------------------------------------------------------===//

void PhaseRun::runOnHost(TestTensor &tensor) {
  std::vector<void *> stream, aux, partials;
  for (uint32_t i = 0; i < program.streams.count; ++i) {
    auto [codes, words] = getSlot(tensor, i);
    stream.push_back(tensor.stream[i].bytes.data() + codes);
    aux.push_back(tensor.aux[i].bytes.data() + words);
  }
  for (Buffer &buffer : tensor.partials)
    partials.push_back(buffer.bytes.data());
  optimc_run run = {};
  run.stream = stream.data();
  run.aux = aux.data();
  run.scalars = tensor.scalars.data();
  run.partials = partials.data();
  run.count = tensor.shape.countOf(phase.domain);
  run.rows = tensor.shape.rows;
  run.cols = tensor.shape.cols;
  run.block = tensor.shape.block;
  run.key = optimc_mix(tensor.keyBase ^ getNumber(tensor));
  if (run.count)
    at(phase.code, phase.code.count - 1).fn(&run, 1);
}

std::string PhaseRun::runOnDevice() {
  DeviceMemory &memory = simulation.memory;
  std::vector<uint64_t> records;
  for (TestTensor &tensor : tensors) {
    upload(tensor, memory);
    optimc_gpu_tensor record = {};
    record.scalars = memory.write(tensor.scalars, "scalars");
    record.predicates = memory.write(&tensor.predicates, 8, "predicates");
    record.step = memory.write(&tensor.step, 8, "step");
    record.key_base = tensor.keyBase;
    std::vector<uint64_t> partials;
    for (const Buffer &buffer : tensor.partials)
      partials.push_back(buffer.address);
    record.partials = memory.write(partials, "addresses of partial results");
    record.count = record.global_count = tensor.shape.count();
    record.batches = tensor.shape.batches;
    record.rows = tensor.shape.rows;
    record.cols = tensor.shape.cols;
    record.block = tensor.shape.block;
    record.flags = tensor.isAligned ? OPTIMC_GPU_ALIGNED : 0;
    std::vector<uint64_t> words(sizeof record / 8);
    std::memcpy(words.data(), &record, sizeof record);
    for (const Buffer &buffer : tensor.stream)
      words.push_back(buffer.address);
    for (const Buffer &buffer : tensor.aux)
      words.push_back(buffer.address);
    records.insert(records.end(), words.begin(), words.end());
  }
  uint64_t tensorTable = memory.write(records, "tensors");
  uint64_t itemTable = memory.write(items, "items");
  uint32_t grid = std::min<uint32_t>(items.size(), 3);
  return launch(memory, simulation.module, phase.ptx_entry, std::max(grid, 1u),
                OPTIMC_GPU_THREADS,
                {toBytes(tensorTable), toBytes(itemTable),
                 toBytes(uint32_t(items.size())), toBytes(variant.mask),
                 toBytes(variant.value)},
                simulation.options.seed);
}

std::string PhaseRun::compare(const TestTensor &tensor, size_t index) {
  auto check = [&](const std::vector<Buffer> &buffers,
                   const char *what) -> std::string {
    for (size_t i = 0; i < buffers.size(); ++i) {
      const Buffer &buffer = buffers[i];
      if (buffer.bytes.empty())
        continue;
      std::vector<uint8_t> actual =
          simulation.memory.read(buffer.address, buffer.bytes.size());
      simulation.counts.values += actual.size();
      int64_t place = findDifference(buffer, actual);
      if (place < 0)
        continue;
      std::string name = std::string(what) + " " + std::to_string(i);
      if (&buffers != &tensor.partials)
        name += std::string(" (") + at(program.streams, i).name + ")";
      return std::string(phase.ptx_entry) + ", tensor " +
             std::to_string(index) + " of " +
             std::to_string(tensor.shape.batches) + " x " +
             std::to_string(tensor.shape.rows) + " x " +
             std::to_string(tensor.shape.cols) + ", blocks of " +
             std::to_string(tensor.shape.block) +
             (tensor.isAligned ? "" : ", not aligned") + ": " + name +
             " differs at " + std::to_string(place);
    }
    return {};
  };
  std::string failure = check(tensor.stream, "stream");
  if (failure.empty())
    failure = check(tensor.aux, "second array");
  if (failure.empty())
    failure = check(tensor.partials, "partial results");
  return failure;
}

std::string PhaseRun::run() {
  if (!phase.ptx_entry)
    return "a phase has no PTX";
  makeTensors();
  for (uint32_t i = 0; i < tensors.size(); ++i)
    cut(i);
  std::string fault = runOnDevice();
  if (!fault.empty())
    return fault;
  for (TestTensor &tensor : tensors)
    if (isOurs(tensor))
      runOnHost(tensor);
  for (size_t i = 0; i < tensors.size(); ++i) {
    std::string failure = compare(tensors[i], i);
    if (!failure.empty())
      return failure;
  }
  ++simulation.counts.phases;
  return {};
}

std::string optimc::test::checkPhase(Simulation &simulation,
                                     const optimc_plan &plan,
                                     const optimc_variant &variant,
                                     const optimc_phase &phase) {
  return PhaseRun(simulation, plan, variant, phase).run();
}
