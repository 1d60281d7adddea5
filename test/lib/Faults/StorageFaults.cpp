//===- StorageFaults.cpp - faults of encodings and block loops -*- C++ -*-===//
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
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace optimc::test;

//===----------------------------------------------------------------------===//
// optim-expand-storage: wrong numbers
//===----------------------------------------------------------------------===//

static bool isConstant(Value value, int64_t number) {
  llvm::APInt constant;
  return matchPattern(value, m_ConstantInt(&constant)) &&
         constant.getSExtValue() == number;
}

/// The second operand of `OpT` in stored kernels: `From` becomes `To`.
template <typename OpT, int64_t From, int64_t To>
static unsigned replaceNumber(ModuleOp module) {
  unsigned places = 0;
  for (OpT op : collect<OpT>(module)) {
    auto kernel = op->template getParentOfType<optimc::optim::KernelOp>();
    if (!kernel || !kernel.isStored() || !isConstant(op->getOperand(1), From))
      continue;
    OpBuilder builder(op);
    auto number = arith::ConstantOp::create(builder, op->getLoc(),
                                            builder.getI32IntegerAttr(To));
    op->setOperand(1, number);
    ++places;
  }
  return places;
}

/// Both streams of a hash take its low half.
static unsigned oneHalfForBoth(ModuleOp module) {
  unsigned places = 0;
  for (auto shift : collect<arith::ShRUIOp>(module)) {
    // The upper half is the hash shifted and nothing else. The last step of the
    // hash before it is folded is a product.
    Operation *hash = shift.getLhs().getDefiningOp();
    APInt amount;
    if (!isa_and_present<arith::MulIOp>(hash) ||
        !matchPattern(shift.getRhs(), m_ConstantInt(&amount)) ||
        llvm::any_of(shift->getUsers(), llvm::IsaPred<arith::XOrIOp>))
      continue;
    int64_t left = 16 - amount.getSExtValue();
    replaceWith(shift, [&](OpBuilder &builder) -> Value {
      Location loc = shift.getLoc();
      auto mask = arith::ConstantOp::create(builder, loc,
                                            builder.getI32IntegerAttr(0xFFFF));
      Value half = arith::AndIOp::create(builder, loc, shift.getLhs(), mask);
      auto by = arith::ConstantOp::create(builder, loc,
                                          builder.getI32IntegerAttr(left));
      return arith::ShLIOp::create(builder, loc, half, by);
    });
    ++places;
  }
  return places;
}

/// What is yielded for two stored results is exchanged.
static unsigned exchangeHalves(ModuleOp module) {
  unsigned places = 0;
  for (auto kernel : collect<optimc::optim::KernelOp>(module)) {
    if (!kernel.isStored())
      continue;
    Operation *yield = kernel.getBody().front().getTerminator();
    for (unsigned i = 0, e = kernel.getNumResults(); i != e; ++i)
      if (kernel.getResultFormat(i).getFormat() ==
          optimc::optim::StorageFormat::Split) {
        swapOperands(yield, i, kernel.getAuxYield(i));
        ++places;
      }
  }
  return places;
}

/// Stochastic rounding uses the keys of another step or stream.
static unsigned nextIds(ModuleOp module) {
  unsigned places = 0;
  for (auto kernel : collect<optimc::optim::KernelOp>(module)) {
    SmallVector<int32_t> ids(kernel.getRandomIds());
    unsigned before = places;
    for (int32_t &id : ids)
      if (id < 0) {
        id += 7;
        ++places;
      }
    if (places != before)
      kernel.setRandomIds(ids);
  }
  return places;
}

/// NaN is stored as infinity.
static unsigned loseNaN(ModuleOp module) {
  unsigned places = 0;
  for (auto choice : collect<arith::SelectOp>(module)) {
    auto compare = choice.getCondition().getDefiningOp<arith::CmpFOp>();
    if (!compare || compare.getPredicate() != arith::CmpFPredicate::UNO ||
        !isConstant(choice.getTrueValue(), 0x7FC0))
      continue;
    OpBuilder builder(choice);
    auto infinity = arith::ConstantOp::create(
        builder, choice.getLoc(), builder.getI32IntegerAttr(0x7F80));
    choice.getTrueValueMutable().assign(infinity);
    ++places;
  }
  return places;
}

