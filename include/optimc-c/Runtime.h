/*===- Runtime.h - running a compiled optimizer -----------------*- C -*-===*\
|* Part of optimc, under the Apache License v2.0 with LLVM Exceptions.       *|
|* See LICENSE for license information.                                      *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                   *|
\*===----------------------------------------------------------------------===*/
/*
 * The runtime executes a program (Program.h) on the caller's tensors.
 *
 *     optimc_optimizer *opt;
 *     optimc_error err;
 *     optimc_create(optimc_program_ademamix(OPTIMC_ABI), NULL, &opt, &err);
 *     optimc_add_group(opt, "decay", &group, &err);
 *     optimc_set_hyper(opt, group, "lr", 3e-4, &err);
 *     optimc_add_tensor(opt, group, &desc, &tensor, &err);
 *     for (...) { ...gradients...; optimc_step(opt, &err); }
 *     optimc_save(opt, "run.safetensors", &err);
 *     optimc_destroy(opt);
 *
 * Conventions
 *  - Every function that can fail returns OPTIMC_OK or another status and, when
 *    `error` is not NULL, describes the failure there for people: what was
 *    given, what is allowed. A call that fails changes nothing: no parameter,
 *    state, clock, hyperparameter, binding or output argument.
 *  - Strings are UTF-8 and are copied. Arrays are read during the call only,
 *    except the tensors' buffers, which stay the caller's and must outlive the
 *    optimizer or be bound anew.
 *  - Different optimizers may be used from different threads at the same time;
 *    one optimizer must not be used by two threads at once.
 *  - Results do not depend on the number of threads, on the thread back end, on
 *    the instruction set or on sharding at multiples of the granule.
 *  - The caller's floating-point environment does not matter and is kept.
 */
#ifndef OPTIMC_C_RUNTIME_H
#define OPTIMC_C_RUNTIME_H

#include "optimc-c/Program.h"

#if defined(_WIN32)
#define OPTIMC_API
#else
#define OPTIMC_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* --- Errors ------------------------------------------------------------- */

typedef enum {
  OPTIMC_OK = 0,
  OPTIMC_INVALID_ARGUMENT = 1, /* a wrong pointer, shape, dtype, overlap ... */
  OPTIMC_OUT_OF_RANGE = 2,     /* a number outside of what is allowed */
  OPTIMC_NOT_FOUND = 3,        /* no such name, tensor, group or file */
  OPTIMC_ALREADY_EXISTS = 4,   /* a name that is taken */
  OPTIMC_WRONG_ORDER = 5,      /* not now: run before begin, double begin ... */
  OPTIMC_UNSUPPORTED = 6,      /* valid, but not in this build */
  OPTIMC_BAD_PROGRAM = 7,      /* the program's tables are inconsistent */
  OPTIMC_BAD_CHECKPOINT = 8,   /* damaged, truncated or foreign file */
  OPTIMC_IO_ERROR = 9,         /* the operating system refused */
  OPTIMC_OUT_OF_MEMORY = 10,
  OPTIMC_DEVICE_ERROR = 11 /* the CUDA driver refused, or the device failed */
} optimc_status;

#define OPTIMC_MESSAGE_SIZE 1024
typedef struct {
  optimc_status code;
  char message[OPTIMC_MESSAGE_SIZE]; /* NUL-terminated; empty after success */
} optimc_error;

/* "OPTIMC_OUT_OF_RANGE" and so on; never NULL. */
OPTIMC_API const char *optimc_status_name(optimc_status status);

/* --- Creation ----------------------------------------------------------- */

typedef struct optimc_optimizer optimc_optimizer;
typedef uint32_t optimc_group;  /* 0, 1, ... in the order of addition */
typedef uint32_t optimc_tensor; /* 0, 1, ... in the order of addition */

/* A caller's thread pool: calls task(data, i) exactly once for every i in
   [0, n), in any order, on any threads, and returns when all have returned. */
typedef void (*optimc_task_fn)(void *data, uint32_t index);
typedef void (*optimc_parallel_for_fn)(void *context, optimc_task_fn task,
                                       void *data, uint32_t n);

/* Where threads come from. AUTO: the caller's parallel_for if it is set, else
   the libgomp that is already in the process (it is never loaded, and not used
   in a forked child), else a pool of the runtime's own. libgomp is looked for
   by optimc_create and optimc_get_info, not by steps. */
typedef enum {
  OPTIMC_THREADS_AUTO = 0,
  OPTIMC_THREADS_SERIAL = 1,
  OPTIMC_THREADS_POOL = 2,
  OPTIMC_THREADS_LIBGOMP = 3,
  OPTIMC_THREADS_CALLER = 4
} optimc_threads;

