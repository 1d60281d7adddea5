//===- EmittedTest.cpp - emitted IR = reference, bit for bit ----*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Functions.h"
#include "Inputs.h"
#include "Jit.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"

#include <gtest/gtest.h>

#include <string>

using namespace optimc::test;

namespace {

constexpr uint64_t manyInputs = uint64_t(1) << 22;
constexpr uint64_t fewInputs = uint64_t(1) << 17;

/// The module and its machine code, made once for all tests.
class EmittedFunctions : public ::testing::Test {
protected:
  static void SetUpTestSuite() {
    context = makeContext().release();
    module = new mlir::OwningOpRef<mlir::ModuleOp>(buildModule(*context));
    std::string error;
    optimized = Jit::compile(**module, 3, error).release();
    ASSERT_NE(optimized, nullptr) << error;
    plain = Jit::compile(**module, 0, error).release();
    ASSERT_NE(plain, nullptr) << error;
  }

  static void TearDownTestSuite() {
    delete plain;
    delete optimized;
    delete module;
    delete context;
  }

  template <typename T>
  static std::string scalarName(const char *function) {
    return std::string(function) + (sizeof(T) == 4 ? "_f32" : "_f64");
  }

  template <typename T>
  static void compareUnary(Jit &jit, uint64_t count);
  template <typename T>
  static void comparePow(Jit &jit, uint64_t count);

