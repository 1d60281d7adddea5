//===- Program.cpp - copying a program's tables ---------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Program.h"

#include <cstring>

using namespace optimc::rt;

namespace {
/// More elements than any program has: a damaged count must not make us read
/// gigabytes.
constexpr uint32_t maxCount = 4096;

/// Copies an array of the program, element by element, by its own stride.
template <typename Array, typename T>
optimc_status copyArray(const Array &array, const char *what,
                        std::vector<T> &out, const Diag &diag) {
  out.clear();
  if (array.count == 0)
    return OPTIMC_OK;
  if (!array.data || array.count > maxCount)
    return diag.fail(OPTIMC_BAD_PROGRAM,
                     "the program's table of %s is damaged: %u elements at "
                     "%p; at most %u are allowed",
                     what, array.count, static_cast<const void *>(array.data),
                     maxCount);
  if (array.elem_size < sizeof(T) || array.elem_size % alignof(T) != 0)
    return diag.fail(OPTIMC_BAD_PROGRAM,
                     "the program's table of %s is damaged: elements of %u "
                     "bytes; at least %zu are needed",
                     what, array.elem_size, sizeof(T));
  out.resize(array.count);
  const char *at = reinterpret_cast<const char *>(array.data);
  for (T &element : out) {
    memcpy(&element, at, sizeof(T));
    at += array.elem_size;
  }
  return OPTIMC_OK;
}

template <typename T>
uint32_t findByName(const std::vector<T> &list, std::string_view name) {
  for (size_t i = 0; i < list.size(); ++i)
    if (name == list[i].name)
      return i;
  return none;
}
} // namespace

optimc_status Program::create(const optimc_program *from, uint64_t isa,
                              const Diag &diag) {
  if (!from)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the program is NULL; an optimc_program_<name> function "
                     "returns NULL when this runtime's ABI %u.%u is too old "
                     "for it",
                     OPTIMC_ABI_MAJOR, OPTIMC_ABI_MINOR);
  if (from->abi >> 16 != OPTIMC_ABI_MAJOR)
    return diag.fail(OPTIMC_BAD_PROGRAM,
                     "the program was compiled for ABI %u.%u, but this runtime "
                     "reads %u.x; compile the spec again",
                     from->abi >> 16, from->abi & 0xFFFF, OPTIMC_ABI_MAJOR);
  if (from->size < sizeof(optimc_program))
    return diag.fail(OPTIMC_BAD_PROGRAM,
                     "the program's header has %u bytes; ABI %u.%u needs %zu",
                     from->size, OPTIMC_ABI_MAJOR, OPTIMC_ABI_MINOR,
                     sizeof(optimc_program));
  source = from;
  if (optimc_status s = copyTables(diag))
    return s;
  if (optimc_status s = check(diag))
    return s;
  pickCode(isa);
  return OPTIMC_OK;
}

optimc_status Program::copyTables(const Diag &diag) {
  std::vector<optimc_scalar_input> in;
  std::vector<optimc_output> out;
  std::vector<optimc_entry> from;
  if (optimc_status s =
          copyArray(source->hypers, "hyperparameters", hypers, diag))
    return s;
  if (optimc_status s = copyArray(source->streams, "streams", streams, diag))
    return s;
  if (optimc_status s = copyArray(source->states, "states", states, diag))
    return s;
  if (optimc_status s = copyArray(source->inputs, "inputs", in, diag))
    return s;
  if (optimc_status s = copyArray(source->outputs, "outputs", out, diag))
    return s;
  if (optimc_status s = copyArray(source->entries, "entries", from, diag))
    return s;
  if (optimc_status s = copyArray(source->ptx, "PTX texts", ptx, diag))
    return s;
  for (const optimc_scalar_input &i : in)
    inputs.push_back({i.name, i.rate, i.value, 0, i.initial,
                      (i.flags & OPTIMC_INPUT_OPTIONAL) != 0});
  for (const optimc_output &o : out)
    outputs.push_back({o.name, o.rate, o.value, 0, 0, false});
  for (const optimc_entry &entry : from) {
    entries.emplace_back();
    if (optimc_status s = copyEntry(entry, entries.back(), diag))
      return s;
    maxValues = std::max(maxValues, entry.n_values);
    maxScalars = std::max(maxScalars, entry.n_scalars);
    maxReductions =
        std::max<uint32_t>(maxReductions, entries.back().reductions.size());
  }
  return OPTIMC_OK;
}

/// More reductions after each other than any update rule has.
static constexpr uint32_t maxStage = 63;

