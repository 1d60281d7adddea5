//===- ReferenceKernels.cpp - kernels with results computed on the CPU -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceKernels.h"
#include "Instructions.h"
#include <cmath>
#include <random>

using namespace ptxsim;
using namespace ptxsim::test;

static float asFloat(uint32_t bits) { return bitCast<float>(bits); }
static uint32_t asBits(float x) { return uint32_t(toBits(x)); }

static std::vector<uint32_t> randomFloats(std::mt19937 &random, size_t count) {
  std::vector<uint32_t> values(count);
  for (uint32_t &value : values)
    value = asBits(float(random() % (1 << 24)) / (1 << 22) - 2);
  return values;
}

// s[tid] = in[block * 64 + tid]; tree of f32 sums; out[block] = s[0].
static const char *const blockSum = R"(
.shared .align 4 .b8 s[256];
ld.param.u64 %rd1, [in];
ld.param.u64 %rd2, [out];
mov.u32 %r1, %tid.x;
mov.u32 %r2, %ctaid.x;
mad.lo.u32 %r3, %r2, 64, %r1;
mul.wide.u32 %rd3, %r3, 4;
add.u64 %rd4, %rd1, %rd3;
ld.global.f32 %f1, [%rd4];
mov.u64 %rd5, s;
mul.wide.u32 %rd6, %r1, 4;
add.u64 %rd7, %rd5, %rd6;
st.shared.f32 [%rd7], %f1;
mov.u32 %r4, 32;
LOOP:
bar.sync 0;
setp.ge.u32 %p1, %r1, %r4;
@%p1 bra NEXT;
mul.wide.u32 %rd8, %r4, 4;
add.u64 %rd9, %rd7, %rd8;
ld.shared.f32 %f2, [%rd9];
ld.shared.f32 %f3, [%rd7];
add.rn.f32 %f4, %f3, %f2;
st.shared.f32 [%rd7], %f4;
NEXT:
shr.u32 %r4, %r4, 1;
setp.ne.u32 %p2, %r4, 0;
@%p2 bra LOOP;
setp.ne.u32 %p3, %r1, 0;
@%p3 bra DONE;
ld.shared.f32 %f5, [s];
mul.wide.u32 %rd10, %r2, 4;
add.u64 %rd11, %rd2, %rd10;
st.global.f32 [%rd11], %f5;
DONE:
ret;
)";

static KernelInput blockSumInput(std::mt19937 &random, uint32_t grid) {
  KernelInput input;
  input.grid = grid;
  std::vector<uint32_t> in = randomFloats(random, grid * 64), out(grid);
  for (uint32_t b = 0; b < grid; ++b) {
    float s[64];
    for (unsigned i = 0; i < 64; ++i)
      s[i] = asFloat(in[b * 64 + i]);
    for (unsigned half = 32; half; half /= 2)
      for (unsigned i = 0; i < half; ++i)
        s[i] += s[i + half];
    out[b] = asBits(s[0]);
  }
  input.buffers = {{in, in}, {std::vector<uint32_t>(grid, 0xdeadbeef), out}};
  return input;
}

