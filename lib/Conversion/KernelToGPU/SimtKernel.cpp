//===- SimtKernel.cpp - the loop over items -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SimtKernel.h"

#include "StepNumber.h"

#include "optimc-c/Gpu.h"
#include "optimc/Conversion/RandomHash.h"
#include "optimc/Target/PTX.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <cstddef>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static_assert(SimtKernel::numThreads == OPTIMC_GPU_THREADS);

SimtKernel::SimtKernel(const ProgramLayout &layout, const EntryLayout &entry,
                       const PhaseLayout &phase, OpBuilder &builder)
    : KernelBody(layout, entry, phase, /*width=*/4, builder) {
  chooseShape();
}

/// 16 bytes of the widest stream per access, and enough accesses at once to
/// have 64 bytes on their way.
void SimtKernel::chooseShape() {
  unsigned widest = 1, bytes = 0;
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i) {
    if (!isUsed(i))
      continue;
    unsigned size = getMemoryType(i).getIntOrFloatBitWidth() / 8;
    widest = std::max(widest, size);
    if (reads >> i & 1)
      bytes += size;
  }
  constexpr int64_t accessBytes = 16, bytesInFlight = 64, mostVectors = 4;
  width = usesColumns() ? 1
          : usesWarps() ? accessBytes / sizeof(float)
                        : accessBytes / widest;
  int64_t together = usesWarps() ? 2 * width : width;
  bool isOneByOne =
      takesWholeBlocks() || (usesColumns() && reducesTo(Rate::Row));
  if (bytes && !isOneByOne)
    unroll = std::clamp<int64_t>(
        llvm::divideCeil(bytesInFlight, bytes * together), 1, mostVectors);
}

unsigned SimtKernel::getNumSlots(unsigned stream) const {
  OptimizerOp optimizer = layout.op;
  std::optional<unsigned> argument = layout.streams[stream].argument;
  unsigned states = optimizer.getFirstState();
  if (!argument || *argument < states ||
      *argument - states >= optimizer.getStates().size())
    return 1;
  return optimizer.getState(*argument - states).getSlots();
}

//===----------------------------------------------------------------------===//
// Small pieces
//===----------------------------------------------------------------------===//

Type SimtKernel::getPointer() const {
  constexpr unsigned global = 1;
  return LLVM::LLVMPointerType::get(builder.getContext(), global);
}

Value SimtKernel::broadcast(Value scalar) {
  auto type = cast<VectorType>(widen(scalar.getType(), true));
  return vector::BroadcastOp::create(builder, loc, type, scalar);
}

Value SimtKernel::widenIndex(Value index) {
  return arith::ExtUIOp::create(builder, loc, builder.getI64Type(), index);
}

Value SimtKernel::isBelow(Value a, Value b) {
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, a, b);
}

Value SimtKernel::loadField(Type type, Value base, int64_t offset) {
  LLVM::GEPArg index = static_cast<int32_t>(offset);
  auto address =
      LLVM::GEPOp::create(builder, loc, getPointer(), builder.getI8Type(), base,
                          ArrayRef<LLVM::GEPArg>(index));
  return LLVM::LoadOp::create(builder, loc, type, address, /*alignment=*/0,
                              /*isVolatile=*/false, /*isNonTemporal=*/false,
                              /*isInvariant=*/true);
}

//===----------------------------------------------------------------------===//
// Once per item
//===----------------------------------------------------------------------===//

void SimtKernel::loadScalars() {
  Value frame =
      loadField(getPointer(), tensor, offsetof(optimc_gpu_tensor, scalars));
  mapScalars([&](unsigned slot) {
    return loadField(builder.getF32Type(), frame, slot * sizeof(float));
  });
}

Value SimtKernel::getStepNumber() {
  Value place =
      loadField(getPointer(), tensor, offsetof(optimc_gpu_tensor, step));
  Value bits = loadField(builder.getI64Type(), place, 0);
  return emitStepNumber(builder, loc, bits, entry.isStep());
}

void SimtKernel::loadKeys() {
  if (!getIndexArgument())
    return;
  Type i64 = builder.getI64Type();
  Value base = loadField(i64, tensor, offsetof(optimc_gpu_tensor, key_base));
  Value number = getStepNumber();
  Value salted = arith::XOrIOp::create(builder, loc, base, number);
  Value key = emitMix(builder, loc, salted);
  mapKeys(first, key);
}

