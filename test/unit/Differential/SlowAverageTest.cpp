//===- SlowAverageTest.cpp - what formats do to a slow average -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compilation.h"
#include "optimc-c/Runtime.h"
#include "llvm/Support/Error.h"
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace optimc;
using namespace optimc::test;

namespace {
constexpr double decay = 0.9999;
constexpr size_t count = 4096;
constexpr int steps = 12000;

const char spec[] = R"(
optim.optimizer @slow(%p, %g) state(%m "average" observable) {
  %m_t = ema %m, %g decay 0.9999
  %p_t = expr %p + 0 * %m_t
  commit %p = %p_t, %m = %m_t
})";

struct Result {
  double error; ///< root mean square, relative to that of the average
  double bias;  ///< mean, likewise
};

class SlowAverage {
public:
  explicit SlowAverage(const std::string &format) {
    CompileOptions options;
    options.store = {"average=" + format};
    compiled = llvm::cantFail(compile(spec, options));
    check(optimc_create(compiled.program, nullptr, &optimizer, &error));
    optimc_group group;
    check(optimc_add_group(optimizer, "all", &group, &error));
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    int64_t shape = count;
    desc.name = "w";
    desc.rank = 1;
    desc.shape = &shape;
    desc.param = param.data();
    desc.grad = grad.data();
    check(optimc_add_tensor(optimizer, group, &desc, &tensor, &error));
  }
  ~SlowAverage() { optimc_destroy(optimizer); }

  void step(const std::vector<float> &gradient) {
    std::copy(gradient.begin(), gradient.end(), grad.begin());
    check(optimc_step(optimizer, &error));
  }
  Result compare(const std::vector<double> &exact) {
    std::vector<float> values(count);
    check(optimc_read_state(optimizer, tensor, "average", values.data(), count,
                            &error));
    double squares = 0, sum = 0, difference = 0, exactSum = 0;
    for (size_t i = 0; i < count; ++i) {
      squares += exact[i] * exact[i];
      exactSum += exact[i];
      difference += (values[i] - exact[i]) * (values[i] - exact[i]);
      sum += values[i] - exact[i];
    }
    return {std::sqrt(difference / squares), sum / exactSum};
  }

private:
  void check(optimc_status status) {
    ASSERT_EQ(OPTIMC_OK, status) << error.message;
  }

  CompiledSpec compiled;
  optimc_optimizer *optimizer = nullptr;
  optimc_tensor tensor = 0;
  optimc_error error;
  std::vector<float> param = std::vector<float>(count),
                     grad = std::vector<float>(count);
};

TEST(SlowAverageTest, ErrorsAreAsDocumented) {
  struct Bound {
    const char *format;
    double low, high; ///< of the error
    double bias;      ///< at most
  };
  // docs/Numerics.md, 7.7: the measured errors lie inside.
  static const Bound bounds[] = {{"f32", 0, 1e-5, 1e-5},
                                 {"bf16", 0.5, 1, 1},
                                 {"bf16_sr", 0.02, 0.08, 0.005},
                                 {"q8", 0.9, 1, 1},
                                 {"q8_sr", 0.1, 0.3, 0.02}};
  std::vector<std::unique_ptr<SlowAverage>> averages;
  for (const Bound &bound : bounds)
    averages.push_back(std::make_unique<SlowAverage>(bound.format));
  std::mt19937 random(1);
  std::normal_distribution<float> noise(1, 1);
  std::vector<double> exact(count);
  std::vector<float> gradient(count);
  // A bank of gradients: drawing 49 million normal numbers takes longer than
  // everything else.
  std::vector<float> bank(count + 65521);
  for (float &value : bank)
    value = noise(random);
  for (int t = 0; t < steps; ++t) {
    size_t offset = random() % 65521;
    for (size_t i = 0; i < count; ++i) {
      gradient[i] = bank[offset + i];
      exact[i] += (1 - decay) * (gradient[i] - exact[i]);
    }
    for (auto &average : averages)
      average->step(gradient);
  }
  for (size_t i = 0; i < averages.size(); ++i) {
    Result result = averages[i]->compare(exact);
    std::printf("%-8s relative error %.3g, bias %.2g\n", bounds[i].format,
                result.error, result.bias);
    EXPECT_GE(result.error, bounds[i].low) << bounds[i].format;
    EXPECT_LE(result.error, bounds[i].high) << bounds[i].format;
    EXPECT_LE(std::fabs(result.bias), bounds[i].bias) << bounds[i].format;
  }
}
} // namespace
