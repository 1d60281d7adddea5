//===- Run.cpp - evaluating scalars, running kernels, committing ----------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Buffers.h"

#include <algorithm>

using namespace optimc::rt;

uint64_t optimc::rt::hashName(std::string_view name) {
  uint64_t hash = 0xCBF29CE484222325u; // FNV-1a
  for (unsigned char c : name)
    hash = (hash ^ c) * 0x100000001B3u;
  return hash;
}

uint64_t optimc::rt::keyBase(uint64_t seed, uint64_t nameHash) {
  return optimc_mix(optimc_mix(seed) ^ nameHash);
}

//===----------------------------------------------------------------------===//
// begin
//===----------------------------------------------------------------------===//

static optimc_status inputError(const ScalarSlot &input, const char *kind,
                                const std::string &owner, const Diag &diag) {
  return diag.fail(OPTIMC_WRONG_ORDER,
                   "input '%s' has not been set%s%.200s; use optimc_set_input "
                   "before optimc_begin",
                   input.name, kind, owner.c_str());
}

static optimc_status checkInputs(const Optimizer &opt, const Entry &entry,
                                 const Diag &diag) {
  for (const ScalarSlot &input : opt.program.inputs) {
    if (input.value >= entry.nValues || input.optional)
      continue;
    auto isSet = [&](const std::vector<InputValue> &values, uint32_t owner) {
      auto slot = static_cast<uint32_t>(&input - opt.program.inputs.data());
      return values[input.index].isSet || findBound(opt, false, slot, owner);
    };
    if (input.rate == OPTIMC_RATE_MODEL) {
      if (!isSet(opt.modelInputs, 0))
        return inputError(input, "", "", diag);
    } else if (input.rate == OPTIMC_RATE_GROUP) {
      for (const auto &clock : opt.clocks)
        if (!isSet(opt.groups[clock->group].inputs, clock->group))
          return inputError(input, " for group ", opt.groups[clock->group].name,
                            diag);
    } else {
      for (uint32_t i = 0; i < opt.tensors.size(); ++i)
        if (!isSet(opt.tensors[i]->inputs, i))
          return inputError(input, " for tensor ", opt.tensors[i]->name, diag);
    }
  }
  return OPTIMC_OK;
}

optimc_status optimc::rt::beginStep(Optimizer &opt, uint32_t index, bool whole,
                                    const Diag &diag) {
  const Entry &entry = opt.program.entries[index];
  if (optimc_status s = checkInputs(opt, entry, diag))
    return s;
  if (!opt.device)
    evaluateFirstStage(opt, entry);
  else if (optimc_status s = opt.device->begin(opt, index, whole, diag))
    return s;
  opt.step = {true, false, false, index};
  return OPTIMC_OK;
}

//===----------------------------------------------------------------------===//
// run
//===----------------------------------------------------------------------===//

static const Frame &frameOf(const Optimizer &opt, const Tensor &tensor) {
  return opt.program.tensorFrames ? tensor.own.frame : tensor.clock->frame;
}

/// Finds the variant of a tensor's plan and checks that it can run.
static optimc_status chooseVariant(const Optimizer &opt, const Tensor &tensor,
                                   const Variant *&out, const Diag &diag) {
  const Program &program = opt.program;
  const Entry &entry = program.entries[opt.step.entry];
  const Plan &plan = entry.plans[tensor.plan[opt.step.entry]];
  uint64_t predicates = frameOf(opt, tensor).predicates;
  out = nullptr;
  for (const Variant &variant : plan.variants)
    if ((predicates & variant.mask) == variant.value)
      out = &variant;
  if (!out)
    return diag.fail(OPTIMC_BAD_PROGRAM,
                     "no variant of entry '%s' of '%s' matches the predicates "
                     "%#llx of tensor '%.200s'",
                     entry.name, program.source->name,
                     static_cast<unsigned long long>(predicates),
                     tensor.name.c_str());
  return checkStreams(opt, opt.step.entry, tensor, diag);
}

optimc_status optimc::rt::checkStreams(const Optimizer &opt, uint32_t entry,
                                       const Tensor &tensor, const Diag &diag) {
  const Program &program = opt.program;
  const Plan &plan = program.entries[entry].plans[tensor.plan[entry]];
  if (tensor.count == 0)
    return OPTIMC_OK;
  for (uint32_t i = 0; i < program.streams.size(); ++i) {
    if (!(plan.touched >> i & 1) || tensor.stream[i])
      continue;
    if (i == program.gradStream)
      return diag.fail(OPTIMC_INVALID_ARGUMENT,
                       "tensor '%.200s' has no gradient; bind one, or leave "
                       "the tensor out with optimc_begin, optimc_run_tensors "
                       "and optimc_end",
                       tensor.name.c_str());
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "tensor '%.200s' has no buffer for input '%s'; use "
                     "optimc_bind_input",
                     tensor.name.c_str(), program.streams[i].name);
  }
  return OPTIMC_OK;
}

