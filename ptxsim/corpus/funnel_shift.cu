// Funnel shifts, wrapping and clamping, and 96-bit shifts made from them.
// nvcc: -arch=sm_80
extern "C" __global__ void funnel_shift(const uint2 *x, const unsigned *shifts,
                                        unsigned *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  uint2 words = x[i];
  unsigned shift = shifts[i];
  unsigned *row = out + 6 * i;
  row[0] = __funnelshift_l(words.x, words.y, shift);
  row[1] = __funnelshift_r(words.x, words.y, shift);
  row[2] = __funnelshift_lc(words.x, words.y, shift);
  row[3] = __funnelshift_rc(words.x, words.y, shift);
  row[4] = words.x << (shift & 31) | words.x >> (-shift & 31);
  unsigned long long pair = (unsigned long long)words.y << 32 | words.x;
  row[5] = (unsigned)(pair >> (shift & 63) ^ pair << (-shift & 63));
}
