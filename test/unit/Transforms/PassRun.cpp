//===- PassRun.cpp - running passes and what they leave -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PassRun.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "optimc/Conversion/Passes.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include "optimc/Interpreter/Compare.h"
#include "optimc/Interpreter/Interpreter.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;
using namespace optimc::test;

static void registerPassesOnce() {
  static const bool done = [] {
    registerTransformsPasses();
    registerOptimTransformsPasses();
    registerOptimToArith();
    return true;
  }();
  (void)done;
}

const std::vector<std::string> &test::getPassSequence() {
  static const std::vector<std::string> passes = {
      "optim-inline",
      "optim.optimizer(optim-expand-gates)",
      "optim.optimizer(optim-expand-expr)",
      "optim.optimizer(optim-expand-mixtures)",
      "optim.optimizer(optim-expand-schedules)",
      "optim.optimizer(canonicalize)",
      "optim.optimizer(cse)",
      "optim.optimizer(optim-elide-states)",
      "optim.optimizer(optim-split-host)",
      "optim.optimizer(canonicalize,cse)",
      "optim.optimizer(optim-specialize)",
      "optim.optimizer(optim-make-kernels)",
      "optim.optimizer(canonicalize,cse)",
      "optim.optimizer(optim-to-arith)",
      "optim.optimizer(canonicalize,cse)",
  };
  return passes;
}

Spec::Spec(const std::string &text)
    : context(MLIRContext::Threading::DISABLED) {
  registerPassesOnce();
  context.loadDialect<OptimDialect, arith::ArithDialect, math::MathDialect>();
  module = parseSourceString<ModuleOp>(text, &context);
}

bool Spec::run(const std::string &pipeline) {
  auto manager = PassManager::on<ModuleOp>(&context);
  if (failed(parsePassPipeline(pipeline, manager))) {
    ADD_FAILURE() << "no such pipeline: " << pipeline;
    return false;
  }
  if (succeeded(manager.run(*module)))
    return true;
  ADD_FAILURE() << pipeline << " failed on\n" << print();
  return false;
}

std::string Spec::print() {
  std::string text;
  llvm::raw_string_ostream os(text);
  module->print(os);
  return text;
}

//===----------------------------------------------------------------------===//
// Interpretation
//===----------------------------------------------------------------------===//

namespace {
/// Numbers that find mistakes: ordinary ones, specials, any bits.
class Numbers {
public:
  explicit Numbers(unsigned seed) : engine(seed) {}

  double ordinary() {
    std::normal_distribution<float> normal;
    return normal(engine);
  }
  double any() {
    static const float specials[] = {0.0f,     -0.0f,     1.0f,     -1.0f,
                                     INFINITY, -INFINITY, NAN,      1e-45f,
                                     1e-38f,   3.4e38f,   -3.4e38f, 0.5f};
    switch (engine() % 8) {
    case 0:
      return specials[engine() % std::size(specials)];
    case 1: {
      uint32_t bits = engine();
      float value;
      std::memcpy(&value, &bits, sizeof(value));
      return value;
    }
    default:
      return ordinary();
    }
  }
  std::vector<double> many(size_t count) {
    std::vector<double> values(count);
    for (double &value : values)
      value = any();
    return values;
  }
  /// A value that the range allows, or the default.
  double hyper(HyperAttr hyper) {
    static const double candidates[] = {0, 1, 2, 3, 0.5, 0.9, 0.1, 1e-3, -1};
    double value = candidates[engine() % std::size(candidates)];
    bool keep = engine() % 2 || !hyper.allows(value) || hyper.getFrozen();
    return keep ? hyper.getInitial().getValue() : value;
  }

private:
  std::mt19937 engine;
};
} // namespace

static void check(llvm::Error error) {
  if (error)
    ADD_FAILURE() << llvm::toString(std::move(error));
}

