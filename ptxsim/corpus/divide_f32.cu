// Single-precision division, square root and reciprocal in the four rounding
// modes.
// nvcc: -arch=sm_80
extern "C" __global__ void divide_f32(const float *x, const float *y,
                                      float *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float a = x[i], b = y[i], c = fabsf(a);
  float *row = out + 12 * i;
  row[0] = __fdiv_rn(a, b);
  row[1] = __fdiv_rz(a, b);
  row[2] = __fdiv_ru(a, b);
  row[3] = __fdiv_rd(a, b);
  row[4] = __fsqrt_rn(c);
  row[5] = __fsqrt_rz(c);
  row[6] = __fsqrt_ru(c);
  row[7] = __fsqrt_rd(c);
  row[8] = __frcp_rn(b);
  row[9] = __frcp_rz(b);
  row[10] = __frcp_ru(b);
  row[11] = __frcp_rd(b);
}
