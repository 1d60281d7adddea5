//===- Launch.cpp - start a kernel and sum up what it did -------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptxsim/Launch.h"
#include "Engine.h"
#include "FloatEnvironment.h"
#include "SharedLayout.h"
#include <algorithm>

using namespace ptxsim;

void ArgumentBuffer::addBytes(const void *value, uint64_t size) {
  if (failure)
    return;
  if (next == kernel->params.size()) {
    failure = Error{"'" + kernel->name + "' has " +
                        std::to_string(kernel->params.size()) +
                        " parameters, more were given",
                    {}};
    return;
  }
  const ParamInfo &param = kernel->params[next++];
  if (param.size != size) {
    failure = Error{"parameter " + std::to_string(next - 1) + " of '" +
                        kernel->name + "' has " + std::to_string(param.size) +
                        " bytes, given were " + std::to_string(size),
                    {}};
    return;
  }
  std::memcpy(bytes.data() + param.offset, value, size);
}

Expected<std::vector<uint8_t>> ArgumentBuffer::take() const {
  if (failure)
    return *failure;
  if (next != kernel->params.size())
    return Error{"'" + kernel->name + "' has " +
                     std::to_string(kernel->params.size()) +
                     " parameters, given were " + std::to_string(next),
                 {}};
  return bytes;
}

static std::string text(const Dim3 &d) {
  return std::to_string(d.x) + "," + std::to_string(d.y) + "," +
         std::to_string(d.z);
}

static std::optional<Error> checkDimensions(const KernelInfo &kernel,
                                            const LaunchConfig &config) {
  const Dim3 &g = config.grid, &b = config.block;
  if (!g.x || !g.y || !g.z || !b.x || !b.y || !b.z)
    return Error{"every dimension of a launch is at least 1, given were grid " +
                     text(g) + " and block " + text(b),
                 {}};
  uint64_t threads = uint64_t(b.x) * b.y * b.z;
  if (b.x > 1024 || b.y > 1024 || b.z > 64 || threads > 1024)
    return Error{"a block has at most 1024,1024,64 and 1024 threads in all, "
                 "given was " +
                     text(b),
                 {}};
  if (g.x > 0x7fffffff || g.y > 65535 || g.z > 65535 ||
      uint64_t(g.x) * g.y * g.z > 0xffffffff)
    return Error{"a grid has at most 2147483647,65535,65535 and 2^32 blocks in "
                 "all, given was " +
                     text(g),
                 {}};
  const uint32_t *r = kernel.requiredThreads, *m = kernel.maxThreads;
  if (r[0] && (b.x != r[0] || b.y != r[1] || b.z != r[2]))
    return Error{"'" + kernel.name + "' requires blocks of " +
                     text({r[0], r[1], r[2]}) +
                     " threads (.reqntid), given "
                     "was " +
                     text(b),
                 {}};
  if (m[0] && threads > uint64_t(m[0]) * m[1] * m[2])
    return Error{"'" + kernel.name + "' allows blocks of at most " +
                     std::to_string(uint64_t(m[0]) * m[1] * m[2]) +
                     " threads (.maxntid), given was " + text(b),
                 {}};
  return std::nullopt;
}

/// The constants of the functions that a kernel reaches, with addresses.
static void relocate(LaunchState &launch, const LoadedModule &module,
                     const SharedLayout &shared, uint32_t kernelFunction) {
  const Program &program = *launch.program;
  launch.constants.resize(program.functions.size());
  launch.instrCounters.resize(program.functions.size());
  for (uint32_t index : reachableFunctions(program, kernelFunction)) {
    const Function &f = program.functions[index];
    std::vector<uint8_t> &constants = launch.constants[index];
    constants = f.constants;
    launch.instrCounters[index].resize(f.code.size());
    for (const Relocation &relocation : f.relocations) {
      const Variable &v = *relocation.variable;
      uint64_t value = 0;
      if (v.space == StateSpace::Shared) {
        auto at =
            std::find(shared.variables.begin(), shared.variables.end(), &v) -
            shared.variables.begin();
        value = shared.offsets[static_cast<size_t>(at)];
      } else if (auto found = module.findVariable(v.name)) {
        value = found->address;
      }
      value += static_cast<uint64_t>(relocation.addend);
      for (unsigned lane = 0; lane < warpSize; ++lane)
        std::memcpy(&constants[relocation.offset + lane * relocation.bytes],
                    &value, relocation.bytes);
    }
  }
}

