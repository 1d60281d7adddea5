//===- ParserTest.cpp - what is not PTX, and where --------------*- C++ -*-===//
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
std::string errorOf(const std::string &text) {
  Expected<Module> module = Module::parse(text);
  return module ? "" : module.error().str();
}
/// A kernel body; its first line is line 11 of the module.
std::string bodyError(const std::string &body) {
  return errorOf(moduleText(kernelText(".param .u64 p", body)));
}
} // namespace

TEST(Parser, Header) {
  EXPECT_EQ(errorOf(""), "1:1: expected '.version' at the start of the module, "
                         "found the end of the text");
  EXPECT_EQ(errorOf(".version 5.0\n.target sm_80"),
            "1:10: PTX version 5.0 is not supported: 6.0 to 9.0 are");
  EXPECT_EQ(errorOf(".version 8.0\n.target gfx90a"),
            "2:9: unknown target 'gfx90a': expected a name such as sm_80");
  EXPECT_EQ(errorOf(".version 8.0\n.target sm_80\n.address_size 32"),
            "3:15: only 64-bit addresses are supported");
  EXPECT_EQ(errorOf(moduleText(".magic x;")),
            "4:1: unknown directive '.magic' at module scope: expected .entry, "
            ".func, .global, .const, .shared, .file, .section or .pragma");
}

TEST(Parser, UnknownInstructionsAndModifiers) {
  EXPECT_EQ(bodyError("frobnicate.b32 %r1, %r2;"),
            "11:1: unknown instruction 'frobnicate'");
  EXPECT_EQ(bodyError("add.rn.f16.f32 %f1, %f2, %f3;"),
            "11:11: modifier '.f32' does not fit here in 'add.rn.f16.f32': "
            "expected no further modifier");
  EXPECT_EQ(bodyError("shl.u32 %r1, %r2, 3;"),
            "11:4: modifier '.u32' does not fit here in 'shl.u32': expected "
            "one of .b16, .b32, .b64");
  EXPECT_EQ(bodyError("mul.u32 %r1, %r2, 3;"),
            "11:4: modifier '.u32' does not fit here in 'mul.u32': expected "
            "one of .hi, .lo, .wide, .rn, .rz, .rm, .rp, .ftz, .sat, .f32, "
            ".f64, .f32x2, .f16, .f16x2, .bf16, .bf16x2");
  EXPECT_EQ(bodyError("bar;"), "11:1: 'bar' is incomplete: expected one of "
                               ".warp, .cta, .sync, .arrive, .red");
  EXPECT_EQ(bodyError("cvt.f16.f32 %rs1, %f1;"),
            "11:1: 'cvt.f16.f32' combines modifiers that do not go together");
}

TEST(Parser, Operands) {
  EXPECT_EQ(bodyError("add.s32 %r1, %r2;"),
            "11:1: 'add.s32' needs more operands than 2");
  EXPECT_EQ(bodyError("add.s32 %r1, %r2, %r3, %r4;"),
            "11:24: 'add.s32' takes 3 operands");
  EXPECT_EQ(bodyError("add.s32 %r1, %r2, %r64;"),
            "11:19: unknown register '%r64'");
  EXPECT_EQ(bodyError("add.s32 %r1, %rd2, %r3;"),
            "11:14: '%rd2' has type .b64, expected .s32");
  EXPECT_EQ(bodyError("add.f32 %f1, %f2, 1;"),
            "11:19: an integer is not an operand of type .f32: write 0f or 0d "
            "and the bits");
  EXPECT_EQ(bodyError("add.s32 5, %r2, %r3;"),
            "11:9: expected a register of type .s32 as destination");
  EXPECT_EQ(bodyError("add.u32 %r1, %r2, 4294967296;"),
            "11:19: 4294967296 does not fit in .u32");
  EXPECT_EQ(bodyError("ld.global.u32 %r1, %rd1;"),
            "11:20: expected an address in brackets");
  EXPECT_EQ(bodyError("ld.global.v2.u32 {%r1, %r2, %r3}, [%rd1];"),
            "11:18: expected 2 operands in braces");
  EXPECT_EQ(bodyError("ld.global.u32 %r1, [p];"),
            "11:21: 'p' is in .param, expected .global");
  EXPECT_EQ(bodyError("mov.b64 {%r1, %r2, %r3}, %rd1;"),
            "11:9: a .b64 does not consist of 3 registers");
  EXPECT_EQ(bodyError("setp.eq.u32 %r1, %r2, %r3;"),
            "11:13: '%r1' has type .b32, expected .pred");
  EXPECT_EQ(bodyError("@%r1 ret;"), "11:2: '%r1' is not a predicate register");
  EXPECT_EQ(bodyError("bra NOWHERE;"), "11:5: unknown label 'NOWHERE'");
  EXPECT_EQ(bodyError("call.uni missing;"),
            "11:10: unknown function 'missing'");
  EXPECT_EQ(bodyError("mov.u32 %r1, %tid.w;"),
            "11:14: unknown register '%tid.w'");
  EXPECT_EQ(bodyError("mov.u64 %rd1, %tid.x;"),
            "11:15: '%tid.x' has type .u32, expected .u64");
}

