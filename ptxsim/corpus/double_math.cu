// Double precision: fused multiply-add, division, square root, conversions.
// nvcc: -arch=sm_80 -fmad=false
extern "C" __global__ void double_math(const double *x, const double *y,
                                       double *out, long long *bits) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  double a = x[i], b = y[i];
  double *row = out + 10 * i;
  row[0] = a + b;
  row[1] = a * b;
  row[2] = a / b;
  row[3] = sqrt(fabs(a));
  row[4] = fma(a, b, -a);
  row[5] = fmin(a, b);
  row[6] = floor(a) + ceil(b);
  row[7] = trunc(a) - rint(b);
  row[8] = (double)(float)a;
  row[9] = copysign(a, b);
  bits[i] = __double2ll_rz(a) + (a < b) + 2 * (a != b);
}
