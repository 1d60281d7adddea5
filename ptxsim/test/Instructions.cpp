//===- Instructions.cpp - one instruction against host arithmetic -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Instructions.h"
#include <algorithm>
#include <cmath>
#include <random>

using namespace ptxsim;
using namespace ptxsim::test;

static uint64_t lowBits(uint64_t value, unsigned bytes) {
  return bytes == 8 ? value : value & ((uint64_t(1) << bytes * 8) - 1);
}

static std::vector<uint64_t> specialValues(Domain domain, unsigned bytes) {
  unsigned fraction, exponent;
  switch (domain) {
  case Domain::F16:
    fraction = 10, exponent = 5;
    break;
  case Domain::BF16:
    fraction = 7, exponent = 8;
    break;
  case Domain::F32:
    fraction = 23, exponent = 8;
    break;
  case Domain::F64:
    fraction = 52, exponent = 11;
    break;
  default: {
    std::vector<uint64_t> values;
    for (uint64_t value : {0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 63, 64, 255})
      values.insert(values.end(), {value, -value});
    for (unsigned bit = 7; bit < bytes * 8; bit += 8)
      for (int64_t off : {-1, 0, 1})
        values.push_back((uint64_t(1) << bit) + uint64_t(off));
    return values;
  }
  }
  uint64_t one = (uint64_t(1) << (exponent - 1)) - 1;
  uint64_t infinity = ((uint64_t(1) << exponent) - 1) << fraction;
  std::vector<uint64_t> magnitudes = {
      0,
      1,
      2,
      (uint64_t(1) << fraction) - 1, // largest subnormal
      uint64_t(1) << fraction,       // smallest normal
      (uint64_t(1) << fraction) + 1,
      one << fraction,
      (one << fraction) + 1,
      (one << fraction) - 1,
      (one + 1) << fraction,
      (one + fraction) << fraction,
      ((one + fraction) << fraction) + 1,
      infinity - 1,
      infinity,
      infinity + 1,
      infinity | uint64_t(1) << (fraction - 1)};
  std::vector<uint64_t> values;
  for (uint64_t magnitude : magnitudes)
    for (uint64_t sign : {0, 1})
      values.push_back(magnitude | sign << (fraction + exponent));
  return values;
}

Operands test::randomOperands(Domain domain, unsigned bytes, size_t count) {
  std::mt19937_64 random(bytes * 1000 + unsigned(domain));
  std::vector<uint64_t> special = specialValues(domain, bytes);
  unsigned fraction = domain == Domain::F16    ? 10
                      : domain == Domain::BF16 ? 7
                      : domain == Domain::F32  ? 23
                                               : 52;
  Operands operands;
  for (unsigned i = 0; i < 3; ++i) {
    operands.bytes[i] = bytes;
    operands.values[i].resize(count);
  }
  for (size_t k = 0; k < count; ++k) {
    uint64_t first = random();
    for (unsigned i = 0; i < 3; ++i) {
      uint64_t value = random();
      if (random() % 3 == 0)
        value = special[random() % special.size()];
      else if (k % 3 == 0)
        value = domain == Domain::Integer
                    ? value >> (random() % 64)
                    // Exponents within 16 of each other.
                    : (value & ~(~uint64_t(0) << (fraction + 4))) |
                          (first & (~uint64_t(0) << (fraction + 4)));
      operands.values[i][k] = lowBits(value, bytes);
    }
  }
  return operands;
}

Operands test::allHalves(Domain domain) {
  Operands operands = randomOperands(domain, 2, 65536);
  for (size_t k = 0; k < 65536; ++k)
    operands.values[0][k] = k;
  return operands;
}

static std::string registerName(char role, unsigned bytes) {
  return std::string("%") + role + std::to_string(bytes);
}

static void replaceAll(std::string &text, const std::string &from,
                       const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;
       at += to.size())
    text.replace(at, from.size(), to);
}

std::string test::operationModule(const std::vector<Operation> &operations,
                                  const Operands &operands) {
  std::string body = ".reg .b16 %d2, %a2, %b2, %c2;\n"
                     ".reg .b32 %d4, %a4, %b4, %c4;\n"
                     ".reg .b64 %d8, %a8, %b8, %c8;\n"
                     ".reg .pred %p, %q;\n"
                     "mov.u32 %r0, %ctaid.x;\nmov.u32 %r1, %ntid.x;\n"
                     "mov.u32 %r2, %tid.x;\nmad.lo.s32 %r3, %r0, %r1, %r2;\n";
  const char roles[] = "abc";
  for (unsigned i = 0; i < 3; ++i) {
    std::string bytes = std::to_string(operands.bytes[i]);
    body += "ld.param.u64 %rd1, [in" + std::to_string(i) + "];\n" +
            "mad.wide.u32 %rd2, %r3, " + bytes + ", %rd1;\n" + "ld.global.b" +
            std::to_string(operands.bytes[i] * 8) + " " +
            registerName(roles[i], operands.bytes[i]) + ", [%rd2];\n";
  }
  body += "ld.param.u64 %rd3, [out];\nmad.wide.u32 %rd4, %r3, 8, %rd3;\n"
          "mov.u32 %r4, %nctaid.x;\nmul.lo.s32 %r5, %r4, %r1;\n"
          "mul.wide.u32 %rd5, %r5, 8;\n";
  for (const Operation &operation : operations) {
    std::string text = operation.text;
    for (unsigned i = 0; i < 3; ++i)
      replaceAll(text, std::string("%") + roles[i],
                 registerName(roles[i], operands.bytes[i]));
    std::string d = registerName('d', operation.resultBytes);
    replaceAll(text, "%d", d);
    body += text + "\nst.global.b" + std::to_string(operation.resultBytes * 8) +
            " [%rd4], " + d + ";\nadd.u64 %rd4, %rd4, %rd5;\n";
  }
  return moduleText(kernelText(".param .u64 in0, .param .u64 in1, "
                               ".param .u64 in2, .param .u64 out",
                               body + "ret;"));
}

