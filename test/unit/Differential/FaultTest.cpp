//===- FaultTest.cpp - the differential tests notice compiler faults -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Differential.h"
#include "Faults.h"
#include "StoragePlans.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace optimc;
using namespace optimc::test;

namespace {
/// A spec of the quick subset, and what it should compute.
struct Subject {
  DifferentialCase test;
  Scenario scenario;
  Trace expected;
};

/// The built-in specs, corners and some random ones, with sizes around the
/// vectors'.
Subject makeSubject(const SpecSource &spec, unsigned number,
                    const std::vector<std::string> &store) {
  Subject subject;
  subject.test = makeCase(spec, number);
  subject.test.scenario.sizes = {17, 255, 48};
  if (!store.empty()) {
    subject.test.scenario.sizes = {17, 700};
    subject.test.compile.store.assign(store.begin(), store.end());
    subject.test.spec.name += ", stored as " + store.back();
  }
  auto module = llvm::cantFail(parseStored(subject.test));
  subject.scenario =
      Scenario::make(getOptimizer(*module), subject.test.scenario);
  subject.expected =
      llvm::cantFail(runInterpreted(getOptimizer(*module), subject.scenario));
  return subject;
}

const std::vector<Subject> &getSubjects() {
  static const std::vector<Subject> subjects = [] {
    std::vector<SpecSource> specs = getBuiltinSources();
    for (const SpecSource &corner : getCornerSources())
      specs.push_back(corner);
    for (unsigned i = 0; i < 80; ++i)
      specs.push_back(getRandomSpecs()[4 * i]);
    std::vector<Subject> list;
    // Numbers that are multiples of 5 freeze nothing.
    for (const SpecSource &spec : specs)
      list.push_back(makeSubject(spec, 5 * list.size(), {}));
    // What is stored is the gradient itself, ties included.
    SpecSource kept{"kept", R"(
optim.optimizer @kept(%p, %g) state(%m "kept" observable) {
  commit %p = %g, %m = %g
})"};
    for (const char *format : {"bf16", "f16", "q8"})
      list.push_back(
          makeSubject(kept, 5 * list.size(), {std::string("kept=") + format}));
    for (const SpecSource &spec : getBuiltinSources())
      if (spec.name == "adamw" || spec.name == "ademamix")
        for (const std::vector<std::string> &store : getPlans(spec.text))
          list.push_back(makeSubject(spec, 5 * list.size(), store));
    return list;
  }();
  return subjects;
}

struct Verdict {
  unsigned places = 0;     ///< in the first spec that has any
  std::string interpreted; ///< the difference after the faulty pass
  std::string compiled;    ///< the difference of the program
  std::string spec;
  bool isCaught() const { return !interpreted.empty() || !compiled.empty(); }
};

/// Compiles one spec with the fault; nothing if it has no place for it.
Verdict inject(const Fault &fault, const Subject &subject) {
  Verdict verdict;
  verdict.spec = subject.test.spec.name;
  auto module = llvm::cantFail(parseSpec(subject.test.spec.text));
  std::string name = getOptimizer(*module).getSymName().str();
  bool isDone = false;
  llvm::Error error =
      lower(*module, subject.test.compile, [&](StringRef pass, ModuleOp now) {
        if (isDone || pass != fault.phase)
          return;
        isDone = true;
        verdict.places = fault.apply(now);
        optim::OptimizerOp op = getOptimizer(now);
        if (!verdict.places || pass == "optim-kernel-to-cpu" ||
            pass == "optim-multiversion" || !op)
          return;
        llvm::Expected<Trace> trace = runInterpreted(op, subject.scenario);
        verdict.interpreted =
            trace ? findDifference(subject.expected, *trace)
                  : "refused: " + llvm::toString(trace.takeError());
      });
  if (error) {
    verdict.compiled = "refused: " + llvm::toString(std::move(error));
    return verdict;
  }
  if (!verdict.places)
    return verdict;
  llvm::Expected<CompiledSpec> compiled = emit(*module, name);
  if (!compiled) {
    verdict.compiled = "refused: " + llvm::toString(compiled.takeError());
    return verdict;
  }
  for (uint64_t isa :
       {~uint64_t(0), uint64_t(OPTIMC_ISA_X86_64_V3), uint64_t(0)}) {
    CompiledOptions options;
    options.isaMask = isa;
    llvm::Expected<Trace> trace =
        runCompiled(compiled->program, subject.scenario, options);
    verdict.compiled = trace ? findDifference(subject.expected, *trace)
                             : "refused: " + llvm::toString(trace.takeError());
    if (!verdict.compiled.empty())
      break;
  }
  return verdict;
}

/// The first spec of the subset whose run parts from the interpreter's.
Verdict findCatch(const Fault &fault) {
  Verdict last;
  unsigned compiled = 0;
  // Faults of storage have no place in specs without a plan, and the others
  // need none.
  llvm::ArrayRef<Fault> ofStorage = getStorageFaults();
  bool isOfStorage = &fault >= ofStorage.begin() && &fault < ofStorage.end();
  for (const Subject &subject : getSubjects()) {
    if (subject.test.compile.store.empty() == isOfStorage)
      continue;
    Verdict verdict = inject(fault, subject);
    if (verdict.isCaught())
      return verdict;
    if (verdict.places) {
      last = verdict;
      if (++compiled == 40)
        break;
    }
  }
  return last;
}

class FaultTest : public testing::TestWithParam<
                      std::pair<const char *, llvm::ArrayRef<Fault> (*)()>> {};

TEST_P(FaultTest, IsCaught) {
  unsigned caught = 0, seeded = 0;
  std::string missed;
  for (const Fault &fault : GetParam().second()) {
    Verdict verdict = findCatch(fault);
    std::string by = verdict.interpreted.empty() ? "compiled"
                     : verdict.compiled.empty()  ? "interpreted"
                                                 : "both";
    std::printf("%-26s %-24s %-11s %s\n", fault.name.str().c_str(),
                fault.phase.str().c_str(),
                verdict.isCaught() ? by.c_str()
                : verdict.places   ? "MISSED"
                                   : "NO PLACE",
                verdict.isCaught()
                    ? (verdict.spec + ": " +
                       (verdict.compiled.empty() ? verdict.interpreted
                                                 : verdict.compiled))
                          .c_str()
                    : "");
    // A fault that has no place was not seeded, and that is no catch either.
    ++seeded;
    caught += verdict.isCaught();
    if (!verdict.isCaught())
      missed += " " + fault.name.str();
  }
  std::printf("%u of %u faults caught\n", caught, seeded);
  EXPECT_GE(caught * 40, seeded * 38) << "missed:" << missed;
}

INSTANTIATE_TEST_SUITE_P(
    Of, FaultTest,
    testing::Values(std::make_pair("Expansions", getExpansionFaults),
                    std::make_pair("Schedules", getScheduleFaults),
                    std::make_pair("Folds", getFoldFaults),
                    std::make_pair("Outlining", getOutliningFaults),
                    std::make_pair("Arith", getArithFaults),
                    std::make_pair("Code", getCodeFaults),
                    std::make_pair("Storage", getStorageFaults)),
    [](const auto &info) { return std::string(info.param.first); });

TEST(FaultListTest, HasAtLeastFortyDifferentFaults) {
  std::set<std::string> names;
  for (auto list :
       {getExpansionFaults, getScheduleFaults, getFoldFaults,
        getOutliningFaults, getArithFaults, getCodeFaults, getStorageFaults})
    for (const Fault &fault : list()) {
      EXPECT_TRUE(names.insert(fault.name.str()).second) << fault.name.str();
      EXPECT_FALSE(fault.what.empty());
    }
  EXPECT_GE(names.size(), 40u);
}

/// Without a fault nothing is found, in the same subset.
TEST(FaultListTest, SoundCompilerHasNoFault) {
  Fault none = {"none", "optim-expand-gates", "nothing is changed",
                [](ModuleOp) { return 1u; }};
  unsigned number = 0;
  for (const Subject &subject : getSubjects()) {
    if (number++ % 3) // the other tests compile all of them without a fault
      continue;
    Verdict verdict = inject(none, subject);
    EXPECT_EQ("", verdict.interpreted) << verdict.spec;
    EXPECT_EQ("", verdict.compiled) << verdict.spec;
  }
}
} // namespace
