// Data-dependent loops with several exits: Collatz lengths, an early return,
// and a gcd loop in one side of a branch.
// nvcc: -arch=sm_80
extern "C" __global__ void divergent(int n, const unsigned *x, int *lengths,
                                     unsigned *gcds) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  unsigned value = x[i];
  int length = 0;
  while (value != 1) {
    if (value == 0 || length == 200) {
      length = -1;
      break;
    }
    value = value & 1 ? 3 * value + 1 : value / 2;
    ++length;
  }
  lengths[i] = length;
  if (length < 0) {
    gcds[i] = 0;
    return;
  }
  unsigned a = x[i], b = length + 1;
  if (a % 3) {
    while (b) {
      unsigned rest = a % b;
      a = b;
      b = rest;
    }
    gcds[i] = a;
  } else {
    for (int j = 0; j < length; ++j) {
      if (j % 5 == 2)
        continue;
      b = b * 31 + (j ^ a);
    }
    gcds[i] = b;
  }
}
