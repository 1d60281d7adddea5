// Tiled matrix product with edges: two shared tiles, two barriers per step.
// nvcc: -arch=sm_80
extern "C" __global__ void matmul(int m, int n, int k, const float *a,
                                  const float *b, float *c) {
  __shared__ float tileA[8][8], tileB[8][8];
  int row = blockIdx.y * 8 + threadIdx.y;
  int column = blockIdx.x * 8 + threadIdx.x;
  float sum = 0.0f;
  for (int step = 0; step < k; step += 8) {
    int inA = step + threadIdx.x, inB = step + threadIdx.y;
    tileA[threadIdx.y][threadIdx.x] =
        row < m && inA < k ? a[row * k + inA] : 0.0f;
    tileB[threadIdx.y][threadIdx.x] =
        inB < k && column < n ? b[inB * n + column] : 0.0f;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 8; ++i)
      sum = fmaf(tileA[threadIdx.y][i], tileB[i][threadIdx.x], sum);
    __syncthreads();
  }
  if (row < m && column < n)
    c[row * n + column] = sum;
}
