//===- EmittedLoopTest.cpp - what the vector loops look like -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The vector loop of a kernel is what the speed of a step hangs on: nothing
// scalar, no call, nothing spilled, whole vectors, every stream prefetched.
//
//===----------------------------------------------------------------------===//

#include "mlir/Parser/Parser.h"
#include "optimc/Pipelines/BuiltinSpecs.h"
#include "optimc/Pipelines/Pipelines.h"
#include "optimc/Target/MachineCode.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Regex.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace optimc;

namespace {
/// The instructions of one function, and where its labels are.
struct Function {
  std::string name;
  std::vector<StringRef> lines;
  llvm::StringMap<size_t> labels;
};

struct Loop {
  ArrayRef<StringRef> lines;
  unsigned count(StringRef pattern) const {
    llvm::Regex regex(pattern);
    return llvm::count_if(lines,
                          [&](StringRef line) { return regex.match(line); });
  }
};

class EmittedLoopTest : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override;
  /// The innermost loops of the kernels for an instruction set that store
  /// registers of this name.
  std::vector<Loop> getVectorLoops(StringRef isa, StringRef registers) const;
  void check(StringRef isa, StringRef registers, unsigned maxReloads,
             unsigned maxSpills);

  SmallVector<char> assembly;
  std::vector<Function> functions;
};
} // namespace

void EmittedLoopTest::SetUp() {
  DialectRegistry registry;
  registerOptimcDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::string text;
  for (const BuiltinSpec &spec : getBuiltinSpecs())
    if (spec.name == GetParam())
      text = spec.text.str();
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(text, ParserConfig(&context));
  ASSERT_TRUE(module);
  ASSERT_TRUE(succeeded(runPipeline(*module, CompileOptions())));
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> code = emitLLVMIR(*module, llvmContext);
  ASSERT_TRUE(code);
  ASSERT_TRUE(succeeded(emitAssembly(*code, module->getLoc(), assembly)));
  SmallVector<StringRef> lines;
  StringRef(assembly.data(), assembly.size()).split(lines, '\n');
  for (StringRef line : lines) {
    StringRef code = line.split('#').first.trim();
    if (code.consume_back(":")) {
      if (!code.starts_with(".L"))
        functions.push_back({code.trim('"').str(), {}, {}});
      else if (!functions.empty())
        functions.back().labels[code] = functions.back().lines.size();
    } else if (!code.empty() && !code.starts_with(".") && !functions.empty()) {
      functions.back().lines.push_back(code);
    }
  }
}

std::vector<Loop> EmittedLoopTest::getVectorLoops(StringRef isa,
                                                  StringRef registers) const {
  std::vector<Loop> loops;
  for (const Function &function : functions) {
    if (!StringRef(function.name).ends_with(isa))
      continue;
    std::vector<std::pair<size_t, size_t>> ranges; // by their ends
    for (auto [i, line] : llvm::enumerate(function.lines)) {
      auto [opcode, target] = getToken(line);
      auto label = function.labels.find(target.trim());
      if (!opcode.starts_with("j") || label == function.labels.end() ||
          label->second > i)
        continue;
      // Of nested loops the inner one ends first.
      if (llvm::none_of(ranges, [&](auto &range) {
            return range.first >= label->second;
          }))
        ranges.push_back({label->second, i + 1});
    }
    for (auto [begin, end] : ranges) {
      Loop loop{ArrayRef(function.lines).slice(begin, end - begin)};
      if (loop.count((registers + "[0-9]+, -?[0-9]*\\(").str()))
        loops.push_back(loop);
    }
  }
  return loops;
}

void EmittedLoopTest::check(StringRef isa, StringRef registers,
                            unsigned maxReloads, unsigned maxSpills) {
  std::vector<Loop> loops = getVectorLoops(isa, registers);
  ASSERT_FALSE(loops.empty()) << "no vector loop for " << isa.str();
  for (const Loop &loop : loops) {
    std::string text = llvm::join(loop.lines, "\n");
    EXPECT_EQ(0u, loop.count("^call")) << text;
    // A value that goes to the stack is the last operand there.
    unsigned spills = loop.count("\\(%r[sb]p\\)$");
    EXPECT_LE(spills, maxSpills) << text;
    EXPECT_LE(loop.count("\\(%r[sb]p\\)"), maxReloads + 2 * spills) << text;
    // Scalar arithmetic, and vectors of another width.
    unsigned vectors = loop.count(registers);
    unsigned free = loop.count("^v(xorps|pxor)\t%xmm"); // whole registers
    // What only the loop of single elements needs goes from register to
    // register, which no execution unit sees.
    free += loop.count("^vmovaps\t%xmm[0-9]+, %xmm");
    EXPECT_EQ(vectors, loop.count("%[xyz]mm") - free) << text;
    // One prefetch for each stream.
    EXPECT_GE(loop.count("^prefetch"), 2u) << text;
    // The loop's own cost: one step, one comparison, one jump.
    EXPECT_LE(loop.lines.size() - vectors - free - loop.count("^prefetch"), 4u)
        << text;
  }
}

TEST_P(EmittedLoopTest, Avx512IsWholeVectorsInRegisters) {
  check(".x86-64-v4", "%zmm", /*maxReloads=*/0, /*maxSpills=*/0);
}

/// Half the registers, and two of them for a vector: what does not change may
/// be read again from the stack, and the two largest rules spill one value.
TEST_P(EmittedLoopTest, Avx2IsWholeVectors) {
  StringRef name = GetParam();
  bool isLarge = name == "ademamix" || name == "adamw_pma";
  check(".x86-64-v3", "%ymm", /*maxReloads=*/12, /*maxSpills=*/isLarge);
}

INSTANTIATE_TEST_SUITE_P(Builtin, EmittedLoopTest,
                         testing::Values("sgd", "adam", "adamw", "ademamix",
                                         "lion", "signum", "adamw_pma",
                                         "lion_pma"),
                         [](const auto &info) {
                           return std::string(info.param);
                         });
