// Tables in constant memory and initialised global memory, and an address kept
// in a global variable.
// nvcc: -arch=sm_80
__constant__ float levels[16] = {
    -1.0f,   -0.6962f, -0.5251f, -0.3949f, -0.2844f, -0.1848f, -0.0911f, 0.0f,
    0.0796f, 0.1609f,  0.2461f,  0.3379f,  0.4407f,  0.5626f,  0.7230f,  1.0f};
__device__ unsigned short weights[8] = {1, 3, 5, 7, 11, 13, 17, 65535};
__device__ unsigned short *const weightsEnd = weights + 8;
__device__ int calls = 40;

extern "C" __global__ void constant_table(int n, const unsigned char *codes,
                                          float scale, float *out,
                                          unsigned *weighted) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i == 0)
    calls += 2;
  if (i >= n)
    return;
  unsigned char pair = codes[i];
  out[2 * i] = levels[pair & 15] * scale;
  out[2 * i + 1] = levels[pair >> 4] * scale;
  weighted[i] = weightsEnd[-1 - (pair & 7)] * 2u;
}
