// Inclusive scan of a block (Hillis and Steele) with two shared buffers.
// nvcc: -arch=sm_80
extern "C" __global__ void scan_block(const int *x, int *prefix) {
  __shared__ int buffer[2][256];
  int current = 0;
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  buffer[0][threadIdx.x] = x[i];
  __syncthreads();
  for (int distance = 1; distance < blockDim.x; distance *= 2) {
    int value = buffer[current][threadIdx.x];
    if (threadIdx.x >= distance)
      value += buffer[current][threadIdx.x - distance];
    current ^= 1;
    buffer[current][threadIdx.x] = value;
    __syncthreads();
  }
  prefix[i] = buffer[current][threadIdx.x];
}
