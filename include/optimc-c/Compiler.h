/*===- Compiler.h - compiling specs in this process -------------*- C -*-===*\
|* Part of optimc, under the Apache License v2.0 with LLVM Exceptions.       *|
|* See LICENSE for license information.                                      *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                   *|
\*===----------------------------------------------------------------------===*/
/*
 * From a spec to a program that the runtime executes, in a few milliseconds:
 *
 *     optimc_compiled *compiled;
 *     optimc_error error;
 *     if (optimc_compile("ademamix", NULL, &compiled, &error))
 *       fail(error.message);
 *     optimc_create(optimc_compiled_program(compiled), NULL, &opt, &error);
 *     ...
 *     optimc_destroy(opt);
 *     optimc_compiled_destroy(compiled);
 *
 * Programs for machines without a compiler come from `optimc compile`.
 * Conventions are those of Runtime.h. The functions may be called from several
 * threads at once.
 */
#ifndef OPTIMC_C_COMPILER_H
#define OPTIMC_C_COMPILER_H

#include "optimc-c/Runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  /* Do not add the inputs grad_scale and found_inf. */
  OPTIMC_COMPILE_NO_AMP = 1,
  /* What several passes over the elements need is computed again in each, or
     stored by the first where it is a new state; else whichever moves fewer
     bytes. The results are the same. */
  OPTIMC_COMPILE_RECOMPUTE = 2,
  OPTIMC_COMPILE_STORE = 4
};

typedef struct {
  uint32_t size;  /* sizeof(optimc_compile_options); options that an older and
                     smaller struct lacks have their defaults */
  uint32_t flags; /* OPTIMC_COMPILE_* */
  /* Hyperparameters to bind: "beta1=0,weight_decay=0.1", or NULL. */
  const char *freeze;
  /* Formats of streams: "param=bf16,states=q8" (docs/Numerics.md), or NULL:
     what the spec says. */
  const char *store;
  /* Instruction sets: "x86-64-v4,x86-64-v3", or NULL: all. The baseline, which
     runs everywhere, is always compiled. */
  const char *cpus;
  /* Which optimizer of a spec with several, or NULL: the only one. */
  const char *optimizer;
  /* GPU architectures: "sm_80,sm_90", or NULL: no GPU code. */
  const char *gpus;
} optimc_compile_options;

#define OPTIMC_COMPILE_OPTIONS_INIT                                            \
  {sizeof(optimc_compile_options), 0, 0, 0, 0, 0, 0}

typedef struct optimc_compiled optimc_compiled;

/* Compiles a built-in spec (a name of `optimc list`) or a file. `options` may
   be NULL. An error in a spec is reported with file, line, column and the text
   of the line. */
OPTIMC_API optimc_status optimc_compile(const char *spec,
                                        const optimc_compile_options *options,
                                        optimc_compiled **out,
                                        optimc_error *error);
/* The same for a spec in memory. */
OPTIMC_API optimc_status
optimc_compile_text(const char *text, const optimc_compile_options *options,
                    optimc_compiled **out, optimc_error *error);

/* The program; it lives until optimc_compiled_destroy, and so must not be in
   use by an optimizer then. */
OPTIMC_API const optimc_program *
optimc_compiled_program(const optimc_compiled *compiled);
/* NULL is allowed. */
OPTIMC_API void optimc_compiled_destroy(optimc_compiled *compiled);

/* How many specs this process has compiled: changing hyperparameters must not
   move it. */
OPTIMC_API uint64_t optimc_compile_count(void);

#ifdef __cplusplus
}
#endif
#endif /* OPTIMC_C_COMPILER_H */
