//===- Step.cpp - begin, run, end and the one-call step -------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Names.h"
#include "core/Optimizer.h"

using namespace optimc::rt;

static optimc_status findEntry(const Optimizer &opt, const char *name,
                               uint32_t &out, const Diag &diag) {
  out = name ? opt.program.findEntry(name) : 0;
  if (out != none)
    return OPTIMC_OK;
  std::vector<std::string_view> known;
  for (const Entry &entry : opt.program.entries)
    known.push_back(entry.name);
  return diag.fail(OPTIMC_NOT_FOUND, "'%s' has no entry '%.200s'%s",
                   opt.program.source->name, name,
                   suggest(name, known).c_str());
}

static optimc_status begin(optimc_optimizer *opt, const char *name, bool whole,
                           const Diag &diag) {
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (opt->step.isOpen)
    return diag.fail(OPTIMC_WRONG_ORDER,
                     "a step is open already; call optimc_end first, or "
                     "optimc_abort if nothing has run");
  uint32_t entry;
  if (optimc_status s = findEntry(*opt, name, entry, diag))
    return s;
  return beginStep(*opt, entry, whole, diag);
}

static optimc_status runWhole(optimc_optimizer *opt, const char *entry,
                              const Diag &diag) {
  if (optimc_status s = begin(opt, entry, true, diag))
    return s;
  optimc_status status = runTensors(*opt, opt->everyTensor.data(),
                                    opt->everyTensor.size(), true, diag);
  if (!status)
    return endStep(*opt, diag);
  dropStep(*opt);
  return status;
}

optimc_status optimc_step(optimc_optimizer *opt, optimc_error *error) {
  return runWhole(opt, nullptr, Diag(error));
}

optimc_status optimc_run_entry(optimc_optimizer *opt, const char *entry,
                               optimc_error *error) {
  Diag diag(error);
  if (!entry)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "the name of the entry is NULL");
  return runWhole(opt, entry, diag);
}

optimc_status optimc_begin(optimc_optimizer *opt, const char *entry,
                           optimc_error *error) {
  return begin(opt, entry, false, Diag(error));
}

/// A step must be open for what `what` says.
static optimc_status checkOpen(const Optimizer *opt, const char *what,
                               const Diag &diag) {
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (opt->step.isOpen)
    return OPTIMC_OK;
  return diag.fail(OPTIMC_WRONG_ORDER,
                   "%s without an open step; call optimc_begin first", what);
}

optimc_status optimc_run_tensors(optimc_optimizer *opt,
                                 const optimc_tensor *tensors, uint64_t n,
                                 optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkOpen(opt, "optimc_run_tensors", diag))
    return s;
  if (!tensors && n)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "the list of tensors is NULL");
  return runTensors(*opt, tensors, n, false, diag);
}

optimc_status optimc_end(optimc_optimizer *opt, optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkOpen(opt, "optimc_end", diag))
    return s;
  return endStep(*opt, diag);
}

optimc_status optimc_abort(optimc_optimizer *opt, optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkOpen(opt, "optimc_abort", diag))
    return s;
  if (opt->step.anyRan)
    return diag.fail(OPTIMC_WRONG_ORDER,
                     "tensors have run in this step and cannot be moved back; "
                     "call optimc_end");
  dropStep(*opt);
  return OPTIMC_OK;
}
