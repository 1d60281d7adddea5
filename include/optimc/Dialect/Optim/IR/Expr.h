//===- Expr.h - the tree of an infix expression -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `optim.expr` stores its tree in postfix order. This is the reader that the
// printer, the verifier, the passes and the interpreter use.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_EXPR_H
#define OPTIMC_DIALECT_OPTIM_IR_EXPR_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <optional>

namespace optimc::optim {

enum class ExprCode : int32_t {
  First = 1 << 16, // smaller codes are operands, negative ones literals
  Add = First,
  Sub,
  Mul,
  Div,
  Neg,
  // functions of one argument
  Sqrt,
  Abs,
  Sign,
  Square,
  Exp,
  Log,
  Rsqrt,
  Recip,
  Tanh,
  Sin,
  Cos,
  Floor,
  Ceil,
  // of two
  Min,
  Max,
  Pow,
  Mod,
  // of three
  Fma,
  Clamp,
  Select,
  End
};

/// Readers of the tree recurse, so its size is bounded.
constexpr size_t maxExprSize = 1000;

/// The number of operands of an operator.
unsigned getArity(ExprCode code);
/// The spelling of a function: "sqrt". Empty for infix operators.
llvm::StringRef getFunctionName(ExprCode code);
std::optional<ExprCode> lookupFunction(llvm::StringRef name);

/// One node; children are indices of earlier nodes.
struct ExprNode {
  enum Kind { Operand, Literal, Operator } kind;
  int32_t index;     ///< of the operand or literal
  ExprCode code;     ///< of the operator
  unsigned child[3]; ///< in the order of the text
};

/// The nodes in postfix order, the root last; nullopt if `code` is not one
/// well-formed tree over the given numbers of operands and literals.
std::optional<llvm::SmallVector<ExprNode>>
readExpr(llvm::ArrayRef<int32_t> code, unsigned numOperands,
         unsigned numLiterals);

} // namespace optimc::optim

#endif // OPTIMC_DIALECT_OPTIM_IR_EXPR_H
