/*===- Gpu.h - what GPU kernels read ----------------------------*- C -*-===*\
|* Part of optimc, under the Apache License v2.0 with LLVM Exceptions.       *|
|* See LICENSE for license information.                                      *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                   *|
\*===----------------------------------------------------------------------===*/
/*
 * The device side of the program ABI (Program.h). The runtime lays these tables
 * out in device memory; the kernels of a program's PTX read them. All pointers
 * are device addresses of global memory, as integers.
 *
 * A step on a device needs no number from the device and gives it none from the
 * host but hyperparameters and inputs, so that it can be captured in a graph:
 * scalar functions run there, and a phase asks the predicates of its tensor's
 * clock itself. Per stage:
 *
 *     [finish the stage's reductions]       kernels of the runtime
 *     evaluate<<<>>>(instances, n, rate, stage)      model, then group, then
 *                                                    tensor
 *     phase<<<>>>(tensors, items, n, mask, value)    each phase of each variant
 *
 * and at the end of the step next states become states.
 */
#ifndef OPTIMC_C_GPU_H
#define OPTIMC_C_GPU_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One model, clock or tensor, as optimc_scalar_args sees it. */
typedef struct {
  uint64_t hyper;      /* const double [n hypers] of the group; 0 for a model */
  uint64_t state;      /* const double [states of this rate] */
  uint64_t next_state; /* double [states of this rate] */
  uint64_t values;     /* double [n_values] */
  uint64_t scalars;    /* float [n_scalars] */
  uint64_t predicates; /* uint64_t */
  uint64_t coarser;    /* const optimc_gpu_instance: model of a clock, clock of
                          a tensor; 0 for the model */
  uint64_t inputs;     /* const double [n inputs of the program], those of this
                          rate are set */
  uint64_t reduced;    /* const double [n reductions of the entry], likewise */
  int64_t rank;        /* of the tensor; 0 at coarser rates */
} optimc_gpu_instance;

/* optimc_entry.ptx_evaluate:
 *
 *     void evaluate(const optimc_gpu_instance *instances, uint32_t n,
 *                   uint32_t rate, uint32_t stage)
 *
 * Thread i of the grid fills the frame of instance i, and its next states, as
 * the text at optimc_scalar_args says: copies what the coarser instance has,
 * then inputs and the results of reductions of stages up to `stage`, then
 * presets next_state, then the functions of `rate` for the stages 0 to `stage`.
 * f64 and any block size are fine here: there are few instances. */

/* A tensor as the kernels of an entry see it, 16-byte aligned, followed by
 *     uint64_t stream[n_streams];  where value 0 of the unsharded tensor would
 *                                  be; 0 where absent; of a ring: in slot 0
 *     uint64_t aux[n_streams];     second arrays, likewise
 */
enum {
  /* All of these are multiples of 16. */
  OPTIMC_GPU_ALIGNED = 1
};
typedef struct {
  uint64_t scalars; /* const float: the frame of the clock or of the tensor */
  uint64_t predicates; /* const uint64_t, of the same */
  uint64_t step;       /* const double: steps that the clock had taken before */
  uint64_t key_base;   /* mix(mix(seed) ^ tensor_key) */
  uint64_t partials;   /* const uint64_t [n reductions]: addresses of partial
                          results, in the layout at optimc_reduction */
  int64_t count;       /* local elements */
  int64_t global_count;               /* elements of the unsharded tensor */
  int64_t batches, rows, cols, block; /* the tensor's view */
  uint64_t flags;                     /* OPTIMC_GPU_* */
} optimc_gpu_tensor;

/* Values [first, first + count) of the phase's domain of one tensor, counted in
   the unsharded tensor. Cuts are where optimc_phase.cut allows them; `first` is
   a multiple of 256 unless lines or blocks are cut. No item crosses a multiple
   of 2^32, and none has more than 2^30 values. One thread block does one item
   at a time: 8192 values are a good size, 32768 where granules are cut. */
typedef struct {
  int64_t first;
  uint32_t tensor, count;
} optimc_gpu_item;

/* optimc_phase.ptx_entry:
 *
 *     void phase(const optimc_gpu_tensor *tensors,
 *                const optimc_gpu_item *items, uint32_t n_items,
 *                uint64_t mask, uint64_t value)
 *
 * for blocks of OPTIMC_GPU_THREADS threads, in a grid of any size: block b does
 * the items b, b + gridDim, ... An item is skipped where
 * (predicates & mask) != value. No shared memory is passed in. */
#define OPTIMC_GPU_THREADS 256

#ifdef __cplusplus
}
#endif
#endif /* OPTIMC_C_GPU_H */
