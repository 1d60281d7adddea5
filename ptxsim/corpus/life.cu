// Conway's game of life: bytes, wrapped borders, one shared halo.
// nvcc: -arch=sm_80
extern "C" __global__ void life(int width, int height, const unsigned char *in,
                                unsigned char *out) {
  __shared__ unsigned char halo[10][34];
  int left = blockIdx.x * 32, top = blockIdx.y * 8;
  int thread = threadIdx.y * 32 + threadIdx.x;
  for (int i = thread; i < 340; i += 256) {
    int x = (left + i % 34 - 1 + width) % width;
    int y = (top + i / 34 - 1 + height) % height;
    halo[i / 34][i % 34] = in[y * width + x];
  }
  __syncthreads();
  int x = threadIdx.x, y = threadIdx.y;
  int count = halo[y][x] + halo[y][x + 1] + halo[y][x + 2] + halo[y + 1][x] +
              halo[y + 1][x + 2] + halo[y + 2][x] + halo[y + 2][x + 1] +
              halo[y + 2][x + 2];
  if (left + x < width && top + y < height)
    out[(top + y) * width + left + x] =
        count == 3 || (count == 2 && halo[y + 1][x + 1]);
}