/* Where tensors are and where steps run.

   OPTIMC_DEVICE_CUDA: all pointers to parameters, gradients, states and inputs,
   those that are handed out included, are device addresses. The context that is
   current in optimc_create is used, else the primary context of device 0; it
   must outlive the optimizer. libcuda is looked up at run time (the variable
   OPTIMC_LIBCUDA names another file), so that nothing needs it to be installed
   until then. The program must hold PTX: `optimc compile --gpu=sm_80 ...`.

    - Work is submitted to the stream of optimc_set_stream. A step neither waits
      for the device nor allocates, and copies to the device only what the host
      has changed since: buffers, hyperparameters, inputs, scalar states. The
      first step also lays out tables.
    - A step in parts waits for the device in optimc_end when tensors were left
      out, and so does a whole step of a program that reduces to groups while
      tensors of a group have different step counts.
    - Functions that read states, scalars or outputs, and checkpoints, wait for
      the stream first. Reading after another stream has used the memory is the
      caller's business to order, as is everything else between streams.
    - optimc_step and optimc_run_entry may be captured in a graph and replayed.
      A step that must copy to the device is an error during capture: take one
      like it first. A graph uses the hyperparameters, inputs and buffers of the
      capture, except for what optimc_bind_scalar binds; step counts and scalar
      states live on the device and go on. Adding tensors, leaving tensors out
      and destroying the optimizer end the use of its graphs.
    - When a call fails while a step is being submitted, part of it may run: all
      later steps say so until a checkpoint is loaded. */
typedef enum { OPTIMC_DEVICE_CPU = 0, OPTIMC_DEVICE_CUDA = 1 } optimc_device;

#define OPTIMC_MAX_THREADS 1024u
typedef struct {
  uint32_t size;      /* sizeof(optimc_options) */
  uint32_t n_threads; /* 0: OMP_NUM_THREADS if set, else the affinity mask */
  uint32_t threads;   /* optimc_threads */
  uint32_t device;    /* optimc_device */
  uint64_t seed;      /* of `random` and stochastic rounding */
  uint64_t isa_mask;  /* OPTIMC_ISA_* bits that may be used; all ones: all */
  optimc_parallel_for_fn parallel_for;
  void *parallel_context;
} optimc_options;

#define OPTIMC_OPTIONS_INIT                                                    \
  { sizeof(optimc_options), 0, OPTIMC_THREADS_AUTO, 0, 0, ~(uint64_t)0, 0, 0 }

/* Checks the whole program. `options` may be NULL. The program must stay
   loaded until optimc_destroy. */
OPTIMC_API optimc_status optimc_create(const optimc_program *program,
                                       const optimc_options *options,
                                       optimc_optimizer **out,
                                       optimc_error *error);
/* Frees the optimizer and the states that it allocated. NULL is allowed. */
OPTIMC_API void optimc_destroy(optimc_optimizer *opt);

/* The CUstream that work is submitted to from now on, after what was submitted
   before; NULL, as at first, is the default stream. Neither the old nor the new
   stream may be captured during the call, and the old one must still exist.
   Only on a CUDA device. */
OPTIMC_API optimc_status optimc_set_stream(optimc_optimizer *opt,
                                           void *cu_stream,
                                           optimc_error *error);

/* --- Groups and hyperparameters ----------------------------------------- */

/* A group starts with the hyperparameters' defaults. */
OPTIMC_API optimc_status optimc_add_group(optimc_optimizer *opt,
                                          const char *name, optimc_group *out,
                                          optimc_error *error);
/* At any time; takes effect at the next begin. Enforces the declared range,
   refuses NaN, fractions for integers, and other values for frozen ones. */
OPTIMC_API optimc_status optimc_set_hyper(optimc_optimizer *opt,
                                          optimc_group group, const char *name,
                                          double value, optimc_error *error);
OPTIMC_API optimc_status optimc_get_hyper(const optimc_optimizer *opt,
                                          optimc_group group, const char *name,
                                          double *out, optimc_error *error);

/* --- Shards ------------------------------------------------------------- */

/* Where tensors are cut over processes, what an optimizer reduces over whole
   tensors needs the partial results of all. In every stage that needs any, the
   runtime calls the exchange once, from the thread that runs the step, in all
   processes alike: they must have the same program, groups and tensors, in the
   same order, and run the same tensors in a step.

   `words` has n numbers of 64 bits. Each is right in the processes that have
   its elements, and 0 elsewhere. The exchange must give all processes the
   bitwise or of what they have; as right words are equal, the maximum as
   unsigned numbers, or of each byte, is the same (MPI_Allreduce with MPI_BOR,
   or all_reduce of bytes with MAX). It returns 0, or another number that ends
   the step with an error.

   Results have the bits of the unsharded run. Set it before the first shard is
   added, not while a step is open. NULL: no exchange. */
