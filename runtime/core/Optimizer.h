//===- Optimizer.h - groups, clocks and tensors ----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_OPTIMIZER_H
#define OPTIMC_RUNTIME_CORE_OPTIMIZER_H

#include "core/Arena.h"
#include "core/Device.h"
#include "core/Intervals.h"
#include "core/Program.h"
#include "cpu/Schedule.h"

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace optimc::rt {

/// What scalar functions write; kernels read `scalars` by pointer, so that its
/// place never changes.
struct Frame {
  std::vector<double> values;
  std::vector<float> scalars;
  uint64_t predicates = 0;
};

/// The scalars of one model, clock or tensor.
struct Instance {
  Frame frame;
  std::vector<double> state, next; // `next` is valid while a step is open
  std::vector<double> outputs;     // of the last step; empty before
  std::vector<double> reduced;     // results, by reduction of the open entry
};

/// Group values per number of steps taken: tensors of a group that have run in
/// the same steps share a clock.
struct Clock : Instance {
  uint32_t group = 0;
  uint32_t nTensors = 0;
  uint32_t nRan = 0;     // in the open step
  uint32_t number = 0;   // among the clocks, for tables of a device
  Clock *fork = nullptr; // used while a step ends
};

struct InputValue {
  double value;
  bool isSet;
};

struct Group {
  std::string name;
  std::vector<double> hypers;
  std::vector<InputValue> inputs; // of group rate
};

/// A hyperparameter of a group, or a scalar input of a model, group or tensor,
/// that steps read in device memory.
struct BoundScalar {
  bool isHyper;
  uint32_t slot, index; // of the program's list; of the group or tensor
  const void *address;
  bool isDouble;
};

struct Tensor : Extent {
  std::string name;
  uint32_t group = 0;
  Clock *clock = nullptr;
  std::vector<int64_t> shape;
  std::vector<uint32_t> plan;                // by entry
  std::vector<void *> stream, aux;           // by stream number
  std::vector<std::vector<void *>> partials; // by entry and reduction
  std::vector<std::unique_ptr<void, FreeMemory>> owned;
  Instance own;                   // where the program has tensor-rate values
  std::vector<InputValue> inputs; // of tensor rate
  uint64_t nameHash = 0, keyBase = 0;
  bool ran = false; // in the open step; not kept when all run

  /// The values of a stream in memory: all slots of a ring.
  int64_t valuesOf(const optimc_stream &stream) const {
    return countOf(stream.rate) * stream.slots;
  }
  /// The 16-bit words of its second array: each slot has its own blocks.
  int64_t auxCountOf(const optimc_stream &stream, const Format &format) const {
    return format.auxCount(countOf(stream.rate)) * stream.slots;
  }

  std::string layout() const; // "[4, 3] 0 12": shape, shard start, shard count
};

/// A schedule and what it was built for: while that is the same, the tensors
/// need not be looked at again.
struct CachedSchedule {
  Schedule schedule;
  uint64_t structure = 0; // 0: nothing yet
  uint32_t entry = none;
  std::vector<uint32_t> tensors;
  std::vector<uint64_t> predicates; // of all clocks, then of all tensors
};

struct OpenStep {
  bool isOpen = false;
  bool anyRan = false, allRan = false;
  uint32_t entry = 0;
};

} // namespace optimc::rt

/// The opaque type of the C API.
struct optimc_optimizer {
  optimc::rt::Program program;
  std::unique_ptr<optimc::rt::Device> device; // null on the host
  optimc::rt::Memory *memory = &optimc::rt::hostMemory();
  optimc::rt::Arena arena;
  optimc::rt::ThreadChoice threads;
  uint64_t seed = 0;
  std::string mode;

  optimc::rt::Instance model;
  std::vector<optimc::rt::InputValue> modelInputs;
  std::deque<optimc::rt::Group> groups; // names are handed out by pointer
  std::vector<std::unique_ptr<optimc::rt::Clock>> clocks;
  std::vector<std::unique_ptr<optimc::rt::Tensor>> tensors;
  std::map<std::string, uint32_t, std::less<>> groupNames, tensorNames;
  optimc::rt::Intervals buffers;
  std::vector<optimc::rt::BoundScalar> bound;
  uint64_t boundVersion = 1; // changes with `bound`

  optimc_exchange_fn exchange = nullptr;
  void *exchangeContext = nullptr;
  std::vector<uint64_t> exchanged; // scratch

  optimc::rt::OpenStep step;
  /// Changes when a cached schedule may hold stale pointers or keys.
  uint64_t structure = 1;
  // All tensors; some of them; those that ran, at the end of a step.
  optimc::rt::CachedSchedule whole, part, rest;
  // Scratch: a step shall not allocate.
  std::vector<optimc::rt::ScheduleItem> items;
  std::vector<uint64_t> predicates;
  std::vector<double> jointValues;
  std::vector<uint32_t> ran;
  std::vector<const optimc::rt::Clock *> clockList;
  std::vector<optimc::rt::Clock *> clockOrder;
  std::vector<uint32_t> everyTensor;
};