// The absolute maximum and a butterfly sum of a warp; lane 0 writes both.
static const char *const warpReduce = R"(
ld.param.u64 %rd1, [in];
ld.param.u64 %rd2, [out];
mov.u32 %r1, %tid.x;
mov.u32 %r2, %ctaid.x;
mov.u32 %r3, %ntid.x;
mad.lo.u32 %r4, %r2, %r3, %r1;
mul.wide.u32 %rd3, %r4, 4;
add.u64 %rd4, %rd1, %rd3;
ld.global.b32 %r5, [%rd4];
and.b32 %r6, %r5, 0x7fffffff;
redux.sync.max.u32 %r7, %r6, -1;
shfl.sync.bfly.b32 %r8|%p1, %r5, 16, 31, -1;
add.u32 %r9, %r5, %r8;
shfl.sync.bfly.b32 %r10|%p1, %r9, 8, 31, -1;
add.u32 %r11, %r9, %r10;
shfl.sync.bfly.b32 %r12|%p1, %r11, 4, 31, -1;
add.u32 %r13, %r11, %r12;
shfl.sync.down.b32 %r14|%p2, %r13, 2, 31, -1;
add.u32 %r15, %r13, %r14;
shfl.sync.down.b32 %r16|%p2, %r15, 1, 31, -1;
add.u32 %r17, %r15, %r16;
setp.gt.s32 %p3, %r5, 0;
vote.sync.ballot.b32 %r18, %p3, -1;
popc.b32 %r19, %r18;
mov.u32 %r20, %laneid;
setp.ne.u32 %p4, %r20, 0;
@%p4 bra DONE;
shr.u32 %r21, %r4, 5;
mul.wide.u32 %rd5, %r21, 12;
add.u64 %rd6, %rd2, %rd5;
st.global.b32 [%rd6], %r7;
st.global.b32 [%rd6+4], %r17;
st.global.b32 [%rd6+8], %r19;
DONE:
ret;
)";

static KernelInput warpReduceInput(std::mt19937 &random, uint32_t grid) {
  KernelInput input;
  input.grid = grid;
  std::vector<uint32_t> in(grid * 64), out;
  for (uint32_t &value : in)
    value = random();
  for (uint32_t warp = 0; warp < grid * 2; ++warp) {
    uint32_t most = 0, sum = 0, positive = 0;
    for (unsigned lane = 0; lane < 32; ++lane) {
      uint32_t x = in[warp * 32 + lane];
      most = std::max(most, x & 0x7fffffff);
      sum += x;
      positive += int32_t(x) > 0;
    }
    out.insert(out.end(), {most, sum, positive});
  }
  input.buffers = {{in, in},
                   {std::vector<uint32_t>(out.size(), 0xdeadbeef), out}};
  return input;
}

/// AdamW of the elements %f<8k> (p), +1 (g), +2 (m), +3 (v).
static std::string adamwElement(unsigned k) {
  auto f = [&](unsigned i) { return "%f" + std::to_string(8 * k + i); };
  auto line = [](const std::string &text) { return text + ";\n"; };
  return line("mul.rn.f32 " + f(4) + ", %h1, " + f(1)) +
         line("fma.rn.f32 " + f(2) + ", %h0, " + f(2) + ", " + f(4)) +
         line("mul.rn.f32 " + f(4) + ", " + f(1) + ", " + f(1)) +
         line("mul.rn.f32 " + f(4) + ", %h3, " + f(4)) +
         line("fma.rn.f32 " + f(3) + ", %h2, " + f(3) + ", " + f(4)) +
         line("sqrt.rn.f32 " + f(5) + ", " + f(3)) +
         line("fma.rn.f32 " + f(5) + ", " + f(5) + ", %h5, %h6") +
         line("mul.rn.f32 " + f(6) + ", %h4, " + f(2)) +
         line("div.rn.f32 " + f(6) + ", " + f(6) + ", " + f(5)) +
         line("neg.f32 " + f(6) + ", " + f(6)) +
         line("fma.rn.f32 " + f(0) + ", " + f(0) + ", %h7, " + f(6));
}

