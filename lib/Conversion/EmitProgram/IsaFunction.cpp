//===- IsaFunction.cpp - which instruction sets the processor has -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepFunction.h"

#include "optimc-c/Program.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace optimc;

namespace {
/// Builds the test of feature bits, as runtime/cpu/Cpu.cpp has it: by bits,
/// never by the processor's name, and with the operating system's consent.
class IsaFunctionBuilder {
public:
  IsaFunctionBuilder(OpBuilder &builder, Location loc)
      : builder(builder), loc(loc), i32(builder.getI32Type()),
        i64(builder.getI64Type()) {}

  Value detect();
  Value word(uint32_t value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI32IntegerAttr(int32_t(value)));
  }
  Value wide(uint64_t value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI64IntegerAttr(int64_t(value)));
  }

private:
  enum Register { A, B, C, D };
  /// One register after `cpuid`.
  Value cpuid(uint32_t leaf, Register result);
  Value hasAll(Value value, uint32_t bits);
  Value hasLeaf(uint32_t base, uint32_t leaf);
  Value both(Value a, Value b) {
    return arith::AndIOp::create(builder, loc, a, b);
  }
  /// What the operating system saves, or 0 where asking would fault.
  Value savedRegisters(Value mayAsk);

  OpBuilder &builder;
  Location loc;
  Type i32, i64;
};
} // namespace

Value IsaFunctionBuilder::cpuid(uint32_t leaf, Register result) {
  auto type = LLVM::LLVMStructType::getLiteral(builder.getContext(),
                                               {i32, i32, i32, i32});
  Value in = word(leaf), sub = word(0);
  auto assembly = LLVM::InlineAsmOp::create(
      builder, loc, type, ValueRange{in, sub}, "cpuid",
      "={ax},={bx},={cx},={dx},{ax},{cx},~{dirflag},~{fpsr},~{flags}",
      /*has_side_effects=*/true, /*is_align_stack=*/false,
      LLVM::TailCallKind::None, LLVM::AsmDialectAttr(), ArrayAttr());
  return LLVM::ExtractValueOp::create(builder, loc, assembly.getRes(),
                                      ArrayRef<int64_t>(result));
}

Value IsaFunctionBuilder::hasAll(Value value, uint32_t bits) {
  Value mask = word(bits);
  Value common = arith::AndIOp::create(builder, loc, value, mask);
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, common,
                               mask);
}

Value IsaFunctionBuilder::hasLeaf(uint32_t base, uint32_t leaf) {
  Value last = cpuid(base, A);
  Value wanted = word(leaf);
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::uge, last,
                               wanted);
}

Value IsaFunctionBuilder::savedRegisters(Value mayAsk) {
  auto ask = scf::IfOp::create(builder, loc, TypeRange(i32), mayAsk,
                               /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&ask.getThenRegion().front());
  auto type =
      LLVM::LLVMStructType::getLiteral(builder.getContext(), {i32, i32});
  Value index = word(0);
  auto assembly = LLVM::InlineAsmOp::create(
      builder, loc, type, ValueRange(index), "xgetbv",
      "={ax},={dx},{cx},~{dirflag},~{fpsr},~{flags}",
      /*has_side_effects=*/true, /*is_align_stack=*/false,
      LLVM::TailCallKind::None, LLVM::AsmDialectAttr(), ArrayAttr());
  Value low = LLVM::ExtractValueOp::create(builder, loc, assembly.getRes(),
                                           ArrayRef<int64_t>(0));
  scf::YieldOp::create(builder, loc, low);
  builder.setInsertionPointToStart(&ask.getElseRegion().front());
  Value none = word(0);
  scf::YieldOp::create(builder, loc, none);
  return ask.getResult(0);
}