namespace optimc::rt {

using Optimizer = optimc_optimizer;

// Arguments (Optimizer.cpp).
optimc_status checkHandle(const Optimizer *opt, const Diag &diag);
optimc_status checkGroup(const Optimizer &opt, optimc_group group,
                         const Diag &diag);
optimc_status checkTensor(const Optimizer &opt, optimc_tensor tensor,
                          const Diag &diag);
optimc_status checkClosed(const Optimizer &opt, const char *what,
                          const Diag &diag);
optimc_status checkName(const char *name, const char *what, const Diag &diag);

/// Sizes the vectors of an instance of `rate` and starts its frame at zero.
void initInstance(const Program &program, uint32_t rate, Instance &instance);
/// The inputs of `rate`, each at its initial value.
std::vector<InputValue> initialInputs(const Program &program, uint32_t rate);
/// The initial states of `rate`; `hypers` may be null at model rate.
std::vector<double> initialStates(const Program &program, uint32_t rate,
                                  const double *hypers);

// Clocks (Clocks.cpp).
bool sameBits(const std::vector<double> &a, const std::vector<double> &b);
/// The group's clock with exactly these states; made if there is none.
Clock *clockWith(Optimizer &opt, uint32_t group,
                 const std::vector<double> &state);
/// Moves a tensor to another clock. Call tidyClocks when all are moved.
void moveToClock(Optimizer &opt, Tensor &tensor, Clock *clock);
/// Merges the clocks of a group whose states are equal, drops unused ones.
void tidyClocks(Optimizer &opt);

/// nullptr if a scalar state may have the value, else the reason.
const char *scalarFault(const optimc_scalar_state &state, double value);

// Scalars (Scalars.cpp, DeviceScalars.cpp).
/// The inputs of rate model, of group `owner` or of tensor `owner`.
std::vector<InputValue> &inputsOf(Optimizer &opt, uint32_t rate,
                                  uint32_t owner);
/// What the scalar is bound to; null if nothing.
const BoundScalar *findBound(const Optimizer &opt, bool isHyper, uint32_t slot,
                             uint32_t index);
/// Before scalar states or outputs are looked at: a device has the true ones.
optimc_status pullScalars(const Optimizer &opt, const Diag &diag);
/// After scalar states, clocks or tensors have changed.
void scalarsChanged(Optimizer &opt);

// Element states (States.cpp).
/// Local values [first, first + count) of a stream as float32, in one slot or
/// more; `first` is a multiple of storageBlock in its slot. Writing rounds to
/// nearest.
optimc_status readElements(const Optimizer &opt, const Tensor &tensor,
                           uint32_t stream, int64_t first, int64_t count,
                           float *values, const Diag &diag);
optimc_status writeElements(const Optimizer &opt, Tensor &tensor,
                            uint32_t stream, int64_t first, int64_t count,
                            const float *values, const Diag &diag);
/// Starts a state stream: a value, a copy of the parameter, a hyperparameter.
optimc_status initStream(const Optimizer &opt, uint32_t stream, Tensor &tensor,
                         const double *hypers, const Diag &diag);

// Stages (Stages.cpp).
/// Evaluates the scalars of the first stage.
void evaluateFirstStage(Optimizer &opt, const Entry &entry);
/// Finishes the reductions of a stage over the listed tensors, which are in the
/// order of registration, and evaluates its scalars.
optimc_status enterStage(Optimizer &opt, const Entry &entry, uint32_t stage,
                         const uint32_t *tensors, size_t n, const Diag &diag);

// Shards (Exchange.cpp).
/// Completes the partial results of a stage of the listed tensors with those of
/// the other processes.
optimc_status exchangePartials(Optimizer &opt, const Entry &entry,
                               uint32_t stage, const uint32_t *tensors,
                               size_t n, const Diag &diag);

// Steps (Run.cpp).
/// Everything that the entry touches in a tensor has a buffer.
optimc_status checkStreams(const Optimizer &opt, uint32_t entry,
                           const Tensor &tensor, const Diag &diag);
/// `whole`: all tensors will run, in one go.
optimc_status beginStep(Optimizer &opt, uint32_t entry, bool whole,
                        const Diag &diag);
/// `all`: the list is every tensor, in order.
optimc_status runTensors(Optimizer &opt, const uint32_t *tensors, size_t n,
                         bool all, const Diag &diag);
optimc_status endStep(Optimizer &opt, const Diag &diag);
void dropStep(Optimizer &opt);

uint64_t hashName(std::string_view name);
uint64_t keyBase(uint64_t seed, uint64_t nameHash);

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_OPTIMIZER_H
