// Transpose through a padded shared tile; sizes need not divide.
// nvcc: -arch=sm_80
extern "C" __global__ void transpose(int rows, int columns, const float *in,
                                     float *out) {
  __shared__ float tile[16][17];
  int column = blockIdx.x * 16 + threadIdx.x;
  int row = blockIdx.y * 16 + threadIdx.y;
  for (int j = 0; j < 16; j += 4)
    if (column < columns && row + j < rows)
      tile[threadIdx.y + j][threadIdx.x] = in[(row + j) * columns + column];
  __syncthreads();
  column = blockIdx.y * 16 + threadIdx.x;
  row = blockIdx.x * 16 + threadIdx.y;
  for (int j = 0; j < 16; j += 4)
    if (column < rows && row + j < columns)
      out[(row + j) * rows + column] = tile[threadIdx.x][threadIdx.y + j];
}
