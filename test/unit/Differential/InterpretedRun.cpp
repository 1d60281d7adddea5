//===- InterpretedRun.cpp - a scenario in the interpreter -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runs.h"
#include "optimc/Interpreter/Interpreter.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace optimc;
using namespace optimc::optim;
using namespace optimc::test;

namespace {
class InterpretedRun {
public:
  InterpretedRun(OptimizerOp op, const Scenario &scenario,
                 const FloatMode &mode)
      : op(op), scenario(scenario), mode(mode) {}
  Expected<Trace> run();

private:
  Error start();
  Error applyHypers(ArrayRef<HyperChange> changes);
  Error applyInputs(const StepPlan &step);
  Error applyGradients(const StepPlan &step);
  Error takeStep(const StepPlan &step);
  Expected<StepTrace> record(const StepPlan &step);
  Error recordStates(StepTrace &trace);
  bool hasInput(StringRef name) { return inputs.contains(name); }

  OptimizerOp op;
  const Scenario &scenario;
  const FloatMode &mode;
  std::unique_ptr<interp::Session> session;
  StringSet<> inputs;
  bool isWrapped = false;
};
} // namespace

static std::vector<double> widen(ArrayRef<float> values) {
  return std::vector<double>(values.begin(), values.end());
}

Error InterpretedRun::applyHypers(ArrayRef<HyperChange> changes) {
  StringSet<> frozen;
  for (unsigned i = 0, e = op.getHypers().size(); i != e; ++i)
    if (op.getHyper(i).getFrozen())
      frozen.insert(op.getHyper(i).getName().getValue());
  for (const HyperChange &change : changes)
    if (!frozen.contains(change.name))
      if (Error error =
              session->setHyper(change.group, change.name, change.value))
        return error;
  return Error::success();
}

Error InterpretedRun::start() {
  interp::Options options;
  options.seed = scenario.seed;
  Expected<std::unique_ptr<interp::Session>> created =
      interp::Session::create(op, options);
  if (!created)
    return created.takeError();
  session = std::move(*created);
  for (unsigned i = 0, e = op.getInputs().size(); i != e; ++i)
    inputs.insert(op.getInput(i).getName().getValue());
  isWrapped = hasInput("found_inf");
  for (unsigned i = 0; i < scenario.groups; ++i)
    session->addGroup();
  if (Error error = applyHypers(scenario.initialHypers))
    return error;
  for (const TensorPlan &plan : scenario.tensors) {
    std::vector<double> initial = widen(plan.param);
    interp::TensorInfo info;
    info.group = plan.group;
    info.name = plan.name;
    info.shape = {plan.count};
    info.initial = initial;
    Expected<unsigned> tensor = session->addTensor(info);
    if (!tensor)
      return tensor.takeError();
    for (unsigned s = 0, e = op.getStates().size(); s != e; ++s) {
      StringRef name = op.getState(s).getName().getValue();
      auto given = plan.states.find(name.str());
      if (given != plan.states.end())
        if (Error error =
                session->setState(name, widen(given->second), *tensor))
          return error;
    }
  }
  return Error::success();
}

Error InterpretedRun::applyInputs(const StepPlan &step) {
  for (const InputChange &change : step.inputs)
    if (hasInput(change.name))
      if (Error error =
              session->setInput(change.name, change.value, change.owner))
        return error;
  for (size_t tensor = 0; tensor < step.elementInputs.size(); ++tensor)
    for (const auto &[name, values] : step.elementInputs[tensor])
      if (hasInput(name) && !values.empty())
        if (Error error = session->setInput(name, widen(values), tensor))
          return error;
  if (hasInput("grad_scale"))
    if (Error error = session->setInput("grad_scale", step.gradScale))
      return error;
  if (isWrapped)
    return session->setInput("found_inf", step.foundInf);
  return Error::success();
}

