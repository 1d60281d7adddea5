//===- Inspect.cpp - optimc list and optimc show -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Math.h"
#include "Spec.h"
#include "optimc/Pipelines/BuiltinSpecs.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace optimc;
using namespace optimc::tool;

/// The first sentence of a spec's header, up to its first period that ends a
/// line or the text, without the comment marks.
static std::string getSummary(StringRef text) {
  std::string header;
  while (text.consume_front("//")) {
    auto [line, rest] = text.split('\n');
    line = line.trim();
    if (line.empty())
      break;
    header += (header.empty() ? "" : " ") + line.str();
    text = rest;
  }
  StringRef summary = header;
  // "Name: authors, title, venue year, details": up to the year.
  for (size_t i = 0; i + 4 <= summary.size(); ++i)
    if (summary.substr(i, 2) == "20" &&
        summary.substr(i, 4).find_first_not_of("0123456789") == StringRef::npos)
      return summary.take_front(i + 4).str();
  return summary.take_until([](char c) { return c == '.'; }).str();
}

int optimc::tool::runList(const ListArgs &args) {
  json::Array entries;
  for (const BuiltinSpec &spec : getBuiltinSpecs()) {
    std::string summary = getSummary(spec.text);
    if (args.json)
      entries.push_back(
          json::Object{{"name", spec.name}, {"summary", summary}});
    else
      outs() << formatv("{0,-20} {1}\n", spec.name, summary);
  }
  if (args.json)
    outs() << formatv("{0:2}\n", json::Value(std::move(entries)));
  return ExitSuccess;
}

int optimc::tool::runShow(const ShowArgs &args) {
  auto spec = loadSpec(args);
  if (!spec)
    return reportError(spec.takeError());
  if (args.math.empty())
    outs() << spec->text;
  else
    printMath(outs(), spec->optimizer,
              args.math == "latex" ? MathStyle::Latex : MathStyle::Text);
  return ExitSuccess;
}
