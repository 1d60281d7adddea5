//===- ReferenceOptimizer.h - AdamW and AdEMAMix, by hand -------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TEST_TRAINER_REFERENCEOPTIMIZER_H
#define OPTIMC_TEST_TRAINER_REFERENCEOPTIMIZER_H

#include "Model.h"
#include "Optimizers.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace optimc::trainer::test {

/// Written from the papers, with states in double: what the compiled kernels
/// are compared with, and an optimizer for tests that need no compiler.
class ReferenceOptimizer : public Optimizer {
public:
  struct Settings {
    double weightDecay = 0.1, alpha = 0, beta3 = 0.999, warmup = 0;
  };
  ReferenceOptimizer(Model &model, const Settings &settings)
      : model(model), s(settings) {
    size_t n = size_t(weightElements(model.getArrays()));
    fast.assign(n, 0);
    slow.assign(n, 0);
    square.assign(n, 0);
  }

  bool setLearningRate(double value, std::string &) override {
    lr = value;
    return true;
  }

  bool step(double gradScale, std::string &) override {
    const double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
    ++t;
    double part = s.warmup > 0 ? std::min(1.0, double(t) / s.warmup) : 1;
    double alpha = s.alpha * part;
    // The half-life of the slow average grows linearly.
    auto halfLife = [](double b) { return std::log(0.5) / std::log(b) - 1; };
    double life = (1 - part) * halfLife(beta1) + part * halfLife(s.beta3);
    double beta3 = std::pow(0.5, 1 / (life + 1));
    for (const WeightArray &array : model.getArrays()) {
      double decay = array.isMatrix() ? s.weightDecay : 0;
      for (int64_t i = array.offset; i < array.offset + array.size(); ++i) {
        double g = model.grads()[i] / gradScale;
        fast[i] = beta1 * fast[i] + (1 - beta1) * g;
        slow[i] = beta3 * slow[i] + (1 - beta3) * g;
        square[i] = beta2 * square[i] + (1 - beta2) * g * g;
        double numerator = fast[i] / (1 - std::pow(beta1, t)) + alpha * slow[i];
        double u =
            numerator / (std::sqrt(square[i] / (1 - std::pow(beta2, t))) + eps);
        float &p = model.weights()[i];
        p = float(p - lr * (u + decay * p));
      }
    }
    return true;
  }

  bool save(const std::string &, std::string &error) const override {
    error = "the reference optimizer has no checkpoints";
    return false;
  }
  bool load(const std::string &, std::string &error) override {
    return save({}, error);
  }

private:
  Model &model;
  Settings s;
  double lr = 0;
  int64_t t = 0;
  std::vector<double> fast, slow, square;
};

} // namespace optimc::trainer::test

#endif // OPTIMC_TEST_TRAINER_REFERENCEOPTIMIZER_H
