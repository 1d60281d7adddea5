//===- Types.h - scalar types of PTX ----------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_TYPES_H
#define PTXSIM_LIB_TYPES_H

#include <cstdint>
#include <string_view>

namespace ptxsim {

enum class Type : uint8_t {
  None,
  Pred,
  B8,
  B16,
  B32,
  B64,
  B128,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  F16,
  F32,
  F64,
  BF16,
  TF32,
  F16x2,
  BF16x2,
  F32x2,
  U16x2,
  S16x2,
  E4M3x2,
  E5M2x2,
};

enum class TypeKind : uint8_t { None, Pred, Bits, Unsigned, Signed, Float };

/// None for a name that is no type ("f32", without the dot).
Type parseType(std::string_view name);
const char *typeName(Type type);
/// Bytes of one value; 0 for None and Pred.
unsigned typeBytes(Type type);
TypeKind typeKind(Type type);

inline bool isSigned(Type type) { return typeKind(type) == TypeKind::Signed; }
inline bool isFloat(Type type) { return typeKind(type) == TypeKind::Float; }
inline bool isInteger(Type type) {
  return typeKind(type) == TypeKind::Signed ||
         typeKind(type) == TypeKind::Unsigned;
}

/// The type of twice the width: the result of mul.wide.
Type widened(Type type);
/// The untyped bits of this many bytes; None when there is no such type.
Type bitsType(unsigned bytes);

/// Whether a register declared with one type may be an operand of the other
/// (PTX ISA, "Operand Size and Type Checking").
bool isCompatible(Type declared, Type wanted);

} // namespace ptxsim

#endif // PTXSIM_LIB_TYPES_H
