// Histogram: shared-memory atomics per block, then global ones.
// nvcc: -arch=sm_80
extern "C" __global__ void histogram(int n, const unsigned char *x,
                                     unsigned *bins) {
  __shared__ unsigned local[256];
  for (int bin = threadIdx.x; bin < 256; bin += blockDim.x)
    local[bin] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n;
       i += gridDim.x * blockDim.x)
    atomicAdd(&local[x[i]], 1u);
  __syncthreads();
  for (int bin = threadIdx.x; bin < 256; bin += blockDim.x)
    if (local[bin])
      atomicAdd(&bins[bin], local[bin]);
}
