//===- Frames.cpp - scalars in device memory ------------------------------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cuda/Frames.h"

#include <cstring>

using namespace optimc::rt;
using namespace optimc::rt::cuda;

/// An output that no step has written: a NaN that no arithmetic makes.
static constexpr uint64_t noOutput = 0x7FF86E6F206F7574;

static size_t alignUp(size_t size) { return (size + 15) / 16 * 16; }

size_t Frames::stateIndex(uint32_t instance) const {
  if (instance < firstClock)
    return 0;
  if (instance < firstTensor)
    return nStates[OPTIMC_RATE_MODEL] +
           size_t(instance - firstClock) * nStates[OPTIMC_RATE_GROUP];
  return nStates[OPTIMC_RATE_MODEL] +
         size_t(nClocks) * nStates[OPTIMC_RATE_GROUP] +
         size_t(instance - firstTensor) * nStates[OPTIMC_RATE_TENSOR];
}

size_t Frames::groupParams(const Optimizer &opt, uint32_t group) const {
  return group * (opt.program.hypers.size() + opt.program.inputs.size());
}

size_t Frames::inputsAt(const Optimizer &opt, uint32_t rate,
                        uint32_t owner) const {
  size_t nHypers = opt.program.hypers.size(), n = opt.program.inputs.size();
  if (rate == OPTIMC_RATE_GROUP)
    return groupParams(opt, owner) + nHypers;
  size_t model = groupParams(opt, opt.groups.size());
  return rate == OPTIMC_RATE_MODEL ? model : model + (1 + size_t(owner)) * n;
}

void Frames::layOut(Optimizer &opt) {
  const Program &program = opt.program;
  nClocks = opt.clocks.size();
  for (uint32_t i = 0; i < nClocks; ++i)
    opt.clocks[i]->number = i;
  uint32_t nTensors = opt.tensors.size();
  uint32_t nFramed = program.tensorFrames ? nTensors : 0;
  firstTensor = firstClock + nClocks;
  nInstances = firstTensor + nFramed;
  nValues = program.maxValues;
  nReductions = program.maxReductions;
  std::copy(std::begin(program.nStates), std::end(program.nStates), nStates);
  bool hasTensorInputs = program.nInputs[OPTIMC_RATE_TENSOR] != 0;
  nParams = inputsAt(opt, OPTIMC_RATE_TENSOR, hasTensorInputs ? nTensors : 0);
  stateBytes = stateIndex(nInstances) * sizeof(double);
  valueBytes = size_t(nInstances) * nValues * sizeof(double);
  outputBytes = program.outputs.empty() ? 0 : valueBytes;
  scalarBytes = alignUp(program.maxScalars * sizeof(float));
  size_t at = 0;
  auto place = [&](size_t &offset, size_t size) {
    offset = at;
    at += alignUp(size);
  };
  place(instances, nInstances * sizeof(optimc_gpu_instance));
  place(parameters, nParams * sizeof(double));
  place(states, stateBytes);
  place(outputs, outputBytes);
  place(next, stateBytes);
  place(values, valueBytes);
  place(scalars, nInstances * scalarBytes);
  place(predicates, nInstances * sizeof(uint64_t));
  place(reduced,
        (size_t(firstTensor) + nTensors) * nReductions * sizeof(double));
  bytes = at;
}

optimc_gpu_instance Frames::makeRow(uint32_t instance,
                                    uint32_t reducedOwner) const {
  optimc_gpu_instance made = {};
  made.state = state(instance);
  made.next_state = state(instance) - states + next;
  made.values = value(instance, 0);
  made.scalars = scalarsOf(instance);
  made.predicates = predicatesOf(instance);
  made.reduced = reducedOf(reducedOwner, 0);
  return made;
}

optimc_gpu_instance Frames::tensorRow(const Optimizer &opt,
                                      uint32_t index) const {
  const Tensor &tensor = *opt.tensors[index];
  optimc_gpu_instance made = makeRow(firstTensor + index, reducedTensor(index));
  made.hyper = paramAt(groupParams(opt, tensor.group));
  made.coarser = row(clock(tensor.clock->number));
  if (opt.program.nInputs[OPTIMC_RATE_TENSOR])
    made.inputs = paramAt(inputsAt(opt, OPTIMC_RATE_TENSOR, index));
  made.rank = static_cast<int64_t>(tensor.shape.size());
  return made;
}

/// Calls f(instance, its number, its rate) for all.
template <typename F>
void Frames::forInstances(Optimizer &opt, F f) const {
  f(opt.model, 0, OPTIMC_RATE_MODEL);
  for (uint32_t i = 0; i < nClocks; ++i)
    f(*opt.clocks[i], clock(i), OPTIMC_RATE_GROUP);
  for (uint32_t i = 0; firstTensor + i < nInstances; ++i)
    f(opt.tensors[i]->own, firstTensor + i, OPTIMC_RATE_TENSOR);
}

