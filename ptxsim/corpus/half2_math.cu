// Packed half-precision arithmetic and comparisons.
// nvcc: -arch=sm_80 -fmad=false
#include <cuda_fp16.h>

extern "C" __global__ void half2_math(const __half2 *x, const __half2 *y,
                                      __half2 *out, __half *scalars) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  __half2 a = x[i], b = y[i];
  __half2 *row = out + 8 * i;
  row[0] = __hadd2(a, b);
  row[1] = __hsub2(a, b);
  row[2] = __hmul2(a, b);
  row[3] = __hfma2(a, b, a);
  row[4] = __hmin2(a, b);
  row[5] = __hmax2(a, b);
  row[6] = __hneg2(__habs2(b));
  row[7] = __hgt2(a, b);
  __half *scalar = scalars + 4 * i;
  scalar[0] = __low2half(a) + __high2half(b);
  scalar[1] = __hfma(__high2half(a), __low2half(b), __float2half_rn(1.0f));
  scalar[2] =
      __hlt(__low2half(a), __low2half(b)) ? __low2half(a) : __high2half(a);
  scalar[3] = __hadd_sat(__low2half(a), __low2half(b));
}
