//===- WrapAmp.cpp - gradient unscaling and the found-inf gate -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expansion.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace optimc::optim;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMWRAPAMP
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"
} // namespace optimc::optim

namespace {
struct WrapAmp : optimc::optim::impl::OptimWrapAmpBase<WrapAmp> {
  void runOnOperation() override;

private:
  LogicalResult addInputs(OptimizerOp optimizer);
  void wrapBody(OptimizerOp optimizer, Region &body);
};
} // namespace

/// Appends `grad_scale` and `found_inf` to the signature. What the caller sees
/// is fixed; the names in the text step aside for the spec's own.
LogicalResult WrapAmp::addInputs(OptimizerOp optimizer) {
  llvm::StringSet<> taken;
  for (unsigned i = 0, end = optimizer.getNumArguments(); i != end; ++i)
    taken.insert(optimizer.getArgumentName(i));
  SmallVector<Attribute> inputs(optimizer.getInputs().getValue());
  for (auto [name, initial] :
       {std::pair<StringRef, StringRef>{"grad_scale", "1"},
        {"found_inf", "0"}}) {
    for (Attribute input : inputs)
      if (cast<InputAttr>(input).getName().getValue() == name)
        return optimizer.emitError()
               << "'@" << optimizer.getSymName() << "' already has an input '"
               << name
               << "'; a spec that handles mixed precision itself is not "
               << "wrapped by " << getArgument();
    std::string argName = name.str();
    while (!taken.insert(argName).second)
      argName += "_amp";
    MLIRContext *context = &getContext();
    inputs.push_back(InputAttr::get(context, StringAttr::get(context, argName),
                                    StringAttr::get(context, name), Rate::Model,
                                    NumberAttr::get(context, initial)));
  }
  optimizer.setInputsAttr(ArrayAttr::get(&getContext(), inputs));
  Type type = RatedType::getNumber(&getContext(), Rate::Model);
  for (Region &body : optimizer.getBodies())
    body.addArguments({type, type}, {optimizer.getLoc(), optimizer.getLoc()});
  return success();
}

void WrapAmp::wrapBody(OptimizerOp optimizer, Region &body) {
  Value gradient = body.getArgument(1);
  unsigned numArguments = body.getNumArguments();
  Value scale = body.getArgument(numArguments - 2),
        foundInf = body.getArgument(numArguments - 1);
  Location loc = optimizer.getLoc();

  OpBuilder builder = OpBuilder::atBlockBegin(&body.front());
  auto inverse = RecipOp::create(builder, rename(loc, "inv_scale"), scale);
  auto unscaled = MulOp::create(
      builder, rename(loc, getWrittenName(gradient) + "_unscaled"), gradient,
      inverse);
  gradient.replaceAllUsesExcept(unscaled, unscaled);

  auto commit = cast<CommitOp>(body.front().getTerminator());
  builder.setInsertionPoint(commit);
  auto zero = ConstantOp::create(builder, rename(loc, "c0"), 0.0);
  // NaN is not 0 either: nothing moves.
  auto finite = CmpOp::create(builder, rename(loc, "finite"), Compare::EQ,
                              foundInf, zero);
  Value gate = finite;
  if (commit.getGate()) {
    auto both = AndOp::create(builder, rename(loc, "finite_gate"),
                              commit.getGate(), finite);
    gate = both;
  }
  commit.getGateMutable().assign(gate);
}

void WrapAmp::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  if (failed(addInputs(optimizer)))
    return signalPassFailure();
  for (auto [i, body] : llvm::enumerate(optimizer.getBodies())) {
    auto opts = remark::RemarkOpts::name("GradientUnscaled")
                    .category(getArgument())
                    .function(optimizer.getSymName());
    if (body.getArgument(1).use_empty() && i != 0) {
      remark::missed(optimizer.getLoc(), opts) << remark::add(
          "entry '{0}' does not read the gradient", optimizer.getEntryName(i));
      continue;
    }
    wrapBody(optimizer, body);
    remark::passed(optimizer.getLoc(), opts)
        << remark::add("'{0}' multiplies the gradient by 1 / grad_scale and "
                       "commits only if found_inf is 0",
                       optimizer.getEntryName(i));
  }
}
