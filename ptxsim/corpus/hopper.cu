// sm_90: an elected lane, dependent launches, and fences of a cluster.
// nvcc: -arch=sm_90
extern "C" __global__ void hopper(const int *x, int *out, int *elected) {
  asm volatile("griddepcontrol.wait;" ::: "memory");
  unsigned leader, isLeader;
  asm volatile("{\n\t.reg .pred p;\n\t"
               "elect.sync %0|p, 0xffffffff;\n\t"
               "selp.u32 %1, 1, 0, p;\n\t}"
               : "=r"(leader), "=r"(isLeader));
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int value = x[i];
  if (isLeader)
    atomicAdd(&elected[blockIdx.x], leader < 32 ? 1 : 1000);
  asm volatile("fence.acq_rel.cluster;" ::: "memory");
  out[i] = __reduce_add_sync(0xffffffff, value) - value;
  asm volatile("griddepcontrol.launch_dependents;");
}
