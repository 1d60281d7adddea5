// Atomic additions of packed halves and of floats in shared memory; all sums
// are exact, so the order does not matter.
// nvcc: -arch=sm_90
#include <cuda_bf16.h>
#include <cuda_fp16.h>

extern "C" __global__ void half_atomics(const unsigned char *x, __half2 *halves,
                                        __nv_bfloat162 *brains, float *sums) {
  __shared__ float shared[4];
  if (threadIdx.x < 4)
    shared[threadIdx.x] = 0.0f;
  __syncthreads();
  int value = x[blockIdx.x * blockDim.x + threadIdx.x] % 4;
  atomicAdd(&halves[value], __floats2half2_rn(1.0f, (float)value));
  atomicAdd(&brains[value], __floats2bfloat162_rn(0.5f, 1.0f));
  atomicAdd(&shared[value], 0.25f);
  __syncthreads();
  if (threadIdx.x < 4)
    sums[blockIdx.x * 4 + threadIdx.x] = shared[threadIdx.x];
}
