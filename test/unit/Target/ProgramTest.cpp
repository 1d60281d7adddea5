//===- ProgramTest.cpp - the tables, and the object that holds them -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowered.h"

#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <cmath>
#include <set>
#include <sstream>

using namespace optimc::test;

TEST(Program, TablesFieldByField) {
  Lowered opt(optText, "opt");
  ASSERT_TRUE(opt.program) << opt.report;
  const optimc_program &program = *opt.program;
  EXPECT_EQ(program.size, sizeof(optimc_program));
  EXPECT_EQ(program.abi, OPTIMC_ABI);
  EXPECT_STREQ(program.name, "opt");
  EXPECT_EQ(std::string(program.spec_hash).size(), 64u);
  EXPECT_EQ(std::string(program.compiler).rfind("optimc ", 0), 0u);
  EXPECT_EQ(program.flags, 0u);

  ASSERT_EQ(program.hypers.count, 2u);
  EXPECT_EQ(program.hypers.elem_size, sizeof(optimc_hyper));
  const optimc_hyper &lr = program.hypers.data[0], &k = program.hypers.data[1];
  EXPECT_STREQ(lr.name, "lr");
  EXPECT_EQ(lr.initial, 1e-3);
  EXPECT_EQ(lr.low, 0);
  EXPECT_EQ(lr.high, INFINITY);
  EXPECT_EQ(lr.flags, uint32_t(OPTIMC_HYPER_LOW_OPEN | OPTIMC_HYPER_HIGH_OPEN));
  EXPECT_STREQ(k.name, "k");
  EXPECT_EQ(k.initial, 2);
  EXPECT_EQ(k.low, 1);
  EXPECT_EQ(k.flags, uint32_t(OPTIMC_HYPER_INTEGER | OPTIMC_HYPER_HIGH_OPEN));

  ASSERT_EQ(program.streams.count, 3u);
  EXPECT_EQ(program.streams.elem_size, sizeof(optimc_stream));
  const char *names[] = {"param", "grad", "exp_avg"};
  const uint32_t roles[] = {OPTIMC_ROLE_PARAM, OPTIMC_ROLE_GRAD,
                            OPTIMC_ROLE_STATE};
  for (uint32_t i = 0; i != 3; ++i) {
    const optimc_stream &stream = program.streams.data[i];
    EXPECT_STREQ(stream.name, names[i]);
    EXPECT_EQ(stream.role, roles[i]);
    EXPECT_EQ(stream.rate, uint32_t(OPTIMC_RATE_ELEMENT));
    EXPECT_EQ(stream.init, uint32_t(OPTIMC_INIT_VALUE));
    EXPECT_EQ(stream.init_value, 0);
    EXPECT_EQ(stream.slots, 1u);
    EXPECT_EQ(stream.flags, i == 2 ? uint32_t(OPTIMC_STREAM_OBSERVABLE) : 0u);
  }

  ASSERT_EQ(program.states.count, 3u);
  const optimc_scalar_state &step = program.states.data[0],
                            &count = program.states.data[1],
                            &peak = program.states.data[2];
  EXPECT_STREQ(step.name, "step");
  EXPECT_EQ(step.rate, uint32_t(OPTIMC_RATE_GROUP));
  EXPECT_EQ(step.index, 0u);
  EXPECT_STREQ(count.name, "count");
  EXPECT_EQ(count.rate, uint32_t(OPTIMC_RATE_GROUP));
  EXPECT_EQ(count.index, 1u);
  EXPECT_EQ(count.init, uint32_t(OPTIMC_INIT_HYPER));
  EXPECT_EQ(count.init_hyper, 0u);
  EXPECT_STREQ(peak.name, "peak");
  EXPECT_EQ(peak.rate, uint32_t(OPTIMC_RATE_MODEL));
  EXPECT_EQ(peak.index, 0u);
  EXPECT_EQ(peak.init, uint32_t(OPTIMC_INIT_VALUE));
  EXPECT_EQ(peak.init_value, 0.25);

  ASSERT_EQ(program.inputs.count, 2u);
  EXPECT_STREQ(program.inputs.data[0].name, "scale");
  EXPECT_EQ(program.inputs.data[0].value, 0u);
  EXPECT_EQ(program.inputs.data[0].flags, 0u);
  EXPECT_STREQ(program.inputs.data[1].name, "found_inf");
  EXPECT_EQ(program.inputs.data[1].value, 1u);
  EXPECT_EQ(program.inputs.data[1].flags, uint32_t(OPTIMC_INPUT_OPTIONAL));

  ASSERT_EQ(program.outputs.count, 2u);
  EXPECT_STREQ(program.outputs.data[0].name, "rate");
  EXPECT_EQ(program.outputs.data[0].rate, uint32_t(OPTIMC_RATE_GROUP));
  EXPECT_STREQ(program.outputs.data[1].name, "scale");
  EXPECT_EQ(program.outputs.data[1].rate, uint32_t(OPTIMC_RATE_MODEL));
  EXPECT_EQ(program.outputs.data[1].value, 0u);
  EXPECT_EQ(program.ptx.count, 0u);

  optimc_program_fn get = reinterpret_cast<optimc_program_fn>(
      llvm::cantFail(opt.loaded->lookup("optimc_program_opt")));
  EXPECT_EQ(get(OPTIMC_ABI), &program);
  EXPECT_EQ(get(OPTIMC_ABI + 1), &program);
  EXPECT_EQ(get(OPTIMC_ABI - 1), nullptr);
}