/// Checks the tensors of the list and cuts them into chunks.
static optimc_status buildSchedule(Optimizer &opt, const uint32_t *tensors,
                                   size_t n, CachedSchedule &cache,
                                   const Diag &diag) {
  const Entry &entry = opt.program.entries[opt.step.entry];
  cache.structure = 0;
  opt.items.clear();
  for (size_t i = 0; i < n; ++i) {
    const Tensor &t = *opt.tensors[tensors[i]];
    const Variant *variant;
    if (optimc_status s = chooseVariant(opt, t, variant, diag))
      return s;
    opt.items.push_back({variant, t.stream.data(), t.aux.data(),
                         t.partials[opt.step.entry].data(),
                         frameOf(opt, t).scalars.data(), t,
                         entry.plans[t.plan[opt.step.entry]].granule,
                         isAligned(t), t.keyBase, &t.clock->state});
  }
  cache.schedule.build(opt.items.data(), n, opt.program, entry.nStages,
                       opt.threads.count);
  cache.structure = opt.structure;
  cache.entry = opt.step.entry;
  cache.tensors.assign(tensors, tensors + n);
  cache.predicates = opt.predicates;
  return OPTIMC_OK;
}

/// Marks tensors as run, or none of them when one must not run.
static optimc_status markTensors(Optimizer &opt, const uint32_t *tensors,
                                 size_t n, const Diag &diag) {
  optimc_status status = OPTIMC_OK;
  size_t i = 0;
  for (; i < n && !status; ++i) {
    status = checkTensor(opt, tensors[i], diag);
    if (status)
      break;
    Tensor &tensor = *opt.tensors[tensors[i]];
    if (tensor.ran) {
      status = diag.fail(OPTIMC_WRONG_ORDER,
                         "tensor '%.200s' has run in this step already, or is "
                         "in the list twice",
                         tensor.name.c_str());
      break;
    }
    tensor.ran = true;
  }
  if (status)
    while (i-- > 0)
      opt.tensors[tensors[i]]->ran = false;
  return status;
}

/// Runs the stages [from, to) of the listed tensors.
static optimc_status runStages(Optimizer &opt, CachedSchedule &cache,
                               const uint32_t *tensors, size_t n, uint32_t from,
                               uint32_t to, const Diag &diag) {
  const Entry &entry = opt.program.entries[opt.step.entry];
  // Variants follow from these, and pointers from the structure.
  opt.predicates.clear();
  for (const auto &clock : opt.clocks)
    opt.predicates.push_back(clock->frame.predicates);
  if (opt.program.tensorFrames)
    for (const auto &tensor : opt.tensors)
      opt.predicates.push_back(tensor->own.frame.predicates);
  if (cache.structure != opt.structure || cache.entry != opt.step.entry ||
      cache.predicates != opt.predicates ||
      !std::equal(cache.tensors.begin(), cache.tensors.end(), tensors,
                  tensors + n))
    if (optimc_status s = buildSchedule(opt, tensors, n, cache, diag))
      return s;
  // The number of the step that is being taken: the first one is 1.
  cache.schedule.setStep(entry.isStep ? 1 : 0);
  for (uint32_t stage = from; stage < to; ++stage) {
    if (stage > 0)
      if (optimc_status s = enterStage(opt, entry, stage, tensors, n, diag))
        return s;
    cache.schedule.execute(opt.threads, stage);
  }
  return OPTIMC_OK;
}

optimc_status optimc::rt::runTensors(Optimizer &opt, const uint32_t *tensors,
                                     size_t n, bool all, const Diag &diag) {
  if (!all)
    if (optimc_status s = markTensors(opt, tensors, n, diag))
      return s;
  // What needs all tensors waits until the step ends.
  const Entry &entry = opt.program.entries[opt.step.entry];
  uint32_t stages = all ? entry.nStages : entry.jointStage;
  optimc_status status =
      opt.device ? opt.device->run(opt, tensors, n, all, 0, stages, diag)
                 : runStages(opt, all ? opt.whole : opt.part, tensors, n, 0,
                             stages, diag);
  if (status) {
    for (size_t i = 0; i < n; ++i)
      opt.tensors[tensors[i]]->ran = false;
    return status;
  }
  opt.step.anyRan |= n != 0;
  opt.step.allRan = all;
  return OPTIMC_OK;
}

//===----------------------------------------------------------------------===//
// end
//===----------------------------------------------------------------------===//

