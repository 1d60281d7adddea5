/*===- SanitizerOptions.c - how our binaries are watched --------*- C -*-===*\
|* Part of optimc, under the Apache License v2.0 with LLVM Exceptions.       *|
|* See LICENSE for license information.                                      *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                   *|
\*===----------------------------------------------------------------------===*/

/* LLVM and MLIR come without instrumentation: what their templates poison in
   our code, their own code does not know of. Too much memory is NULL, as
   elsewhere. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "allow_user_poisoning=0:detect_container_overflow=0:"
         "allocator_may_return_null=1";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void) { return "print_stacktrace=1"; }
