//===- VerifyLowered.cpp - constraints on outlined ops ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

/// What a value of the dialect is after `optim-to-arith`.
static Type getLoweredType(Type type, bool inKernel) {
  auto rated = cast<RatedType>(type);
  MLIRContext *context = type.getContext();
  if (rated.isPredicate())
    return IntegerType::get(context, 1);
  return inKernel ? Type(Float32Type::get(context)) : Float64Type::get(context);
}

/// What is in memory for one value of a stream.
static Type getStoredType(StorageAttr format) {
  MLIRContext *context = format.getContext();
  if (format.getFormat() == StorageFormat::F32)
    return Float32Type::get(context);
  return IntegerType::get(context, format.getBits());
}

/// A stored kernel yields what is stored, then the second arrays' values.
static LogicalResult verifyStoredYield(KernelOp kernel, YieldOp yield) {
  SmallVector<Type> types;
  for (unsigned i = 0, e = kernel.getNumResults(); i != e; ++i)
    types.push_back(getStoredType(kernel.getResultFormat(i)));
  for (unsigned i = 0, e = kernel.getNumResults(); i != e; ++i)
    if (kernel.getResultFormat(i).hasAux())
      types.push_back(IntegerType::get(kernel.getContext(), 16));
  if (yield->getOperandTypes() == TypeRange(types))
    return success();
  return errorAt(yield.getLoc()) // kernel_c5
         << "'kernel' yields (" << yield->getOperandTypes()
         << "), but its formats need (" << TypeRange(types) << ")";
}

/// `optim.formats` has one entry for each stream and result.
static LogicalResult verifyFormats(KernelOp kernel) {
  Attribute formats = kernel->getAttr(KernelOp::formatsAttrName);
  if (!formats)
    return success();
  size_t count = kernel.getStreams().size() + kernel.getNumResults();
  auto list = dyn_cast<ArrayAttr>(formats);
  if (list && list.size() == count &&
      llvm::all_of(list, llvm::IsaPred<StorageAttr>))
    return success();
  return errorAt(kernel.getLoc()) // kernel_c6
         << "'" << KernelOp::formatsAttrName << "' of 'kernel' is a list of "
         << count << " #optim.storage, one for each stream and result";
}

/// The region's arguments are the operands, as `optim` values or lowered, all
/// in the same form; `extra` i32 follow if they are lowered.
static LogicalResult verifyArguments(Operation *op, Region &body, bool inKernel,
                                     unsigned extra) {
  SmallVector<Type> rated, lowered;
  auto kernel = dyn_cast<KernelOp>(op);
  unsigned numStreams = kernel ? kernel.getStreams().size() : 0;
  for (auto [i, type] : llvm::enumerate(op->getOperandTypes())) {
    rated.push_back(type);
    lowered.push_back(i < numStreams ? getStoredType(kernel.getStreamFormat(i))
                                     : getLoweredType(type, inKernel));
  }
  lowered.append(extra, IntegerType::get(op->getContext(), 32));
  for (unsigned i = 0; i != numStreams; ++i)
    if (kernel.getStreamFormat(i).hasAux())
      lowered.push_back(IntegerType::get(op->getContext(), 16));
  TypeRange given = body.getArgumentTypes();
  if (given == TypeRange(rated) || given == TypeRange(lowered))
    return success();
  InFlightDiagnostic error = errorAt(op->getLoc());
  error << "'" << op->getName().stripDialect() << "' has arguments of types ("
        << given << "), but its operands need (" << rated << ")";
  if (lowered != rated)
    error << " or, lowered, (" << lowered << ")";
  return error;
}

/// What a region yields are the results: `optim` values that are not finer, or
/// lowered ones.
static LogicalResult verifyYield(Operation *op, Region &body, bool inKernel,
                                 bool mayLower) {
  YieldOp yield;
  if (!body.empty() && !body.front().empty())
    yield = dyn_cast<YieldOp>(body.front().back());
  StringRef name = op->getName().stripDialect();
  if (!yield)
    return errorAt(op->getLoc())
           << "the body of '" << name << "' ends in 'yield'";
  if (auto kernel = dyn_cast<KernelOp>(op); kernel && kernel.isStored())
    return verifyStoredYield(kernel, yield);
  if (yield->getNumOperands() != op->getNumResults())
    return errorAt(yield.getLoc())
           << "'" << name << "' has " << op->getNumResults()
           << " results, but yields " << yield->getNumOperands();
  for (auto [value, result] :
       llvm::zip(yield->getOperands(), op->getResults())) {
    if (mayLower &&
        value.getType() == getLoweredType(result.getType(), inKernel))
      continue;
    if (!support::compatibleRates(value.getType(), result.getType()))
      return errorAt(yield.getLoc())
             << "'" << name << "' yields " << value.getType()
             << " for a result of type " << result.getType();
  }
  return success();
}

