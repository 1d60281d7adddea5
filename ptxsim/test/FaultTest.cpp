//===- FaultTest.cpp - broken kernels, each caught at its line --*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulate.h"

using namespace ptxsim;
using namespace ptxsim::test;

namespace {
struct Broken {
  const char *name;
  const char *body; // of a kernel with the parameters `in` and `out`
  FaultKind kind;
  const char *line;   // a part of the text of the line at fault
  const char *detail; // a part of the message
  uint32_t grid = 1, block = 64;
  const char *otherLine = "";
};

// Shared by all: %rd1 = in and %rd2 = out, 64 words each; %r1 = tid.x;
// %rd3 = 4 * tid.
const char *const prologue =
    "ld.param.u64 %rd1, [in];\nld.param.u64 %rd2, [out];\n"
    "mov.u32 %r1, %tid.x;\nmul.wide.u32 %rd3, %r1, 4;\n"
    "add.u64 %rd4, %rd1, %rd3;\nadd.u64 %rd5, %rd2, %rd3;\n"
    "mov.u32 %r9, %ctaid.x;\n";

const Broken corpus[] = {
    {"WrongBound",
     "ld.global.f32 %f1, [%rd4];\nst.global.f32 [%rd5+4], %f1;\nret;",
     FaultKind::OutOfBounds, "[%rd5+4]",
     "0 bytes after the end of 'out' (256 bytes)"},
    {"WrongBoundBefore",
     "ld.global.f32 %f1, [%rd4+-4];\nst.global.f32 [%rd5], %f1;\nret;",
     FaultKind::OutOfBounds, "[%rd4+-4]", "4 bytes before the start of 'in'"},
    {"StraddlesEnd",
     "ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%rd1+240];\n"
     "ld.global.v2.b64 {%rd10, %rd11}, [%rd1+256];\nret;",
     FaultKind::OutOfBounds, "[%rd1+256]", "16 bytes"},
    {"NullPointer", "mov.u64 %rd6, 0;\nld.global.f32 %f1, [%rd6+8];\nret;",
     FaultKind::OutOfBounds, "[%rd6+8]", "0x8, which is no device address"},
    {"SharedBound",
     ".shared .align 4 .b8 s[256];\nmov.u64 %rd6, s;\n"
     "add.u64 %rd7, %rd6, %rd3;\nst.shared.u32 [%rd7+4], %r1;\nret;",
     FaultKind::OutOfBounds, "[%rd7+4]", "shared memory + 256"},
    {"LocalBound",
     ".local .align 4 .b8 depot[16];\nmov.u64 %rd6, depot;\n"
     "st.local.u32 [%rd6+16], %r1;\nret;",
     FaultKind::OutOfBounds, "[%rd6+16]", "local memory + 16"},
    {"ParamBound", "ld.param.u64 %rd6, [in+12];\nret;", FaultKind::Misaligned,
     "[in+12]", "not a multiple of 8"},
    {"MisalignedVector",
     "ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%rd1+8];\nret;",
     FaultKind::Misaligned, "ld.global.v4", "'in' + 8"},
    {"MisalignedScalar", "st.global.u32 [%rd2+2], %r1;\nret;",
     FaultKind::Misaligned, "[%rd2+2]", "not a multiple of 4"},
    {"UninitialisedRegister", "add.s32 %r3, %r1, %r2;\nret;",
     FaultKind::UninitialisedRegister, "add.s32", "'%r2'"},
    {"UninitialisedOnOnePath",
     "setp.lt.u32 %p1, %r1, 40;\n@%p1 mov.u32 %r2, 5;\n"
     "st.global.u32 [%rd5], %r2;\nret;",
     FaultKind::UninitialisedRegister, "st.global", "'%r2'"},
    {"UninitialisedPredicate", "@%p1 st.global.u32 [%rd5], %r1;\nret;",
     FaultKind::UninitialisedRegister, "@%p1", "'%p1'"},
    {"CopyOfUninitialised",
     "mov.b32 %r2, %r3;\nmov.b64 %rd6, {%r1, %r2};\nst.global.u64 [%rd2], "
     "%rd6;\nret;",
     FaultKind::UninitialisedRegister, "st.global", "'%rd6'"},
    {"UninitialisedGlobal", "ld.global.u32 %r2, [%rd5];\nret;",
     FaultKind::UninitialisedMemory, "ld.global", "'out' + "},
    {"UninitialisedShared",
     ".shared .align 4 .b8 s[256];\nmov.u64 %rd6, s;\n"
     "ld.shared.u32 %r2, [%rd6+8];\nret;",
     FaultKind::UninitialisedMemory, "ld.shared", "shared 's' + 8"},
    {"UninitialisedLocal",
     ".local .align 4 .b8 depot[16];\nld.local.u32 %r2, [depot+4];\nret;",
     FaultKind::UninitialisedMemory, "ld.local", "local memory + 4"},
    {"MissingBarrier",
     ".shared .align 4 .b8 s[256];\nmov.u64 %rd6, s;\n"
     "add.u64 %rd7, %rd6, %rd3;\nst.shared.u32 [%rd7], %r1;\n"
     "xor.b32 %r2, %r1, 63;\nmul.wide.u32 %rd8, %r2, 4;\n"
     "add.u64 %rd9, %rd6, %rd8;\nld.shared.u32 %r3, [%rd9];\n"
     "st.global.u32 [%rd5], %r3;\nret;",
     FaultKind::UninitialisedMemory, "ld.shared", "shared 's'"},
    {"MissingSecondBarrier",
     ".shared .align 4 .b8 s[256];\nmov.u64 %rd6, s;\n"
     "add.u64 %rd7, %rd6, %rd3;\nst.shared.u32 [%rd7], %r1;\nbar.sync 0;\n"
     "xor.b32 %r2, %r1, 63;\nmul.wide.u32 %rd8, %r2, 4;\n"
     "add.u64 %rd9, %rd6, %rd8;\nld.shared.u32 %r3, [%rd9];\n"
     "st.shared.u32 [%rd7], %r3;\nret;",
     FaultKind::DataRace, "s", "without an order"},
    {"MissingWarpBarrier",
     ".shared .align 4 .b8 s[256];\nmov.u64 %rd6, s;\n"
     "add.u64 %rd7, %rd6, %rd3;\nst.shared.u32 [%rd7], %r1;\n"
     "xor.b32 %r2, %r1, 1;\nmul.wide.u32 %rd8, %r2, 4;\n"
     "add.u64 %rd9, %rd6, %rd8;\nld.shared.u32 %r3, [%rd9];\nret;",
     FaultKind::DataRace, "ld.shared", "read of 4 bytes at shared 's'", 1, 32,
     "st.shared.u32 [%rd7]"},
    {"ShuffleIsNoWarpBarrier",
     ".shared .align 4 .b8 s[256];\nmov.u64 %rd6, s;\n"
     "add.u64 %rd7, %rd6, %rd3;\nst.shared.u32 [%rd7], %r1;\n"
     "shfl.sync.bfly.b32 %r5, %r1, 1, 31, -1;\n"
     "xor.b32 %r2, %r1, 1;\nmul.wide.u32 %rd8, %r2, 4;\n"
     "add.u64 %rd9, %rd6, %rd8;\nld.shared.u32 %r3, [%rd9];\nret;",
     FaultKind::DataRace, "ld.shared", "read of 4 bytes at shared 's'", 1, 32},
    {"HalfWarpBarrier",
     ".shared .align 4 .b8 s[256];\nmov.u64 %rd6, s;\n"
     "add.u64 %rd7, %rd6, %rd3;\nst.shared.u32 [%rd7], %r1;\n"
     "setp.lt.u32 %p1, %r1, 16;\nselp.b32 %r4, 0xffff, 0xffff0000, %p1;\n"
     "bar.warp.sync %r4;\n"
     "xor.b32 %r2, %r1, 16;\nmul.wide.u32 %rd8, %r2, 4;\n"
     "add.u64 %rd9, %rd6, %rd8;\nld.shared.u32 %r3, [%rd9];\nret;",
     FaultKind::DataRace, "ld.shared", "shared 's'", 1, 32},
    {"WriteWriteRace", "st.global.u32 [%rd2], %r1;\nret;", FaultKind::DataRace,
     "st.global", "'out' + 0", 1, 32, "st.global"},
    {"WriteWriteRaceBetweenBlocks", "st.global.u32 [%rd5], %r9;\nret;",
     FaultKind::DataRace, "st.global", "'out' + ", 2, 32, "st.global"},
    {"AtomicAndPlainRace",
     "setp.eq.u32 %p1, %r1, 0;\n@%p1 st.global.u32 [%rd1], 5;\n"
     "red.global.add.u32 [%rd1], 1;\nret;",
     FaultKind::DataRace, "[%rd1]", "'in' + 0", 1, 64},
    {"BlockScopeIsTooSmall",
     "atom.relaxed.cta.global.add.u32 %r2, [%rd1], 1;\nret;",
     FaultKind::DataRace, "atom", "'in' + 0", 2, 32, "atom"},
    {"FlagWithoutFence",
     "setp.eq.u32 %p1, %r9, 0;\n@!%p1 bra READ;\n"
     "st.global.u32 [%rd1+128], 7;\nst.volatile.global.u32 [%rd1], 1;\n"
     "ret;\nREAD:\nld.volatile.global.u32 %r2, [%rd1];\nmembar.gl;\n"
     "ld.global.u32 %r3, [%rd1+128];\nret;",
     FaultKind::DataRace, "[%rd1+128]", "'in' + 128", 2, 1},
    {"NonCoherentRead",
     "ld.global.nc.f32 %f1, [%rd4];\nst.global.f32 [%rd4], %f1;\nret;",
     FaultKind::NonCoherentRead, "st.global", "read with .nc"},
    {"DivergentBarrier", "setp.lt.u32 %p1, %r1, 16;\n@%p1 bar.sync 0;\nret;",
     FaultKind::DivergentBarrier, "bar.sync", ""},
    {"TwoBarriersInOneWarp",
     "setp.lt.u32 %p1, %r1, 16;\n@%p1 bra LOW;\nbar.sync 0;\nbra.uni DONE;\n"
     "LOW:\nbar.sync 0;\nDONE:\nret;",
     FaultKind::DivergentBarrier, "bar.sync", "different barrier", 1, 32,
     "bar.sync"},
    {"BarrierForAbsentWarps", "bar.sync 0, 128;\nret;", FaultKind::Deadlock,
     "bar.sync", "64 of 128"},
    {"BarrierCount", "bar.sync 0, 40;\nret;", FaultKind::InvalidOperand,
     "bar.sync", "multiple of 32"},
    {"MaskWithoutSelf", "shfl.sync.idx.b32 %r2, %r1, 0, 31, 0xffff;\nret;",
     FaultKind::InvalidMask, "shfl.sync", "does not contain the thread itself"},
    {"MaskNamesExited",
     "setp.ge.u32 %p1, %r1, 16;\n@%p1 exit;\n"
     "shfl.sync.idx.b32 %r2, %r1, 0, 31, -1;\nret;",
     FaultKind::InvalidMask, "shfl.sync", "lane 16, which has exited", 1, 32},
    {"MaskNeverComplete",
     "setp.lt.u32 %p1, %r1, 16;\n@%p1 bra LOW;\n"
     "vote.sync.all.pred %p2, %p1, -1;\nret;\n"
     "LOW:\nvote.sync.any.pred %p2, %p1, -1;\nret;",
     FaultKind::Deadlock, "vote.sync", "can never all arrive", 1, 32,
     "vote.sync"},
    {"ShuffleFromAbsentLane",
     "setp.lt.u32 %p1, %r1, 16;\n@!%p1 bra DONE;\n"
     "shfl.sync.idx.b32 %r2, %r1, 20, 31, 0xffff;\n"
     "add.u32 %r3, %r2, 1;\nDONE:\nret;",
     FaultKind::UninitialisedRegister, "add.u32", "'%r2'", 1, 32},
    {"EndlessLoop", "LOOP:\nadd.u32 %r1, %r1, 1;\nbra.uni LOOP;",
     FaultKind::InstructionBudget, "", "still running"},
    {"WriteToConst", "mov.u64 %rd6, table;\nst.global.u32 [%rd6], %r1;\nret;",
     FaultKind::ReadOnlyWrite, "st.global", "'table' is a .const variable"},
    {"WrongSpace", "cvta.to.shared.u64 %rd6, %rd1;\nret;",
     FaultKind::InvalidOperand, "cvta.to.shared", "not in .shared"},
    {"BranchIndex",
     "TABLE: .branchtargets A, B;\nbrx.idx %r1, TABLE;\nA:\nret;\nB:\nret;",
     FaultKind::InvalidOperand, "brx.idx", "into 2 targets"},
    {"Trap", "trap;\nret;", FaultKind::Trap, "trap", ""},
    {"MissingReturn", "add.u32 %r2, %r1, 1;", FaultKind::MissingReturn, "}",
     "runs off the end of 'k'"},
    {"EndlessRecursion", "call.uni recurse;\nret;", FaultKind::StackOverflow,
     "call.uni recurse", "'recurse'"},
    {"MissingAsyncWait",
     ".shared .align 16 .b8 s[1024];\nmov.u64 %rd6, s;\n"
     "mul.wide.u32 %rd7, %r1, 4;\nadd.u64 %rd8, %rd6, %rd7;\n"
     "cp.async.ca.shared.global [%rd8], [%rd4], 4;\ncp.async.commit_group;\n"
     "ld.shared.u32 %r2, [%rd8];\nret;",
     FaultKind::UninitialisedMemory, "ld.shared", "shared 's'"},
};

std::string moduleOf(const Broken &broken) {
  return moduleText(".const .align 4 .u32 table[2] = {1, 2};\n"
                    ".func recurse()\n{\ncall.uni recurse;\nret;\n}\n" +
                    kernelText(".param .u64 in, .param .u64 out",
                               std::string(prologue) + broken.body));
}

class BrokenKernel
    : public testing::TestWithParam<std::tuple<size_t, uint64_t>> {};
} // namespace

