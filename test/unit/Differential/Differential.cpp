//===- Differential.cpp - one spec, run in every way -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Differential.h"
#include "mlir/IR/OperationSupport.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::test;

static std::string fail(const std::string &what, llvm::Error error) {
  return what + ": " + llvm::toString(std::move(error));
}

DifferentialCase optimc::test::makeCase(const SpecSource &spec,
                                        unsigned number) {
  static constexpr int64_t sizes[] = {1, 15, 16, 17, 255, 0};
  DifferentialCase test;
  test.spec = spec;
  test.number = number;
  test.scenario.seed = number + 1;
  test.scenario.sizes = {sizes[number % 6], number % 2 ? 255 : 4097,
                         sizes[(number + 2) % 6], sizes[(number + 3) % 6]};
  // A decay of 0 makes an average its new value and may elide a state.
  const char *frozen = number % 2 ? "beta1" : "beta2";
  if (number % 5 == 3 &&
      spec.text.find(std::string("%") + frozen + " =") != std::string::npos) {
    test.scenario.frozen[frozen] = 0;
    test.compile.freeze = getFreeze(test.scenario.frozen);
  }
  return test;
}

namespace {
struct IsaChoice {
  const char *name;
  uint64_t mask;
};
constexpr IsaChoice isas[] = {
    {"x86-64-v4", OPTIMC_ISA_X86_64_V3 | OPTIMC_ISA_X86_64_V4},
    {"x86-64-v3", OPTIMC_ISA_X86_64_V3},
    {"baseline", 0}};
} // namespace

llvm::Expected<OwningOpRef<ModuleOp>>
optimc::test::parseStored(const DifferentialCase &test) {
  auto module = parseSpec(test.spec.text);
  if (!module || test.compile.store.empty())
    return module;
  CompileOptions options = test.compile;
  options.until = "store";
  if (llvm::Error error = lower(**module, options))
    return error;
  return module;
}

/// Both runs of one configuration; empty if they agree.
static std::string compareRun(const optimc_program *program,
                              const Scenario &scenario, const Trace &expected,
                              const CompiledOptions &options,
                              const IsaChoice &isa, ComparisonCounts *counts) {
  std::string name = std::string(isa.name) + ", " +
                     std::to_string(options.threads) + " threads, " +
                     options.mode.getName();
  llvm::Expected<Trace> actual = runCompiled(program, scenario, options);
  if (!actual)
    return fail(name, actual.takeError());
  std::string difference = findDifference(expected, *actual, counts);
  return difference.empty() ? difference : name + ": " + difference;
}

std::string optimc::test::checkCompiled(const DifferentialCase &test,
                                        ComparisonCounts *counts) {
  auto module = parseStored(test);
  if (!module)
    return fail("parsing", module.takeError());
  optim::OptimizerOp op = getOptimizer(**module);
  Scenario scenario = Scenario::make(op, test.scenario);
  llvm::Expected<Trace> expected =
      runInterpreted(op, scenario, getFloatMode(test.number));
  if (!expected)
    return fail("interpreting", expected.takeError());
  llvm::Expected<CompiledSpec> compiled = compile(test.spec.text, test.compile);
  if (!compiled)
    return fail("compiling", compiled.takeError());
  unsigned run = test.number;
  for (const IsaChoice &isa : isas) {
    CompiledOptions options;
    options.isaMask = isa.mask;
    options.threads = 1 + run % 2;
    options.mode = getFloatMode(run++);
    std::string difference = compareRun(compiled->program, scenario, *expected,
                                        options, isa, counts);
    if (!difference.empty())
      return difference;
  }
  return {};
}

std::string optimc::test::checkThreads(const DifferentialCase &test) {
  auto module = parseStored(test);
  if (!module)
    return fail("parsing", module.takeError());
  optim::OptimizerOp op = getOptimizer(**module);
  ScenarioOptions large = test.scenario;
  large.sizes = {70001, 33, 8192};
  large.steps = 2;
  Scenario scenario = Scenario::make(op, large);
  llvm::Expected<Trace> expected = runInterpreted(op, scenario);
  if (!expected)
    return fail("interpreting", expected.takeError());
  llvm::Expected<CompiledSpec> compiled = compile(test.spec.text, test.compile);
  if (!compiled)
    return fail("compiling", compiled.takeError());
  unsigned mode = test.number;
  for (const IsaChoice &isa : isas)
    for (unsigned threads : {1u, 2u, 3u}) {
      CompiledOptions options;
      options.isaMask = isa.mask;
      options.threads = threads;
      options.callerPool = threads == 3;
      options.mode = getFloatMode(mode++);
      std::string difference = compareRun(compiled->program, scenario,
                                          *expected, options, isa, nullptr);
      if (!difference.empty())
        return difference;
    }
  return {};
}

