//===- Forms.h - every form of every instruction ----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_TEST_FORMS_H
#define PTXSIM_TEST_FORMS_H

#include "Instructions.h"
#include <map>
#include <optional>
#include <set>

namespace ptxsim::test {

/// One choice of modifiers and operands from the decoder's table.
class Variant {
public:
  std::string opcode;
  std::vector<std::string> modifiers;
  std::vector<std::string> roles; // of the operands that are given

  /// "add.rn.f32"
  std::string name() const;
  /// Whether a modifier is given. Every modifier has to be asked for: one
  /// that no test knows fails the test.
  bool has(const std::string &modifier);
  /// The first of these modifiers that is given, or "".
  std::string oneOf(std::initializer_list<const char *> choices);
  /// The i-th type among the modifiers, or "".
  std::string type(unsigned i = 0);
  /// Modifiers that concern caches and order, and not values.
  void allowHints();
  /// Modifiers that nobody asked for.
  std::string unknown() const;

private:
  std::set<std::string> known;
};

/// All variants of an opcode: every combination of modifiers that choose
/// values, of those that choose order and scope, and every cache hint once.
std::vector<Variant> variantsOf(const std::string &opcode);

/// Fewer without optimisation, and under sanitizers.
#ifdef NDEBUG
constexpr size_t manyOperands = size_t(1) << 20;
#else
constexpr size_t manyOperands = size_t(1) << 14;
#endif

/// What to run for a variant: text with %d, %a, %b, %c as in Operation, where
/// predicates are %p0, %p1, ... and the types of the operands for their values.
struct Case {
  Operation operation;
  std::string sources[3] = {"b32", "b32", "b32"};
  size_t count = manyOperands;
};

/// The text of a variant for the operands of the table: sources %a, %b, %c (of
/// predicates their lowest bit), the result, or a predicate as 0 or 1, in %d;
/// with a second predicate 2 is added.
Case makeCase(Variant &variant, bool negated = false);
void setReference(Case &c, Result compare, Reference expected);
Result resultOf(const std::string &type);

unsigned bytesOf(const std::string &type);
bool isFloatType(const std::string &type);
bool isSignedType(const std::string &type);
bool isPackedType(const std::string &type);
/// "f16" of "f16x2"
std::string elementType(const std::string &type);

/// Numbers of any scalar type as long double, which holds all of them; with
/// `ftz` subnormal ones of f16 and f32 are 0.
long double valueOf(const std::string &type, uint64_t bits, bool ftz = false);

/// Rejected: the decoder says that the modifiers do not go together.
enum class Made : uint8_t { Unknown, Rejected, Yes };
/// Makes the cases of a variant, or runs it itself.
using Maker = Made (*)(Variant &variant, std::vector<Case> &cases);
extern const std::map<std::string, std::vector<Maker>> integerMakers, bitMakers,
    floatMakers, halfMakers, compareMakers, convertMakers, moveMakers,
    memoryMakers, atomicMakers, warpMakers, controlMakers;

/// Whether the decoder takes it. A rejection for another reason than that the
/// modifiers do not go together is a failure of the test.
bool isAccepted(const Variant &variant, const std::string &module);

/// Runs cases with equal operands together.
void runCases(std::vector<Case> &cases);

/// A reference per half of the operands.
Reference perHalf(Reference one);

} // namespace ptxsim::test

#endif // PTXSIM_TEST_FORMS_H
