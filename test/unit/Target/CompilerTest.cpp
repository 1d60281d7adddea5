//===- CompilerTest.cpp - the C API of the compiler -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc-c/Compiler.h"
#include "optimc/Pipelines/BuiltinSpecs.h"

#include "gtest/gtest.h"
#include <cstddef>
#include <string>

namespace {
const char *const sgd = "optim.optimizer @sgd(%p, %g) hyper(%lr = 1e-3 in [0, "
                        "inf)) {\n  %p_t = expr %p - %lr * %g\n  commit %p = "
                        "%p_t\n}\n";

std::string compileError(const char *text,
                         const optimc_compile_options *options = nullptr) {
  optimc_compiled *compiled = nullptr;
  optimc_error error;
  optimc_status status = optimc_compile_text(text, options, &compiled, &error);
  EXPECT_NE(status, OPTIMC_OK);
  EXPECT_EQ(status, error.code);
  EXPECT_EQ(compiled, nullptr);
  return error.message;
}
} // namespace

TEST(Compiler, CompilesAndCounts) {
  uint64_t before = optimc_compile_count();
  optimc_compiled *compiled = nullptr;
  optimc_error error;
  ASSERT_EQ(optimc_compile_text(sgd, nullptr, &compiled, &error), OPTIMC_OK)
      << error.message;
  const optimc_program *program = optimc_compiled_program(compiled);
  ASSERT_TRUE(program);
  EXPECT_STREQ(program->name, "sgd");
  EXPECT_STREQ(error.message, "");
  // The step has the inputs of mixed precision.
  ASSERT_EQ(program->inputs.count, 2u);
  EXPECT_EQ(optimc_compile_count(), before + 1);
  std::string hash = program->spec_hash;
  optimc_compiled_destroy(compiled);

  optimc_compile_options options = OPTIMC_COMPILE_OPTIONS_INIT;
  options.flags = OPTIMC_COMPILE_NO_AMP;
  options.freeze = "lr=0.5";
  options.cpus = "x86-64-v3";
  ASSERT_EQ(optimc_compile_text(sgd, &options, &compiled, &error), OPTIMC_OK)
      << error.message;
  program = optimc_compiled_program(compiled);
  EXPECT_EQ(program->inputs.count, 0u);
  ASSERT_EQ(program->hypers.count, 1u);
  EXPECT_EQ(program->hypers.data[0].initial, 0.5);
  EXPECT_EQ(program->hypers.data[0].flags & OPTIMC_HYPER_FROZEN,
            uint32_t(OPTIMC_HYPER_FROZEN));
  EXPECT_EQ(program->entries.data[0]
                .plans.data[0]
                .variants.data[0]
                .phases.data[0]
                .code.count,
            2u);
  EXPECT_NE(hash, program->spec_hash);
  optimc_compiled_destroy(compiled);
  optimc_compiled_destroy(nullptr);
}

TEST(Compiler, SameSpecSameHash) {
  std::string hashes[2];
  for (std::string &hash : hashes) {
    optimc_compiled *compiled = nullptr;
    optimc_error error;
    ASSERT_EQ(optimc_compile_text(sgd, nullptr, &compiled, &error), OPTIMC_OK)
        << error.message;
    hash = optimc_compiled_program(compiled)->spec_hash;
    optimc_compiled_destroy(compiled);
  }
  EXPECT_EQ(hashes[0], hashes[1]);
}

