/*===- Program.h - the program ABI ------------------------------*- C -*-===*\
|* Part of optimc, under the Apache License v2.0 with LLVM Exceptions.       *|
|* See LICENSE for license information.                                      *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                   *|
\*===----------------------------------------------------------------------===*/
/*
 * What the compiler writes and the runtime reads; nothing else is shared.
 *
 * A compiled optimizer exports one function per program,
 *
 *     const optimc_program *optimc_program_<name>(uint32_t max_abi);
 *
 * which returns constant data that lives as long as the object is loaded, or
 * NULL when `max_abi` is older than the program. Everything else in the object
 * is hidden, and the object has no undefined symbol.
 *
 * Versioning: OPTIMC_ABI is (major << 16) | minor. A minor version only appends
 * fields; arrays are walked by their `elem_size`, so an old reader skips what
 * it does not know. A change of meaning is a new major version.
 *
 * Vocabulary (docs/Spec.md): a value's rate is what it is indexed by. Values
 * up to tensor rate are float64 and live in "frames" that scalar functions
 * fill on the host; finer values are float32 and live in the kernels.
 */
#ifndef OPTIMC_C_PROGRAM_H
#define OPTIMC_C_PROGRAM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OPTIMC_ABI_MAJOR 1u
#define OPTIMC_ABI_MINOR 0u
#define OPTIMC_ABI ((OPTIMC_ABI_MAJOR << 16) | OPTIMC_ABI_MINOR)

/* A constant array: `count` elements, `elem_size` bytes apart. */
#define OPTIMC_ARRAY(T)                                                        \
  struct {                                                                     \
    const T *data;                                                             \
    uint32_t count, elem_size;                                                 \
  }

/* What a value is indexed by, coarse to fine. Row, column and block are not
   ordered among themselves. */
typedef enum {
  OPTIMC_RATE_CONST = 0,
  OPTIMC_RATE_MODEL = 1,
  OPTIMC_RATE_GROUP = 2,
  OPTIMC_RATE_TENSOR = 3,
  OPTIMC_RATE_ROW = 4,
  OPTIMC_RATE_COL = 5,
  OPTIMC_RATE_BLOCK = 6,
  OPTIMC_RATE_ELEMENT = 7
} optimc_rate;

/* How a stream is stored. Streams of a program have one storage per plan. */
typedef enum {
  OPTIMC_STORAGE_F32 = 0,
  OPTIMC_STORAGE_BF16 = 1,
  OPTIMC_STORAGE_BF16_SR = 2,
  OPTIMC_STORAGE_F16 = 3,
  OPTIMC_STORAGE_Q8 = 4,
  OPTIMC_STORAGE_Q8_SR = 5,
  OPTIMC_STORAGE_SPLIT = 6
} optimc_storage;

/* A hyperparameter: one float64 per group, changed at any time. */
enum {
  OPTIMC_HYPER_LOW_OPEN = 1,  /* `low` itself is not allowed */
  OPTIMC_HYPER_HIGH_OPEN = 2, /* `high` itself is not allowed */
  OPTIMC_HYPER_INTEGER = 4,   /* whole numbers only */
  OPTIMC_HYPER_FROZEN = 8     /* bound at compile time to `initial` */
};
typedef struct {
  const char *name;
  double initial, low, high; /* the default and the allowed range */
  uint32_t flags, reserved;
} optimc_hyper;

/* How a state starts. */
typedef enum {
  OPTIMC_INIT_VALUE = 0, /* `init_value` everywhere */
  OPTIMC_INIT_PARAM = 1, /* a copy of the parameter */
  OPTIMC_INIT_HYPER = 2  /* the group's hyperparameter number `init_hyper` */
} optimc_init;

/* A stream: one value per element (or row, column, block) of each tensor, in
   memory. Streams are numbered in this array's order, at most 64. */
typedef enum {
  OPTIMC_ROLE_PARAM = 0,
  OPTIMC_ROLE_GRAD = 1,
  OPTIMC_ROLE_STATE = 2,
  OPTIMC_ROLE_INPUT = 3, /* given by the caller, such as a Hessian estimate */
  OPTIMC_ROLE_TEMPORARY = 4 /* values of one step, per row, column or block */
} optimc_role;
enum {
  OPTIMC_STREAM_OBSERVABLE = 1,
  OPTIMC_STREAM_UNSIGNED = 2 /* q8: the codes have no sign bit */
};
typedef struct {
  const char *name; /* "param", "grad", or the state's or input's name */
  uint32_t role, rate, init, init_hyper;
  double init_value;
  uint32_t slots; /* 1; W for a ring: slot (step - 1) mod W is read, written */
  uint32_t flags;
} optimc_stream;

/* The shape of a tensor as slices see it: batch x rows x cols, the last two
   dimensions and the product of the others; a tensor of rank 0 or 1 is one row.
   Row r covers elements [r cols, (r + 1) cols). Column c of batch b is number
   b cols + c. Blocks are runs of the length that the caller gives with the
   tensor; the last may be shorter. */