typedef int (*optimc_exchange_fn)(void *context, uint64_t *words, uint64_t n);
OPTIMC_API optimc_status optimc_set_exchange(optimc_optimizer *opt,
                                             optimc_exchange_fn exchange,
                                             void *context,
                                             optimc_error *error);

/* --- Tensors ------------------------------------------------------------ */

typedef enum {
  OPTIMC_DTYPE_F32 = 0,
  OPTIMC_DTYPE_BF16 = 1,
  OPTIMC_DTYPE_F16 = 2,
  OPTIMC_DTYPE_F64 = 3,
  /* Codes of 8 bits with an exponent for 256 of them (docs/Numerics.md). */
  OPTIMC_DTYPE_Q8 = 4,
  OPTIMC_DTYPE_Q8_UNSIGNED = 5
} optimc_dtype;

/* A caller's buffer for one state or element input of a tensor: as many
   elements as the tensor has locally, in the format that the program stores
   them in. States are initialised when the tensor is added, unless KEEP says
   that the buffer holds a state already. A second array is a buffer of uint16_t
   of its own: "exp_avg.exponent", one for 256 values of a q8 state, and
   "param.low", the low halves of a split parameter. Without KEEP it may be left
   out; then the runtime has it. */
enum { OPTIMC_BUFFER_KEEP = 1 };
typedef struct {
  const char *name;
  void *data;
  uint32_t flags, reserved;
} optimc_named_buffer;

#define OPTIMC_MAX_RANK 32u
#define OPTIMC_ALL (-1)
typedef struct {
  uint32_t size; /* sizeof(optimc_tensor_desc) */
  uint32_t rank;
  const char *name;     /* unique; it also keys `random` */
  const int64_t *shape; /* [rank], of the unsharded tensor */
  void *param;          /* local elements, contiguous, aligned to their size */
  void *grad;           /* likewise, or NULL: bound later */
  uint32_t param_dtype, grad_dtype; /* optimc_dtype */
  /* The part of the flattened tensor that is local. `shard_start` must be a
     multiple of the plan's granule unless the shard is empty; what is reduced
     to rows or columns is cut at 64 rows, to blocks at blocks. */
  int64_t shard_start;
  int64_t shard_count; /* OPTIMC_ALL: everything from shard_start on */
  int64_t block;       /* length of the blocks of block-rate values, or 0 */
  const optimc_named_buffer *buffers; /* [n_buffers] */
  uint32_t n_buffers, reserved;
} optimc_tensor_desc;

#define OPTIMC_TENSOR_DESC_INIT                                                \
  { sizeof(optimc_tensor_desc), 0, 0, 0, 0, 0, 0, 0, 0, OPTIMC_ALL, 0, 0, 0, 0 }

/* No two buffers of an optimizer may overlap, whatever their role. The tensor
   joins the clock of its group that has not taken any step yet. Not while a
   step is open. */
OPTIMC_API optimc_status optimc_add_tensor(optimc_optimizer *opt,
                                           optimc_group group,
                                           const optimc_tensor_desc *desc,
                                           optimc_tensor *out,
                                           optimc_error *error);

/* Gives many tensors new buffers at once; cheap when nothing changed. `params`
   or `grads` may be NULL: keep those. A NULL in `grads` unbinds that gradient;
   a NULL in `params` is an error (unless the shard is empty). */
OPTIMC_API optimc_status optimc_bind(optimc_optimizer *opt, uint64_t n,
                                     const optimc_tensor *tensors,
                                     void *const *params, void *const *grads,
                                     optimc_error *error);
/* Gives one element input, such as "hessian", a new buffer; NULL unbinds. */
OPTIMC_API optimc_status optimc_bind_input(optimc_optimizer *opt,
                                           optimc_tensor tensor,
                                           const char *name, void *data,
                                           optimc_error *error);

/* --- Scalars ------------------------------------------------------------ */

/* Scalars are addressed by name and by (rate, index): (OPTIMC_RATE_MODEL, 0),
   (OPTIMC_RATE_GROUP, group) or (OPTIMC_RATE_TENSOR, tensor).

   A finer address than the scalar's own rate means the instance that this
   tensor or group belongs to. A coarser address means all instances below it:
   setting sets all; getting needs them to be equal. Group-rate states and
   outputs exist once per clock, so that a group whose tensors took different
   numbers of steps must be asked by tensor. */

