// A producer warp and a consumer warp that meet at numbered barriers.
// nvcc: -arch=sm_80
extern "C" __global__ void named_barriers(int rounds, const int *x,
                                          long long *out) {
  __shared__ int buffer[32];
  int lane = threadIdx.x % 32;
  if (threadIdx.x < 32) {
    for (int round = 0; round < rounds; ++round) {
      asm volatile("bar.sync 2, 64;" ::: "memory");
      buffer[lane] = x[32 * round + lane] * 3;
      asm volatile("bar.arrive 1, 64;" ::: "memory");
    }
  } else {
    long long sum = 0;
    for (int round = 0; round < rounds; ++round) {
      asm volatile("bar.arrive 2, 64;" ::: "memory");
      asm volatile("bar.sync 1, 64;" ::: "memory");
      sum += buffer[31 - lane] * (round + 1);
    }
    out[lane] = sum;
  }
}
