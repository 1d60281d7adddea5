//===- ReduceBench.cpp - one order of additions against any order ---------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledStep.h"
#include "Contenders.h"
#include "HandLoops.h"
#include <cmath>
#include <numeric>

using namespace optimc::bench;

static const char spec[] = R"mlir(
optim.optimizer @norm(%p, %g) {
  %sum = reduce sum_sq %g to tensor
  commit %p = %p, "sum_sq" = %sum
}
)mlir";

namespace {
struct ReduceData {
  ReduceData(int64_t n, uint32_t threads)
      : n(n), threads(threads), p(n, Buffer::Zero, threads),
        g(n, Buffer::Normal, threads),
        partial((n + pieceElements - 1) / pieceElements) {}

  /// As the threads come by their pieces, with 64 float32 sums in each.
  double sumInAnyOrder() {
    forEachPiece(threads, n, [&](int64_t begin, int64_t end) {
      partial[begin / pieceElements] = sumOfSquares(g.floats(), begin, end);
    });
    return std::accumulate(partial.begin(), partial.end(), 0.);
  }

  int64_t n;
  uint32_t threads;
  Buffer p, g;
  std::vector<double> partial;
};
} // namespace

static Step makeFixedStep(std::shared_ptr<ReduceData> data) {
  CompiledOptions options;
  options.isText = true;
  auto step = std::make_shared<CompiledStep>(spec, data->threads, options);
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  desc.param = data->p.data();
  desc.grad = data->g.data();
  step->addTensor("w", data->n, desc);
  (*step)();
  double fixed = step->output("sum_sq", OPTIMC_RATE_TENSOR),
         any = data->sumInAnyOrder();
  if (!(std::abs(fixed - any) <= 1e-5 * any))
    fail("the sums of squares differ: " + std::to_string(fixed) +
         " in the fixed order, " + std::to_string(any) + " in any order");
  return [data, step] { (*step)(); };
}

Group optimc::bench::makeReduceGroup(int64_t elements, const Sizes &sizes) {
  auto data = shared<ReduceData>(elements, sizes.threads);
  std::string name = "reduce/" + sizeName(elements) + "/";
  Group group;
  group.contenders = {
      {name + "fixed", elements, 4, [=] { return makeFixedStep(data()); }},
      {name + "free", elements, 4,
       [=]() -> Step { return [data = data()] { data->sumInAnyOrder(); }; }}};
  group.goals = {
      {"fixed / free order of a sum, " + sizeName(elements) + ", time",
       name + "fixed", name + "free", 1.3, false}};
  return group;
}
