// Linear congruential generators of 32 and 64 bits with jump-ahead.
// nvcc: -arch=sm_80
extern "C" __global__ void lcg(unsigned long long seed, int steps,
                               unsigned *small, unsigned long long *large) {
  unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned state32 = (unsigned)seed + thread;
  // Jump to position `thread` of the 64-bit sequence in log2(thread) steps.
  unsigned long long factor = 6364136223846793005ull;
  unsigned long long addend = 1442695040888963407ull;
  unsigned long long state64 = seed;
  for (unsigned jump = thread; jump; jump >>= 1) {
    if (jump & 1)
      state64 = state64 * factor + addend;
    addend *= factor + 1;
    factor *= factor;
  }
  for (int i = 0; i < steps; ++i)
    state32 = state32 * 1664525u + 1013904223u;
  small[thread] = state32;
  large[thread] = state64;
}
