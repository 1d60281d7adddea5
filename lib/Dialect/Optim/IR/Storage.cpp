//===- Storage.cpp - how streams are stored -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parsing.h"
#include "optimc/Dialect/Optim/IR/Optim.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace optimc::optim;

//===----------------------------------------------------------------------===//
// Formats
//===----------------------------------------------------------------------===//

bool StorageAttr::isStochastic() const {
  return getFormat() == StorageFormat::BF16SR ||
         getFormat() == StorageFormat::Q8SR;
}

bool StorageAttr::isBlockScaled() const {
  return getFormat() == StorageFormat::Q8 || getFormat() == StorageFormat::Q8SR;
}

bool StorageAttr::hasAux() const {
  return isBlockScaled() || getFormat() == StorageFormat::Split;
}

unsigned StorageAttr::getBits() const {
  if (getFormat() == StorageFormat::F32)
    return 32;
  return isBlockScaled() ? 8 : 16;
}

double StorageAttr::getBytes() const {
  double bytes = getBits() / 8;
  if (getFormat() == StorageFormat::Split)
    return bytes + sizeof(uint16_t);
  if (isBlockScaled())
    return bytes + double(sizeof(uint16_t)) / BlockMaxOp::size;
  return bytes;
}

std::string StorageAttr::getText() const {
  return stringifyStorageFormat(getFormat()).str() +
         (getIsUnsigned() ? " unsigned" : "");
}

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

ArrayRef<Attribute> OptimizerOp::getStoragePlan() {
  auto plan = (*this)->getAttrOfType<ArrayAttr>(storageAttrName);
  return plan ? plan.getValue() : ArrayRef<Attribute>();
}

StringRef OptimizerOp::getStreamName(unsigned i) {
  if (i < 2)
    return i == 0 ? "param" : "grad";
  if (i >= getFirstInput())
    return getInput(i - getFirstInput()).getName().getValue();
  if (i >= getFirstState())
    return getState(i - getFirstState()).getName().getValue();
  return {};
}

StorageAttr OptimizerOp::getStorage(unsigned i) {
  StringRef name = getStreamName(i);
  for (Attribute entry : getStoragePlan())
    if (cast<StorageAttr>(entry).getName() == name)
      return cast<StorageAttr>(entry);
  return StorageAttr::get(getContext(), StringAttr::get(getContext(), name),
                          StorageFormat::F32, /*isUnsigned=*/false,
                          /*draw=*/-1);
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

bool KernelOp::isStored() { return (*this)->hasAttr(formatsAttrName); }

static StorageAttr getFormat(KernelOp kernel, unsigned i) {
  auto formats = kernel->getAttrOfType<ArrayAttr>(KernelOp::formatsAttrName);
  if (formats)
    return cast<StorageAttr>(formats[i]);
  MLIRContext *context = kernel.getContext();
  return StorageAttr::get(context, StringAttr::get(context, ""),
                          StorageFormat::F32, /*isUnsigned=*/false,
                          /*draw=*/-1);
}

StorageAttr KernelOp::getStreamFormat(unsigned i) {
  return getFormat(*this, i);
}

StorageAttr KernelOp::getResultFormat(unsigned i) {
  return getFormat(*this, getStreams().size() + i);
}

unsigned KernelOp::getAuxArgument(unsigned stream) {
  unsigned number = getStreams().size() + getScalars().size();
  if (!getRandomIds().empty())
    number += 1 + 2 * getRandomIds().size();
  for (unsigned i = 0; i != stream; ++i)
    number += getStreamFormat(i).hasAux();
  return number;
}

unsigned KernelOp::getAuxYield(unsigned result) {
  unsigned number = getResults().size();
  for (unsigned i = 0; i != result; ++i)
    number += getResultFormat(i).hasAux();
  return number;
}

//===----------------------------------------------------------------------===//
// Text: storage(param = bf16, "exp_avg_sq" = q8 unsigned)
//===----------------------------------------------------------------------===//

/// Stochastic streams take their random bits in the order of the plan, unless
/// it says otherwise.
static int32_t nextDraw(ArrayRef<Attribute> before) {
  return llvm::count_if(before, [](Attribute entry) {
    return cast<StorageAttr>(entry).isStochastic();
  });
}

static ParseResult parseEntry(OpAsmParser &parser,
                              SmallVectorImpl<Attribute> &plan) {
  std::string name;
  StringRef word;
  if (failed(parser.parseOptionalString(&name))) {
    SMLoc loc = parser.getCurrentLocation();
    if (failed(parser.parseOptionalKeyword(&word)) ||
        (word != "param" && word != "grad"))
      return support::errorAt(parser, loc)
             << "a stream is param, grad or the quoted name of a state or "
                "input";
    name = word.str();
  }
  if (parser.parseEqual())
    return failure();
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&word))
    return failure();
  std::optional<StorageFormat> format = symbolizeStorageFormat(word);
  if (!format) { // storage_c1
    SmallVector<StringRef> known;
    for (unsigned i = 0; i <= getMaxEnumValForStorageFormat(); ++i)
      known.push_back(stringifyStorageFormat(StorageFormat(i)));
    InFlightDiagnostic error = support::errorAt(parser, loc)
                               << "'" << word << "' is not a storage format";
    if (StringRef near = support::nearestWord(word, known); !near.empty())
      return error << "; did you mean '" << near << "'?";
    return error << "; use " << llvm::join(known, ", ");
  }
  MLIRContext *context = parser.getContext();
  auto nameAttr = StringAttr::get(context, name);
  bool isUnsigned = succeeded(parser.parseOptionalKeyword("unsigned"));
  auto entry = StorageAttr::get(context, nameAttr, *format, isUnsigned, -1);
  int32_t draw = entry.isStochastic() ? nextDraw(plan) : -1;
  if (succeeded(parser.parseOptionalKeyword("draw")) &&
      parser.parseInteger(draw))
    return failure();
  plan.push_back(
      StorageAttr::get(context, nameAttr, *format, isUnsigned, draw));
  return success();
}

ParseResult support::parseStorageClause(OpAsmParser &parser,
                                        OperationState &state) {
  if (failed(parser.parseOptionalKeyword("storage")))
    return success();
  SmallVector<Attribute> plan;
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren,
                                     [&] { return parseEntry(parser, plan); }))
    return failure();
  state.addAttribute(OptimizerOp::storageAttrName,
                     parser.getBuilder().getArrayAttr(plan));
  return success();
}

void support::printStorageClause(OpAsmPrinter &printer, OptimizerOp op) {
  ArrayRef<Attribute> plan = op.getStoragePlan();
  if (plan.empty())
    return;
  printer.increaseIndent();
  printer.increaseIndent();
  printer.printNewline();
  printer << "storage(";
  for (auto [i, attribute] : llvm::enumerate(plan)) {
    auto entry = cast<StorageAttr>(attribute);
    StringRef name = entry.getName().getValue();
    printer << (i ? ", " : "");
    if (name == "param" || name == "grad")
      printer << name;
    else
      printer.printString(name);
    printer << " = " << entry.getText();
    if (entry.getDraw() >= 0 && entry.getDraw() != nextDraw(plan.take_front(i)))
      printer << " draw " << entry.getDraw();
  }
  printer << ')';
  printer.decreaseIndent();
  printer.decreaseIndent();
}
