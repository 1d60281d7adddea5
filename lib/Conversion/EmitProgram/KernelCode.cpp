//===- KernelCode.cpp - what a kernel function is the code of -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/KernelCode.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace optimc;

void KernelCode::attach(Operation *function) const {
  Builder builder(function->getContext());
  auto number = [&](uint64_t value) {
    return builder.getI64IntegerAttr(static_cast<int64_t>(value));
  };
  function->setDiscardableAttr(
      attributeName,
      builder.getDictionaryAttr(
          {builder.getNamedAttr("optimizer", builder.getStringAttr(optimizer)),
           builder.getNamedAttr("entry", number(entry)),
           builder.getNamedAttr("variant", number(variant)),
           builder.getNamedAttr("phase", number(phase)),
           builder.getNamedAttr("reads", number(reads)),
           builder.getNamedAttr("writes", number(writes)),
           builder.getNamedAttr("isa", number(isa))}));
}

std::optional<KernelCode> KernelCode::get(Operation *function) {
  auto attr = function->getAttrOfType<DictionaryAttr>(attributeName);
  if (!attr)
    return std::nullopt;
  auto name = attr.getAs<StringAttr>("optimizer");
  if (!name)
    return std::nullopt;
  KernelCode code;
  code.optimizer = name.str();
  bool complete = true;
  auto number = [&](StringRef key) -> uint64_t {
    auto value = attr.getAs<IntegerAttr>(key);
    complete &= static_cast<bool>(value);
    return value ? value.getValue().getZExtValue() : 0;
  };
  code.entry = number("entry");
  code.variant = number("variant");
  code.phase = number("phase");
  code.reads = number("reads");
  code.writes = number("writes");
  code.isa = number("isa");
  if (!complete)
    return std::nullopt;
  return code;
}
