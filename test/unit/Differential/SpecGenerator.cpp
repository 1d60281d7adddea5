//===- SpecGenerator.cpp - random specs with a coverage table -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SpecGenerator.h"
#include <algorithm>
#include <array>
#include <climits>
#include <cstdio>
#include <set>

using namespace optimc::test;

namespace {
enum Rate { Model, Group, Tensor, Element, NumRates };
constexpr const char *rateNames[] = {"model", "group", "tensor", "element"};

/// What the generator knows of an op.
struct Form {
  const char *name;
  int operands;            ///< numbers
  int predicates;          ///< truth values, before the numbers
  std::vector<Rate> rates; ///< legal rates of the result
  bool givesPredicate;
};

const std::vector<Form> &forms() {
  static const std::vector<Rate> any = {Model, Group, Tensor, Element},
                                 scalar = {Model, Group, Tensor},
                                 clocked = {Group, Tensor}, element = {Element};
  static const std::vector<Form> all = {
      {"add", 2, 0, any, false},
      {"sub", 2, 0, any, false},
      {"mul", 2, 0, any, false},
      {"div", 2, 0, any, false},
      {"fma", 3, 0, any, false},
      {"min", 2, 0, any, false},
      {"max", 2, 0, any, false},
      {"pow", 2, 0, any, false},
      {"mod", 2, 0, scalar, false},
      {"clamp", 3, 0, any, false},
      {"neg", 1, 0, any, false},
      {"abs", 1, 0, any, false},
      {"sqrt", 1, 0, any, false},
      {"rsqrt", 1, 0, any, false},
      {"recip", 1, 0, any, false},
      {"square", 1, 0, any, false},
      {"sign", 1, 0, any, false},
      {"exp", 1, 0, any, false},
      {"log", 1, 0, any, false},
      {"tanh", 1, 0, any, false},
      {"sin", 1, 0, any, false},
      {"cos", 1, 0, any, false},
      {"floor", 1, 0, scalar, false},
      {"ceil", 1, 0, scalar, false},
      {"select", 2, 1, any, false},
      {"cmp", 2, 0, any, true},
      {"and", 0, 2, any, true},
      {"or", 0, 2, any, true},
      {"not", 0, 1, any, true},
      {"every", 0, 0, clocked, true},
      {"period", 0, 0, clocked, false},
      {"t", 0, 0, {Group}, false},
      {"random", 0, 0, element, false},
      {"broadcast", 1, 0, {Group, Tensor, Element}, false},
      {"ema", 2, 0, any, false},
      {"lerp", 3, 0, any, false},
      {"mean", 2, 0, any, false},
      {"debias", 1, 0, {Group, Tensor, Element}, false},
      {"mix", 3, 0, any, false},
      {"expr", 3, 0, any, false},
      {"call", 2, 0, any, false},
      {"constant", 0, 0, {Model}, false},
      {"truth", 0, 0, {Model}, true},
      {"schedule constant", 0, 0, clocked, false},
      {"schedule linear", 0, 0, clocked, false},
      {"schedule half_life", 0, 0, clocked, false},
      {"schedule cosine", 0, 0, clocked, false},
      {"schedule exponential", 0, 0, clocked, false},
      {"schedule polynomial", 0, 0, clocked, false},
      {"schedule inv_sqrt", 0, 0, clocked, false},
      {"schedule step", 0, 0, clocked, false},
      {"schedule wsd", 0, 0, clocked, false},
      {"schedule one_cycle", 0, 0, clocked, false},
      {"schedule piecewise", 0, 0, clocked, false},
      {"schedule join", 0, 0, clocked, false}};
  return all;
}

constexpr const char *comparisons[] = {"eq", "ne", "lt", "le", "gt", "ge"};

/// Joins texts that are drawn from left to right, whatever the compiler: it may
/// choose the order of the operands of +, but not of a list.
std::string join(std::initializer_list<std::string> texts) {
  std::string joined;
  for (const std::string &text : texts)
    joined += text;
  return joined;
}
} // namespace

//===----------------------------------------------------------------------===//
// Coverage
//===----------------------------------------------------------------------===//

