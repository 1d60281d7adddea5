//===- ProgramCheck.cpp - consistency of a program's tables ---------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Names.h"
#include "core/Program.h"

#include <cmath>
#include <cstring>
#include <set>

using namespace optimc::rt;

const char *optimc::rt::hyperFault(const optimc_hyper &hyper, double value) {
  if (std::isnan(value))
    return "is not a number";
  if ((hyper.flags & OPTIMC_HYPER_FROZEN) && value != hyper.initial)
    return "was frozen when the program was compiled";
  if ((hyper.flags & OPTIMC_HYPER_INTEGER) && value != std::floor(value))
    return "is not a whole number";
  bool low = hyper.flags & OPTIMC_HYPER_LOW_OPEN ? value > hyper.low
                                                 : value >= hyper.low;
  bool high = hyper.flags & OPTIMC_HYPER_HIGH_OPEN ? value < hyper.high
                                                   : value <= hyper.high;
  return low && high ? nullptr : "is out of range";
}

/// The usual complaint about a name, or null.
static const char *nameFault(const char *name) {
  if (!name)
    return "a NULL name";
  size_t length = strnlen(name, maxNameLength + 1);
  if (length == 0 || length > maxNameLength)
    return "a name that is empty or longer than 1024 bytes";
  if (!isUtf8({name, length}) || memchr(name, '/', length))
    return "a name that is not UTF-8 or contains '/'";
  return nullptr;
}

template <typename T>
static optimc_status checkTable(const std::vector<T> &table, const char *what,
                                const Diag &diag) {
  std::set<std::string_view> seen;
  for (const T &row : table) {
    if (const char *fault = nameFault(row.name))
      return diag.fail(OPTIMC_BAD_PROGRAM, "the program has %s with %s", what,
                       fault);
    if (!seen.insert(row.name).second)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "the program has %s '%s' more than once", what,
                       row.name);
  }
  return OPTIMC_OK;
}

optimc_status Program::checkNames(const Diag &diag) const {
  for (const char *name : {source->name, source->spec_hash})
    if (const char *fault = nameFault(name))
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "the program's own name or spec hash is %s", fault);
  if (!source->compiler || !isUtf8(source->compiler))
    return diag.fail(OPTIMC_BAD_PROGRAM,
                     "the program does not name its compiler");
  if (optimc_status s = checkTable(hypers, "a hyperparameter", diag))
    return s;
  if (optimc_status s = checkTable(streams, "a stream", diag))
    return s;
  if (optimc_status s = checkTable(states, "a scalar state", diag))
    return s;
  if (optimc_status s = checkTable(inputs, "an input", diag))
    return s;
  if (optimc_status s = checkTable(outputs, "an output", diag))
    return s;
  return checkTable(entries, "an entry", diag);
}

optimc_status Program::checkHypers(const Diag &diag) const {
  for (const optimc_hyper &hyper : hypers) {
    if (!(hyper.low <= hyper.high))
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "hyperparameter '%s' has the empty range %s", hyper.name,
                       rangeText(hyper).c_str());
    if (const char *fault = hyperFault(hyper, hyper.initial))
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "the default %s of hyperparameter '%s' %s; allowed: %s",
                       number(hyper.initial).c_str(), hyper.name, fault,
                       rangeText(hyper).c_str());
  }
  return OPTIMC_OK;
}

optimc_status Program::checkInit(const char *name, uint32_t init,
                                 uint32_t initHyper, bool isStream,
                                 const Diag &diag) const {
  if (init == OPTIMC_INIT_VALUE || (init == OPTIMC_INIT_PARAM && isStream) ||
      (init == OPTIMC_INIT_HYPER && initHyper < hypers.size()))
    return OPTIMC_OK;
  return diag.fail(OPTIMC_BAD_PROGRAM,
                   "state '%s' starts in an unknown way (init %u, "
                   "hyperparameter %u of %zu)",
                   name, init, initHyper, hypers.size());
}

/// What formats a role may have.
static bool isAllowed(const optimc_stream &stream, const Format &format) {
  bool isStochastic = format.storage == OPTIMC_STORAGE_BF16_SR ||
                      format.storage == OPTIMC_STORAGE_Q8_SR;
  if (format.isUnsigned && !format.isBlockScaled())
    return false;
  if (stream.role == OPTIMC_ROLE_PARAM)
    return !format.isBlockScaled();
  if (stream.role == OPTIMC_ROLE_STATE)
    return format.storage != OPTIMC_STORAGE_SPLIT;
  return !format.hasAux() && !isStochastic;
}