static bool isNan(uint64_t bits, Result format) {
  switch (format) {
  case Result::F16:
    return (bits & 0x7fff) > 0x7c00;
  case Result::BF16:
    return (bits & 0x7fff) > 0x7f80;
  case Result::F32:
    return (bits & 0x7fffffff) > 0x7f800000;
  case Result::F64:
    return (bits & 0x7fffffffffffffff) > 0x7ff0000000000000;
  default:
    return false;
  }
}

static bool isEqual(uint64_t a, uint64_t b, Result format) {
  if (format == Result::F16x2 || format == Result::BF16x2) {
    Result half = format == Result::F16x2 ? Result::F16 : Result::BF16;
    return isEqual(a & 0xffff, b & 0xffff, half) &&
           isEqual(a >> 16, b >> 16, half);
  }
  if (format == Result::F32x2)
    return isEqual(a & 0xffffffff, b & 0xffffffff, Result::F32) &&
           isEqual(a >> 32, b >> 32, Result::F32);
  return a == b || (isNan(a, format) && isNan(b, format));
}

static void expectBatch(const std::vector<Operation> &operations,
                        const Operands &operands, uint64_t seed) {
  size_t count = operands.count();
  ASSERT_EQ(count % 256, 0u);
  Simulation simulation(operationModule(operations, operands));
  ASSERT_NE(simulation.loaded, nullptr);
  uint64_t in[3];
  for (unsigned i = 0; i < 3; ++i) {
    unsigned bytes = operands.bytes[i];
    std::vector<uint8_t> packed(count * bytes);
    for (size_t k = 0; k < count; ++k)
      std::memcpy(&packed[k * bytes], &operands.values[i][k], bytes);
    in[i] = simulation.buffer(packed, "in");
  }
  uint64_t out = simulation.allocate(count * 8 * operations.size(), "out");
  LaunchConfig config = shape(uint32_t(count / 256), 256, seed);
  config.options.checks.races = false; // no two threads share anything
  LaunchResult result = simulation.run(config, in[0], in[1], in[2], out);
  ASSERT_EQ(faultText(result), "");
  for (size_t o = 0; o < operations.size(); ++o) {
    const Operation &operation = operations[o];
    std::vector<uint64_t> actual =
        simulation.read<uint64_t>(out + o * count * 8, count);
    size_t wrong = 0;
    uint64_t lanes[32];
    for (size_t k = 0; k < count && wrong < 3; ++k) {
      uint64_t a = operands.values[0][k], b = operands.values[1][k],
               c = operands.values[2][k];
      if (operation.isOpen && operation.isOpen(a, b, c))
        continue;
      if (operation.expectedOfWarp && k % 32 == 0)
        operation.expectedOfWarp(&operands.values[0][k], &operands.values[1][k],
                                 &operands.values[2][k], lanes);
      uint64_t given = lowBits(actual[k], operation.resultBytes);
      uint64_t expected =
          lowBits(operation.expectedOfWarp ? lanes[k % 32]
                                           : operation.expected(a, b, c),
                  operation.resultBytes);
      if (isEqual(given, expected, operation.compare))
        continue;
      ++wrong;
      ADD_FAILURE() << std::hex << operation.text << " of a=0x" << a << " b=0x"
                    << b << " c=0x" << c << " gives 0x" << given
                    << ", expected 0x" << expected;
    }
  }
}

void test::expectOperations(const std::vector<Operation> &operations,
                            const Operands &operands, uint64_t seed) {
  // A few at a time, which bounds the memory for the results.
  for (size_t i = 0; i < operations.size(); i += 8)
    expectBatch(
        {operations.begin() + ptrdiff_t(i),
         operations.begin() + ptrdiff_t(std::min(i + 8, operations.size()))},
        operands, seed);
}

double test::halfValue(uint16_t bits) {
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double value = exponent == 31 ? (fraction ? NAN : INFINITY)
                 : exponent     ? std::ldexp(1024 + fraction, exponent - 25)
                                : std::ldexp(fraction, -24);
  return bits & 0x8000 ? -value : value;
}

double test::brainValue(uint16_t bits) {
  return bitCast<float>(uint64_t(bits) << 16);
}

uint16_t test::nearestHalf(long double exact) {
  return nearest16(exact, 0x7c00, halfValue);
}
uint16_t test::nearestBrain(long double exact) {
  return nearest16(exact, 0x7f80, brainValue);
}