/* Scalar inputs keep their value until they are set again. */
OPTIMC_API optimc_status optimc_set_input(optimc_optimizer *opt,
                                          const char *name, optimc_rate rate,
                                          uint32_t index, double value,
                                          optimc_error *error);
/* The values of the last step. */
OPTIMC_API optimc_status optimc_get_output(const optimc_optimizer *opt,
                                           const char *name, optimc_rate rate,
                                           uint32_t index, double *out,
                                           optimc_error *error);
/* Scalar states, "step" among them: the number of steps taken. Setting one for
   a single tensor gives that tensor its own clock. "step" is a whole number,
   0 to 2^53. */
OPTIMC_API optimc_status optimc_get_scalar(const optimc_optimizer *opt,
                                           const char *name, optimc_rate rate,
                                           uint32_t index, double *out,
                                           optimc_error *error);
OPTIMC_API optimc_status optimc_set_scalar(optimc_optimizer *opt,
                                           const char *name, optimc_rate rate,
                                           uint32_t index, double value,
                                           optimc_error *error);
/* On a CUDA device: steps read a hyperparameter or a scalar input at `address`
   in device memory, an F32 or F64, whenever they run, also in a graph. A coarser
   address than the scalar's own rate means all instances below it, as above; a
   hyperparameter's rate is group. NULL unbinds: the last value that was set
   counts again. What is bound cannot be set, and is not checked against its
   range. */
OPTIMC_API optimc_status optimc_bind_scalar(optimc_optimizer *opt,
                                            const char *name, optimc_rate rate,
                                            uint32_t index, const void *address,
                                            uint32_t dtype,
                                            optimc_error *error);
OPTIMC_API optimc_status optimc_set_seed(optimc_optimizer *opt, uint64_t seed,
                                         optimc_error *error);

/* --- Element states ----------------------------------------------------- */

/* A view of local elements as they are stored; valid while the tensor is, moved
   by no step. */
typedef struct {
  void *data;
  int64_t count;
  uint32_t dtype, reserved;
  uint16_t *aux; /* the second array, or NULL */
  int64_t aux_count;
} optimc_view;

OPTIMC_API optimc_status optimc_get_state(const optimc_optimizer *opt,
                                          optimc_tensor tensor,
                                          const char *name, optimc_view *out,
                                          optimc_error *error);
/* As float32, whatever the format; writing rounds to nearest. `count` must be
   the number of local elements. The parameter is the state "param" here. */
OPTIMC_API optimc_status optimc_read_state(const optimc_optimizer *opt,
                                           optimc_tensor tensor,
                                           const char *name, float *out,
                                           int64_t count, optimc_error *error);
OPTIMC_API optimc_status optimc_write_state(optimc_optimizer *opt,
                                            optimc_tensor tensor,
                                            const char *name, const float *data,
                                            int64_t count, optimc_error *error);

/* Between float32 and OPTIMC_DTYPE_F32, BF16 and F16, to nearest even: for
   gradients and parameters that a program has in such a format. */
OPTIMC_API optimc_status optimc_from_float32(uint32_t dtype, const float *from,
                                             int64_t count, void *to,
                                             optimc_error *error);
OPTIMC_API optimc_status optimc_to_float32(uint32_t dtype, const void *from,
                                           int64_t count, float *to,
                                           optimc_error *error);

/* --- Steps -------------------------------------------------------------- */

/* begin, run of all tensors, end. A tensor without gradient is an error that
   names it; use begin, run and end to leave tensors out. */
OPTIMC_API optimc_status optimc_step(optimc_optimizer *opt,
                                     optimc_error *error);
/* The same for another entry of the program, such as "to_eval". Entries keep
   the step count; the last one run is the `mode` that checkpoints store. */
OPTIMC_API optimc_status optimc_run_entry(optimc_optimizer *opt,
                                          const char *entry,
                                          optimc_error *error);

/* A step in parts, for instance from gradient hooks. begin evaluates the scalar
   functions and commits nothing (entry NULL: the step); run updates tensors,
   each at most once per step; end commits the clocks of those that ran. A
   tensor that was left out keeps a copy of its clock, so that step counts are
   per tensor; clocks whose states become equal again are merged. */
OPTIMC_API optimc_status optimc_begin(optimc_optimizer *opt, const char *entry,
                                      optimc_error *error);
