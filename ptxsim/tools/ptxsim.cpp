//===- ptxsim.cpp - check, describe and run PTX -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Buffers.h"
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace ptxsim;
using namespace ptxsim::tool;
using nlohmann::json;

namespace {
constexpr int userError = 2, faultFound = 3;

struct RunOptions {
  std::string kernel, grid = "1,1,1", block = "1,1,1";
  std::vector<std::string> args, buffers, prints, saves;
  uint64_t seed = 0, dynamicShared = 0, budget = Options().instructionBudget;
  uint32_t sm = 0;
  bool counters = false, asJson = false, noChecks = false;
};

int fail(const std::string &message) {
  std::cerr << "ptxsim: " << message << "\n";
  return userError;
}

Expected<Module> loadModule(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file)
    return Error{"cannot read '" + path + "'", {}};
  Expected<Module> module = Module::parse(text.str());
  if (!module)
    return Error{path + ":" + module.error().str(), {}};
  return module;
}

bool parseDims(const std::string &text, Dim3 &dims) {
  uint32_t *const values[] = {&dims.x, &dims.y, &dims.z};
  std::istringstream stream(text);
  unsigned count = 0;
  for (std::string part; std::getline(stream, part, ','); ++count) {
    if (count == 3 || part.empty() || part.size() > 9 ||
        part.find_first_not_of("0123456789") != std::string::npos)
      return false;
    *values[count] = static_cast<uint32_t>(std::stoul(part));
  }
  return count > 0;
}

json accessJson(const AccessCounters &access) {
  return {{"accesses", access.accesses},
          {"bytes", access.bytes},
          {"sectors", access.sectors}};
}

json countersJson(const Counters &counters) {
  json result = {{"warp_instructions", counters.warpInstructions},
                 {"thread_instructions", counters.threadInstructions},
                 {"barriers", counters.barriers},
                 {"blocks", counters.blocks}};
  for (unsigned i = 0; i < numInstructionClasses; ++i)
    if (counters.threadInstructionsByClass[i])
      result["classes"][instructionClassName(InstructionClass(i))] =
          counters.threadInstructionsByClass[i];
  for (unsigned i = 0; i < counters.loads.size(); ++i) {
    const char *space = stateSpaceName(StateSpace(i));
    if (counters.loads[i].accesses)
      result["loads"][space] = accessJson(counters.loads[i]);
    if (counters.stores[i].accesses)
      result["stores"][space] = accessJson(counters.stores[i]);
    if (counters.atomics[i].accesses)
      result["atomics"][space] = accessJson(counters.atomics[i]);
  }
  for (const LineCounters &line : counters.lines) {
    json entry = {{"line", line.line},
                  {"class", instructionClassName(line.kind)},
                  {"warp_instructions", line.warpInstructions},
                  {"thread_instructions", line.threadInstructions}};
    if (line.access.accesses)
      entry["access"] = accessJson(line.access);
    result["lines"].push_back(entry);
  }
  return result;
}

void printCounters(const Counters &counters) {
  json all = countersJson(counters);
  all.erase("lines");
  for (const auto &entry : all.items())
    std::cout << entry.key() << ": " << entry.value().dump() << "\n";
}

int info(const std::string &path, bool asJson) {
  Expected<Module> module = loadModule(path);
  if (!module)
    return fail(module.error().str());
  json result = {{"target", module->target()},
                 {"version", std::to_string(module->version() / 10) + "." +
                                 std::to_string(module->version() % 10)}};
  for (const KernelInfo &kernel : module->kernels()) {
    json params = json::array();
    for (const ParamInfo &param : kernel.params)
      params.push_back({{"name", param.name},
                        {"size", param.size},
                        {"alignment", param.alignment},
                        {"offset", param.offset}});
    result["kernels"].push_back({{"name", kernel.name},
                                 {"line", kernel.where.line},
                                 {"params", params},
                                 {"shared_bytes", kernel.staticSharedBytes},
                                 {"local_bytes", kernel.localBytes},
                                 {"registers", kernel.registers},
                                 {"instructions", kernel.instructions}});
  }
  if (asJson) {
    std::cout << result.dump(2) << "\n";
    return 0;
  }
  std::cout << "PTX " << result["version"].get<std::string>() << " for "
            << module->target() << "\n";
  for (const KernelInfo &kernel : module->kernels()) {
    std::cout << "kernel " << kernel.name << " (" << kernel.paramBytes
              << " bytes of parameters, " << kernel.staticSharedBytes
              << " shared, " << kernel.localBytes << " local)\n";
    for (const ParamInfo &param : kernel.params)
      std::cout << "  parameter " << param.name << ": " << param.size
                << " bytes at " << param.offset << "\n";
    for (const auto &entry : kernel.registers)
      std::cout << "  registers ." << entry.first << ": " << entry.second
                << "\n";
    for (const auto &entry : kernel.instructions)
      std::cout << "  " << entry.second << " x " << entry.first << "\n";
  }
  return 0;
}

