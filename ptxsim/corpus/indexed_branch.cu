// The indexed branch, which nvcc itself makes from no switch: one block of
// assembly with a table of four labels, taken differently by every lane.
// nvcc: -arch=sm_80
extern "C" __global__ void indexed_branch(int steps, const unsigned *x,
                                          unsigned *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned value = x[i];
  for (int step = 0; step < steps; ++step)
    asm volatile("{\n\t"
                 ".reg .u32 index;\n\t"
                 "shr.u32 index, %0, %1;\n\t"
                 "and.b32 index, index, 3;\n\t"
                 "table: .branchtargets add3, triple, flip, turn;\n\t"
                 "brx.idx index, table;\n"
                 "add3:\n\tadd.u32 %0, %0, 3;\n\tbra.uni done;\n"
                 "triple:\n\tmul.lo.u32 %0, %0, 3;\n\tbra.uni done;\n"
                 "flip:\n\tnot.b32 %0, %0;\n\tbra.uni done;\n"
                 "turn:\n\tshf.l.wrap.b32 %0, %0, %0, 11;\n"
                 "done:\n\t}"
                 : "+r"(value)
                 : "r"(step & 15));
  out[i] = value;
}
