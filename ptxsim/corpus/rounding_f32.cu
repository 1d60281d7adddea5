// Single-precision arithmetic in the four rounding modes.
// nvcc: -arch=sm_80
extern "C" __global__ void rounding_f32(const float *x, const float *y,
                                        const float *z, float *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float a = x[i], b = y[i], c = z[i];
  float *row = out + 16 * i;
  row[0] = __fadd_rn(a, b);
  row[1] = __fadd_rz(a, b);
  row[2] = __fadd_ru(a, b);
  row[3] = __fadd_rd(a, b);
  row[4] = __fsub_rn(a, b);
  row[5] = __fsub_rz(a, b);
  row[6] = __fsub_ru(a, b);
  row[7] = __fsub_rd(a, b);
  row[8] = __fmul_rn(a, b);
  row[9] = __fmul_rz(a, b);
  row[10] = __fmul_ru(a, b);
  row[11] = __fmul_rd(a, b);
  row[12] = __fmaf_rn(a, b, c);
  row[13] = __fmaf_rz(a, b, c);
  row[14] = __fmaf_ru(a, b, c);
  row[15] = __fmaf_rd(a, b, c);
}
