//===- VerifyTemplates.cpp - constraints on templates and cases -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

/// The region's yield, or null if it does not end in one.
static YieldOp getYield(Region &region) {
  if (region.empty() || region.front().empty())
    return {};
  return dyn_cast<YieldOp>(region.front().back());
}

//===----------------------------------------------------------------------===//
// Templates
//===----------------------------------------------------------------------===//

LogicalResult FuncOp::verify() {
  if (!isIdentifier(getSymName())) // func_c1
    return errorAt(getLoc())
           << "template '" << getSymName()
           << "' is not a name; use a letter or '_', then letters, digits and "
              "'_'";
  unsigned count = getBody().empty() ? 0 : getBody().getNumArguments();
  if (count != getArgNames().size()) // func_c2
    return errorAt(getLoc())
           << "template '" << getSymName() << "' names " << getArgNames().size()
           << " arguments, but its body has " << count;
  llvm::StringSet<> seen;
  for (auto [name, argument] :
       llvm::zip(getArgNames(), getBody().getArguments())) {
    StringRef text = cast<StringAttr>(name).getValue();
    if (!isIdentifier(text)) // func_c3
      return errorAt(argument.getLoc())
             << "argument '%" << text
             << "' is not a name; use a letter or '_', then letters, digits "
                "and '_'";
    if (!seen.insert(text).second) // func_c3
      return errorAt(argument.getLoc())
             << "'%" << text << "' is already in the signature";
    auto type = dyn_cast<RatedType>(argument.getType());
    if (!type || type.isPredicate() || type.getRate() != Rate::Any) // func_c2
      return errorAt(argument.getLoc())
             << "argument '%" << text << "' of a template is a number of any "
             << "rate, but has the type " << argument.getType();
  }
  YieldOp yield = getYield(getBody());
  if (!yield) // func_c4
    return errorAt(getLoc())
           << "template '" << getSymName() << "' ends in 'yield'";
  for (Value value : yield.getOperands()) // func_c5
    if (!isa<RatedType>(value.getType()) ||
        cast<RatedType>(value.getType()).isPredicate())
      return errorAt(getOperandLoc(yield, value))
             << "a template yields numbers, but " << quote(value)
             << " is a truth value";
  return success();
}

/// An inlined template may not grow without bound: a chain of templates that
/// call the next one twice doubles with each.
static constexpr uint64_t maxInlinedOps = 1 << 16;
static constexpr size_t maxCallDepth = 64;

namespace {
/// Follows calls from a template; finds recursion, and counts what inlining
/// creates.
class CallGraph {
public:
  CallGraph(SymbolTableCollection &symbols) : symbols(symbols) {}

  /// Ops after inlining, at most `maxInlinedOps` + 1; nullopt if `func` calls
  /// itself through `path`, or the path is too long.
  std::optional<uint64_t> count(FuncOp func) {
    auto [it, isNew] = counts.try_emplace(func, std::nullopt);
    if (!isNew)
      return it->second; // nullopt while it is being counted
    path.push_back(func);
    if (path.size() > maxCallDepth)
      return std::nullopt;
    uint64_t total = 0;
    bool isRecursive = false;
    func.getBody().walk([&](Operation *op) {
      ++total;
      auto call = dyn_cast<CallOp>(op);
      if (!call || isRecursive)
        return;
      auto callee =
          symbols.lookupNearestSymbolFrom<FuncOp>(call, call.getCalleeAttr());
      if (!callee)
        return; // has its own error
      std::optional<uint64_t> inner = count(callee);
      isRecursive = !inner;
      total = std::min(maxInlinedOps + 1, total + inner.value_or(0));
    });
    if (isRecursive)
      return std::nullopt;
    path.pop_back();
    counts[func] = total;
    return total;
  }

  bool isTooDeep() const { return path.size() > maxCallDepth; }

  /// "@a, @b", after `count` found recursion.
  std::string describePath() {
    std::string text;
    for (FuncOp func : path)
      text += (text.empty() ? "@" : ", @") + func.getSymName().str();
    return text;
  }

private:
  SymbolTableCollection &symbols;
  llvm::DenseMap<Operation *, std::optional<uint64_t>> counts;
  SmallVector<FuncOp> path;
};
} // namespace