static void choosePayloads(LaunchState &launch) {
  uint64_t seed = launch.options->seed;
  if (!seed)
    return;
  uint64_t bits = mixBits(seed ^ 0x4e614e);
  launch.nan32 = 0x7fc00000 | static_cast<uint32_t>(bits & 0x803fffff);
  launch.nan64 = 0x7ff8000000000000 | (mixBits(bits) & 0x8007ffffffffffff);
  launch.nan16 = 0x7fff; // of halves, PTX fixes the payload
  launch.negativeZeroIsLess = bits >> 63;
}

static void sumUp(LaunchState &launch) {
  Counters &counters = launch.counters;
  std::map<std::pair<uint32_t, uint32_t>, LineCounters> lines;
  for (size_t f = 0; f < launch.instrCounters.size(); ++f)
    for (size_t i = 0; i < launch.instrCounters[f].size(); ++i) {
      const InstrCounters &from = launch.instrCounters[f][i];
      const Instr &in = launch.program->functions[f].code[i];
      if (!from.warps)
        continue;
      counters.warpInstructions += from.warps;
      counters.threadInstructions += from.threads;
      counters.threadInstructionsByClass[static_cast<unsigned>(in.kind)] +=
          from.threads;
      if (!launch.options->countLines)
        continue;
      LineCounters line;
      line.line = in.line;
      line.kind = in.kind;
      line.warpInstructions = from.warps;
      line.threadInstructions = from.threads;
      line.space = in.mods.space;
      line.access = from.access;
      lines[{in.line, static_cast<uint32_t>(i)}] = line;
    }
  for (const auto &entry : lines)
    counters.lines.push_back(entry.second);
}

Expected<LaunchResult> Device::launch(const LoadedModule &module,
                                      const LaunchConfig &config) {
  const detail::ModuleImpl &impl = *module.module().impl();
  const KernelInfo *kernel = module.module().findKernel(config.kernel);
  if (!kernel)
    return Error{"the module has no kernel '" + config.kernel + "'", {}};
  if (std::optional<Error> error = checkDimensions(*kernel, config))
    return *error;
  if (config.params.size() != kernel->paramBytes)
    return Error{"the parameters of '" + kernel->name + "' have " +
                     std::to_string(kernel->paramBytes) +
                     " bytes, given were " +
                     std::to_string(config.params.size()),
                 {}};
  uint32_t function =
      impl.kernelFunctions[static_cast<size_t>(kernel - impl.kernels.data())];
  SharedLayout shared = layOutShared(impl.program, function);
  uint64_t most = configuration.maxSharedBytesPerBlock;
  if (shared.staticBytes > most ||
      config.dynamicSharedBytes > most - shared.staticBytes)
    return Error{"a block may have " + std::to_string(most) +
                     " bytes of shared memory, '" + kernel->name + "' has " +
                     std::to_string(shared.staticBytes) + " static ones, and " +
                     std::to_string(config.dynamicSharedBytes) +
                     " dynamic ones were given",
                 {}};

  DefaultFloatEnvironment environment;
  LaunchState launch;
  launch.device = this;
  launch.memory = &deviceMemory;
  launch.module = &module.module();
  launch.kernel = kernel;
  launch.program = &impl.program;
  launch.options = &config.options;
  launch.grid = config.grid;
  launch.blockDim = config.block;
  launch.blockCount = uint64_t(config.grid.x) * config.grid.y * config.grid.z;
  launch.launchId = launches++;
  launch.params = config.params;
  launch.staticShared = shared.staticBytes;
  launch.dynamicShared = config.dynamicSharedBytes;
  launch.sharedBytes = shared.staticBytes + config.dynamicSharedBytes;
  launch.sharedVariables = shared.variables;
  launch.sharedOffsets = shared.offsets;
  launch.random = Random(config.options.seed);
  relocate(launch, module, shared, function);
  choosePayloads(launch);
  Engine(launch).run();
  sumUp(launch);
  return LaunchResult{std::move(launch.fault), std::move(launch.counters)};
}
