//===- HostileTextTest.cpp - broken specs -----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whatever the text is, parsing ends in a verified module or in an error, and
// what is accepted can be canonicalized, printed and parsed again.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "optimc/Dialect/Optim/IR/Optim.h"
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <sstream>

using namespace mlir;

namespace {

class HostileText : public ::testing::Test {
protected:
  HostileText() : context(MLIRContext::Threading::DISABLED) {
    context.loadDialect<optimc::optim::OptimDialect, arith::ArithDialect>();
  }

  /// Every op in both forms, from the lit tests.
  static std::vector<std::string> readSeeds() {
    std::vector<std::string> seeds;
    for (const char *name :
         {"round-trip.mlir", "folds.mlir", "non-folds.mlir",
          "constant-folds.mlir", "bytecode.mlir", "generic-errors.mlir",
          "lowered-errors.mlir", "template-errors.mlir"}) {
      std::ifstream file(std::string(OPTIMC_SOURCE_DIR "/test/Dialect/Optim/") +
                         name);
      std::stringstream text;
      text << file.rdbuf();
      std::string all = text.str();
      EXPECT_FALSE(all.empty()) << name;
      for (size_t at = 0; at < all.size();) {
        size_t end = std::min(all.find("// -----", at), all.size());
        // Trees as deep as allowed make later mutations slow, not different.
        if (end - at < 12000)
          seeds.push_back(all.substr(at, end - at));
        at = end + (end == all.size() ? 0 : 8);
      }
    }
    return seeds;
  }

  void check(const std::string &text) {
    unsigned errors = 0;
    ScopedDiagnosticHandler count(&context, [&](Diagnostic &diagnostic) {
      errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
      return success();
    });
    OwningOpRef<ModuleOp> module =
        parseSourceString<ModuleOp>(text, ParserConfig(&context));
    if (!module) {
      ++rejected;
      ASSERT_GT(errors, 0u) << "rejected without a word:\n" << text;
      return;
    }
    ++accepted;
    std::string printed = print(*module);
    ASSERT_TRUE(parseSourceString<ModuleOp>(printed, ParserConfig(&context)))
        << "does not parse again:\n"
        << printed << "\nfrom:\n"
        << text;
    PassManager passes(&context);
    passes.addPass(createCanonicalizerPass());
    passes.addPass(createCSEPass());
    ASSERT_TRUE(succeeded(passes.run(*module))) << "does not canonicalize:\n"
                                                << text;
    printed = print(*module);
    ASSERT_TRUE(parseSourceString<ModuleOp>(printed, ParserConfig(&context)))
        << "does not parse after canonicalization:\n"
        << printed;
  }

  static std::string print(ModuleOp module) {
    std::string text;
    llvm::raw_string_ostream os(text);
    module.print(os);
    return text;
  }

