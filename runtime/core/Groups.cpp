//===- Groups.cpp - parameter groups and hyperparameters ------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Names.h"
#include "core/Optimizer.h"

using namespace optimc::rt;

optimc_status optimc_add_group(optimc_optimizer *opt, const char *name,
                               optimc_group *out, optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (optimc_status s = checkName(name, "group", diag))
    return s;
  if (!out)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the place for the number of group '%s' is NULL", name);
  if (optimc_status s = checkClosed(*opt, "adding a group", diag))
    return s;
  uint32_t index = opt->groups.size();
  if (opt->groupNames.count(name))
    return diag.fail(OPTIMC_ALREADY_EXISTS, "there is a group '%s' already",
                     name);
  Group group;
  group.name = name;
  for (const optimc_hyper &hyper : opt->program.hypers)
    group.hypers.push_back(hyper.initial);
  group.inputs = initialInputs(opt->program, OPTIMC_RATE_GROUP);
  opt->groups.push_back(std::move(group));
  opt->groupNames.emplace(name, index);
  *out = index;
  return OPTIMC_OK;
}

/// Finds a hyperparameter of a group.
static optimc_status findHyper(const Optimizer *opt, optimc_group group,
                               const char *name, uint32_t &out,
                               const Diag &diag) {
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (optimc_status s = checkGroup(*opt, group, diag))
    return s;
  if (!name)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the name of the hyperparameter is NULL");
  out = opt->program.findHyper(name);
  if (out != none)
    return OPTIMC_OK;
  std::vector<std::string_view> known;
  for (const optimc_hyper &hyper : opt->program.hypers)
    known.push_back(hyper.name);
  return diag.fail(OPTIMC_NOT_FOUND, "%s has no hyperparameter '%.200s'%s",
                   opt->program.source->name, name,
                   suggest(name, known).c_str());
}

optimc_status optimc_set_hyper(optimc_optimizer *opt, optimc_group group,
                               const char *name, double value,
                               optimc_error *error) {
  Diag diag(error);
  uint32_t index;
  if (optimc_status s = findHyper(opt, group, name, index, diag))
    return s;
  const optimc_hyper &hyper = opt->program.hypers[index];
  if (findBound(*opt, true, index, group))
    return diag.fail(OPTIMC_WRONG_ORDER,
                     "hyperparameter '%s' of group '%s' is bound to device "
                     "memory; unbind it with optimc_bind_scalar before you "
                     "set it",
                     name, opt->groups[group].name.c_str());
  if (const char *fault = hyperFault(hyper, value)) {
    if (value == value && (hyper.flags & OPTIMC_HYPER_FROZEN))
      return diag.fail(OPTIMC_OUT_OF_RANGE,
                       "hyperparameter '%s' was frozen to %s when '%s' was "
                       "compiled, so it cannot be %s; compile without freezing "
                       "it",
                       name, number(hyper.initial).c_str(),
                       opt->program.source->name, number(value).c_str());
    return diag.fail(
        OPTIMC_OUT_OF_RANGE,
        "hyperparameter '%s' of group '%s' = %s %s; allowed: %s%s", name,
        opt->groups[group].name.c_str(), number(value).c_str(), fault,
        hyper.flags & OPTIMC_HYPER_INTEGER ? "whole numbers in " : "",
        rangeText(hyper).c_str());
  }
  opt->groups[group].hypers[index] = value;
  return OPTIMC_OK;
}

optimc_status optimc_get_hyper(const optimc_optimizer *opt, optimc_group group,
                               const char *name, double *out,
                               optimc_error *error) {
  Diag diag(error);
  uint32_t index;
  if (optimc_status s = findHyper(opt, group, name, index, diag))
    return s;
  if (!out)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the place for the value of '%s' is NULL", name);
  if (findBound(*opt, true, index, group))
    if (optimc_status s = pullScalars(*opt, diag))
      return s;
  *out = opt->groups[group].hypers[index];
  return OPTIMC_OK;
}
