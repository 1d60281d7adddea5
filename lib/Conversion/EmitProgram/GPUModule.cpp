//===- GPUModule.cpp - the module of an optimizer's GPU code -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/GPUModule.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static constexpr llvm::StringLiteral moduleAttr = "optim.gpu",
                                     textAttr = "optim.ptx";

/// Injective: other characters become `$` and two hexadecimal digits.
static std::string escape(StringRef name) {
  std::string text;
  for (char c : name) {
    if (llvm::isAlnum(c) || c == '_')
      text += c;
    else
      text += "$" + llvm::toHex(StringRef(&c, 1), /*LowerCase=*/true);
  }
  return llvm::isDigit(text.front()) ? "_" + text : text;
}

static std::string getPrefix(OptimizerOp op, unsigned entry) {
  return escape(op.getSymName()) + "_" + escape(op.getEntryName(entry)) + "_";
}

std::string optimc::getGPUKernelName(OptimizerOp op, unsigned entry,
                                     unsigned variant, unsigned phase) {
  return getPrefix(op, entry) + std::to_string(variant) + "_" +
         std::to_string(phase);
}

std::string optimc::getGPUEvaluateName(OptimizerOp op, unsigned entry) {
  return getPrefix(op, entry) + "evaluate";
}

ModuleOp optimc::createGPUModule(OptimizerOp op, OpBuilder &builder) {
  auto module =
      ModuleOp::create(builder, op.getLoc(), (op.getSymName() + ".gpu").str());
  module->setDiscardableAttr(moduleAttr, op.getSymNameAttr());
  return module;
}

StringRef optimc::getGPUModuleOptimizer(ModuleOp module) {
  auto name = module->getAttrOfType<StringAttr>(moduleAttr);
  return name ? name.getValue() : StringRef();
}

LLVM::GlobalOp PTXText::create(StringRef text, OpBuilder &builder,
                               Location loc) const {
  std::string data = text.str() + '\0';
  Type type = LLVM::LLVMArrayType::get(builder.getI8Type(), data.size());
  auto global = LLVM::GlobalOp::create(
      builder, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal,
      optimizer + ".ptx.sm_" + std::to_string(sm), builder.getStringAttr(data));
  global.setDsoLocal(true);
  Attribute numbers[] = {builder.getStringAttr(optimizer),
                         builder.getI32IntegerAttr(sm),
                         builder.getI32IntegerAttr(version)};
  global->setDiscardableAttr(textAttr, builder.getArrayAttr(numbers));
  return global;
}

std::optional<PTXText> PTXText::get(LLVM::GlobalOp global) {
  auto array = global->getAttrOfType<ArrayAttr>(textAttr);
  if (!array || array.size() != 3)
    return std::nullopt;
  auto optimizer = dyn_cast<StringAttr>(array[0]);
  auto sm = dyn_cast<IntegerAttr>(array[1]);
  auto version = dyn_cast<IntegerAttr>(array[2]);
  if (!optimizer || !sm || !version ||
      !isa_and_nonnull<StringAttr>(global.getValueOrNull()))
    return std::nullopt;
  PTXText text;
  text.optimizer = optimizer.str();
  text.sm = sm.getInt();
  text.version = version.getInt();
  return text;
}

StringRef PTXText::getText(LLVM::GlobalOp global) {
  return cast<StringAttr>(global.getValueOrNull()).getValue().drop_back();
}
