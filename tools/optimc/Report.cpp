//===- Report.cpp - optimc report -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Probe.h"
#include "Remarks.h"
#include "Spec.h"
#include "StepTimer.h"
#include "optimc/Analysis/Cost.h"
#include "optimc/Analysis/ValueNames.h"
#include "optimc/Pipelines/Pipelines.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <optional>

using namespace llvm;
using namespace optimc;
using namespace optimc::optim;
using namespace optimc::tool;

namespace {
/// Nanoseconds per parameter and step.
struct Prediction {
  double bandwidth = 0; ///< GB/s, of all passes together
  double memoryNs = 0, arithmeticNs = 0;

  /// Processors compute while they wait for memory, but not perfectly where
  /// both take about as long.
  double getNs() const {
    constexpr double sharpness = 4;
    return std::pow(std::pow(memoryNs, sharpness) +
                        std::pow(arithmeticNs, sharpness),
                    1 / sharpness);
  }
};

/// All facts, taken once and printed twice.
struct Facts {
  struct Host {
    std::string entry, rate;
    int stage;
    size_t results;
  };
  struct Pass {
    unsigned stage;
    std::string domain;
    SmallVector<std::string> reads, writes;
    double bytesRead, bytesWritten;
    OpCounts ops;
    unsigned reduced;
  };
  struct Variant {
    std::string entry, condition;
    SmallVector<Pass, 0> passes;
    double bytesRead = 0, bytesWritten = 0; ///< of all passes
  };
  std::string name;
  SmallVector<StateAttr> states;
  SmallVector<HyperAttr> hypers;
  SmallVector<InputAttr> inputs;
  SmallVector<Host> hosts;
  SmallVector<Variant, 0> variants;
  std::optional<size_t> costliest; ///< of the step; none if all move nothing
  SmallVector<RemarkText> remarks;
  double bytesRead = 0, bytesWritten = 0; ///< of the costliest variant
  double stateBytes = 0;                  ///< of all element states
  std::optional<Prediction> prediction;
  SmallVector<std::pair<std::string, std::string>> storage; ///< by stream
};
} // namespace

static SmallVector<std::string> getStreamNames(OptimizerOp op,
                                               const SmallBitVector &streams) {
  SmallVector<std::string> names;
  for (unsigned i : streams.set_bits()) {
    if (i >= op.getFirstInput())
      names.push_back(op.getInput(i - op.getFirstInput()).getName().str());
    else if (i >= op.getFirstState())
      names.push_back(op.getState(i - op.getFirstState()).getName().str());
    else
      names.push_back(i == 0 ? "param" : "grad");
  }
  return names;
}

/// "found_inf and not last": the predicates that choose a variant.
static std::string describeCondition(const BodyCost &cost,
                                     const VariantCost &variant) {
  std::string text;
  for (auto [bit, predicate] : enumerate(cost.predicates)) {
    if (!(variant.mask >> bit & 1))
      continue;
    text += text.empty() ? "" : " and ";
    text += (variant.value >> bit & 1 ? "" : "not ") + getValueName(predicate);
  }
  return text.empty() ? "always" : text;
}

