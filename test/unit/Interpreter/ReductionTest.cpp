//===- ReductionTest.cpp - the order of reductions --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Against a second implementation of docs/Reductions.md on zero-padded blocks,
// and against sums in 113-bit precision.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include <numeric>

using namespace optimc::interp;
using namespace optimc::interp::test;

namespace {

//===-- A second implementation: sums only --------------------------------===//

double tree(Numbers lanes) {
  while (lanes.size() > 1) {
    size_t half = lanes.size() / 2;
    for (size_t i = 0; i != half; ++i)
      lanes[i] = lanes[i] + lanes[i + half];
    lanes.resize(half);
  }
  return lanes[0];
}

/// Sums of blocks of 16 x 256; f32 lanes where `single`.
Numbers blockSums(Numbers values, bool squares, bool single) {
  values.resize((values.size() + 4095) / 4096 * 4096, 0.0);
  Numbers sums;
  for (size_t block = 0; block < values.size(); block += 4096) {
    Numbers lanes;
    for (size_t lane = 0; lane != 256; ++lane) {
      float narrow = 0;
      double wide = 0;
      for (size_t row = 0; row != 16; ++row) {
        double x = values[block + 256 * row + lane];
        float y = float(x);
        narrow = squares ? std::fmaf(y, y, narrow) : narrow + y;
        wide = squares ? wide + x * x : wide + x;
      }
      lanes.push_back(single ? narrow : wide);
    }
    sums.push_back(tree(lanes));
  }
  return sums;
}

double sumOf(Numbers values, bool squares, bool single) {
  if (values.empty())
    return 0;
  Numbers sums = blockSums(values, squares, single);
  while (sums.size() > 1)
    sums = blockSums(sums, false, false);
  return sums[0];
}

double sumOfPartials(Numbers partials) {
  while (partials.size() > 1)
    partials = blockSums(partials, false, false);
  return partials[0];
}

/// An output of a spec that reduces %g, for tensors with these gradients.
struct Reduced {
  Program program;
  std::vector<unsigned> tensors;

  explicit Reduced(const std::string &reduction)
      : program("optim.optimizer @o(%p, %g) {\n %r = reduce " + reduction +
                "\n %b = broadcast %r to element\n commit %p = %b, \"r\" = "
                "%r\n}") {}
  /// For rates between tensor and element, which cannot be outputs.
  struct Kernel {};
  Reduced(const std::string &reduction, Kernel)
      : program("optim.optimizer @o(%p, %g) {\n %r = reduce " + reduction +
                "\n %b = broadcast %r to element\n commit %p = %b\n}") {}

