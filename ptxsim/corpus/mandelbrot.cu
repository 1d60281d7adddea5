// Escape times: long loops whose trip count differs between neighbours.
// nvcc: -arch=sm_80 -fmad=false
extern "C" __global__ void mandelbrot(int width, int limit, float2 corner,
                                      float step, unsigned char *image) {
  int column = blockIdx.x * blockDim.x + threadIdx.x;
  int row = blockIdx.y;
  if (column >= width)
    return;
  float re = corner.x + column * step, im = corner.y + row * step;
  float x = 0, y = 0;
  int count = 0;
  while (count < limit && x * x + y * y <= 4.0f) {
    float next = x * x - y * y + re;
    y = 2.0f * x * y + im;
    x = next;
    ++count;
  }
  image[row * width + column] = (unsigned char)count;
}