optimc_status Program::readFormats(const Diag &diag) {
  const uint32_t *storage = nullptr;
  if (!entries.empty() && !entries[0].plans.empty())
    storage = entries[0].plans[0].storage;
  for (size_t i = 0; i < streams.size(); ++i) {
    formats.push_back({storage ? storage[i] : uint32_t(OPTIMC_STORAGE_F32),
                       (streams[i].flags & OPTIMC_STREAM_UNSIGNED) != 0});
    if (formats[i].storage > OPTIMC_STORAGE_SPLIT)
      return diag.fail(OPTIMC_UNSUPPORTED,
                       "'%s' is stored in format %u, which this runtime does "
                       "not know",
                       streams[i].name, formats[i].storage);
    if (!isAllowed(streams[i], formats[i]))
      return diag.fail(OPTIMC_BAD_PROGRAM, "'%s' cannot be stored as %s",
                       streams[i].name, formats[i].name().c_str());
  }
  return OPTIMC_OK;
}

/// Of a ring.
static constexpr uint32_t maxSlots = 65536;

optimc_status Program::checkStreams(const Diag &diag) {
  if (streams.size() > 64)
    return diag.fail(OPTIMC_BAD_PROGRAM,
                     "the program has %zu streams; at most 64 are allowed",
                     streams.size());
  for (uint32_t i = 0; i < streams.size(); ++i) {
    const optimc_stream &stream = streams[i];
    if (stream.role > OPTIMC_ROLE_TEMPORARY || stream.rate < OPTIMC_RATE_ROW ||
        stream.rate > OPTIMC_RATE_ELEMENT || stream.slots == 0)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "stream '%s' has role %u, rate %u and %u slots",
                       stream.name, stream.role, stream.rate, stream.slots);
    bool isElement = stream.rate == OPTIMC_RATE_ELEMENT;
    bool isState = stream.role == OPTIMC_ROLE_STATE;
    if ((stream.role <= OPTIMC_ROLE_GRAD && !isElement) ||
        (stream.role == OPTIMC_ROLE_TEMPORARY && isElement) ||
        (stream.slots > 1 && !isState) || stream.slots > maxSlots ||
        (isState && stream.init == OPTIMC_INIT_PARAM &&
         (!isElement || stream.slots > 1)))
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "stream '%s' of role %u cannot have rate %s, %u slots "
                       "and init %u",
                       stream.name, stream.role, rateName(stream.rate),
                       stream.slots, stream.init);
    if (stream.role == OPTIMC_ROLE_STATE) {
      if (optimc_status s = checkInit(stream.name, stream.init,
                                      stream.init_hyper, true, diag))
        return s;
      continue;
    }
    if (stream.role >= OPTIMC_ROLE_INPUT)
      continue;
    uint32_t &slot =
        stream.role == OPTIMC_ROLE_PARAM ? paramStream : gradStream;
    if (slot != none)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "streams '%s' and '%s' have the same role",
                       streams[slot].name, stream.name);
    slot = i;
  }
  if (paramStream == none)
    return diag.fail(OPTIMC_BAD_PROGRAM, "the program has no parameter stream");
  return OPTIMC_OK;
}

optimc_status Program::checkStates(const Diag &diag) {
  std::vector<bool> seen[OPTIMC_RATE_TENSOR + 1];
  for (const optimc_scalar_state &state : states) {
    if (state.rate < OPTIMC_RATE_MODEL || state.rate > OPTIMC_RATE_TENSOR)
      return diag.fail(OPTIMC_BAD_PROGRAM, "scalar state '%s' has rate %s",
                       state.name, rateName(state.rate));
    ++nStates[state.rate];
    if (findStream(state.name) != none)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "'%s' is both a scalar state and a stream", state.name);
    if (optimc_status s =
            checkInit(state.name, state.init, state.init_hyper, false, diag))
      return s;
    if (state.init == OPTIMC_INIT_HYPER && state.rate == OPTIMC_RATE_MODEL)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "model state '%s' starts as a hyperparameter, which is "
                       "different for each group",
                       state.name);
  }
  for (auto &flags : seen)
    flags.resize(states.size());
  for (const optimc_scalar_state &state : states) {
    if (state.index >= nStates[state.rate] || seen[state.rate][state.index])
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "scalar state '%s' has index %u among %u of rate %s",
                       state.name, state.index, nStates[state.rate],
                       rateName(state.rate));
    seen[state.rate][state.index] = true;
    bool isStep = !strcmp(state.name, "step");
    bool isFirst = state.rate == OPTIMC_RATE_GROUP && state.index == 0;
    if (isStep != isFirst)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "the first group state must be 'step', but it is '%s'",
                       state.name);
  }
  if (nStates[OPTIMC_RATE_GROUP] == 0)
    return diag.fail(OPTIMC_BAD_PROGRAM,
                     "the program has no group state 'step'");
  return OPTIMC_OK;
}

