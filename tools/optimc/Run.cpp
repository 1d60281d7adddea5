//===- Run.cpp - optimc run -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arrays.h"
#include "Commands.h"
#include "Engine.h"
#include "Spec.h"
#include "optimc/Pipelines/Pipelines.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <functional>
#include <map>

using namespace llvm;
using namespace optimc;
using namespace optimc::tool;

namespace {

/// One tensor of a run and where its gradients come from.
struct Tensor {
  std::string name;
  SmallVector<int64_t> shape;
  std::vector<double> initial;
  const Array *gradients = nullptr; ///< [steps, shape...]
  const Array *present = nullptr;   ///< [steps], or null: always
  unsigned id = 0;

  int64_t size() const { return static_cast<int64_t>(initial.size()); }
};

/// A test function: value and gradient at x.
struct Function {
  std::vector<double> start;
  std::function<double(ArrayRef<double>, std::vector<double> &)> evaluate;
};

Function getFunction(StringRef name) {
  if (name == "rosenbrock")
    // From (-3, 5), as in the AdEMAMix paper's Figure 2.
    return {{-3, 5}, [](ArrayRef<double> x, std::vector<double> &gradient) {
              double a = 1 - x[0], b = x[1] - x[0] * x[0];
              gradient = {-2 * a - 400 * x[0] * b, 200 * b};
              return a * a + 100 * b * b;
            }};
  // Curvatures 1, 10, 100 and 1000.
  return {{1, 1, 1, 1}, [](ArrayRef<double> x, std::vector<double> &gradient) {
            double value = 0, curvature = 1;
            gradient.clear();
            for (double each : x) {
              gradient.push_back(curvature * each);
              value += 0.5 * curvature * each * each;
              curvature *= 10;
            }
            return value;
          }};
}

class Run {
public:
  explicit Run(const RunArgs &args) : args(args) {}

  Error prepare();
  Error execute();
  Error write();

private:
  Error readGradients();
  Error readParams();
  Error chooseStorage();
  Error createEngine();
  Error record();
  void report(int64_t step, double value);

  const RunArgs &args;
  Spec spec;
  std::vector<Array> gradientFile, paramFile;
  std::vector<Tensor> tensors;
  Function function;
  std::unique_ptr<Engine> engine;
  int64_t steps = 0;
  std::vector<Array> trajectory;
  std::map<std::string, size_t> streams;
  json::Array rows;
};

} // namespace

Error Run::readGradients() {
  if (!args.function.empty()) {
    function = getFunction(args.function);
    Tensor x;
    x.name = "x";
    x.initial = function.start;
    x.shape = {x.size()};
    tensors.push_back(std::move(x));
    steps = args.steps;
    if (!steps)
      return createStringError("--function needs --steps");
    return Error::success();
  }
  if (args.grads.empty())
    return createStringError("give gradients by --grads or --function");
  auto arrays = readArrays(args.grads);
  if (!arrays)
    return arrays.takeError();
  gradientFile = std::move(*arrays);
  steps = args.steps;
  for (const Array &array : gradientFile) {
    if (StringRef(array.name).ends_with("/present"))
      continue;
    if (array.shape.empty())
      return createStringError(
          "%s: '%s' has no dimension of steps; its shape must be [steps, ...]",
          args.grads.c_str(), array.name.c_str());
    Tensor tensor;
    tensor.name = array.name.empty() ? "x" : array.name;
    tensor.gradients = &array;
    tensor.shape.append(array.shape.begin() + 1, array.shape.end());
    int64_t count = 1;
    for (int64_t extent : tensor.shape)
      count *= extent; // bounded by the bytes that were read, unless steps is 0
    if (array.shape[0] == 0)
      return createStringError("%s: '%s' has no steps", args.grads.c_str(),
                               tensor.name.c_str());
    tensor.initial.assign(count, 0);
    for (const Array &other : gradientFile)
      if (other.name == array.name + "/present")
        tensor.present = &other;
    int64_t given = array.shape[0];
    if (tensor.present && tensor.present->size() != given)
      return createStringError("%s: '%s' has %lld steps, but '%s' %lld",
                               args.grads.c_str(), tensor.present->name.c_str(),
                               (long long)tensor.present->size(),
                               array.name.c_str(), (long long)given);
    if (steps > given)
      return createStringError("--steps is %lld, but '%s' has gradients for "
                               "%lld steps",
                               (long long)steps, tensor.name.c_str(),
                               (long long)given);
    if (!args.steps)
      steps = steps ? std::min(steps, given) : given;
    tensors.push_back(std::move(tensor));
  }
  if (tensors.empty())
    return createStringError("%s has no arrays", args.grads.c_str());
  return Error::success();
}

