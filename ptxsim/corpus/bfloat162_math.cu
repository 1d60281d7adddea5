// Packed bfloat16 arithmetic; sm_90 has additions and products of its own.
// nvcc: -arch=sm_90 -fmad=false
#include <cuda_bf16.h>

extern "C" __global__ void bfloat162_math(const __nv_bfloat162 *x,
                                          const __nv_bfloat162 *y,
                                          __nv_bfloat162 *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  __nv_bfloat162 a = x[i], b = y[i];
  __nv_bfloat162 *row = out + 7 * i;
  row[0] = __hadd2(a, b);
  row[1] = __hsub2(a, b);
  row[2] = __hmul2(a, b);
  row[3] = __hfma2(a, b, b);
  row[4] = __hmin2(a, b);
  row[5] = __hmax2(a, b);
  row[6] = __hneg2(__habs2(a));
}
