//===- ArithFaults.cpp - faults of the arithmetic that is emitted -*- C++
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
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::test;

/// All ops of a kind in the bodies of hosts (f64) or kernels (f32).
template <typename ParentT, typename OpT>
static SmallVector<OpT> collectIn(ModuleOp module) {
  SmallVector<OpT> ops;
  for (ParentT parent : collect<ParentT>(module))
    ops.append(collect<OpT>(parent));
  return ops;
}

static Value makeFloat(OpBuilder &builder, Location loc, Type type,
                       double value) {
  auto constant =
      arith::ConstantOp::create(builder, loc, FloatAttr::get(type, value));
  return constant;
}

/// Lets LLVM fuse products and sums as it likes.
static unsigned allowContraction(ModuleOp module) {
  unsigned places = 0;
  auto flag = arith::FastMathFlags::contract;
  for (arith::AddFOp op : collectIn<KernelOp, arith::AddFOp>(module)) {
    bool hasProduct = false;
    for (Value operand : op->getOperands())
      if (auto product = operand.getDefiningOp<arith::MulFOp>()) {
        product.setFastmath(flag);
        hasProduct = true;
      }
    if (!hasProduct)
      continue;
    op.setFastmath(flag);
    ++places;
  }
  return places;
}

/// (a + b) + c as a + (b + c).
static unsigned reassociate(ModuleOp module) {
  unsigned places = 0;
  for (arith::AddFOp op : collectIn<KernelOp, arith::AddFOp>(module)) {
    auto inner = op.getLhs().getDefiningOp<arith::AddFOp>();
    if (!inner)
      continue;
    replaceWith(op, [&](OpBuilder &builder) -> Value {
      auto right = arith::AddFOp::create(builder, op.getLoc(), inner.getRhs(),
                                         op.getRhs());
      auto sum =
          arith::AddFOp::create(builder, op.getLoc(), inner.getLhs(), right);
      return sum;
    });
    ++places;
  }
  return places;
}

static unsigned minByComparison(ModuleOp module) {
  unsigned places = 0;
  for (arith::MinimumFOp op : collect<arith::MinimumFOp>(module)) {
    replaceWith(op, [&](OpBuilder &builder) -> Value {
      auto less =
          arith::CmpFOp::create(builder, op.getLoc(), arith::CmpFPredicate::OLT,
                                op.getLhs(), op.getRhs());
      auto least = arith::SelectOp::create(builder, op.getLoc(), less,
                                           op.getLhs(), op.getRhs());
      return least;
    });
    ++places;
  }
  return places;
}

/// The maximum of NaN and a number is the number: by comparison, the other way
/// around.
static unsigned maxIgnoresNaN(ModuleOp module) {
  unsigned places = 0;
  for (arith::MaximumFOp op : collect<arith::MaximumFOp>(module)) {
    replaceWith(op, [&](OpBuilder &builder) -> Value {
      auto isNumber =
          arith::CmpFOp::create(builder, op.getLoc(), arith::CmpFPredicate::ORD,
                                op.getLhs(), op.getLhs());
      auto greatest = arith::MaximumFOp::create(builder, op.getLoc(),
                                                op.getLhs(), op.getRhs());
      auto result = arith::SelectOp::create(builder, op.getLoc(), isNumber,
                                            greatest, op.getRhs());
      return result;
    });
    ++places;
  }
  return places;
}