TEST(Program, EntriesPlansAndVariants) {
  Lowered opt(optText, "opt");
  ASSERT_TRUE(opt.program) << opt.report;
  ASSERT_EQ(opt.program->entries.count, 2u);
  const optimc_entry &step = opt.program->entries.data[0],
                     &reset = opt.program->entries.data[1];
  EXPECT_STREQ(step.name, "step");
  EXPECT_EQ(step.flags, uint32_t(OPTIMC_ENTRY_STEP));
  EXPECT_EQ(step.n_predicates, 1u);
  ASSERT_EQ(step.scalars.count, 2u);
  EXPECT_EQ(step.scalars.data[0].rate, uint32_t(OPTIMC_RATE_MODEL));
  EXPECT_EQ(step.scalars.data[1].rate, uint32_t(OPTIMC_RATE_GROUP));
  ASSERT_EQ(step.plans.count, 1u);
  const optimc_plan &plan = step.plans.data[0];
  EXPECT_EQ(plan.min_rank, 0u);
  EXPECT_EQ(plan.max_rank, UINT32_MAX);
  EXPECT_EQ(plan.min_count, 0u);
  EXPECT_EQ(plan.granule, 1u);
  EXPECT_EQ(plan.n_streams, 3u);
  EXPECT_EQ(plan.used, 7u);
  for (uint32_t i = 0; i != 3; ++i)
    EXPECT_EQ(plan.storage[i], uint32_t(OPTIMC_STORAGE_F32));
  ASSERT_EQ(plan.variants.count, 2u);
  const uint64_t reads[] = {7, 6}, writes[] = {5, 4}, values[] = {1, 0};
  for (uint32_t i = 0; i != 2; ++i) {
    const optimc_variant &variant = plan.variants.data[i];
    EXPECT_EQ(variant.mask, 1u);
    EXPECT_EQ(variant.value, values[i]);
    ASSERT_EQ(variant.phases.count, 1u);
    const optimc_phase &phase = variant.phases.data[0];
    EXPECT_EQ(phase.stage, 0u);
    EXPECT_EQ(phase.reads, reads[i]);
    EXPECT_EQ(phase.writes, writes[i]);
    ASSERT_EQ(phase.code.count, 3u);
    EXPECT_EQ(phase.code.data[0].isa,
              uint64_t(OPTIMC_ISA_X86_64_V3 | OPTIMC_ISA_X86_64_V4));
    EXPECT_EQ(phase.code.data[1].isa, uint64_t(OPTIMC_ISA_X86_64_V3));
    EXPECT_EQ(phase.code.data[2].isa, 0u);
  }
  EXPECT_STREQ(reset.name, "reset");
  EXPECT_EQ(reset.flags, 0u);
  ASSERT_EQ(reset.plans.data[0].variants.count, 1u);
  EXPECT_EQ(reset.plans.data[0].variants.data[0].mask, 0u);
}

TEST(Program, ScalarFunctionsReadAndWriteFrames) {
  Lowered opt(optText, "opt");
  ASSERT_TRUE(opt.program) << opt.report;
  Evaluation scalars(*opt.program);
  EXPECT_EQ(scalars.model[0], 0.25);
  EXPECT_EQ(scalars.group[1], 1e-3); // count starts as lr
  scalars.values[0] = 4;             // scale
  scalars.group = {4, 10};           // steps taken, count
  scalars.run(*opt.program);
  double rate = 1e-3 * (1.0 / 4);
  EXPECT_EQ(scalars.nextGroup[0], 5);
  EXPECT_EQ(scalars.nextGroup[1], 10 + rate);
  EXPECT_EQ(scalars.nextModel[0], 4);
  EXPECT_EQ(scalars.predicates, 1u); // step 5 > k
  EXPECT_EQ(scalars.values[opt.program->outputs.data[0].value], rate);
  EXPECT_EQ(scalars.scalars[0], float(rate));
  EXPECT_EQ(scalars.scalars[1], 1.0f); // ok
  scalars.group[0] = 1;
  scalars.values[1] = 1;
  scalars.run(*opt.program);
  EXPECT_EQ(scalars.predicates, 0u);
  EXPECT_EQ(scalars.scalars[1], 0.0f);
}

