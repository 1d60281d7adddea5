// AdamW on fp32: grid-stride loop over 16-byte vectors, then a scalar tail.
// nvcc: -arch=sm_80 -fmad=false
struct Hyper {
  float beta1, oneMinusBeta1, beta2, oneMinusBeta2;
  float stepSize, invSqrtBias2, eps, decay;
};

static __device__ __forceinline__ void update(float &p, float g, float &m,
                                              float &v, const Hyper &h) {
  m = fmaf(h.beta1, m, h.oneMinusBeta1 * g);
  v = fmaf(h.beta2, v, h.oneMinusBeta2 * g * g);
  float denominator = fmaf(sqrtf(v), h.invSqrtBias2, h.eps);
  p = h.decay * p - h.stepSize * (m / denominator);
}

extern "C" __global__ void __launch_bounds__(256)
    adamw(long long n, float *__restrict__ p, const float *__restrict__ g,
          float *__restrict__ m, float *__restrict__ v, Hyper h) {
  long long thread = blockIdx.x * (long long)blockDim.x + threadIdx.x;
  long long stride = (long long)gridDim.x * blockDim.x;
  long long vectors = n / 4;
  for (long long i = thread; i < vectors; i += stride) {
    float4 p4 = reinterpret_cast<float4 *>(p)[i];
    float4 g4 = reinterpret_cast<const float4 *>(g)[i];
    float4 m4 = reinterpret_cast<float4 *>(m)[i];
    float4 v4 = reinterpret_cast<float4 *>(v)[i];
    update(p4.x, g4.x, m4.x, v4.x, h);
    update(p4.y, g4.y, m4.y, v4.y, h);
    update(p4.z, g4.z, m4.z, v4.z, h);
    update(p4.w, g4.w, m4.w, v4.w, h);
    reinterpret_cast<float4 *>(p)[i] = p4;
    reinterpret_cast<float4 *>(m)[i] = m4;
    reinterpret_cast<float4 *>(v)[i] = v4;
  }
  for (long long i = 4 * vectors + thread; i < n; i += stride)
    update(p[i], g[i], m[i], v[i], h);
}