struct Buffer {
  BufferSpec spec;
  uint64_t address = 0;
};

const Buffer *findBuffer(const std::vector<Buffer> &buffers,
                         const std::string &name) {
  for (const Buffer &buffer : buffers)
    if (buffer.spec.name == name)
      return &buffer;
  return nullptr;
}

/// Prints and saves what the launch left behind.
Status showBuffers(const RunOptions &options, const Device &device,
                   const std::vector<Buffer> &buffers, json &result) {
  auto contents = [&](const Buffer &buffer) {
    std::vector<uint8_t> bytes(buffer.spec.count *
                               *elementBytes(buffer.spec.type));
    (void)device.memory().read(buffer.address, bytes.data(), bytes.size());
    return bytes;
  };
  for (const std::string &name : options.prints) {
    const Buffer *buffer = findBuffer(buffers, name);
    if (!buffer)
      return Error{"--print: there is no buffer '" + name + "'", {}};
    std::vector<uint8_t> bytes = contents(*buffer);
    json values = json::array();
    for (uint64_t i = 0; i < buffer->spec.count; ++i)
      values.push_back(formatElement(
          buffer->spec.type, &bytes[i * *elementBytes(buffer->spec.type)]));
    result["buffers"][name] = values;
    if (options.asJson)
      continue;
    std::cout << name << ":";
    for (const json &value : values)
      std::cout << " " << value.get<std::string>();
    std::cout << "\n";
  }
  for (const std::string &save : options.saves) {
    size_t equal = save.find('=');
    const Buffer *buffer = findBuffer(buffers, save.substr(0, equal));
    if (!buffer || equal == std::string::npos)
      return Error{"--save '" + save + "': expected buffer=file.npy", {}};
    Status saved =
        writeNpy(save.substr(equal + 1), buffer->spec, contents(*buffer));
    if (!saved)
      return saved;
  }
  return {};
}