/// The values of a rate that are in memory: of elements, the local ones.
Value SimtKernel::getCountOf(Rate rate) {
  Type i64 = builder.getI64Type();
  if (rate == Rate::Element)
    return loadField(i64, tensor, offsetof(optimc_gpu_tensor, count));
  if (rate == Rate::Block) {
    Value elements =
        loadField(i64, tensor, offsetof(optimc_gpu_tensor, global_count));
    Value length = loadField(i64, tensor, offsetof(optimc_gpu_tensor, block));
    Value one = constant(1);
    Value rounded = subtract(add(elements, length), one);
    return divide(rounded, length);
  }
  Value batches = loadField(i64, tensor, offsetof(optimc_gpu_tensor, batches));
  Value own = loadField(i64, tensor,
                        rate == Rate::Row ? offsetof(optimc_gpu_tensor, rows)
                                          : offsetof(optimc_gpu_tensor, cols));
  return multiply(batches, own);
}

/// Vectors of elements need `value` to be a multiple of `divisor`.
void SimtKernel::requireMultiple(Value value, int64_t divisor) {
  Value fits = isZero(lowBits(value, divisor));
  vectorised = arith::AndIOp::create(builder, loc, vectorised, fits);
}

/// A ring of W slots: this step reads and writes slot (step - 1) mod W.
void SimtKernel::placeRing(unsigned stream) {
  Value number = getStepNumber(), one = constant(1);
  Value positive = arith::MaxUIOp::create(builder, loc, number, one);
  Value taken = subtract(positive, one);
  Value slots = constant(getNumSlots(stream));
  Value slot = arith::RemUIOp::create(builder, loc, taken, slots);
  Value count = getCountOf(layout.streams[stream].rate);
  Value skipped = multiply(slot, count);
  requireMultiple(skipped, width);
  bases[stream] = elementAddress(bases[stream], skipped, getMemoryType(stream));
  StorageAttr storage = getFormat(stream);
  if (!storage.hasAux())
    return;
  // Each slot has its own blocks.
  if (storage.isBlockScaled())
    skipped = multiply(slot, divideUp(count, BlockMaxOp::size));
  auxBases[stream] =
      elementAddress(auxBases[stream], skipped, builder.getI16Type());
}

/// Bases of what the loops access: of streams over the phase's domain at the
/// item's first value, of slices at their first.
void SimtKernel::placeStreams() {
  Value table = tensor;
  size_t stream = sizeof(optimc_gpu_tensor),
         aux = stream + layout.streams.size() * sizeof(uint64_t);
  bases.assign(layout.streams.size(), Value());
  auxBases.assign(layout.streams.size(), Value());
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i) {
    if (!isUsed(i))
      continue;
    StorageAttr storage = getFormat(i);
    bases[i] = loadField(getPointer(), table, stream + i * sizeof(uint64_t));
    if (storage.hasAux())
      auxBases[i] = loadField(getPointer(), table, aux + i * sizeof(uint64_t));
    if (getNumSlots(i) > 1)
      placeRing(i);
    if (layout.streams[i].rate != phase.domain)
      continue;
    bases[i] = elementAddress(bases[i], first, getMemoryType(i));
    if (!storage.hasAux())
      continue;
    Value position = first;
    if (storage.isBlockScaled()) {
      Value size = constant(BlockMaxOp::size);
      position = divide(first, size);
    }
    auxBases[i] = elementAddress(auxBases[i], position, builder.getI16Type());
  }
}

/// Whether vectors of elements lie at multiples of their size, within one row
/// and one block.
void SimtKernel::checkVectors() {
  Type i64 = builder.getI64Type();
  Value flags = loadField(i64, tensor, offsetof(optimc_gpu_tensor, flags));
  Value aligned = constant(OPTIMC_GPU_ALIGNED), zero = constant(0);
  Value bit = arith::AndIOp::create(builder, loc, flags, aligned);
  vectorised =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, bit, zero);
  requireMultiple(first, width);
  if (usesRows())
    requireMultiple(cols, width);
  if (usesBlocks())
    requireMultiple(block, width);
}

void SimtKernel::buildItem() {
  Type i64 = builder.getI64Type();
  rows = loadField(i64, tensor, offsetof(optimc_gpu_tensor, rows));
  cols = loadField(i64, tensor, offsetof(optimc_gpu_tensor, cols));
  block = loadField(i64, tensor, offsetof(optimc_gpu_tensor, block));
  loadScalars();
  loadKeys();
  KernelBody::compute(Level::Run);
  unusual = anyCondition([&](Operation &op) { return isUniformSelect(op); });
  origin = Value();
  checkVectors();
  placeStreams();
  if (usesColumns())
    buildColumnPanels();
  else if (usesWarps() && phase.reductions.empty())
    buildWarpRows();
  else if (usesWarps())
    buildWarpUnits();
  else
    buildElementLoops();
}