static void record(Trace &trace, interp::Session &session,
                   OptimizerOp optimizer, const std::string &when) {
  for (unsigned tensor = 0; tensor != session.getNumTensors(); ++tensor) {
    std::string suffix = " of tensor " + std::to_string(tensor) + " " + when;
    trace["param" + suffix] = session.getParam(tensor);
    trace["step" + suffix] = {session.getStep(tensor)};
    for (unsigned i = 0, e = optimizer.getStates().size(); i != e; ++i) {
      StringRef name = optimizer.getState(i).getName().getValue();
      llvm::Expected<std::vector<double>> state =
          session.getState(name, tensor);
      if (state)
        trace["state " + name.str() + suffix] = *state;
      else
        check(state.takeError());
    }
    auto commit = cast<CommitOp>(optimizer.getStep().front().getTerminator());
    for (auto name : commit.getOutputNames().getAsRange<StringAttr>()) {
      auto output = session.getOutput(name.getValue(), tensor);
      if (output)
        trace["output " + name.str() + suffix] = *output;
      else
        check(output.takeError());
    }
  }
}

/// The same numbers whatever inputs were elided: drawn by name.
static void setInputs(interp::Session &session, OptimizerOp optimizer,
                      unsigned seed, ArrayRef<size_t> sizes) {
  for (unsigned i = 0, e = optimizer.getInputs().size(); i != e; ++i) {
    InputAttr input = optimizer.getInput(i);
    StringRef name = input.getName().getValue();
    Numbers numbers(seed + unsigned(name.size()) * 31 + unsigned(name.back()));
    if (isScalarRate(input.getRate())) {
      unsigned owners = input.getRate() == Rate::Tensor ? sizes.size() : 1;
      for (unsigned owner = 0; owner != owners; ++owner)
        check(session.setInput(name, {double(int(numbers.ordinary()))}, owner));
      continue;
    }
    for (auto [tensor, size] : llvm::enumerate(sizes))
      check(session.setInput(name, numbers.many(size), tensor));
  }
}

Trace Spec::interpret(unsigned seed, unsigned steps) {
  Trace trace;
  OptimizerOp optimizer;
  for (OptimizerOp op : module->getOps<OptimizerOp>())
    optimizer = op;
  auto session = interp::Session::create(optimizer);
  if (!session) {
    check(session.takeError());
    return trace;
  }
  interp::Session &run = **session;
  Numbers numbers(seed);
  unsigned group = run.addGroup();
  for (unsigned i = 0, e = optimizer.getHypers().size(); i != e; ++i) {
    HyperAttr hyper = optimizer.getHyper(i);
    if (double value = numbers.hyper(hyper); !hyper.getFrozen())
      check(run.setHyper(group, hyper.getName().getValue(), value));
  }
  const size_t sizes[] = {19, 3};
  for (auto [i, size] : llvm::enumerate(sizes)) {
    std::vector<double> initial = numbers.many(size);
    auto tensor = run.addTensor(
        {group, "w" + std::to_string(i), {int64_t(size)}, initial, 0});
    if (!tensor)
      check(tensor.takeError());
  }
  for (unsigned step = 1; step <= steps; ++step) {
    for (auto [i, size] : llvm::enumerate(sizes))
      check(run.setGradient(i, numbers.many(size)));
    setInputs(run, optimizer, seed * 977 + step, sizes);
    // The second tensor misses the second step: clocks part.
    check(step == 2 ? run.step({0u}) : run.step());
    record(trace, run, optimizer, "after step " + std::to_string(step));
  }
  for (Attribute entry : optimizer.getEntries()) {
    StringRef name = cast<StringAttr>(entry).getValue();
    check(run.runEntry(name));
    record(trace, run, optimizer, "after '" + name.str() + "'");
  }
  return trace;
}

std::string test::compareTraces(const Trace &before, const Trace &after) {
  for (const auto &[name, values] : before) {
    auto it = after.find(name);
    if (it == after.end()) {
      if (StringRef(name).starts_with("state "))
        continue;
      return name + " is missing";
    }
    std::optional<size_t> place = interp::findDifference(
        ArrayRef<double>(values), ArrayRef<double>(it->second));
    if (!place)
      continue;
    std::string text = name + " differs at " + std::to_string(*place);
    if (*place < values.size() && *place < it->second.size())
      text += ": " + interp::describeNumber(values[*place]) + " became " +
              interp::describeNumber(it->second[*place]);
    return text;
  }
  return {};
}
