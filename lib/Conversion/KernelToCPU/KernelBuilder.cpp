//===- KernelBuilder.cpp - the loops of one kernel -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "optimc-c/Program.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <cstddef>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static_assert(sizeof(void *) == 8, "the program ABI is laid out for 64 bits");

KernelBuilder::KernelBuilder(const ProgramLayout &layout,
                             const EntryLayout &entry, const PhaseLayout &phase,
                             OpBuilder &builder)
    : layout(layout), entry(entry), phase(phase), kernel(phase.kernel),
      builder(builder), loc(builder.getUnknownLoc()) {
  CommitOp commit = entry.commit;
  loc = kernel ? kernel.getLoc() : commit.getLoc();
  if (kernel)
    body = &kernel.getBody().front();
  findStreams();
}

//===----------------------------------------------------------------------===//
// What the body needs
//===----------------------------------------------------------------------===//

void KernelBuilder::findStreams() {
  for (const ElementWrite &write : phase.writes) {
    writes |= uint64_t(1) << write.stream;
    if (std::optional<unsigned> source = layout.getStream(write.source))
      reads |= uint64_t(1) << *source;
  }
  for (auto [i, stream] : llvm::enumerate(phase.streams))
    if (!body->getArgument(i).use_empty())
      reads |= uint64_t(1) << stream;
}

StorageAttr KernelBuilder::getFormat(unsigned stream) const {
  OptimizerOp optimizer = layout.op;
  if (std::optional<unsigned> argument = layout.streams[stream].argument)
    return optimizer.getStorage(*argument);
  return StorageAttr::get(builder.getContext(), builder.getStringAttr(""),
                          StorageFormat::F32, /*isUnsigned=*/false,
                          /*draw=*/-1);
}

Type KernelBuilder::getMemoryType(unsigned stream) const {
  StorageAttr storage = getFormat(stream);
  if (storage.getFormat() == StorageFormat::F32)
    return builder.getF32Type();
  return builder.getIntegerType(storage.getBits());
}

LogicalResult KernelBuilder::checkFormats() {
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i)
    if (((reads | writes) >> i & 1) &&
        getFormat(i).getFormat() != StorageFormat::F32 &&
        !(kernel && kernel.isStored()))
      return emitError(loc) << "'" << layout.streams[i].name
                            << "' is stored as " << getFormat(i).getText()
                            << "; run optim-expand-storage before "
                               "optim-kernel-to-cpu";
  return success();
}

LogicalResult KernelBuilder::findLevels() {
  if (!body)
    return success();
  unsigned numStreams = phase.streams.size();
  unsigned index = numStreams + kernel.getScalars().size();
  unsigned firstAux = kernel.getAuxArgument(0);
  for (BlockArgument argument : body->getArguments()) {
    unsigned number = argument.getArgNumber();
    Level level = Level::Run;
    if (number < numStreams)
      level =
          isContiguous(phase.streams[number]) ? Level::Element : Level::Segment;
    else if (number >= firstAux ||
             (number == index && !kernel.getRandomIds().empty()))
      level = Level::Element;
    levels[argument] = level;
  }
  for (Operation &op : body->without_terminator()) {
    bool isConstant = op.hasTrait<OpTrait::ConstantLike>();
    if (!isConstant &&
        (!OpTrait::hasElementwiseMappableTraits(&op) ||
         op.getNumRegions() != 0) &&
        !isa<BlockMaxOp>(op))
      return op.emitOpError("is not elementwise; run optim-to-arith before "
                            "optim-kernel-to-cpu");
    // A maximum is known after the first loop only, whatever its operand.
    Level level = isa<BlockMaxOp>(op) ? Level::Element : Level::Run;
    for (Value operand : op.getOperands())
      level = std::max(level, getLevel(operand));
    for (Value result : op.getResults())
      levels[result] = level;
  }
  return checkBlocks();
}

/// Block-scaled streams are read and written whole blocks at a time; rows and
/// blocks of the caller's length would cut them.
LogicalResult KernelBuilder::checkBlocks() {
  bool cuts = usesRate(Rate::Row) || usesRate(Rate::Col) ||
              usesRate(Rate::Block) || reducesTo(Rate::Row) ||
              reducesTo(Rate::Col) || reducesTo(Rate::Block);
  for (unsigned i = 0, e = layout.streams.size(); cuts && i != e; ++i)
    if (((reads | writes) >> i & 1) && getFormat(i).isBlockScaled())
      return emitError(loc)
             << "'" << layout.streams[i].name << "' is stored as "
             << getFormat(i).getText()
             << ", in blocks of 256, and used together with values per row, "
                "column or block, which cut them; use f32, bf16 or bf16_sr";
  return success();
}