LogicalResult CallOp::verifySymbolUses(SymbolTableCollection &symbols) {
  StringRef name = getCallee();
  Location at = getTokenLoc(*this, ("@" + name).str());
  Operation *symbol = symbols.lookupNearestSymbolFrom(*this, getCalleeAttr());
  auto func = dyn_cast_if_present<FuncOp>(symbol);
  if (!func) {
    InFlightDiagnostic error = errorAt(at);
    if (symbol) { // call_c2
      error << "'@" << name << "' is not a template (optim.func)";
      return error;
    }
    error << "unknown template '@" << name << "'"; // call_c1
    Operation *table = SymbolTable::getNearestSymbolTable(*this);
    SmallVector<StringRef> names;
    if (table && table->getNumRegions() && !table->getRegion(0).empty())
      for (auto other : table->getRegion(0).front().getOps<FuncOp>())
        names.push_back(other.getSymName());
    if (StringRef near = nearestWord(name, names); !near.empty())
      error << "; did you mean '@" << near << "'?";
    return error;
  }
  size_t wanted = func.getArgNames().size(), given = getInputs().size();
  if (wanted != given) // call_c3
    return errorAt(at) << "'@" << name << "' takes " << wanted
                       << (wanted == 1 ? " argument" : " arguments") << ", but "
                       << given << (given == 1 ? " is" : " are") << " given";
  YieldOp yield = getYield(func.getBody());
  if (yield && yield->getNumOperands() != getNumResults()) // call_c4
    return errorAt(at) << "'@" << name << "' yields " << yield->getNumOperands()
                       << (yield->getNumOperands() == 1 ? " value" : " values")
                       << ", but the call has " << getNumResults()
                       << (getNumResults() == 1 ? " result" : " results");
  CallGraph graph(symbols);
  std::optional<uint64_t> ops = graph.count(func);
  if (graph.isTooDeep()) // call_c6
    return errorAt(at) << "templates call each other at most " << maxCallDepth
                       << " deep";
  if (!ops) // call_c5
    return errorAt(at) << "templates are inlined, so they cannot be "
                          "recursive: "
                       << graph.describePath();
  if (*ops > maxInlinedOps) // call_c6
    return errorAt(at) << "'@" << name << "' grows to more than "
                       << maxInlinedOps << " ops when it is inlined";
  return success();
}

//===----------------------------------------------------------------------===//
// Cases and yields
//===----------------------------------------------------------------------===//

LogicalResult CaseOp::verify() {
  if (getMinRank() < 1) // case_c1
    return errorAt(getLoc()) << "'case' asks for a rank of 1 or more, but "
                             << "the rank is " << int64_t(getMinRank());
  for (Region *region : {&getThenRegion(), &getElseRegion()}) {
    YieldOp yield = getYield(*region);
    if (!yield) // case_c2
      return errorAt(getLoc()) << "both classes of 'case' end in 'yield'";
    if (yield->getNumOperands() != getNumResults()) // case_c3
      return errorAt(yield.getLoc())
             << "'case' has " << getNumResults()
             << (getNumResults() == 1 ? " result" : " results")
             << ", but a class yields " << yield->getNumOperands();
    for (auto [value, result] : llvm::zip(yield.getOperands(), getResults())) {
      auto type = dyn_cast<RatedType>(value.getType());
      if (!type || type.isPredicate()) // case_c4
        return errorAt(getOperandLoc(yield, value))
               << "'case' yields numbers, but " << quote(value)
               << " is a truth value";
      Rate least = join(type.getRate(), Rate::Tensor);
      if (!isAtMost(least, getRate(result))) // case_c5
        return errorAt(getLoc())
               << "the class is per tensor, so the result of " << quote(value)
               << " is " << describeRate(least) << ", but has the type "
               << result.getType();
    }
  }
  return success();
}

LogicalResult YieldOp::verify() {
  if (!isa_and_present<FuncOp, CaseOp, HostOp, VariantsOp, KernelOp>(
          (*this)->getParentOp())) // yield_c1
    return errorAt(getLoc())
           << "'yield' ends a template or a class of 'case'; the body of an "
              "optimizer ends in 'commit'";
  return success();
}