Error Run::readParams() {
  if (args.params.empty())
    return Error::success();
  auto arrays = readArrays(args.params);
  if (!arrays)
    return arrays.takeError();
  paramFile = std::move(*arrays);
  for (const Array &array : paramFile) {
    auto *tensor = llvm::find_if(tensors, [&](const Tensor &each) {
                     return each.name == array.name ||
                            (array.name.empty() && tensors.size() == 1);
                   }).operator->();
    if (tensor == tensors.data() + tensors.size())
      return createStringError("%s: there is no tensor '%s'",
                               args.params.c_str(), array.name.c_str());
    if (array.size() != tensor->size())
      return createStringError(
          "%s: '%s' has %lld elements, but the gradients have %lld",
          args.params.c_str(), tensor->name.c_str(), (long long)array.size(),
          (long long)tensor->size());
    tensor->initial = array.values;
  }
  return Error::success();
}

/// The interpreter executes the spec with its plan.
Error Run::chooseStorage() {
  if (args.store.empty() || args.engine == "compiled")
    return Error::success();
  CompileOptions options;
  options.amp = false;
  options.freeze.assign(args.freeze.begin(), args.freeze.end());
  options.store.assign(args.store.begin(), args.store.end());
  options.until = "store";
  return mlir::failed(runPipeline(*spec.module, options))
             ? createStringError("")
             : Error::success();
}

Error Run::createEngine() {
  if (Error error = chooseStorage())
    return error;
  bool float64 = args.engine == "interpreter-f64";
  auto created =
      args.engine == "compiled"
          ? createCompiledEngine(spec.text, spec.optimizer.getSymName(),
                                 args.freeze, args.store, args.seed)
          : createInterpreterEngine(spec.optimizer, float64, args.seed);
  if (!created)
    return created.takeError();
  engine = std::move(*created);
  // The interpreter has no compile time: freezing is setting, unless the
  // storage plan was chosen for it.
  std::vector<std::string> set(args.set);
  if (args.engine != "compiled" && args.store.empty())
    set.insert(set.end(), args.freeze.begin(), args.freeze.end());
  auto hypers = parseAssignments(set, "--set");
  if (!hypers)
    return hypers.takeError();
  for (auto &[name, value] : *hypers)
    if (Error error = engine->setHyper(name, value))
      return error;
  auto states = parseAssignments(args.init, "--init");
  if (!states)
    return states.takeError();
  for (Tensor &tensor : tensors) {
    auto id = engine->addTensor(tensor.name, tensor.shape, tensor.initial,
                                args.block);
    if (!id)
      return id.takeError();
    tensor.id = *id;
    for (auto &[name, value] : *states)
      if (Error error = engine->setState(tensor.id, name, value))
        return error;
  }
  return Error::success();
}

Error Run::prepare() {
  auto loaded = loadSpec(args);
  if (!loaded)
    return loaded.takeError();
  spec = std::move(*loaded);
  if (Error error = readGradients())
    return error;
  if (Error error = readParams())
    return error;
  return createEngine();
}