//===----------------------------------------------------------------------===//
// Small pieces
//===----------------------------------------------------------------------===//

Value KernelBuilder::constant(int64_t value, unsigned bits) {
  return arith::ConstantOp::create(
      builder, loc,
      builder.getIntegerAttr(builder.getIntegerType(bits), value));
}

Value KernelBuilder::loadField(Type type, Value base, int64_t offset) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  LLVM::GEPArg index = static_cast<int32_t>(offset);
  auto address = LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(),
                                     base, ArrayRef<LLVM::GEPArg>(index));
  return LLVM::LoadOp::create(builder, loc, type, address);
}

Value KernelBuilder::elementAddress(Value base, Value index, Type type) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  return LLVM::GEPOp::create(builder, loc, pointer, type, base,
                             ValueRange(index));
}

Type KernelBuilder::widen(Type type, bool vector) {
  return vector ? Type(VectorType::get({width}, type)) : type;
}

//===----------------------------------------------------------------------===//
// Before the loops
//===----------------------------------------------------------------------===//

/// optimc_mix of Program.h.
Value KernelBuilder::mix(Value x) {
  auto shiftXor = [&](Value value, int64_t bits) -> Value {
    Value amount = constant(bits);
    Value shifted = arith::ShRUIOp::create(builder, loc, value, amount);
    return arith::XOrIOp::create(builder, loc, value, shifted);
  };
  auto multiply = [&](Value value, uint64_t factor) -> Value {
    Value c = constant(static_cast<int64_t>(factor));
    return arith::MulIOp::create(builder, loc, value, c);
  };
  Value increment = constant(static_cast<int64_t>(0x9E3779B97F4A7C15u));
  x = arith::AddIOp::create(builder, loc, x, increment);
  x = multiply(shiftXor(x, 30), 0xBF58476D1CE4E5B9u);
  x = multiply(shiftXor(x, 27), 0x94D049BB133111EBu);
  return shiftXor(x, 31);
}

/// The keys of `random`: a run stays within 2^32 elements, so its high index
/// bits, and with them the keys, are the same for all of its elements.
void KernelBuilder::buildKeys(Value run, Value first) {
  if (!body || kernel.getRandomIds().empty())
    return;
  Type i64 = builder.getI64Type(), i32 = builder.getI32Type();
  Value key = loadField(i64, run, offsetof(optimc_run, key));
  firstIndex = arith::TruncIOp::create(builder, loc, i32, first);
  Value half = constant(32);
  Value high = arith::ShRUIOp::create(builder, loc, first, half);
  unsigned argument =
      kernel.getStreams().size() + kernel.getScalars().size() + 1;
  for (int32_t id : kernel.getRandomIds()) {
    Value tag = constant(static_cast<int64_t>(uint64_t(uint32_t(id)) << 32));
    Value place = arith::OrIOp::create(builder, loc, tag, high);
    Value placed = mix(place);
    Value salted = arith::XOrIOp::create(builder, loc, key, placed);
    Value k = mix(salted);
    Value k0 = arith::TruncIOp::create(builder, loc, i32, k);
    Value kHigh = arith::ShRUIOp::create(builder, loc, k, half);
    Value k1 = arith::TruncIOp::create(builder, loc, i32, kHigh);
    scalars.map(body->getArgument(argument++), k0);
    scalars.map(body->getArgument(argument++), k1);
  }
}