optimc_status Program::checkSlots(std::vector<ScalarSlot> &slots,
                                  const char *what, uint32_t *counts,
                                  const Diag &diag) {
  for (ScalarSlot &slot : slots) {
    if (slot.rate < OPTIMC_RATE_MODEL || slot.rate > OPTIMC_RATE_TENSOR ||
        slot.value >= maxValues)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "%s '%s' has rate %s and value slot %u of %u", what,
                       slot.name, rateName(slot.rate), slot.value, maxValues);
    slot.index = counts[slot.rate]++;
    tensorFrames |= slot.rate == OPTIMC_RATE_TENSOR;
  }
  return OPTIMC_OK;
}

/// True if some assignment of the predicates satisfies both.
static bool overlap(const Variant &a, const Variant &b) {
  return ((a.value ^ b.value) & a.mask & b.mask) == 0;
}

optimc_status Program::checkPlan(const Entry &entry, const Plan &plan,
                                 const Diag &diag) const {
  uint64_t all =
      streams.size() == 64 ? ~uint64_t(0) : (uint64_t(1) << streams.size()) - 1;
  bool powerOfTwo = plan.granule && !(plan.granule & (plan.granule - 1));
  if (!plan.storage || plan.minRank > plan.maxRank || !powerOfTwo ||
      plan.granule > 1u << 20 || (plan.used & ~all) ||
      (plan.touched & ~plan.used) || !(plan.used >> paramStream & 1) ||
      plan.variants.empty())
    return diag.fail(
        OPTIMC_BAD_PROGRAM,
        "a plan of entry '%s' is inconsistent: ranks %u to %u, "
        "granule %u, streams used %#llx, touched %#llx of %zu, %zu "
        "variants",
        entry.name, plan.minRank, plan.maxRank, plan.granule,
        static_cast<unsigned long long>(plan.used),
        static_cast<unsigned long long>(plan.touched), streams.size(),
        plan.variants.size());
  for (size_t i = 0; i < streams.size(); ++i) {
    if (!(plan.used >> i & 1))
      continue;
    if (!(Format{plan.storage[i], formats[i].isUnsigned} == formats[i]))
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "entry '%s' stores '%s' in another format than the "
                       "step does",
                       entry.name, streams[i].name);
    if (formats[i].storage != OPTIMC_STORAGE_F32 &&
        streams[i].rate != OPTIMC_RATE_ELEMENT)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "'%s' has rate %s and cannot be stored as %s",
                       streams[i].name, rateName(streams[i].rate),
                       formats[i].name().c_str());
    if (formats[i].isBlockScaled() && plan.granule % storageBlock)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "entry '%s' stores '%s' in blocks of %lld, but has the "
                       "granule %u",
                       entry.name, streams[i].name,
                       static_cast<long long>(storageBlock), plan.granule);
  }
  uint64_t predicates = entry.nPredicates >= 64
                            ? ~uint64_t(0)
                            : (uint64_t(1) << entry.nPredicates) - 1;
  for (size_t i = 0; i < plan.variants.size(); ++i) {
    const Variant &variant = plan.variants[i];
    if ((variant.mask & ~predicates) || (variant.value & ~variant.mask))
      return diag.fail(
          OPTIMC_BAD_PROGRAM,
          "variant %zu of entry '%s' tests predicates %#llx for "
          "%#llx; the entry has %u predicates",
          i, entry.name, static_cast<unsigned long long>(variant.mask),
          static_cast<unsigned long long>(variant.value), entry.nPredicates);
    for (size_t k = 0; k < i; ++k)
      if (overlap(variant, plan.variants[k]))
        return diag.fail(OPTIMC_BAD_PROGRAM,
                         "variants %zu and %zu of entry '%s' can both match", k,
                         i, entry.name);
    for (const Phase &phase : variant.phases) {
      bool complete = !phase.code.empty() && phase.code.back().isa == 0;
      for (const optimc_code &code : phase.code)
        complete &= code.fn != nullptr;
      if (!complete)
        return diag.fail(OPTIMC_BAD_PROGRAM,
                         "variant %zu of entry '%s' has a kernel without code "
                         "that runs on every machine",
                         i, entry.name);
      if (optimc_status s = checkPhase(entry, phase, diag))
        return s;
      if (&phase != variant.phases.data() && phase.stage < (&phase)[-1].stage)
        return diag.fail(OPTIMC_BAD_PROGRAM,
                         "the phases of variant %zu of entry '%s' are not in "
                         "the order of their stages",
                         i, entry.name);
    }
  }
  return OPTIMC_OK;
}

