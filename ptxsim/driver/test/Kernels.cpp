//===- Kernels.cpp - PTX that the tests launch ----------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"

namespace ptxsim::cuda {

const char *const kernelText = R"(
.version 7.0
.target sm_80
.address_size 64

.global .align 4 .u32 total = 5;
.const .align 4 .b8 table[12] = {1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0};

// values[i] = values[i] * factor + addend
.visible .entry affine(
  .param .u64 values, .param .u32 factor, .param .u32 addend, .param .u32 count)
.maxntid 256, 1, 1
.minnctapersm 4
{
  .reg .pred %p;
  .reg .b32 %r<9>;
  .reg .b64 %rd<4>;
  ld.param.u64 %rd0, [values];
  ld.param.u32 %r0, [factor];
  ld.param.u32 %r1, [addend];
  ld.param.u32 %r2, [count];
  mov.u32 %r3, %ctaid.x;
  mov.u32 %r4, %ntid.x;
  mov.u32 %r5, %tid.x;
  mad.lo.u32 %r6, %r3, %r4, %r5;
  setp.ge.u32 %p, %r6, %r2;
  @%p bra done;
  cvta.to.global.u64 %rd1, %rd0;
  mul.wide.u32 %rd2, %r6, 4;
  add.u64 %rd3, %rd1, %rd2;
  ld.global.u32 %r7, [%rd3];
  mad.lo.u32 %r8, %r7, %r0, %r1;
  st.global.u32 [%rd3], %r8;
done:
  ret;
}

// total += *value
.visible .entry addToTotal(.param .u64 value)
{
  .reg .b32 %r<3>;
  .reg .b64 %rd;
  ld.param.u64 %rd, [value];
  ld.global.u32 %r0, [%rd];
  ld.global.u32 %r1, [total];
  add.u32 %r2, %r0, %r1;
  st.global.u32 [total], %r2;
  ret;
}

// Each thread stores its number through dynamic shared memory; the first one
// also writes static shared memory.
.extern .shared .align 4 .b8 buffer[];
.visible .entry throughShared(.param .u64 out)
{
  .shared .align 4 .b8 fixed[16];
  .reg .pred %p;
  .reg .b32 %r<4>;
  .reg .b64 %rd<3>;
  ld.param.u64 %rd0, [out];
  mov.u32 %r0, %tid.x;
  setp.eq.u32 %p, %r0, 0;
  @%p st.shared.u32 [fixed+12], %r0;
  mov.u32 %r1, buffer;
  shl.b32 %r2, %r0, 2;
  add.u32 %r1, %r1, %r2;
  st.shared.u32 [%r1], %r0;
  ld.shared.u32 %r3, [%r1];
  cvt.u64.u32 %rd1, %r2;
  add.u64 %rd2, %rd0, %rd1;
  st.global.u32 [%rd2], %r3;
  ret;
}

.visible .entry farAway(.param .u64 value)
{
  .reg .b64 %rd;
  ld.param.u64 %rd, [value];
  st.global.u32 [%rd+1024], 7;
  ret;
}

.visible .entry misaligned(.param .u64 value)
{
  .reg .b64 %rd;
  ld.param.u64 %rd, [value];
  st.global.u32 [%rd+2], 7;
  ret;
}

.visible .entry forever(.param .u64 value)
{
again:
  bra again;
}

.visible .entry stop(.param .u64 value)
{
  trap;
  ret;
}
)";

} // namespace ptxsim::cuda