const std::vector<std::pair<std::string, std::string>> &
SpecGenerator::required() {
  static const auto all = [] {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const Form &form : forms())
      for (Rate rate : form.rates)
        pairs.push_back({form.name, rateNames[rate]});
    return pairs;
  }();
  return all;
}

int Coverage::least() const {
  int least = INT_MAX;
  for (const auto &[op, rate] : SpecGenerator::required())
    least = std::min(least, count(op, rate));
  return least;
}

std::string Coverage::table() const {
  std::string text = "op                     model   group  tensor element\n";
  for (const Form &form : forms()) {
    char line[80];
    std::snprintf(line, sizeof(line), "%-20s", form.name);
    text += line;
    for (Rate rate : {Model, Group, Tensor, Element}) {
      bool legal = std::count(form.rates.begin(), form.rates.end(), rate);
      std::snprintf(line, sizeof(line), legal ? "%8d" : "       -",
                    count(form.name, rateNames[rate]));
      text += line;
    }
    text += "\n";
  }
  return text;
}

//===----------------------------------------------------------------------===//
// Generation
//===----------------------------------------------------------------------===//

SpecGenerator::SpecGenerator(uint64_t seed) : random(seed) {}

/// One optimizer while it is written.
struct SpecGenerator::Body {
  Body(SpecGenerator &generator)
      : random(generator.random), table(generator.table) {}

  int below(int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random);
  }
  bool chance(double p) {
    return std::uniform_real_distribution<double>(0, 1)(random) < p;
  }
  std::string define(Rate rate, bool predicate) {
    std::string name = (predicate ? "%c" : "%v") + std::to_string(next++);
    (predicate ? predicates : numbers)[rate].push_back(name);
    return name;
  }
  /// An existing value of exactly this rate, or of a coarser one.
  std::string pick(std::array<std::vector<std::string>, NumRates> &pool,
                   Rate rate, bool exact);
  std::string pickNumber(Rate rate, bool exact = true) {
    return pick(numbers, rate, exact);
  }
  std::string pickPredicate(Rate rate, bool exact = true);
  std::string literal();
  std::string smallScalar(Rate rate);
  std::string expression(Rate rate, int depth, bool exact);
  void line(const std::string &text) { body += "  " + text + "\n"; }
  void add(const Form &form, Rate rate);
  void addSchedule(const std::string &kind, Rate rate);
  std::string write();

  std::mt19937_64 &random;
  Coverage &table;
  std::array<std::vector<std::string>, NumRates> numbers, predicates;
  std::set<std::string> used;
  std::string body;
  int next = 0;
};

std::string
SpecGenerator::Body::pick(std::array<std::vector<std::string>, NumRates> &pool,
                          Rate rate, bool exact) {
  Rate chosen = rate;
  if (!exact) {
    std::vector<Rate> possible;
    for (int r = Model; r <= rate; ++r)
      if (!pool[r].empty())
        possible.push_back(Rate(r));
    chosen = possible[below(int(possible.size()))];
  }
  const std::vector<std::string> &values = pool[chosen];
  // Recent values make deep graphs, old ones keep sources in play.
  int size = int(values.size());
  int i = chance(0.5) ? size - 1 - below(std::min(size, 4)) : below(size);
  used.insert(values[i]);
  return values[i];
}

std::string SpecGenerator::Body::pickPredicate(Rate rate, bool exact) {
  if (!predicates[rate].empty() || (!exact && !predicates[Model].empty()))
    return pick(predicates, rate, exact && !predicates[rate].empty());
  std::string a = pickNumber(rate), b = pickNumber(rate, false);
  std::string name = define(rate, true);
  const char *kind = comparisons[below(6)];
  line(name + " = cmp " + kind + " " + a + ", " + b);
  table.add("cmp", rateNames[rate]);
  return name;
}

std::string SpecGenerator::Body::literal() {
  static constexpr const char *values[] = {
      "0",   "1",   "-1",     "2",    "0.5",  "0.1", "1e-3", "-0.75",
      "3.5", "1e3", "0.9999", "1e-8", "-2.5", "7",   "0.25", "1.0000001"};
  return values[below(16)];
}