static void takeOutputs(const Program &program, uint32_t rate,
                        Instance &instance) {
  instance.outputs.resize(program.nOutputs[rate]);
  for (const ScalarSlot &output : program.outputs)
    if (output.rate == rate)
      instance.outputs[output.index] = instance.frame.values[output.value];
}

/// Advances a clock, or, when only some of its tensors ran, makes the clock
/// that those go on with.
static void advance(Optimizer &opt, Clock &clock) {
  if (clock.nRan == 0 || sameBits(clock.state, clock.next))
    return;
  if (clock.nRan == clock.nTensors) {
    clock.state.swap(clock.next);
    return;
  }
  auto fork = std::make_unique<Clock>();
  initInstance(opt.program, OPTIMC_RATE_GROUP, *fork);
  fork->group = clock.group;
  fork->state = clock.next;
  fork->outputs = clock.outputs;
  fork->nRan = clock.nRan;
  clock.nRan = 0;
  clock.fork = fork.get();
  opt.clocks.push_back(std::move(fork));
}

/// Whether it matters that clocks of a group whose states become equal are
/// merged: a reduction to groups takes in the tensors of one clock.
static bool clocksMayMerge(const Optimizer &opt) {
  if (!opt.program.reducesToGroups)
    return false;
  std::vector<bool> seen(opt.groups.size());
  for (const auto &clock : opt.clocks) {
    if (seen[clock->group])
      return true;
    seen[clock->group] = true;
  }
  return false;
}

static optimc_status finishStep(Optimizer &opt, const Diag &diag) {
  if (!opt.step.anyRan) {
    dropStep(opt);
    return OPTIMC_OK;
  }
  const Program &program = opt.program;
  const Entry &entry = program.entries[opt.step.entry];
  bool all = opt.step.allRan;
  bool joins = entry.jointStage < entry.nStages;
  std::vector<uint32_t> &ran = opt.ran;
  ran.clear();
  if (!all && (joins || opt.device))
    for (uint32_t i = 0; i < opt.tensors.size(); ++i)
      if (opt.tensors[i]->ran)
        ran.push_back(i);
  if (!all && joins) {
    optimc_status status =
        opt.device ? opt.device->run(opt, ran.data(), ran.size(), false,
                                     entry.jointStage, entry.nStages, diag)
                   : runStages(opt, opt.rest, ran.data(), ran.size(),
                               entry.jointStage, entry.nStages, diag);
    if (status)
      return status;
  }
  if (opt.device) {
    bool isWhole = all || ran.size() == opt.tensors.size();
    if (isWhole && !clocksMayMerge(opt)) {
      if (optimc_status s = opt.device->commit(opt, diag))
        return s;
      if (!entry.isStep)
        opt.mode = entry.name;
      dropStep(opt);
      return OPTIMC_OK;
    }
    if (optimc_status s = opt.device->fetchNext(opt, diag))
      return s;
  }
  for (const auto &clock : opt.clocks)
    clock->nRan = all ? clock->nTensors : 0;
  if (!all)
    for (const auto &tensor : opt.tensors)
      tensor->clock->nRan += tensor->ran;
  if (program.tensorFrames)
    for (const auto &tensor : opt.tensors) {
      if (!all && !tensor->ran)
        continue;
      tensor->own.state.swap(tensor->own.next);
      if (entry.isStep)
        takeOutputs(program, OPTIMC_RATE_TENSOR, tensor->own);
    }
  opt.model.state.swap(opt.model.next);
  if (entry.isStep) {
    takeOutputs(program, OPTIMC_RATE_MODEL, opt.model);
    for (const auto &clock : opt.clocks)
      if (clock->nRan)
        takeOutputs(program, OPTIMC_RATE_GROUP, *clock);
  } else {
    opt.mode = entry.name;
  }
  size_t nClocks = opt.clocks.size();
  for (size_t i = 0; i < nClocks; ++i)
    advance(opt, *opt.clocks[i]);
  if (opt.clocks.size() != nClocks)
    for (const auto &tensor : opt.tensors)
      if (tensor->ran && tensor->clock->fork)
        moveToClock(opt, *tensor, tensor->clock->fork);
  if (opt.clocks.size() > 1)
    tidyClocks(opt);
  scalarsChanged(opt);
  dropStep(opt);
  return OPTIMC_OK;
}

optimc_status optimc::rt::endStep(Optimizer &opt, const Diag &diag) {
  optimc_status status = finishStep(opt, diag);
  // A device cannot be asked again: what it was given may have run.
  if (status && opt.device)
    dropStep(opt);
  return status;
}

void optimc::rt::dropStep(Optimizer &opt) {
  if (!opt.step.allRan)
    for (const auto &tensor : opt.tensors)
      tensor->ran = false;
  opt.step = {};
}
