//===- Forms.cpp - every form of every instruction ------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forms.h"
#include "OpcodeTable.h"
#include <algorithm>
#include <sstream>

using namespace ptxsim;
using namespace ptxsim::test;

namespace {
enum class Group : uint8_t { Value, Order, Hint };

Group groupOf(const std::string &modifier) {
  static const std::set<std::string> order = {
      "weak", "volatile", "relaxed", "acquire", "release", "acq_rel",
      "sc",   "cta",      "cluster", "gpu",     "sys",     "gl"};
  static const std::set<std::string> hints = {"ca", "cg", "cs", "lu",
                                              "cv", "wb", "wt"};
  if (order.count(modifier))
    return Group::Order;
  bool cache = modifier.rfind("L1::", 0) == 0 || modifier.rfind("L2::", 0) == 0;
  return cache || hints.count(modifier) ? Group::Hint : Group::Value;
}

struct Choice {
  Group group;
  std::vector<std::string> names; // "" where there may be none
};

std::vector<std::string> split(const std::string &text, char by) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, by);)
    if (!part.empty())
      parts.push_back(part);
  return parts;
}

std::vector<Choice> choicesOf(const Form &form) {
  std::vector<Choice> choices;
  for (std::string group : split(form.modifiers, ' ')) {
    Choice choice;
    if (group[0] == '?') {
      choice.names.push_back("");
      group.erase(0, 1);
    }
    for (const std::string &name : split(group, '|'))
      choice.names.push_back(name);
    choice.group = groupOf(choice.names.back());
    choices.push_back(choice);
  }
  return choices;
}

/// All combinations over one group, the first of the others.
void combine(const std::vector<Choice> &choices, Group over,
             std::vector<std::vector<std::string>> &out) {
  std::vector<std::vector<std::string>> all = {{}};
  for (const Choice &choice : choices) {
    std::vector<std::vector<std::string>> next;
    size_t count = choice.group == over ? choice.names.size() : 1;
    for (const auto &begin : all)
      for (size_t i = 0; i < count; ++i) {
        next.push_back(begin);
        if (!choice.names[i].empty())
          next.back().push_back(choice.names[i]);
      }
    all = std::move(next);
  }
  out.insert(out.end(), all.begin(), all.end());
}

/// Every hint once.
void addHints(const std::vector<Choice> &choices,
              std::vector<std::vector<std::string>> &out) {
  for (size_t at = 0; at < choices.size(); ++at)
    for (const std::string &hint : choices[at].names) {
      if (choices[at].group != Group::Hint)
        continue;
      std::vector<std::string> modifiers;
      for (size_t i = 0; i < choices.size(); ++i) {
        const std::string &name = i == at ? hint : choices[i].names[0];
        if (!name.empty())
          modifiers.push_back(name);
      }
      out.push_back(modifiers);
    }
}

struct Role {
  char what;
  bool pair, vector, optional;
  std::string type;

  explicit Role(std::string text) : what(text[0]) {
    optional = text.back() == '?';
    size_t colon = text.find(':');
    std::string flags = text.substr(0, colon);
    pair = flags.find('|') != std::string::npos;
    vector = flags.find('v') != std::string::npos;
    if (colon != std::string::npos)
      type = text.substr(colon + 1, text.size() - colon - 1 - optional);
  }
};
} // namespace

std::string Variant::name() const {
  std::string text = opcode;
  for (const std::string &modifier : modifiers)
    text += "." + modifier;
  return text;
}
bool Variant::has(const std::string &modifier) {
  known.insert(modifier);
  return std::find(modifiers.begin(), modifiers.end(), modifier) !=
         modifiers.end();
}
std::string Variant::oneOf(std::initializer_list<const char *> choices) {
  std::string found;
  for (const char *choice : choices)
    if (has(choice) && found.empty())
      found = choice;
  return found;
}
std::string Variant::type(unsigned i) {
  for (const std::string &modifier : modifiers)
    if (bytesOf(modifier) || modifier == "pred") {
      known.insert(modifier);
      if (i-- == 0)
        return modifier;
    }
  return "";
}
void Variant::allowHints() {
  for (const std::string &modifier : modifiers)
    if (groupOf(modifier) != Group::Value)
      known.insert(modifier);
}
std::string Variant::unknown() const {
  std::string text;
  for (const std::string &modifier : modifiers)
    if (!known.count(modifier))
      text += " ." + modifier;
  return text;
}

