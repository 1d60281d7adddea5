// Double-precision arithmetic in the directed rounding modes.
// nvcc: -arch=sm_80
extern "C" __global__ void rounding_f64(const double *x, const double *y,
                                        double *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  double a = x[i], b = y[i], c = fabs(a);
  double *row = out + 18 * i;
  row[0] = __dadd_rz(a, b);
  row[1] = __dadd_ru(a, b);
  row[2] = __dadd_rd(a, b);
  row[3] = __dmul_rz(a, b);
  row[4] = __dmul_ru(a, b);
  row[5] = __dmul_rd(a, b);
  row[6] = __fma_rz(a, b, a);
  row[7] = __fma_ru(a, b, a);
  row[8] = __fma_rd(a, b, a);
  row[9] = __ddiv_rz(a, b);
  row[10] = __ddiv_ru(a, b);
  row[11] = __ddiv_rd(a, b);
  row[12] = __dsqrt_rz(c);
  row[13] = __dsqrt_ru(c);
  row[14] = __dsqrt_rd(c);
  row[15] = __drcp_rz(b);
  row[16] = __drcp_ru(b);
  row[17] = __drcp_rd(b);
}
