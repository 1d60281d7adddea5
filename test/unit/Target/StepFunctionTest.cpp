//===- StepFunctionTest.cpp - the plain C function -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowered.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <random>
#include <xmmintrin.h>

using namespace optimc;
using namespace optimc::test;

namespace {
struct OptHyper {
  double lr, k;
};
using OptStep = void (*)(const OptHyper *, int64_t t, size_t n, float *p,
                         const float *g, float *expAvg, double *count,
                         double *peak, double scale);

struct Data {
  explicit Data(size_t n) : p(n), g(n), m(n) {
    std::mt19937 random(3);
    for (auto *list : {&p, &g, &m})
      for (float &x : *list) {
        uint32_t bits = random() & 0x80FFFFFFu; // subnormals and tiny numbers
        memcpy(&x, &bits, sizeof x);
      }
  }
  std::vector<float> p, g, m;
};

bool sameBits(const std::vector<float> &a, const std::vector<float> &b) {
  for (size_t i = 0; i != a.size(); ++i)
    if (!(a[i] != a[i] && b[i] != b[i]) &&
        memcmp(&a[i], &b[i], sizeof(float)) != 0)
      return false;
  return true;
}
} // namespace

TEST(StepFunction, EqualsTheProgramInAnyEnvironment) {
  Lowered opt(optText, "opt");
  ASSERT_TRUE(opt.program) << opt.report;
  auto step =
      reinterpret_cast<OptStep>(llvm::cantFail(opt.loaded->lookup("opt_step")));
  for (size_t n : {0, 1, 17, 4097})
    for (unsigned control : {0x1F80u, 0xFFC0u, 0x7F80u}) {
      Data plain(n), tables(n);
      OptHyper hyper = {1e-3, 2};
      double count = 1e-3, peak = 0.25;
      Evaluation scalars(*opt.program);
      scalars.values[0] = 0.5;
      for (int64_t t = 1; t <= 5; ++t) {
        unsigned before = _mm_getcsr();
        _mm_setcsr(control);
        step(&hyper, t, n, plain.p.data(), plain.g.data(), plain.m.data(),
             &count, &peak, 0.5);
        unsigned after = _mm_getcsr();
        _mm_setcsr(before);
        EXPECT_EQ(after, control);

        scalars.run(*opt.program);
        void *streams[] = {tables.p.data(), tables.g.data(), tables.m.data()};
        optimc_run run = {};
        run.stream = streams;
        run.scalars = scalars.scalars.data();
        run.count = int64_t(n);
        getKernel(*scalars.variant, 0)(&run, 1);
        scalars.group = scalars.nextGroup;
        scalars.model = scalars.nextModel;
        EXPECT_EQ(count, scalars.group[1]);
        EXPECT_EQ(peak, scalars.model[0]);
        EXPECT_EQ(double(t), scalars.group[0]);
        ASSERT_TRUE(sameBits(plain.p, tables.p)) << "step " << t;
        ASSERT_TRUE(sameBits(plain.m, tables.m)) << "step " << t;
      }
    }
}

TEST(StepFunction, RandomUsesSeedZero) {
  Lowered noise(noiseText, "noise");
  ASSERT_TRUE(noise.program) << noise.report;
  using Step = void (*)(const void *, int64_t, size_t, float *, const float *);
  auto step = reinterpret_cast<Step>(
      llvm::cantFail(noise.loaded->lookup("noise_step")));
  std::vector<float> p(3, 0), g(3, 1), expected(3, 0);
  step(nullptr, 5, 3, p.data(), g.data());
  void *streams[] = {expected.data(), g.data()};
  optimc_run run = {};
  run.stream = streams;
  run.count = 3;
  run.key = optimc_mix(optimc_mix(optimc_mix(0) ^ 0) ^ 5);
  Evaluation scalars(*noise.program);
  scalars.run(*noise.program);
  getKernel(*scalars.variant, 0)(&run, 1);
  EXPECT_EQ(p, expected);
}

TEST(StepFunction, ValuesReachTheTensor) {
  Lowered trust(trustText, "trust");
  ASSERT_TRUE(trust.program) << trust.report;
  using Step = void (*)(const double *, int64_t, size_t, float *, const float *,
                        double *);
  auto step = reinterpret_cast<Step>(
      llvm::cantFail(trust.loaded->lookup("trust_step")));
  double lr = 0.5, x = 1;
  const double expected[] = {1, 1, 2.5, 4.5};
  float p = 0, g = 1, sum = 0;
  for (int64_t t = 1; t <= 4; ++t) {
    step(&lr, t, 1, &p, &g, &x);
    EXPECT_EQ(x, expected[t - 1]);
    sum -= float(x);
    EXPECT_EQ(p, sum);
  }
}