/// A decay or weight in [0, 1], mostly.
std::string SpecGenerator::Body::smallScalar(Rate rate) {
  static constexpr const char *values[] = {"0",   "1",      "0.9", "0.999",
                                           "0.5", "0.9999", "0.1", "0.01"};
  if (chance(0.5))
    return values[below(8)];
  return rate >= Group && chance(0.7)
             ? (chance(0.5) ? "%beta1" : "%beta2")
             : pickNumber(std::min(rate, Tensor), false);
}

std::string SpecGenerator::Body::expression(Rate rate, int depth, bool exact) {
  if (depth == 0 || chance(0.15)) {
    if (!exact && chance(0.3))
      return literal();
    return pickNumber(rate, exact);
  }
  auto inner = [&](bool exactInner) {
    return expression(rate, depth - 1, exactInner);
  };
  switch (below(12)) {
  case 0:
  case 1:
    return join({"(", inner(exact), " + ", inner(false), ")"});
  case 2:
    return join({"(", inner(false), " - ", inner(exact), ")"});
  case 3:
    return join(
        {"(", inner(exact), " + ", inner(false), " * ", inner(false), ")"});
  case 4:
    return join({"(", inner(false), " * ", inner(false), " - ", inner(exact),
                 " * ", inner(false), ")"});
  case 5:
    return join({inner(exact), " * ", inner(false)});
  case 6:
    return join({inner(exact), " / (abs(", inner(false), ") + 0.5)"});
  case 7:
    return "-" + inner(exact);
  case 8: {
    static constexpr const char *unary[] = {"abs", "sign", "square", "tanh",
                                            "sin", "cos",  "recip",  "exp",
                                            "log", "sqrt", "rsqrt"};
    const char *function = unary[below(11)];
    std::string argument = inner(exact);
    // Roots, logarithms and exponentials of anything are mostly NaN or inf.
    if (function == unary[9] || function == unary[10] || function == unary[8])
      argument = "abs(" + argument + ")";
    if (function == unary[7])
      argument = "clamp(" + argument + ", -20, 20)";
    return std::string(function) + "(" + argument + ")";
  }
  case 9:
    return join(
        {chance(0.5) ? "min(" : "max(", inner(exact), ", ", inner(false), ")"});
  case 10:
    return join(
        {"fma(", inner(exact), ", ", inner(false), ", ", inner(false), ")"});
  default:
    return join({"select(", pickPredicate(rate, false), ", ", inner(exact),
                 ", ", inner(false), ")"});
  }
}

void SpecGenerator::Body::addSchedule(const std::string &kind, Rate rate) {
  // A tensor-rate argument makes a tensor-rate schedule.
  auto value = [&]() -> std::string {
    return chance(0.5) ? literal() : pickNumber(Group, false);
  };
  auto length = [&]() -> std::string {
    static constexpr const char *values[] = {"0", "1", "3", "5", "10", "2.5"};
    return chance(0.7) ? values[below(6)] : "%steps";
  };
  std::string first = rate == Tensor ? pickNumber(Tensor) : value();
  std::string text;
  if (kind == "constant")
    text = first;
  else if (kind == "linear" || kind == "cosine")
    text = join({first, " -> ", value(), " over ", length()});
  else if (kind == "half_life")
    text = join({rate == Tensor ? first : smallScalar(Group), " -> ",
                 smallScalar(Group), " over ", length()});
  else if (kind == "exponential")
    text = join({rate == Tensor ? first : "0.1", " -> ",
                 chance(0.5) ? "0.001" : pickNumber(Group, false), " over ",
                 length()});
  else if (kind == "polynomial")
    text = join({first, " -> ", value(), " over ", length(), " power ",
                 chance(0.5) ? "2" : "0.5"});
  else if (kind == "inv_sqrt")
    text = join({first, " over ", length()});
  else if (kind == "step")
    text = join({first, " factor 0.5 every ", chance(0.5) ? "2" : "3"});
  else if (kind == "wsd")
    text = join({first, " -> ", value(), " -> ", value(), " over ", length(),
                 ", ", length(), ", ", length()});
  else if (kind == "one_cycle")
    text = join({first, " -> ", value(), " -> ", value(), " over ", length(),
                 ", ", length()});
  else if (kind == "piecewise")
    text = join({first, ", ", value(), ", ", value(), " at 2, 4"});
  else
    text = join({first, ", ", pickNumber(Group), " at 3"});
  if (chance(0.3))
    text += " after " + std::string(chance(0.5) ? "2" : "%steps");
  std::string name = define(rate, false);
  line(name + " = schedule " + kind + " " + text);
}

