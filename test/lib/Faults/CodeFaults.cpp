//===- CodeFaults.cpp - faults of loops, clones and scalar functions -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Faults.h"
#include "Rewriting.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "optimc-c/Program.h"
#include <cstddef>

using namespace mlir;
using namespace optimc::test;

//===----------------------------------------------------------------------===//
// optim-kernel-to-cpu: the loops
//===----------------------------------------------------------------------===//

/// The loops over elements: `step` 16 is the vector loop, 1 the rest.
static SmallVector<scf::ForOp> getLoops(ModuleOp module, int64_t step) {
  SmallVector<scf::ForOp> loops;
  for (scf::ForOp loop : collect<scf::ForOp>(module)) {
    llvm::APInt value;
    if (loop->getParentOfType<scf::ForOp>() &&
        matchPattern(loop.getStep(), m_ConstantInt(&value)) && value == step)
      loops.push_back(loop);
  }
  return loops;
}

static Value addTo(OpBuilder &builder, Location loc, Value value,
                   int64_t amount) {
  auto constant = arith::ConstantOp::create(builder, loc,
                                            builder.getI64IntegerAttr(amount));
  auto sum = arith::AddIOp::create(builder, loc, value, constant);
  return sum;
}

template <int64_t Step, int64_t Amount>
static unsigned moveUpperBound(ModuleOp module) {
  SmallVector<scf::ForOp> loops = getLoops(module, Step);
  for (scf::ForOp loop : loops) {
    OpBuilder builder(loop);
    loop.setUpperBound(
        addTo(builder, loop.getLoc(), loop.getUpperBound(), Amount));
  }
  return loops.size();
}

static unsigned tailStartsLate(ModuleOp module) {
  SmallVector<scf::ForOp> loops = getLoops(module, 1);
  for (scf::ForOp loop : loops) {
    OpBuilder builder(loop);
    loop.setLowerBound(addTo(builder, loop.getLoc(), loop.getLowerBound(), 1));
  }
  return loops.size();
}

static bool sameAddress(Value a, Value b) {
  auto x = a.getDefiningOp<LLVM::GEPOp>(), y = b.getDefiningOp<LLVM::GEPOp>();
  return x && y && x->getOperands() == y->getOperands() &&
         x->getAttrDictionary() == y->getAttrDictionary();
}

/// A stream is read again after its new value was stored.
static unsigned readAfterStore(ModuleOp module) {
  unsigned places = 0;
  for (scf::ForOp loop : getLoops(module, 16)) {
    SmallVector<LLVM::LoadOp> loads(loop.getOps<LLVM::LoadOp>());
    SmallVector<LLVM::StoreOp> stores(loop.getOps<LLVM::StoreOp>());
    for (LLVM::StoreOp store : stores)
      for (LLVM::LoadOp load : loads) {
        Operation *definition = store.getValue().getDefiningOp();
        if (!sameAddress(load.getAddr(), store.getAddr()) || !definition ||
            definition->getBlock() != loop.getBody())
          continue;
        SmallVector<OpOperand *> later;
        for (OpOperand &use : load->getUses())
          if (use.getOwner() != definition && use.getOwner() != store &&
              definition->isBeforeInBlock(use.getOwner()))
            later.push_back(&use);
        if (later.empty())
          continue;
        store->moveAfter(definition);
        OpBuilder builder(store);
        builder.setInsertionPointAfter(store);
        Operation *again = builder.clone(*load);
        for (OpOperand *use : later)
          use->set(again->getResult(0));
        ++places;
      }
  }
  return places;
}

/// Two fields of the run's scalar frame are exchanged.
static unsigned wrongScalarSlot(ModuleOp module) {
  unsigned places = 0;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    SmallVector<LLVM::GEPOp> slots;
    for (LLVM::LoadOp load : collect<LLVM::LoadOp>(function)) {
      auto address = load.getAddr().getDefiningOp<LLVM::GEPOp>();
      if (load.getType().isF32() && address &&
          address.getElemType().isInteger(8))
        slots.push_back(address);
    }
    if (slots.size() < 2)
      continue;
    auto first = slots[0].getRawConstantIndicesAttr();
    slots[0].setRawConstantIndicesAttr(slots[1].getRawConstantIndicesAttr());
    slots[1].setRawConstantIndicesAttr(first);
    ++places;
  }
  return places;
}

/// All lanes take the index of the first one.
static unsigned oneIndexForAllLanes(ModuleOp module) {
  unsigned places = 0;
  for (arith::ConstantOp op : collect<arith::ConstantOp>(module)) {
    auto lanes = dyn_cast<DenseIntElementsAttr>(op.getValue());
    if (!lanes || lanes.isSplat() || lanes.getNumElements() != 16)
      continue;
    op.setValueAttr(DenseIntElementsAttr::get(cast<VectorType>(lanes.getType()),
                                              int32_t(0)));
    ++places;
  }
  return places;
}

