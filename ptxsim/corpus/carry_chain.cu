// 256-bit addition, subtraction and multiplication by a word, with the carry
// flag.
// nvcc: -arch=sm_80
extern "C" __global__ void carry_chain(const unsigned *x, const unsigned *y,
                                       unsigned *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  const unsigned *a = x + 4 * i, *b = y + 4 * i;
  unsigned *row = out + 13 * i;
  unsigned r0, r1, r2, r3, r4;
  asm("add.cc.u32 %0, %4, %8;\n\taddc.cc.u32 %1, %5, %9;\n\t"
      "addc.cc.u32 %2, %6, %10;\n\taddc.u32 %3, %7, %11;"
      : "=r"(r0), "=r"(r1), "=r"(r2), "=r"(r3)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]),
        "r"(b[2]), "r"(b[3]));
  row[0] = r0, row[1] = r1, row[2] = r2, row[3] = r3;
  asm("sub.cc.u32 %0, %4, %8;\n\tsubc.cc.u32 %1, %5, %9;\n\t"
      "subc.cc.u32 %2, %6, %10;\n\tsubc.u32 %3, %7, %11;"
      : "=r"(r0), "=r"(r1), "=r"(r2), "=r"(r3)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]),
        "r"(b[2]), "r"(b[3]));
  row[4] = r0, row[5] = r1, row[6] = r2, row[7] = r3;
  asm("mul.lo.u32 %0, %5, %9;\n\tmul.lo.u32 %1, %6, %9;\n\t"
      "mad.hi.cc.u32 %1, %5, %9, %1;\n\tmul.lo.u32 %2, %7, %9;\n\t"
      "madc.hi.cc.u32 %2, %6, %9, %2;\n\tmul.lo.u32 %3, %8, %9;\n\t"
      "madc.hi.cc.u32 %3, %7, %9, %3;\n\tmadc.hi.u32 %4, %8, %9, 0;"
      : "=&r"(r0), "=&r"(r1), "=&r"(r2), "=&r"(r3), "=&r"(r4)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]));
  row[8] = r0, row[9] = r1, row[10] = r2, row[11] = r3, row[12] = r4;
}