void SpecGenerator::Body::add(const Form &form, Rate rate) {
  std::string name = form.name;
  if (name.rfind("schedule ", 0) == 0) {
    addSchedule(name.substr(9), rate);
    table.add(name, rateNames[rate]);
    return;
  }
  // Operands first: one of exactly this rate makes the result's rate.
  std::vector<std::string> values;
  for (int i = 0; i < form.predicates; ++i)
    values.push_back(
        pickPredicate(rate, /*exact=*/form.operands == 0 && i == 0));
  for (int i = 0; i < form.operands; ++i)
    values.push_back(pickNumber(rate, /*exact=*/i == 0));
  std::string scalar = smallScalar(rate), other = smallScalar(rate), count;
  if (name == "debias" && scalar == "1") // nothing is left to divide by
    scalar = "0.9";
  if (name == "mean" || name == "debias")
    count = chance(0.5) ? "%t_now" : "3";
  std::string length = rate == Tensor ? "%tensor_period"
                       : chance(0.5)  ? "%period"
                                      : "3";
  std::string tree;
  if (name == "expr")
    tree = join({expression(rate, 2, true), " + 0.5 * ", pickNumber(rate)});

  if (name == "period") {
    std::string j = define(rate, false), n = define(rate, false),
                last = define(rate, true);
    line(j + ", " + n + ", " + last + " = period " + length);
  } else {
    std::string result = define(rate, form.givesPredicate), text = name + " ";
    if (name == "cmp")
      text += comparisons[below(6)] + std::string(" ");
    if (name == "every")
      text += length;
    else if (name == "random")
      text += std::to_string(below(3));
    else if (name == "constant")
      text += literal();
    else if (name == "truth")
      text += chance(0.5) ? "true" : "false";
    else if (name == "broadcast")
      text += pickNumber(Rate(below(rate)), true) + " to " + rateNames[rate];
    else if (name == "ema")
      text += values[0] + ", " + values[1] + " decay " + scalar;
    else if (name == "lerp")
      text += values[0] + ", " + values[1] + " weight " + values[2];
    else if (name == "mean")
      text += values[0] + ", " + values[1] + " count " +
              (rate >= Group ? count : "3");
    else if (name == "debias")
      text += values[0] + " decay " + scalar + " count " + count;
    else if (name == "mix")
      text += scalar + " * " + values[0] + " + " + literal() + " * " +
              values[1] + " + " + other + " * " + values[2];
    else if (name == "expr")
      text += tree;
    else if (name == "call")
      text += "@blend(" + values[0] + ", " + values[1] + ")";
    else
      for (size_t i = 0; i < values.size(); ++i)
        text += (i ? ", " : "") + values[i];
    line(result + " = " + text);
  }
  table.add(name, rateNames[rate]);
}