  void add(std::vector<int64_t> shape, const Numbers &grad, int64_t block = 0) {
    Numbers zeros(grad.size(), 0.0);
    tensors.push_back(program.add("w" + std::to_string(tensors.size()),
                                  std::move(shape), zeros, 0, block));
    expectOk(program->setGradient(tensors.back(), grad));
  }
  double run(unsigned tensor = 0) {
    expectOk(program->step());
    return get(program->getOutput("r", tensor)).at(0);
  }
  Numbers spread(unsigned tensor = 0) {
    expectOk(program->step());
    return program->getParam(tensor);
  }
};

const size_t sizes[] = {0, 1, 2, 255, 256, 257, 4095, 4096, 4097, 70001};

TEST(Reduction, SumsOfTensorsHaveOneOrder) {
  for (size_t size : sizes) {
    Generator generator(size + 1);
    Numbers grad = generator.many(size);
    double count = size;
    for (auto [kind, squares, divides] :
         {std::tuple("sum", false, false), std::tuple("sum_sq", true, false),
          std::tuple("mean", false, true), std::tuple("mean_sq", true, true)}) {
      Reduced reduced(std::string(kind) + " %g to tensor");
      reduced.add({int64_t(size)}, grad);
      double expected = sumOf(grad, squares, true);
      if (divides)
        expected = expected / count;
      EXPECT_TRUE(sameNumber(reduced.run(), expected))
          << kind << " of " << size;
    }
  }
}

TEST(Reduction, ManyPartialResultsAreReducedByTheSameShape) {
  // More than 4096 of them: two levels in float64.
  Reduced reduced("sum_sq %g to model");
  Numbers partials, grad = Generator(5).many(4200);
  for (double x : grad) {
    reduced.add({1}, Numbers{x});
    partials.push_back(std::fmaf(float(x), float(x), 0));
  }
  EXPECT_EQ(reduced.run(), sumOfPartials(partials));
}

TEST(Reduction, TensorsAreAddedInRegistrationOrder) {
  for (const char *rate : {"model", "group"}) {
    Reduced reduced("sum %g to " + std::string(rate));
    Numbers partials;
    for (int i = 0; i != 300; ++i) {
      Generator generator(i + 100);
      Numbers grad = generator.many(1 + 13 * i % 700);
      for (double &x : grad)
        x = float(x * std::ldexp(1, i % 40));
      reduced.add({int64_t(grad.size())}, grad);
      partials.push_back(sumOf(grad, false, true));
    }
    EXPECT_EQ(reduced.run(), sumOfPartials(partials)) << rate;
  }
}

TEST(Reduction, OnlyTheTensorsOfTheStepAndTheGroupCount) {
  Program program(R"(optim.optimizer @o(%p, %g) {
    %m = reduce sum %g to model
    %c = reduce sum %g to group
    %n = reduce mean %g to group
    commit "m" = %m, "c" = %c, "n" = %n
  })");
  unsigned second = program->addGroup();
  unsigned a = program.add("a", {2}, {0, 0});
  unsigned b = program.add("b", {1}, {0}, second);
  unsigned c = program.add("c", {3}, {0, 0, 0});
  expectOk(program->setGradient(a, {1, 2}));
  expectOk(program->setGradient(b, {10}));
  expectOk(program->setGradient(c, {100, 200, 300}));
  expectOk(program->step());
  expectSame(get(program->getOutput("m", a)), {613});
  expectSame(get(program->getOutput("c", a)), {603});
  expectSame(get(program->getOutput("c", c)), {603});
  expectSame(get(program->getOutput("n", c)), {603.0 / 5});
  expectSame(get(program->getOutput("c", b)), {10});
  expectOk(program->step({c, b}));
  expectSame(get(program->getOutput("m", a)), {610});
  expectSame(get(program->getOutput("c", c)), {600});
  expectSame(get(program->getOutput("c", a)), {603}); // its last step
}

TEST(Reduction, ScalarsCountOnceInDouble) {
  Program program(R"(optim.optimizer @o(%p, %g) {
    %r = reduce sum %g to tensor
    %x = expr %r * 0.1
    %s = reduce sum_sq %x to model
    %m = reduce mean %x to group
    commit "s" = %s, "m" = %m
  })");
  double squares = 0, sum = 0;
  for (int i = 1; i <= 3; ++i) {
    unsigned tensor =
        program.add("w" + std::to_string(i), Numbers(10 * i, 0.0));
    Numbers grad(10 * i, 0.0);
    grad[0] = i;
    expectOk(program->setGradient(tensor, grad));
  }
  expectOk(program->step());
  // Three lanes of the tree: (x0 + x2) + x1.
  double x[3] = {1 * 0.1, 2 * 0.1, 3 * 0.1};
  squares = (x[0] * x[0] + x[2] * x[2]) + x[1] * x[1];
  sum = (x[0] + x[2]) + x[1];
  expectSame(get(program->getOutput("s")), {squares});
  expectSame(get(program->getOutput("m")), {sum / 3});
}

TEST(Reduction, RowsAreTensorsOfTheirOwn) {
  int64_t batch = 2, rows = 3, cols = 5000;
  Generator generator(11);
  Numbers grad = generator.many(batch * rows * cols);
  Reduced reduced("mean_sq %g to row", {});
  reduced.add({batch, rows, cols}, grad);
  Numbers result = reduced.spread();
  for (int64_t row = 0; row != batch * rows; ++row) {
    Numbers values(grad.begin() + row * cols, grad.begin() + (row + 1) * cols);
    double expected = float(sumOf(values, true, true) / cols);
    EXPECT_EQ(result[row * cols], expected);
    EXPECT_EQ(result[row * cols + cols - 1], expected);
  }
}

