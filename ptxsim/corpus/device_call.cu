// Functions that are really called: scalars, a structure by value, a structure
// returned, a pointer into the caller's frame.
// nvcc: -arch=sm_80 -fmad=false
struct Complex {
  float re, im;
};
struct Summary {
  int count;
  double total;
  char tag;
};

static __device__ __noinline__ Complex multiply(Complex a, Complex b) {
  return {fmaf(a.re, b.re, -(a.im * b.im)), fmaf(a.re, b.im, a.im * b.re)};
}

static __device__ __noinline__ void accumulate(Summary *summary, float value) {
  summary->count += 1;
  summary->total += value;
  summary->tag ^= (char)summary->count;
}

static __device__ __noinline__ long long mix(int a, long long b, short c) {
  return (b ^ a) * 31 + c;
}

extern "C" __global__ void device_call(int power, const Complex *x,
                                       Complex *powers, Summary *summaries,
                                       long long *mixed) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  Complex base = x[i], result = {1.0f, 0.0f};
  Summary summary = {0, 0.0, 'a'};
  long long hash = i;
  for (int j = 0; j < power + i % 3; ++j) {
    result = multiply(result, base);
    accumulate(&summary, result.re);
    hash = mix(j, hash, (short)(i * 1000));
  }
  powers[i] = result;
  summaries[i].count = summary.count;
  summaries[i].total = summary.total;
  summaries[i].tag = summary.tag;
  mixed[i] = hash;
}