/// Products of this part of the code are rounded.
static unsigned unfuse(Operation *root) {
  unsigned places = 0;
  for (math::FmaOp op : collect<math::FmaOp>(root)) {
    replaceWith(op, [&](OpBuilder &builder) -> Value {
      auto product =
          arith::MulFOp::create(builder, op.getLoc(), op.getA(), op.getB());
      auto sum =
          arith::AddFOp::create(builder, op.getLoc(), product, op.getC());
      return sum;
    });
    ++places;
  }
  return places;
}

template <int64_t Step>
static unsigned unfuseLoop(ModuleOp module) {
  unsigned places = 0;
  for (scf::ForOp loop : getLoops(module, Step))
    places += unfuse(loop);
  return places;
}

/// Loads of one stream use another's base.
static unsigned wrongBase(ModuleOp module) {
  unsigned places = 0;
  for (int64_t step : {16, 1})
    for (scf::ForOp loop : getLoops(module, step)) {
      SmallVector<LLVM::LoadOp> loads(loop.getOps<LLVM::LoadOp>());
      if (loads.size() < 2)
        continue;
      Value first = loads[0].getAddr();
      loads[0]->setOperand(0, loads[1].getAddr());
      loads[1]->setOperand(0, first);
      // Addresses are computed before the first load.
      ++places;
    }
  return places;
}

/// Random numbers do not depend on where a run starts: every run has those of
/// element 1 on.
static unsigned ignoreFirst(ModuleOp module) {
  unsigned places = 0;
  for (arith::TruncIOp index : collect<arith::TruncIOp>(module)) {
    auto load = index.getIn().getDefiningOp<LLVM::LoadOp>();
    auto address =
        load ? load.getAddr().getDefiningOp<LLVM::GEPOp>() : LLVM::GEPOp();
    if (!address || address.getRawConstantIndices().size() != 1 ||
        address.getRawConstantIndices()[0] !=
            int32_t(offsetof(optimc_run, first)))
      continue;
    OpBuilder builder(index);
    auto second = arith::ConstantOp::create(builder, index.getLoc(),
                                            builder.getI32IntegerAttr(1));
    index.replaceAllUsesWith(second.getResult());
    ++places;
  }
  return places;
}

//===----------------------------------------------------------------------===//
// optim-multiversion: the clones
//===----------------------------------------------------------------------===//

static unsigned unfuseVersion(ModuleOp module, StringRef version) {
  unsigned places = 0;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    if (function.getSymName().ends_with(version))
      places += unfuse(function);
  return places;
}

static unsigned unfuseV4(ModuleOp module) {
  return unfuseVersion(module, ".x86-64-v4");
}
static unsigned unfuseV3(ModuleOp module) {
  return unfuseVersion(module, ".x86-64-v3");
}
static unsigned unfuseBaseline(ModuleOp module) {
  return unfuseVersion(module, ".baseline");
}

//===----------------------------------------------------------------------===//
// optim-emit-program: the scalar functions
//===----------------------------------------------------------------------===//

/// Which pointer of optimc_scalar_args an address is based on, and the index;
/// -1 if it is something else.
static std::pair<int64_t, int64_t> getSlot(Value address) {
  auto element = address.getDefiningOp<LLVM::GEPOp>();
  if (!element || element.getRawConstantIndices().size() != 1)
    return {-1, -1};
  auto load = element.getBase().getDefiningOp<LLVM::LoadOp>();
  auto field =
      load ? load.getAddr().getDefiningOp<LLVM::GEPOp>() : LLVM::GEPOp();
  if (!field || field.getRawConstantIndices().size() != 1 ||
      !isa<BlockArgument>(field.getBase()))
    return {-1, -1};
  return {field.getRawConstantIndices()[0], element.getRawConstantIndices()[0]};
}

/// The scalar function of a rate.
static SmallVector<LLVM::LLVMFuncOp> getScalarFunctions(ModuleOp module) {
  SmallVector<LLVM::LLVMFuncOp> functions;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    for (StringRef rate : {".step.model", ".step.group", ".step.tensor"})
      if (function.getSymName().ends_with(rate))
        functions.push_back(function);
  return functions;
}

static unsigned doNotCount(ModuleOp module) {
  unsigned places = 0;
  for (LLVM::LLVMFuncOp function : getScalarFunctions(module)) {
    if (!function.getSymName().ends_with(".group"))
      continue;
    for (LLVM::StoreOp store : collect<LLVM::StoreOp>(function)) {
      std::pair<int64_t, int64_t> slot = getSlot(store.getAddr());
      if (slot.first == int64_t(offsetof(optimc_scalar_args, next_state)) &&
          slot.second == 0) {
        store.erase();
        ++places;
      }
    }
  }
  return places;
}

/// Exchanges what is stored in two slots of a frame.
template <size_t Field>
static unsigned exchangeStores(ModuleOp module) {
  unsigned places = 0;
  for (LLVM::LLVMFuncOp function : getScalarFunctions(module)) {
    SmallVector<LLVM::StoreOp> stores;
    for (LLVM::StoreOp store : collect<LLVM::StoreOp>(function))
      if (getSlot(store.getAddr()).first == int64_t(Field))
        stores.push_back(store);
    if (stores.size() < 2)
      continue;
    LLVM::StoreOp first = stores[stores.size() - 2], last = stores.back();
    Value address = first.getAddr();
    // Both addresses must be known where the first one is used.
    first->moveBefore(last);
    first->setOperand(1, last.getAddr());
    last->setOperand(1, address);
    ++places;
  }
  return places;
}

