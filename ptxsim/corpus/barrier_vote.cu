// Block barriers that also count and vote: iterate until nothing moves.
// nvcc: -arch=sm_80
extern "C" __global__ void barrier_vote(int *values, int *rounds, int *flags) {
  __shared__ int shared[128];
  int i = threadIdx.x, base = blockIdx.x * 128;
  shared[i] = values[base + i];
  __syncthreads();
  int round = 0;
  // Odd-even transposition sort: stops when two phases moved nothing.
  for (int quiet = 0; quiet < 2; ++round) {
    bool moved = false;
    if (i % 2 == round % 2 && i + 1 < 128 && shared[i] > shared[i + 1]) {
      int other = shared[i];
      shared[i] = shared[i + 1];
      shared[i + 1] = other;
      moved = true;
    }
    quiet = __syncthreads_count(moved) ? 0 : quiet + 1;
  }
  int all = __syncthreads_and(shared[i] >= 0);
  int any = __syncthreads_or(shared[i] == 7);
  values[base + i] = shared[i];
  if (i == 0) {
    rounds[blockIdx.x] = round;
    flags[blockIdx.x] = (all ? 1 : 0) + (any ? 2 : 0);
  }
}
