// Lion with f16 parameters, gradients and momentum; the sign comes from bits.
// nvcc: -arch=sm_80 -fmad=false
#include <cuda_fp16.h>

extern "C" __global__ void lion_f16(int n, __half *p, const __half *g,
                                    __half *m, float lr) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  float gradient = __half2float(g[i]);
  float momentum = __half2float(m[i]);
  float direction = fmaf(0.9f, momentum, 0.1f * gradient);
  float step = direction == 0.0f ? 0.0f : copysignf(lr, direction);
  p[i] = __float2half_rn(__half2float(p[i]) - step);
  m[i] = __float2half_rn(fmaf(0.99f, momentum, 0.01f * gradient));
}