/// Appends the present values of all streams to the trajectory.
Error Run::record() {
  if (args.output.empty())
    return Error::success();
  auto append = [&](const std::string &name, ArrayRef<double> values,
                    ArrayRef<int64_t> shape) {
    auto [it, isNew] = streams.try_emplace(name, trajectory.size());
    if (isNew) {
      Array array;
      array.name = name;
      array.isFloat64 = engine->isFloat64() || shape.empty();
      array.shape.push_back(0);
      array.shape.append(shape.begin(), shape.end());
      trajectory.push_back(std::move(array));
    }
    Array &array = trajectory[it->second];
    ++array.shape[0];
    array.values.insert(array.values.end(), values.begin(), values.end());
  };
  for (Tensor &tensor : tensors) {
    append("param/" + tensor.name, engine->getParam(tensor.id), tensor.shape);
    for (const std::string &state : engine->getStateNames()) {
      auto values = engine->getState(tensor.id, state);
      if (!values)
        return values.takeError();
      int64_t count = values->size();
      // The tensor's class does not have this state.
      if (!count && tensor.size())
        continue;
      bool perElement = count == tensor.size() && state != "step" &&
                        !tensor.shape.empty();
      ArrayRef<int64_t> shape;
      if (perElement)
        shape = tensor.shape;
      else if (count != 1) // of rows, columns, blocks
        shape = ArrayRef<int64_t>(count);
      append("state/" + state + "/" + tensor.name, *values, shape);
    }
  }
  return Error::success();
}

void Run::report(int64_t step, double value) {
  std::vector<double> first = engine->getParam(tensors.front().id);
  double norm = 0;
  for (Tensor &tensor : tensors)
    for (double each : engine->getParam(tensor.id))
      norm += each * each;
  if (args.json) {
    json::Object row{{"step", step}, {"param_norm", std::sqrt(norm)}};
    if (function.evaluate)
      row["value"] = value;
    if (first.size() <= 8 && tensors.size() == 1)
      row["param"] = json::Array(first);
    rows.push_back(std::move(row));
    return;
  }
  outs() << format("%8lld", (long long)step);
  if (function.evaluate)
    outs() << format("  f = %-12.6g", value);
  outs() << format("  |param| = %-12.6g", std::sqrt(norm));
  for (size_t i = 0; i < std::min<size_t>(first.size(), 4); ++i)
    outs() << format(" %13.9g", first[i]);
  outs() << (first.size() > 4 || tensors.size() > 1 ? " ...\n" : "\n");
}

Error Run::execute() {
  std::vector<double> gradient;
  auto value = [&] {
    return function.evaluate
               ? function.evaluate(engine->getParam(tensors[0].id), gradient)
               : 0.0;
  };
  if (Error error = record())
    return error;
  report(0, value());
  int64_t every = std::max<int64_t>(1, steps / 20);
  for (int64_t step = 1; step <= steps; ++step) {
    SmallVector<unsigned> active;
    for (Tensor &tensor : tensors) {
      if (tensor.present && tensor.present->values[step - 1] == 0)
        continue;
      ArrayRef<double> values;
      if (tensor.gradients) {
        values = ArrayRef<double>(tensor.gradients->values)
                     .slice((step - 1) * tensor.size(), tensor.size());
      } else {
        value(); // fills `gradient`
        values = gradient;
      }
      if (Error error = engine->setGradient(tensor.id, values))
        return error;
      active.push_back(tensor.id);
    }
    if (Error error = engine->step(active))
      return error;
    if (Error error = record())
      return error;
    if (step % every == 0 || step == steps)
      report(step, value());
  }
  return Error::success();
}

Error Run::write() {
  if (args.json)
    outs() << formatv("{0:2}\n", json::Value(json::Object{
                                     {"optimizer", spec.optimizer.getSymName()},
                                     {"engine", args.engine},
                                     {"steps", std::move(rows)}}));
  return args.output.empty() ? Error::success()
                             : writeArrays(args.output, trajectory);
}

int optimc::tool::runRun(const RunArgs &args) {
  Run run(args);
  for (auto phase : {&Run::prepare, &Run::execute, &Run::write})
    if (Error error = (run.*phase)())
      return reportError(std::move(error));
  return ExitSuccess;
}
