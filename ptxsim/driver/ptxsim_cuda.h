//===- ptxsim_cuda.h - looking into the simulated CUDA driver ---*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The simulated libcuda.so.1 exports these functions beside the driver API, so
// that tests can ask what is alive, what went wrong and how much was done, and
// can make any call fail. All of them may be called at any time, also without
// cuInit. Environment variables, read by cuInit:
//
//   PTXSIM_CUDA_ARCH    sm_80 (default), sm_90, sm_100
//   PTXSIM_CUDA_SEED    chooses the order of work in different streams and all
//                       that PTX leaves open; 0 (default): work is done in
//                       order, and not before something waits for it
//   PTXSIM_CUDA_CHECKS  all (default), none, or a list of bounds, alignment,
//                       registers, memory, races, barriers; "-races": all but
//   PTXSIM_CUDA_FAIL    12=2 (call 12 returns error 2),
//                       cuMemAlloc#3=CUDA_ERROR_OUT_OF_MEMORY (the third
//                       call of a function), kernel#2=700 (the second kernel
//                       to run faults instead); several with commas
//   PTXSIM_CUDA_BUDGET  instructions of one launch after which it times out
//   PTXSIM_CUDA_ASYNC   deferred (default), or eager: work is done at once
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_CUDA_H
#define PTXSIM_CUDA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a program has created and not yet given back.
typedef struct ptxsim_cuda_objects {
  size_t contexts;
  size_t primary_context_users;
  size_t modules;
  size_t libraries;
  size_t streams;
  size_t events;
  size_t graphs;
  size_t graph_execs;
  size_t device_allocations;
  size_t device_bytes;
  size_t host_allocations;
  size_t host_registrations;
  size_t pending_operations; ///< submitted, not yet done
} ptxsim_cuda_objects;

/// Sums since the last reset. Bytes and sectors (32 bytes, each counted once
/// per warp and access) are those of kernels in global memory.
typedef struct ptxsim_cuda_totals {
  uint64_t calls;
  uint64_t kernel_launches;
  uint64_t graph_launches;
  uint64_t copies;
  uint64_t copied_bytes;
  uint64_t thread_instructions;
  uint64_t loaded_bytes;
  uint64_t loaded_sectors;
  uint64_t stored_bytes;
  uint64_t stored_sectors;
} ptxsim_cuda_totals;

void ptxsim_cuda_live(ptxsim_cuda_objects *objects);
void ptxsim_cuda_count(ptxsim_cuda_totals *totals);

/// The full text of the latest fault of a kernel, PTX error or wrong setting;
/// empty if there was none. Valid until the next call in this thread.
const char *ptxsim_cuda_last_fault(void);

/// Lets call `number` (counted from 1 since the last reset) return `error`.
/// Calls that give something back do so before they return it. Number 0: nothing
/// is made to fail any more.
void ptxsim_cuda_fail_call(uint64_t number, int error);

/// Lets the `number`-th call of `function` from now on return `error`. The
/// version suffix may be left out. With "kernel" as the name, the `number`-th
/// kernel that runs does nothing but fault, which its context then keeps.
void ptxsim_cuda_fail_function(const char *function, uint64_t number,
                               int error);

/// Back to the state before cuInit: drops pending work, frees everything,
/// zeroes the counters and forgets failures that were asked for.
void ptxsim_cuda_reset(void);

#ifdef __cplusplus
}
#endif

#endif // PTXSIM_CUDA_H