optimc_status Program::copyEntry(const optimc_entry &from, Entry &to,
                                 const Diag &diag) {
  std::vector<optimc_scalars> scalars;
  std::vector<optimc_plan> plans;
  to = {};
  to.name = from.name;
  to.isStep = (from.flags & OPTIMC_ENTRY_STEP) != 0;
  to.nValues = from.n_values;
  to.nScalars = from.n_scalars;
  to.nPredicates = from.n_predicates;
  to.ptxEvaluate = from.ptx_evaluate;
  if (!from.name)
    return diag.fail(OPTIMC_BAD_PROGRAM, "an entry of the program has no name");
  if (optimc_status s =
          copyArray(from.scalars, "scalar functions", scalars, diag))
    return s;
  if (optimc_status s = copyArray(from.plans, "plans", plans, diag))
    return s;
  for (const optimc_scalars &f : scalars) {
    if (f.rate < OPTIMC_RATE_MODEL || f.rate > OPTIMC_RATE_TENSOR || !f.fn)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "a scalar function of entry '%s' has rate %u%s; model, "
                       "group and tensor are allowed",
                       from.name, f.rate, f.fn ? "" : " and no code");
    if (f.stage > maxStage)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "a scalar function of entry '%s' has stage %u; at most "
                       "%u is allowed",
                       from.name, f.stage, maxStage);
    auto &stages = to.fn[f.rate];
    if (stages.size() <= f.stage)
      stages.resize(f.stage + 1);
    if (stages[f.stage])
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "entry '%s' has two scalar functions of rate %s and "
                       "stage %u",
                       from.name,
                       f.rate == OPTIMC_RATE_MODEL   ? "model"
                       : f.rate == OPTIMC_RATE_GROUP ? "group"
                                                     : "tensor",
                       f.stage);
    stages[f.stage] = f.fn;
  }
  if (optimc_status s =
          copyArray(from.reductions, "reductions", to.reductions, diag))
    return s;
  for (const optimc_plan &plan : plans) {
    to.plans.emplace_back();
    if (optimc_status s = copyPlan(plan, from.name, to.plans.back(), diag))
      return s;
  }
  findStages(to);
  return OPTIMC_OK;
}

void Program::findStages(Entry &entry) {
  for (const auto &stages : entry.fn)
    entry.nStages = std::max<uint32_t>(entry.nStages, stages.size());
  for (const optimc_reduction &reduction : entry.reductions)
    if (reduction.stage <= maxStage)
      entry.nStages = std::max(entry.nStages, reduction.stage + 1);
  for (const Plan &plan : entry.plans)
    for (const Variant &variant : plan.variants)
      for (const Phase &phase : variant.phases)
        entry.nStages = std::max(entry.nStages, phase.stage + 1);
  entry.jointStage = entry.nStages;
  for (const optimc_reduction &reduction : entry.reductions)
    if (reduction.to_rate < OPTIMC_RATE_TENSOR)
      entry.jointStage = std::min(entry.jointStage, reduction.stage);
}

optimc_status Program::copyPlan(const optimc_plan &from, const char *entry,
                                Plan &to, const Diag &diag) {
  std::vector<optimc_variant> variants;
  std::vector<optimc_phase> phases;
  to = {from.min_rank,
        from.max_rank,
        from.min_count,
        from.storage,
        from.granule,
        from.used,
        0,
        {}};
  if (from.n_streams != streams.size())
    return diag.fail(OPTIMC_BAD_PROGRAM,
                     "a plan of entry '%s' has %u streams; the program has %zu",
                     entry, from.n_streams, streams.size());
  if (optimc_status s = copyArray(from.variants, "variants", variants, diag))
    return s;
  for (const optimc_variant &variant : variants) {
    if (optimc_status s = copyArray(variant.phases, "phases", phases, diag))
      return s;
    to.variants.push_back({variant.mask, variant.value, {}});
    for (const optimc_phase &phase : phases) {
      if (phase.stage > maxStage)
        return diag.fail(OPTIMC_BAD_PROGRAM,
                         "entry '%s' has a kernel phase of stage %u; at most "
                         "%u is allowed",
                         entry, phase.stage, maxStage);
      Phase copy = {phase.stage, phase.domain, phase.cut,
                    phase.reads, phase.writes, phase.reductions,
                    {},          nullptr,      phase.ptx_entry};
      if (optimc_status s =
              copyArray(phase.code, "kernel versions", copy.code, diag))
        return s;
      to.touched |= phase.reads | phase.writes;
      to.variants.back().phases.push_back(std::move(copy));
    }
  }
  return OPTIMC_OK;
}

void Program::pickCode(uint64_t isa) {
  for (Entry &entry : entries)
    for (Plan &plan : entry.plans)
      for (Variant &variant : plan.variants)
        for (Phase &phase : variant.phases)
          for (const optimc_code &code : phase.code)
            if ((code.isa & ~isa) == 0) {
              phase.fn = code.fn;
              isaUsed |= code.isa;
              break;
            }
}

uint32_t Program::findHyper(std::string_view name) const {
  return findByName(hypers, name);
}
uint32_t Program::findStream(std::string_view name) const {
  return findByName(streams, name);
}
uint32_t Program::findEntry(std::string_view name) const {
  return findByName(entries, name);
}