TEST(Program, ObjectExportsTwoSymbolsAndNeedsNone) {
  for (auto [text, name] :
       {std::pair(optText, "opt"), {fmaText, "fma"}, {noiseText, "noise"}}) {
    Lowered lowered(text, name);
    ASSERT_TRUE(lowered.program) << lowered.report;
    llvm::StringRef data(lowered.object.data(), lowered.object.size());
    auto file = llvm::cantFail(llvm::object::ObjectFile::createObjectFile(
        llvm::MemoryBufferRef(data, "object")));
    std::set<std::string> exported;
    for (const llvm::object::SymbolRef &symbol : file->symbols()) {
      uint32_t flags = llvm::cantFail(symbol.getFlags());
      std::string symbolName = llvm::cantFail(symbol.getName()).str();
      EXPECT_FALSE((flags & llvm::object::SymbolRef::SF_Undefined) &&
                   !symbolName.empty())
          << symbolName;
      if (flags & llvm::object::SymbolRef::SF_Global)
        exported.insert(symbolName);
    }
    std::set<std::string> expected = {std::string("optimc_program_") + name,
                                      std::string(name) + "_step"};
    EXPECT_EQ(exported, expected);
  }
}

//===----------------------------------------------------------------------===//
// The hot loop
//===----------------------------------------------------------------------===//

/// The instructions of the basic block of `function` that prefetches and
/// computes.
static std::vector<std::string> getVectorLoop(const Lowered &lowered,
                                              const std::string &function) {
  std::istringstream text(
      std::string(lowered.assembly.begin(), lowered.assembly.end()));
  std::vector<std::string> block;
  std::string line;
  bool inside = false, prefetches = false, computes = false;
  while (std::getline(text, line)) {
    if (line.rfind("\"" + function + "\":", 0) == 0 ||
        line.rfind(function + ":", 0) == 0) {
      inside = true;
      continue;
    }
    if (!inside)
      continue;
    if (line.rfind(".L", 0) == 0 || line.rfind(".Lfunc_end", 0) == 0) {
      if (prefetches && computes)
        return block;
      prefetches = computes = false;
      if (line.rfind(".Lfunc_end", 0) == 0)
        break;
      block.clear();
      continue;
    }
    if (line.size() > 1 && line[0] == '\t' && line[1] != '.' && line[1] != '#')
      block.push_back(line.substr(1));
    prefetches |= line.find("prefetch") != std::string::npos;
    computes |= line.find("vsqrtps") != std::string::npos;
  }
  return {};
}

static size_t count(const std::vector<std::string> &block, const char *what) {
  size_t n = 0;
  for (const std::string &line : block)
    n += line.find(what) != std::string::npos;
  return n;
}

TEST(Program, HotLoopIsOneVectorPerStream) {
  Lowered opt(optText, "opt");
  ASSERT_TRUE(opt.program) << opt.report;
  for (auto [isa, reg, vectors] :
       {std::tuple("x86-64-v4", "%zmm", size_t(1)), {"x86-64-v3", "%ymm", 2}}) {
    auto block = getVectorLoop(opt, std::string("opt.step.0.") + isa);
    ASSERT_FALSE(block.empty()) << isa;
    std::string text;
    for (const std::string &line : block)
      text += line + "\n";
    SCOPED_TRACE(text);
    EXPECT_EQ(count(block, "prefetch"), 3u);
    EXPECT_EQ(count(block, "call"), 0u);
    EXPECT_EQ(count(block, "%rsp"), 0u);
    EXPECT_EQ(count(block, "vsqrtps"), vectors);
    EXPECT_EQ(count(block, "vdivps"), vectors);
    EXPECT_EQ(count(block, "ss\t"), 0u); // no scalar arithmetic
    EXPECT_GE(count(block, reg), 6 * vectors);
    // Two streams are written.
    size_t stores = 0;
    for (const std::string &line : block)
      stores +=
          (line.rfind("vmovups", 0) == 0 || line.rfind("vmovaps", 0) == 0) &&
          line.find(std::string(reg)) != std::string::npos &&
          line.back() == ')';
    EXPECT_EQ(stores, 2 * vectors);
  }
}
