//===- BitTest.cpp - logic, shifts and bit fields ---------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Instructions.h"
#include <algorithm>
#include <bitset>

using namespace ptxsim::test;

namespace {
template <unsigned Bits>
using Set = std::bitset<Bits>;

template <unsigned Bits>
std::vector<Operation> logic() {
  constexpr unsigned bytes = Bits / 8;
  std::string b = ".b" + std::to_string(Bits);
  std::string amount = "cvt.u32.u64 %r10, %rd10;\n";
  auto plain = [&](const std::string &name, auto f) {
    return Operation{name + b + " %d, %a, %b;", bytes, Result::Bits, f};
  };
  return {
      plain("and", [](uint64_t a, uint64_t b, uint64_t) { return a & b; }),
      plain("or", [](uint64_t a, uint64_t b, uint64_t) { return a | b; }),
      plain("xor", [](uint64_t a, uint64_t b, uint64_t) { return a ^ b; }),
      {"not" + b + " %d, %a;", bytes, Result::Bits,
       [](uint64_t a, uint64_t, uint64_t) { return ~a; }},
      {"cnot" + b + " %d, %a;", bytes, Result::Bits,
       [](uint64_t a, uint64_t, uint64_t) { return uint64_t(!a); }},
  };
}

/// With a shift amount of 0 to 127 from the low bits of %c.
template <typename T>
std::vector<Operation> shifts() {
  using S = std::make_signed_t<T>;
  constexpr unsigned bits = 8 * sizeof(T);
  std::string width = std::to_string(bits);
  std::string amount = sizeof(T) == 2   ? "cvt.u32.u16 %r10, %c;\n"
                       : sizeof(T) == 4 ? "mov.b32 %r10, %c;\n"
                                        : "cvt.u32.u64 %r10, %c;\n";
  amount += "and.b32 %r10, %r10, 127;\n";
  return {
      {amount + "shl.b" + width + " %d, %a, %r10;", sizeof(T), Result::Bits,
       [](uint64_t a, uint64_t, uint64_t c) {
         unsigned n = c & 127;
         return n >= bits ? 0 : a << n;
       }},
      {amount + "shr.u" + width + " %d, %a, %r10;", sizeof(T), Result::Bits,
       [](uint64_t a, uint64_t, uint64_t c) {
         unsigned n = c & 127;
         return n >= bits ? 0 : a >> n;
       }},
      {amount + "shr.s" + width + " %d, %a, %r10;", sizeof(T), Result::Bits,
       [](uint64_t a, uint64_t, uint64_t c) {
         return uint64_t(int64_t(S(a)) >> std::min<unsigned>(c & 127, 63));
       }},
  };
}

template <typename T>
std::vector<Operation> counts() {
  using S = std::make_signed_t<T>;
  constexpr unsigned bits = 8 * sizeof(T);
  std::string width = std::to_string(bits);
  auto top = [](T value) {
    int at = -1;
    for (unsigned i = 0; i < bits; ++i)
      if (value >> i & 1)
        at = int(i);
    return at;
  };
  auto unary = [](auto f) {
    return [f](uint64_t a, uint64_t, uint64_t) { return uint64_t(f(T(a))); };
  };
  return {
      {"popc.b" + width + " %d, %a;", 4, Result::Bits,
       unary([](T a) { return Set<bits>(a).count(); })},
      {"clz.b" + width + " %d, %a;", 4, Result::Bits,
       unary([=](T a) { return int(bits) - 1 - top(a); })},
      {"bfind.u" + width + " %d, %a;", 4, Result::Bits,
       unary([=](T a) { return uint32_t(top(a)); })},
      {"bfind.s" + width + " %d, %a;", 4, Result::Bits,
       unary([=](T a) { return uint32_t(top(S(a) < 0 ? T(~a) : a)); })},
      {"bfind.shiftamt.u" + width + " %d, %a;", 4, Result::Bits,
       unary([=](T a) {
         return a ? uint32_t(bits - 1) - uint32_t(top(a)) : ~uint32_t(0);
       })},
  };
}

template <typename T>
std::vector<Operation> fields() {
  using S = std::make_signed_t<T>;
  constexpr unsigned bits = 8 * sizeof(T);
  std::string width = std::to_string(bits);
  // Position and length, 0 to 255, from %c.
  std::string prepare =
      sizeof(T) == 4 ? "mov.b32 %r10, %c;\n" : "cvt.u32.u64 %r10, %c;\n";
  prepare += "and.b32 %r11, %r10, 255;\nshr.u32 %r12, %r10, 8;\n"
             "and.b32 %r12, %r12, 255;\n";
  auto extract = [](uint64_t a, uint64_t c, bool isSigned) {
    unsigned pos = c & 255, len = c >> 8 & 255;
    Set<bits> from(a), to;
    bool sign = isSigned && len && from[std::min(pos + len - 1, bits - 1)];
    for (unsigned i = 0; i < bits; ++i)
      to[i] = i < len && pos + i < bits ? from[pos + i] : sign;
    return to.to_ullong();
  };
  return {
      {prepare + "bfe.u" + width + " %d, %a, %r11, %r12;", sizeof(T),
       Result::Bits,
       [=](uint64_t a, uint64_t, uint64_t c) { return extract(a, c, false); }},
      {prepare + "bfe.s" + width + " %d, %a, %r11, %r12;", sizeof(T),
       Result::Bits,
       [=](uint64_t a, uint64_t, uint64_t c) { return extract(a, c, true); }},
      {prepare + "bfi.b" + width + " %d, %a, %b, %r11, %r12;", sizeof(T),
       Result::Bits,
       [](uint64_t a, uint64_t b, uint64_t c) {
         unsigned pos = c & 255, len = c >> 8 & 255;
         Set<bits> from(a), to(b);
         for (unsigned i = 0; i < len && pos + i < bits; ++i)
           to[pos + i] = from[i];
         return uint64_t(to.to_ullong());
       }},
      {"brev.b" + width + " %d, %a;", sizeof(T), Result::Bits,
       [](uint64_t a, uint64_t, uint64_t) {
         std::string text = Set<bits>(a).to_string();
         std::reverse(text.begin(), text.end());
         return uint64_t(Set<bits>(text).to_ullong());
       }},
  };
  (void)static_cast<S>(0);
}
} // namespace