void KernelBuilder::loadScalars(Value run) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value frame = loadField(pointer, run, offsetof(optimc_run, scalars));
  auto load = [&](Value scalar) -> Value {
    unsigned slot = entry.scalars.lookup(lookThroughBroadcasts(scalar));
    return loadField(builder.getF32Type(), frame, slot * sizeof(float));
  };
  if (body) {
    unsigned first = kernel.getStreams().size();
    for (auto [i, operand] : llvm::enumerate(kernel.getScalars())) {
      BlockArgument argument = body->getArgument(first + i);
      if (argument.use_empty())
        continue;
      Value scalar = load(operand);
      if (argument.getType().isInteger(1)) {
        Value zero =
            arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(0));
        scalar = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNE,
                                       scalar, zero);
      }
      scalars.map(argument, scalar);
    }
  }
  for (const ElementWrite &write : phase.writes) {
    if (scalars.contains(write.source))
      continue;
    if (auto constant = write.source.getDefiningOp<ConstantOp>()) {
      // One rounding, where the scalar meets an element.
      auto attr = builder.getF32FloatAttr(
          static_cast<float>(constant.getValue().getValue()));
      Value number = arith::ConstantOp::create(builder, loc, attr);
      scalars.map(write.source, number);
    } else if (entry.scalars.contains(write.source)) {
      Value scalar = load(write.source);
      scalars.map(write.source, scalar);
    }
  }
}

/// Whatever does not depend on the element is computed once per run or segment.
void KernelBuilder::compute(Level level) {
  if (!body)
    return;
  for (Operation &op : body->without_terminator())
    if (op.getNumResults() != 0 && getLevel(op.getResult(0)) == level)
      builder.clone(op, scalars);
}

/// Finds the arrays of stream `i` where `first` is its first value in use.
void KernelBuilder::placeStream(unsigned i, Value first) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value base = loadField(pointer, table, i * sizeof(void *));
  bases[i] = elementAddress(base, first, getMemoryType(i));
  StorageAttr storage = getFormat(i);
  if (!storage.hasAux())
    return;
  Value second = loadField(pointer, auxTable, i * sizeof(void *));
  Value position = first;
  if (storage.isBlockScaled()) {
    Value size = constant(BlockMaxOp::size);
    position = arith::DivUIOp::create(builder, loc, first, size);
  }
  auxBases[i] = elementAddress(second, position, builder.getI16Type());
}

void KernelBuilder::buildRun(Value run) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Type i64 = builder.getI64Type();
  table = loadField(pointer, run, offsetof(optimc_run, stream));
  auxTable = loadField(pointer, run, offsetof(optimc_run, aux));
  Value first = loadField(i64, run, offsetof(optimc_run, first));
  Value count = loadField(i64, run, offsetof(optimc_run, count));
  bases.assign(layout.streams.size(), Value());
  auxBases.assign(layout.streams.size(), Value());
  loadScalars(run);
  buildKeys(run, first);
  compute(Level::Run);
  if (isSegmented())
    return buildSegments(run, first, count);
  for (unsigned i = 0, e = bases.size(); i != e; ++i)
    if ((reads | writes) >> i & 1)
      placeStream(i, first);
  buildLoops(count);
}

FailureOr<LLVM::LLVMFuncOp> KernelBuilder::build(StringRef name) {
  if (failed(checkFormats()) || failed(findLevels()))
    return failure();
  planBlocks();
  MLIRContext *context = builder.getContext();
  auto pointer = LLVM::LLVMPointerType::get(context);
  Type i64 = builder.getI64Type();
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context),
                                          {pointer, i64});
  auto function = LLVM::LLVMFuncOp::create(builder, loc, name, type,
                                           LLVM::Linkage::Internal);
  function.setDsoLocal(true);
  OpBuilder::InsertionGuard guard(builder);
  Block *block = function.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  allocateBuffers();
  for (const PartialReduction &partial : phase.reductions) {
    ReduceOp reduce = entry.reductions[partial.reduction].op;
    Value buffer;
    if (reduce.getRate() != Rate::Col) {
      Value size = constant(ReductionLanes::numLanes);
      buffer = LLVM::AllocaOp::create(builder, loc, pointer,
                                      builder.getF32Type(), size,
                                      /*alignment=*/64);
    }
    lanes.emplace_back(reduce.getKind(), reduce.getRate(), buffer);
  }
  Value zero = constant(0), one = constant(1);
  auto loop =
      scf::ForOp::create(builder, loc, zero, function.getArgument(1), one);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  builder.setInsertionPointToStart(loop.getBody());
  Value size = constant(sizeof(optimc_run));
  Value offset =
      arith::MulIOp::create(builder, loc, loop.getInductionVar(), size);
  Value run = LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(),
                                  function.getArgument(0), ValueRange(offset));
  buildRun(run);
  return function;
}
