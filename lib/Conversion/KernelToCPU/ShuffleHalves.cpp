//===- ShuffleHalves.cpp - bfloat16 on AVX2 -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include <optional>

namespace optimc {
#define GEN_PASS_DEF_OPTIMSHUFFLEHALVES
#include "optimc/Conversion/Passes.h.inc"
} // namespace optimc

using namespace mlir;

namespace {
struct ShuffleHalves : optimc::impl::OptimShuffleHalvesBase<ShuffleHalves> {
  void runOnOperation() override;
};
} // namespace

static bool isVector(Type type, unsigned elementBits) {
  auto vector = dyn_cast<VectorType>(type);
  return vector && vector.getRank() == 1 && !vector.isScalable() &&
         vector.getNumElements() == 16 &&
         vector.getElementType().isInteger(elementBits);
}

/// What all lanes are, if that is known.
static std::optional<uint32_t> getConstant(Value value) {
  if (auto broadcast = value.getDefiningOp<vector::BroadcastOp>())
    value = broadcast.getSource();
  return getConstantIntValue(value);
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

/// Where `shift` moves loaded halves to the upper halves of wider elements, the
/// load, else null.
static LLVM::LoadOp matchDecoding(arith::ShLIOp shift) {
  if (!isVector(shift.getType(), 32) || getConstant(shift.getRhs()) != 16u)
    return {};
  auto wide = shift.getLhs().getDefiningOp<arith::ExtUIOp>();
  if (!wide || !isVector(wide.getIn().getType(), 16))
    return {};
  auto load = wide.getIn().getDefiningOp<LLVM::LoadOp>();
  return load && !load.getVolatile_() &&
                 load.getOrdering() == LLVM::AtomicOrdering::not_atomic
             ? load
             : LLVM::LoadOp();
}

/// A load broadcasts 16 bytes to both parts of a register for nothing; one
/// shuffle of bytes within the parts does the rest.
static Value decodeEight(LLVM::LoadOp load, int64_t offset,
                         OpBuilder &builder) {
  Location loc = load.getLoc();
  Type i16 = builder.getI16Type();
  auto eight = VectorType::get({8}, i16), sixteen = VectorType::get({16}, i16);
  LLVM::GEPArg bytes = static_cast<int32_t>(offset);
  Value address =
      LLVM::GEPOp::create(builder, loc, load.getAddr().getType(),
                          builder.getI8Type(), load.getAddr(), bytes);
  Value halves = LLVM::LoadOp::create(
      builder, loc, eight, address,
      static_cast<unsigned>(load.getAlignment().value_or(2)));
  int32_t twice[16], apart[16];
  for (int32_t i = 0; i != 16; ++i) {
    twice[i] = i % 8;
    // Lanes 0 to 3 are in the lower part, 4 to 7 also in the upper one.
    apart[i] = i % 2 == 0 ? 16 : i / 2 + (i < 8 ? 0 : 8);
  }
  Value both =
      LLVM::ShuffleVectorOp::create(builder, loc, halves, halves, twice);
  Value zeros =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(sixteen));
  Value spread =
      LLVM::ShuffleVectorOp::create(builder, loc, both, zeros, apart);
  return LLVM::BitcastOp::create(
      builder, loc, VectorType::get({8}, builder.getI32Type()), spread);
}

