//===- ReductionSpecs.cpp - random specs of several phases -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReductionSpecs.h"
#include <vector>

using namespace optimc::test;

std::string ReductionSpecs::generate() {
  static const char *const kinds[] = {"sum", "mean", "sum_sq", "mean_sq",
                                      "max", "min",  "max_abs"};
  static const char *const rates[] = {"model", "group", "tensor", "row",
                                      "col",   "block", "element"};
  constexpr int tensor = 2, element = 6;
  // Values by rate, in the order in which they were made.
  std::vector<std::string> values[element + 1];
  values[0] = {"%md"};
  values[1] = {"%lr", "%gs"};
  values[2] = {"%ts"};
  values[3] = {"%r"};
  values[4] = {"%c"};
  values[5] = {"%b"};
  values[6] = {"%p", "%g", "%m", "%v"};
  std::string body;
  int next = 0;
  auto line = [&](const std::string &text) { body += "  " + text + "\n"; };
  auto name = [&] { return "%x" + std::to_string(next++); };
  auto pick = [&](int rate) {
    const auto &list = values[rate];
    int size = static_cast<int>(list.size());
    return list[below(2) ? size - 1 : below(size)];
  };
  /// A rate that joins to `rate` with it.
  auto coarser = [&](int rate) {
    if (rate == element)
      return below(element + 1);
    if (rate > tensor)
      return below(3) ? below(tensor + 1) : rate;
    return below(rate + 1);
  };

  int numSteps = 5 + below(7);
  for (int i = 0; i != numSteps; ++i) {
    if (below(2)) {
      // Down.
      int from, to;
      do {
        from = below(element + 1);
        to = below(element);
      } while (from <= to || (to > tensor && from != element));
      std::string result = name(), kind = kinds[below(7)];
      line(result + " = reduce " + kind + " " + pick(from) + " to " +
           rates[to]);
      ++counts[kind + " " + rates[from] + " " + rates[to]];
      values[to].push_back(result);
      continue;
    }
    // Across, or up; tame, so that NaN does not swallow everything.
    int rate = below(3) ? element : below(element + 1);
    std::string result = name(), a = pick(rate), b = pick(coarser(rate));
    static const char *const forms[] = {
        "expr %A * 0.5 + %B * 0.25", "expr %A / (abs(%B) + 0.5)",
        "expr clamp(%A, -4, 4) * %B", "expr sqrt(abs(%A)) - %B",
        "ema %A, %B decay 0.75"};
    std::string text = forms[below(5)];
    text.replace(text.find("%A"), 2, a);
    text.replace(text.find("%B"), 2, b);
    line(result + " = " + text);
    values[rate].push_back(result);
  }
  if (below(2)) {
    int window = below(2) ? 1 : 3, rate = below(3) ? element : 1 + below(5);
    std::string result = name();
    line(result + " = delay " + pick(rate) + " by " + std::to_string(window) +
         " \"ring\"");
    ++counts["delay " + std::to_string(window)];
    values[rate].push_back(result);
  }
  if (below(2)) {
    int rank = 1 + below(3);
    std::string u = name(), w = name();
    line(u + ", " + w + " = case rank >= " + std::to_string(rank) + " {");
    line("  %in_row = reduce mean_sq " + pick(element) + " to row");
    line("  %scaled = expr " + pick(element) +
         " / (sqrt(%in_row) + 0.5) + %r * 0.25");
    line("  %row_next = ema %r, %in_row decay 0.5");
    line("  yield %scaled, %row_next");
    line("} else {");
    line("  %in_all = reduce max_abs " + pick(element) + " to tensor");
    line("  %flat = expr " + pick(element) + " / (%in_all + 0.5)");
    line("  yield %flat, %r");
    line("}");
    ++counts["case"];
    values[element].push_back(u);
    values[3].push_back(w);
  }
  auto damp = [&](const char *old, int rate, const char *result) {
    line(std::string(result) + " = expr 0.5 * " + old + " + clamp(" +
         values[rate].back() + ", -4, 4) * 0.25");
  };
  damp("%p", element, "%p_t");
  damp("%md", 0, "%md_t");
  damp("%gs", 1, "%gs_t");
  damp("%ts", 2, "%ts_t");
  damp("%r", 3, "%r_t");
  damp("%c", 4, "%c_t");
  damp("%b", 5, "%b_t");
  line("%m_t = ema %m, " + pick(element) + " decay 0.9");
  line("%v_t = ema %v, " + pick(element) + " decay 0.5");
  // What is read after its new value is known must not be stored early.
  line("%both = expr %m_t * %v_t" + std::string(below(2) ? " + %m" : ""));
  line("%norm = reduce mean_sq %both to " + std::string(rates[below(3)]));
  line("%p_n = expr %p_t - %lr * %both / (1 + %norm)");
  std::string commit = "commit %p = %p_n, %m = %m_t, %v = %v_t, %md = %md_t, "
                       "%gs = %gs_t, %ts = %ts_t, %r = %r_t, %c = %c_t, "
                       "%b = %b_t, \"norm\" = %norm";
  if (below(4) == 0) {
    line("%odd = every 2");
    line("%keep = select %odd, %p_n, %p");
    commit.replace(commit.find("%p_n"), 4, "%keep");
  }
  line(commit);
  return "optim.optimizer @random(%p, %g)\n"
         "    hyper(%lr = 1e-2 in [0, inf))\n"
         "    state(%m \"exp_avg\", %v \"exp_avg_sq\" = 0.5, %md : model = "
         "0.25,\n          %gs : group = 1, %ts : tensor = 2, %r : row = 0.5, "
         "%c : col, %b : block = 1) {\n" +
         body + "}\n";
}
