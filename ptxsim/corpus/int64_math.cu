// 64-bit products, quotients, remainders, shifts and comparisons.
// nvcc: -arch=sm_80
typedef unsigned long long u64;
typedef long long i64;

extern "C" __global__ void int64_math(const u64 *x, const u64 *y, u64 *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  u64 a = x[i], b = y[i];
  i64 sa = (i64)a, sb = (i64)b;
  u64 *row = out + 14 * i;
  row[0] = a + b;
  row[1] = a - b;
  row[2] = a * b;
  row[3] = __umul64hi(a, b);
  row[4] = (u64)__mul64hi(sa, sb);
  row[5] = b ? a / b : 0;
  row[6] = b ? a % b : 0;
  row[7] = b && b + 1 ? (u64)(sa / sb) : 0;
  row[8] = b && b + 1 ? (u64)(sa % sb) : 0;
  row[9] = a << (b & 63);
  row[10] = (u64)(sa >> (b & 63));
  row[11] = a >> (b & 63);
  row[12] = (u64)(sa < sb ? sa : sb) ^ (a < b ? a : b);
  row[13] = (u64)(unsigned)a * (unsigned)b + (u64)((i64)(int)a * (int)b);
}