TEST(Parser, Syntax) {
  EXPECT_EQ(bodyError("add.s32 %r1, %r2, %r3"),
            "12:1: expected ',' or ';' after an operand, found '}'");
  EXPECT_EQ(bodyError("ret;\n{"),
            "14:1: expected an instruction, a label or a directive, found the "
            "end of the text");
  EXPECT_EQ(bodyError("mov.b32 %r1, 0f3F8;"),
            "11:14: a literal 0f needs 8 hexadecimal digits");
  EXPECT_EQ(bodyError("mov.b32 %r1, 0x;"),
            "11:14: an integer literal without digits");
  EXPECT_EQ(bodyError("mov.b32 %r1, 99999999999999999999;"),
            "11:14: an integer literal needs more than 64 bits");
  EXPECT_EQ(bodyError("/* no end"), "11:1: a comment that does not end");
  EXPECT_EQ(bodyError("L:\nL:\nret;"), "12:1: label 'L' is already defined");
  EXPECT_EQ(bodyError("ret;\n.reg .f32 %r<3>;"),
            "12:11: register '%r' is already declared here");
  EXPECT_EQ(bodyError(".reg .v4 .f32 %v;"),
            "11:6: vector registers are not supported: declare scalars");
  EXPECT_EQ(bodyError(".texref t;"),
            "11:1: unknown directive '.texref' in a function: expected .reg, "
            ".shared, .local, .param, .global, .const, .pragma, .loc or .file");
}

TEST(Parser, Limits) {
  EXPECT_EQ(bodyError(std::string(100, '{')),
            "11:65: more than 64 nested blocks");
  EXPECT_EQ(bodyError("mov.b32 %r1, " + std::string(100, '(') + "1"),
            "11:78: more than 64 nested parentheses");
  EXPECT_EQ(errorOf(moduleText(".global .b8 x[99999999999];")),
            "4:15: the size of an array must be between 0 and 2147483648, not "
            "99999999999");
  EXPECT_EQ(errorOf(moduleText(".global .b64 x[99999999][99999999];")),
            "4:25: the array 'x' is larger than 2147483648 bytes");
  EXPECT_EQ(errorOf(moduleText(".global .align 3 .b8 x[4];")),
            "4:9: an alignment must be a power of two, not 3");
  EXPECT_EQ(errorOf(moduleText(".global .b8 x[2] = {1, 2, 3};")),
            "4:27: more initial values than 'x' has elements");
}