  MLIRContext context;
  unsigned accepted = 0, rejected = 0;
};

std::vector<std::string> split(const std::string &text) {
  std::vector<std::string> tokens;
  for (size_t i = 0; i < text.size();) {
    size_t begin = i;
    auto isWord = [&](char c) { return std::isalnum(uint8_t(c)) || c == '_'; };
    if (isWord(text[i]) || text[i] == '%')
      do
        ++i;
      while (i < text.size() && isWord(text[i]));
    else
      ++i;
    tokens.push_back(text.substr(begin, i - begin));
  }
  return tokens;
}

std::string join(const std::vector<std::string> &tokens) {
  std::string text;
  for (const std::string &token : tokens)
    text += token;
  return text;
}

TEST_F(HostileText, Truncated) {
  for (const std::string &seed : readSeeds()) {
    size_t step = std::max<size_t>(1, seed.size() / 60);
    for (size_t end = 0; end < seed.size(); end += step)
      check(seed.substr(0, end));
  }
  EXPECT_GT(rejected, 1000u);
}

TEST_F(HostileText, MutatedTokens) {
  static const char *const odd[] = {"%p",
                                    "%g",
                                    "%m",
                                    "%undefined",
                                    "%t#3",
                                    "{",
                                    "}",
                                    "(",
                                    ")",
                                    "[",
                                    "->",
                                    ",",
                                    "=",
                                    ":",
                                    "0",
                                    "-1",
                                    "1e999",
                                    "inf",
                                    "nan",
                                    "0x7f",
                                    "1e",
                                    "t",
                                    "when",
                                    "decay",
                                    "commit",
                                    "yield",
                                    "case",
                                    "rank",
                                    "entry",
                                    "\"",
                                    "\"x\"",
                                    "element",
                                    "model",
                                    "any",
                                    "const",
                                    "expr",
                                    "mix",
                                    "schedule",
                                    "@f",
                                    "#optim.rate<row>",
                                    "^bb0",
                                    "!optim.pred<group>",
                                    "f32",
                                    "-9223372036854775808",
                                    "//",
                                    "\0x",
                                    "\xff",
                                    "loc(unknown)",
                                    "99999999999999999999"};
  std::vector<std::string> seeds = readSeeds();
  std::mt19937 random(20240607);
  auto below = [&](size_t n) { return size_t(random() % n); };
  for (unsigned round = 0; round < 4000; ++round) {
    std::vector<std::string> tokens = split(seeds[below(seeds.size())]);
    for (unsigned edits = 1 + below(3); edits-- > 0 && !tokens.empty();) {
      size_t at = below(tokens.size()), other = below(tokens.size());
      switch (below(5)) {
      case 0:
        tokens[at] = odd[below(std::size(odd))];
        break;
      case 1:
        tokens.erase(tokens.begin() + at);
        break;
      case 2:
        tokens.insert(tokens.begin() + at, tokens[other]);
        break;
      case 3:
        std::swap(tokens[at], tokens[other]);
        break;
      case 4:
        tokens[at] = tokens[other];
        break;
      }
    }
    check(join(tokens));
  }
  EXPECT_GT(accepted, 100u);
  EXPECT_GT(rejected, 1000u);
}

TEST_F(HostileText, MutatedBytes) {
  std::vector<std::string> seeds = readSeeds();
  std::mt19937 random(97);
  for (unsigned round = 0; round < 2000; ++round) {
    std::string text = seeds[random() % seeds.size()];
    if (text.empty())
      continue;
    for (unsigned edits = 1 + random() % 4; edits-- > 0;)
      text[random() % text.size()] = char(random());
    check(text);
  }
  EXPECT_GT(rejected, 500u);
}

std::string repeat(const std::string &text, unsigned count) {
  std::string result;
  while (count-- > 0)
    result += text;
  return result;
}

std::string inStep(const std::string &line) {
  return "optim.optimizer @a(%p, %g) {\n" + line + "\ncommit %p = %p\n}\n";
}

TEST_F(HostileText, Deep) {
  constexpr unsigned depth = 100000;
  check(inStep("%x = expr " + repeat("(", depth) + "%g" + repeat(")", depth)));
  check(inStep("%x = expr " + repeat("-", depth) + "%g"));
  check(inStep("%x = expr " + repeat("sqrt(", depth)));
  check(inStep(repeat("case rank >= 2 {\n", depth)));
  check(inStep(repeat("%x = host group 0 () {\n", depth)));
  check(inStep(repeat("variants () {\n", depth)));
  check(inStep(repeat("kernel 0 streams() scalars() {\n", depth)));
  check(inStep(repeat("optim.func @f() {\n", depth)));
  std::string chain;
  for (unsigned i = 0; i < 3000; ++i)
    chain += "optim.func @f" + std::to_string(i) + "(%x) { %y = call @f" +
             std::to_string(i + 1) + "(%x) yield %y }\n";
  check(chain + "optim.func @f3000(%x) { yield %x }\n");
  EXPECT_EQ(accepted, 0u);
}

TEST_F(HostileText, Wide) {
  constexpr unsigned width = 20000;
  check(inStep("%x = expr %g" + repeat(" + %g", width)));
  check(inStep("%x = mix 1 * %g" + repeat(" + 2 * %p", width)));
  check(inStep("commit %p = %g" + repeat(", %p = %g", width)));
  check(inStep("%x = schedule piecewise 1" + repeat(", 2", width) + " at 1"));
  check(inStep("%x = constant 1" + repeat("0", width)));
  check(inStep("%x = constant 0." + repeat("0", width)));
  std::string hypers = "%a0 = 1";
  for (unsigned i = 1; i < 3000; ++i)
    hypers += ", %a" + std::to_string(i) + " = 1";
  check("optim.optimizer @a(%p, %g) hyper(" + hypers + ") { commit }");
  EXPECT_GE(accepted, 2u);
}

} // namespace
