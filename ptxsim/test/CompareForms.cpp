//===- CompareForms.cpp - every form of comparison and selection
//-----------===//
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
enum Relation : unsigned { Less = 1, Equal = 2, Greater = 4, Unordered = 8 };

/// Which relations a comparison holds for.
unsigned relationsOf(Variant &v) {
  static const std::map<std::string, unsigned> table = {
      {"eq", Equal},
      {"ne", Less | Greater},
      {"lt", Less},
      {"le", Less | Equal},
      {"gt", Greater},
      {"ge", Greater | Equal},
      {"lo", Less},
      {"ls", Less | Equal},
      {"hi", Greater},
      {"hs", Greater | Equal},
      {"equ", Equal | Unordered},
      {"neu", Less | Greater | Unordered},
      {"ltu", Less | Unordered},
      {"leu", Less | Equal | Unordered},
      {"gtu", Greater | Unordered},
      {"geu", Greater | Equal | Unordered},
      {"num", Less | Equal | Greater},
      {"nan", Unordered}};
  for (const auto &[name, relations] : table)
    if (v.has(name))
      return relations;
  return 0;
}

bool combine(const std::string &how, bool a, bool b) {
  return how == "and"   ? a && b
         : how == "or"  ? a || b
         : how == "xor" ? a != b
                        : a;
}

struct Comparison {
  std::string type, boolean;
  unsigned relations;
  bool ftz, negated;

  Comparison(Variant &v, const std::string &type, bool negated)
      : type(type), boolean(v.oneOf({"and", "or", "xor"})),
        relations(relationsOf(v)), ftz(v.has("ftz")), negated(negated) {}

  /// Half `i` of packed operands.
  bool compare(uint64_t a, uint64_t b, unsigned i = 0) const {
    std::string element = isPackedType(type) ? elementType(type) : type;
    long double x = valueOf(element, a >> (16 * i), ftz),
                y = valueOf(element, b >> (16 * i), ftz);
    unsigned relation = x < y    ? Less
                        : x == y ? Equal
                        : x > y  ? Greater
                                 : Unordered;
    return relations & relation;
  }
  bool with(bool t, uint64_t c) const {
    return combine(boolean, t, bool(c & 1) != negated);
  }
};

/// All combinations of 16 bits would be 2^32; the others run on fewer
/// operands where the modifiers multiply.
size_t operandsFor(Variant &v) {
  return v.opcode == "set" || !v.oneOf({"and", "or", "xor"}).empty()
             ? size_t(1) << 13
             : manyOperands;
}

template <typename F>
void forBothSigns(Variant &v, std::vector<Case> &cases, F reference) {
  bool hasPredicate = v.roles.back() == "!";
  for (bool negated : {false, true}) {
    if (negated && !hasPredicate)
      continue;
    Case c = makeCase(v, negated);
    c.count = operandsFor(v);
    c.operation.compare = Result::Bits;
    c.operation.expected = reference(negated);
    cases.push_back(c);
  }
}

Made setp(Variant &v, std::vector<Case> &cases) {
  std::string type = v.type();
  forBothSigns(v, cases, [&](bool negated) -> Reference {
    Comparison how(v, type, negated);
    return [how](uint64_t a, uint64_t b, uint64_t c) {
      bool t = how.compare(a, b);
      // The second destination: the upper half, or the opposite.
      bool q = isPackedType(how.type) ? how.compare(a, b, 1) : !t;
      return uint64_t(how.with(t, c)) + 2 * uint64_t(how.with(q, c));
    };
  });
  // With one destination.
  Case single = makeCase(v);
  std::string &text = single.operation.text;
  text.erase(text.find("|%p9"), 4);
  text.erase(text.find("\nselp.b32 %r11"));
  single.count = 1 << 12;
  Comparison how(v, type, false);
  setReference(single, Result::Bits, [how](uint64_t a, uint64_t b, uint64_t c) {
    return uint64_t(how.with(how.compare(a, b), c));
  });
  cases.push_back(single);
  return Made::Yes;
}

Made set(Variant &v, std::vector<Case> &cases) {
  std::string to = v.type(0), from = v.type(1);
  uint64_t one = to == "f32"                 ? 0x3f800000
                 : elementType(to) == "f16"  ? 0x3c00
                 : elementType(to) == "bf16" ? 0x3f80
                 : isPackedType(from)        ? 0xffff
                                             : 0xffffffff;
  forBothSigns(v, cases, [&](bool negated) -> Reference {
    Comparison how(v, from, negated);
    return [=](uint64_t a, uint64_t b, uint64_t c) {
      uint64_t result = how.with(how.compare(a, b), c) ? one : 0;
      if (isPackedType(how.type) && how.with(how.compare(a, b, 1), c))
        result |= one << 16;
      return result;
    };
  });
  return Made::Yes;
}

Made selp(Variant &v, std::vector<Case> &cases) {
  v.type();
  Case c = makeCase(v);
  setReference(c, Result::Bits, [](uint64_t a, uint64_t b, uint64_t c) {
    return c & 1 ? a : b;
  });
  cases.push_back(c);
  return Made::Yes;
}

/// a where c is not negative; -0 is not, a NaN is.
Made slct(Variant &v, std::vector<Case> &cases) {
  v.type();
  std::string by = v.type(1);
  bool ftz = v.has("ftz");
  Case c = makeCase(v);
  setReference(c, Result::Bits, [=](uint64_t a, uint64_t b, uint64_t c) {
    return valueOf(by, c, ftz) >= 0 ? a : b;
  });
  cases.push_back(c);
  return Made::Yes;
}
} // namespace

const std::map<std::string, std::vector<Maker>> ptxsim::test::compareMakers = {
    {"setp", {setp}},
    {"set", {set}},
    {"selp", {selp}},
    {"slct", {slct}},
};
