/* A driver for CUDA 10.2, as far as anybody looks. */
int cuDriverGetVersion(int *version) {
  *version = 10020;
  return 0;
}
