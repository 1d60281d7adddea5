// Two arrays of different types in one dynamic shared allocation.
// nvcc: -arch=sm_80
extern "C" __global__ void dynamic_shared(int n, const double *x,
                                          const int *index, double *out) {
  extern __shared__ __align__(8) unsigned char storage[];
  double *values = reinterpret_cast<double *>(storage);
  int *places = reinterpret_cast<int *>(values + n);
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    values[i] = x[blockIdx.x * n + i];
    places[i] = index[i];
  }
  __syncthreads();
  for (int i = threadIdx.x; i < n; i += blockDim.x)
    out[blockIdx.x * n + i] = values[places[i]] + values[places[n - 1 - i]];
}
