// Functions of the CUDA math library: their code is inlined from libdevice.
// nvcc: -arch=sm_80
extern "C" __global__ void math_functions(const float *x, float *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float a = x[i], positive = fabsf(a) + 0x1p-20f;
  float *row = out + 12 * i;
  row[0] = expf(a);
  row[1] = logf(positive);
  row[2] = sinf(a);
  row[3] = cosf(a);
  row[4] = tanhf(a);
  row[5] = powf(positive, 0.3f * a);
  row[6] = cbrtf(a);
  row[7] = erff(a);
  row[8] = log1pf(positive);
  row[9] = rsqrtf(positive);
  row[10] = exp2f(a);
  row[11] = hypotf(a, 3.0f);
}