TEST(Bits, Logic) {
  expectOperations(logic<16>(), randomOperands(Domain::Integer, 2));
  expectOperations(logic<32>(), randomOperands(Domain::Integer, 4));
  expectOperations(logic<64>(), randomOperands(Domain::Integer, 8));
}

TEST(Bits, Shifts) {
  expectOperations(shifts<uint16_t>(), randomOperands(Domain::Integer, 2));
  expectOperations(shifts<uint32_t>(), randomOperands(Domain::Integer, 4));
  expectOperations(shifts<uint64_t>(), randomOperands(Domain::Integer, 8));
}

TEST(Bits, CountsAndFields) {
  constexpr size_t few = 1 << 18; // the reference goes bit by bit
  expectOperations(counts<uint32_t>(), randomOperands(Domain::Integer, 4));
  expectOperations(counts<uint64_t>(), randomOperands(Domain::Integer, 8));
  expectOperations(fields<uint32_t>(), randomOperands(Domain::Integer, 4, few));
  expectOperations(fields<uint64_t>(), randomOperands(Domain::Integer, 8, few));
}

TEST(Bits, FunnelShifts) {
  auto pair = [](uint64_t a, uint64_t b) { return b << 32 | a; };
  expectOperations(
      {
          {"shf.l.wrap.b32 %d, %a, %b, %c;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             return pair(a, b) << (c & 31) >> 32;
           }},
          {"shf.r.wrap.b32 %d, %a, %b, %c;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             return pair(a, b) >> (c & 31);
           }},
          {"shf.l.clamp.b32 %d, %a, %b, %c;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             return c >= 32 ? a : pair(a, b) << c >> 32;
           }},
          {"shf.r.clamp.b32 %d, %a, %b, %c;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             return c >= 32 ? b : pair(a, b) >> c;
           }},
      },
      randomOperands(Domain::Integer, 4));
}

TEST(Bits, Lop3OfEveryTable) {
  std::vector<Operation> operations;
  for (unsigned table = 0; table < 256; ++table)
    operations.push_back(
        {"lop3.b32 %d, %a, %b, %c, " + std::to_string(table) + ";", 4,
         Result::Bits, [table](uint64_t a, uint64_t b, uint64_t c) {
           uint64_t result = 0;
           for (unsigned i = 0; i < 32; ++i) {
             unsigned row = (a >> i & 1) * 4 + (b >> i & 1) * 2 + (c >> i & 1);
             result |= uint64_t(table >> row & 1) << i;
           }
           return result;
         }});
  expectOperations(operations, randomOperands(Domain::Integer, 4, 1 << 10));
}

