// Philox4x32-10 and uniform floats in [0, 1).
// nvcc: -arch=sm_80
extern "C" __global__ void philox(uint2 key, unsigned offset, uint4 *bits,
                                  float4 *uniform) {
  unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
  uint4 counter = make_uint4(thread, offset, 0, 0);
  for (int round = 0; round < 10; ++round) {
    unsigned high0 = __umulhi(0xD2511F53u, counter.x);
    unsigned low0 = 0xD2511F53u * counter.x;
    unsigned high1 = __umulhi(0xCD9E8D57u, counter.z);
    unsigned low1 = 0xCD9E8D57u * counter.z;
    counter = make_uint4(high1 ^ counter.y ^ key.x, low1,
                         high0 ^ counter.w ^ key.y, low0);
    key.x += 0x9E3779B9u;
    key.y += 0xBB67AE85u;
  }
  bits[thread] = counter;
  uniform[thread] =
      make_float4((counter.x >> 8) * 0x1p-24f, (counter.y >> 8) * 0x1p-24f,
                  (counter.z >> 8) * 0x1p-24f, (counter.w >> 8) * 0x1p-24f);
}