optimc_status Program::checkPhase(const Entry &entry, const Phase &phase,
                                  const Diag &diag) const {
  uint64_t known = entry.reductions.size() == 64
                       ? ~uint64_t(0)
                       : (uint64_t(1) << entry.reductions.size()) - 1;
  bool isSound = phase.domain >= OPTIMC_RATE_ROW &&
                 phase.domain <= OPTIMC_RATE_ELEMENT &&
                 phase.cut <= OPTIMC_CUT_BLOCKS && !(phase.reductions & ~known);
  for (uint32_t i = 0; isSound && i < streams.size(); ++i) {
    uint32_t rate = streams[i].rate;
    if (phase.writes >> i & 1)
      isSound = rate == phase.domain;
    else if (phase.reads >> i & 1)
      isSound = rate == phase.domain || phase.domain == OPTIMC_RATE_ELEMENT;
  }
  for (uint32_t r = 0; isSound && r < entry.reductions.size(); ++r) {
    if (!(phase.reductions >> r & 1))
      continue;
    const optimc_reduction &reduction = entry.reductions[r];
    bool isLine = reduction.to_rate == OPTIMC_RATE_ROW ||
                  reduction.to_rate == OPTIMC_RATE_COL;
    uint32_t cut = isLine ? OPTIMC_CUT_LINES
                   : reduction.to_rate == OPTIMC_RATE_BLOCK
                       ? OPTIMC_CUT_BLOCKS
                       : OPTIMC_CUT_GRANULES;
    isSound = reduction.from_rate == phase.domain && phase.cut == cut &&
              reduction.stage > phase.stage;
  }
  if (isSound)
    return OPTIMC_OK;
  return diag.fail(OPTIMC_BAD_PROGRAM,
                   "a phase of entry '%s' is inconsistent: stage %u, domain "
                   "%s, cut %u, reads %#llx, writes %#llx, reductions %#llx",
                   entry.name, phase.stage, rateName(phase.domain), phase.cut,
                   static_cast<unsigned long long>(phase.reads),
                   static_cast<unsigned long long>(phase.writes),
                   static_cast<unsigned long long>(phase.reductions));
}

optimc_status Program::checkReductions(const Entry &entry,
                                       const Diag &diag) const {
  if (entry.reductions.size() > 64)
    return diag.fail(OPTIMC_BAD_PROGRAM,
                     "entry '%s' has %zu reductions; at most 64 are allowed",
                     entry.name, entry.reductions.size());
  for (const optimc_reduction &r : entry.reductions) {
    bool isScalar = isScalarRate(r.to_rate);
    bool isSound =
        r.op <= OPTIMC_REDUCE_MAX_ABS && r.to_rate >= OPTIMC_RATE_MODEL &&
        r.to_rate <= OPTIMC_RATE_BLOCK && r.from_rate >= OPTIMC_RATE_MODEL &&
        r.from_rate <= OPTIMC_RATE_ELEMENT && r.stage >= 1 &&
        r.stage < entry.nStages;
    if (isScalarRate(r.from_rate))
      isSound = isSound && isScalar && r.source < entry.nValues;
    if (isScalar)
      isSound = isSound && r.target < entry.nValues;
    else
      isSound = isSound && r.from_rate == OPTIMC_RATE_ELEMENT &&
                r.target < streams.size() &&
                streams[r.target].role == OPTIMC_ROLE_TEMPORARY &&
                streams[r.target].rate == r.to_rate;
    if (!isSound)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "a reduction of entry '%s' is inconsistent: op %u from "
                       "%s to %s, stage %u, source %u, target %u",
                       entry.name, r.op, rateName(r.from_rate),
                       rateName(r.to_rate), r.stage, r.source, r.target);
  }
  return OPTIMC_OK;
}

