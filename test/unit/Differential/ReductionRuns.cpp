//===- ReductionRuns.cpp - specs with reductions, run in many ways -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReductionRuns.h"
#include "optimc/Interpreter/Interpreter.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;
using namespace optimc;
using namespace optimc::test;

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

Workload test::makeWorkload(std::vector<Shape> shapes, uint64_t seed, bool wild,
                            unsigned steps) {
  std::mt19937_64 random(seed);
  Workload work;
  work.steps = steps;
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

std::vector<std::string> test::getStates(optim::OptimizerOp op) {
  std::vector<std::string> names;
  for (auto state : op.getStates().getAsRange<optim::StateAttr>())
    names.push_back(state.getName().str());
  return names;
}

Record test::interpret(optim::OptimizerOp op, const Workload &work) {
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
// Comparison
//===----------------------------------------------------------------------===//

static bool sameBits(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}

void test::compare(const Record &expected, const Record &found,
                   Comparison &result) {
  if (expected.size() != found.size()) {
    result.difference = "different numbers of streams";
    return;
  }
  for (size_t k = 0; k != expected.size(); ++k) {
    const auto &[name, a] = expected[k];
    const auto &b = found[k].second;
    if (b.empty() && !a.empty())
      continue;
    if (a.size() != b.size()) {
      result.difference = name + ": " + std::to_string(a.size()) +
                          " values, but " + std::to_string(b.size());
      return;
    }
    for (size_t i = 0; i != a.size(); ++i) {
      ++result.values;
      result.numbers += std::isfinite(a[i]) && a[i] != 0;
      if (sameBits(a[i], b[i]))
        continue;
      result.difference = name + "[" + std::to_string(i) +
                          "]: " + std::to_string(a[i]) + " interpreted, " +
                          std::to_string(b[i]) + " compiled";
      return;
    }
  }
}