/// 1 / sqrt(x) with one rounding.
static unsigned fuseRsqrt(ModuleOp module) {
  unsigned places = 0;
  for (arith::DivFOp op : collectIn<KernelOp, arith::DivFOp>(module)) {
    auto root = op.getRhs().getDefiningOp<math::SqrtOp>();
    if (!root || !op.getType().isF32())
      continue;
    replaceWith(op, [&](OpBuilder &builder) -> Value {
      Location loc = op.getLoc();
      Type wide = builder.getF64Type();
      auto x = arith::ExtFOp::create(builder, loc, wide, root.getOperand());
      auto numerator = arith::ExtFOp::create(builder, loc, wide, op.getLhs());
      auto wideRoot = math::SqrtOp::create(builder, loc, x.getResult());
      auto quotient = arith::DivFOp::create(builder, loc, numerator.getResult(),
                                            wideRoot.getResult());
      auto rounded =
          arith::TruncFOp::create(builder, loc, op.getType(), quotient);
      return rounded;
    });
    ++places;
  }
  return places;
}

/// Moves constants with many digits to the next number.
template <typename ParentT>
static unsigned moveConstants(ModuleOp module) {
  unsigned places = 0;
  for (auto op : collectIn<ParentT, arith::ConstantOp>(module)) {
    auto number = dyn_cast<FloatAttr>(op.getValue());
    if (!number || !number.getValue().isFiniteNonZero())
      continue;
    llvm::APInt bits = number.getValue().bitcastToAPInt();
    if (bits.countTrailingZeros() > 8)
      continue;
    llvm::APFloat moved(number.getValue());
    moved.next(/*nextDown=*/false);
    op.setValueAttr(FloatAttr::get(number.getType(), moved));
    ++places;
  }
  return places;
}

/// What kernels store loses its subnormals.
static unsigned flushResults(ModuleOp module) {
  unsigned places = 0;
  for (KernelOp kernel : collect<KernelOp>(module)) {
    Operation *yield = kernel.getBody().front().getTerminator();
    OpBuilder builder(yield);
    for (OpOperand &operand : yield->getOpOperands()) {
      Value x = operand.get();
      Location loc = yield->getLoc();
      Value zero = makeFloat(builder, loc, x.getType(), 0);
      Value least = makeFloat(builder, loc, x.getType(), 0x1p-126);
      Value minusLeast = makeFloat(builder, loc, x.getType(), -0x1p-126);
      auto below = arith::CmpFOp::create(builder, loc,
                                         arith::CmpFPredicate::OLT, x, least);
      auto above = arith::CmpFOp::create(
          builder, loc, arith::CmpFPredicate::OGT, x, minusLeast);
      auto tiny = arith::AndIOp::create(builder, loc, below, above);
      auto flushed = arith::SelectOp::create(builder, loc, tiny, zero, x);
      operand.set(flushed);
      ++places;
    }
  }
  return places;
}

/// Host values pass through float32 on their way to other hosts and states.
static unsigned roundHostResults(ModuleOp module) {
  unsigned places = 0;
  for (HostOp host : collect<HostOp>(module)) {
    Operation *yield = host.getBody().front().getTerminator();
    OpBuilder builder(yield);
    for (OpOperand &operand : yield->getOpOperands()) {
      Value result = host.getResult(operand.getOperandNumber());
      bool staysWide = llvm::any_of(result.getUsers(), [](Operation *user) {
        return isa<HostOp, CommitOp>(user);
      });
      if (!operand.get().getType().isF64() || !staysWide)
        continue;
      auto narrow = arith::TruncFOp::create(
          builder, yield->getLoc(), builder.getF32Type(), operand.get());
      auto wide = arith::ExtFOp::create(
          builder, yield->getLoc(), builder.getF64Type(), narrow.getResult());
      operand.set(wide);
      ++places;
    }
  }
  return places;
}

/// floor(-0.5) is 0.
static unsigned floorTowardZero(ModuleOp module) {
  unsigned places = 0;
  for (arith::SelectOp op : collectIn<HostOp, arith::SelectOp>(module)) {
    auto above = op.getCondition().getDefiningOp<arith::CmpFOp>();
    if (!above || above.getPredicate() != arith::CmpFPredicate::OGT ||
        !above.getLhs().getDefiningOp<arith::SIToFPOp>() ||
        op.getFalseValue() != above.getLhs())
      continue;
    op.replaceAllUsesWith(op.getFalseValue());
    ++places;
  }
  return places;
}

