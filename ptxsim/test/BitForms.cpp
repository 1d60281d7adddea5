//===- BitForms.cpp - every form of logic, shifts and bit fields ----------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forms.h"
#include <algorithm>
#include <bitset>

using namespace ptxsim::test;

namespace {
using Bits = std::bitset<64>;

Made with(Variant &v, std::vector<Case> &cases, Reference reference) {
  Case c = makeCase(v);
  setReference(c, Result::Bits, std::move(reference));
  cases.push_back(c);
  return Made::Yes;
}

unsigned widthOf(Variant &v) { return 8 * bytesOf(v.type()); }

/// Of predicates the operands' lowest bits, so that 1 is "all ones".
template <typename F>
Made logic(Variant &v, std::vector<Case> &cases, F f) {
  bool predicate = v.type() == "pred";
  return with(v, cases, [=](uint64_t a, uint64_t b, uint64_t) {
    uint64_t x = f(a, b);
    return predicate ? x & 1 : x;
  });
}
Made bitAnd(Variant &v, std::vector<Case> &cases) {
  return logic(v, cases, [](uint64_t a, uint64_t b) { return a & b; });
}
Made bitOr(Variant &v, std::vector<Case> &cases) {
  return logic(v, cases, [](uint64_t a, uint64_t b) { return a | b; });
}
Made bitXor(Variant &v, std::vector<Case> &cases) {
  return logic(v, cases, [](uint64_t a, uint64_t b) { return a ^ b; });
}
Made bitNot(Variant &v, std::vector<Case> &cases) {
  return logic(v, cases, [](uint64_t a, uint64_t) { return ~a; });
}
Made cnot(Variant &v, std::vector<Case> &cases) {
  return with(v, cases,
              [](uint64_t a, uint64_t, uint64_t) { return uint64_t(!a); });
}

/// Bit by bit; amounts beyond the width shift everything out.
Made shl(Variant &v, std::vector<Case> &cases) {
  unsigned width = widthOf(v);
  return with(v, cases, [=](uint64_t a, uint64_t b, uint64_t) {
    return b >= width ? 0 : a << b;
  });
}
Made shr(Variant &v, std::vector<Case> &cases) {
  unsigned width = widthOf(v);
  bool isSigned = isSignedType(v.type());
  return with(v, cases, [=](uint64_t a, uint64_t b, uint64_t) {
    bool sign = isSigned && a >> (width - 1) & 1;
    uint64_t ones = sign ? ~uint64_t(0) : 0;
    if (b >= width)
      return ones;
    return b ? a >> b | ones << (width - b) : a;
  });
}

Made shf(Variant &v, std::vector<Case> &cases) {
  bool left = v.oneOf({"l", "r"}) == "l",
       clamp = v.oneOf({"wrap", "clamp"}) == "clamp";
  v.type();
  return with(v, cases, [=](uint64_t a, uint64_t b, uint64_t c) {
    uint64_t n = clamp ? std::min<uint64_t>(c, 32) : c % 32;
    uint64_t both = b << 32 | a;
    return left ? (n == 32 ? a : both << n >> 32) : both >> n;
  });
}

Made lop3(Variant &v, std::vector<Case> &cases) {
  v.type();
  for (unsigned table = 0; table < 256; ++table) {
    Case c;
    c.count = 1 << 12;
    c.operation.text =
        v.name() + " %d, %a, %b, %c, " + std::to_string(table) + ";";
    c.operation.resultBytes = 4;
    setReference(c, Result::Bits, [=](uint64_t a, uint64_t b, uint64_t e) {
      uint64_t result = 0;
      for (unsigned i = 0; i < 32; ++i) {
        unsigned row = (a >> i & 1) * 4 + (b >> i & 1) * 2 + (e >> i & 1);
        result |= uint64_t(table >> row & 1) << i;
      }
      return result;
    });
    cases.push_back(c);
  }
  return Made::Yes;
}

int highest(uint64_t x) {
  int at = -1;
  for (; x; x >>= 1)
    ++at;
  return at;
}

Made popc(Variant &v, std::vector<Case> &cases) {
  v.type();
  return with(v, cases, [](uint64_t a, uint64_t, uint64_t) {
    return uint64_t(Bits(a).count());
  });
}
Made clz(Variant &v, std::vector<Case> &cases) {
  int width = int(widthOf(v));
  return with(v, cases, [=](uint64_t a, uint64_t, uint64_t) {
    return uint64_t(width - 1 - highest(a));
  });
}
Made brev(Variant &v, std::vector<Case> &cases) {
  unsigned width = widthOf(v);
  return with(v, cases, [=](uint64_t a, uint64_t, uint64_t) {
    uint64_t result = 0;
    for (unsigned i = 0; i < width; ++i)
      result |= (a >> i & 1) << (width - 1 - i);
    return result;
  });
}
Made bfind(Variant &v, std::vector<Case> &cases) {
  unsigned width = widthOf(v);
  bool isSigned = isSignedType(v.type()), amount = v.has("shiftamt");
  return with(v, cases, [=](uint64_t a, uint64_t, uint64_t) {
    uint64_t mask = ~uint64_t(0) >> (64 - width);
    bool negative = isSigned && a >> (width - 1) & 1;
    int at = highest(negative ? ~a & mask : a);
    return uint64_t(at < 0 || !amount ? at : int(width) - 1 - at);
  });
}
Made fns(Variant &v, std::vector<Case> &cases) {
  v.type();
  with(v, cases, [](uint64_t a, uint64_t b, uint64_t c) -> uint64_t {
    int64_t n = int32_t(c);
    if (n == 0)
      return a >> (b & 31) & 1 ? b & 31 : 0xffffffff;
    for (int64_t at = int64_t(b), step = n < 0 ? -1 : 1; at >= 0 && at < 32;
         at += step)
      if (a >> at & 1 && (n -= step) == 0)
        return uint64_t(at);
    return 0xffffffff;
  });
  // The base must be below 32.
  cases.back().operation.isOpen = [](uint64_t, uint64_t b, uint64_t) {
    return b > 31;
  };
  return Made::Yes;
}

/// Positions and lengths count with their lower 8 bits.
uint64_t field(uint64_t a, unsigned pos, unsigned len, unsigned width,
               bool isSigned) {
  uint64_t result = 0;
  bool sign = isSigned && len && a >> std::min(pos + len - 1, width - 1) & 1;
  for (unsigned i = 0; i < width; ++i)
    result |= uint64_t(i < len && pos + i < width ? a >> (pos + i) & 1 : sign)
              << i;
  return result;
}
Made bfe(Variant &v, std::vector<Case> &cases) {
  unsigned width = widthOf(v);
  bool isSigned = isSignedType(v.type());
  return with(v, cases, [=](uint64_t a, uint64_t b, uint64_t c) {
    return field(a, b & 255, c & 255, width, isSigned);
  });
}
Made bfi(Variant &v, std::vector<Case> &cases) {
  unsigned width = widthOf(v);
  // Position and length from two bytes of a third operand.
  Case c;
  c.sources[0] = c.sources[1] = v.type();
  c.sources[2] = "u32";
  c.operation.resultBytes = width / 8;
  c.operation.text =
      "shr.u32 %r11, %c, 8;\n" + v.name() + " %d, %a, %b, %c, %r11;";
  setReference(c, Result::Bits, [=](uint64_t a, uint64_t b, uint64_t e) {
    unsigned pos = e & 255, len = e >> 8 & 255;
    for (unsigned i = 0; i < len && pos + i < width; ++i)
      b = (b & ~(uint64_t(1) << (pos + i))) | (a >> i & 1) << (pos + i);
    return b;
  });
  cases.push_back(c);
  return Made::Yes;
}
Made bmsk(Variant &v, std::vector<Case> &cases) {
  bool wrap = v.oneOf({"clamp", "wrap"}) == "wrap";
  v.type();
  return with(v, cases, [=](uint64_t a, uint64_t b, uint64_t) {
    if (wrap)
      a &= 31, b &= 31;
    uint64_t result = 0;
    for (uint64_t i = a; i < std::min<uint64_t>(a + b, 32); ++i)
      result |= uint64_t(1) << i;
    return result;
  });
}
Made szext(Variant &v, std::vector<Case> &cases) {
  bool wrap = v.oneOf({"clamp", "wrap"}) == "wrap";
  bool isSigned = isSignedType(v.type());
  return with(v, cases, [=](uint64_t a, uint64_t b, uint64_t) {
    return field(a, 0, unsigned(wrap ? b & 31 : std::min<uint64_t>(b, 32)), 32,
                 isSigned);
  });
}

Made prmt(Variant &v, std::vector<Case> &cases) {
  v.type();
  std::string mode = v.oneOf({"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"});
  return with(v, cases, [=](uint64_t a, uint64_t b, uint64_t c) {
    uint64_t both = b << 32 | a, result = 0;
    int n = int(c & 3);
    for (int i = 0; i < 4; ++i) {
      int from = mode == "f4e"    ? n + i
                 : mode == "b4e"  ? (n + 8 - i) % 8
                 : mode == "rc8"  ? n
                 : mode == "ecl"  ? std::max(n, i)
                 : mode == "ecr"  ? std::min(n, i)
                 : mode == "rc16" ? (n & 1) * 2 + (i & 1)
                                  : int(c >> (4 * i) & 7);
      uint64_t byte = both >> (8 * from) & 255;
      if (mode.empty() && c >> (4 * i + 3) & 1)
        byte = byte & 128 ? 255 : 0;
      result |= byte << (8 * i);
    }
    return result;
  });
}
} // namespace

const std::map<std::string, std::vector<Maker>> ptxsim::test::bitMakers = {
    {"and", {bitAnd}},  {"or", {bitOr}},  {"xor", {bitXor}},
    {"not", {bitNot}},  {"cnot", {cnot}}, {"shl", {shl}},
    {"shr", {shr}},     {"shf", {shf}},   {"lop3", {lop3}},
    {"popc", {popc}},   {"clz", {clz}},   {"brev", {brev}},
    {"bfind", {bfind}}, {"fns", {fns}},   {"bfe", {bfe}},
    {"bfi", {bfi}},     {"bmsk", {bmsk}}, {"szext", {szext}},
    {"prmt", {prmt}},
};
