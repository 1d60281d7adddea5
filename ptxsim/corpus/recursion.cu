// Recursive functions, with a different depth in every thread.
// nvcc: -arch=sm_80
static __device__ __noinline__ unsigned fibonacci(unsigned n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static __device__ __noinline__ int ackermann(int m, int n) {
  if (m == 0)
    return n + 1;
  return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

extern "C" __global__ void recursion(unsigned *fibonaccis, int *ackermanns) {
  fibonaccis[threadIdx.x] = fibonacci(threadIdx.x % 12);
  ackermanns[threadIdx.x] = ackermann(threadIdx.x % 3, threadIdx.x % 5);
}
