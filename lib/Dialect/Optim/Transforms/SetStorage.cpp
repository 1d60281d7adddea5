//===- SetStorage.cpp - choose how streams are stored -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../IR/Parsing.h"
#include "Expansion.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Analysis/Signs.h"
#include "optimc/Analysis/SlowAverages.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMSETSTORAGE
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"
} // namespace optimc::optim

static constexpr StringLiteral allStates = "states",
                               masterName = "master_param";

namespace {
struct Choice {
  StorageFormat format;
  bool isUnsigned;
};

struct SetStorage : optimc::optim::impl::OptimSetStorageBase<SetStorage> {
  using OptimSetStorageBase<SetStorage>::OptimSetStorageBase;
  void runOnOperation() override;

private:
  LogicalResult readRequest(StringRef text);
  LogicalResult addMaster(OptimizerOp optimizer);
  void choose(OptimizerOp optimizer, unsigned argument);
  StorageFormat chooseForState(OptimizerOp optimizer, unsigned state,
                               StorageFormat wanted);

  llvm::MapVector<StringRef, StorageFormat> requests;
  llvm::SmallBitVector nonNegative;              ///< by state
  llvm::SmallDenseMap<unsigned, Choice> choices; ///< by argument
};
} // namespace

/// `name=format` into `requests`.
LogicalResult SetStorage::readRequest(StringRef text) {
  auto [name, word] = text.split('=');
  name = name.trim();
  word = word.trim();
  OptimizerOp optimizer = getOperation();
  if (name.empty() || word.empty())
    return optimizer.emitError()
           << "cannot read storage '" << text << "': write name=format";
  std::optional<StorageFormat> format = symbolizeStorageFormat(word);
  if (!format) {
    SmallVector<StringRef> known;
    for (unsigned i = 0; i <= getMaxEnumValForStorageFormat(); ++i)
      known.push_back(stringifyStorageFormat(StorageFormat(i)));
    InFlightDiagnostic error = optimizer.emitError()
                               << "'" << name << "' cannot be stored as '"
                               << word << "'";
    if (StringRef near = support::nearestWord(word, known); !near.empty())
      return error << "; did you mean '" << near << "'?";
    return error << "; the formats are " << llvm::join(known, ", ");
  }
  if (!requests.insert({name, *format}).second)
    return optimizer.emitError()
           << "storage of '" << name << "' is given twice";
  return success();
}

//===----------------------------------------------------------------------===//
// Master weights
//===----------------------------------------------------------------------===//

