//===- ModuleLoader.cpp - from PTX text to a loaded module ----------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModuleLoader.h"
#include <algorithm>
#include <cctype>
#include <string_view>

namespace ptxsim::cuda {

CUresult readJitOptions(unsigned count, const CUjit_option *options,
                        void **values, JitLog &log) {
  if (count && (!options || !values))
    return CUDA_ERROR_INVALID_VALUE;
  for (unsigned i = 0; i < count; ++i) {
    size_t size = reinterpret_cast<uintptr_t>(values[i]);
    switch (options[i]) {
    case CU_JIT_INFO_LOG_BUFFER:
      log.infos = static_cast<char *>(values[i]);
      break;
    case CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES:
      log.infoBytes = static_cast<unsigned>(size);
      log.infoSize = &values[i];
      break;
    case CU_JIT_ERROR_LOG_BUFFER:
      log.errors = static_cast<char *>(values[i]);
      break;
    case CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES:
      log.errorBytes = static_cast<unsigned>(size);
      log.errorSize = &values[i];
      break;
    default:
      // Optimisation, debug information, caching: nothing to do here.
      if (options[i] < 0 || options[i] > CU_JIT_SPLIT_COMPILE)
        return CUDA_ERROR_INVALID_VALUE;
    }
  }
  return CUDA_SUCCESS;
}

static void writeLog(char *buffer, size_t bytes, void **size,
                     std::string_view text) {
  size_t written = 0;
  if (buffer && bytes) {
    written = text.copy(buffer, bytes - 1);
    buffer[written] = 0;
  }
  if (size)
    *size = reinterpret_cast<void *>(written);
}

/// The version directive of PTX text as 10 * major + minor; 0 without one.
/// Found before parsing, as a newer text may not parse.
static uint32_t declaredVersion(std::string_view text) {
  constexpr std::string_view directive = ".version";
  size_t at = text.find(directive);
  // Not in a comment: a real directive begins its line.
  while (at != std::string_view::npos) {
    size_t line = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
    if (text.substr(line, at - line).find_first_not_of(" \t\r") ==
        std::string_view::npos)
      break;
    at = text.find(directive, at + 1);
  }
  if (at == std::string_view::npos)
    return 0;
  at = text.find_first_not_of(" \t", at + directive.size());
  uint32_t parts[2] = {0, 0};
  for (int part = 0; part < 2; ++part) {
    while (at < text.size() &&
           std::isdigit(static_cast<unsigned char>(text[at])))
      parts[part] = std::min<uint32_t>(
          10 * parts[part] + static_cast<uint32_t>(text[at++] - '0'), 9999);
    if (at < text.size() && text[at] == '.')
      ++at;
  }
  return 10 * parts[0] + parts[1];
}

/// Whether code for a target runs on a device: on newer ones, too, unless the
/// target ends in "a" (this one) or "f" (this family).
static bool runsOn(const Module &module, uint32_t smVersion) {
  char suffix = module.target().back();
  if (suffix == 'a')
    return module.smVersion() == smVersion;
  if (suffix == 'f' && module.smVersion() / 10 != smVersion / 10)
    return false;
  return module.smVersion() <= smVersion;
}

static CUresult parseAndLoad(Driver &driver, std::string_view text,
                             LoadedModule *&module, std::string &message) {
  if (text.empty()) {
    message = "the module image is empty; PTX text is needed";
    return CUDA_ERROR_INVALID_IMAGE;
  }
  // ELF, and the magic number of a fat binary.
  if (text.substr(0, 4) == "\x7f"
                           "ELF" ||
      text.substr(0, 4) == "\x50\xed\x55\xba") {
    message = "the module image is machine code; the simulator runs PTX text";
    return CUDA_ERROR_NO_BINARY_FOR_GPU;
  }
  uint32_t version = declaredVersion(text);
  if (version > newestPtxVersion) {
    message = "PTX version " + std::to_string(version / 10) + "." +
              std::to_string(version % 10) +
              " is not supported; the newest is " +
              std::to_string(newestPtxVersion / 10) + "." +
              std::to_string(newestPtxVersion % 10);
    return CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
  }
  Expected<Module> parsed = Module::parse(text);
  if (!parsed) {
    message = "ptxsim " + parsed.error().str();
    return CUDA_ERROR_INVALID_PTX;
  }
  if (!runsOn(*parsed, driver.config.smVersion)) {
    message = "the module is for " + parsed->target() + ", the device is sm_" +
              std::to_string(driver.config.smVersion) +
              " (PTXSIM_CUDA_ARCH chooses another one)";
    return CUDA_ERROR_NO_BINARY_FOR_GPU;
  }
  Expected<LoadedModule *> loaded = driver.device->load(*parsed);
  if (!loaded) {
    message = loaded.error().str();
    return CUDA_ERROR_INVALID_PTX;
  }
  module = *loaded;
  return CUDA_SUCCESS;
}

CUresult loadImage(Driver &driver, const void *image, const JitLog &log,
                   LoadedModule *&module) {
  std::string message;
  CUresult result =
      parseAndLoad(driver, std::string_view(static_cast<const char *>(image)),
                   module, message);
  writeLog(log.errors, log.errorBytes, log.errorSize, message);
  writeLog(log.infos, log.infoBytes, log.infoSize, {});
  if (result)
    driver.lastFault = message;
  return result;
}

} // namespace ptxsim::cuda
