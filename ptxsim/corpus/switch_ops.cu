// A small interpreter: a dense switch in a loop, that is a tree of branches.
// nvcc: -arch=sm_80
extern "C" __global__ void switch_ops(int steps, const unsigned char *program,
                                      const unsigned *x, unsigned *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned value = x[i];
  for (int step = 0; step < steps; ++step) {
    switch ((program[step] + value) % 9) {
    case 0:
      value += 0x9e3779b9u;
      break;
    case 1:
      value ^= value >> 15;
      break;
    case 2:
      value *= 0x85ebca6bu;
      break;
    case 3:
      value = __brev(value);
      break;
    case 4:
      value = value << 7 | value >> 25;
      break;
    case 5:
      value -= step;
      [[fallthrough]];
    case 6:
      value = ~value;
      break;
    case 7:
      value = value / 7 + 3;
      break;
    default:
      value = __popc(value) * 0x01010101u;
    }
  }
  out[i] = value;
}
