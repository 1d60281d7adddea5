//===- Types.cpp - scalar types of PTX --------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Types.h"

using namespace ptxsim;

namespace {
struct TypeEntry {
  Type type;
  const char *name;
  unsigned bytes;
  TypeKind kind;
};
} // namespace

// In the order of the enumeration.
static const TypeEntry table[] = {
    {Type::None, "none", 0, TypeKind::None},
    {Type::Pred, "pred", 0, TypeKind::Pred},
    {Type::B8, "b8", 1, TypeKind::Bits},
    {Type::B16, "b16", 2, TypeKind::Bits},
    {Type::B32, "b32", 4, TypeKind::Bits},
    {Type::B64, "b64", 8, TypeKind::Bits},
    {Type::B128, "b128", 16, TypeKind::Bits},
    {Type::U8, "u8", 1, TypeKind::Unsigned},
    {Type::U16, "u16", 2, TypeKind::Unsigned},
    {Type::U32, "u32", 4, TypeKind::Unsigned},
    {Type::U64, "u64", 8, TypeKind::Unsigned},
    {Type::S8, "s8", 1, TypeKind::Signed},
    {Type::S16, "s16", 2, TypeKind::Signed},
    {Type::S32, "s32", 4, TypeKind::Signed},
    {Type::S64, "s64", 8, TypeKind::Signed},
    {Type::F16, "f16", 2, TypeKind::Float},
    {Type::F32, "f32", 4, TypeKind::Float},
    {Type::F64, "f64", 8, TypeKind::Float},
    {Type::BF16, "bf16", 2, TypeKind::Bits},
    {Type::TF32, "tf32", 4, TypeKind::Bits},
    {Type::F16x2, "f16x2", 4, TypeKind::Bits},
    {Type::BF16x2, "bf16x2", 4, TypeKind::Bits},
    {Type::F32x2, "f32x2", 8, TypeKind::Bits},
    {Type::U16x2, "u16x2", 4, TypeKind::Bits},
    {Type::S16x2, "s16x2", 4, TypeKind::Bits},
    {Type::E4M3x2, "e4m3x2", 2, TypeKind::Bits},
    {Type::E5M2x2, "e5m2x2", 2, TypeKind::Bits},
};

static const TypeEntry &entry(Type type) {
  return table[static_cast<unsigned>(type)];
}

Type ptxsim::parseType(std::string_view name) {
  for (const TypeEntry &candidate : table)
    if (candidate.type != Type::None && name == candidate.name)
      return candidate.type;
  return Type::None;
}

const char *ptxsim::typeName(Type type) { return entry(type).name; }
unsigned ptxsim::typeBytes(Type type) { return entry(type).bytes; }
TypeKind ptxsim::typeKind(Type type) { return entry(type).kind; }

Type ptxsim::widened(Type type) {
  switch (type) {
  case Type::U8:
    return Type::U16;
  case Type::S8:
    return Type::S16;
  case Type::U16:
    return Type::U32;
  case Type::S16:
    return Type::S32;
  case Type::U32:
    return Type::U64;
  case Type::S32:
    return Type::S64;
  default:
    return Type::None;
  }
}

Type ptxsim::bitsType(unsigned bytes) {
  for (Type type : {Type::B8, Type::B16, Type::B32, Type::B64, Type::B128})
    if (typeBytes(type) == bytes)
      return type;
  return Type::None;
}

bool ptxsim::isCompatible(Type declared, Type wanted) {
  if ((declared == Type::Pred) != (wanted == Type::Pred))
    return false;
  if (typeBytes(declared) != typeBytes(wanted))
    return false;
  TypeKind a = typeKind(declared), b = typeKind(wanted);
  if (a == TypeKind::Float && b != TypeKind::Float && b != TypeKind::Bits)
    return false;
  if (b == TypeKind::Float && a != TypeKind::Float && a != TypeKind::Bits)
    return false;
  return true;
}