TEST(Parser, DescribesKernels) {
  Expected<Module> module = Module::parse(
      moduleText(".visible .entry f(.param .u32 a, .param .align 8 .b8 s[24],\n"
                 ".param .u64 .ptr .global .align 16 p, .param .u8 c)\n"
                 ".maxntid 128, 2, 1\n.minnctapersm 3\n{\n.reg .f32 %f<7>;\n"
                 ".shared .align 8 .b8 x[40];\n.local .align 4 .b8 depot[20];\n"
                 "mov.f32 %f1, 0f3F800000;\nfma.rn.f32 %f2, %f1, %f1, %f1;\n"
                 "st.shared.f32 [x+8], %f2;\nret;\n}\n"));
  ASSERT_TRUE(module) << module.error().str();
  const KernelInfo *f = module->findKernel("f");
  ASSERT_NE(f, nullptr);
  ASSERT_EQ(f->params.size(), 4u);
  EXPECT_EQ(f->params[1].offset, 8u);
  EXPECT_EQ(f->params[2].offset, 32u);
  EXPECT_EQ(f->params[3].offset, 40u);
  EXPECT_EQ(f->paramBytes, 41u);
  EXPECT_EQ(f->maxThreads[1], 2u);
  EXPECT_EQ(f->minBlocksPerMultiprocessor, 3u);
  EXPECT_EQ(f->staticSharedBytes, 40u);
  EXPECT_EQ(f->localBytes, 20u);
  EXPECT_EQ(f->registers.at("f32"), 7u);
  EXPECT_EQ(f->instructions.at("fma.rn.f32"), 1u);
  EXPECT_EQ(module->version(), 86u);
  EXPECT_EQ(module->smVersion(), 100u);
}

TEST(Parser, AcceptsWhatCompilersEmit) {
  EXPECT_EQ(errorOf(moduleText(
                "\t.file 1 \"a.cu\"\n.visible .func (.param .b32 r) f(\n"
                ".param .b32 a)\n;\n.extern .shared .align 16 .b8 dyn[];\n"
                ".global .align 8 .u64 table[2] = {generic(y), y+4};\n"
                ".global .align 4 .f32 y[3] = {0f3F800000, 1.5, 2};\n"
                ".visible .func (.param .b32 r) f(.param .b32 a)\n"
                "{\n.reg .b32 %r<3>;\n.loc 1 3 5\nld.param.b32 %r1, [a];\n"
                "st.param.b32 [r+0], %r1;\nret;\n}\n.entry k()\n{\n"
                ".reg .b32 %r<4>;\n.reg .b64 %rd<4>;\n.pragma \"nounroll\";\n"
                "{ // callseq 0, 0\n.reg .b32 temp;\n.param .b32 p0;\n"
                "st.param.b32 [p0+0], 7;\n.param .b32 r0;\n"
                "call.uni (r0), f, (p0);\nld.param.b32 %r1, [r0+0];\n}\n"
                "mov.b64 %rd1, dyn;\nexit;\n}\n"
                ".section .debug_abbrev\n{\n.b8 1\n.b8 2\n}\n")),
            "");
}

TEST(Parser, LaunchErrors) {
  Simulation simulation(
      moduleText(".entry k(.param .u32 n) .reqntid 64\n{\nret;\n}\n"));
  auto error = [&](LaunchConfig config) {
    Expected<LaunchResult> result =
        simulation.device.launch(*simulation.loaded, config);
    return result ? "" : result.error().message;
  };
  LaunchConfig config = shape(1, 64);
  config.kernel = "other";
  EXPECT_EQ(error(config), "the module has no kernel 'other'");
  config.kernel = "k";
  EXPECT_EQ(error(config), "the parameters of 'k' have 4 bytes, given were 0");
  config.params.resize(4);
  config.block.x = 32;
  EXPECT_EQ(error(config), "'k' requires blocks of 64,1,1 threads (.reqntid), "
                           "given was 32,1,1");
  config.block.x = 64;
  config.dynamicSharedBytes = 1 << 20;
  EXPECT_EQ(error(config),
            "a block may have 232448 bytes of shared memory, 'k' "
            "has 0 static ones, and 1048576 dynamic ones were "
            "given");
  config.dynamicSharedBytes = 0;
  config.grid.y = 0;
  EXPECT_EQ(error(config), "every dimension of a launch is at least 1, given "
                           "were grid 1,0,1 and block 64,1,1");
}
