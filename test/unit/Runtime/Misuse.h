//===- Misuse.h - wrong uses and what must be said about them -------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TEST_RUNTIME_MISUSE_H
#define OPTIMC_TEST_RUNTIME_MISUSE_H

#include "Harness.h"

#include <cmath>

namespace optimc::test {

/// The stage: AdamW with two stepped tensors "w" and "v" in group "main",
/// memory for a third, and the layerwise program with an input that was never
/// set.
struct Stage {
  TestProgram adamw = makeAdamW(), layerwise = makeLayerwise(), sgd = makeSgd();
  Harness h{&adamw.program}, l{&layerwise.program};
  std::vector<float> memory = std::vector<float>(4096, 1.0f);
  int64_t shape[32] = {16, 16};
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  optimc_named_buffer buffers[2] = {};
  uint32_t id = 77;
  double value = 77;
  float one = 1;
  optimc_tensor both[2] = {0, 1};
  optimc_optimizer *out = nullptr;
  TempDir dir;
  std::string path = dir / "x";

  Stage() {
    h.tensor("w", {300});
    h.tensor("v", {2, 50});
    h.gradients(1);
    h.step();
    l.tensor("w", {10});
    desc.name = "new";
    desc.rank = 2;
    desc.shape = shape;
    desc.param = memory.data();
    desc.grad = memory.data() + 256;
    desc.buffers = buffers;
    buffers[0].name = "exp_avg";
    buffers[0].data = memory.data() + 512;
    EXPECT_OK(optimc_save(h.opt, path.c_str(), err));
  }
  float *bytes(int offset) {
    return reinterpret_cast<float *>(reinterpret_cast<char *>(memory.data()) +
                                     offset);
  }
  optimc_status add(optimc_error *e) {
    return optimc_add_tensor(h.opt, 0, &desc, &id, e);
  }
  optimc_status create(optimc_error *e) {
    sgd.build("sgd", "5d01");
    return optimc_create(&sgd.program, nullptr, &out, e);
  }
  optimc_status load(optimc_error *e) {
    return optimc_load(h.opt, path.c_str(), 0, nullptr, nullptr, e);
  }
};

struct Misuse {
  optimc_status status;
  const char *message; // must be part of the error's message
  optimc_status (*action)(Stage &, optimc_error *);
};

#define MISUSE(status, message, ...)                                           \
  {status, message, [](Stage &s, optimc_error *e) -> optimc_status {           \
     (void)s;                                                                  \
     __VA_ARGS__;                                                              \
   }}

inline constexpr optimc_rate model = OPTIMC_RATE_MODEL,
                             group = OPTIMC_RATE_GROUP,
                             tensorRate = OPTIMC_RATE_TENSOR;

template <size_t n>
void append(std::vector<Misuse> &list, const Misuse (&cases)[n]) {
  for (const Misuse &misuse : cases)
    list.push_back(misuse);
}

/// The cases, by subject.
std::vector<Misuse> argumentMisuses(); // hyperparameters, tensors, bindings
std::vector<Misuse> useMisuses();      // scalars, steps, checkpoints
std::vector<Misuse> programMisuses();  // creation, introspection

} // namespace optimc::test

#endif // OPTIMC_TEST_RUNTIME_MISUSE_H
