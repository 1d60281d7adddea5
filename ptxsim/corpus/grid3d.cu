// Three-dimensional grids and blocks, and the special registers.
// nvcc: -arch=sm_80
extern "C" __global__ void grid3d(int3 size, unsigned *places,
                                  unsigned *lanes) {
  int x = blockIdx.x * blockDim.x + threadIdx.x;
  int y = blockIdx.y * blockDim.y + threadIdx.y;
  int z = blockIdx.z * blockDim.z + threadIdx.z;
  if (x >= size.x || y >= size.y || z >= size.z)
    return;
  int i = (z * size.y + y) * size.x + x;
  unsigned block =
      (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  unsigned thread =
      (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  places[i] = block << 16 | thread;
  unsigned lane;
  asm("mov.u32 %0, %%laneid;" : "=r"(lane));
  lanes[i] = lane;
}
