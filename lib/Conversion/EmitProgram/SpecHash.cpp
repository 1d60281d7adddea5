//===- SpecHash.cpp - the identity of a program -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/SpecHash.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static constexpr llvm::StringLiteral attributeName = "optim.spec_hash";

static std::string digest(ArrayRef<StringRef> parts) {
  llvm::SHA256 hash;
  for (StringRef part : parts) {
    hash.update(part);
    hash.update(StringRef("\0", 1));
  }
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

static std::string print(Operation *op) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  op->print(stream);
  return text;
}

void optimc::stampSpecHash(ModuleOp module, StringRef options) {
  std::string text = print(module);
  for (auto op : module.getOps<OptimizerOp>())
    op->setDiscardableAttr(
        attributeName,
        StringAttr::get(op.getContext(),
                        digest({text, op.getSymName(), options})));
}

std::string optimc::getSpecHash(OptimizerOp op) {
  if (auto noted = op->getAttrOfType<StringAttr>(attributeName))
    return noted.str();
  return digest({print(op), op.getSymName()});
}
