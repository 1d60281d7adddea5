// Optimised code with .loc, .file and .section directives.
// nvcc: -arch=sm_80 -lineinfo
template <typename T>
static __device__ T polynomial(T x) {
  return ((T(2) * x - T(3)) * x + T(5)) * x - T(7);
}

extern "C" __global__ void line_info(int n, const int *x,
                                     const unsigned long long *y, int *outX,
                                     unsigned long long *outY) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  outX[i] = polynomial(x[i]);
  outY[i] = polynomial(y[i]);
}