/// Hyperparameters are read from the next slot.
static unsigned exchangeHyperSlots(ModuleOp module) {
  unsigned places = 0;
  for (LLVM::LLVMFuncOp function : getScalarFunctions(module)) {
    SmallVector<LLVM::GEPOp> slots;
    for (LLVM::LoadOp load : collect<LLVM::LoadOp>(function))
      if (getSlot(load.getAddr()).first ==
          int64_t(offsetof(optimc_scalar_args, hyper)))
        slots.push_back(load.getAddr().getDefiningOp<LLVM::GEPOp>());
    for (size_t i = 1; i < slots.size(); ++i) {
      auto first = slots[0].getRawConstantIndicesAttr();
      auto other = slots[i].getRawConstantIndicesAttr();
      if (first == other)
        continue;
      slots[0].setRawConstantIndicesAttr(other);
      slots[i].setRawConstantIndicesAttr(first);
      ++places;
      break;
    }
  }
  return places;
}

/// Scalars are truncated to float32, not rounded.
static unsigned truncateScalars(ModuleOp module) {
  unsigned places = 0;
  for (LLVM::LLVMFuncOp function : getScalarFunctions(module))
    for (arith::TruncFOp op : collect<arith::TruncFOp>(function)) {
      OpBuilder builder(op);
      Location loc = op.getLoc();
      Type i64 = builder.getI64Type();
      auto bits = arith::BitcastOp::create(builder, loc, i64, op.getIn());
      auto mask = arith::ConstantOp::create(
          builder, loc, builder.getI64IntegerAttr(-(int64_t(1) << 29)));
      auto high = arith::AndIOp::create(builder, loc, bits.getResult(),
                                        mask.getResult());
      auto number = arith::BitcastOp::create(builder, loc, builder.getF64Type(),
                                             high.getResult());
      op->setOperand(0, number);
      ++places;
    }
  return places;
}

/// All predicates are false.
static unsigned loseBits(ModuleOp module) {
  unsigned places = 0;
  for (LLVM::LLVMFuncOp function : getScalarFunctions(module))
    for (LLVM::StoreOp store : collect<LLVM::StoreOp>(function)) {
      if (getSlot(store.getAddr()).first !=
          int64_t(offsetof(optimc_scalar_args, predicates)))
        continue;
      OpBuilder builder(store);
      auto zero = arith::ConstantOp::create(builder, store.getLoc(),
                                            builder.getI64IntegerAttr(0));
      store->setOperand(0, zero);
      ++places;
    }
  return places;
}

llvm::ArrayRef<Fault> optimc::test::getCodeFaults() {
  static constexpr llvm::StringLiteral loops = "optim-kernel-to-cpu";
  static constexpr llvm::StringLiteral clones = "optim-multiversion";
  static constexpr llvm::StringLiteral tables = "optim-emit-program";
  static const Fault faults[] = {
      {"tail-misses-last", loops, "the rest ends one element early",
       moveUpperBound<1, -1>},
      {"tail-one-too-many", loops, "the rest ends one element late",
       moveUpperBound<1, 1>},
      {"tail-starts-late", loops, "the rest begins one element late",
       tailStartsLate},
      {"vectors-end-early", loops, "the last whole vector is left out",
       moveUpperBound<16, -16>},
      {"read-after-store", loops, "an old value is read after its store",
       readAfterStore},
      {"scalar-slots", loops, "two scalars are read from each other's slots",
       wrongScalarSlot},
      {"lanes-one-index", loops, "random numbers of a vector are equal",
       oneIndexForAllLanes},
      {"tail-unfused", loops, "products of the rest are rounded",
       unfuseLoop<1>},
      {"vectors-unfused", loops, "products of vectors are rounded",
       unfuseLoop<16>},
      {"stream-bases", loops, "two streams are read for each other", wrongBase},
      {"random-index", loops, "random numbers start at another element",
       ignoreFirst},
      {"v4-unfused", clones, "products of the v4 clone are rounded", unfuseV4},
      {"v3-unfused", clones, "products of the v3 clone are rounded", unfuseV3},
      {"baseline-unfused", clones, "products of the baseline are rounded",
       unfuseBaseline},
      {"clock-stands", tables, "the clock does not move", doNotCount},
      {"next-states", tables, "two scalar states are exchanged",
       exchangeStores<offsetof(optimc_scalar_args, next_state)>},
      {"frame-values", tables, "two values of the frame are exchanged",
       exchangeStores<offsetof(optimc_scalar_args, values)>},
      {"frame-scalars", tables, "two scalars for kernels are exchanged",
       exchangeStores<offsetof(optimc_scalar_args, scalars)>},
      {"hyper-slots", tables, "two hyperparameters are exchanged",
       exchangeHyperSlots},
      {"scalars-truncated", tables, "scalars are truncated to float32",
       truncateScalars},
      {"predicates-lost", tables, "all predicates are false", loseBits}};
  return faults;
}
