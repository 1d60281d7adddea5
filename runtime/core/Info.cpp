//===- Info.cpp - introspection -------------------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Names.h"
#include "core/Optimizer.h"
#include "cpu/Cpu.h"

using namespace optimc::rt;

template <typename T>
static optimc_status checkOut(const T *out, const char *what,
                              const Diag &diag) {
  if (!out)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "the place for the %s is NULL",
                     what);
  if (out->size != sizeof *out)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the %s has size %u, but this runtime's has %zu bytes; "
                     "set its `size` before the call",
                     what, out->size, sizeof *out);
  return OPTIMC_OK;
}

optimc_status optimc_get_info(const optimc_optimizer *opt, optimc_info *out,
                              optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (optimc_status s = checkOut(out, "optimc_info", diag))
    return s;
  optimc_threads threads = resolveThreads(opt->threads);
  out->n_groups = opt->groups.size();
  out->n_tensors = opt->tensors.size();
  out->n_clocks = opt->clocks.size();
  out->n_threads = opt->threads.count;
  out->threads = threads;
  out->threads_name = threadsName(threads);
  out->isa_name = isaName(opt->program.isaUsed);
  out->isa = opt->program.isaUsed;
  out->seed = opt->seed;
  out->mode = opt->mode.c_str();
  out->program = opt->program.source;
  out->device = opt->device ? OPTIMC_DEVICE_CUDA : OPTIMC_DEVICE_CPU;
  out->sm = opt->device ? opt->device->sm() : 0;
  out->device_name = opt->device ? opt->device->name() : "cpu";
  return OPTIMC_OK;
}

optimc_status optimc_get_tensor(const optimc_optimizer *opt,
                                optimc_tensor index, optimc_tensor_info *out,
                                optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (optimc_status s = checkTensor(*opt, index, diag))
    return s;
  if (optimc_status s = checkOut(out, "optimc_tensor_info", diag))
    return s;
  const Tensor &tensor = *opt->tensors[index];
  const Program &program = opt->program;
  out->rank = tensor.shape.size();
  out->name = tensor.name.c_str();
  out->shape = tensor.shape.data();
  out->group = tensor.group;
  out->granule = 1;
  for (size_t i = 0; i < program.entries.size(); ++i)
    out->granule = std::max(out->granule,
                            program.entries[i].plans[tensor.plan[i]].granule);
  out->global_count = tensor.globalCount;
  out->shard_start = tensor.shardStart;
  out->shard_count = tensor.count;
  out->param = tensor.stream[program.paramStream];
  out->grad =
      program.gradStream == none ? nullptr : tensor.stream[program.gradStream];
  return OPTIMC_OK;
}

static optimc_status
findName(const std::map<std::string, uint32_t, std::less<>> &names,
         const char *what, const char *name, uint32_t *out, const Diag &diag) {
  if (!name || !out)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the %s's name or the place for its number is NULL", what);
  auto found = names.find(name);
  if (found == names.end()) {
    std::vector<std::string_view> known;
    for (const auto &entry : names)
      known.push_back(entry.first);
    return diag.fail(OPTIMC_NOT_FOUND, "there is no %s '%.200s'%s", what, name,
                     suggest(name, known).c_str());
  }
  *out = found->second;
  return OPTIMC_OK;
}

optimc_status optimc_find_tensor(const optimc_optimizer *opt, const char *name,
                                 optimc_tensor *out, optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  return findName(opt->tensorNames, "tensor", name, out, diag);
}

optimc_status optimc_find_group(const optimc_optimizer *opt, const char *name,
                                optimc_group *out, optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  return findName(opt->groupNames, "group", name, out, diag);
}

optimc_status optimc_group_name(const optimc_optimizer *opt, optimc_group group,
                                const char **out, optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (optimc_status s = checkGroup(*opt, group, diag))
    return s;
  if (!out)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the place for the group's name is NULL");
  *out = opt->groups[group].name.c_str();
  return OPTIMC_OK;
}
