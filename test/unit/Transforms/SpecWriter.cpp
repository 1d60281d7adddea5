//===- SpecWriter.cpp - small random bodies -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SpecWriter.h"
#include <random>
#include <vector>

using namespace optimc::test;

namespace {
using Names = std::vector<std::string>;

class Writer {
public:
  explicit Writer(unsigned seed) : engine(seed) {}
  std::string write();

private:
  unsigned below(unsigned limit) { return engine() % limit; }
  const std::string &pick(const Names &names) {
    return names[below(names.size())];
  }
  std::string literal() {
    static const char *const texts[] = {"0", "1",   "-0",   "0.1",
                                        "2", "inf", "1e-3", "-1.5"};
    return texts[below(std::size(texts))];
  }
  void define(Names &names, const std::string &op) {
    std::string name = "%x" + std::to_string(++count);
    body += "  " + name + " = " + op + "\n";
    names.push_back(name);
  }

  /// A number op over values of `a` and `b`.
  std::string arithmetic(const Names &a, const Names &b, bool scalar);
  void writeScalars();
  void writePredicates();
  void writeElements();
  std::string writeBody(bool isStep);

  std::mt19937 engine;
  unsigned count = 0;
  std::string body;
  /// By rate: model, group, tensor, element.
  Names numbers[4];
  Names predicates, elementPredicates;
};
} // namespace

std::string Writer::arithmetic(const Names &a, const Names &b, bool scalar) {
  static const char *const unary[] = {"neg",   "abs",  "sqrt", "rsqrt",
                                      "recip", "sign", "exp",  "square"};
  static const char *const whole[] = {"floor", "ceil"};
  static const char *const binary[] = {"add", "sub", "mul",
                                       "div", "min", "max"};
  switch (below(scalar ? 8 : 7)) {
  case 0:
    return unary[below(std::size(unary))] + (" " + pick(a));
  case 1:
    return "fma " + pick(a) + ", " + pick(b) + ", " + pick(a);
  case 2:
    return "clamp " + pick(a) + ", " + pick(b) + ", " + pick(b);
  case 3:
    return "expr " + pick(a) + " - " + pick(b) + " * (" + pick(a) + " + " +
           pick(b) + " * 0.1)";
  case 7:
    if (below(2))
      return "mod " + pick(a) + ", " + pick(b);
    return whole[below(std::size(whole))] + (" " + pick(a));
  default:
    return binary[below(std::size(binary))] + (" " + pick(a)) + ", " + pick(b);
  }
}

void Writer::writeScalars() {
  for (unsigned rate = 0; rate != 3; ++rate)
    for (unsigned i = 0, e = 1 + below(3); i != e; ++i) {
      unsigned coarser = below(rate + 1);
      define(numbers[rate], arithmetic(numbers[rate], numbers[coarser], true));
    }
  if (below(2))
    define(numbers[1], "schedule linear 1 -> " + pick(numbers[1]) + " over 3");
}

void Writer::writePredicates() {
  static const char *const kinds[] = {"eq", "ne", "lt", "le", "gt", "ge"};
  for (unsigned i = 0, e = 1 + below(3); i != e; ++i) {
    const Names &some = numbers[below(3)];
    define(predicates, std::string("cmp ") + kinds[below(6)] + " " +
                           pick(some) + ", " + pick(numbers[below(2)]));
  }
  if (below(2))
    define(predicates, "every 2");
  for (unsigned i = 0, e = below(4); i != e; ++i) {
    unsigned kind = below(3);
    if (kind == 0)
      define(predicates, "not " + pick(predicates));
    else
      define(predicates, (kind == 1 ? "and " : "or ") + pick(predicates) +
                             ", " + pick(predicates));
  }
}

void Writer::writeElements() {
  Names &elements = numbers[3];
  for (unsigned i = 0, e = 3 + below(8); i != e; ++i) {
    const Names &other = numbers[below(4)];
    switch (below(8)) {
    case 0:
      define(elements, "ema " + pick(elements) + ", " + pick(elements) +
                           " decay " + pick(numbers[1]));
      break;
    case 1:
      define(elements, "random " + std::to_string(below(3)));
      break;
    case 2:
      define(elementPredicates,
             "cmp lt " + pick(elements) + ", " + pick(other));
      define(elementPredicates, (below(2) ? "and " : "or ") +
                                    pick(elementPredicates) + ", " +
                                    pick(predicates));
      define(elements, "select " + pick(elementPredicates) + ", " +
                           pick(elements) + ", " + pick(other));
      break;
    case 3:
    case 4:
    case 5:
      define(elements, "select " + pick(predicates) + ", " + pick(elements) +
                           ", " + pick(elements));
      break;
    default:
      define(elements, arithmetic(elements, other, false));
    }
  }
}

std::string Writer::writeBody(bool isStep) {
  body.clear();
  predicates.clear();
  elementPredicates.clear();
  numbers[0] = {"%in", "%sm"};
  numbers[1] = {"%a", "%b", "%sg"};
  numbers[2] = {"%st"};
  numbers[3] = {"%p", "%g", "%m", "%q"};
  for (unsigned i = 0; i != 2; ++i)
    define(numbers[below(2)], "constant " + literal());
  define(numbers[1], "t");
  writeScalars();
  writePredicates();
  writeElements();

  // A gate is as coarse as the coarsest state that it decides about.
  Names gates;
  define(gates, "cmp le " + pick(numbers[0]) + ", " + pick(numbers[0]));
  const std::string &gate = gates.front();

  // Old values, new ones, scalars and copies, sometimes gated.
  std::string commit = "  commit %p = " + pick(numbers[3]);
  for (const char *state : {"%m", "%q"})
    if (below(4))
      commit += std::string(", ") + state + " = " +
                pick(numbers[below(3) ? 3 : below(3)]);
  const char *const scalarStates[] = {"%sm", "%sg", "%st"};
  for (unsigned rate = 0; rate != 3; ++rate)
    if (below(3))
      commit += std::string(", ") + scalarStates[rate] + " = " +
                pick(numbers[below(rate + 1)]);
  if (isStep && !below(4))
    commit += ", t = " + pick(numbers[1]);
  if (isStep && below(2))
    commit += ", \"seen\" = " + pick(numbers[below(3)]);
  if (!below(3))
    commit += " when " + gate;
  return body + commit + "\n";
}

std::string Writer::write() {
  std::string text = "optim.optimizer @random(%p, %g)\n"
                     "    hyper(%a = 0.9, %b = 0.5)\n"
                     "    state(%m observable, %q = param observable, "
                     "%sm : model observable, %sg : group = 1 observable, "
                     "%st : tensor observable)\n"
                     "    input(%in : model = 0) {\n" +
                     writeBody(/*isStep=*/true) + "}";
  if (below(2))
    text += " entry \"swap\" {\n" + writeBody(/*isStep=*/false) + "}";
  return text + "\n";
}

std::string optimc::test::writeSpec(unsigned seed) {
  return Writer(seed).write();
}