TEST_P(BrokenKernel, IsCaught) {
  const Broken &broken = corpus[std::get<0>(GetParam())];
  Simulation simulation(moduleOf(broken));
  ASSERT_NE(simulation.loaded, nullptr);
  uint64_t in = simulation.buffer(std::vector<float>(64, 0.0f), "in");
  uint64_t out = simulation.allocate(256, "out");
  LaunchConfig config =
      shape(broken.grid, broken.block, std::get<1>(GetParam()));
  config.options.instructionBudget = 100000;
  LaunchResult result = simulation.run(config, in, out);
  ASSERT_TRUE(result.fault) << "nothing was found";
  EXPECT_EQ(faultKindName(result.fault->kind), faultKindName(broken.kind))
      << result.fault->str();
  EXPECT_NE(result.fault->at.lineText.find(broken.line), std::string::npos)
      << result.fault->str();
  EXPECT_EQ(result.fault->at.lineText,
            simulation.loaded->module().lineText(result.fault->at.line));
  EXPECT_NE(result.fault->str().find(broken.detail), std::string::npos)
      << result.fault->str();
  if (*broken.otherLine) {
    ASSERT_TRUE(result.fault->other) << result.fault->str();
    EXPECT_NE(result.fault->other->lineText.find(broken.otherLine),
              std::string::npos)
        << result.fault->str();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, BrokenKernel,
    testing::Combine(testing::Range(size_t(0), std::size(corpus)),
                     testing::Values(0, 1, 77)),
    [](const auto &info) {
      return std::string(corpus[std::get<0>(info.param)].name) + "_" +
             std::to_string(std::get<1>(info.param));
    });

// What the checks must not complain about.
namespace {
struct Sound {
  const char *name;
  const char *body;
  uint32_t grid, block;
};
const Sound sound[] = {
    {"EarlyExitOfWholeWarps",
     "setp.ge.u32 %p1, %r1, 32;\n@%p1 ret;\nbar.sync 0;\nret;", 1, 64},
    {"SameValueByAll", "st.global.u32 [%rd2], 1;\nret;", 2, 64},
    {"AtomicsByAll", "red.global.add.u32 [%rd1], 1;\nret;", 2, 64},
    {"NamedBarrierOfTwoWarps",
     "setp.ge.u32 %p1, %r1, 64;\n@%p1 ret;\nbar.sync 3, 64;\nret;", 1, 128},
    {"UndefinedIsOnlyCopied",
     "mov.b32 %r2, %r3;\nmov.b64 %rd6, {%r1, %r2};\n"
     "mov.b64 {%r4, %r5}, %rd6;\nret;",
     1, 32},
    {"FlagWithFences",
     "setp.eq.u32 %p1, %r9, 0;\n@!%p1 bra READ;\n"
     "st.global.u32 [%rd2], 7;\nmembar.gl;\n"
     "st.volatile.global.u32 [%rd1], 1;\nret;\n"
     "READ:\nld.volatile.global.u32 %r2, [%rd1];\nsetp.eq.u32 %p2, %r2, 0;\n"
     "@%p2 bra READ;\nmembar.gl;\nld.global.u32 %r3, [%rd2];\nret;",
     2, 1},
    {"WarpBarrierAtTwoPlaces",
     "setp.lt.u32 %p1, %r1, 16;\n@%p1 bra LOW;\nbar.warp.sync -1;\nret;\n"
     "LOW:\nbar.warp.sync -1;\nret;",
     1, 32},
    {"ProducerAndConsumer",
     "and.b32 %r2, %r1, 32;\nsetp.eq.u32 %p1, %r2, 0;\n@%p1 bra PRODUCE;\n"
     "bar.sync 1, 64;\nld.global.u32 %r3, [%rd5+-128];\nret;\n"
     "PRODUCE:\nst.global.u32 [%rd5], 3;\nbar.arrive 1, 64;\nret;",
     1, 64},
};
class SoundKernel
    : public testing::TestWithParam<std::tuple<size_t, uint64_t>> {};
} // namespace

TEST_P(SoundKernel, Passes) {
  const Sound &kernel = sound[std::get<0>(GetParam())];
  Simulation simulation(moduleText(kernelText(
      ".param .u64 in, .param .u64 out", std::string(prologue) + kernel.body)));
  ASSERT_NE(simulation.loaded, nullptr);
  uint64_t in = simulation.buffer(std::vector<float>(64, 0.0f), "in");
  uint64_t out = simulation.allocate(256, "out");
  LaunchConfig config =
      shape(kernel.grid, kernel.block, std::get<1>(GetParam()));
  config.options.instructionBudget = 1000000;
  EXPECT_EQ(faultText(simulation.run(config, in, out)), "");
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, SoundKernel,
    testing::Combine(testing::Range(size_t(0), std::size(sound)),
                     testing::Values(0, 1, 77)),
    [](const auto &info) {
      return std::string(sound[std::get<0>(info.param)].name) + "_" +
             std::to_string(std::get<1>(info.param));
    });

TEST(Memory, UseAfterFreeNamesTheAllocation) {
  Simulation simulation(moduleText(kernelText(
      ".param .u64 p",
      "ld.param.u64 %rd1, [p];\nld.global.u32 %r1, [%rd1+4];\nret;")));
  uint64_t p = simulation.buffer(std::vector<int>(4, 1), "weights");
  ASSERT_TRUE(simulation.device.memory().free(p));
  LaunchResult result = simulation.run(shape(1, 1), p);
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->str(),
            "use after free in 'k' at line 12 (ld.global.u32 %r1, [%rd1+4];), "
            "block (0,0,0), thread (0,0,0): read of 4 bytes at 'weights' + 4 "
            "(freed)");
}

TEST(Memory, ChecksCanBeTurnedOff) {
  Simulation simulation(moduleText(
      kernelText(".param .u64 in, .param .u64 out",
                 std::string(prologue) +
                     "ld.global.u32 %r2, [%rd1+1024];\nadd.u32 %r3, %r2, %r1;\n"
                     "st.global.u32 [%rd2+1024], %r3;\nst.global.u32 [%rd2], "
                     "%r1;\nret;")));
  uint64_t in = simulation.allocate(256, "in");
  uint64_t out = simulation.allocate(256, "out");
  LaunchConfig config = shape(1, 64);
  config.options.checks = Checks::none();
  EXPECT_EQ(faultText(simulation.run(config, in, out)), "");
  config.options.checks.bounds = true;
  EXPECT_NE(faultText(simulation.run(config, in, out)), "");
}