static Facts collect(OptimizerOp op, SmallVector<RemarkText> remarks) {
  Facts facts;
  facts.name = op.getSymName().str();
  facts.remarks = std::move(remarks);
  for (unsigned i = 0, e = op.getStates().size(); i != e; ++i)
    facts.states.push_back(op.getState(i));
  for (unsigned i = 0, e = op.getHypers().size(); i != e; ++i)
    facts.hypers.push_back(op.getHyper(i));
  for (unsigned i = 0, e = op.getInputs().size(); i != e; ++i)
    facts.inputs.push_back(op.getInput(i));
  for (mlir::Attribute attribute : op.getStoragePlan()) {
    auto storage = mlir::cast<StorageAttr>(attribute);
    facts.storage.push_back({storage.getName().str(), storage.getText()});
  }
  SmallBitVector states(op.getNumArguments());
  states.set(op.getFirstState(), op.getFirstInput());
  facts.stateBytes = getStreamBytes(op, states);
  for (auto [i, body] : enumerate(op.getBodies())) {
    std::string entry = op.getEntryName(i).str();
    for (HostOp host : body.getOps<HostOp>())
      facts.hosts.push_back({entry, stringifyRate(host.getRate()).str(),
                             int(host.getStage()), host.getNumResults()});
    BodyCost cost = getCost(body);
    for (const VariantCost &variant : cost.variants) {
      Facts::Variant &known = facts.variants.emplace_back();
      known.entry = entry;
      known.condition = describeCondition(cost, variant);
      unsigned leaf = &variant - cost.variants.data();
      for (const PassCost &pass : getPasses(body, leaf)) {
        double read = getStreamBytes(op, pass.use.reads),
               written = getStreamBytes(op, pass.use.writes);
        known.passes.push_back({pass.stage, stringifyRate(pass.domain).str(),
                                getStreamNames(op, pass.use.reads),
                                getStreamNames(op, pass.use.writes), read,
                                written, pass.ops, pass.reduced});
        known.bytesRead += read;
        known.bytesWritten += written;
      }
      if (i == 0 && known.bytesRead + known.bytesWritten >
                        facts.bytesRead + facts.bytesWritten) {
        facts.costliest = facts.variants.size() - 1;
        facts.bytesRead = known.bytesRead;
        facts.bytesWritten = known.bytesWritten;
      }
    }
  }
  return facts;
}

/// Blocks have an exponent each: 1.0078 bytes per value.
static std::string describeBytes(double bytes) {
  return formatv("{0}", format("%.6g", bytes));
}

static void printPass(raw_ostream &os, const Facts::Pass &pass) {
  os << "    reads  " << join(pass.reads, ", ") << " ("
     << describeBytes(pass.bytesRead) << " bytes)\n";
  if (!pass.writes.empty())
    os << "    writes " << join(pass.writes, ", ") << " ("
       << describeBytes(pass.bytesWritten) << " bytes)\n";
  if (pass.reduced)
    os << "    feeds " << pass.reduced
       << (pass.reduced == 1 ? " reduction\n" : " reductions\n");
  os << "    " << pass.ops.flops << " flops, " << pass.ops.divisions
     << " divisions and " << pass.ops.roots << " roots among them";
  if (pass.ops.elementary)
    os << ", " << pass.ops.elementary << " elementary functions";
  os << "\n";
}

static void printPrediction(raw_ostream &os, const Prediction &prediction) {
  os << formatv("predicted: {0} ns per parameter and step at {1} GB/s, where "
                "the tensors are larger than the caches",
                format("%.4g", prediction.getNs()),
                format("%.4g", prediction.bandwidth));
  if (prediction.arithmeticNs != 0)
    os << formatv(" ({0} for memory, {1} for arithmetic)",
                  format("%.4g", prediction.memoryNs),
                  format("%.4g", prediction.arithmeticNs));
  os << "\n";
}

