// AdEMAMix on fp32: five streams, a slow and a fast average of the gradient.
// nvcc: -arch=sm_90 -fmad=false
struct Hyper {
  float beta1, beta2, beta3, alpha;
  float invBias1, invSqrtBias2, eps, lr, weightDecay;
};

static __device__ __forceinline__ void
update(float &p, float g, float &fast, float &slow, float &v, const Hyper &h) {
  fast = fmaf(h.beta1, fast - g, g);
  slow = fmaf(h.beta3, slow - g, g);
  v = fmaf(h.beta2, v, (1.0f - h.beta2) * g * g);
  float numerator = fmaf(h.alpha, slow, fast * h.invBias1);
  float denominator = fmaf(sqrtf(v), h.invSqrtBias2, h.eps);
  p = fmaf(-h.lr, fmaf(h.weightDecay, p, numerator / denominator), p);
}

extern "C" __global__ void
ademamix(int n, float *__restrict__ p, const float *__restrict__ g,
         float *__restrict__ fast, float *__restrict__ slow,
         float *__restrict__ v, const Hyper *__restrict__ hyper) {
  Hyper h = *hyper;
  int thread = blockIdx.x * blockDim.x + threadIdx.x;
  int stride = gridDim.x * blockDim.x;
  int vectors = n / 4;
  for (int i = thread; i < vectors; i += stride) {
    float4 p4 = reinterpret_cast<float4 *>(p)[i];
    float4 g4 = __ldcs(reinterpret_cast<const float4 *>(g) + i);
    float4 fast4 = reinterpret_cast<float4 *>(fast)[i];
    float4 slow4 = reinterpret_cast<float4 *>(slow)[i];
    float4 v4 = reinterpret_cast<float4 *>(v)[i];
    update(p4.x, g4.x, fast4.x, slow4.x, v4.x, h);
    update(p4.y, g4.y, fast4.y, slow4.y, v4.y, h);
    update(p4.z, g4.z, fast4.z, slow4.z, v4.z, h);
    update(p4.w, g4.w, fast4.w, slow4.w, v4.w, h);
    reinterpret_cast<float4 *>(p)[i] = p4;
    reinterpret_cast<float4 *>(fast)[i] = fast4;
    reinterpret_cast<float4 *>(slow)[i] = slow4;
    reinterpret_cast<float4 *>(v)[i] = v4;
  }
  int i = 4 * vectors + thread;
  if (i < n)
    update(p[i], g[i], fast[i], slow[i], v[i], h);
}
