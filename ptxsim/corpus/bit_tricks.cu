// Counting, reversing, permuting and inserting bits, 32 and 64 wide.
// nvcc: -arch=sm_80
extern "C" __global__ void bit_tricks(const unsigned *x, const unsigned *y,
                                      unsigned *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned a = x[i], b = y[i];
  unsigned long long wide = (unsigned long long)a << 32 | b;
  unsigned *row = out + 16 * i;
  row[0] = __popc(a) + __popcll(wide);
  row[1] = __clz(a) + 100 * __clzll(wide);
  row[2] = __ffs(a) + 100 * __ffsll(wide);
  row[3] = __brev(a);
  row[4] = (unsigned)(__brevll(wide) >> 16);
  row[5] = __byte_perm(a, b, 0x3715);
  row[6] = __byte_perm(a, b, b & 0x7777);
  row[7] = a >> 5 & 0x7ff;
  row[8] = (unsigned)((int)(a << 9) >> 20);
  asm("bfe.s32 %0, %1, %2, %3;"
      : "=r"(row[9])
      : "r"(a), "r"(b & 31), "r"(b >> 8 & 31));
  asm("bfi.b32 %0, %1, %2, %3, %4;"
      : "=r"(row[10])
      : "r"(a), "r"(b), "r"(b >> 3 & 31), "r"(b >> 8 & 31));
  asm("bfind.u32 %0, %1;" : "=r"(row[11]) : "r"(a));
  asm("lop3.b32 %0, %1, %2, %3, 0xd2;"
      : "=r"(row[12])
      : "r"(a), "r"(b), "r"(a + b));
  asm("sad.u32 %0, %1, %2, %3;" : "=r"(row[13]) : "r"(a), "r"(b), "r"(5));
  asm("bmsk.clamp.b32 %0, %1, %2;" : "=r"(row[14]) : "r"(a & 31), "r"(b & 63));
  row[15] = __vavgu4(a, b) ^ __uhadd(a, b);
}
