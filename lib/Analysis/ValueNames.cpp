//===- ValueNames.cpp - the names that the user wrote -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Analysis/ValueNames.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace optimc;

std::string optimc::getValueName(Value value) {
  std::string name;
  auto setName = [&](Value named, StringRef text) {
    if (named == value)
      name = text.str();
  };
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    Region &region = *argument.getParentRegion();
    if (auto op = dyn_cast<OpAsmOpInterface>(region.getParentOp()))
      op.getAsmBlockArgumentNames(region, setName);
  } else if (auto op = dyn_cast<OpAsmOpInterface>(value.getDefiningOp())) {
    op.getAsmResultNames(setName);
  }
  return name;
}

std::string optimc::describeValue(Value value) {
  std::string name = getValueName(value);
  return name.empty() ? "a value" : "%" + name;
}

std::string optimc::describeValues(ValueRange values) {
  if (values.empty())
    return "none";
  SmallVector<std::string> names = llvm::map_to_vector(
      values, [](Value value) { return describeValue(value); });
  return llvm::join(names, ", ");
}

Location optimc::nameLocation(Location loc, ArrayRef<std::string> names) {
  if (llvm::all_of(names, [](const std::string &name) { return name.empty(); }))
    return loc;
  return NameLoc::get(StringAttr::get(loc.getContext(), llvm::join(names, ",")),
                      loc);
}

SmallVector<std::string> optimc::getValueNames(ValueRange values) {
  return llvm::map_to_vector(values,
                             [](Value value) { return getValueName(value); });
}
