//===- Optimizer.cpp - creation and argument checks -----------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Optimizer.h"

#include "core/Names.h"
#include "cpu/Cpu.h"

#include <cstring>
#include <new>

using namespace optimc::rt;

optimc_status optimc::rt::checkHandle(const Optimizer *opt, const Diag &diag) {
  return opt ? OPTIMC_OK
             : diag.fail(OPTIMC_INVALID_ARGUMENT, "the optimizer is NULL");
}

optimc_status optimc::rt::checkGroup(const Optimizer &opt, optimc_group group,
                                     const Diag &diag) {
  if (group < opt.groups.size())
    return OPTIMC_OK;
  return diag.fail(OPTIMC_NOT_FOUND, "no group %u; there are %zu groups", group,
                   opt.groups.size());
}

optimc_status optimc::rt::checkTensor(const Optimizer &opt,
                                      optimc_tensor tensor, const Diag &diag) {
  if (tensor < opt.tensors.size())
    return OPTIMC_OK;
  return diag.fail(OPTIMC_NOT_FOUND, "no tensor %u; there are %zu tensors",
                   tensor, opt.tensors.size());
}

optimc_status optimc::rt::checkClosed(const Optimizer &opt, const char *what,
                                      const Diag &diag) {
  if (!opt.step.isOpen)
    return OPTIMC_OK;
  return diag.fail(OPTIMC_WRONG_ORDER,
                   "%s is not possible between optimc_begin and optimc_end",
                   what);
}

optimc_status optimc::rt::checkName(const char *name, const char *what,
                                    const Diag &diag) {
  if (!name)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "the name of the %s is NULL",
                     what);
  size_t length = strnlen(name, maxNameLength + 1);
  if (length == 0 || length > maxNameLength)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the name of the %s is %s; allowed: 1 to %zu bytes", what,
                     length ? "too long" : "empty", maxNameLength);
  if (!isUtf8({name, length}))
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the name of the %s is not valid UTF-8", what);
  return OPTIMC_OK;
}

void optimc::rt::initInstance(const Program &program, uint32_t rate,
                              Instance &instance) {
  instance.frame.values.assign(program.maxValues, 0);
  instance.frame.scalars.assign(program.maxScalars, 0);
  instance.frame.predicates = 0;
  instance.state.assign(program.nStates[rate], 0);
  instance.next = instance.state;
  instance.reduced.assign(program.maxReductions, 0);
  instance.outputs.clear();
  instance.outputs.reserve(program.nOutputs[rate]);
}

std::vector<InputValue> optimc::rt::initialInputs(const Program &program,
                                                  uint32_t rate) {
  std::vector<InputValue> values(program.nInputs[rate]);
  for (const ScalarSlot &input : program.inputs)
    if (input.rate == rate)
      values[input.index] = {input.initial, input.optional};
  return values;
}

std::vector<double> optimc::rt::initialStates(const Program &program,
                                              uint32_t rate,
                                              const double *hypers) {
  std::vector<double> values(program.nStates[rate]);
  for (const optimc_scalar_state &state : program.states)
    if (state.rate == rate)
      values[state.index] = state.init == OPTIMC_INIT_HYPER
                                ? hypers[state.init_hyper]
                                : state.init_value;
  return values;
}

static optimc_status readOptions(const optimc_options *given,
                                 optimc_options &options, const Diag &diag) {
  options = OPTIMC_OPTIONS_INIT;
  if (!given)
    return OPTIMC_OK;
  if (given->size != sizeof options)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "optimc_options.size is %u, but this runtime's options "
                     "have %zu bytes; start from OPTIMC_OPTIONS_INIT",
                     given->size, sizeof options);
  options = *given;
  if (options.n_threads > OPTIMC_MAX_THREADS)
    return diag.fail(OPTIMC_OUT_OF_RANGE,
                     "n_threads = %u; allowed: 0 (default) to %u",
                     options.n_threads, OPTIMC_MAX_THREADS);
  if (options.threads > OPTIMC_THREADS_CALLER)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "threads = %u is no optimc_threads value (0 to %u)",
                     options.threads, OPTIMC_THREADS_CALLER);
  if (options.device > OPTIMC_DEVICE_CUDA)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "device = %u is no optimc_device value (0 to %u)",
                     options.device, OPTIMC_DEVICE_CUDA);
  if (options.threads == OPTIMC_THREADS_CALLER && !options.parallel_for)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "threads = OPTIMC_THREADS_CALLER, but parallel_for is "
                     "NULL");
  return OPTIMC_OK;
}

optimc_status optimc_create(const optimc_program *program,
                            const optimc_options *options,
                            optimc_optimizer **out, optimc_error *error) {
  Diag diag(error);
  if (!out)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the place for the new optimizer is NULL");
  optimc_options checked;
  if (optimc_status s = readOptions(options, checked, diag))
    return s;
  std::unique_ptr<optimc_optimizer> opt(new (std::nothrow) optimc_optimizer);
  if (!opt)
    return diag.fail(OPTIMC_OUT_OF_MEMORY, "no memory for an optimizer");
  if (optimc_status s =
          opt->program.create(program, availableIsa() & checked.isa_mask, diag))
    return s;

  opt->threads.backend = static_cast<optimc_threads>(checked.threads);
  opt->threads.count =
      checked.n_threads ? checked.n_threads : defaultThreadCount();
  opt->threads.parallelFor = checked.parallel_for;
  opt->threads.context = checked.parallel_context;
  if (checked.threads == OPTIMC_THREADS_SERIAL)
    opt->threads.count = 1;
  watchForks();
  optimc_threads threads = resolveThreads(opt->threads);
  if (checked.threads == OPTIMC_THREADS_LIBGOMP &&
      threads != OPTIMC_THREADS_LIBGOMP)
    return diag.fail(OPTIMC_UNSUPPORTED,
                     "threads = OPTIMC_THREADS_LIBGOMP, but libgomp.so.1 is "
                     "not loaded in this process, or this is a forked child");
  if (checked.device == OPTIMC_DEVICE_CUDA) {
    if (optimc_status s = openCuda(opt->program, opt->device, diag))
      return s;
    opt->memory = opt->device.get();
  }
  opt->seed = checked.seed;
  initInstance(opt->program, OPTIMC_RATE_MODEL, opt->model);
  opt->model.state = initialStates(opt->program, OPTIMC_RATE_MODEL, nullptr);
  opt->modelInputs = initialInputs(opt->program, OPTIMC_RATE_MODEL);
  *out = opt.release();
  return OPTIMC_OK;
}

void optimc_destroy(optimc_optimizer *opt) { delete opt; }

uint32_t optimc_runtime_abi(void) { return OPTIMC_ABI; }
