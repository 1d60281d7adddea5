//===- IntegerForms.cpp - every form of integer arithmetic ----------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forms.h"

using namespace ptxsim::test;

namespace {
using Wide = __int128;

/// A value of an integer type.
Wide valueOf(const std::string &type, uint64_t bits) {
  unsigned shift = 64 - 8 * bytesOf(type);
  bits <<= shift;
  return isSignedType(type) ? Wide(int64_t(bits) >> shift)
                            : Wide(bits >> shift);
}

using Exact = std::function<Wide(Wide a, Wide b, Wide c)>;

/// Exact arithmetic, then the low bits.
Reference typed(const std::string &type, Exact exact, std::string third = "") {
  if (third.empty())
    third = type;
  return [=](uint64_t a, uint64_t b, uint64_t c) {
    return uint64_t(
        exact(valueOf(type, a), valueOf(type, b), valueOf(third, c)));
  };
}

Wide clampTo32(Wide x) {
  return x < INT32_MIN ? INT32_MIN : x > INT32_MAX ? INT32_MAX : x;
}

bool isIntegerVariant(Variant &v) {
  std::string type = v.type();
  return !type.empty() && !isFloatType(type) && type != "pred" && !v.has("cc");
}

Made with(Variant &v, std::vector<Case> &cases, Reference reference) {
  Case c = makeCase(v);
  setReference(c, Result::Bits, std::move(reference));
  cases.push_back(c);
  return Made::Yes;
}

/// add, sub, min, max, which exist for pairs of 16 bits and saturated.
template <typename F>
Made simple(Variant &v, std::vector<Case> &cases, F f) {
  if (!isIntegerVariant(v))
    return Made::Unknown;
  std::string type = v.type();
  bool sat = v.has("sat"), relu = v.has("relu");
  Reference one = typed(elementType(type), [=](Wide a, Wide b, Wide) {
    Wide x = f(a, b);
    return sat ? clampTo32(x) : relu && x < 0 ? 0 : x;
  });
  return with(v, cases, isPackedType(type) ? perHalf(one) : one);
}
Made add(Variant &v, std::vector<Case> &cases) {
  return simple(v, cases, [](Wide a, Wide b) { return a + b; });
}
Made sub(Variant &v, std::vector<Case> &cases) {
  return simple(v, cases, [](Wide a, Wide b) { return a - b; });
}
Made min(Variant &v, std::vector<Case> &cases) {
  return simple(v, cases, [](Wide a, Wide b) { return a < b ? a : b; });
}
Made max(Variant &v, std::vector<Case> &cases) {
  return simple(v, cases, [](Wide a, Wide b) { return a > b ? a : b; });
}

/// mul and mad: the wide product of N bits each has 2N bits.
template <bool Adds>
Made product(Variant &v, std::vector<Case> &cases) {
  if (!isIntegerVariant(v))
    return Made::Unknown;
  std::string type = v.type();
  unsigned bits = 8 * bytesOf(type);
  std::string part = v.oneOf({"hi", "lo", "wide"});
  bool sat = v.has("sat");
  std::string sum = part == "wide" ? type[0] + std::to_string(2 * bits) : type;
  return with(v, cases,
              typed(
                  type,
                  [=](Wide a, Wide b, Wide c) {
                    // The upper half of unsigned 64 bits exceeds a signed Wide.
                    unsigned __int128 full = (unsigned __int128)a * b;
                    Wide x = part != "hi"         ? Wide(full)
                             : isSignedType(type) ? Wide(full) >> bits
                                                  : Wide(full >> bits);
                    if (Adds)
                      x += c;
                    return sat ? clampTo32(x) : x;
                  },
                  sum));
}

/// Of the 48-bit product of 24-bit numbers the lower or upper 32 bits.
template <bool Adds>
Made product24(Variant &v, std::vector<Case> &cases) {
  std::string type = v.type();
  bool high = v.oneOf({"hi", "lo"}) == "hi", sat = v.has("sat");
  return with(v, cases, typed(type, [=](Wide a, Wide b, Wide c) {
                bool isSigned = isSignedType(type);
                auto low24 = [=](Wide x) {
                  int32_t y = int32_t(uint32_t(x) << 8);
                  return isSigned ? y >> 8 : int32_t(uint32_t(y) >> 8);
                };
                int64_t full = int64_t(low24(a)) * low24(b);
                Wide x = high ? full >> 16 : Wide(int32_t(full));
                if (Adds)
                  x += c;
                return sat ? clampTo32(x) : x;
              }));
}

/// PTX leaves division by zero open; it must not end the program.
template <bool Remainder>
Made division(Variant &v, std::vector<Case> &cases) {
  if (!isIntegerVariant(v))
    return Made::Unknown;
  with(v, cases, typed(v.type(), [](Wide a, Wide b, Wide) {
         return b == 0 ? 0 : Remainder ? a % b : a / b;
       }));
  cases.back().operation.isOpen = [](uint64_t, uint64_t b, uint64_t) {
    return b == 0;
  };
  return Made::Yes;
}

Made abs(Variant &v, std::vector<Case> &cases) {
  if (!isIntegerVariant(v))
    return Made::Unknown;
  return with(v, cases, typed(v.type(), [](Wide a, Wide, Wide) {
                return a < 0 ? -a : a;
              }));
}
Made neg(Variant &v, std::vector<Case> &cases) {
  if (!isIntegerVariant(v))
    return Made::Unknown;
  return with(v, cases, typed(v.type(), [](Wide a, Wide, Wide) { return -a; }));
}
Made sad(Variant &v, std::vector<Case> &cases) {
  return with(v, cases, typed(v.type(), [](Wide a, Wide b, Wide c) {
                return c + (a < b ? b - a : a - b);
              }));
}

Made dp4a(Variant &v, std::vector<Case> &cases) {
  std::string a8 = v.type(0)[0] + std::string("8"),
              b8 = v.type(1)[0] + std::string("8");
  return with(v, cases, [=](uint64_t a, uint64_t b, uint64_t c) {
    Wide sum = Wide(c);
    for (unsigned i = 0; i < 4; ++i)
      sum += valueOf(a8, a >> (8 * i)) * valueOf(b8, b >> (8 * i));
    return uint64_t(sum);
  });
}
Made dp2a(Variant &v, std::vector<Case> &cases) {
  std::string a16 = v.type(0)[0] + std::string("16"),
              b8 = v.type(1)[0] + std::string("8");
  unsigned first = v.oneOf({"lo", "hi"}) == "hi" ? 16 : 0;
  return with(v, cases, [=](uint64_t a, uint64_t b, uint64_t c) {
    Wide sum = Wide(c);
    for (unsigned i = 0; i < 2; ++i)
      sum += valueOf(a16, a >> (16 * i)) * valueOf(b8, b >> (first + 8 * i));
    return uint64_t(sum);
  });
}

/// With carry: the carry-in is bit 3 of %a; one case looks at the result and,
/// with .cc, one at the carry-out.
Made carry(Variant &v, std::vector<Case> &cases) {
  bool writes = v.has("cc");
  bool reads = v.opcode.back() == 'c';
  if (!writes && !reads)
    return Made::Unknown;
  std::string type = v.type(), high = v.oneOf({"hi", "lo"});
  unsigned bits = 8 * bytesOf(type);
  char op = v.opcode[0];
  // (1 or 0) + 2^32 - 1 carries where the bit is set.
  std::string low =
      bits == 64 ? "cvt.u32.u64 %r10, %a;\n" : "mov.b32 %r10, %a;\n";
  std::string prepare = low + "shr.u32 %r10, %r10, 3;\nand.b32 %r10, %r10, 1;\n"
                              "add.cc.u32 %r11, %r10, 0xffffffff;\n";
  auto full = [=](uint64_t a, uint64_t b, uint64_t c) {
    using U = unsigned __int128;
    U in = reads ? a >> 3 & 1 : 0;
    if (op == 'a')
      return U(a) + b + in;
    if (op == 's')
      return U(a) - b - in;
    Wide x = valueOf(type, a) * valueOf(type, b);
    U product = type == "u64" ? U(a) * b : U(x);
    U part = high == "hi" ? product >> bits : product;
    U mask = (U(1) << bits) - 1;
    return (part & mask) + c + in;
  };
  Case result = makeCase(v);
  result.operation.text = prepare + result.operation.text;
  Case out = result;
  setReference(result, Result::Bits, [=](uint64_t a, uint64_t b, uint64_t c) {
    return uint64_t(full(a, b, c));
  });
  cases.push_back(result);
  // Without .cc the carry stays as it was.
  out.operation.text += "\naddc.u32 %r12, 0, 0;\n";
  out.operation.text +=
      bits == 64 ? "cvt.u64.u32 %d, %r12;" : "mov.b32 %d, %r12;";
  setReference(out, Result::Bits, [=](uint64_t a, uint64_t b, uint64_t c) {
    return writes ? uint64_t(full(a, b, c) >> bits & 1) : a >> 3 & 1;
  });
  cases.push_back(out);
  return Made::Yes;
}
} // namespace

const std::map<std::string, std::vector<Maker>> ptxsim::test::integerMakers = {
    {"add", {carry, add}},
    {"addc", {carry}},
    {"sub", {carry, sub}},
    {"subc", {carry}},
    {"mul", {product<false>}},
    {"mad", {carry, product<true>}},
    {"madc", {carry}},
    {"mul24", {product24<false>}},
    {"mad24", {product24<true>}},
    {"div", {division<false>}},
    {"rem", {division<true>}},
    {"abs", {abs}},
    {"neg", {neg}},
    {"min", {min}},
    {"max", {max}},
    {"sad", {sad}},
    {"dp4a", {dp4a}},
    {"dp2a", {dp2a}},
};