LogicalResult HostOp::verify() {
  Rate rate = getRate();
  if (rate < Rate::Model || rate > Rate::Tensor) // host_c1
    return errorAt(getLoc()) << "'host' is per model, group or tensor, not "
                             << describeRate(rate);
  if (int32_t(getStage()) < 0) // host_c1
    return errorAt(getLoc()) << "the stage of 'host' is 0 or more, but is "
                             << int32_t(getStage());
  for (Value value : (*this)->getOperands())
    if (!isAtMost(optimc::optim::getRate(value), rate)) // host_c2
      return errorAt(getLoc()) << "'host' runs per " << stringifyRate(rate)
                               << ", but " << quote(value) << " is "
                               << describeRate(optimc::optim::getRate(value));
  for (Value result : getResults())
    if (!isAtMost(optimc::optim::getRate(result), rate)) // host_c2
      return errorAt(getLoc()) << "'host' runs per " << stringifyRate(rate)
                               << ", but its result " << quote(result) << " is "
                               << describeRate(optimc::optim::getRate(result));
  if (failed(verifyArguments(*this, getBody(), /*inKernel=*/false, // host_c3
                             /*extra=*/0)))
    return failure();
  return verifyYield(*this, getBody(), /*inKernel=*/false, // host_c4
                     /*mayLower=*/true);
}

LogicalResult VariantsOp::verify() {
  size_t count = getBodies().size();
  if (count == 0 || getMasks().size() != count ||
      getValues().size() != count) // variants_c1
    return errorAt(getLoc())
           << "'variants' has a mask and a value for each region, but "
           << getMasks().size() << " masks, " << getValues().size()
           << " values and " << count << " regions are given";
  for (Value predicate : getPredicates())
    if (!isScalarRate(getRate(predicate))) // variants_c2
      return errorAt(getOperandLoc(*this, predicate))
             << "'variants' are chosen on the host, but " << quote(predicate)
             << " is " << describeRate(getRate(predicate));
  if (getPredicates().size() > 63) // variants_c2
    return errorAt(getLoc()) << "'variants' has at most 63 predicates, but "
                             << getPredicates().size() << " are given";
  int64_t all = (int64_t(1) << getPredicates().size()) - 1;
  for (size_t i = 0; i != count; ++i) {
    int64_t mask = getMasks()[i], value = getValues()[i];
    if ((mask & ~all) || (value & ~mask)) // variants_c3
      return errorAt(getLoc())
             << "case " << mask << " == " << value
             << " of 'variants' has bits beyond "
             << ((mask & ~all) ? "its predicates" : "its mask");
    for (size_t j = 0; j != i; ++j) // variants_c4
      if (((value ^ getValues()[j]) & mask & getMasks()[j]) == 0)
        return errorAt(getLoc())
               << "cases " << getMasks()[j] << " == " << getValues()[j]
               << " and " << mask << " == " << value
               << " of 'variants' both match";
  }
  for (Region &body : getBodies())
    if (failed(verifyYield(*this, body, /*inKernel=*/true, // variants_c5
                           /*mayLower=*/false)))
      return failure();
  return success();
}

LogicalResult KernelOp::verify() {
  if (int32_t(getPhase()) < 0) // kernel_c1
    return errorAt(getLoc()) << "the phase of 'kernel' is 0 or more, but is "
                             << int32_t(getPhase());
  for (Value stream : getStreams())
    if (isScalarRate(getRate(stream))) // kernel_c2
      return errorAt(getLoc())
             << "streams of 'kernel' are finer than per tensor, but "
             << quote(stream) << " is " << describeRate(getRate(stream));
  for (Value scalar : getScalars())
    if (!isScalarRate(getRate(scalar))) // kernel_c2
      return errorAt(getLoc())
             << "scalars of 'kernel' come from the host, but " << quote(scalar)
             << " is " << describeRate(getRate(scalar));
  for (Value result : getResults())
    if (isScalarRate(getRate(result))) // kernel_c2
      return errorAt(getLoc())
             << "results of 'kernel' are finer than per tensor, but "
             << quote(result) << " is " << describeRate(getRate(result));
  if (failed(verifyFormats(*this))) // kernel_c6
    return failure();
  llvm::DenseSet<int64_t> ids; // wide: no 32-bit number is special
  for (int32_t id : getRandomIds())
    // Ids from 2^31 on are those of stochastic rounding.
    if ((id < 0 && !isStored()) || !ids.insert(id).second) // kernel_c3
      return errorAt(getLoc())
             << "random ids of 'kernel' are distinct and not negative, but "
             << id << (id < 0 ? " is negative" : " is given twice");
  unsigned extra = getRandomIds().empty() ? 0 : 1 + 2 * getRandomIds().size();
  if (failed(verifyArguments(*this, getBody(), /*inKernel=*/true, // kernel_c4
                             extra)))
    return failure();
  return verifyYield(*this, getBody(), /*inKernel=*/true, // kernel_c5
                     /*mayLower=*/true);
}
