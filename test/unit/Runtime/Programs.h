//===- Programs.h - hand-written programs for the runtime's tests -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the compiler would write, written by hand, so that the runtime is tested
// alone. Each program owns its tables and can be damaged before use.
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TEST_RUNTIME_PROGRAMS_H
#define OPTIMC_TEST_RUNTIME_PROGRAMS_H

#include "optimc-c/Runtime.h"

#include <vector>

namespace optimc::test {

/// Tables that a test may change; build() points the program at them. A copy
/// must be built again before use.
class TestProgram {
public:
  struct Variant {
    uint64_t mask, value;
    std::vector<optimc_phase> phases;
    std::vector<std::vector<optimc_code>> code; // by phase
  };
  struct Plan {
    optimc_plan plan;
    std::vector<uint32_t> storage;
    std::vector<Variant> variants;
    std::vector<optimc_variant> table;
  };
  struct Entry {
    optimc_entry entry;
    std::vector<optimc_scalars> scalars;
    std::vector<optimc_reduction> reductions;
    std::vector<Plan> plans;
    std::vector<optimc_plan> table;
  };

  std::vector<optimc_hyper> hypers;
  std::vector<optimc_stream> streams;
  std::vector<optimc_scalar_state> states;
  std::vector<optimc_scalar_input> inputs;
  std::vector<optimc_output> outputs;
  std::vector<Entry> entries;
  std::vector<optimc_ptx> ptx;
  optimc_program program = {};

  void addHyper(const char *name, double initial, double low, double high,
                uint32_t flags = 0);
  void addStream(const char *name, optimc_role role,
                 optimc_init init = OPTIMC_INIT_VALUE, double value = 0,
                 uint32_t hyper = 0);
  void addState(const char *name, optimc_rate rate, uint32_t index,
                double value = 0);
  Entry &addEntry(const char *name, uint32_t flags, uint32_t nValues,
                  uint32_t nScalars, uint32_t nPredicates);
  static void addPhase(Variant &variant, uint64_t reads, uint64_t writes,
                       optimc_kernel_fn fn);
  const optimc_program *build(const char *name, const char *hash);

private:
  std::vector<optimc_entry> entryTable;
};

/// SGD with momentum; the variant without momentum touches no state.
/// Hyperparameters: lr, momentum, nesterov (frozen 0).
TestProgram makeSgd();

/// AdamW with float64 bias corrections; inputs found_inf and grad_scale
/// (model), model state n_updates, group state lr_sum, output lr_t; a found_inf
/// variant without phases, one without weight decay; state "anchor" starts as
/// the parameter; entries to_eval and to_train swap both.
TestProgram makeAdamW();
enum AdamWStream {
  AdamWParam,
  AdamWGrad,
  AdamWExpAvg,
  AdamWExpAvgSq,
  AdamWAnchor
};

/// Values of every rate up to tensor, two phases, an element input "hessian",
/// random numbers: param -= step_size * (grad / hessian + noise * random).
/// Inputs: lr_scale (group, required), trust (tensor, optional 1); states:
/// drift (model), visits (tensor), "scale" starts as hyperparameter lr.
TestProgram makeLayerwise();

/// The kernels' `random` with id 0 for one element.
float randomOf(uint64_t key, uint64_t globalIndex);

/// One instruction-set marker per code version: what the last ISA program ran.
TestProgram makeIsaProbe();
extern int lastIsaProbe;

/// Reports the floating-point environment that kernels and scalars see.
TestProgram makeFpProbe();
struct FpProbe {
  unsigned scalarControl, kernelControl;
  unsigned short kernelX87;
};
extern FpProbe fpProbe;

} // namespace optimc::test

#endif // OPTIMC_TEST_RUNTIME_PROGRAMS_H
