//===- Probes.cpp - programs that report how they were run ----------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Programs.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

using namespace optimc::test;

int optimc::test::lastIsaProbe = -1;
template <int version>
static void isaKernel(const optimc_run *, int64_t) {
  lastIsaProbe = version;
}
static void countStep(const optimc_scalar_args *a) {
  a->next_state[0] = a->state[0] + 1;
}

TestProgram optimc::test::makeIsaProbe() {
  TestProgram p;
  p.addStream("param", OPTIMC_ROLE_PARAM);
  p.addState("step", OPTIMC_RATE_GROUP, 0);
  auto &step = p.addEntry("step", OPTIMC_ENTRY_STEP, 0, 0, 0);
  step.scalars = {{OPTIMC_RATE_GROUP, 0, countStep}};
  step.plans[0].variants = {{0, 0, {}, {}}};
  TestProgram::addPhase(step.plans[0].variants[0], 1, 1, isaKernel<0>);
  step.plans[0].variants[0].code[0] = {
      {OPTIMC_ISA_X86_64_V3 | OPTIMC_ISA_X86_64_V4, isaKernel<4>},
      {OPTIMC_ISA_X86_64_V3, isaKernel<3>},
      {0, isaKernel<0>}};
  p.build("isa_probe", "15a0");
  return p;
}

FpProbe optimc::test::fpProbe = {};

static unsigned control() {
#if defined(__x86_64__)
  return _mm_getcsr();
#else
  return 0;
#endif
}
static void fpScalar(const optimc_scalar_args *a) {
  a->next_state[0] = a->state[0] + 1;
  fpProbe.scalarControl = control();
}
static void fpKernel(const optimc_run *runs, int64_t n) {
  fpProbe.kernelControl = control();
#if defined(__x86_64__)
  unsigned short word;
  __asm__ volatile("fnstcw %0" : "=m"(word));
  fpProbe.kernelX87 = word;
#endif
  // Wrong in every mode but the default one.
  for (const optimc_run *r = runs; r != runs + n; ++r)
    for (int64_t i = r->first; i < r->first + r->count; ++i) {
      volatile float tiny = 1e-40f, third = 1.0f;
      float *p = static_cast<float *>(r->stream[0]);
      p[i] = i % 2 ? tiny * 0.5f * 1e38f : third / 3.0f;
    }
}

TestProgram optimc::test::makeFpProbe() {
  TestProgram p;
  p.addStream("param", OPTIMC_ROLE_PARAM);
  p.addState("step", OPTIMC_RATE_GROUP, 0);
  auto &step = p.addEntry("step", OPTIMC_ENTRY_STEP, 0, 0, 0);
  step.scalars = {{OPTIMC_RATE_GROUP, 0, fpScalar}};
  step.plans[0].variants = {{0, 0, {}, {}}};
  TestProgram::addPhase(step.plans[0].variants[0], 1, 1, fpKernel);
  p.build("fp_probe", "f900");
  return p;
}
