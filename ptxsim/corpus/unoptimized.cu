// The same sort of code as elsewhere, but not optimised: everything lives in
// local memory and goes through generic addresses.
// nvcc: -arch=sm_80 -Xcicc -O0 -fmad=false
struct Pair {
  int key;
  float value;
};

__device__ float combine(const Pair *pairs, int count) {
  float sum = 0.0f;
  for (int i = 0; i < count; ++i)
    if (pairs[i].key % 2 == 0 || pairs[i].value > 0.5f)
      sum += pairs[i].value * pairs[i].key;
  return sum;
}

extern "C" __global__ void unoptimized(int n, const Pair *in, float *out) {
  __shared__ Pair tile[32];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  Pair mine = {0, 0.0f};
  if (i < n)
    mine = in[i];
  tile[threadIdx.x] = mine;
  __syncthreads();
  Pair window[3];
  for (int j = 0; j < 3; ++j)
    window[j] = tile[(threadIdx.x + j) % 32];
  if (i < n)
    out[i] = combine(window, 3);
}
