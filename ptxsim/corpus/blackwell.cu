// sm_100: packed fp32 arithmetic, and 32-byte vector accesses.
// nvcc: -arch=sm_100
extern "C" __global__ void blackwell(const float *x, float *y, float a) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float u[8], v[8];
  asm volatile("ld.global.v8.f32 {%0, %1, %2, %3, %4, %5, %6, %7}, [%8];"
               : "=f"(u[0]), "=f"(u[1]), "=f"(u[2]), "=f"(u[3]), "=f"(u[4]),
                 "=f"(u[5]), "=f"(u[6]), "=f"(u[7])
               : "l"(__cvta_generic_to_global(x + 8 * i)));
  for (int j = 0; j < 8; j += 2) {
    float2 pair = make_float2(u[j], u[j + 1]);
    float2 sum = __ffma2_rn(pair, make_float2(a, a), pair);
    sum = __fadd2_rn(sum, make_float2(1.0f, -1.0f));
    sum = __fmul2_rn(sum, pair);
    v[j] = sum.x;
    v[j + 1] = sum.y;
  }
  asm volatile("st.global.v8.f32 [%0], {%1, %2, %3, %4, %5, %6, %7, %8};" ::"l"(
                   __cvta_generic_to_global(y + 8 * i)),
               "f"(v[0]), "f"(v[1]), "f"(v[2]), "f"(v[3]), "f"(v[4]), "f"(v[5]),
               "f"(v[6]), "f"(v[7])
               : "memory");
}
