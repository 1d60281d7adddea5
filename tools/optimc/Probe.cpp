//===- Probe.cpp - optimc probe -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Probe.h"
#include "Bandwidth.h"
#include "Commands.h"
#include "Spec.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace llvm;
using namespace optimc::tool;

static json::Value toJson(const BandwidthOptions &options,
                          const Bandwidth &bandwidth) {
  return json::Object{{"unit", "GB/s"},
                      {"threads", int64_t(options.threads)},
                      {"array_bytes", options.arrayBytes},
                      {"rounds", options.rounds},
                      {"read", bandwidth.read},
                      {"copy", bandwidth.copy},
                      {"triad", bandwidth.triad},
                      {"update", bandwidth.update}};
}

static void printText(raw_ostream &os, const BandwidthOptions &options,
                      const Bandwidth &bandwidth) {
  os << "GB/s of " << options.threads
     << (options.threads == 1 ? " thread" : " threads")
     << " over three arrays of " << (options.arrayBytes >> 20)
     << " MiB, medians of " << options.rounds << " rounds\n";
  auto row = [&](const char *name, double value, const char *meaning) {
    os << formatv("  {0,-8} {1,8}   {2}\n", name, format("%.1f", value),
                  meaning);
  };
  row("read", bandwidth.read, "x + y + z");
  row("copy", bandwidth.copy, "x = y, stored past the caches");
  row("triad", bandwidth.triad, "x = y + a z, stored past the caches");
  row("update", bandwidth.update,
      "x = x + a y: what an optimizer step does and 'report' predicts with");
}

static Error cannotWrite(const std::string &path, std::error_code code) {
  return createStringError("cannot write '%s': %s", path.c_str(),
                           code.message().c_str());
}

int optimc::tool::runProbe(const ProbeArgs &args) {
  BandwidthOptions options;
  options.threads = args.threads ? args.threads : getThreads();
  options.arrayBytes = args.mebibytes ? args.mebibytes << 20 : getArrayBytes();
  options.rounds = args.rounds;
  Bandwidth bandwidth;
  if (!measureBandwidth(options, bandwidth))
    return reportError(createStringError(
        "no memory for three arrays of %lld MiB; give a smaller --size",
        (long long)(options.arrayBytes >> 20)));
  std::error_code code;
  ToolOutputFile file(args.output, code, sys::fs::OF_Text);
  if (code)
    return reportError(cannotWrite(args.output, code));
  if (args.json)
    file.os() << formatv("{0:2}\n", toJson(options, bandwidth));
  else
    printText(file.os(), options, bandwidth);
  file.os().flush();
  if (file.os().has_error()) {
    code = file.os().error();
    file.os().clear_error();
    return reportError(cannotWrite(args.output, code));
  }
  file.keep();
  return ExitSuccess;
}

Expected<double> optimc::tool::readBandwidth(StringRef text) {
  auto isUsable = [](double value) {
    return std::isfinite(value) && value > 0;
  };
  double value;
  if (!text.getAsDouble(value)) {
    if (isUsable(value))
      return value;
    return createStringError("--bandwidth is '%s'; GB/s must be positive",
                             text.str().c_str());
  }
  auto buffer = MemoryBuffer::getFile(text, /*IsText=*/true);
  if (!buffer)
    return createStringError(
        "--bandwidth is '%s', which is neither a number of GB/s nor a file "
        "that 'optimc probe --json' wrote: %s",
        text.str().c_str(), buffer.getError().message().c_str());
  Expected<json::Value> json = json::parse((*buffer)->getBuffer());
  if (!json)
    return createStringError("'%s' is not JSON: %s", text.str().c_str(),
                             toString(json.takeError()).c_str());
  const json::Object *object = json->getAsObject();
  std::optional<double> update =
      object ? object->getNumber("update") : std::nullopt;
  if (!update || !isUsable(*update))
    return createStringError("'%s' has no positive number 'update': write it "
                             "with 'optimc probe --json'",
                             text.str().c_str());
  return *update;
}
