// Arithmetic that C promotes to int, on 8- and 16-bit memory.
// nvcc: -arch=sm_80
extern "C" __global__ void narrow_types(const signed char *x,
                                        const unsigned char *y, const short *z,
                                        short *out, unsigned char *bytes,
                                        unsigned short *words) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  signed char a = x[i];
  unsigned char b = y[i];
  short c = z[i];
  out[i] = (short)(a * b - c / (b | 1) + (c % 7 << 3));
  bytes[i] = (unsigned char)(b + (unsigned char)a > 255 ? 255 : b ^ (a >> 1));
  words[i] = (unsigned short)((unsigned short)c * (unsigned)b >> (a & 7));
}