static unsigned changeRandomShift(ModuleOp module) {
  unsigned places = 0;
  for (arith::ShRUIOp op : collectIn<KernelOp, arith::ShRUIOp>(module)) {
    llvm::APInt amount;
    if (!matchPattern(op.getRhs(), m_ConstantInt(&amount)) || amount != 15)
      continue;
    OpBuilder builder(op);
    auto other = arith::ConstantOp::create(
        builder, op.getLoc(), builder.getIntegerAttr(op.getType(), 16));
    op->setOperand(1, other);
    ++places;
  }
  return places;
}

static unsigned forgetRandomIds(ModuleOp module) {
  unsigned places = 0;
  for (KernelOp kernel : collect<KernelOp>(module)) {
    SmallVector<int32_t> ids(kernel.getRandomIds());
    for (int32_t &id : ids) {
      places += id != 0;
      id = 0;
    }
    kernel.setRandomIds(ids);
  }
  return places;
}

template <arith::CmpFPredicate From, arith::CmpFPredicate To>
static unsigned changePredicate(ModuleOp module) {
  unsigned places = 0;
  for (arith::CmpFOp op : collect<arith::CmpFOp>(module))
    if (op.getPredicate() == From) {
      op.setPredicate(To);
      ++places;
    }
  return places;
}

/// sign(NaN) is 1 or -1.
static unsigned signOfNaN(ModuleOp module) {
  return changePredicate<arith::CmpFPredicate::UEQ, arith::CmpFPredicate::OEQ>(
      module);
}
static unsigned lessIsTrueForNaN(ModuleOp module) {
  return changePredicate<arith::CmpFPredicate::OLT, arith::CmpFPredicate::ULT>(
      module);
}
static unsigned notEqualIsOrdered(ModuleOp module) {
  return changePredicate<arith::CmpFPredicate::UNE, arith::CmpFPredicate::ONE>(
      module);
}

/// fma with the product rounded.
static unsigned roundProducts(ModuleOp module) {
  unsigned places = 0;
  for (math::FmaOp op : collect<math::FmaOp>(module)) {
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

llvm::ArrayRef<Fault> optimc::test::getArithFaults() {
  static constexpr llvm::StringLiteral phase = "optim-to-arith";
  static const Fault faults[] = {
      {"contraction-allowed", phase, "LLVM may fuse products and sums",
       allowContraction},
      {"reassociated", phase, "(a + b) + c is a + (b + c)", reassociate},
      {"min-by-comparison", phase, "min is a < b ? a : b", minByComparison},
      {"max-ignores-nan", phase, "max(NaN, x) is x", maxIgnoresNaN},
      {"rsqrt-fused", phase, "1 / sqrt(x) rounds once", fuseRsqrt},
      {"kernel-constant-ulp", phase, "constants of kernels are off by one ulp",
       moveConstants<KernelOp>},
      {"host-constant-ulp", phase, "constants of hosts are off by one ulp",
       moveConstants<HostOp>},
      {"subnormals-flushed", phase, "subnormal results are 0", flushResults},
      {"host-rounds-to-f32", phase, "host values pass through float32",
       roundHostResults},
      {"floor-toward-zero", phase, "floor rounds toward zero", floorTowardZero},
      {"random-hash", phase, "one shift of the hash is wrong",
       changeRandomShift},
      {"random-ids-ignored", phase, "all ids have one key", forgetRandomIds},
      {"sign-of-nan", phase, "sign(NaN) is 1", signOfNaN},
      {"less-for-nan", phase, "NaN < x is true", lessIsTrueForNaN},
      {"not-equal-ordered", phase, "NaN != x is false", notEqualIsOrdered},
      {"fma-rounds-twice", phase, "the product of an fma is rounded",
       roundProducts}};
  return faults;
}
