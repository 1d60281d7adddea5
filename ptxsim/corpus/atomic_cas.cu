// Atomics that the hardware does not have, built from compare-and-swap.
// nvcc: -arch=sm_80
static __device__ void atomicMaxFloat(float *address, float value) {
  unsigned *bits = reinterpret_cast<unsigned *>(address);
  unsigned old = *(volatile unsigned *)bits, expected;
  do {
    expected = old;
    if (__uint_as_float(expected) >= value)
      return;
    old = atomicCAS(bits, expected, __float_as_uint(value));
  } while (old != expected);
}

static __device__ void atomicMultiply(unsigned long long *address,
                                      unsigned long long value) {
  unsigned long long old = *(volatile unsigned long long *)address, expected;
  do {
    expected = old;
    old = atomicCAS(address, expected, expected * value);
  } while (old != expected);
}

extern "C" __global__ void atomic_cas(int n, const float *x, float *maximum,
                                      unsigned long long *product) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  atomicMaxFloat(maximum, x[i]);
  atomicMultiply(&product[i % 3], 2ull * i + 1);
}
