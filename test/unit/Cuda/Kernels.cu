// The GPU half of hand-written programs of the runtime's tests (Programs.cpp
// and DevicePrograms.cpp), by the contract of optimc-c/Gpu.h.
// regenerate.sh makes Kernels.ptx of it; nvcc: -arch=sm_80 -fmad=false
#include "optimc-c/Gpu.h"

typedef unsigned long long u64;

template <typename T>
static __device__ T *at(uint64_t address) {
  return reinterpret_cast<T *>(address);
}

//===----------------------------------------------------------------------===//
// What every program does
//===----------------------------------------------------------------------===//

enum { Model = 1, Group = 2, Tensor = 3 };

struct Sizes {
  int values, scalars;
  int states[4]; // by rate
};

static __device__ const optimc_gpu_instance *
prepare(const optimc_gpu_instance *instances, uint32_t n, uint32_t rate,
        const Sizes &sizes) {
  uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return nullptr;
  const optimc_gpu_instance *me = instances + i;
  const optimc_gpu_instance *from = at<optimc_gpu_instance>(me->coarser);
  for (int k = 0; k < sizes.values; ++k)
    at<double>(me->values)[k] = from ? at<double>(from->values)[k] : 0;
  for (int k = 0; k < sizes.scalars; ++k)
    at<float>(me->scalars)[k] = from ? at<float>(from->scalars)[k] : 0;
  *at<u64>(me->predicates) = from ? *at<u64>(from->predicates) : 0;
  for (int k = 0; k < sizes.states[rate]; ++k)
    at<double>(me->next_state)[k] = at<double>(me->state)[k];
  return me;
}

/// What a thread does of each item.
struct Work {
  const optimc_gpu_tensor *tensor;
  int64_t first, last;
};

static __device__ bool take(const optimc_gpu_tensor *tensors, int nStreams,
                            const optimc_gpu_item &item, uint64_t mask,
                            uint64_t value, Work &work) {
  const char *base = reinterpret_cast<const char *>(tensors);
  size_t stride = sizeof(optimc_gpu_tensor) + 16 * size_t(nStreams);
  work.tensor = reinterpret_cast<const optimc_gpu_tensor *>(
      base + item.tensor * stride);
  work.first = item.first;
  work.last = item.first + item.count;
  return (*at<u64>(work.tensor->predicates) & mask) == value;
}

static __device__ float *stream(const Work &work, int number) {
  return at<float>(reinterpret_cast<const uint64_t *>(work.tensor + 1)[number]);
}

#define FOR_ITEMS(nStreams, ...)                                               \
  for (uint32_t b = blockIdx.x; b < n; b += gridDim.x) {                       \
    Work work;                                                                 \
    if (!take(tensors, nStreams, items[b], mask, value, work))                 \
      continue;                                                                \
    const float *s = at<float>(work.tensor->scalars);                          \
    for (int64_t i = work.first + threadIdx.x; i < work.last;                  \
         i += blockDim.x) {                                                    \
      __VA_ARGS__                                                              \
    }                                                                          \
  }

#define PHASE(name)                                                            \
  extern "C" __global__ void __launch_bounds__(256)                            \
      name(const optimc_gpu_tensor *tensors, const optimc_gpu_item *items,     \
           uint32_t n, uint64_t mask, uint64_t value)

#define EVALUATE(name)                                                         \
  extern "C" __global__ void name(const optimc_gpu_instance *instances,        \
                                  uint32_t n, uint32_t rate, uint32_t stage)

//===----------------------------------------------------------------------===//
// SGD
//===----------------------------------------------------------------------===//

EVALUATE(sgd_evaluate) {
  const Sizes sizes = {0, 2, {0, 0, 1, 0}};
  const optimc_gpu_instance *a = prepare(instances, n, rate, sizes);
  if (!a || rate != Group)
    return;
  const double *hyper = at<double>(a->hyper);
  at<double>(a->next_state)[0] = at<double>(a->state)[0] + 1;
  at<float>(a->scalars)[0] = static_cast<float>(hyper[0]);
  at<float>(a->scalars)[1] = static_cast<float>(hyper[1]);
  *at<u64>(a->predicates) = hyper[1] == 0 ? 1 : 0;
}

PHASE(sgd_momentum) {
  FOR_ITEMS(3, {
    float *p = stream(work, 0), *g = stream(work, 1), *m = stream(work, 2);
    m[i] = m[i] * s[1] + g[i];
    p[i] = p[i] - s[0] * m[i];
  })
}

PHASE(sgd_plain) {
  FOR_ITEMS(3, {
    float *p = stream(work, 0), *g = stream(work, 1);
    p[i] = p[i] - s[0] * g[i];
  })
}

//===----------------------------------------------------------------------===//
// Layerwise
//===----------------------------------------------------------------------===//

EVALUATE(layerwise_evaluate) {
  const Sizes sizes = {5, 2, {0, 1, 1, 1}};
  const optimc_gpu_instance *a = prepare(instances, n, rate, sizes);
  if (!a)
    return;
  double *values = at<double>(a->values), *next = at<double>(a->next_state);
  const double *state = at<double>(a->state), *hyper = at<double>(a->hyper);
  const double *inputs = at<double>(a->inputs);
  float *scalars = at<float>(a->scalars);
  if (rate == Model) {
    next[0] = state[0] * 0.5 + 1;
    values[2] = next[0];
  } else if (rate == Group) {
    values[0] = inputs[0];
    next[0] = state[0] + 1;
    values[3] = hyper[0] * values[0] * values[2];
    scalars[1] = static_cast<float>(hyper[1]);
  } else {
    values[1] = inputs[1];
    next[0] = state[0] + 1;
    values[4] = values[3] * values[1] / (1 + state[0]);
    scalars[0] = static_cast<float>(values[4]);
  }
}

/// optimc_mix of Program.h.
static __device__ uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

static __device__ float randomOf(uint64_t key, uint64_t index) {
  uint64_t k = mix(key ^ mix(index >> 32));
  uint32_t k0 = static_cast<uint32_t>(k), k1 = static_cast<uint32_t>(k >> 32);
  uint32_t h = static_cast<uint32_t>(index) * 0x9E3779B9u + k0;
  h ^= h >> 16;
  h *= 0x7FEB352Du;
  h ^= k1;
  h ^= h >> 15;
  h *= 0x846CA68Bu;
  h ^= h >> 16;
  return static_cast<float>(h >> 8) * 0x1p-24f;
}

PHASE(layerwise_first) {
  FOR_ITEMS(5, {
    const float *g = stream(work, 1), *h = stream(work, 2);
    double number = *at<double>(work.tensor->step) + 1;
    uint64_t key = mix(work.tensor->key_base ^
                              static_cast<uint64_t>(number));
    stream(work, 3)[i] = g[i] / h[i] + s[1] * randomOf(key, i);
  })
}

PHASE(layerwise_second) {
  FOR_ITEMS(5, {
    float *p = stream(work, 0);
    p[i] = p[i] - s[0] * stream(work, 3)[i];
  })
}