std::vector<Variant> test::variantsOf(const std::string &opcode) {
  std::vector<Variant> variants;
  std::set<std::string> seen;
  for (const Form *form : formsOf(opcode)) {
    std::vector<Choice> choices = choicesOf(*form);
    std::vector<std::vector<std::string>> modifiers;
    combine(choices, Group::Value, modifiers);
    combine(choices, Group::Order, modifiers);
    addHints(choices, modifiers);
    for (auto &chosen : modifiers) {
      bool policy = std::count(chosen.begin(), chosen.end(), "L2::cache_hint");
      // Without and with an optional operand; a cache policy when it is used.
      for (bool full : {false, true}) {
        Variant variant;
        variant.opcode = opcode;
        variant.modifiers = chosen;
        bool hasOptional = false;
        for (const std::string &text : split(form->operands, ' ')) {
          Role role(text);
          bool isPolicy = role.optional && role.type == "b64";
          hasOptional |= role.optional && !isPolicy;
          if (!role.optional || (isPolicy ? policy : full))
            variant.roles.push_back(text);
        }
        std::string key = variant.name();
        for (const std::string &role : variant.roles)
          key += " " + role;
        if ((!full || hasOptional) && seen.insert(key).second)
          variants.push_back(variant);
      }
    }
  }
  return variants;
}

unsigned test::bytesOf(const std::string &type) {
  static const std::map<std::string, unsigned> table = {
      {"b8", 1},    {"u8", 1},    {"s8", 1},    {"b16", 2},    {"u16", 2},
      {"s16", 2},   {"f16", 2},   {"bf16", 2},  {"b32", 4},    {"u32", 4},
      {"s32", 4},   {"f32", 4},   {"tf32", 4},  {"f16x2", 4},  {"bf16x2", 4},
      {"u16x2", 4}, {"s16x2", 4}, {"b64", 8},   {"u64", 8},    {"s64", 8},
      {"f64", 8},   {"f32x2", 8}, {"b128", 16}, {"e4m3x2", 2}, {"e5m2x2", 2}};
  auto found = table.find(type);
  return found == table.end() ? 0 : found->second;
}
bool test::isSignedType(const std::string &type) { return type[0] == 's'; }
bool test::isFloatType(const std::string &type) {
  return type[0] == 'f' || type[0] == 't' || type.rfind("bf", 0) == 0 ||
         type[0] == 'e';
}
bool test::isPackedType(const std::string &type) {
  return type.size() > 2 && type.substr(type.size() - 2) == "x2";
}
std::string test::elementType(const std::string &type) {
  return isPackedType(type) ? type.substr(0, type.size() - 2) : type;
}
Result test::resultOf(const std::string &type) {
  return type == "f16"      ? Result::F16
         : type == "bf16"   ? Result::BF16
         : type == "f16x2"  ? Result::F16x2
         : type == "bf16x2" ? Result::BF16x2
         : type == "f32"    ? Result::F32
         : type == "f32x2"  ? Result::F32x2
         : type == "f64"    ? Result::F64
                            : Result::Bits;
}

void test::setReference(Case &c, Result compare, Reference expected) {
  c.operation.compare = compare;
  c.operation.expected = std::move(expected);
}

Reference test::perHalf(Reference one) {
  return [one](uint64_t a, uint64_t b, uint64_t c) {
    return (one(a & 0xffff, b & 0xffff, c & 0xffff) & 0xffff) |
           one(a >> 16, b >> 16, c >> 16) << 16;
  };
}

static std::string typeOf(const Role &role, Variant &variant) {
  if (role.type == "2")
    return variant.type(1);
  if (role.type == "w")
    return variant.type()[0] + std::to_string(bytesOf(variant.type()) * 16);
  return role.type.empty() ? variant.type() : role.type;
}

