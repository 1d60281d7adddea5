//===- AtomicForms.cpp - every form of atom and red -----------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forms.h"
#include <cmath>

using namespace ptxsim::test;

namespace {
uint64_t sumOfHalves(const std::string &type, uint64_t a, uint64_t b) {
  bool isBrain = type == "bf16";
  long double x = isBrain ? brainValue(uint16_t(a)) : halfValue(uint16_t(a)),
              y = isBrain ? brainValue(uint16_t(b)) : halfValue(uint16_t(b));
  // Far apart, the smaller one can only break a tie.
  if (std::fabs(x) < std::fabs(y))
    std::swap(x, y);
  if (std::isfinite(x) && y != 0 && std::fabs(y) < std::fabs(x) * 0x1p-40L)
    y = std::copysign(std::fabs(x) * 0x1p-40L, y);
  return isBrain ? nearestBrain(x + y) : nearestHalf(x + y);
}

float flush(float x) {
  return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x;
}

/// What is in memory after the operation.
Reference newValue(const std::string &op, const std::string &type,
                   bool isGlobal) {
  return [=](uint64_t old, uint64_t b, uint64_t c) -> uint64_t {
    std::string element = elementType(type);
    if (element == "f16" || element == "bf16") {
      uint64_t low = sumOfHalves(element, old & 0xffff, b & 0xffff);
      return bytesOf(type) == 2
                 ? low
                 : low | sumOfHalves(element, old >> 16, b >> 16) << 16;
    }
    if (type == "f32") {
      float x = bitCast<float>(old), y = bitCast<float>(b);
      // In global memory subnormals are flushed (PTX ISA, atom).
      return toBits(isGlobal ? flush(flush(x) + flush(y)) : x + y);
    }
    if (type == "f64")
      return toBits(bitCast<double>(old) + bitCast<double>(b));
    unsigned shift = 64 - 8 * bytesOf(type);
    bool less = isSignedType(type) ? int64_t(old << shift) < int64_t(b << shift)
                                   : old < b;
    return op == "add"    ? old + b
           : op == "min"  ? (less ? old : b)
           : op == "max"  ? (less ? b : old)
           : op == "and"  ? old & b
           : op == "or"   ? old | b
           : op == "xor"  ? old ^ b
           : op == "inc"  ? (old >= b ? 0 : old + 1)
           : op == "dec"  ? (old == 0 || old > b ? b : old - 1)
           : op == "exch" ? b
                          : (old == b ? c : old); // cas
  };
}

/// Old value and new memory, every thread with a word of its own; without a
/// space in global and in shared memory.
Made atomic(Variant &v, std::vector<Case> &cases) {
  v.allowHints();
  v.has("noftz");
  std::string op = v.oneOf(
      {"add", "min", "max", "and", "or", "xor", "inc", "dec", "exch", "cas"});
  std::string space = v.oneOf({"global", "shared", "shared::cta"});
  std::string type = v.type();
  std::string order = v.oneOf({"relaxed", "acquire", "release", "acq_rel",
                               "cta", "cluster", "gpu", "sys"});
  bool returns = v.opcode == "atom", policy = v.has("L2::cache_hint");
  unsigned bits = 8 * bytesOf(type);
  std::string width = ".b" + std::to_string(bits);
  for (bool global : {true, false}) {
    if (!space.empty() && global != (space == "global"))
      continue;
    // Some %b are the old value, so that cas meets equal ones.
    std::string prepare = "mov" + width + " %v, %b;\nand" + width +
                          " %w, %c, 3;\nsetp.eq" + width +
                          " %p1, %w, 0;\n@%p1 mov" + width +
                          " %v, %a;\nmov.b64 %rd20, 0;\n";
    std::string address = "%rd4";
    if (!global) {
      prepare += "mov.u64 %rd21, words;\nmad.wide.u32 %rd21, %r2, 8, %rd21;\n";
      address = "%rd21";
    }
    std::string in = global ? "global" : "shared";
    prepare += "st." + in + width + " [" + address + "], %a;\n";
    if (space.empty())
      prepare += "cvta." + in + ".u64 %rd22, " + address + ";\n";
    else
      prepare += "mov.u64 %rd22, " + address + ";\n";
    std::string text = v.name() + (returns ? " %w, " : " ") + "[%rd22], %v" +
                       (op == "cas" ? ", %c" : "") + (policy ? ", %rd20" : "") +
                       ";\n";
    std::string begin = "{\n.reg " + width + " %v, %w;\n" +
                        (global ? "" : ".shared .align 8 .b64 words[256];\n") +
                        prepare + text;
    for (bool old : {true, false}) {
      if (old && !returns)
        continue;
      Case c;
      // Order and scope do not change values.
      c.count = order.empty() ? size_t(1) << 16 : size_t(1) << 12;
      for (std::string &source : c.sources)
        source = type;
      c.operation.resultBytes = bits / 8;
      c.operation.text =
          begin + (old ? "mov" + width + " %d, %w;\n}"
                       : "ld." + in + width + " %d, [" + address + "];\n}");
      Reference after = newValue(op, type, global);
      setReference(c, old ? Result::Bits : resultOf(type),
                   [=](uint64_t a, uint64_t b, uint64_t e) {
                     return old ? a : after(a, e & 3 ? b : a, e);
                   });
      cases.push_back(c);
    }
  }
  return Made::Yes;
}
} // namespace

const std::map<std::string, std::vector<Maker>> ptxsim::test::atomicMakers = {
    {"atom", {atomic}},
    {"red", {atomic}},
};
