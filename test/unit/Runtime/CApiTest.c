/*===- CApiTest.c - the C API from C, through the shared library -*- C -*-===*\
|* Part of optimc, under the Apache License v2.0 with LLVM Exceptions.       *|
|* See LICENSE for license information.                                      *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                   *|
\*===----------------------------------------------------------------------===*/
#include "optimc-c/Runtime.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A program as a compiler writes it: constant data. */
static void scalars(const optimc_scalar_args *args) {
  args->next_state[0] = args->state[0] + 1;
  args->scalars[0] = (float)args->hyper[0];
}

static void descend(const optimc_run *runs, int64_t n) {
  for (const optimc_run *r = runs; r != runs + n; ++r) {
    float *p = (float *)r->stream[0];
    const float *g = (const float *)r->stream[1];
    for (int64_t i = r->first; i < r->first + r->count; ++i)
      p[i] -= r->scalars[0] * g[i];
  }
}

static const optimc_hyper hypers[] = {
    {"lr", 0.5, 0, INFINITY, OPTIMC_HYPER_HIGH_OPEN, 0}};
static const optimc_stream streams[] = {
    {"param", OPTIMC_ROLE_PARAM, OPTIMC_RATE_ELEMENT, 0, 0, 0, 1, 0},
    {"grad", OPTIMC_ROLE_GRAD, OPTIMC_RATE_ELEMENT, 0, 0, 0, 1, 0}};
static const optimc_scalar_state states[] = {
    {"step", OPTIMC_RATE_GROUP, 0, OPTIMC_INIT_VALUE, 0, 0}};
static const uint32_t storage[] = {OPTIMC_STORAGE_F32, OPTIMC_STORAGE_F32};
static const optimc_code code[] = {{0, descend}};
static const optimc_phase phases[] = {
    {0, OPTIMC_RATE_ELEMENT, OPTIMC_CUT_ANYWHERE, 0, 3, 1, 0,
     {code, 1, sizeof code[0]}, 0}};
static const optimc_variant variants[] = {
    {0, 0, {phases, 1, sizeof phases[0]}}};
static const optimc_plan plans[] = {
    {0, 32, 0, storage, 1, 2, 3, {variants, 1, sizeof variants[0]}}};
static const optimc_scalars functions[] = {{OPTIMC_RATE_GROUP, 0, scalars}};
static const optimc_entry entries[] = {{"step",
                                        OPTIMC_ENTRY_STEP,
                                        0,
                                        1,
                                        0,
                                        {functions, 1, sizeof functions[0]},
                                        {0, 0, 0},
                                        {plans, 1, sizeof plans[0]},
                                        0}};
static const optimc_program program = {sizeof program,
                                       OPTIMC_ABI,
                                       "descent",
                                       "0",
                                       "by hand",
                                       0,
                                       {hypers, 1, sizeof hypers[0]},
                                       {streams, 2, sizeof streams[0]},
                                       {states, 1, sizeof states[0]},
                                       {0, 0, 0},
                                       {0, 0, 0},
                                       {entries, 1, sizeof entries[0]},
                                       {0, 0, 0}};

static int failures;
static void expect(int ok, const char *what, const optimc_error *error) {
  if (ok)
    return;
  fprintf(stderr, "failed: %s (%s)\n", what, error->message);
  ++failures;
}

int main(void) {
  optimc_error error = {OPTIMC_OK, ""};
  optimc_options options = OPTIMC_OPTIONS_INIT;
  optimc_optimizer *opt = 0;
  optimc_group group;
  optimc_tensor tensor;
  const int64_t shape[] = {3};
  float p[3] = {1, 2, 3}, g[3] = {1, 1, 2};
  double value = 0;
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  desc.name = "w";
  desc.rank = 1;
  desc.shape = shape;
  desc.param = p;
  desc.grad = g;
  expect(!optimc_create(&program, &options, &opt, &error), "create", &error);
  expect(!optimc_add_group(opt, "all", &group, &error), "group", &error);
  expect(!optimc_add_tensor(opt, group, &desc, &tensor, &error), "tensor",
         &error);
  expect(!optimc_step(opt, &error), "step", &error);
  expect(p[0] == 0.5f && p[1] == 1.5f && p[2] == 2, "values", &error);
  expect(!optimc_get_scalar(opt, "step", OPTIMC_RATE_TENSOR, tensor, &value,
                            &error) &&
             value == 1,
         "step count", &error);
  expect(optimc_set_hyper(opt, group, "lr", -1, &error) == OPTIMC_OUT_OF_RANGE,
         "range", &error);
  optimc_destroy(opt);
  optimc_destroy(0);
  return failures != 0;
}