Case test::makeCase(Variant &variant, bool negated) {
  Case c;
  std::string before, operands, after;
  unsigned sources = 0;
  for (const std::string &text : variant.roles) {
    Role role(text);
    std::string type = role.what == '!' ? "pred" : typeOf(role, variant);
    operands += operands.empty() ? " " : ", ";
    if (role.what == 'd' || role.what == 'D') {
      bool predicate = type == "pred";
      c.operation.resultBytes = predicate ? 4 : std::max(2u, bytesOf(type));
      operands += predicate ? "%p8" : "%d";
      if (predicate)
        after += "\nselp.b32 %d, 1, 0, %p8;";
      if (role.pair) {
        operands += "|%p9";
        after += "\nselp.b32 %r11, 2, 0, %p9;\nor.b32 %d, %d, %r11;";
      }
      continue;
    }
    std::string name = std::string("%") + "abc"[sources];
    c.sources[sources] = type == "pred" ? "b32" : type;
    if (type == "pred") {
      std::string p = "%p" + std::to_string(sources);
      before +=
          "and.b32 %r10, " + name + ", 1;\nsetp.ne.u32 " + p + ", %r10, 0;\n";
      name = (role.what == '!' && negated ? "!" : "") + p;
    }
    operands += name;
    ++sources;
  }
  c.operation.text = before + variant.name() + operands + ";" + after;
  // With one operand of 16 bits there are no more than these.
  if (sources == 1 && bytesOf(c.sources[0]) <= 2)
    c.count = 65536;
  return c;
}

bool test::isAccepted(const Variant &variant, const std::string &module) {
  Expected<Module> parsed = Module::parse(module);
  if (parsed)
    return true;
  std::string message = parsed.error().str();
  EXPECT_NE(message.find("combines modifiers"), std::string::npos)
      << variant.name() << ": " << message << "\n"
      << module;
  return false;
}

static std::vector<uint64_t> valuesOf(const std::string &type, unsigned which,
                                      size_t count) {
  std::string element = elementType(type);
  Domain domain = element == "f16"    ? Domain::F16
                  : element == "bf16" ? Domain::BF16
                  : element == "f32"  ? Domain::F32
                  : element == "f64"  ? Domain::F64
                                      : Domain::Integer;
  unsigned bytes = std::max(2u, bytesOf(type));
  bool pairs = isPackedType(type) && domain != Domain::Integer;
  unsigned elementBytes = pairs ? bytes / 2 : bytes;
  std::vector<uint64_t> values =
      randomOperands(domain, elementBytes, pairs ? 2 * count : count)
          .values[which];
  if (pairs) {
    for (size_t k = 0; k < count; ++k)
      values[k] = values[2 * k] | values[2 * k + 1] << (8 * elementBytes);
    values.resize(count);
  } else if (element == "f32" || element == "f64") {
    // Halves of integers of all sizes, at which conversions round.
    for (size_t k = 5; k < count; k += 8) {
      double half =
          double(int64_t(values[k] * 0x9e3779b97f4a7c15) >> (values[k] % 61)) /
          2;
      values[k] = element == "f32" ? toBits(float(half)) : toBits(half);
    }
  } else if (bytes == 2 && which == 0) {
    for (size_t k = 0; k < std::min<size_t>(count, 65536); ++k)
      values[k] = k;
  }
  return values;
}

long double test::valueOf(const std::string &type, uint64_t bits, bool ftz) {
  if (type == "f16")
    return ftz && (bits & 0x7c00) == 0 ? 0 : halfValue(uint16_t(bits));
  if (type == "bf16")
    return brainValue(uint16_t(bits));
  if (type == "f32")
    return ftz && (bits & 0x7f800000) == 0 ? 0 : bitCast<float>(bits);
  if (type == "f64")
    return bitCast<double>(bits);
  unsigned shift = 64 - 8 * bytesOf(type);
  bits <<= shift;
  return isSignedType(type) ? (long double)(int64_t(bits) >> shift)
                            : (long double)(bits >> shift);
}

void test::runCases(std::vector<Case> &cases) {
  std::map<std::vector<std::string>, std::vector<const Case *>> groups;
  // Every instruction sees 2^20 operands and more; one with many forms, in all
  // of them together. 65536 are every number of 16 bits.
  constexpr size_t fewest = 65536;
  size_t share = 8 * manyOperands / std::max<size_t>(cases.size(), 1);
  share -= share % fewest;
  size_t most = std::max(fewest, std::min(manyOperands, share));
  for (Case &c : cases) {
    c.count = std::min(c.count, most);
    groups[{c.sources[0], c.sources[1], c.sources[2], std::to_string(c.count)}]
        .push_back(&c);
  }
  for (const auto &[key, group] : groups) {
    Operands operands;
    for (unsigned i = 0; i < 3; ++i) {
      operands.bytes[i] = std::max(2u, bytesOf(key[i]));
      operands.values[i] = valuesOf(key[i], i, group[0]->count);
    }
    std::vector<Operation> operations;
    for (const Case *c : group)
      operations.push_back(c->operation);
    expectOperations(operations, operands);
  }
}
