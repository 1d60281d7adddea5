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
#include "StepTimer.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace optimc::tool;

namespace {
struct Measured {
  Bandwidth bandwidth;
  SmallVector<double> steps; ///< by number of arrays, from firstProbedArrays on
};
} // namespace

/// A step that reads `numStates` states, the gradient and the parameter and
/// writes all but the gradient, with next to no arithmetic. No rule of anyone.
static std::string getProbeSpec(unsigned numStates) {
  std::string states, body, commits, last = "%g";
  for (unsigned i = 0; i != numStates; ++i) {
    states += formatv("{0}%s{1} \"s{1}\"", i ? ", " : "", i);
    body += formatv("  %n{0} = mix 0.5 * %s{0} + 0.25 * {1}\n", i, last);
    commits += formatv(", %s{0} = %n{0}", i);
    last = formatv("%n{0}", i);
  }
  return formatv("optim.optimizer @probe(%p, %g)\n"
                 "    hyper(%lr = 1e-9 in [0, inf)){0} {{\n{1}"
                 "  %p_t = expr %p - %lr * {2}\n  commit %p = %p_t{3}\n}\n",
                 states.empty() ? "" : "\n    state(" + states + ")", body,
                 last, commits);
}

static Error measureSteps(const BandwidthOptions &options,
                          SmallVectorImpl<double> &steps) {
  constexpr int64_t cols = 256;
  int64_t values = options.arrayBytes / int64_t(sizeof(float));
  for (unsigned states = 0; states != numProbedSteps; ++states) {
    TimedSpec spec{getProbeSpec(states), "probe", {}, {}};
    Expected<double> seconds =
        timeStep(spec, values / cols, options.threads, options.rounds);
    if (!seconds)
      return seconds.takeError();
    double bytes = double(3 + 2 * states) * sizeof(float);
    steps.push_back(bytes * double(values) / *seconds * 1e-9);
  }
  return Error::success();
}

static json::Value toJson(const BandwidthOptions &options,
                          const Measured &measured) {
  const Bandwidth &bandwidth = measured.bandwidth;
  json::Array steps;
  for (double step : measured.steps)
    steps.push_back(step);
  return json::Object{{"unit", "GB/s"},
                      {"threads", int64_t(options.threads)},
                      {"array_bytes", options.arrayBytes},
                      {"rounds", options.rounds},
                      {"read", bandwidth.read},
                      {"copy", bandwidth.copy},
                      {"triad", bandwidth.triad},
                      {"update", bandwidth.update},
                      {"steps", std::move(steps)}};
}

static void printText(raw_ostream &os, const BandwidthOptions &options,
                      const Measured &measured) {
  const Bandwidth &bandwidth = measured.bandwidth;
  os << "GB/s of " << options.threads
     << (options.threads == 1 ? " thread" : " threads") << " over arrays of "
     << (options.arrayBytes >> 20) << " MiB, medians of " << options.rounds
     << " rounds\n";
  auto row = [&](const char *name, double value, const char *meaning) {
    os << formatv("  {0,-8} {1,8}   {2}\n", name, format("%.1f", value),
                  meaning);
  };
  row("read", bandwidth.read, "x + y + z");
  row("copy", bandwidth.copy, "x = y, stored past the caches");
  row("triad", bandwidth.triad, "x = y + a z, stored past the caches");
  row("update", bandwidth.update, "x = x + a y");
  os << "compiled steps, which 'report' predicts with\n";
  for (auto [i, step] : enumerate(measured.steps))
    os << formatv("  {0} arrays {1,8}\n", firstProbedArrays + i,
                  format("%.1f", step));
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
  Measured measured;
  if (!measureBandwidth(options, measured.bandwidth))
    return reportError(createStringError(
        "no memory for arrays of %lld MiB; give a smaller --size",
        (long long)(options.arrayBytes >> 20)));
  if (Error error = measureSteps(options, measured.steps))
    return reportError(std::move(error));
  std::error_code code;
  ToolOutputFile file(args.output, code, sys::fs::OF_Text);
  if (code)
    return reportError(cannotWrite(args.output, code));
  if (args.json)
    file.os() << formatv("{0:2}\n", toJson(options, measured));
  else
    printText(file.os(), options, measured);
  file.os().flush();
  if (file.os().has_error()) {
    code = file.os().error();
    file.os().clear_error();
    return reportError(cannotWrite(args.output, code));
  }
  file.keep();
  return ExitSuccess;
}

double MemoryProfile::getBandwidth(unsigned numArrays, bool writes) const {
  if (!writes && read != 0)
    return read;
  size_t index =
      numArrays < firstProbedArrays ? 0 : numArrays - firstProbedArrays;
  return steps[std::min(index, steps.size() - 1)];
}

static bool isUsable(double value) { return std::isfinite(value) && value > 0; }

static Expected<MemoryProfile> parseProfile(const json::Value &json,
                                            StringRef path) {
  MemoryProfile profile;
  const json::Object *object = json.getAsObject();
  const json::Array *steps = object ? object->getArray("steps") : nullptr;
  for (const json::Value &step : steps ? *steps : json::Array())
    profile.steps.push_back(step.getAsNumber().value_or(0));
  if (object)
    profile.read = object->getNumber("read").value_or(0);
  int64_t threads = object ? object->getInteger("threads").value_or(0) : 0;
  profile.threads = threads > 0 && threads <= 1024 ? unsigned(threads) : 0;
  if (profile.steps.empty() || !all_of(profile.steps, isUsable) ||
      !isUsable(profile.read) || profile.threads == 0)
    return createStringError(
        "'%s' lacks positive numbers 'steps', 'read' and 'threads': write it "
        "with 'optimc probe --json'",
        path.str().c_str());
  return profile;
}

Expected<MemoryProfile> optimc::tool::readProfile(StringRef text) {
  double value;
  if (!text.getAsDouble(value)) {
    if (!isUsable(value))
      return createStringError("--bandwidth is '%s'; GB/s must be positive",
                               text.str().c_str());
    MemoryProfile profile;
    profile.steps.push_back(value);
    return profile;
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
  return parseProfile(*json, text);
}
