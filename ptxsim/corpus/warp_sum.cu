// Butterfly and tree reductions of a warp through shuffles.
// nvcc: -arch=sm_80
extern "C" __global__ void warp_sum(const float *x, const double *y,
                                    float *sums, double *maxima) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float sum = x[i];
  for (int distance = 16; distance > 0; distance /= 2)
    sum += __shfl_xor_sync(0xffffffff, sum, distance);
  double maximum = y[i];
  for (int distance = 4; distance > 0; distance /= 2)
    maximum = fmax(maximum, __shfl_down_sync(0xffffffff, maximum, distance, 8));
  sums[i] = sum;
  if (threadIdx.x % 8 == 0)
    maxima[i / 8] = maximum;
}