std::string optimc::test::checkPasses(const DifferentialCase &test,
                                      unsigned *interpretations) {
  auto module = parseStored(test);
  if (!module)
    return fail("parsing", module.takeError());
  optim::OptimizerOp op = getOptimizer(**module);
  Scenario scenario = Scenario::make(op, test.scenario);
  llvm::Expected<Trace> expected = runInterpreted(op, scenario);
  if (!expected)
    return fail("interpreting", expected.takeError());

  std::string failure;
  OperationFingerPrint last(**module);
  auto compare = [&](StringRef pass, ModuleOp changed) {
    OperationFingerPrint now(changed);
    if (!failure.empty() || now == last)
      return;
    last = now;
    if (interpretations)
      ++*interpretations;
    llvm::Expected<Trace> actual =
        runInterpreted(getOptimizer(changed), scenario);
    std::string where = ("after " + pass).str();
    if (!actual) {
      failure = fail(where, actual.takeError());
      return;
    }
    std::string difference = findDifference(*expected, *actual);
    if (!difference.empty())
      failure = where + ": " + difference;
  };
  CompileOptions options = test.compile;
  options.until = "expand-storage";
  if (!options.store.empty()) {
    options.from = "expand"; // what comes before is in the module
    options.store.clear();
  }
  if (llvm::Error error = lower(**module, options, compare))
    return fail("lowering", std::move(error));
  return failure;
}

//===----------------------------------------------------------------------===//
// Failures
//===----------------------------------------------------------------------===//

/// Cuts `text` down while `fails` holds: commits first, then ops that nothing
/// uses any more.
static std::string
minimize(std::string text,
         const std::function<bool(const std::string &)> &fails) {
  unsigned attempts = 60;
  auto attempt = [&](const std::string &smaller) {
    if (attempts == 0)
      return false;
    --attempts;
    if (!fails(smaller))
      return false;
    text = smaller;
    return true;
  };
  size_t commit = text.rfind("  commit ");
  for (size_t comma = text.rfind(',');
       comma != std::string::npos && comma > commit && attempts > 0;) {
    size_t end = text.find_first_of(",\n", comma + 1);
    // The gate stays.
    if (size_t gate = text.find(" when ", comma); gate < end)
      end = gate;
    if (attempt(text.substr(0, comma) + text.substr(end)))
      commit = text.rfind("  commit ");
    comma = comma == 0 ? std::string::npos : text.rfind(',', comma - 1);
  }
  // Bottom up, so that users go before what they use.
  for (size_t end = text.rfind("  commit "); end != std::string::npos;) {
    size_t start = text.rfind('\n', end - 2);
    if (start == std::string::npos || text.compare(start + 1, 3, "  %") != 0)
      break;
    std::string without = text.substr(0, start + 1) + text.substr(end);
    std::string line = text.substr(start + 1, end - start - 1);
    std::string name = line.substr(2, line.find_first_of(" ,") - 2);
    bool isUsed = without.find(name + " ") != std::string::npos ||
                  without.find(name + ",") != std::string::npos ||
                  without.find(name + ")") != std::string::npos ||
                  without.find(name + "\n") != std::string::npos;
    if (!isUsed && line.find(" = period ") == std::string::npos)
      attempt(without);
    end = start + 1;
  }
  return text;
}

std::string optimc::test::describeFailure(
    const DifferentialCase &test, const std::string &failure,
    const std::function<std::string(const DifferentialCase &)> &check) {
  std::string smallest = minimize(test.spec.text, [&](const std::string &text) {
    auto module = parseSpec(text);
    if (!module) {
      llvm::consumeError(module.takeError());
      return false;
    }
    DifferentialCase smaller = test;
    smaller.spec.text = text;
    return !check(smaller).empty();
  });
  std::string freeze;
  for (const std::string &value : test.compile.freeze)
    freeze += " --freeze " + value;
  return test.spec.name + " (case " + std::to_string(test.number) + freeze +
         "): " + failure + "\n" + test.spec.text + "\nThe smallest spec that " +
         "still fails:\n" + smallest;
}
