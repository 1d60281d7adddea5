// Groups lanes by key; the leader of each group adds for all of it.
// nvcc: -arch=sm_80
extern "C" __global__ void match(const int *keys, const long long *wide,
                                 unsigned *groups, unsigned *same,
                                 unsigned *bins) {
  unsigned i = blockIdx.x * 32 + threadIdx.x;
  int key = keys[i];
  unsigned group = __match_any_sync(0xffffffff, key);
  if (__ffs(group) - 1 == threadIdx.x)
    atomicAdd(&bins[key], __popc(group));
  groups[i] = group ^ __match_any_sync(0xffffffff, wide[i]);
  int all;
  unsigned mask = __match_all_sync(0xffffffff, wide[i] >> 40, &all);
  same[i] = all ? mask : 7;
}
