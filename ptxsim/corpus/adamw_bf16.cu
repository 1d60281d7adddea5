// AdamW with bf16 parameters and gradients beside fp32 states: 8-byte and
// 16-byte accesses side by side, conversions both ways.
// nvcc: -arch=sm_80 -fmad=false
#include <cuda_bf16.h>

struct alignas(8) Bf16x4 {
  __nv_bfloat162 low, high;
};

static __device__ __forceinline__ float update(float p, float g, float &m,
                                               float &v, float lr) {
  m = fmaf(0.9f, m, 0.1f * g);
  v = fmaf(0.999f, v, 0.001f * g * g);
  return p - lr * (m / (sqrtf(v) + 1e-8f));
}

extern "C" __global__ void adamw_bf16(int vectors, Bf16x4 *p, const Bf16x4 *g,
                                      float4 *m, float4 *v, float lr) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= vectors)
    return;
  Bf16x4 p4 = p[i], g4 = g[i];
  float4 m4 = m[i], v4 = v[i];
  float2 p01 = __bfloat1622float2(p4.low), p23 = __bfloat1622float2(p4.high);
  float2 g01 = __bfloat1622float2(g4.low), g23 = __bfloat1622float2(g4.high);
  p01.x = update(p01.x, g01.x, m4.x, v4.x, lr);
  p01.y = update(p01.y, g01.y, m4.y, v4.y, lr);
  p23.x = update(p23.x, g23.x, m4.z, v4.z, lr);
  p23.y = update(p23.y, g23.y, m4.w, v4.w, lr);
  p[i] = {__float22bfloat162_rn(p01), __float22bfloat162_rn(p23)};
  m[i] = m4;
  v[i] = v4;
}
