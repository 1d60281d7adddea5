//===- FuzzTest.cpp - garbage never crashes ---------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceKernels.h"
#include <random>

using namespace ptxsim;
using namespace ptxsim::test;

namespace {
/// Parses; when that works, runs each kernel on zeroed arguments for a while.
/// Either way nothing may crash; an error must have a message and a position.
void consume(const std::string &text, size_t &parsed) {
  Expected<Module> module = Module::parse(text);
  if (!module) {
    EXPECT_FALSE(module.error().message.empty());
    EXPECT_GT(module.error().where.line, 0u) << module.error().message;
    return;
  }
  ++parsed;
  DeviceConfig deviceConfig;
  deviceConfig.smVersion = 129;
  Device device(deviceConfig);
  Expected<LoadedModule *> loaded = device.load(*module);
  if (!loaded)
    return;
  Expected<uint64_t> memory = device.memory().allocate(4096, "memory");
  ASSERT_TRUE(memory);
  ASSERT_TRUE(device.memory().fill(*memory, 0, 1, 4096));
  for (const KernelInfo &kernel : module->kernels()) {
    LaunchConfig config = shape(2, 64, 1);
    config.kernel = kernel.name;
    config.params.resize(kernel.paramBytes);
    for (const ParamInfo &param : kernel.params)
      if (param.size == 8)
        std::memcpy(&config.params[param.offset], &*memory, 8);
    config.options.instructionBudget = 2000;
    for (bool checked : {true, false}) {
      if (!checked)
        config.options.checks = Checks::none();
      Expected<LaunchResult> result = device.launch(**loaded, config);
      if (result && result->fault) {
        EXPECT_FALSE(result->fault->str().empty());
      }
    }
  }
}

std::vector<std::string> seeds() {
  std::vector<std::string> texts;
  for (const ReferenceKernel &kernel : referenceKernels())
    texts.push_back(kernel.text);
  texts.push_back(moduleText(
      ".global .align 8 .b64 g[4] = {g, 1, 2, 3};\n"
      ".func (.param .b32 r) f(.param .b32 a, .reg .b32 b)\n{\n"
      ".reg .b32 %r<4>;\n.local .align 8 .b8 d[16];\nld.param.u32 %r1, [a];\n"
      "st.local.u32 [d+4], %r1;\nadd.s32 %r2, %r1, b;\n"
      "st.param.b32 [r], %r2;\nret;\n}\n" +
      kernelText(".param .u64 p",
                 "TABLE: .branchtargets A, B;\nmov.u32 %r1, %tid.x;\n"
                 "and.b32 %r2, %r1, 1;\nbrx.idx %r2, TABLE;\nA:\n"
                 "{ .param .b32 a0; .param .b32 r0; st.param.b32 [a0], %r1;\n"
                 "call.uni (r0), f, (a0, %r2);\nld.param.b32 %r3, [r0];\n}\n"
                 "B:\nld.param.u64 %rd1, [p];\nred.global.add.u32 [%rd1], 1;\n"
                 "bar.red.popc.u32 %r4, 0, %p1;\nret;")));
  return texts;
}

const char *const vocabulary[] = {".reg",
                                  ".b32",
                                  ".pred",
                                  ".f64",
                                  "%r1",
                                  "%rd1",
                                  "%p1",
                                  "{",
                                  "}",
                                  "[",
                                  "]",
                                  "(",
                                  ")",
                                  ",",
                                  ";",
                                  ":",
                                  "@",
                                  "!",
                                  "|",
                                  "-",
                                  "+",
                                  "0",
                                  "1",
                                  "0x7fffffff",
                                  "0f3F800000",
                                  "ld.global.u32",
                                  "st.shared.v4.f32",
                                  "bra",
                                  "call",
                                  "ret",
                                  "mov.b64",
                                  "cvt.rn.f32.f64",
                                  "setp.lt.and.s32",
                                  "bar.sync",
                                  "shfl.sync.up.b32",
                                  ".param",
                                  ".local",
                                  ".shared",
                                  ".align",
                                  "<",
                                  ">",
                                  "=",
                                  "p",
                                  "LOOP",
                                  "s",
                                  "4294967295",
                                  "-9223372036854775808",
                                  ".branchtargets",
                                  ".entry",
                                  ".func"};
} // namespace

TEST(Fuzz, TruncatedText) {
  size_t parsed = 0;
  for (const std::string &text : seeds())
    for (size_t size = 0; size < text.size(); size += 1 + size / 40)
      consume(text.substr(0, size), parsed);
}

TEST(Fuzz, FlippedBytes) {
  std::mt19937 random(1);
  size_t parsed = 0;
  for (const std::string &text : seeds())
    for (unsigned round = 0; round < 400; ++round) {
      std::string copy = text;
      for (unsigned i = 0; i <= round % 4; ++i)
        copy[random() % copy.size()] = char(random() % 256);
      consume(copy, parsed);
    }
}

TEST(Fuzz, ExchangedWords) {
  std::mt19937 random(2);
  size_t parsed = 0;
  for (const std::string &text : seeds())
    for (unsigned round = 0; round < 600; ++round) {
      // Overwrite a word by one of the vocabulary or of the text itself.
      std::string copy = text;
      size_t begin = copy.find_first_not_of(" \n", random() % copy.size());
      if (begin == std::string::npos)
        continue;
      size_t end = copy.find_first_of(" ,;\n[]", begin + 1);
      std::string word = vocabulary[random() % std::size(vocabulary)];
      if (random() % 2) {
        size_t other = random() % text.size();
        word = text.substr(other, text.find_first_of(" ,;\n", other) - other);
      }
      copy.replace(begin, end == std::string::npos ? end : end - begin, word);
      consume(copy, parsed);
    }
  EXPECT_GT(parsed, 50u); // or nothing was ever executed
}

TEST(Fuzz, RandomWords) {
  std::mt19937 random(3);
  size_t parsed = 0;
  for (unsigned round = 0; round < 2000; ++round) {
    std::string body;
    for (unsigned i = random() % 40; i > 0; --i)
      body += std::string(vocabulary[random() % std::size(vocabulary)]) +
              (random() % 4 ? " " : "\n");
    consume(moduleText(round % 2 ? body : kernelText(".param .u64 p", body)),
            parsed);
  }
}

TEST(Fuzz, RandomBytes) {
  std::mt19937 random(4);
  size_t parsed = 0;
  for (unsigned round = 0; round < 500; ++round) {
    std::string text(random() % 300, ' ');
    for (char &c : text)
      c = char(random());
    consume(round % 2 ? moduleText(text) : text, parsed);
  }
}
