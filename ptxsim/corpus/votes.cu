// Ballots and votes, with full and partial masks: stream compaction.
// nvcc: -arch=sm_80
extern "C" __global__ void votes(const int *x, int *compacted, int *counts,
                                 unsigned *flags) {
  unsigned lane = threadIdx.x, base = blockIdx.x * 32;
  int value = x[base + lane];
  bool keep = value % 3 == 0;
  unsigned kept = __ballot_sync(0xffffffff, keep);
  unsigned below;
  asm("mov.u32 %0, %%lanemask_lt;" : "=r"(below));
  if (keep)
    compacted[base + __popc(kept & below)] = value;
  unsigned flag = 0;
  if (lane >= 8) {
    flag |= __any_sync(0xffffff00, value < 0) ? 1 : 0;
    flag |= __all_sync(0xffffff00, value > -1000) ? 2 : 0;
    unsigned mask = __activemask();
    flag |= mask & (1u << lane) ? 4 : 0;
  }
  flags[base + lane] = flag;
  if (lane == 0)
    counts[blockIdx.x] = __popc(kept);
}
