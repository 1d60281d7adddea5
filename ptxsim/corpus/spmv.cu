// Sparse matrix-vector product, one warp per row of a CSR matrix.
// nvcc: -arch=sm_90
extern "C" __global__ void spmv(int rows, const int *__restrict__ rowStart,
                                const int *__restrict__ column,
                                const double *__restrict__ value,
                                const double *__restrict__ x,
                                double *__restrict__ y) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  int lane = threadIdx.x % 32;
  if (row >= rows)
    return;
  double sum = 0.0;
  for (int i = rowStart[row] + lane; i < rowStart[row + 1]; i += 32)
    sum = fma(__ldg(&value[i]), __ldg(&x[column[i]]), sum);
  for (int distance = 16; distance > 0; distance /= 2)
    sum += __shfl_down_sync(0xffffffff, sum, distance);
  if (lane == 0)
    y[row] = sum;
}
