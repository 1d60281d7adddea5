//===- Optimizers.h - compiled optimizers for a model -----------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_OPTIMIZERS_H
#define OPTIMC_TRAINER_OPTIMIZERS_H

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace optimc::trainer {

class Model;
class ThreadPool;

/// What the training loop needs of an optimizer. Every call that fails returns
/// false and describes why in `error`.
class Optimizer {
public:
  virtual ~Optimizer() = default;
  virtual bool setLearningRate(double lr, std::string &error) = 0;
  /// Updates the model's weights from its gradient divided by `gradScale`.
  virtual bool step(double gradScale, std::string &error) = 0;
  /// Weights, states and clocks.
  virtual bool save(const std::string &path, std::string &error) const = 0;
  virtual bool load(const std::string &path, std::string &error) = 0;
};

/// What the user asked for: NAME or FILE.mlir, then ":name=value,...", where
/// "store.STREAM=FORMAT" says how a stream is kept.
struct OptimizerChoice {
  std::string spec;
  std::string store; // "STREAM=FORMAT,..."
  std::vector<std::pair<std::string, double>> overrides;
};
bool parseOptimizerChoice(const std::string &text, OptimizerChoice &choice,
                          std::string &error);

/// Where optimizers run. The network runs on the CPU; for a GPU, gradients and
/// weights are copied to and from it around each step.
enum class Device { Cpu, Cuda };

/// The settings of the study that optimizers depend on.
struct RecipeContext {
  int64_t steps = 0;
  bool clip = true; // gradients are clipped: the spec must take `grad_scale`
  const double *lr = nullptr; // replaces the recipe's, but not an override
  Device device = Device::Cpu;
};

/// A spec, compiled once and used by all runs (from several threads).
class CompiledOptimizer {
public:
  /// Compiles the spec and settles its hyperparameters: the spec's defaults,
  /// then the recipe tuned for the reference model, then the overrides.
  static std::unique_ptr<CompiledOptimizer>
  create(const OptimizerChoice &choice, const RecipeContext &context,
         std::string &error);
  virtual ~CompiledOptimizer() = default;

  /// The program's name.
  virtual const std::string &name() const = 0;
  virtual double peakLearningRate() const = 0;
  /// Everything that differs from the spec's defaults, as "name=value, ...".
  virtual std::string describe() const = 0;
  /// Identifies the program, hyperparameters aside.
  virtual const std::string &specHash() const = 0;
  /// Hyperparameter `name`, or `absent` if the program has none of that name.
  virtual double hyper(const std::string &name, double absent) const = 0;

  /// An optimizer for the model, which must outlive it. Weight decay acts on
  /// matrices only.
  virtual std::unique_ptr<Optimizer> attach(Model &model, ThreadPool &pool,
                                            std::string &error) const = 0;
};

/// How many specs this process has compiled.
uint64_t compileCount();

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_OPTIMIZERS_H
