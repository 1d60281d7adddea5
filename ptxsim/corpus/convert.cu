// Conversions between integers and floats in all rounding modes, with
// saturation at the integer limits.
// nvcc: -arch=sm_80
extern "C" __global__ void convert(const float *x, const double *y,
                                   const long long *z, int *ints,
                                   long long *longs, float *floats,
                                   double *doubles) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float a = x[i];
  double b = y[i];
  long long c = z[i];
  int *intRow = ints + 8 * i;
  intRow[0] = __float2int_rn(a);
  intRow[1] = __float2int_rz(a);
  intRow[2] = __float2int_ru(a);
  intRow[3] = __float2int_rd(a);
  intRow[4] = (int)__float2uint_rn(a);
  intRow[5] = (int)__float2uint_rz(a);
  intRow[6] = __double2int_rn(b);
  intRow[7] = (int)__double2uint_rd(b);
  long long *longRow = longs + 4 * i;
  longRow[0] = __float2ll_rn(a);
  longRow[1] = (long long)__float2ull_rz(a);
  longRow[2] = __double2ll_ru(b);
  longRow[3] = (long long)__double2ull_rd(b);
  float *floatRow = floats + 10 * i;
  floatRow[0] = __ll2float_rn(c);
  floatRow[1] = __ll2float_rz(c);
  floatRow[2] = __ll2float_ru(c);
  floatRow[3] = __ull2float_rd((unsigned long long)c);
  floatRow[4] = __int2float_rz((int)c);
  floatRow[5] = __uint2float_ru((unsigned)c);
  floatRow[6] = __double2float_rn(b);
  floatRow[7] = __double2float_rz(b);
  floatRow[8] = __double2float_ru(b);
  floatRow[9] = __double2float_rd(b);
  double *doubleRow = doubles + 4 * i;
  doubleRow[0] = __ll2double_rn(c);
  doubleRow[1] = __ll2double_rd(c);
  doubleRow[2] = __ull2double_ru((unsigned long long)c);
  doubleRow[3] = (double)a;
}