//===----------------------------------------------------------------------===//
// From C
//===----------------------------------------------------------------------===//

namespace {
const char *const mainText = R"(#include <optimc-c/Program.h>
#include <stdio.h>
#include "opt.h"
int main(void) {
  opt_hyper hyper = OPT_HYPER_INIT;
  float p[3] = {1, 2, 3}, g[3] = {4, 4, 4}, m[3] = {0, 0, 0};
  double count = 1, peak = 0;
  int64_t t;
  for (t = 1; t <= 3; ++t)
    opt_step(&hyper, t, 3, p, g, m, &count, &peak, 0.5);
  printf("%.9g %.9g %.17g %g %u\n", (double)p[0], (double)m[2], count, peak,
         optimc_program_opt(OPTIMC_ABI)->abi);
  return 0;
}
)";

class FromC : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("optimc", directory));
  }
  void TearDown() override { llvm::sys::fs::remove_directories(directory); }
  std::string path(llvm::StringRef name) {
    llvm::SmallString<128> full(directory);
    llvm::sys::path::append(full, name);
    return std::string(full);
  }
  void write(llvm::StringRef name, llvm::StringRef text) {
    std::error_code error;
    llvm::raw_fd_ostream stream(path(name), error);
    ASSERT_FALSE(error) << error.message();
    stream << text;
  }
  /// The exit status; the program's output is in the file `output`.
  int run(llvm::StringRef program, llvm::ArrayRef<std::string> arguments) {
    auto found = llvm::sys::findProgramByName(program);
    if (!found)
      return -1;
    llvm::SmallVector<llvm::StringRef> list = {*found};
    for (const std::string &argument : arguments)
      list.push_back(argument);
    std::string output = path("output");
    std::optional<llvm::StringRef> redirects[] = {
        llvm::StringRef(), llvm::StringRef(output), llvm::StringRef(output)};
    return llvm::sys::ExecuteAndWait(*found, list, std::nullopt, redirects);
  }
  std::string output() {
    auto buffer = llvm::MemoryBuffer::getFile(path("output"));
    return buffer ? (*buffer)->getBuffer().str() : std::string();
  }

  llvm::SmallString<128> directory;
};
} // namespace

TEST_F(FromC, HeaderAndObject) {
  if (!llvm::sys::findProgramByName("cc") ||
      !llvm::sys::findProgramByName("c++"))
    GTEST_SKIP() << "no C and C++ compiler on PATH";
  Lowered opt(optText, "opt");
  ASSERT_TRUE(opt.program) << opt.report;
  write("opt.h", opt.header);
  write("main.c", mainText);
  write("opt.o", llvm::StringRef(opt.object.data(), opt.object.size()));
  std::string include = std::string("-I") + OPTIMC_INCLUDE_DIR;
  ASSERT_EQ(
      run("cc", {"-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror",
                 include, path("main.c"), path("opt.o"), "-o", path("main")}),
      0)
      << output();
  ASSERT_EQ(run(path("main"), {}), 0) << output();
  // Steps 1 and 2 move m only: rate = .001 / .5, m = 3 steps of rate * 4.
  float m = 0, rate = float(1e-3 * (1 / 0.5));
  double count = 1;
  for (int i = 0; i != 3; ++i) {
    m = std::fma(rate, 4.0f, m);
    count += 1e-3 * (1 / 0.5);
  }
  float p = 1.0f - std::min(4.0f / std::sqrt(m), m);
  char expected[128];
  snprintf(expected, sizeof expected, "%.9g %.9g %.17g %g %u\n", double(p),
           double(m), count, 0.5, OPTIMC_ABI);
  EXPECT_EQ(output(), expected);
  write("header.cpp",
        "#include \"opt.h\"\nopt_hyper hyper = OPT_HYPER_INIT;\n");
  ASSERT_EQ(
      run("c++", {"-std=c++17", "-Wall", "-Wextra", "-pedantic", "-Werror",
                  "-c", path("header.cpp"), "-o", path("header.o")}),
      0)
      << output();
}
