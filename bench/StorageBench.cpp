//===- StorageBench.cpp - what storage formats cost -----------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledStep.h"
#include "Contenders.h"

using namespace optimc::bench;

namespace {
struct Plan {
  const char *name, *store;
  double bytes;   ///< moved per element and step by adamw
  uint32_t dtype; ///< of parameters and gradients
};

/// Each plan has data of its own, in its formats.
struct StorageData {
  StorageData(const Plan &plan, uint64_t isa, int64_t n, uint32_t threads)
      : p(n, Buffer::Normal, threads, plan.dtype),
        g(n, Buffer::Normal, threads, plan.dtype),
        step("adamw", threads, {false, plan.store, isa}) {
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    desc.param = p.data();
    desc.grad = g.data();
    desc.param_dtype = desc.grad_dtype = plan.dtype;
    step.addTensor("w", n, desc);
  }

  Buffer p, g;
  CompiledStep step;
};
} // namespace

static const Plan plans[] = {
    {"f32", "", 28, OPTIMC_DTYPE_F32},
    {"bf16", "param=bf16,grad=bf16", 22, OPTIMC_DTYPE_BF16},
    {"bf16_sr", "param=bf16_sr,grad=bf16", 22, OPTIMC_DTYPE_BF16},
    {"q8", "exp_avg=q8,exp_avg_sq=q8", 16.03, OPTIMC_DTYPE_F32},
    {"q8_sr", "states=q8", 16.03, OPTIMC_DTYPE_F32}};

Group optimc::bench::makeStorageGroup(const Sizes &sizes) {
  int64_t n = sizes.large;
  Group group;
  struct {
    const char *name;
    uint64_t isa;
    double q8; ///< speed of 8-bit states, over float32's
  } targets[] = {{"best", ~uint64_t(0), .95},
                 {"v3", OPTIMC_ISA_X86_64_V3, .75}};
  for (auto [target, isa, q8] : targets) {
    std::string suffix = "/" + sizeName(n) + "/" + target;
    auto nameOf = [&](const char *plan) { return "adamw/" + (plan + suffix); };
    for (const Plan &plan : plans)
      group.contenders.push_back(
          {nameOf(plan.name), n, plan.bytes,
           [&plan, isa = isa, n, threads = sizes.threads]() -> Step {
             auto data = std::make_shared<StorageData>(plan, isa, n, threads);
             return [data] { data->step(); };
           }});
    std::string end = std::string(", ") + target;
    group.goals.push_back({"bf16 / f32 in GB/s" + end, nameOf("f32"),
                           nameOf("bf16"), 1, true, 22. / 28});
    group.goals.push_back({"bf16 / bf16_sr in time" + end, nameOf("bf16"),
                           nameOf("bf16_sr"), .97});
    group.goals.push_back(
        {"q8 as fast as f32" + end, nameOf("f32"), nameOf("q8"), q8});
    group.goals.push_back({"q8 + q8_sr as fast as f32" + end, nameOf("f32"),
                           nameOf("q8_sr"), q8});
  }
  return group;
}