/* A scalar state: one float64 per model, clock or tensor, owned by the runtime
   and saved in checkpoints. The first group-rate state is always "step", the
   number of steps that the clock has taken.
   `index` is its position among the states of its own rate. */
typedef struct {
  const char *name;
  uint32_t rate, index, init, init_hyper;
  double init_value;
} optimc_scalar_state;

/* A scalar input: one float64 per model, group or tensor that the caller sets;
   it keeps its value until it is set again. The runtime stores it in slot
   `value` of the value frame before it calls scalar functions. */
enum { OPTIMC_INPUT_OPTIONAL = 1 }; /* starts as `initial`, else must be set */
typedef struct {
  const char *name;
  uint32_t rate, value;
  double initial;
  uint32_t flags, reserved;
} optimc_scalar_input;

/* A scalar result that the caller can read after a step: slot `value` of the
   value frame. */
typedef struct {
  const char *name;
  uint32_t rate, value;
} optimc_output;

/* Scalar functions are pure: they read hyperparameters, old states and the
   frames, and write new states and their own part of the frames.
   There is at most one per (rate, stage). To know the values of stage s the
   runtime goes from coarse to fine: it copies the frame of the coarser instance
   (model -> each clock -> each tensor), stores the instance's own inputs and
   the results of its reductions, and calls the functions of its rate for the
   stages 0 to s. New states are committed by the runtime only after the whole
   step has succeeded. */
typedef struct {
  const double *hyper;  /* [n hypers] of the group; NULL at model rate */
  const double *state;  /* [states of this rate] */
  double *next_state;   /* [states of this rate]; only `writes_state` ones are
                           written, preset to `state` by the caller */
  double *values;       /* [n_values] float64 frame */
  float *scalars;       /* [n_scalars] float32 frame: what the kernels read */
  uint64_t *predicates; /* bit frame; a function sets or clears its own bits */
  int64_t rank;         /* dimensions of the tensor; 0 at coarser rates */
} optimc_scalar_args;
typedef void (*optimc_scalar_fn)(const optimc_scalar_args *args);
typedef struct {
  uint32_t rate, stage;
  optimc_scalar_fn fn;
} optimc_scalars;

/* One contiguous run of one tensor; a kernel call takes many runs, so that
   small tensors cost no call. */
enum { OPTIMC_RUN_ALIGNED = 1 }; /* every base + first is 64-byte aligned */
typedef struct {
  void *const *stream;   /* where value 0 of the unsharded tensor would be, by
                            stream number; NULL where absent */
  void *const *aux;      /* second base: q8 exponents, split low halves */
  const float *scalars;  /* the frame of the tensor's clock, or of the tensor */
  void *const *partials; /* by reduction: see optimc_reduction */
  int64_t first, count;  /* values [first, first + count) of the phase's domain,
                            counted in the unsharded tensor */
  int64_t rows, cols, block; /* the tensor's view; block is 0 without blocks */
  uint64_t key; /* optimc_mix of (seed, tensor key, step): see below */
  uint32_t flags, reserved;
} optimc_run;
/* A run never crosses a multiple of 2^32 global elements. Kernels run in the
   default floating-point environment, which the runtime sets. */
typedef void (*optimc_kernel_fn)(const optimc_run *runs, int64_t n);

/* Instruction sets that a kernel version needs; 0 runs anywhere. */
enum {
  OPTIMC_ISA_X86_64_V3 = 1, /* AVX2, FMA, BMI2, F16C, ... and OS support */
  OPTIMC_ISA_X86_64_V4 = 2  /* v3 and AVX-512 F, BW, CD, DQ, VL */
};
typedef struct {
  uint64_t isa; /* OPTIMC_ISA_* bits, all of which must be present */
  optimc_kernel_fn fn;
} optimc_code;

/* Where a tensor may be cut into runs. */
typedef enum {
  OPTIMC_CUT_ANYWHERE = 0,
  OPTIMC_CUT_GRANULES = 1, /* multiples of 4096 values of the domain */
  OPTIMC_CUT_LINES = 2,    /* multiples of 64 rows of a batch, or a batch */
  OPTIMC_CUT_BLOCKS = 3    /* multiples of the block length */
} optimc_cut;

/* A phase: one pass over the values of a rate of all tensors, `domain`: all
   elements, or all rows, ...; a barrier follows. Its scalars are those of its
   stage. Phases are in the order of their stages. */
typedef struct {
  uint32_t stage, domain, cut, reserved;
  uint64_t reads, writes; /* bit sets of streams */
  uint64_t reductions;    /* bit set of reductions that it contributes to */
  OPTIMC_ARRAY(optimc_code) code; /* best first; the last needs nothing */
  const char *ptx_entry;          /* Gpu.h; NULL without PTX */
} optimc_phase;