//===----------------------------------------------------------------------===//
// All items
//===----------------------------------------------------------------------===//

LLVM::LLVMFuncOp SimtKernel::createFunction(StringRef name) {
  MLIRContext *context = builder.getContext();
  Type i32 = builder.getI32Type(), i64 = builder.getI64Type();
  auto type =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context),
                                  {getPointer(), getPointer(), i32, i64, i64});
  auto function = LLVM::LLVMFuncOp::create(builder, loc, name, type);
  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                    builder.getUnitAttr());
  function->setAttr(NVVM::NVVMDialect::getMaxntidAttrName(),
                    builder.getDenseI32ArrayAttr({int32_t(numThreads)}));
  // Else ptxas saves registers by loading the second vector late.
  constexpr int32_t residentBlocks = 3;
  if (unroll > 1 && !usesWarps() && !usesColumns())
    function->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                      builder.getI32IntegerAttr(residentBlocks));
  return function;
}

void SimtKernel::buildItems(LLVM::LLVMFuncOp function) {
  Type i32 = builder.getI32Type(), i64 = builder.getI64Type();
  Value tensors = function.getArgument(0), items = function.getArgument(1);
  Value mask = function.getArgument(3), wanted = function.getArgument(4);
  thread = NVVM::ThreadIdXOp::create(builder, loc, i32);
  Value lastLane = constant32(warpSize - 1);
  lane = arith::AndIOp::create(builder, loc, thread, lastLane);
  Value own = NVVM::BlockIdXOp::create(builder, loc, i32);
  Value blocks = NVVM::GridDimXOp::create(builder, loc, i32);
  Value from = widenIndex(own), step = widenIndex(blocks);
  Value numItems = widenIndex(function.getArgument(2));
  auto loop = scf::ForOp::create(builder, loc, from, numItems, step);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  builder.setInsertionPointToStart(loop.getBody());

  Value itemSize = constant(sizeof(optimc_gpu_item));
  Value itemOffset = multiply(loop.getInductionVar(), itemSize);
  Value item = elementAddress(items, itemOffset, builder.getI8Type());
  first = loadField(i64, item, offsetof(optimc_gpu_item, first));
  Value number = loadField(i32, item, offsetof(optimc_gpu_item, tensor));
  count = loadField(i32, item, offsetof(optimc_gpu_item, count));
  // The record and its two tables of addresses.
  Value size = constant(sizeof(optimc_gpu_tensor) +
                        2 * sizeof(uint64_t) * layout.streams.size());
  Value offset = multiply(widenIndex(number), size);
  tensor = elementAddress(tensors, offset, builder.getI8Type());
  Value place =
      loadField(getPointer(), tensor, offsetof(optimc_gpu_tensor, predicates));
  Value bits = loadField(i64, place, 0);
  Value masked = arith::AndIOp::create(builder, loc, bits, mask);
  Value isOurs = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                       masked, wanted);
  auto branch = scf::IfOp::create(builder, loc, isOurs,
                                  /*withElseRegion=*/false);
  builder.setInsertionPointToStart(branch.thenBlock());
  buildItem();
}

/// What the text must show: all vectors of an iteration in one access each.
void SimtKernel::describe(LLVM::LLVMFuncOp function) {
  PTXKernel expected;
  if (!phase.reductions.empty())
    expected.doubles = PTXKernel::Doubles::Sums;
  int64_t vectors = usesWarps() ? 2 * unroll : unroll;
  llvm::MapVector<unsigned, PTXKernel::Access> accesses;
  auto count = [&](unsigned stream, unsigned size) {
    PTXKernel::Access &access = accesses[size * width];
    access.bytes = size * width;
    access.loads += (reads >> stream & 1) * vectors;
    access.stores += (writes >> stream & 1) * vectors;
  };
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i) {
    if (!isUsed(i) || layout.streams[i].rate != phase.domain)
      continue;
    count(i, getMemoryType(i).getIntOrFloatBitWidth() / 8);
    if (getFormat(i).getFormat() == StorageFormat::Split)
      count(i, sizeof(uint16_t));
  }
  for (auto &[bytes, access] : accesses)
    expected.accesses.push_back(access);
  expected.attach(function);
}

FailureOr<LLVM::LLVMFuncOp> SimtKernel::build(StringRef name) {
  if (failed(analyze("optim-kernel-to-gpu")))
    return failure();
  shareExponents();
  createShared(name);
  LLVM::LLVMFuncOp function = createFunction(name);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(function.addEntryBlock(builder));
  buildItems(function);
  describe(function);
  return function;
}
