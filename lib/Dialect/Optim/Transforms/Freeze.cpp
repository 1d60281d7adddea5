//===- Freeze.cpp - hyperparameters bound at compile time -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../IR/Parsing.h"
#include "Expansion.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace optimc::optim;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMFREEZE
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"
} // namespace optimc::optim

namespace {
struct Freeze : optimc::optim::impl::OptimFreezeBase<Freeze> {
  using optimc::optim::impl::OptimFreezeBase<Freeze>::OptimFreezeBase;
  void runOnOperation() override;

private:
  LogicalResult readBinding(StringRef text, OptimizerOp optimizer,
                            SmallVectorImpl<NumberAttr> &bound);
  LogicalResult unknownName(StringRef name, OptimizerOp optimizer);
};
} // namespace

LogicalResult Freeze::unknownName(StringRef name, OptimizerOp optimizer) {
  SmallVector<StringRef> names;
  for (unsigned i = 0, end = optimizer.getHypers().size(); i != end; ++i)
    names.push_back(optimizer.getHyper(i).getName().getValue());
  InFlightDiagnostic error = optimizer.emitError()
                             << "unknown hyperparameter '" << name << "'";
  StringRef near = support::nearestWord(name, names);
  if (!near.empty())
    error << "; did you mean '" << near << "'?";
  else if (names.empty())
    error << "; '@" << optimizer.getSymName() << "' has none";
  else
    error << "; '@" << optimizer.getSymName() << "' has "
          << llvm::join(names, ", ");
  return error;
}

/// `name=value` into the slot of that hyperparameter.
LogicalResult Freeze::readBinding(StringRef text, OptimizerOp optimizer,
                                  SmallVectorImpl<NumberAttr> &bound) {
  auto [name, value] = text.split('=');
  name = name.trim();
  value = value.trim();
  if (name.empty() || value.empty())
    return optimizer.emitError()
           << "cannot freeze '" << text << "': write name=value";
  unsigned index = 0, end = optimizer.getHypers().size();
  while (index != end && optimizer.getHyper(index).getName() != name)
    ++index;
  if (index == end)
    return unknownName(name, optimizer);

  HyperAttr hyper = optimizer.getHyper(index);
  auto emitError = [&, name = name] {
    return optimizer.emitError() << "cannot freeze '" << name << "': ";
  };
  if (failed(NumberAttr::verify(emitError, value)))
    return failure();
  auto number = NumberAttr::get(&getContext(), value);
  if (bound[index])
    return optimizer.emitError()
           << "hyperparameter '" << name << "' is frozen twice";
  if (hyper.getFrozen() && hyper.getInitial().getValue() != number.getValue())
    return optimizer.emitError()
           << "hyperparameter '" << name << "' is already frozen to "
           << hyper.getInitial().getSpelling();
  if (!hyper.allows(number.getValue()))
    return optimizer.emitError()
           << "hyperparameter '" << name << "' cannot be " << value
           << ": it is " << (hyper.getInteger() ? "a whole number" : "a number")
           << " in " << hyper.getRangeText();
  bound[index] = number;
  return success();
}

void Freeze::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  SmallVector<NumberAttr> bound(optimizer.getHypers().size());
  for (const std::string &text : values)
    if (failed(readBinding(text, optimizer, bound)))
      return signalPassFailure();

  SmallVector<Attribute> hypers;
  for (auto [i, slot] : llvm::enumerate(bound)) {
    HyperAttr hyper = optimizer.getHyper(i);
    NumberAttr value = slot;
    if (!value && (hyper.getIsStatic() || hyper.getFrozen()))
      value = hyper.getInitial();
    hypers.push_back(hyper);
    if (!value)
      continue;
    hypers.back() = HyperAttr::get(
        &getContext(), hyper.getName(), value, hyper.getLow(), hyper.getHigh(),
        hyper.getLowOpen(), hyper.getHighOpen(), hyper.getInteger(),
        hyper.getIsStatic(), /*frozen=*/true);
    for (Region &body : optimizer.getBodies()) {
      Value argument = body.getArgument(optimizer.getFirstHyper() + i);
      if (argument.use_empty())
        continue;
      OpBuilder builder = OpBuilder::atBlockBegin(&body.front());
      auto constant = ConstantOp::create(
          builder, rename(optimizer.getLoc(), hyper.getName().getValue()),
          RatedType::getNumber(&getContext(), Rate::Const), value);
      argument.replaceAllUsesWith(constant);
    }
    remark::passed(optimizer.getLoc(),
                   remark::RemarkOpts::name("HyperparameterFrozen")
                       .category(getArgument())
                       .function(optimizer.getSymName()))
        << remark::add("'{0}' is {1} for good{2}", hyper.getName().getValue(),
                       value.getSpelling(),
                       slot                  ? ""
                       : hyper.getIsStatic() ? " (static)"
                                             : "");
  }
  optimizer.setHypersAttr(ArrayAttr::get(&getContext(), hypers));
}