static void printText(const Facts &facts) {
  raw_ostream &os = outs();
  os << "optimizer " << facts.name << ": " << describeBytes(facts.bytesRead)
     << " bytes read and " << describeBytes(facts.bytesWritten)
     << " written per parameter and step, " << describeBytes(facts.stateBytes)
     << " bytes of state per parameter"
     << (facts.storage.empty() ? " (float32)" : "") << "\n";
  if (facts.prediction)
    printPrediction(os, *facts.prediction);
  if (!facts.storage.empty())
    os << "\nstorage (float32 where nothing is said)\n";
  for (auto &[name, format] : facts.storage)
    os << formatv("  {0,-18} {1}\n", name, format);
  os << "\nstates\n";
  for (StateAttr state : facts.states)
    os << formatv("  {0,-18} {1}\n", state.getName().getValue(),
                  describeRate(state.getRate()));
  os << formatv("  {0,-18} {1}\n", "step", "per group and clock");
  os << "\nhyperparameters\n";
  for (HyperAttr hyper : facts.hypers)
    os << formatv("  {0,-18} {1,-8} {2}{3}\n", hyper.getName().getValue(),
                  hyper.getInitial().getSpelling(), hyper.getRangeText(),
                  hyper.getFrozen() ? "  frozen" : "");
  if (!facts.inputs.empty())
    os << "\ninputs\n";
  for (InputAttr input : facts.inputs)
    os << formatv("  {0,-18} {1}, {2}\n", input.getName().getValue(),
                  describeRate(input.getRate()),
                  input.getInitial()
                      ? ("default " + input.getInitial().getSpelling()).str()
                      : std::string("required"));
  os << "\nscalar functions (host, float64)\n";
  for (const Facts::Host &host : facts.hosts)
    os << formatv("  {0}: {1} rate, stage {2}, {3} results\n", host.entry,
                  host.rate, host.stage, host.results);
  os << "\nkernels (float32)\n";
  for (const Facts::Variant &variant : facts.variants) {
    os << "  " << variant.entry << ", " << variant.condition << ": ";
    if (variant.passes.empty())
      os << "nothing to do\n";
    else if (variant.passes.size() == 1)
      os << "one fused pass\n";
    else
      os << variant.passes.size() << " passes, "
         << describeBytes(variant.bytesRead) << " bytes read and "
         << describeBytes(variant.bytesWritten) << " written\n";
    for (const Facts::Pass &pass : variant.passes) {
      if (variant.passes.size() > 1)
        os << "   stage " << pass.stage << ", per " << pass.domain << "\n";
      printPass(os, pass);
    }
  }
  os << "\nwhat the passes did\n";
  for (const RemarkText &remark : facts.remarks)
    os << "  " << remark.pass << " (" << remark.kind << "): " << remark.text
       << "\n";
}

static json::Array toJson(ArrayRef<std::string> names) {
  json::Array array;
  for (const std::string &name : names)
    array.push_back(name);
  return array;
}

static void printJson(const Facts &facts) {
  json::Array states, hypers, inputs, hosts, variants, remarks;
  for (StateAttr state : facts.states)
    states.push_back(json::Object{{"name", state.getName().getValue()},
                                  {"rate", stringifyRate(state.getRate())},
                                  {"observable", state.getObservable()}});
  for (HyperAttr hyper : facts.hypers)
    hypers.push_back(json::Object{{"name", hyper.getName().getValue()},
                                  {"default", hyper.getInitial().getValue()},
                                  {"range", hyper.getRangeText()},
                                  {"frozen", hyper.getFrozen()}});
  for (InputAttr input : facts.inputs)
    inputs.push_back(json::Object{{"name", input.getName().getValue()},
                                  {"rate", stringifyRate(input.getRate())},
                                  {"optional", bool(input.getInitial())}});
  for (const Facts::Host &host : facts.hosts)
    hosts.push_back(json::Object{{"entry", host.entry},
                                 {"rate", host.rate},
                                 {"stage", host.stage},
                                 {"results", int64_t(host.results)}});
  for (const Facts::Variant &variant : facts.variants) {
    json::Array passes;
    for (const Facts::Pass &pass : variant.passes)
      passes.push_back(json::Object{{"stage", pass.stage},
                                    {"domain", pass.domain},
                                    {"reads", toJson(pass.reads)},
                                    {"writes", toJson(pass.writes)},
                                    {"bytes_read", pass.bytesRead},
                                    {"bytes_written", pass.bytesWritten},
                                    {"reduced", pass.reduced},
                                    {"flops", pass.ops.flops},
                                    {"divisions", pass.ops.divisions},
                                    {"roots", pass.ops.roots},
                                    {"elementary", pass.ops.elementary}});
    variants.push_back(json::Object{{"entry", variant.entry},
                                    {"condition", variant.condition},
                                    {"phases", int64_t(variant.passes.size())},
                                    {"passes", std::move(passes)},
                                    {"bytes_read", variant.bytesRead},
                                    {"bytes_written", variant.bytesWritten}});
  }
  for (const RemarkText &remark : facts.remarks)
    remarks.push_back(json::Object{
        {"kind", remark.kind}, {"pass", remark.pass}, {"text", remark.text}});
  json::Object object{{"optimizer", facts.name},
                      {"bytes_read", facts.bytesRead},
                      {"bytes_written", facts.bytesWritten},
                      {"states", std::move(states)},
                      {"hyperparameters", std::move(hypers)},
                      {"inputs", std::move(inputs)},
                      {"scalar_functions", std::move(hosts)},
                      {"variants", std::move(variants)},
                      {"remarks", std::move(remarks)}};
  if (facts.prediction) {
    object["bandwidth"] = facts.prediction->bandwidth;
    object["memory_ns"] = facts.prediction->memoryNs;
    object["arithmetic_ns"] = facts.prediction->arithmeticNs;
    object["predicted_ns"] = facts.prediction->getNs();
  }
  outs() << formatv("{0:2}\n", json::Value(std::move(object)));
}

