//===- Simulate.cpp - kernels of a program, on both targets -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulate.h"

using namespace optimc::test;

std::string
optimc::test::launch(DeviceMemory &memory, const ptxsim::LoadedModule &module,
                     const std::string &kernel, uint32_t grid, uint32_t block,
                     const std::vector<std::vector<uint8_t>> &arguments,
                     uint64_t seed) {
  const ptxsim::KernelInfo *info = module.module().findKernel(kernel);
  if (!info)
    return "the PTX has no kernel " + kernel;
  ptxsim::ArgumentBuffer buffer(*info);
  for (const std::vector<uint8_t> &argument : arguments)
    buffer.addBytes(argument.data(), argument.size());
  auto params = buffer.take();
  if (!params)
    return params.error().str();
  ptxsim::LaunchConfig config;
  config.kernel = kernel;
  config.grid = {grid, 1, 1};
  config.block = {block, 1, 1};
  config.params = std::move(*params);
  config.options.seed = seed;
  auto result = memory.get().launch(module, config);
  if (!result)
    return result.error().str();
  return result->fault ? result->fault->str() : std::string();
}

std::string optimc::test::checkPTX(const optimc_program &program,
                                   const SimulationOptions &options,
                                   SimulationCounts &counts) {
  const optimc_ptx *text = nullptr;
  for (uint32_t i = 0; i < program.ptx.count; ++i)
    if (at(program.ptx, i).sm == options.sm)
      text = &at(program.ptx, i);
  if (!text)
    return "the program has no PTX for sm_" + std::to_string(options.sm);
  if (text->text[text->size] != 0)
    return "the text does not end with NUL";
  auto parsed = ptxsim::Module::parse({text->text, text->size});
  if (!parsed)
    return "the simulator cannot read the PTX: " + parsed.error().str();
  if (parsed->version() != text->ptx_version)
    return "the table has another PTX version than the text";
  Numbers numbers(options.seed + 17);
  for (uint32_t e = 0; e < program.entries.count; ++e) {
    const optimc_entry &entry = at(program.entries, e);
    auto fresh = [&](auto check) {
      // Small devices: everything goes away with them.
      DeviceMemory memory(options.sm);
      auto module = memory.get().load(*parsed);
      if (!module)
        return module.error().str();
      Simulation simulation{program, entry,   **module, memory,
                            options, numbers, counts};
      std::string failure = check(simulation);
      return failure.empty() ? failure
                             : std::string(entry.name) + ": " + failure;
    };
    std::string failure = fresh(checkEvaluate);
    if (!failure.empty())
      return failure;
    for (uint32_t p = 0; p < entry.plans.count; ++p) {
      const optimc_plan &plan = at(entry.plans, p);
      for (uint32_t v = 0; v < plan.variants.count; ++v) {
        const optimc_variant &variant = at(plan.variants, v);
        for (uint32_t k = 0; k < variant.phases.count; ++k) {
          failure = fresh([&](Simulation &simulation) {
            return checkPhase(simulation, plan, variant, at(variant.phases, k));
          });
          if (!failure.empty())
            return failure;
        }
      }
    }
  }
  return {};
}
