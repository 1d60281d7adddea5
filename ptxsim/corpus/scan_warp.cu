// Block scan in two levels: shuffles in each warp, then one warp scans sums.
// nvcc: -arch=sm_90
static __device__ __forceinline__ unsigned warpScan(unsigned value) {
  for (unsigned distance = 1; distance < 32; distance *= 2) {
    unsigned other = __shfl_up_sync(0xffffffff, value, distance);
    if (threadIdx.x % 32 >= distance)
      value += other;
  }
  return value;
}

extern "C" __global__ void scan_warp(const unsigned *x, unsigned *prefix) {
  __shared__ unsigned sums[32];
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  unsigned value = warpScan(x[i]);
  if (lane == 31)
    sums[warp] = value;
  __syncthreads();
  if (warp == 0)
    sums[lane] = warpScan(lane < blockDim.x / 32 ? sums[lane] : 0);
  __syncthreads();
  prefix[i] = value + (warp ? sums[warp - 1] : 0);
}