std::vector<char> Frames::image(const Optimizer &opt) const {
  std::vector<char> made(next);
  auto put = [&](size_t at, const void *data, size_t size) {
    if (size)
      memcpy(&made[at], data, size);
  };
  std::vector<optimc_gpu_instance> rows;
  rows.push_back(makeRow(0, 0));
  rows[0].inputs = paramAt(inputsAt(opt, OPTIMC_RATE_MODEL, 0));
  for (const auto &owner : opt.clocks) {
    uint32_t number = clock(owner->number);
    rows.push_back(makeRow(number, number));
    rows.back().hyper = paramAt(groupParams(opt, owner->group));
    rows.back().coarser = row(0);
    rows.back().inputs =
        paramAt(inputsAt(opt, OPTIMC_RATE_GROUP, owner->group));
  }
  for (uint32_t i = 0; firstTensor + i < nInstances; ++i)
    rows.push_back(tensorRow(opt, i));
  put(instances, rows.data(), rows.size() * sizeof(optimc_gpu_instance));
  std::vector<double> given = params(opt);
  put(parameters, given.data(), given.size() * sizeof(double));
  forInstances(const_cast<Optimizer &>(opt),
               [&](const Instance &instance, uint32_t number, uint32_t rate) {
                 put(states + stateIndex(number) * sizeof(double),
                     instance.state.data(),
                     instance.state.size() * sizeof(double));
                 for (const ScalarSlot &output : opt.program.outputs) {
                   if (output.rate != rate)
                     continue;
                   size_t slot = size_t(number) * nValues + output.value;
                   const void *value = &noOutput;
                   if (!instance.outputs.empty())
                     value = &instance.outputs[output.index];
                   put(outputs + slot * sizeof(double), value, sizeof(double));
                 }
               });
  return made;
}

std::vector<double> Frames::params(const Optimizer &opt) const {
  std::vector<double> made(nParams);
  const Program &program = opt.program;
  auto putInputs = [&](uint32_t rate, uint32_t owner,
                       const std::vector<InputValue> &given) {
    size_t at = inputsAt(opt, rate, owner);
    for (size_t i = 0; i < program.inputs.size(); ++i)
      if (program.inputs[i].rate == rate)
        made[at + i] = given[program.inputs[i].index].value;
  };
  for (uint32_t i = 0; i < opt.groups.size(); ++i) {
    const Group &group = opt.groups[i];
    std::copy(group.hypers.begin(), group.hypers.end(),
              made.begin() + static_cast<ptrdiff_t>(groupParams(opt, i)));
    putInputs(OPTIMC_RATE_GROUP, i, group.inputs);
  }
  putInputs(OPTIMC_RATE_MODEL, 0, opt.modelInputs);
  if (program.nInputs[OPTIMC_RATE_TENSOR])
    for (uint32_t i = 0; i < opt.tensors.size(); ++i)
      putInputs(OPTIMC_RATE_TENSOR, i, opt.tensors[i]->inputs);
  return made;
}

uint64_t Frames::boundPlace(const Optimizer &opt,
                            const BoundScalar &scalar) const {
  if (scalar.isHyper)
    return paramAt(groupParams(opt, scalar.index) + scalar.slot);
  uint32_t rate = opt.program.inputs[scalar.slot].rate;
  return paramAt(inputsAt(opt, rate, scalar.index) + scalar.slot);
}

static void take(std::vector<double> &numbers, const char *from) {
  if (!numbers.empty())
    memcpy(numbers.data(), from, numbers.size() * sizeof(double));
}

void Frames::readStates(Optimizer &opt, const char *bytesOf) const {
  forInstances(opt, [&](Instance &instance, uint32_t number, uint32_t rate) {
    take(instance.state, bytesOf + stateIndex(number) * sizeof(double));
    instance.outputs.resize(opt.program.nOutputs[rate]);
    for (const ScalarSlot &output : opt.program.outputs) {
      if (output.rate != rate)
        continue;
      size_t slot = size_t(number) * nValues + output.value;
      uint64_t bits;
      memcpy(&bits, bytesOf + outputs - states + slot * sizeof(double),
             sizeof bits);
      if (bits == noOutput) {
        instance.outputs.clear();
        break;
      }
      memcpy(&instance.outputs[output.index], &bits, sizeof bits);
    }
  });
}

void Frames::readNext(Optimizer &opt, const char *bytesOf) const {
  forInstances(opt, [&](Instance &instance, uint32_t number, uint32_t) {
    take(instance.next, bytesOf + stateIndex(number) * sizeof(double));
    take(instance.frame.values,
         bytesOf + values - next + size_t(number) * nValues * sizeof(double));
  });
}