Value IsaFunctionBuilder::detect() {
  // Leaf 1, C: SSE3, SSSE3, FMA, CX16, SSE4.1, SSE4.2, MOVBE, POPCNT, OSXSAVE,
  // AVX, F16C.
  Value basic =
      hasAll(cpuid(1, C), 1u << 0 | 1u << 9 | 1u << 12 | 1u << 13 | 1u << 19 |
                              1u << 20 | 1u << 22 | 1u << 23 | 1u << 27 |
                              1u << 28 | 1u << 29);
  Value saved = savedRegisters(basic);
  Value ymm = hasAll(saved, 0x6), zmm = hasAll(saved, 0xE6);
  // LAHF, LZCNT.
  Value hasExtended = hasLeaf(0x80000000, 0x80000001);
  Value extended = hasAll(cpuid(0x80000001, C), 1u << 0 | 1u << 5);
  Value hasSeven = hasLeaf(0, 7);
  Value seven = cpuid(7, B);
  Value v3Bits = hasAll(seven, 1u << 3 | 1u << 5 | 1u << 8);
  Value v4Bits =
      hasAll(seven, 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31);
  Value v3 = both(basic, ymm);
  v3 = both(v3, hasExtended);
  v3 = both(v3, extended);
  v3 = both(v3, hasSeven);
  v3 = both(v3, v3Bits);
  Value v4 = both(v3, v4Bits);
  v4 = both(v4, zmm);
  Value none = wide(0), three = wide(OPTIMC_ISA_X86_64_V3),
        four = wide(OPTIMC_ISA_X86_64_V4);
  Value bits3 = arith::SelectOp::create(builder, loc, v3, three, none);
  Value bits4 = arith::SelectOp::create(builder, loc, v4, four, none);
  return arith::OrIOp::create(builder, loc, bits3, bits4);
}

LLVM::LLVMFuncOp optimc::getIsaFunction(ModuleOp module) {
  constexpr llvm::StringLiteral name = "optimc.isa";
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder builder(module.getContext());
  builder.setInsertionPointToEnd(module.getBody());
  Location loc = module.getLoc();
  Type i64 = builder.getI64Type();
  // 0 until it is known. Threads may find out twice, with the same result.
  auto cache = LLVM::GlobalOp::create(
      builder, loc, i64, /*isConstant=*/false, LLVM::Linkage::Internal,
      "optimc.isa.cache", builder.getI64IntegerAttr(0));
  cache.setDsoLocal(true);
  auto function = LLVM::LLVMFuncOp::create(builder, loc, name,
                                           LLVM::LLVMFunctionType::get(i64, {}),
                                           LLVM::Linkage::Internal);
  function.setDsoLocal(true);
  Block *block = function.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  IsaFunctionBuilder isa(builder, loc);
  Value address = LLVM::AddressOfOp::create(builder, loc, cache);
  Value cached = LLVM::LoadOp::create(
      builder, loc, i64, address, /*alignment=*/8, /*isVolatile=*/false,
      /*isNonTemporal=*/false, /*isInvariant=*/false,
      /*isInvariantGroup=*/false, LLVM::AtomicOrdering::monotonic);
  Value zero = isa.wide(0);
  Value known = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                      cached, zero);
  auto choice = scf::IfOp::create(builder, loc, TypeRange(i64), known,
                                  /*withElseRegion=*/true);
  Value knownBit = isa.wide(uint64_t(1) << 63);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&choice.getThenRegion().front());
    scf::YieldOp::create(builder, loc, cached);
    builder.setInsertionPointToStart(&choice.getElseRegion().front());
    Value bits = isa.detect();
    Value tag = isa.wide(uint64_t(1) << 63);
    Value tagged = arith::OrIOp::create(builder, loc, bits, tag);
    LLVM::StoreOp::create(builder, loc, tagged, address, /*alignment=*/8,
                          /*isVolatile=*/false, /*isNonTemporal=*/false,
                          /*isInvariantGroup=*/false,
                          LLVM::AtomicOrdering::monotonic);
    scf::YieldOp::create(builder, loc, tagged);
  }
  Value bits =
      arith::XOrIOp::create(builder, loc, choice.getResult(0), knownBit);
  LLVM::ReturnOp::create(builder, loc, bits);
  return function;
}
