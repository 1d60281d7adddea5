//===- ExpandFMA.cpp - fma without the instruction -*- C++ -*-===//
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
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/MathExtras.h"

namespace optimc {
#define GEN_PASS_DEF_OPTIMEXPANDFMA
#include "optimc/Conversion/Passes.h.inc"
} // namespace optimc

using namespace mlir;

namespace {
struct ExpandFMA : optimc::impl::OptimExpandFMABase<ExpandFMA> {
  void runOnOperation() override;
};

/// Writes the expansion in one type: scalar or vector.
class Expansion {
public:
  Expansion(OpBuilder &builder, Location loc, Type type)
      : builder(builder), loc(loc), narrow(type),
        wide(like(builder.getF64Type())), bits(like(builder.getI64Type())) {}

  Value expand(Value a, Value b, Value c);

private:
  Type like(Type element) {
    if (auto vector = dyn_cast<VectorType>(narrow))
      return vector.clone(element);
    return element;
  }
  Value integer(int64_t value) {
    TypedAttr attr = builder.getI64IntegerAttr(value);
    if (auto vector = dyn_cast<VectorType>(bits))
      attr = DenseElementsAttr::get(vector, Attribute(attr));
    return arith::ConstantOp::create(builder, loc, attr);
  }
  Value zero() {
    TypedAttr attr = builder.getF64FloatAttr(0);
    if (auto vector = dyn_cast<VectorType>(wide))
      attr = DenseElementsAttr::get(vector, Attribute(attr));
    return arith::ConstantOp::create(builder, loc, attr);
  }
  template <typename Op>
  Value make(Value lhs, Value rhs) {
    return Op::create(builder, loc, lhs, rhs);
  }
  Value compare(arith::CmpFPredicate predicate, Value lhs, Value rhs) {
    return arith::CmpFOp::create(builder, loc, predicate, lhs, rhs);
  }

  OpBuilder &builder;
  Location loc;
  Type narrow, wide, bits;
};
} // namespace

Value Expansion::expand(Value a, Value b, Value c) {
  a = arith::ExtFOp::create(builder, loc, wide, a);
  b = arith::ExtFOp::create(builder, loc, wide, b);
  c = arith::ExtFOp::create(builder, loc, wide, c);
  // Exact: 48 bits, and exponents far inside of the range of f64.
  Value product = make<arith::MulFOp>(a, b);
  // sum + error == product + c exactly (Knuth's TwoSum).
  Value sum = make<arith::AddFOp>(product, c);
  Value cPart = make<arith::SubFOp>(sum, product);
  Value productPart = make<arith::SubFOp>(sum, cPart);
  Value cError = make<arith::SubFOp>(c, cPart);
  Value productError = make<arith::SubFOp>(product, productPart);
  Value error = make<arith::AddFOp>(productError, cError);
  // Round to odd: where the sum is inexact and its last bit is even, the odd
  // neighbour in the direction of the error. Rounding that to f32 is then as
  // if it were the first rounding (53 >= 24 + 2 bits). Infinities and NaN have
  // an error of NaN: no change. An inexact sum is never zero.
  Value inexact = compare(arith::CmpFPredicate::ONE, error, zero());
  Value word = arith::BitcastOp::create(builder, loc, bits, sum);
  Value one = integer(1);
  Value last = make<arith::AndIOp>(word, one);
  Value even = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                     last, integer(0));
  Value adjust = make<arith::AndIOp>(inexact, even);
  Value errorUp = compare(arith::CmpFPredicate::OGT, error, zero());
  Value sumUp = compare(arith::CmpFPredicate::OGT, sum, zero());
  Value toward = make<arith::XOrIOp>(errorUp, sumUp);
  Value minusOne = integer(-1);
  Value step = arith::SelectOp::create(builder, loc, toward, minusOne, one);
  Value moved = make<arith::AddIOp>(word, step);
  Value odd = arith::SelectOp::create(builder, loc, adjust, moved, word);
  Value rounded = arith::BitcastOp::create(builder, loc, wide, odd);
  return arith::TruncFOp::create(builder, loc, narrow, rounded);
}

