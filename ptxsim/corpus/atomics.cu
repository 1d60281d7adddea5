// Every integer atomic, 32 and 64 bits wide, and additions of floats whose
// sums are exact whatever the order.
// nvcc: -arch=sm_80
extern "C" __global__ void atomics(const unsigned *x, unsigned *u, int *s,
                                   unsigned long long *wide, float *f,
                                   double *d, unsigned *tickets) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned value = x[i];
  atomicAdd(&u[0], value);
  atomicSub(&u[1], value);
  atomicMin(&u[2], value);
  atomicMax(&u[3], value);
  atomicAnd(&u[4], value | 0xff);
  atomicOr(&u[5], value & 0xff0);
  atomicXor(&u[6], value);
  atomicInc(&u[7], 10);
  atomicDec(&u[8], 6);
  atomicMin(&s[0], (int)value);
  atomicMax(&s[1], (int)value);
  atomicAdd(&wide[0], (unsigned long long)value << 20);
  atomicMax(&wide[1], (unsigned long long)value * value);
  atomicMin(&wide[2], (unsigned long long)value * value);
  atomicXor(&wide[3], (unsigned long long)value << 32 | value);
  atomicAdd(f, (float)(value % 16));
  atomicAdd(d, (double)(value % 1024) * 0.25);
  tickets[atomicAdd(&u[9], 1u)] = atomicExch(&u[10 + i % 4], (unsigned)i);
  // The scope of a block is enough for a place that only it uses.
  atomicAdd_block(&u[16 + blockIdx.x], 1u);
  atomicAdd_system(&u[14], 2u);
}