static std::string adamwText() {
  std::string text = ".reg .f32 %h<8>;\n";
  const char *const streams[] = {"p", "g", "m", "v"};
  for (unsigned i = 0; i < 4; ++i)
    text += "ld.param.u64 %rd" + std::to_string(i + 1) + ", [" + streams[i] +
            "];\n";
  text += "ld.param.u32 %r1, [n];\n";
  for (unsigned i = 0; i < 8; ++i)
    text += "ld.param.f32 %h" + std::to_string(i) + ", [h" + std::to_string(i) +
            "];\n";
  text += "mov.u32 %r2, %ctaid.x;\nmov.u32 %r3, %ntid.x;\n"
          "mov.u32 %r4, %tid.x;\nmad.lo.u32 %r5, %r2, %r3, %r4;\n"
          "mov.u32 %r6, %nctaid.x;\nmul.lo.u32 %r7, %r6, %r3;\n"
          "shr.u32 %r8, %r1, 2;\nmov.u32 %r9, %r5;\n"
          "setp.ge.u32 %p1, %r9, %r8;\n@%p1 bra TAIL;\nLOOP:\n"
          "mul.wide.u32 %rd5, %r9, 16;\n";
  for (unsigned i = 0; i < 4; ++i) {
    std::string n = std::to_string(i + 6), s = std::to_string(i + 1);
    text += "add.u64 %rd" + n + ", %rd" + s + ", %rd5;\nld.global.v4.f32 {%f" +
            std::to_string(i) + ", %f" + std::to_string(i + 8) + ", %f" +
            std::to_string(i + 16) + ", %f" + std::to_string(i + 24) +
            "}, [%rd" + n + "];\n";
  }
  for (unsigned k = 0; k < 4; ++k)
    text += adamwElement(k);
  for (unsigned i : {0u, 2u, 3u})
    text += "st.global.v4.f32 [%rd" + std::to_string(i + 6) + "], {%f" +
            std::to_string(i) + ", %f" + std::to_string(i + 8) + ", %f" +
            std::to_string(i + 16) + ", %f" + std::to_string(i + 24) + "};\n";
  text += "add.u32 %r9, %r9, %r7;\nsetp.lt.u32 %p2, %r9, %r8;\n"
          "@%p2 bra LOOP;\nTAIL:\nshl.b32 %r10, %r8, 2;\n"
          "add.u32 %r11, %r10, %r5;\nsetp.ge.u32 %p3, %r11, %r1;\n"
          "@%p3 bra DONE;\nmul.wide.u32 %rd5, %r11, 4;\n";
  for (unsigned i = 0; i < 4; ++i) {
    std::string n = std::to_string(i + 6), s = std::to_string(i + 1);
    text += "add.u64 %rd" + n + ", %rd" + s + ", %rd5;\nld.global.f32 %f" +
            std::to_string(i) + ", [%rd" + n + "];\n";
  }
  text += adamwElement(0);
  for (unsigned i : {0u, 2u, 3u})
    text += "st.global.f32 [%rd" + std::to_string(i + 6) + "], %f" +
            std::to_string(i) + ";\n";
  return text + "DONE:\nret;\n";
}

static KernelInput adamwInput(std::mt19937 &random, uint32_t n, uint32_t grid,
                              bool special) {
  KernelInput input;
  input.grid = grid;
  float h[8] = {0.9f, 0.1f, 0.99f, 0.01f, 0.01f, 1.5f, 1e-6f, 0.999f};
  std::vector<uint32_t> p = randomFloats(random, n),
                        g = randomFloats(random, n),
                        m = randomFloats(random, n),
                        v = randomFloats(random, n);
  for (uint32_t &x : v)
    x &= 0x7fffffff;
  if (special)
    for (auto *stream : {&p, &g, &m, &v})
      for (uint32_t &x : *stream)
        if (random() % 4 == 0) // any bits, and many subnormals
          x = random() % 2 ? uint32_t(random()) : random() % (1 << 24);
  input.buffers = {{p, p}, {g, g}, {m, m}, {v, v}};
  for (uint32_t i = 0; i < n; ++i) {
    float gi = asFloat(g[i]);
    float mi = std::fma(h[0], asFloat(m[i]), h[1] * gi);
    float square = gi * gi;
    float vi = std::fma(h[2], asFloat(v[i]), h[3] * square);
    float u = -((h[4] * mi) / std::fma(std::sqrt(vi), h[5], h[6]));
    input.buffers[0].after[i] = asBits(std::fma(asFloat(p[i]), h[7], u));
    input.buffers[2].after[i] = asBits(mi);
    input.buffers[3].after[i] = asBits(vi);
  }
  input.scalars.push_back(n);
  for (float x : h)
    input.scalars.push_back(asBits(x));
  return input;
}