std::string SpecGenerator::Body::write() {
  bool gated = chance(0.3), ownClock = chance(0.2), readout = chance(0.5);
  // A gate per group cannot decide about values of the model.
  bool groupGate = gated && chance(0.5);
  numbers[Model] = {"%found", "%scale", "%d"};
  numbers[Group] = {"%lr",     "%beta1", "%beta2", "%steps",
                    "%period", "%s",     "%boost"};
  numbers[Tensor] = {"%ratio", "%size", "%tensor_period"};
  numbers[Element] = {"%p", "%g", "%m", "%v", "%h"};
  line("%t_now = t");
  numbers[Group].push_back("%t_now");
  table.add("t", "group");

  // The rarest pairs first, in random order among equals.
  struct Choice {
    const Form *form;
    Rate rate;
    int count;
  };
  std::vector<Choice> choices;
  for (const Form &form : forms())
    for (Rate rate : form.rates)
      choices.push_back({&form, rate, table.count(form.name, rateNames[rate])});
  std::shuffle(choices.begin(), choices.end(), random);
  std::stable_sort(
      choices.begin(), choices.end(),
      [](const Choice &a, const Choice &b) { return a.count < b.count; });
  choices.resize(14 + below(14));
  // Coarse to fine, so that coarse results are used by finer ops.
  std::stable_sort(
      choices.begin(), choices.end(),
      [](const Choice &a, const Choice &b) { return a.rate < b.rate; });
  for (const Choice &choice : choices)
    add(*choice.form, choice.rate);

  // Damped commits: the values may be wild, the outputs should mostly be
  // numbers, or the comparison would compare NaN with NaN.
  auto damped = [&](const char *old, Rate rate, const char *result) {
    std::string value = pickNumber(rate, false);
    if (chance(0.8))
      line(std::string(result) + " = expr 0.5 * " + old + " + clamp(" + value +
           ", -4, 4) * 0.25");
    else
      line(std::string(result) + " = expr " + value + " + 0.5 * " + old);
  };
  damped("%p", Element, "%p_t");
  damped("%m", Element, "%m_t");
  damped("%s", Group, "%s_t");
  if (!groupGate)
    damped("%d", Model, "%d_t");
  damped("%ratio", Tensor, "%ratio_t");
  std::string commit =
      "commit %p = %p_t, %m = %m_t, %s = %s_t, %ratio = %ratio_t";
  if (!groupGate)
    commit += ", %d = %d_t";
  if (chance(0.8)) {
    // A value as it is, with all its NaNs.
    commit += ", %v = " + pickNumber(Element, false);
  }
  if (chance(0.5)) {
    // A state that a host predicate keeps: variants.
    line(join({"%keep = select ", pickPredicate(Group, false), ", ",
               pickNumber(Element), ", %h"}));
    commit += ", %h = %keep";
  }
  // What nobody used would be dead code, and no test: a state of its own.
  std::string sinks;
  int numSinks = 0;
  for (int r = Model; r <= Element; ++r) {
    std::vector<std::string> unused;
    for (const std::string &value : numbers[r])
      if (value.rfind("%v", 0) == 0 && value != "%v" && !used.count(value))
        unused.push_back(value);
    for (const std::string &value : predicates[r])
      if (!used.count(value)) {
        unused.push_back("%n" + value.substr(1));
        line(unused.back() + " = expr select(" + value + ", 3, 5)");
      }
    for (const std::string &value : unused) {
      std::string sink = "%o" + std::to_string(numSinks++);
      const char *rate = rateNames[groupGate ? std::max<int>(r, Group) : r];
      sinks += ",\n          " + sink + " : " + rate + " observable";
      commit += ", " + sink + " = " + value;
    }
  }
  if (ownClock) {
    line("%advance = expr %t_now + 1");
    commit += ", t = %advance";
  }
  if (readout)
    commit += ", \"readout\" = " + pickNumber(Group, false);
  if (gated)
    commit += " when " + pickPredicate(groupGate ? Group : Model);
  line(commit);

  return "optim.func @blend(%a, %b) {\n"
         "  %c = expr 0.25 * %a + 0.75 * %b\n"
         "  yield %c\n"
         "}\n"
         "optim.optimizer @random(%p, %g)\n"
         "    hyper(%lr = 1e-2 in [0, inf), %beta1 = 0.9 in [0, 1],\n"
         "          %beta2 = 0.99 in [0, 1], %steps = 4 in [0, inf),\n"
         "          %period = 3 in [1, inf) integer, %boost = -2)\n"
         "    state(%m \"exp_avg\", %v \"exp_avg_sq\" = 0.5 observable, "
         "%h \"slow\" = param observable,\n"
         "          %s : group = 1 observable, %d : model = 0.25 observable, "
         "%ratio : tensor = %boost observable" +
         sinks +
         ")\n"
         "    input(%found : model = 0, %scale : model = 1, "
         "%size : tensor = 2, %tensor_period : tensor = 2) {\n" +
         body + "}\n";
}

std::string SpecGenerator::generate() { return Body(*this).write(); }