/// Kernels of all entries, or of none.
optimc_status Program::checkPtx(const Diag &diag) const {
  for (const optimc_ptx &code : ptx) {
    // A NUL inside would hide what follows it.
    if (!code.text || code.size == 0 || code.text[code.size] ||
        strlen(code.text) != code.size)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "the PTX for sm_%u is damaged: %s %llu bytes", code.sm,
                       code.text ? "no NUL ends its" : "no text of",
                       static_cast<unsigned long long>(code.size));
    if (code.sm < 50 || code.sm > 999 || code.ptx_version < 60)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "a PTX text is for sm_%u and PTX %u.%u; sm_50 and later "
                       "and PTX 6.0 and later are allowed",
                       code.sm, code.ptx_version / 10, code.ptx_version % 10);
  }
  bool wanted = !ptx.empty();
  auto isSound = [&](const char *name) {
    return wanted ? name && *name : !name;
  };
  for (const Entry &entry : entries) {
    bool sound = isSound(entry.ptxEvaluate);
    for (const Plan &plan : entry.plans)
      for (const Variant &variant : plan.variants)
        for (const Phase &phase : variant.phases)
          sound &= isSound(phase.ptxEntry);
    if (!sound)
      return diag.fail(OPTIMC_BAD_PROGRAM, "entry '%s' %s", entry.name,
                       wanted ? "has a function without a name in the PTX"
                              : "names a PTX kernel, but there is no PTX");
  }
  return OPTIMC_OK;
}

optimc_status Program::checkEntry(const Entry &entry, const Diag &diag) const {
  constexpr uint32_t maxFrame = 1u << 20;
  if (entry.nValues > maxFrame || entry.nScalars > maxFrame ||
      entry.nPredicates > 64 || entry.plans.empty())
    return diag.fail(OPTIMC_BAD_PROGRAM,
                     "entry '%s' has %u values, %u scalars, %u predicates (at "
                     "most 64) and %zu plans (at least 1)",
                     entry.name, entry.nValues, entry.nScalars,
                     entry.nPredicates, entry.plans.size());
  if (optimc_status s = checkReductions(entry, diag))
    return s;
  for (const Plan &plan : entry.plans)
    if (optimc_status s = checkPlan(entry, plan, diag))
      return s;
  return OPTIMC_OK;
}

optimc_status Program::check(const Diag &diag) {
  if (optimc_status s = checkNames(diag))
    return s;
  if (optimc_status s = checkHypers(diag))
    return s;
  if (optimc_status s = checkStreams(diag))
    return s;
  if (optimc_status s = readFormats(diag))
    return s;
  if (optimc_status s = checkStates(diag))
    return s;
  if (optimc_status s = checkSlots(inputs, "input", nInputs, diag))
    return s;
  if (optimc_status s = checkSlots(outputs, "output", nOutputs, diag))
    return s;
  for (const ScalarSlot &output : outputs)
    if (!entries.empty() && output.value >= entries[0].nValues)
      return diag.fail(OPTIMC_BAD_PROGRAM,
                       "output '%s' reads value slot %u; the step has %u",
                       output.name, output.value, entries[0].nValues);
  if (entries.empty() || !entries[0].isStep || strcmp(entries[0].name, "step"))
    return diag.fail(OPTIMC_BAD_PROGRAM,
                     "the program's first entry must be 'step'");
  tensorFrames |= nStates[OPTIMC_RATE_TENSOR] != 0;
  for (const Entry &entry : entries) {
    tensorFrames |= !entry.fn[OPTIMC_RATE_TENSOR].empty();
    for (const optimc_reduction &reduction : entry.reductions) {
      tensorFrames |= reduction.to_rate == OPTIMC_RATE_TENSOR;
      reducesToGroups |= reduction.to_rate == OPTIMC_RATE_GROUP;
    }
    if (optimc_status s = checkEntry(entry, diag))
      return s;
  }
  return checkPtx(diag);
}
