// Approximate hardware functions and flushed subnormals.
// nvcc: -arch=sm_80 -use_fast_math
extern "C" __global__ void fast_math(const float *x, const float *y,
                                     float *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float a = x[i], b = y[i];
  float *row = out + 10 * i;
  row[0] = __expf(a);
  row[1] = __logf(b);
  row[2] = __sinf(a);
  row[3] = __cosf(a);
  row[4] = __fdividef(a, b);
  row[5] = rsqrtf(b);
  row[6] = sqrtf(b);
  row[7] = a / b;
  row[8] = a * 0x1p-126f;
  row[9] = __saturatef(a);
}