TEST(Reduction, ColumnsAreReducedInPanelsOf64Rows) {
  int64_t batch = 2, rows = 200, cols = 7;
  Generator generator(12);
  Numbers grad = generator.many(batch * rows * cols);
  for (const char *kind : {"sum", "sum_sq"}) {
    bool squares = std::string(kind) == "sum_sq";
    Reduced reduced(std::string(kind) + " %g to col", {});
    reduced.add({batch, rows, cols}, grad);
    Numbers result = reduced.spread();
    for (int64_t b = 0; b != batch; ++b)
      for (int64_t col = 0; col != cols; ++col) {
        Numbers panels;
        for (int64_t first = 0; first < rows; first += 64) {
          float sum = 0;
          for (int64_t row = first; row < std::min(rows, first + 64); ++row) {
            float x = grad[(b * rows + row) * cols + col];
            sum = squares ? std::fmaf(x, x, sum) : sum + x;
          }
          panels.push_back(sum);
        }
        float expected = float(sumOfPartials(panels));
        for (int64_t row : {int64_t(0), rows - 1})
          EXPECT_EQ(result[(b * rows + row) * cols + col], double(expected));
      }
  }
}

TEST(Reduction, BlocksHaveTheLengthOfTheirTensor) {
  Generator generator(13);
  Numbers grad = generator.many(10);
  Reduced reduced("mean %g to block", {});
  reduced.add({10}, grad, 4);
  reduced.add({10}, grad, 5);
  Numbers four = reduced.spread(0), five = reduced.program->getParam(1);
  auto mean = [&](size_t first, size_t count) {
    Numbers values(grad.begin() + first, grad.begin() + first + count);
    return double(float(sumOf(values, false, true) / count));
  };
  EXPECT_EQ(four[3], mean(0, 4));
  EXPECT_EQ(four[4], mean(4, 4));
  EXPECT_EQ(four[9], mean(8, 2)); // the last one is shorter
  EXPECT_EQ(five[4], mean(0, 5));
  EXPECT_EQ(five[5], mean(5, 5));
}

TEST(Reduction, RowValuesCountOnce) {
  Program program(R"(optim.optimizer @o(%p, %g) {
    %r = reduce sum %g to row
    %m = reduce mean %r to tensor
    %x = reduce max %r to model
    commit "m" = %m, "x" = %x
  })");
  unsigned tensor = program.add("w", {2, 3}, Numbers(6, 0.0));
  expectOk(program->setGradient(tensor, {1, 2, 3, 4, 5, 6}));
  expectOk(program->step());
  expectSame(get(program->getOutput("m", tensor)), {21.0 / 2});
  expectSame(get(program->getOutput("x", tensor)), {15});
}

TEST(Reduction, ExtremesAreExactAndPropagateNaN) {
  Numbers grad = {3, -7, 0.5, -0.0};
  auto run = [&](const char *kind, const Numbers &values) {
    Reduced reduced(std::string(kind) + " %g to tensor");
    reduced.add({int64_t(values.size())}, values);
    return reduced.run();
  };
  EXPECT_EQ(run("max", grad), 3);
  EXPECT_EQ(run("min", grad), -7);
  EXPECT_EQ(run("max_abs", grad), 7);
  EXPECT_TRUE(sameNumber(run("max", {-0.0, -0.0}), -0.0));
  EXPECT_TRUE(sameNumber(run("max", {-0.0, 0.0}), 0.0));
  EXPECT_TRUE(sameNumber(run("min", {0.0, -0.0}), -0.0));
  EXPECT_EQ(run("max", {}), -inf);
  EXPECT_EQ(run("min", {}), inf);
  EXPECT_EQ(run("max_abs", {}), 0);
  EXPECT_TRUE(std::isnan(run("mean", {})));
  grad.resize(5000, 1.0);
  grad[4500] = quietNaN;
  for (const char *kind : {"max", "min", "max_abs", "sum", "mean_sq"})
    EXPECT_TRUE(std::isnan(run(kind, grad))) << kind;
}

TEST(Reduction, IsAccurate) {
  size_t size = 1 << 20;
  Generator generator(21);
  Numbers grad = generator.many(size);
  __float128 exact = 0;
  for (double x : grad)
    exact += __float128(x) * x;
  Reduced reduced("sum_sq %g to tensor");
  reduced.add({int64_t(size)}, grad);
  double error = double((reduced.run() - exact) / exact);
  EXPECT_LT(std::fabs(error), 1e-8);

  Options options;
  options.precision = Precision::Double;
  Program program(R"(optim.optimizer @o(%p, %g) {
    %r = reduce sum_sq %g to tensor
    commit "r" = %r
  })",
                  options);
  unsigned tensor = program.add("w", grad);
  expectOk(program->setGradient(tensor, grad));
  expectOk(program->step());
  error = double((get(program->getOutput("r", tensor))[0] - exact) / exact);
  EXPECT_LT(std::fabs(error), 1e-14);
}

} // namespace
