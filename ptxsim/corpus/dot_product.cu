// Four-way and two-way byte dot products with accumulation.
// nvcc: -arch=sm_80
extern "C" __global__ void dot_product(const unsigned *x, const unsigned *y,
                                       int *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned a = x[i], b = y[i];
  int *row = out + 6 * i;
  row[0] = __dp4a((int)a, (int)b, i);
  row[1] = (int)__dp4a(a, b, (unsigned)i);
  row[2] = __dp2a_lo((int)a, (int)b, -i);
  row[3] = __dp2a_hi((int)a, (int)b, -i);
  row[4] = (int)__dp2a_lo(a, b, 7u);
  row[5] = (int)__dp2a_hi(a, b, 7u);
}
