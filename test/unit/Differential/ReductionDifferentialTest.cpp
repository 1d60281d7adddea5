//===- ReductionDifferentialTest.cpp - phases = interpreter -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reductions to every rate, slices, classes of tensors and rings: compiled
// programs give the interpreter's bits for every instruction set, number of
// threads, choice between storing and recomputing, and way of running a step.
//
//===----------------------------------------------------------------------===//

#include "ReductionSpecs.h"
#include "mlir/Parser/Parser.h"
#include "optimc-c/Compiler.h"
#include "optimc-c/Runtime.h"
#include "optimc/Interpreter/Interpreter.h"
#include "optimc/Pipelines/BuiltinSpecs.h"
#include "optimc/Pipelines/Pipelines.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <map>

using namespace mlir;
using namespace optimc;
using namespace optimc::test;

namespace {
struct Shape {
  std::vector<int64_t> extents;
  int64_t block;
};

/// What is done with a spec: the same for all runs.
struct Workload {
  std::vector<Shape> shapes;
  unsigned steps = 3;
  std::vector<std::vector<float>> params;             ///< by tensor
  std::vector<std::vector<std::vector<float>>> grads; ///< by step, tensor
  std::vector<std::vector<unsigned>> active;          ///< by step
};

struct Way {
  const char *name;
  uint32_t flags;
  uint64_t isa;
  unsigned threads;
  bool inParts; ///< one optimc_run_tensors per tensor, last first
};

/// Names and values of everything that a run leaves behind.
using Record = std::vector<std::pair<std::string, std::vector<double>>>;
} // namespace

static int64_t countOf(const Shape &shape) {
  int64_t count = 1;
  for (int64_t extent : shape.extents)
    count *= extent;
  return count;
}