Error InterpretedRun::applyGradients(const StepPlan &step) {
  for (unsigned tensor : step.active) {
    std::vector<float> grads = step.grads[tensor];
    if (!isWrapped) {
      // The definition of grad_scale: one float32 product by the rounded
      // inverse.
      float inverse = static_cast<float>(1 / step.gradScale);
      for (float &g : grads)
        g *= inverse;
    }
    if (Error error = session->setGradient(tensor, widen(grads)))
      return error;
  }
  return Error::success();
}

Error InterpretedRun::takeStep(const StepPlan &step) {
  if (!isWrapped && step.foundInf != 0)
    return Error::success();
  bool wasKept;
  Error error = Error::success();
  {
    FloatModeScope scope(mode);
    error = session->step(step.active);
    wasKept = scope.wasKept();
  }
  if (!error && !wasKept)
    error = createStringError("the interpreter changed the caller's "
                              "floating-point environment");
  return error;
}

Error InterpretedRun::recordStates(StepTrace &trace) {
  auto add = [&](const Twine &key, StringRef name, unsigned tensor) -> Error {
    Expected<std::vector<double>> values = session->getState(name, tensor);
    if (!values)
      return values.takeError();
    trace.values[key.str()] = std::move(*values);
    return Error::success();
  };
  // The ring of a `delay` is nothing before its first step, where the state
  // that it becomes is zero.
  SmallVector<DelayOp> delays;
  op.getStep().walk([&](DelayOp delay) { delays.push_back(delay); });
  for (DelayOp delay : delays)
    for (size_t i = 0; i < scenario.tensors.size(); ++i) {
      std::string key =
          scenario.tensors[i].name + " state " + delay.getState().str();
      if (Error error = add(key, delay.getState(), i))
        return error;
      if (trace.values[key].empty())
        trace.values[key].assign(delay.getWindow() *
                                     (isScalarRate(getRate(delay.getResult()))
                                          ? 1
                                          : scenario.tensors[i].count),
                                 0);
    }
  for (unsigned s = 0, e = op.getStates().size(); s != e; ++s) {
    StateAttr state = op.getState(s);
    StringRef name = state.getName().getValue();
    if (state.getRate() == Rate::Model) {
      if (Error error = add("model state " + name, name, 0))
        return error;
      continue;
    }
    for (size_t i = 0; i < scenario.tensors.size(); ++i)
      if (Error error =
              add(scenario.tensors[i].name + " state " + name, name, i))
        return error;
  }
  return Error::success();
}

Expected<StepTrace> InterpretedRun::record(const StepPlan &step) {
  StepTrace trace;
  trace.isSkipped = !isWrapped && step.foundInf != 0;
  for (size_t i = 0; i < scenario.tensors.size(); ++i) {
    const std::string &tensor = scenario.tensors[i].name;
    trace.values[tensor + " param"] = session->getParam(i);
    trace.values[tensor + " step"] = {session->getStep(i)};
  }
  if (Error error = recordStates(trace))
    return error;
  if (trace.isSkipped)
    return trace;
  auto commit = cast<CommitOp>(op.getStep().front().getTerminator());
  for (mlir::Attribute attribute : commit.getOutputNames()) {
    StringRef name = cast<mlir::StringAttr>(attribute).getValue();
    for (unsigned i : step.active) {
      Expected<std::vector<double>> values = session->getOutput(name, i);
      if (!values)
        return values.takeError();
      trace.values[(scenario.tensors[i].name + " output " + name).str()] =
          std::move(*values);
    }
  }
  return trace;
}

Expected<Trace> InterpretedRun::run() {
  if (Error error = start())
    return error;
  Trace trace;
  for (const StepPlan &step : scenario.steps) {
    if (Error error = applyHypers(step.hypers))
      return error;
    if (Error error = applyInputs(step))
      return error;
    if (Error error = applyGradients(step))
      return error;
    if (Error error = takeStep(step))
      return error;
    Expected<StepTrace> recorded = record(step);
    if (!recorded)
      return recorded.takeError();
    trace.push_back(std::move(*recorded));
  }
  return trace;
}

Expected<Trace> optimc::test::runInterpreted(OptimizerOp op,
                                             const Scenario &scenario,
                                             const FloatMode &mode) {
  return InterpretedRun(op, scenario, mode).run();
}
