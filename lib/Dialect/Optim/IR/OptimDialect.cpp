//===- OptimDialect.cpp - registration --------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Bytecode/BytecodeImplementation.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "optimc/Dialect/Optim/IR/Optim.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace optimc::optim;

#include "optimc/Dialect/Optim/IR/OptimDialect.cpp.inc"
#include "optimc/Dialect/Optim/IR/OptimEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "optimc/Dialect/Optim/IR/OptimAttributes.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "optimc/Dialect/Optim/IR/OptimTypes.cpp.inc"

namespace {
/// Bytecode carries the dialect's version, so that later releases can upgrade
/// what earlier ones wrote.
struct Version : DialectVersion {
  Version(uint64_t major, uint64_t minor) : major(major), minor(minor) {}
  uint64_t major, minor;
};
constexpr uint64_t currentMajor = 1, currentMinor = 0;

struct BytecodeInterface : BytecodeDialectInterface {
  explicit BytecodeInterface(Dialect *dialect)
      : BytecodeDialectInterface(dialect) {}

  void writeVersion(DialectBytecodeWriter &writer) const override {
    writer.writeVarInt(currentMajor);
    writer.writeVarInt(currentMinor);
  }
  std::unique_ptr<DialectVersion>
  readVersion(DialectBytecodeReader &reader) const override {
    uint64_t major, minor;
    if (failed(reader.readVarInt(major)) || failed(reader.readVarInt(minor)))
      return nullptr;
    if (major != currentMajor || minor > currentMinor) {
      reader.emitError() << "optim dialect version " << major << "." << minor
                         << " is not supported; this compiler reads up to "
                         << currentMajor << "." << currentMinor;
      return nullptr;
    }
    return std::make_unique<Version>(major, minor);
  }
};
} // namespace

void OptimDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "optimc/Dialect/Optim/IR/OptimAttributes.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "optimc/Dialect/Optim/IR/OptimTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "optimc/Dialect/Optim/IR/OptimOps.cpp.inc"
      >();
  addInterfaces<BytecodeInterface>();
}

Operation *OptimDialect::materializeConstant(OpBuilder &builder,
                                             Attribute value, Type type,
                                             Location loc) {
  auto rated = dyn_cast<RatedType>(type);
  if (!rated)
    return nullptr;
  if (auto number = dyn_cast<NumberAttr>(value); number && rated.isNumber())
    return ConstantOp::create(builder, loc, rated, number);
  if (auto truth = dyn_cast<BoolAttr>(value); truth && rated.isPredicate())
    return TruthOp::create(builder, loc, rated, truth);
  return nullptr;
}

Type OptimDialect::parseType(DialectAsmParser &parser) const {
  SMLoc loc = parser.getCurrentLocation();
  StringRef word;
  if (parser.parseKeyword(&word))
    return {};
  bool predicate = word == "pred";
  if (predicate && (parser.parseLess() || parser.parseKeyword(&word)))
    return {};
  std::optional<Rate> rate = symbolizeRate(word);
  if (!rate) {
    parser.emitError(loc) << "unknown rate '" << word
                          << "'; rates are const, model, group, tensor, row, "
                             "col, block, element";
    return {};
  }
  if (predicate && parser.parseGreater())
    return {};
  return RatedType::get(parser.getContext(), *rate, predicate);
}

void OptimDialect::printType(Type type, DialectAsmPrinter &printer) const {
  auto rated = cast<RatedType>(type);
  if (rated.isPredicate())
    printer << "pred<" << stringifyRate(rated.getRate()) << '>';
  else
    printer << stringifyRate(rated.getRate());
}