/// The step works on the state; the parameter is its rounded copy.
LogicalResult SetStorage::addMaster(OptimizerOp optimizer) {
  for (unsigned i = 0, e = optimizer.getNumArguments(); i != e; ++i)
    if (optimizer.getStreamName(i) == masterName ||
        optimizer.getArgumentName(i) == masterName)
      return success(); // its own
  auto request = requests.find(masterName);
  if (request->second != StorageFormat::F32)
    return optimizer.emitError() << "master weights are f32, not "
                                 << stringifyStorageFormat(request->second);
  MLIRContext *context = &getContext();
  auto name = StringAttr::get(context, masterName);
  SmallVector<Attribute> states(optimizer.getStates().getValue());
  states.push_back(StateAttr::get(context, name, name, Rate::Element,
                                  Init::Param, NumberAttr(), StringAttr(),
                                  /*observable=*/false));
  unsigned position = optimizer.getFirstInput();
  optimizer.setStatesAttr(ArrayAttr::get(context, states));
  for (Region &body : optimizer.getBodies()) {
    Value param = body.getArgument(0);
    Value master = body.insertArgument(position, param.getType(),
                                       rename(optimizer.getLoc(), masterName));
    auto commit = cast<CommitOp>(body.front().getTerminator());
    param.replaceAllUsesExcept(master, commit);
    SmallVector<Value> targets(commit.getTargets()), values(commit.getValues());
    for (Value &value : values)
      if (value == param)
        value = master;
    for (auto [target, value] :
         llvm::zip(commit.getTargets(), SmallVector<Value>(values)))
      if (target == param) {
        targets.push_back(master);
        values.push_back(value);
      }
    commit.getTargetsMutable().assign(targets);
    commit.getValuesMutable().assign(values);
  }
  remark::passed(optimizer.getLoc(), remark::RemarkOpts::name("MasterWeights")
                                         .category(getArgument())
                                         .function(optimizer.getSymName()))
      << "the step works on the state 'master_param'; the parameter is its "
         "rounded copy";
  return success();
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

/// `states=FORMAT`: what FORMAT means for a state that would stall in it.
StorageFormat SetStorage::chooseForState(OptimizerOp optimizer, unsigned state,
                                         StorageFormat wanted) {
  Average average = getSlowestAverage(optimizer, state);
  if (!average.op || average.weight >= getSmallestWeight(wanted))
    return wanted;
  StorageFormat chosen = StorageFormat::BF16SR;
  if (wanted == StorageFormat::Q8 && nonNegative.test(state))
    chosen = StorageFormat::Q8SR;
  remark::analysis(average.op->getLoc(), remark::RemarkOpts::name("SlowAverage")
                                             .category(getArgument())
                                             .function(optimizer.getSymName()))
      << remark::add("state '{0}' would stall in {1}: it is stored as {2}",
                     optimizer.getState(state).getName().getValue(),
                     stringifyStorageFormat(wanted),
                     stringifyStorageFormat(chosen));
  return chosen;
}

void SetStorage::choose(OptimizerOp optimizer, unsigned argument) {
  StorageAttr now = optimizer.getStorage(argument);
  Choice choice = {now.getFormat(), now.getIsUnsigned()};
  bool isState = argument >= optimizer.getFirstState() &&
                 argument < optimizer.getFirstInput();
  unsigned state = argument - optimizer.getFirstState();
  auto own = requests.find(optimizer.getStreamName(argument));
  auto all = requests.find(allStates);
  bool isMaster = optimizer.getStreamName(argument) == masterName;
  if (own != requests.end())
    choice.format = own->second;
  else if (isState && !isMaster && all != requests.end() &&
           optimizer.getState(state).getRate() == Rate::Element)
    choice.format = chooseForState(optimizer, state, all->second);
  else
    return void(choices[argument] = choice);
  choice.isUnsigned = isState && nonNegative.test(state) &&
                      (choice.format == StorageFormat::Q8 ||
                       choice.format == StorageFormat::Q8SR);
  choices[argument] = choice;
}

void SetStorage::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  for (const std::string &text : formats)
    if (failed(readRequest(text)))
      return signalPassFailure();
  if (requests.contains(masterName) && failed(addMaster(optimizer)))
    return signalPassFailure();
  SmallVector<StringRef> known = {allStates};
  nonNegative = getNonNegativeStates(optimizer);
  for (unsigned i = 0, e = optimizer.getNumArguments(); i != e; ++i) {
    if (optimizer.getStreamName(i).empty())
      continue;
    known.push_back(optimizer.getStreamName(i));
    choose(optimizer, i);
  }
  for (auto &[name, format] : requests) {
    if (llvm::is_contained(known, name))
      continue;
    InFlightDiagnostic error = optimizer.emitError()
                               << "unknown stream '" << name << "'";
    if (StringRef near = support::nearestWord(name, known); !near.empty())
      error << "; did you mean '" << near << "'?";
    else
      error << "; there is " << llvm::join(known, ", ");
    return signalPassFailure();
  }
  SmallVector<Attribute> plan;
  int32_t draw = 0;
  for (unsigned i = 0, e = optimizer.getNumArguments(); i != e; ++i) {
    auto choice = choices.find(i);
    if (choice == choices.end() || choice->second.format == StorageFormat::F32)
      continue;
    bool isStochastic = choice->second.format == StorageFormat::BF16SR ||
                        choice->second.format == StorageFormat::Q8SR;
    plan.push_back(StorageAttr::get(
        &getContext(),
        StringAttr::get(&getContext(), optimizer.getStreamName(i)),
        choice->second.format, choice->second.isUnsigned,
        isStochastic ? draw++ : -1));
  }
  if (plan.empty())
    optimizer->removeAttr(OptimizerOp::storageAttrName);
  else
    optimizer->setAttr(OptimizerOp::storageAttrName,
                       ArrayAttr::get(&getContext(), plan));
}