// Two f32 to one word of two bf16, and their sum as bf16x2 with a constant.
static const char *const brainPack = R"(
ld.param.u64 %rd1, [in];
ld.param.u64 %rd2, [out];
mov.u32 %r1, %tid.x;
mov.u32 %r2, %ctaid.x;
mov.u32 %r3, %ntid.x;
mad.lo.u32 %r4, %r2, %r3, %r1;
mul.wide.u32 %rd3, %r4, 8;
add.u64 %rd4, %rd1, %rd3;
ld.global.v2.f32 {%f1, %f2}, [%rd4];
cvt.rn.bf16x2.f32 %r5, %f2, %f1;
mov.b32 {%rs1, %rs2}, %r5;
cvt.f32.bf16 %f3, %rs1;
shr.u32 %r6, %r5, 16;
shl.b32 %r7, %r6, 16;
mov.b32 %f4, %r7;
sub.rn.f32 %f5, %f1, %f3;
sub.rn.f32 %f6, %f2, %f4;
add.rn.bf16x2 %r8, %r5, %r5;
mul.wide.u32 %rd5, %r4, 16;
add.u64 %rd6, %rd2, %rd5;
mov.b32 %r9, %f5;
mov.b32 %r10, %f6;
st.global.v4.b32 [%rd6], {%r5, %r8, %r9, %r10};
ret;
)";

static KernelInput brainPackInput(std::mt19937 &random, uint32_t grid) {
  KernelInput input;
  input.grid = grid;
  std::vector<uint32_t> in = randomFloats(random, grid * 128), out;
  for (size_t i = 0; i < in.size(); i += 2) {
    uint32_t words[2] = {};
    float errors[2];
    for (unsigned half = 0; half < 2; ++half) {
      float x = asFloat(in[i + half]);
      uint16_t bits = nearestBrain(x);
      words[0] |= uint32_t(bits) << 16 * half;
      words[1] |= uint32_t(nearestBrain(2 * brainValue(bits))) << 16 * half;
      errors[half] = x - float(brainValue(bits));
    }
    out.insert(out.end(),
               {words[0], words[1], asBits(errors[0]), asBits(errors[1])});
  }
  input.buffers = {{in, in},
                   {std::vector<uint32_t>(out.size(), 0xdeadbeef), out}};
  return input;
}

std::vector<ReferenceKernel> test::referenceKernels() {
  std::mt19937 random(7);
  std::vector<ReferenceKernel> kernels(4);
  const char *const twoBuffers = ".param .u64 in, .param .u64 out";
  kernels[0] = {
      "block-sum", moduleText(kernelText(twoBuffers, blockSum)), {}, {}};
  kernels[1] = {
      "warp-reduce", moduleText(kernelText(twoBuffers, warpReduce)), {}, {}};
  kernels[2] = {"adamw",
                moduleText(kernelText(
                    ".param .u64 p, .param .u64 g, .param .u64 m, .param .u64 "
                    "v, .param .u32 n, .param .f32 h0, .param .f32 h1, .param "
                    ".f32 h2, .param .f32 h3, .param .f32 h4, .param .f32 h5, "
                    ".param .f32 h6, .param .f32 h7",
                    adamwText())),
                {},
                {}};
  kernels[3] = {
      "bf16-pack", moduleText(kernelText(twoBuffers, brainPack)), {}, {}};
  kernels[0].suite = {blockSumInput(random, 3)};
  kernels[1].suite = {warpReduceInput(random, 2)};
  kernels[2].suite = {adamwInput(random, 1031, 2, false),
                      adamwInput(random, 3, 1, false)};
  kernels[3].suite = {brainPackInput(random, 2)};
  for (uint32_t grid : {1u, 2u, 5u}) {
    kernels[0].more.push_back(blockSumInput(random, grid));
    kernels[1].more.push_back(warpReduceInput(random, grid));
    kernels[3].more.push_back(brainPackInput(random, grid));
    for (uint32_t n : {1u, 4u, 64u, 255u, 600u})
      kernels[2].more.push_back(adamwInput(random, n, grid, true));
  }
  return kernels;
}