static void shuffle(arith::ShLIOp shift, LLVM::LoadOp load) {
  OpBuilder builder(load);
  Value low = decodeEight(load, 0, builder);
  Value high = decodeEight(load, 16, builder);
  int32_t all[16];
  for (int32_t i = 0; i != 16; ++i)
    all[i] = i;
  auto joined =
      LLVM::ShuffleVectorOp::create(builder, load.getLoc(), low, high, all);
  shift.replaceAllUsesWith(joined.getResult());
  shift.erase();
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

/// The results of arithmetic are quiet NaNs if they are NaNs (IEEE 754).
static bool isArithmetic(Value number) {
  Operation *op = number.getDefiningOp();
  return op && isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
                   math::FmaOp, math::SqrtOp>(op);
}

/// No element is larger, as an unsigned number.
static uint64_t getBound(Value value) {
  constexpr uint64_t largest = 0xFFFFFFFF;
  if (std::optional<uint32_t> constant = getConstant(value))
    return *constant;
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumOperands() != 2)
    return largest;
  Value a = op->getOperand(0), b = op->getOperand(1);
  if (isa<arith::AndIOp>(op))
    return std::min(getBound(a), getBound(b));
  if (isa<arith::AddIOp>(op))
    return std::min(getBound(a) + getBound(b), largest);
  if (std::optional<uint32_t> bits = getConstant(b);
      isa<arith::ShRUIOp>(op) && bits && *bits < 32)
    return largest >> *bits;
  return largest;
}

/// Where `select` puts the quiet NaN in the place of the rounded upper half of
/// a number: the sum of which it is the half.
static arith::AddIOp matchEncoding(arith::SelectOp select) {
  auto isNaN = select.getCondition().getDefiningOp<arith::CmpFOp>();
  if (!isNaN || isNaN.getPredicate() != arith::CmpFPredicate::UNO ||
      isNaN.getLhs() != isNaN.getRhs() || !isArithmetic(isNaN.getLhs()) ||
      !isVector(select.getType(), 32) ||
      getConstant(select.getTrueValue()) != 0x7FC0u)
    return {};
  auto code = select.getFalseValue().getDefiningOp<arith::ShRUIOp>();
  if (!code || getConstant(code.getRhs()) != 16u)
    return {};
  auto sum = code.getLhs().getDefiningOp<arith::AddIOp>();
  auto bits =
      sum ? sum.getLhs().getDefiningOp<arith::BitcastOp>() : arith::BitcastOp();
  return bits && bits.getIn() == isNaN.getLhs() &&
                 getBound(sum.getRhs()) < 65536
             ? sum
             : arith::AddIOp();
}

/// Of a quiet NaN the bits that all have in common are kept, which is the NaN
/// to store; what is added does not reach them. A select costs three
/// operations, this two.
static void mask(arith::SelectOp select, arith::AddIOp sum) {
  OpBuilder builder(select);
  Location loc = select.getLoc();
  auto type = cast<VectorType>(select.getType());
  auto splat = [&](uint32_t value) -> Value {
    return arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(type, APInt(32, value)));
  };
  Value number = select.getCondition().getDefiningOp<arith::CmpFOp>().getLhs();
  Value isNumber = arith::CmpFOp::create(
      builder, loc, arith::CmpFPredicate::ORD, number, number);
  Value all = splat(0xFFFFFFFF), common = splat(0x7FC00000);
  Value kept = arith::SelectOp::create(builder, loc, isNumber, all, common);
  Value bits = arith::AndIOp::create(builder, loc, sum.getLhs(), kept);
  Value rounded = arith::AddIOp::create(builder, loc, bits, sum.getRhs());
  Value sixteen = splat(16);
  Value code = arith::ShRUIOp::create(builder, loc, rounded, sixteen);
  select.replaceAllUsesWith(code);
  select.erase();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

static bool isAVX2(LLVM::LLVMFuncOp function) {
  LLVM::TargetFeaturesAttr features = function.getTargetFeaturesAttr();
  return features && features.contains("+avx2") &&
         !features.contains("+avx512bw");
}

void ShuffleHalves::runOnOperation() {
  for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>()) {
    if (!isAVX2(function))
      continue;
    function.walk([](Operation *op) {
      if (auto shift = dyn_cast<arith::ShLIOp>(op)) {
        if (LLVM::LoadOp load = matchDecoding(shift))
          shuffle(shift, load);
      } else if (auto select = dyn_cast<arith::SelectOp>(op)) {
        if (arith::AddIOp sum = matchEncoding(select))
          mask(select, sum);
      }
    });
  }
}