/* The phases to run when (predicates & mask) == value. No phase at all means
   that nothing is read or written. */
typedef struct {
  uint64_t mask, value;
  OPTIMC_ARRAY(optimc_phase) phases;
} optimc_variant;

/* What to do with a class of tensors; the first match wins. */
typedef struct {
  uint32_t min_rank, max_rank;
  uint64_t min_count;
  const uint32_t *storage; /* optimc_storage by stream */
  uint32_t granule;        /* shards and chunks start at multiples of it */
  uint32_t n_streams;
  uint64_t used;                         /* streams that the class has at all */
  OPTIMC_ARRAY(optimc_variant) variants; /* exactly one matches */
} optimc_plan;

typedef enum {
  OPTIMC_REDUCE_SUM = 0,
  OPTIMC_REDUCE_MEAN = 1,
  OPTIMC_REDUCE_SUM_SQ = 2,
  OPTIMC_REDUCE_MEAN_SQ = 3,
  OPTIMC_REDUCE_MAX = 4,
  OPTIMC_REDUCE_MIN = 5,
  OPTIMC_REDUCE_MAX_ABS = 6
} optimc_reduce;

/* A reduction, in the order of docs/Reductions.md. Values of row rate and finer
   are reduced by kernels to partial results, which the runtime finishes before
   it evaluates the scalars of `stage`. Partial results per tensor:
   to tensor and coarser: float64 [ceil(values / 4096)]
   to row: float64 [rows of all batches][ceil(cols / 4096)]
   to block: float64 [blocks][ceil(block / 4096)]
   to col: float32 [batches][ceil(rows / 64)][cols]
   Scalar operands are float64 numbers of the frames; there are no partials. */
typedef struct {
  uint32_t op, from_rate, to_rate, stage;
  uint32_t source; /* a scalar operand's slot of the value frame; else 0 */
  uint32_t target; /* slot of the value frame; for row, col, block: a stream */
} optimc_reduction;

enum { OPTIMC_ENTRY_STEP = 1 }; /* the step itself; others keep the clock */
typedef struct {
  const char *name; /* "step", or the spec's name: "to_eval" */
  uint32_t flags, n_values, n_scalars, n_predicates;
  OPTIMC_ARRAY(optimc_scalars) scalars;
  OPTIMC_ARRAY(optimc_reduction) reductions; /* at most 64 */
  OPTIMC_ARRAY(optimc_plan) plans;
  const char *ptx_evaluate; /* Gpu.h; NULL without PTX */
} optimc_entry;

/* The kernels of all entries for one architecture and later ones: 80 for sm_80.
   `ptx_version` is 70 for 7.0. A NUL that `size` leaves out ends the text. */
typedef struct {
  uint32_t sm, ptx_version;
  const char *text;
  uint64_t size;
} optimc_ptx;

typedef struct {
  uint32_t size; /* sizeof(optimc_program) when it was written */
  uint32_t abi;  /* OPTIMC_ABI when it was written */
  const char *name;
  const char *spec_hash; /* hex digest of the verified spec and the options */
  const char *compiler;  /* the compiler's name and version */
  uint64_t flags;
  OPTIMC_ARRAY(optimc_hyper) hypers;
  OPTIMC_ARRAY(optimc_stream) streams;
  OPTIMC_ARRAY(optimc_scalar_state) states;
  OPTIMC_ARRAY(optimc_scalar_input) inputs;
  OPTIMC_ARRAY(optimc_output) outputs;
  OPTIMC_ARRAY(optimc_entry) entries; /* the first is the step */
  OPTIMC_ARRAY(optimc_ptx) ptx;
} optimc_program;

typedef const optimc_program *(*optimc_program_fn)(uint32_t max_abi);

/* The mixing step of splitmix64 (Steele, Lea, Flood 2014), used for all keys:
   runtime:  key = mix(mix(mix(seed) ^ tensor_key) ^ step)
             tensor_key = FNV-1a of the tensor's name, 64 bits
   kernel:   k = mix(key ^ mix(id << 32 | global_index >> 32)), id of `random`
             k0 = low 32 bits of k, k1 = high 32 bits of k
             h = lowbits(global_index) * 0x9E3779B9 + k0; h ^= h >> 16;
             h *= 0x7FEB352D; h ^= k1; h ^= h >> 15; h *= 0x846CA68B;
             h ^= h >> 16                       (32-bit arithmetic)
   `random` is (h >> 8) * 2^-24, uniform in [0, 1).
   Ids of `random` are below 2^31. Stochastic rounding has the ids 2^31 + n / 2:
   draw n of an element is the low half of h where n is even, else the high
   half. */
static inline uint64_t optimc_mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

#ifdef __cplusplus
}
#endif
#endif /* OPTIMC_C_PROGRAM_H */
