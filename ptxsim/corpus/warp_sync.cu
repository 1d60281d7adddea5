// Lanes of a warp exchange data through shared memory; a warp barrier, not a
// block barrier, orders them.
// nvcc: -arch=sm_80
extern "C" __global__ void warp_sync(int rounds, const int *x, int *out) {
  __shared__ int slots[4][32];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  int value = x[blockIdx.x * blockDim.x + threadIdx.x];
  for (int round = 0; round < rounds; ++round) {
    slots[warp][lane] = value;
    __syncwarp();
    value = 3 * slots[warp][(lane + 5) % 32] - slots[warp][lane ^ round];
    __syncwarp();
  }
  out[blockIdx.x * blockDim.x + threadIdx.x] = value;
}
