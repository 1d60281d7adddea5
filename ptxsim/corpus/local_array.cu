// Arrays in local memory with indices known only at run time: insertion sort
// and a permutation.
// nvcc: -arch=sm_80
extern "C" __global__ void local_array(const short *x, short *sorted,
                                       unsigned char *permutations) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  short values[16];
  unsigned char order[16];
  for (int j = 0; j < 16; ++j) {
    values[j] = x[16 * i + j];
    order[j] = (unsigned char)j;
  }
  for (int j = 1; j < 16; ++j)
    for (int k = j; k > 0 && values[order[k - 1]] > values[order[k]]; --k) {
      unsigned char other = order[k];
      order[k] = order[k - 1];
      order[k - 1] = other;
    }
  for (int j = 0; j < 16; ++j) {
    sorted[16 * i + j] = values[order[j]];
    permutations[16 * i + j] = order[j];
  }
}
