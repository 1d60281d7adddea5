//===- Program.h - a validated copy of a program's tables ------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Programs come from files, so their tables are not trusted: Program::create
// copies them by their element sizes and checks every index once. Strings and
// code stay in the program.
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_PROGRAM_H
#define OPTIMC_RUNTIME_CORE_PROGRAM_H

#include "core/Error.h"
#include "core/Storage.h"

#include <string_view>
#include <vector>

namespace optimc::rt {

constexpr uint32_t none = ~0u;

struct Phase {
  uint32_t stage, domain, cut;
  uint64_t reads, writes, reductions;
  std::vector<optimc_code> code;
  optimc_kernel_fn fn;  // the best code that this machine may run
  const char *ptxEntry; // null without PTX
};

struct Variant {
  uint64_t mask, value;
  std::vector<Phase> phases;
};

struct Plan {
  uint32_t minRank, maxRank;
  uint64_t minCount;
  const uint32_t *storage;
  uint32_t granule;
  uint64_t used;    // streams that the class of tensors has
  uint64_t touched; // streams that some phase reads or writes
  std::vector<Variant> variants;
};

struct Entry {
  const char *name;
  bool isStep;
  uint32_t nValues, nScalars, nPredicates;
  // By rate and stage; null where absent.
  std::vector<optimc_scalar_fn> fn[OPTIMC_RATE_TENSOR + 1];
  std::vector<optimc_reduction> reductions;
  std::vector<Plan> plans;
  const char *ptxEvaluate = nullptr; // null without PTX
  uint32_t nStages = 1;
  /// The first stage that needs all tensors of the step: a reduction to group
  /// or model. nStages where there is none.
  uint32_t jointStage = 1;
};

inline bool isScalarRate(uint32_t rate) { return rate <= OPTIMC_RATE_TENSOR; }

/// A scalar input or output with its position among those of its rate.
struct ScalarSlot {
  const char *name;
  uint32_t rate, value, index;
  double initial;
  bool optional;
};

class Program {
public:
  /// Copies and checks; `isa` is the set of usable OPTIMC_ISA_* bits.
  optimc_status create(const optimc_program *source, uint64_t isa,
                       const Diag &diag);

  const optimc_program *source = nullptr;
  std::vector<optimc_hyper> hypers;
  std::vector<optimc_stream> streams;
  std::vector<optimc_scalar_state> states;
  std::vector<ScalarSlot> inputs, outputs;
  std::vector<Entry> entries;
  std::vector<optimc_ptx> ptx;

  std::vector<Format> formats; // by stream; the same in all plans
  uint32_t paramStream = none, gradStream = none;
  uint32_t nStates[OPTIMC_RATE_TENSOR + 1] = {}; // by rate, likewise below
  uint32_t nInputs[OPTIMC_RATE_TENSOR + 1] = {};
  uint32_t nOutputs[OPTIMC_RATE_TENSOR + 1] = {};
  uint32_t maxValues = 0, maxScalars = 0; // over all entries, likewise below
  uint32_t maxReductions = 0;
  bool tensorFrames = false; // some value has tensor rate
  bool reducesToGroups = false;
  uint64_t isaUsed = 0; // of the code that was picked

  uint32_t findHyper(std::string_view name) const;
  uint32_t findStream(std::string_view name) const;
  uint32_t findEntry(std::string_view name) const;

private:
  optimc_status copyTables(const Diag &diag);
  optimc_status copyEntry(const optimc_entry &from, Entry &to,
                          const Diag &diag);
  optimc_status copyPlan(const optimc_plan &from, const char *entry, Plan &to,
                         const Diag &diag);
  void pickCode(uint64_t isa);
  optimc_status readFormats(const Diag &diag);

  optimc_status check(const Diag &diag);
  optimc_status checkNames(const Diag &diag) const;
  optimc_status checkHypers(const Diag &diag) const;
  optimc_status checkStreams(const Diag &diag);
  optimc_status checkStates(const Diag &diag);
  optimc_status checkSlots(std::vector<ScalarSlot> &slots, const char *what,
                           uint32_t *counts, const Diag &diag);
  void findStages(Entry &entry);
  optimc_status checkPtx(const Diag &diag) const;
  optimc_status checkReductions(const Entry &entry, const Diag &diag) const;
  optimc_status checkPhase(const Entry &entry, const Phase &phase,
                           const Diag &diag) const;
  optimc_status checkEntry(const Entry &entry, const Diag &diag) const;
  optimc_status checkPlan(const Entry &entry, const Plan &plan,
                          const Diag &diag) const;
  optimc_status checkInit(const char *name, uint32_t init, uint32_t initHyper,
                          bool isStream, const Diag &diag) const;
};

/// nullptr if `value` is allowed for the hyperparameter, else the reason, such
/// as "is not a number". Frozen ones are checked against `initial`.
const char *hyperFault(const optimc_hyper &hyper, double value);

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_PROGRAM_H