  static mlir::MLIRContext *context;
  static mlir::OwningOpRef<mlir::ModuleOp> *module;
  static Jit *optimized, *plain;
};

mlir::MLIRContext *EmittedFunctions::context = nullptr;
mlir::OwningOpRef<mlir::ModuleOp> *EmittedFunctions::module = nullptr;
Jit *EmittedFunctions::optimized = nullptr;
Jit *EmittedFunctions::plain = nullptr;

template <typename T>
void EmittedFunctions::compareUnary(Jit &jit, uint64_t count) {
  for (const Unary<T> &function : unaryFunctions<T>()) {
    auto *emitted = jit.lookup<T(T)>(scalarName<T>(function.name));
    ASSERT_NE(emitted, nullptr) << function.name;
    auto check = [&](T x) {
      T expected = function.reference(x), got = emitted(x);
      if (same(expected, got))
        return true;
      ADD_FAILURE() << scalarName<T>(function.name) << " of bits 0x"
                    << llvm::utohexstr(toBits(x)) << ": reference 0x"
                    << llvm::utohexstr(toBits(expected)) << ", emitted 0x"
                    << llvm::utohexstr(toBits(got));
      return false;
    };
    for (T x : specialValues<T>())
      ASSERT_TRUE(check(x));
    RandomInputs<T> inputs(1, function.range);
    for (uint64_t i = 0; i != count; ++i)
      ASSERT_TRUE(check(inputs.next()));
    if (sizeof(T) == 4) {
      // Coprime to 2^32, so that no exponent or sign is left out.
      uint64_t stride = ((uint64_t(1) << 32) / count) | 1;
      for (uint64_t bits = 0; bits < (uint64_t(1) << 32); bits += stride)
        ASSERT_TRUE(check(fromBits<T>(static_cast<BitsOf<T>>(bits))));
    }
  }
}

template <typename T>
void EmittedFunctions::comparePow(Jit &jit, uint64_t count) {
  auto *emitted = jit.lookup<T(T, T)>(scalarName<T>("pow"));
  ASSERT_NE(emitted, nullptr);
  auto check = [&](T x, T y) {
    T expected = referencePow(x, y), got = emitted(x, y);
    if (same(expected, got))
      return true;
    ADD_FAILURE() << scalarName<T>("pow") << " of bits 0x"
                  << llvm::utohexstr(toBits(x)) << ", 0x"
                  << llvm::utohexstr(toBits(y)) << ": reference 0x"
                  << llvm::utohexstr(toBits(expected)) << ", emitted 0x"
                  << llvm::utohexstr(toBits(got));
    return false;
  };
  std::vector<T> special = specialValues<T>();
  for (T x : special)
    for (T y : special)
      ASSERT_TRUE(check(x, y));
  RandomInputs<T> inputs(2, T(16));
  for (uint64_t i = 0; i != count; ++i) {
    T x, y;
    inputs.next(x, y);
    ASSERT_TRUE(check(x, y));
  }
}

TEST_F(EmittedFunctions, UnaryF32EqualsReference) {
  compareUnary<float>(*optimized, manyInputs);
}
TEST_F(EmittedFunctions, UnaryF64EqualsReference) {
  compareUnary<double>(*optimized, manyInputs);
}
TEST_F(EmittedFunctions, PowF32EqualsReference) {
  comparePow<float>(*optimized, manyInputs);
}
TEST_F(EmittedFunctions, PowF64EqualsReference) {
  comparePow<double>(*optimized, manyInputs);
}

// What LLVM's IR passes do to the functions is exact.
TEST_F(EmittedFunctions, UnoptimizedEqualsReference) {
  compareUnary<float>(*plain, fewInputs);
  compareUnary<double>(*plain, fewInputs);
  comparePow<float>(*plain, fewInputs);
  comparePow<double>(*plain, fewInputs);
}

TEST_F(EmittedFunctions, VectorEqualsReference) {
  for (const Unary<float> &function : unaryF32) {
    auto *emitted = optimized->lookup<void(const float *, float *)>(
        std::string(function.name) + "_vector_f32");
    ASSERT_NE(emitted, nullptr);
    RandomInputs<float> inputs(3, function.range);
    std::vector<float> x = specialValues<float>();
    while (x.size() < fewInputs || x.size() % 16 != 0)
      x.push_back(inputs.next());
    for (size_t i = 0; i != x.size(); i += 16) {
      float got[16];
      emitted(&x[i], got);
      for (size_t lane = 0; lane != 16; ++lane)
        ASSERT_TRUE(same(function.reference(x[i + lane]), got[lane]))
            << function.name << " of bits 0x"
            << llvm::utohexstr(toBits(x[i + lane]));
    }
  }

  auto *emitted =
      optimized->lookup<void(const float *, const float *, float *)>(
          "pow_vector_f32");
  ASSERT_NE(emitted, nullptr);
  RandomInputs<float> inputs(4, 16.0f);
  for (uint64_t i = 0; i < fewInputs; i += 16) {
    float x[16], y[16], got[16];
    for (size_t lane = 0; lane != 16; ++lane)
      inputs.next(x[lane], y[lane]);
    emitted(x, y, got);
    for (size_t lane = 0; lane != 16; ++lane)
      ASSERT_TRUE(same(referencePow(x[lane], y[lane]), got[lane]))
          << "pow of bits 0x" << llvm::utohexstr(toBits(x[lane])) << ", 0x"
          << llvm::utohexstr(toBits(y[lane]));
  }
}

// Folding a call whose operands are constants gives the bits of the call.
TEST_F(EmittedFunctions, FoldingIsExact) {
  mlir::OpBuilder builder(context);
  mlir::OwningOpRef<mlir::ModuleOp> folded(
      mlir::ModuleOp::create(builder.getUnknownLoc()));
  const double operands[][2] = {{0.7, 2.5},   {-0.0, -3.0}, {1e-42, 0.25},
                                {88.5, -9.0}, {-2.0, 5.0},  {1e5, 7.25},
                                {3e38, 1.0},  {0.2, 40.0}};
  const char *names[] = {"exp", "log", "tanh", "sin", "cos", "pow"};
  for (size_t i = 0; i != std::size(operands); ++i)
    for (const char *name : names) {
      std::string suffix = std::string(name) + std::to_string(i);
      appendConstantCall(*folded, "f32" + suffix, name, builder.getF32Type(),
                         static_cast<float>(operands[i][0]),
                         static_cast<float>(operands[i][1]));
      appendConstantCall(*folded, "f64" + suffix, name, builder.getF64Type(),
                         operands[i][0], operands[i][1]);
    }
  mlir::PassManager passes(context);
  passes.addPass(mlir::createCanonicalizerPass());
  ASSERT_TRUE(mlir::succeeded(passes.run(*folded)));
  std::string error;
  std::unique_ptr<Jit> jit = Jit::compile(*folded, 0, error);
  ASSERT_NE(jit, nullptr) << error;

  auto check = [&](auto x, auto y, const std::string &prefix, size_t i) {
    using T = decltype(x);
    std::string index = std::to_string(i);
    for (const Unary<T> &function : unaryFunctions<T>()) {
      auto *call = jit->lookup<T()>(prefix + function.name + index);
      ASSERT_NE(call, nullptr);
      EXPECT_TRUE(same(function.reference(x), call()))
          << prefix << " " << function.name << "(" << x << ")";
    }
    auto *call = jit->lookup<T()>(prefix + "pow" + index);
    ASSERT_NE(call, nullptr);
    EXPECT_TRUE(same(referencePow(x, y), call()))
        << prefix << " referencePow(" << x << ", " << y << ")";
  };
  for (size_t i = 0; i != std::size(operands); ++i) {
    check(static_cast<float>(operands[i][0]),
          static_cast<float>(operands[i][1]), "f32", i);
    check(operands[i][0], operands[i][1], "f64", i);
  }
}

// A kernel body may be cloned at any vector width and run on a GPU.
TEST_F(EmittedFunctions, OpsAreElementwiseAndOfOneFloatType) {
  ASSERT_TRUE(mlir::succeeded(mlir::verify(**module)));
  for (auto function : (*module)->getOps<mlir::func::FuncOp>()) {
    std::string name = function.getName().str();
    if (name.find("vector") != std::string::npos)
      continue;
    bool single = name.find("_f32") != std::string::npos;
    function.walk([&](mlir::Operation *op) {
      if (op == function || mlir::isa<mlir::func::ReturnOp>(op))
        return;
      EXPECT_TRUE(mlir::OpTrait::hasElementwiseMappableTraits(op) ||
                  mlir::isa<mlir::arith::ConstantOp>(op))
          << name << ": " << op->getName().getStringRef().str();
      EXPECT_TRUE(mlir::isa<mlir::arith::ArithDialect>(op->getDialect()) ||
                  (single && mlir::isa<mlir::math::FmaOp>(op)))
          << name << ": " << op->getName().getStringRef().str();
      bool forbidden =
          mlir::isa<mlir::arith::FPToSIOp, mlir::arith::FPToUIOp,
                    mlir::arith::ExtFOp, mlir::arith::TruncFOp>(op);
      EXPECT_FALSE(forbidden) << name;
      for (mlir::Type type : op->getResultTypes())
        EXPECT_FALSE(single ? type.isF64() : type.isF32()) << name;
      if (auto fast = mlir::dyn_cast<mlir::arith::ArithFastMathInterface>(op)) {
        auto flags = fast.getFastMathFlagsAttr();
        EXPECT_TRUE(!flags ||
                    flags.getValue() == mlir::arith::FastMathFlags::none)
            << name;
      }
    });
  }
}

} // namespace
