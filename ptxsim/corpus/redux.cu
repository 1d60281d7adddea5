// Warp-wide integer reductions in one instruction, for full and half warps.
// nvcc: -arch=sm_80
extern "C" __global__ void redux(const unsigned *x, unsigned *results) {
  unsigned lane = threadIdx.x % 32;
  unsigned value = x[blockIdx.x * blockDim.x + threadIdx.x];
  unsigned mask = lane < 16 ? 0x0000ffff : 0xffff0000;
  unsigned sum, low, high, bits;
  if (lane < 16) {
    sum = __reduce_add_sync(mask, value);
    low = __reduce_min_sync(mask, value);
    high = (unsigned)__reduce_max_sync(mask, (int)value);
    bits = __reduce_and_sync(mask, value);
  } else {
    sum = __reduce_xor_sync(mask, value);
    low = (unsigned)__reduce_min_sync(mask, (int)value);
    high = __reduce_max_sync(mask, value);
    bits = __reduce_or_sync(mask, value);
  }
  unsigned *row = results + 4 * (blockIdx.x * blockDim.x + threadIdx.x);
  row[0] = sum;
  row[1] = low;
  row[2] = high;
  row[3] = bits;
}