/// Memory costs each pass its bytes at the bandwidth of as many arrays;
/// arithmetic costs what it takes in caches, shared by the threads.
static Expected<Prediction> predict(const Facts &facts,
                                    const MemoryProfile &profile,
                                    const TimedSpec &timed) {
  Prediction prediction;
  ArrayRef<Facts::Pass> passes;
  if (facts.costliest)
    passes = facts.variants[*facts.costliest].passes;
  for (const Facts::Pass &pass : passes) {
    StringSet<> arrays;
    arrays.insert(pass.reads.begin(), pass.reads.end());
    arrays.insert(pass.writes.begin(), pass.writes.end());
    prediction.memoryNs +=
        (pass.bytesRead + pass.bytesWritten) /
        profile.getBandwidth(arrays.size(), pass.bytesWritten != 0);
  }
  prediction.bandwidth = (facts.bytesRead + facts.bytesWritten) /
                         std::max(prediction.memoryNs, 1e-9);
  if (!profile.isMeasured())
    return prediction;
  Expected<double> inCache = timeInCache(timed, profile.threads);
  if (!inCache)
    return inCache.takeError();
  prediction.arithmeticNs = *inCache / profile.threads;
  return prediction;
}

int optimc::tool::runReport(const ReportArgs &args) {
  std::optional<MemoryProfile> profile;
  if (!args.bandwidth.empty()) {
    Expected<MemoryProfile> given = readProfile(args.bandwidth);
    if (!given)
      return reportError(given.takeError());
    profile = std::move(*given);
  }
  auto spec = loadSpec(args);
  if (!spec)
    return reportError(spec.takeError());
  SmallVector<RemarkText> remarks;
  enableRemarks(*spec->context,
                [&](const RemarkText &remark) { remarks.push_back(remark); });
  CompileOptions options;
  options.freeze.assign(args.freeze.begin(), args.freeze.end());
  options.store.assign(args.store.begin(), args.store.end());
  options.until = "make-kernels";
  if (mlir::failed(runPipeline(*spec->module, options)))
    return ExitUserError;
  Facts facts = collect(spec->optimizer, std::move(remarks));
  if (profile) {
    TimedSpec timed{spec->text, facts.name, args.freeze, args.store};
    Expected<Prediction> prediction = predict(facts, *profile, timed);
    if (!prediction)
      return reportError(prediction.takeError());
    facts.prediction = *prediction;
  }
  args.json ? printJson(facts) : printText(facts);
  return ExitSuccess;
}