/// GPU code is more of the same program.
TEST(Compiler, AddsPTX) {
  optimc_compiled *plain = nullptr, *compiled = nullptr;
  optimc_error error;
  ASSERT_EQ(optimc_compile_text(sgd, nullptr, &plain, &error), OPTIMC_OK)
      << error.message;
  const optimc_program *program = optimc_compiled_program(plain);
  EXPECT_EQ(program->ptx.count, 0u);
  EXPECT_EQ(program->entries.data[0].ptx_evaluate, nullptr);
  std::string hash = program->spec_hash;
  optimc_compiled_destroy(plain);

  optimc_compile_options options = OPTIMC_COMPILE_OPTIONS_INIT;
  options.gpus = "sm_90, sm_80";
  ASSERT_EQ(optimc_compile_text(sgd, &options, &compiled, &error), OPTIMC_OK)
      << error.message;
  program = optimc_compiled_program(compiled);
  ASSERT_EQ(program->ptx.count, 2u);
  EXPECT_EQ(program->ptx.elem_size, sizeof(optimc_ptx));
  EXPECT_EQ(program->ptx.data[0].sm, 80u);
  EXPECT_EQ(program->ptx.data[0].ptx_version, 70u);
  EXPECT_EQ(program->ptx.data[1].sm, 90u);
  EXPECT_EQ(program->ptx.data[1].ptx_version, 78u);
  std::string text = program->ptx.data[1].text;
  EXPECT_EQ(text.size(), program->ptx.data[1].size);
  const optimc_entry &entry = program->entries.data[0];
  const optimc_plan &plan = entry.plans.data[0];
  for (uint32_t i = 0; i < plan.variants.count; ++i) {
    const optimc_variant &variant = plan.variants.data[i];
    for (uint32_t k = 0; k < variant.phases.count; ++k) {
      std::string name = variant.phases.data[k].ptx_entry;
      EXPECT_NE(text.find(".entry " + name + "("), std::string::npos) << name;
    }
  }
  EXPECT_NE(text.find(std::string(".entry ") + entry.ptx_evaluate + "("),
            std::string::npos);
  EXPECT_EQ(hash, program->spec_hash);
  optimc_compiled_destroy(compiled);

  // Callers from before there was `gpus`.
  options.size = offsetof(optimc_compile_options, gpus);
  ASSERT_EQ(optimc_compile_text(sgd, &options, &compiled, &error), OPTIMC_OK)
      << error.message;
  EXPECT_EQ(optimc_compiled_program(compiled)->ptx.count, 0u);
  optimc_compiled_destroy(compiled);
  options = OPTIMC_COMPILE_OPTIONS_INIT;
  options.gpus = "sm_80,sm_80";
  EXPECT_NE(compileError(sgd, &options).find("listed twice"),
            std::string::npos);
}

TEST(Compiler, ReportsErrors) {
  std::string message = compileError(
      "optim.optimizer @a(%p, %g) {\n  %x = expr %p - %lrr\n  commit %p = "
      "%x\n}\n");
  EXPECT_NE(message.find("<text>:2:"), std::string::npos) << message;
  EXPECT_NE(message.find("lrr"), std::string::npos) << message;
  EXPECT_NE(compileError("").find("no optim.optimizer"), std::string::npos);

  optimc_compile_options options = OPTIMC_COMPILE_OPTIONS_INIT;
  options.cpus = "x86-64-v3,m68k";
  EXPECT_NE(compileError(sgd, &options).find("unknown instruction set 'm68k'"),
            std::string::npos);
  options = OPTIMC_COMPILE_OPTIONS_INIT;
  options.optimizer = "adam";
  EXPECT_NE(
      compileError(sgd, &options).find("no optimizer 'adam'; it has: sgd"),
      std::string::npos);
  options = OPTIMC_COMPILE_OPTIONS_INIT;
  options.flags = 8;
  EXPECT_NE(compileError(sgd, &options).find("unknown bits"),
            std::string::npos);
  options = OPTIMC_COMPILE_OPTIONS_INIT;
  options.size = 4;
  EXPECT_NE(compileError(sgd, &options).find("options->size"),
            std::string::npos);

  optimc_error error;
  optimc_compiled *compiled = nullptr;
  EXPECT_EQ(optimc_compile("no such spec", nullptr, &compiled, &error),
            OPTIMC_NOT_FOUND);
  EXPECT_EQ(optimc_compile(nullptr, nullptr, &compiled, &error),
            OPTIMC_INVALID_ARGUMENT);
  EXPECT_EQ(optimc_compile("sgd", nullptr, nullptr, &error),
            OPTIMC_INVALID_ARGUMENT);
}

TEST(Compiler, BuiltinSpecs) {
  for (const optimc::BuiltinSpec &spec : optimc::getBuiltinSpecs()) {
    SCOPED_TRACE(spec.name.str());
    optimc_compiled *compiled = nullptr;
    optimc_error error;
    EXPECT_EQ(
        optimc_compile(spec.name.str().c_str(), nullptr, &compiled, &error),
        OPTIMC_OK)
        << error.message;
    optimc_compiled_destroy(compiled);
  }
  const optimc::BuiltinSpec *ademamix = optimc::lookupBuiltinSpec("ademamix");
  ASSERT_TRUE(ademamix);
  optimc_error error;
  optimc_compiled *compiled = nullptr;
  EXPECT_EQ(optimc_compile("ademamx", nullptr, &compiled, &error),
            OPTIMC_NOT_FOUND);
  EXPECT_NE(std::string(error.message).find("did you mean 'ademamix'?"),
            std::string::npos)
      << error.message;
}
