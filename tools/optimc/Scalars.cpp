//===- Scalars.cpp - optimc scalars -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Spec.h"
#include "optimc/Interpreter/Interpreter.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace optimc;
using namespace optimc::tool;

static constexpr int64_t maxSequentialSteps = 10'000'000;

namespace {
struct Row {
  optim::Rate rate;
  bool isPredicate;
  std::vector<double> values;
};
using Table = MapVector<StringRef, Row>;
} // namespace

/// Whether the values of step n follow from n alone.
static bool dependsOnStepOnly(optim::OptimizerOp op) {
  for (unsigned i = 0, e = op.getStates().size(); i != e; ++i)
    if (optim::isScalarRate(op.getState(i).getRate()))
      return false;
  auto commit = cast<optim::CommitOp>(op.getStep().front().getTerminator());
  return !commit.getClock() && !commit.getGate();
}

static Error fill(optim::OptimizerOp op, const ScalarsArgs &args,
                  BumpPtrAllocator &names, Table &table) {
  auto created = interp::Session::create(op);
  if (!created)
    return created.takeError();
  interp::Session &session = **created;
  session.addGroup();
  auto hypers = parseAssignments(args.set, "--set");
  if (!hypers)
    return hypers.takeError();
  for (auto &[name, value] : *hypers)
    if (Error error = session.setHyper(0, name, value))
      return error;
  // Scalars need no elements; one is there so that reductions are defined.
  double zero = 0;
  interp::TensorInfo info;
  info.name = "x";
  info.shape = {1};
  info.initial = zero;
  info.block = 1;
  auto tensor = session.addTensor(info);
  if (!tensor)
    return tensor.takeError();
  if (Error error = session.setGradient(*tensor, zero))
    return error;

  bool jump = dependsOnStepOnly(op);
  int64_t taken = 0;
  for (int64_t step : args.steps) {
    if (jump) {
      if (Error error = session.setState("step", double(step - 1), *tensor))
        return error;
    } else if (step <= taken) {
      return createStringError(
          "--steps must rise for '%s', whose scalar states "
          "remember earlier steps",
          op.getSymName().str().c_str());
    } else if (step > maxSequentialSteps) {
      return createStringError(
          "'%s' has scalar states, so steps are taken one by one; step %lld is "
          "beyond the limit of %lld",
          op.getSymName().str().c_str(), (long long)step,
          (long long)maxSequentialSteps);
    }
    for (; !jump && taken + 1 < step; ++taken)
      if (Error error = session.step())
        return error;
    if (Error error = session.evaluate(*tensor))
      return error;
    for (const interp::NamedScalar &scalar : session.getScalars()) {
      auto it = table.find(scalar.name);
      if (it == table.end())
        it = table
                 .insert({StringRef(scalar.name).copy(names),
                          {scalar.rate, scalar.isPredicate, {}}})
                 .first;
      it->second.values.push_back(scalar.value);
    }
  }
  return Error::success();
}

static void printTable(const ScalarsArgs &args, const Table &table) {
  outs() << format("%-20s %-7s", "", "rate");
  for (int64_t step : args.steps)
    outs() << format(" %24s", ("t = " + std::to_string(step)).c_str());
  outs() << "\n";
  for (auto &[name, row] : table) {
    outs() << format("%-20s %-7s", name.str().c_str(),
                     optim::stringifyRate(row.rate).str().c_str());
    for (double value : row.values) {
      if (row.isPredicate)
        outs() << format(" %24s", value ? "true" : "false");
      else
        outs() << format(" %24.17g", value);
    }
    outs() << "\n";
  }
}

static void printJson(const ScalarsArgs &args, const Table &table) {
  // json::Value prints 17 digits, but has no infinities.
  auto number = [](double value) -> json::Value {
    if (std::isfinite(value))
      return value;
    return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
  };
  json::Object scalars;
  for (auto &[name, row] : table) {
    json::Array values;
    for (double value : row.values)
      values.push_back(row.isPredicate ? json::Value(value != 0)
                                       : number(value));
    scalars[name] = json::Object{{"rate", optim::stringifyRate(row.rate)},
                                 {"values", std::move(values)}};
  }
  outs() << formatv("{0:2}\n",
                    json::Value(json::Object{{"steps", json::Array(args.steps)},
                                             {"scalars", std::move(scalars)}}));
}

int optimc::tool::runScalars(const ScalarsArgs &args) {
  auto spec = loadSpec(args);
  if (!spec)
    return reportError(spec.takeError());
  BumpPtrAllocator names;
  Table table;
  if (Error error = fill(spec->optimizer, args, names, table))
    return reportError(std::move(error));
  args.json ? printJson(args, table) : printTable(args, table);
  return ExitSuccess;
}