/// Bit patterns of all sorts among numbers of usual size.
static float drawValue(std::mt19937_64 &random, bool wild) {
  if (wild && random() % 97 == 0) {
    uint32_t bits = random();
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  return std::normal_distribution<float>()(random);
}

static Workload makeWorkload(std::vector<Shape> shapes, uint64_t seed,
                             bool wild) {
  std::mt19937_64 random(seed);
  Workload work;
  work.shapes = std::move(shapes);
  auto draw = [&](const Shape &shape, bool isWild) {
    std::vector<float> values(countOf(shape));
    for (float &value : values)
      value = drawValue(random, isWild);
    return values;
  };
  for (const Shape &shape : work.shapes)
    work.params.push_back(draw(shape, false));
  for (unsigned step = 0; step != work.steps; ++step) {
    auto &grads = work.grads.emplace_back();
    auto &active = work.active.emplace_back();
    for (unsigned i = 0; i != work.shapes.size(); ++i) {
      grads.push_back(draw(work.shapes[i], wild));
      // In the second step some tensors have no gradient.
      if (step != 1 || i % 3 != 1)
        active.push_back(i);
    }
  }
  return work;
}

//===----------------------------------------------------------------------===//
// Interpreted
//===----------------------------------------------------------------------===//

static std::vector<std::string> getStates(optim::OptimizerOp op) {
  std::vector<std::string> names;
  for (auto state : op.getStates().getAsRange<optim::StateAttr>())
    names.push_back(state.getName().str());
  return names;
}

static Record interpret(optim::OptimizerOp op, const Workload &work) {
  auto session = llvm::cantFail(interp::Session::create(op));
  session->addGroup();
  session->addGroup();
  for (unsigned i = 0; i != work.shapes.size(); ++i) {
    std::vector<double> initial(work.params[i].begin(), work.params[i].end());
    interp::TensorInfo info;
    info.name = "t" + std::to_string(i);
    info.group = i % 2;
    info.shape = work.shapes[i].extents;
    info.block = work.shapes[i].block;
    info.initial = initial;
    llvm::cantFail(session->addTensor(info));
  }
  for (unsigned step = 0; step != work.steps; ++step) {
    for (unsigned i = 0; i != work.shapes.size(); ++i) {
      const auto &grad = work.grads[step][i];
      llvm::cantFail(session->setGradient(
          i, std::vector<double>(grad.begin(), grad.end())));
    }
    llvm::cantFail(session->step(work.active[step]));
  }
  Record record;
  for (unsigned i = 0; i != work.shapes.size(); ++i) {
    std::string tensor = "t" + std::to_string(i);
    record.push_back({"param of " + tensor, session->getParam(i)});
    for (const std::string &state : getStates(op))
      record.push_back({state + " of " + tensor,
                        llvm::cantFail(session->getState(state, i))});
  }
  return record;
}

//===----------------------------------------------------------------------===//
// Compiled
//===----------------------------------------------------------------------===//

namespace {
class CompiledWork {
public:
  CompiledWork(const optimc_program *program, const Workload &work,
               const Way &way)
      : program(program), work(work), way(way) {}
  ~CompiledWork() { optimc_destroy(optimizer); }
  /// Empty after a failure, which `failure` describes.
  Record run(const std::vector<std::string> &states);
  std::string failure;

private:
  bool check(optimc_status status) {
    if (status == OPTIMC_OK)
      return true;
    failure = error.message;
    return false;
  }
  bool start();
  bool step(unsigned number);
  std::vector<double> read(unsigned tensor, const std::string &state);

  const optimc_program *program;
  const Workload &work;
  const Way &way;
  optimc_optimizer *optimizer = nullptr;
  optimc_error error = {};
  std::vector<std::vector<float>> params, grads;
};
} // namespace

bool CompiledWork::start() {
  optimc_options create = OPTIMC_OPTIONS_INIT;
  create.isa_mask = way.isa;
  create.n_threads = way.threads;
  create.threads =
      way.threads > 1 ? OPTIMC_THREADS_POOL : OPTIMC_THREADS_SERIAL;
  if (!check(optimc_create(program, &create, &optimizer, &error)))
    return false;
  for (const char *name : {"even", "odd"}) {
    optimc_group group;
    if (!check(optimc_add_group(optimizer, name, &group, &error)))
      return false;
  }
  params = work.params;
  grads.resize(params.size());
  for (unsigned i = 0; i != params.size(); ++i) {
    grads[i].resize(params[i].size());
    std::string name = "t" + std::to_string(i);
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    desc.name = name.c_str();
    desc.rank = work.shapes[i].extents.size();
    desc.shape = work.shapes[i].extents.data();
    desc.block = work.shapes[i].block;
    desc.param = params[i].data();
    desc.grad = grads[i].data();
    optimc_tensor tensor;
    if (!check(optimc_add_tensor(optimizer, i % 2, &desc, &tensor, &error)))
      return false;
  }
  return true;
}

bool CompiledWork::step(unsigned number) {
  for (unsigned i = 0; i != grads.size(); ++i)
    std::copy(work.grads[number][i].begin(), work.grads[number][i].end(),
              grads[i].begin());
  const std::vector<unsigned> &active = work.active[number];
  if (!way.inParts && active.size() == grads.size())
    return check(optimc_step(optimizer, &error));
  if (!check(optimc_begin(optimizer, nullptr, &error)))
    return false;
  std::vector<optimc_tensor> list(active.begin(), active.end());
  if (!way.inParts)
    return check(optimc_run_tensors(optimizer, list.data(), list.size(),
                                    &error)) &&
           check(optimc_end(optimizer, &error));
  for (optimc_tensor tensor : llvm::reverse(list))
    if (!check(optimc_run_tensors(optimizer, &tensor, 1, &error)))
      return false;
  return check(optimc_end(optimizer, &error));
}

std::vector<double> CompiledWork::read(unsigned tensor,
                                       const std::string &state) {
  optimc_view view;
  if (optimc_get_state(optimizer, tensor, state.c_str(), &view, nullptr) ==
      OPTIMC_OK) {
    auto *values = static_cast<const float *>(view.data);
    return std::vector<double>(values, values + view.count);
  }
  double value;
  if (optimc_get_scalar(optimizer, state.c_str(), OPTIMC_RATE_TENSOR, tensor,
                        &value, nullptr) == OPTIMC_OK)
    return {value};
  return {}; // this class of tensors does not have it
}

Record CompiledWork::run(const std::vector<std::string> &states) {
  if (!start())
    return {};
  for (unsigned number = 0; number != work.steps; ++number)
    if (!step(number))
      return {};
  Record record;
  for (unsigned i = 0; i != params.size(); ++i) {
    std::string tensor = "t" + std::to_string(i);
    record.push_back({"param of " + tensor,
                      std::vector<double>(params[i].begin(), params[i].end())});
    for (const std::string &state : states)
      record.push_back({state + " of " + tensor, read(i, state)});
  }
  return record;
}

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

static bool sameBits(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}

/// Empty, or the first difference. What a class of tensors does not have is
/// not compared.
static std::string compare(const Record &expected, const Record &found,
                           uint64_t &values, uint64_t &numbers) {
  if (expected.size() != found.size())
    return "different numbers of streams";
  for (size_t k = 0; k != expected.size(); ++k) {
    const auto &[name, a] = expected[k];
    const auto &b = found[k].second;
    if (b.empty() && !a.empty())
      continue;
    if (a.size() != b.size())
      return name + ": " + std::to_string(a.size()) + " values, but " +
             std::to_string(b.size());
    for (size_t i = 0; i != a.size(); ++i) {
      ++values;
      numbers += std::isfinite(a[i]) && a[i] != 0;
      if (!sameBits(a[i], b[i]))
        return name + "[" + std::to_string(i) + "]: " + std::to_string(a[i]) +
               " interpreted, " + std::to_string(b[i]) + " compiled";
    }
  }
  return "";
}

static constexpr uint64_t allIsas = ~uint64_t(0);
static constexpr Way ways[] = {
    {"v4", 0, allIsas, 1, false},
    {"v3, 2 threads", OPTIMC_COMPILE_RECOMPUTE, OPTIMC_ISA_X86_64_V3, 2, false},
    {"baseline", OPTIMC_COMPILE_STORE, 0, 1, false},
    {"3 threads, in parts", 0, allIsas, 3, true},
    {"store, 17 threads", OPTIMC_COMPILE_STORE, allIsas, 17, false},
    {"recompute, 8 threads, in parts", OPTIMC_COMPILE_RECOMPUTE, allIsas, 8,
     true}};

namespace {
class ReductionTest : public testing::Test {
protected:
  ReductionTest() {
    registerOptimcDialects(registry);
    context.appendDialectRegistry(registry);
  }
  /// Compares all ways with the interpreter.
  void check(const std::string &text, const Workload &work);

  DialectRegistry registry;
  MLIRContext context{MLIRContext::Threading::DISABLED};
  uint64_t values = 0, numbers = 0;
};
} // namespace

void ReductionTest::check(const std::string &text, const Workload &work) {
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(text, ParserConfig(&context));
  ASSERT_TRUE(module) << text;
  optim::OptimizerOp op;
  module->walk([&](optim::OptimizerOp each) { op = each; });
  Record expected = interpret(op, work);
  std::map<uint32_t, optimc_compiled *> programs; // by flags
  for (const Way &way : ways) {
    auto [place, isNew] = programs.try_emplace(way.flags, nullptr);
    if (isNew) {
      optimc_compile_options options = OPTIMC_COMPILE_OPTIONS_INIT;
      options.flags = way.flags;
      optimc_error error = {};
      EXPECT_EQ(OPTIMC_OK, optimc_compile_text(text.c_str(), &options,
                                               &place->second, &error))
          << error.message << "\n"
          << text;
    }
    if (HasFailure())
      break;
    CompiledWork run(optimc_compiled_program(place->second), work, way);
    Record found = run.run(getStates(op));
    EXPECT_EQ("", run.failure) << way.name << "\n" << text;
    EXPECT_EQ("", compare(expected, found, values, numbers)) << way.name << "\n"
                                                             << text;
    if (HasFailure())
      break;
  }
  for (auto &[flags, compiled] : programs)
    optimc_compiled_destroy(compiled);
}

static std::vector<Shape> smallShapes() {
  return {{{}, 1},        {{1}, 1},
          {{0}, 4},       {{257}, 100},
          {{3, 5}, 4},    {{64, 16}, 16},
          {{65, 33}, 50}, {{4, 4097}, 999},
          {{2, 3, 7}, 5}, {{2, 130, 3, 19}, 64},
          {{3, 0, 5}, 2}, {{300, 1}, 4096}};
}

/// Large enough for threads to be woken, and for several blocks of everything.
static std::vector<Shape> largeShapes() {
  return {{{130, 1111}, 5000}, {{70000}, 4096}, {{3, 200, 150}, 777}};
}

class RandomReductionTest : public ReductionTest,
                            public testing::WithParamInterface<unsigned> {};

TEST_P(RandomReductionTest, CompiledEqualsInterpreted) {
  ReductionSpecs specs(4200 + GetParam());
  for (unsigned i = 0; i != 3 && !HasFailure(); ++i) {
    std::string text = specs.generate();
    check(text, makeWorkload(smallShapes(), i, /*wild=*/i % 2));
  }
  std::string text = specs.generate();
  if (!HasFailure())
    check(text, makeWorkload(largeShapes(), 99, false));
  EXPECT_GT(values, 100000u);
  EXPECT_GE(numbers, values / 2);
}

INSTANTIATE_TEST_SUITE_P(Shard, RandomReductionTest, testing::Range(0u, 12u));

TEST(ReductionSpecsTest, CoverEveryReduction) {
  ReductionSpecs specs(4200);
  for (unsigned i = 0; i != 2000; ++i)
    specs.generate();
  int least = 1 << 30;
  unsigned pairs = 0;
  for (const auto &[what, count] : specs.getCounts()) {
    least = std::min(least, count);
    pairs += what.find(' ') != std::string::npos;
  }
  // 7 kinds, 18 pairs of rates; two windows of `delay`.
  EXPECT_EQ(7u * 18 + 2, pairs);
  EXPECT_GE(least, 20);
}

TEST_F(ReductionTest, BuiltinsEqualTheInterpreter) {
  for (const BuiltinSpec &spec : getBuiltinSpecs()) {
    check(spec.text.str(), makeWorkload(smallShapes(), 7, false));
    check(spec.text.str(), makeWorkload(largeShapes(), 8, false));
    if (HasFailure())
      return;
  }
}
