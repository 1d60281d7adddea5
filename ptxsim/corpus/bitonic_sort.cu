// Sorts 512 keys in one block: a bitonic network in shared memory.
// nvcc: -arch=sm_80
extern "C" __global__ void bitonic_sort(int *keys) {
  __shared__ int sorted[512];
  sorted[threadIdx.x] = keys[threadIdx.x];
  sorted[threadIdx.x + 256] = keys[threadIdx.x + 256];
  for (unsigned size = 2; size <= 512; size *= 2)
    for (unsigned stride = size / 2; stride > 0; stride /= 2) {
      __syncthreads();
      unsigned low = 2 * threadIdx.x - (threadIdx.x & (stride - 1));
      bool ascending = (low & size) == 0;
      int a = sorted[low], b = sorted[low + stride];
      if ((a > b) == ascending) {
        sorted[low] = b;
        sorted[low + stride] = a;
      }
    }
  __syncthreads();
  keys[threadIdx.x] = sorted[threadIdx.x];
  keys[threadIdx.x + 256] = sorted[threadIdx.x + 256];
}
