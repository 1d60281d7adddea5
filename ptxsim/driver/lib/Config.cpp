//===- Config.cpp - settings of the simulated driver ----------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Config.h"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace ptxsim::cuda {

static const DeviceProperties devices[] = {
    {"PTX simulator, sm_80", 80, 108, 164 << 10, 163 << 10, 40 << 20,
     uint64_t(40) << 30},
    {"PTX simulator, sm_90", 90, 132, 228 << 10, 227 << 10, 50 << 20,
     uint64_t(80) << 30},
    {"PTX simulator, sm_100", 100, 148, 228 << 10, 227 << 10, 126 << 20,
     uint64_t(180) << 30},
};

const DeviceProperties &properties(uint32_t smVersion) {
  for (const DeviceProperties &device : devices)
    if (device.smVersion == smVersion)
      return device;
  return devices[0];
}

static std::string wrong(const char *variable, std::string_view given,
                         const std::string &allowed) {
  return std::string(variable) + "=" + std::string(given) +
         " is not valid: give " + allowed;
}

static bool parseNumber(const char *text, uint64_t &number) {
  char *end = nullptr;
  errno = 0;
  number = std::strtoull(text, &end, 0);
  return *text >= '0' && *text <= '9' && !*end && errno == 0;
}

static std::string parseArch(const char *text, Config &config) {
  for (const DeviceProperties &device : devices)
    if (text == "sm_" + std::to_string(device.smVersion)) {
      config.smVersion = device.smVersion;
      return {};
    }
  return wrong("PTXSIM_CUDA_ARCH", text, "sm_80, sm_90 or sm_100");
}

/// "all", "none", or a list of names: "bounds,races" turns on only these,
/// "-races" all but this.
static std::string parseChecks(std::string_view text, Config &config) {
  static const struct {
    const char *name;
    bool Checks::*member;
  } names[] = {{"bounds", &Checks::bounds},
               {"alignment", &Checks::alignment},
               {"registers", &Checks::uninitialisedRegisters},
               {"memory", &Checks::uninitialisedMemory},
               {"races", &Checks::races},
               {"barriers", &Checks::divergentBarriers}};
  const char *allowed = "all, none, or a list of bounds, alignment, registers, "
                        "memory, races and barriers, each perhaps after '-'";
  if (text == "all" || text == "none") {
    config.checks = text == "all" ? Checks() : Checks::none();
    return {};
  }
  config.checks = !text.empty() && text[0] == '-' ? Checks() : Checks::none();
  for (std::string_view rest = text;;) {
    size_t comma = rest.find(',');
    std::string_view item = rest.substr(0, comma);
    bool on = item.empty() || item[0] != '-';
    bool known = false;
    for (const auto &check : names)
      if (item.substr(!on) == check.name) {
        config.checks.*check.member = on;
        known = true;
      }
    if (!known)
      return wrong("PTXSIM_CUDA_CHECKS", text, allowed);
    if (comma == std::string_view::npos)
      return {};
    rest.remove_prefix(comma + 1);
  }
}

std::string readEnvironment(Config &config) {
  config = Config();
  if (const char *text = std::getenv("PTXSIM_CUDA_ARCH"))
    if (std::string error = parseArch(text, config); !error.empty())
      return error;
  if (const char *text = std::getenv("PTXSIM_CUDA_CHECKS"))
    if (std::string error = parseChecks(text, config); !error.empty())
      return error;
  if (const char *text = std::getenv("PTXSIM_CUDA_SEED"))
    if (!parseNumber(text, config.seed))
      return wrong("PTXSIM_CUDA_SEED", text, "a number below 2^64");
  if (const char *text = std::getenv("PTXSIM_CUDA_BUDGET"))
    if (!parseNumber(text, config.instructionBudget) ||
        config.instructionBudget == 0)
      return wrong("PTXSIM_CUDA_BUDGET", text,
                   "the largest number of instructions of one launch");
  if (const char *text = std::getenv("PTXSIM_CUDA_ASYNC")) {
    config.eager = std::strcmp(text, "eager") == 0;
    if (!config.eager && std::strcmp(text, "deferred") != 0)
      return wrong("PTXSIM_CUDA_ASYNC", text, "deferred or eager");
  }
  return {};
}

} // namespace ptxsim::cuda
