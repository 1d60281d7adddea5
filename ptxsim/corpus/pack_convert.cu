// Conversions of pairs of floats to packed half, bfloat16, and of single ones
// in other rounding modes.
// nvcc: -arch=sm_80
#include <cuda_bf16.h>
#include <cuda_fp16.h>

extern "C" __global__ void pack_convert(const float2 *x, __half2 *half2s,
                                        __nv_bfloat162 *bf162s,
                                        unsigned short *singles,
                                        unsigned *packed) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float2 a = x[i];
  half2s[i] = __float22half2_rn(a);
  bf162s[i] = __float22bfloat162_rn(a);
  unsigned short *row = singles + 6 * i;
  row[0] = __half_as_ushort(__float2half_rz(a.x));
  row[1] = __half_as_ushort(__float2half_ru(a.x));
  row[2] = __half_as_ushort(__float2half_rd(a.x));
  row[3] = __bfloat16_as_ushort(__float2bfloat16_rz(a.y));
  row[4] = __bfloat16_as_ushort(__float2bfloat16_rn(a.y));
  row[5] = __half_as_ushort(__float2half_rn(a.y));
  unsigned *words = packed + 3 * i;
  asm("cvt.rn.relu.bf16x2.f32 %0, %1, %2;"
      : "=r"(words[0])
      : "f"(a.x), "f"(a.y));
  asm("cvt.rz.f16x2.f32 %0, %1, %2;" : "=r"(words[1]) : "f"(a.x), "f"(a.y));
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(words[2]) : "f"(a.x));
}