//===----------------------------------------------------------------------===//
// optim-kernel-to-cpu: wrong loops
//===----------------------------------------------------------------------===//

/// The first block of each loop over blocks is skipped.
static unsigned leaveOutBlock(ModuleOp module) {
  unsigned places = 0;
  for (auto loop : collect<scf::ForOp>(module)) {
    if (!isConstant(loop.getStep(), 256))
      continue;
    OpBuilder builder(loop);
    auto later = arith::AddIOp::create(builder, loop.getLoc(),
                                       loop.getLowerBound(), loop.getStep());
    loop.setLowerBound(later);
    ++places;
  }
  return places;
}

/// The lanes of a block are not all looked at for the maximum.
static unsigned smallestLane(ModuleOp module) {
  SmallVector<vector::ReductionOp> ops = collect<vector::ReductionOp>(module);
  for (vector::ReductionOp op : ops)
    op.setKind(vector::CombiningKind::MINUI);
  return ops.size();
}

/// Exponents are those of the first block.
static unsigned oneExponent(ModuleOp module) {
  unsigned places = 0;
  for (auto division : collect<arith::DivUIOp>(module)) {
    if (!isConstant(division.getRhs(), 256) ||
        !isa<BlockArgument>(division.getLhs()))
      continue;
    replaceWith(division, [&](OpBuilder &builder) -> Value {
      return arith::ConstantOp::create(builder, division.getLoc(),
                                       builder.getI64IntegerAttr(0));
    });
    ++places;
  }
  return places;
}

llvm::ArrayRef<Fault> optimc::test::getStorageFaults() {
  static constexpr llvm::StringLiteral codes = "optim-expand-storage";
  static constexpr llvm::StringLiteral loops = "optim-kernel-to-cpu";
  static const Fault faults[] = {
      {"bf16-ties", codes, "halves are rounded up",
       replaceNumber<arith::AddIOp, 0x7FFF, 0x8000>},
      {"bf16-shift", codes, "bf16 is decoded one bit too low",
       replaceNumber<arith::ShLIOp, 16, 15>},
      {"f16-ties", codes, "halves of f16 are rounded down",
       replaceNumber<arith::AddIOp, 0xFFF, 0xFFE>},
      {"f16-overflow", codes, "f16 overflows late",
       replaceNumber<arith::CmpIOp, 0x477FFFFF, 0x47FFFFFF>},
      {"f16-subnormal", codes, "subnormal f16 is decoded as 0",
       replaceNumber<arith::CmpIOp, 0x3FF, -1>},
      {"q8-exponent-down", codes, "the largest value is rounded down",
       replaceNumber<arith::AddIOp, 0xFFFFF, 0x7FFFF>},
      {"q8-half", codes, "codes are truncated",
       replaceNumber<arith::AddIOp, 0x80000, 0>},
      {"q8-no-floor", codes, "small second moments become 0",
       replaceNumber<arith::MinUIOp, 1, 0>},
      {"q8-sign", codes, "the sign of codes is lost",
       replaceNumber<arith::AndIOp, 0x80, 0x40>},
      {"q8-range", codes, "one code is not used",
       replaceNumber<arith::SubIOp, 127, 126>},
      {"one-half-for-both", codes, "two streams share random bits",
       oneHalfForBoth},
      {"next-ids", codes, "random bits have other ids", nextIds},
      {"split-exchanged", codes, "high and low halves are exchanged",
       exchangeHalves},
      {"nan-lost", codes, "NaN is stored as infinity", loseNaN},
      {"left-out-block", loops, "a block is left out", leaveOutBlock},
      {"smallest-lane", loops, "a block's maximum is that of one lane",
       smallestLane},
      {"one-exponent", loops, "all blocks have the first exponent",
       oneExponent}};
  return faults;
}
