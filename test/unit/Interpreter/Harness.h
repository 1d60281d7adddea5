//===- Harness.h - runs a spec given as text --------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_INTERPRETER_HARNESS_H
#define OPTIMC_TEST_UNIT_INTERPRETER_HARNESS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "optimc/Interpreter/Compare.h"
#include "optimc/Interpreter/Interpreter.h"
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace optimc::interp::test {

constexpr double quietNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

using Numbers = std::vector<double>;

/// A parsed spec and a session with one group.
class Program {
public:
  explicit Program(const std::string &text, Options options = {}) {
    context.loadDialect<optim::OptimDialect, mlir::arith::ArithDialect,
                        mlir::math::MathDialect>();
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module) {
      ADD_FAILURE() << "does not parse:\n" << text;
      return;
    }
    optim::OptimizerOp optimizer =
        *module->getOps<optim::OptimizerOp>().begin();
    auto created = Session::create(optimizer, options);
    if (!created) {
      ADD_FAILURE() << llvm::toString(created.takeError());
      return;
    }
    session = std::move(*created);
    session->addGroup();
  }

  Session *operator->() { return session.get(); }
  explicit operator bool() const { return session != nullptr; }

  unsigned add(const std::string &name, std::vector<int64_t> shape,
               const Numbers &initial, unsigned group = 0, int64_t block = 0) {
    TensorInfo info;
    info.group = group;
    info.name = name;
    info.shape = std::move(shape);
    info.initial = initial;
    info.block = block;
    auto tensor = session->addTensor(info);
    if (!tensor) {
      ADD_FAILURE() << llvm::toString(tensor.takeError());
      return 0;
    }
    return *tensor;
  }
  unsigned add(const std::string &name, const Numbers &initial) {
    return add(name, {int64_t(initial.size())}, initial);
  }

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::unique_ptr<Session> session;
};

inline void expectOk(llvm::Error error) {
  std::string message;
  if (error)
    message = llvm::toString(std::move(error));
  EXPECT_EQ(message, "");
}

/// The text of an error that must be there.
inline std::string getMessage(llvm::Error error) {
  if (!error)
    return "success";
  return llvm::toString(std::move(error));
}

template <class T>
T get(llvm::Expected<T> value) {
  if (value)
    return *value;
  ADD_FAILURE() << llvm::toString(value.takeError());
  return T();
}

inline void expectSame(const Numbers &actual, const Numbers &expected,
                       const std::string &what = "") {
  auto at = findDifference(llvm::ArrayRef<double>(actual),
                           llvm::ArrayRef<double>(expected));
  if (!at)
    return;
  if (actual.size() != expected.size())
    ADD_FAILURE() << what << ": " << actual.size() << " values instead of "
                  << expected.size();
  else
    ADD_FAILURE() << what << "[" << *at << "] is "
                  << describeNumber(actual[*at]) << " instead of "
                  << describeNumber(expected[*at]);
}

/// One step of one tensor: the new parameter.
inline Numbers runStep(const std::string &text, const Numbers &param,
                       const Numbers &grad, Options options = {}) {
  Program program(text, options);
  if (!program)
    return {};
  unsigned tensor = program.add("w", param);
  expectOk(program->setGradient(tensor, grad));
  expectOk(program->step());
  return program->getParam(tensor);
}

/// Repeatable numbers for tests: xorshift, in (-1, 1).
class Generator {
public:
  explicit Generator(uint64_t seed) : state(seed * 0x9E3779B97F4A7C15u + 1) {}
  double operator()() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (int64_t(state) >> 11) * 0x1p-52;
  }
  Numbers many(size_t count) {
    Numbers numbers(count);
    for (double &number : numbers)
      number = static_cast<float>((*this)());
    return numbers;
  }

private:
  uint64_t state;
};

} // namespace optimc::interp::test

#endif // OPTIMC_TEST_UNIT_INTERPRETER_HARNESS_H