TEST(Bits, Permutations) {
  auto bytes = [](uint64_t a, uint64_t b, std::array<int, 4> from) {
    uint64_t both = b << 32 | a, result = 0;
    for (unsigned i = 0; i < 4; ++i)
      result |= (both >> (8 * from[i]) & 255) << (8 * i);
    return result;
  };
  expectOperations(
      {
          {"prmt.b32 %d, %a, %b, %c;", 4, Result::Bits,
           [](uint64_t a, uint64_t b, uint64_t c) {
             uint64_t both = b << 32 | a, result = 0;
             for (unsigned i = 0; i < 4; ++i) {
               unsigned nibble = c >> (4 * i) & 15;
               uint64_t byte = both >> (8 * (nibble & 7)) & 255;
               if (nibble & 8)
                 byte = byte & 128 ? 255 : 0;
               result |= byte << (8 * i);
             }
             return result;
           }},
          {"prmt.b32.f4e %d, %a, %b, %c;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             int n = c & 3;
             return bytes(a, b, {n, n + 1, n + 2, n + 3});
           }},
          {"prmt.b32.b4e %d, %a, %b, %c;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             int n = c & 3;
             return bytes(a, b, {n, (n + 7) % 8, (n + 6) % 8, (n + 5) % 8});
           }},
          {"prmt.b32.rc8 %d, %a, %b, %c;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             int n = c & 3;
             return bytes(a, b, {n, n, n, n});
           }},
          {"prmt.b32.ecl %d, %a, %b, %c;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             int n = c & 3;
             return bytes(a, b, {n, std::max(n, 1), std::max(n, 2), 3});
           }},
          {"prmt.b32.ecr %d, %a, %b, %c;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             int n = c & 3;
             return bytes(a, b, {0, std::min(n, 1), std::min(n, 2), n});
           }},
          {"prmt.b32.rc16 %d, %a, %b, %c;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             int n = c & 1 ? 2 : 0;
             return bytes(a, b, {n, n + 1, n, n + 1});
           }},
      },
      randomOperands(Domain::Integer, 4));
}

TEST(Bits, MasksAndExtensions) {
  auto mask = [](uint64_t from, uint64_t length) {
    uint64_t result = 0;
    for (uint64_t i = from; i < std::min<uint64_t>(from + length, 32); ++i)
      result |= uint64_t(1) << i;
    return result;
  };
  auto extend = [](uint64_t a, uint64_t width, bool isSigned) -> uint64_t {
    if (width == 0)
      return 0;
    if (width >= 32)
      return a;
    uint64_t low = a % (uint64_t(1) << width);
    bool negative = isSigned && low >> (width - 1);
    return negative ? low - (uint64_t(1) << width) : low;
  };
  expectOperations(
      {
          {"bmsk.clamp.b32 %d, %a, %b;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t) { return mask(a, b); }},
          {"bmsk.wrap.b32 %d, %a, %b;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t) {
             return mask(a & 31, b & 31);
           }},
          {"szext.clamp.s32 %d, %a, %b;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t) {
             return extend(a, b, true);
           }},
          {"szext.wrap.s32 %d, %a, %b;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t) {
             return extend(a, b & 31, true);
           }},
          {"szext.clamp.u32 %d, %a, %b;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t) {
             return extend(a, b, false);
           }},
          {"fns.b32 %d, %a, %b, %c;", 4, Result::Bits,
           [](uint64_t a, uint64_t b, uint64_t c) -> uint64_t {
             if (b > 31)
               return 0xffffffff;
             int64_t n = int32_t(c);
             if (n == 0)
               return a >> b & 1 ? b : 0xffffffff;
             for (int64_t at = int64_t(b), step = n < 0 ? -1 : 1;
                  at >= 0 && at < 32; at += step)
               if (a >> at & 1 && (n -= step) == 0)
                 return uint64_t(at);
             return 0xffffffff;
           }},
      },
      randomOperands(Domain::Integer, 4, 1 << 18));
}