OPTIMC_API optimc_status optimc_run_tensors(optimc_optimizer *opt,
                                            const optimc_tensor *tensors,
                                            uint64_t n, optimc_error *error);
OPTIMC_API optimc_status optimc_end(optimc_optimizer *opt, optimc_error *error);
/* Takes begin back. Only while no tensor has run: elements that have moved
   cannot be moved back. */
OPTIMC_API optimc_status optimc_abort(optimc_optimizer *opt,
                                      optimc_error *error);

/* --- Checkpoints -------------------------------------------------------- */

/* One safetensors file: parameters ("param/TENSOR"), element states
   ("state/NAME/TENSOR"), scalar states ("scalar/NAME" for the model, else
   "scalar/NAME/TENSOR"), inputs ("input/NAME[/GROUP or TENSOR]") and
   hyperparameters ("hyper/NAME/GROUP"); scalars are float64 tensors of rank 0.
   Seed, mode, program, spec hash and a checksum are in the metadata. The file
   appears whole or not at all: a private temporary file in the same directory
   is synced and renamed. Not while a step is open. */
OPTIMC_API optimc_status optimc_save(const optimc_optimizer *opt,
                                     const char *path, optimc_error *error);

/* Restores what optimc_save wrote into an optimizer with the same groups and
   tensors, which must have been added before. The file is read and validated in
   memory before anything is changed. Tensors must agree in name, shape and
   shard. A checkpoint of another program is taken over by name: equal state and
   hyperparameter names are taken, absent ones initialised, others dropped, each
   reported. */
enum {
  OPTIMC_LOAD_SAME_PROGRAM = 1 /* another spec hash is an error */
};
typedef void (*optimc_report_fn)(void *context, const char *message);
OPTIMC_API optimc_status optimc_load(optimc_optimizer *opt, const char *path,
                                     uint32_t flags, optimc_report_fn report,
                                     void *context, optimc_error *error);

/* Writes a checkpoint again in the formats of `program`, rounding to nearest:
   what a checkpoint of another storage plan needs before it can be loaded. The
   values of `master_param` become the parameter's where the program has no such
   state, and the other way round. States that the program does not have are
   dropped and reported. */
OPTIMC_API optimc_status optimc_convert_checkpoint(
    const optimc_program *program, const char *from, const char *to,
    optimc_report_fn report, void *context, optimc_error *error);

/* --- Introspection ------------------------------------------------------ */

typedef struct {
  uint32_t size; /* sizeof(optimc_info), set by the caller */
  uint32_t n_groups, n_tensors, n_clocks, n_threads;
  uint32_t threads;         /* optimc_threads: what is used now, never AUTO */
  const char *threads_name; /* "serial", "pool", "libgomp", "caller" */
  const char *isa_name;     /* "x86-64-v4", "x86-64-v3" or "baseline" */
  uint64_t isa;             /* OPTIMC_ISA_* bits of the kernels in use */
  uint64_t seed;
  const char *mode; /* last entry run that is not the step; "" if none;
                       valid until the next run_entry, end or load */
  const optimc_program *program;
  uint32_t device, sm;     /* optimc_device; 80 for sm_80, the device's, or 0 */
  const char *device_name; /* "cpu", or the driver's name of the device */
} optimc_info;
OPTIMC_API optimc_status optimc_get_info(const optimc_optimizer *opt,
                                         optimc_info *out, optimc_error *error);

typedef struct {
  uint32_t size; /* sizeof(optimc_tensor_info), set by the caller */
  uint32_t rank;
  const char *name;
  const int64_t *shape;
  optimc_group group;
  uint32_t granule;
  int64_t global_count, shard_start, shard_count;
  void *param, *grad;
} optimc_tensor_info;
OPTIMC_API optimc_status optimc_get_tensor(const optimc_optimizer *opt,
                                           optimc_tensor tensor,
                                           optimc_tensor_info *out,
                                           optimc_error *error);
OPTIMC_API optimc_status optimc_find_tensor(const optimc_optimizer *opt,
                                            const char *name,
                                            optimc_tensor *out,
                                            optimc_error *error);
OPTIMC_API optimc_status optimc_find_group(const optimc_optimizer *opt,
                                           const char *name, optimc_group *out,
                                           optimc_error *error);
OPTIMC_API optimc_status optimc_group_name(const optimc_optimizer *opt,
                                           optimc_group group, const char **out,
                                           optimc_error *error);

/* The OPTIMC_ABI that this runtime reads. */
OPTIMC_API uint32_t optimc_runtime_abi(void);

#ifdef __cplusplus
}
#endif
#endif /* OPTIMC_C_RUNTIME_H */
