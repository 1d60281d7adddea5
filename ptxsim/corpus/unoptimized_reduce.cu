// A shuffle and shared-memory reduction, not optimised, with line numbers.
// nvcc: -arch=sm_90 -Xcicc -O0 -lineinfo
__device__ int warpSum(int value) {
  for (int distance = 16; distance > 0; distance >>= 1)
    value += __shfl_down_sync(0xffffffffu, value, distance);
  return value;
}

extern "C" __global__ void unoptimized_reduce(int n, const int *x, int *sums) {
  __shared__ int warpSums[4];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int sum = warpSum(i < n ? x[i] : 0);
  if (threadIdx.x % 32 == 0)
    warpSums[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x == 0)
    sums[blockIdx.x] = warpSums[0] + warpSums[1] + warpSums[2] + warpSums[3];
}