int run(const std::string &path, const RunOptions &options) {
  Expected<Module> module = loadModule(path);
  if (!module)
    return fail(module.error().str());
  DeviceConfig deviceConfig;
  deviceConfig.smVersion = options.sm ? options.sm : module->smVersion();
  Device device(deviceConfig);
  Expected<LoadedModule *> loaded = device.load(*module);
  if (!loaded)
    return fail(loaded.error().str());

  LaunchConfig config;
  config.kernel = options.kernel;
  if (config.kernel.empty() && module->kernels().size() == 1)
    config.kernel = module->kernels()[0].name;
  const KernelInfo *kernel = module->findKernel(config.kernel);
  if (!kernel) {
    std::string names;
    for (const KernelInfo &k : module->kernels())
      names += " " + k.name;
    return fail("--kernel: there is no kernel '" + config.kernel +
                "', but these:" + names);
  }
  if (!parseDims(options.grid, config.grid) ||
      !parseDims(options.block, config.block))
    return fail("--grid and --block need one to three numbers, for example "
                "4,2,1");
  std::vector<Buffer> buffers;
  for (const std::string &text : options.buffers) {
    Expected<BufferSpec> spec = parseBuffer(text);
    if (!spec)
      return fail(spec.error().str());
    Expected<std::vector<uint8_t>> bytes = initialBytes(*spec, options.seed);
    if (!bytes)
      return fail(bytes.error().str());
    Expected<uint64_t> address = device.memory().allocate(
        spec->count * *elementBytes(spec->type), spec->name);
    if (!address)
      return fail(address.error().str());
    (void)device.memory().write(*address, bytes->data(), bytes->size());
    buffers.push_back({*spec, *address});
  }
  ArgumentBuffer arguments(*kernel);
  for (const std::string &text : options.args) {
    if (const Buffer *buffer = findBuffer(buffers, text)) {
      arguments.add(buffer->address);
      continue;
    }
    Expected<std::vector<uint8_t>> bytes = parseScalar(text);
    if (!bytes)
      return fail(bytes.error().str());
    arguments.addBytes(bytes->data(), bytes->size());
  }
  // Without --arg, the buffers are the arguments.
  if (options.args.empty())
    for (const Buffer &buffer : buffers)
      arguments.add(buffer.address);
  Expected<std::vector<uint8_t>> params = arguments.take();
  if (!params)
    return fail(params.error().str());
  config.params = *params;
  config.dynamicSharedBytes = options.dynamicShared;
  config.options.seed = options.seed;
  config.options.instructionBudget = options.budget;
  if (options.noChecks)
    config.options.checks = Checks::none();
  Expected<LaunchResult> result = device.launch(**loaded, config);
  if (!result)
    return fail(result.error().str());

  json output = {{"kernel", config.kernel}};
  Status shown = showBuffers(options, device, buffers, output);
  if (!shown)
    return fail(shown.error().str());
  if (result->fault)
    output["fault"] = {{"kind", faultKindName(result->fault->kind)},
                       {"line", result->fault->at.line},
                       {"text", result->fault->str()}};
  if (options.counters && options.asJson)
    output["counters"] = countersJson(result->counters);
  else if (options.counters)
    printCounters(result->counters);
  if (options.asJson)
    std::cout << output.dump(2) << "\n";
  if (result->fault)
    std::cerr << "ptxsim: " << result->fault->str() << "\n";
  return result->fault ? faultFound : 0;
}
} // namespace

int main(int argc, char **argv) {
  CLI::App app("Executes PTX on the CPU, with checks. Exit status: 0 success, "
               "2 wrong use or text, 3 fault in the kernel.",
               "ptxsim");
  app.require_subcommand(1);
  std::string path;
  RunOptions options;

  CLI::App *checkCommand = app.add_subcommand("check", "Parse a file only");
  checkCommand->add_option("FILE", path, "PTX file")->required();
  CLI::App *infoCommand =
      app.add_subcommand("info", "Kernels, parameters, instruction mix");
  infoCommand->add_option("FILE", path, "PTX file")->required();
  infoCommand->add_flag("--json", options.asJson, "Print JSON");

  CLI::App *runCommand = app.add_subcommand("run", "Run a kernel");
  runCommand->add_option("FILE", path, "PTX file")->required();
  runCommand->add_option("--kernel", options.kernel,
                         "Kernel; not needed when there is one only");
  runCommand->add_option("--grid", options.grid, "Blocks: x,y,z");
  runCommand->add_option("--block", options.block, "Threads: x,y,z");
  runCommand->add_option("--arg", options.args,
                         "Next argument: type:value or a buffer's name");
  runCommand->add_option("--buffer", options.buffers,
                         "name=type[count]:zeros|random|none|NUMBER|FILE.npy");
  runCommand->add_option("--print", options.prints,
                         "Print a buffer afterwards");
  runCommand->add_option("--save", options.saves, "buffer=FILE.npy");
  runCommand->add_option("--shared", options.dynamicShared,
                         "Bytes of dynamic shared memory");
  runCommand->add_option("--seed", options.seed,
                         "Chooses what PTX leaves open");
  runCommand->add_option("--budget", options.budget,
                         "Warp instructions after which a kernel hangs");
  runCommand->add_option("--sm", options.sm,
                         "Device, for example 90; default: the module's");
  runCommand->add_flag("--counters", options.counters, "Print counters");
  runCommand->add_flag("--json", options.asJson, "Print JSON");
  runCommand->add_flag("--no-checks", options.noChecks, "Turn all checks off");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : userError;
  }
  if (*infoCommand)
    return info(path, options.asJson);
  if (*runCommand)
    return run(path, options);
  Expected<Module> module = loadModule(path);
  return module ? 0 : fail(module.error().str());
}