namespace {
/// The expansion is long, and code without FMA is slow anyway: it is written
/// once as a function of four lanes, and once as one of a scalar.
class Helpers {
public:
  explicit Helpers(ModuleOp module) : module(module) {}
  /// `op` as calls.
  Value call(OpBuilder &builder, math::FmaOp op);

private:
  static constexpr int64_t lanes = 4;
  LLVM::LLVMFuncOp get(Type type, StringRef name);
  Value callOne(OpBuilder &builder, Location loc, Type type,
                ValueRange operands);

  ModuleOp module;
};
} // namespace

LLVM::LLVMFuncOp Helpers::get(Type type, StringRef name) {
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder builder(module.getContext());
  builder.setInsertionPointToEnd(module.getBody());
  Location loc = module.getLoc();
  auto function = LLVM::LLVMFuncOp::create(
      builder, loc, name, LLVM::LLVMFunctionType::get(type, {type, type, type}),
      LLVM::Linkage::Internal);
  function.setDsoLocal(true);
  Block *block = function.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  Expansion expansion(builder, loc, type);
  Value result =
      expansion.expand(function.getArgument(0), function.getArgument(1),
                       function.getArgument(2));
  LLVM::ReturnOp::create(builder, loc, result);
  return function;
}

Value Helpers::callOne(OpBuilder &builder, Location loc, Type type,
                       ValueRange operands) {
  LLVM::LLVMFuncOp function = get(
      type, isa<VectorType>(type) ? "optimc.fma.vector" : "optimc.fma.scalar");
  auto call = LLVM::CallOp::create(builder, loc, function, operands);
  return call.getResult();
}

Value Helpers::call(OpBuilder &builder, math::FmaOp op) {
  Location loc = op.getLoc();
  auto vector = dyn_cast<VectorType>(op.getType());
  if (!vector)
    return callOne(builder, loc, op.getType(), op->getOperands());
  Type part = VectorType::get({lanes}, vector.getElementType());
  SmallVector<Value> parts;
  for (int64_t first = 0; first < vector.getNumElements(); first += lanes) {
    SmallVector<int32_t> indices;
    for (int64_t i = 0; i != lanes; ++i)
      indices.push_back(first + i);
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      auto slice = LLVM::ShuffleVectorOp::create(builder, loc, operand, operand,
                                                 indices);
      operands.push_back(slice);
    }
    parts.push_back(callOne(builder, loc, part, operands));
  }
  // Pairs are joined until one is left.
  for (int64_t size = lanes; parts.size() > 1; size *= 2) {
    SmallVector<int32_t> indices;
    for (int64_t i = 0; i != 2 * size; ++i)
      indices.push_back(i);
    SmallVector<Value> joined;
    for (size_t i = 0; i != parts.size(); i += 2) {
      auto both = LLVM::ShuffleVectorOp::create(builder, loc, parts[i],
                                                parts[i + 1], indices);
      joined.push_back(both);
    }
    parts = std::move(joined);
  }
  return parts.front();
}

static bool hasFMA(LLVM::LLVMFuncOp function) {
  LLVM::TargetFeaturesAttr features = function.getTargetFeaturesAttr();
  return features && features.contains("+fma");
}

/// Float32, one value or a power of two of at least four.
static bool isExpandable(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  if (!vector)
    return type.isF32();
  int64_t size = vector.getNumElements();
  return vector.getElementType().isF32() && vector.getRank() == 1 &&
         !vector.isScalable() && size >= 4 && llvm::isPowerOf2_64(size);
}

void ExpandFMA::runOnOperation() {
  SmallVector<LLVM::LLVMFuncOp> functions(
      getOperation().getOps<LLVM::LLVMFuncOp>());
  Helpers helpers(getOperation());
  for (LLVM::LLVMFuncOp function : functions) {
    if (hasFMA(function))
      continue;
    unsigned count = 0;
    function.walk([&](math::FmaOp op) {
      if (!isExpandable(op.getType()))
        return;
      OpBuilder builder(op);
      Value result = helpers.call(builder, op);
      op.replaceAllUsesWith(result);
      op.erase();
      ++count;
    });
    if (count)
      remark::passed(function.getLoc(), remark::RemarkOpts::name("ExpandFMA")
                                            .category("optim-expand-fma")
                                            .function(function.getSymName()))
          << (Twine(count) +
              " fused multiply-adds computed exactly by a function: no FMA "
              "instruction here")
                 .str();
  }
}
