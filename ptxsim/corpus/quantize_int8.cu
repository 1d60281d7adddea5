// Symmetric int8 quantisation of 256-element groups, one warp per group: the
// largest magnitude by an integer reduction over the bits of |x|.
// nvcc: -arch=sm_80
extern "C" __global__ void quantize_int8(const float *x, signed char *codes,
                                         float *scales, float *restored) {
  int lane = threadIdx.x;
  const float4 *in = reinterpret_cast<const float4 *>(x) + blockIdx.x * 64;
  float4 a = in[lane], b = in[lane + 32];
  float values[8] = {a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
  unsigned largest = 0;
  for (float value : values)
    largest = max(largest, __float_as_uint(fabsf(value)));
  largest = __reduce_max_sync(0xffffffff, largest);
  float scale = __uint_as_float(largest) / 127.0f;
  float inverse = scale == 0.0f ? 0.0f : 1.0f / scale;
  char4 low, high;
  signed char code[8];
  for (int i = 0; i < 8; ++i) {
    int rounded = __float2int_rn(values[i] * inverse);
    code[i] = (signed char)max(-127, min(127, rounded));
  }
  low = make_char4(code[0], code[1], code[2], code[3]);
  high = make_char4(code[4], code[5], code[6], code[7]);
  reinterpret_cast<char4 *>(codes)[blockIdx.x * 64 + lane] = low;
  reinterpret_cast<char4 *>(codes)[blockIdx.x * 64 + lane + 32] = high;
  if (lane == 0)
    scales[blockIdx.x] = scale;
  float4 *out = reinterpret_cast<float4 *>(restored) + blockIdx.x * 64;
  out[lane] =
      make_float4(low.x * scale, low.y * scale, low.z * scale, low.w * scale);
  out[lane + 32] = make_float4(high.x * scale, high.y * scale, high.z * scale,
                               high.w * scale);
}
