//===- DeviceScalars.cpp - scalars that a device has ----------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Optimizer.h"

using namespace optimc::rt;

const BoundScalar *optimc::rt::findBound(const Optimizer &opt, bool isHyper,
                                         uint32_t slot, uint32_t index) {
  for (const BoundScalar &scalar : opt.bound)
    if (scalar.isHyper == isHyper && scalar.slot == slot &&
        scalar.index == index)
      return &scalar;
  return nullptr;
}

optimc_status optimc::rt::pullScalars(const Optimizer &opt, const Diag &diag) {
  // For the caller nothing changes: the host's scalars are a copy.
  return opt.device ? opt.device->pull(const_cast<Optimizer &>(opt), diag)
                    : OPTIMC_OK;
}

void optimc::rt::scalarsChanged(Optimizer &opt) {
  if (opt.device)
    opt.device->changed();
}

optimc_status optimc_set_stream(optimc_optimizer *opt, void *stream,
                                optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (!opt->device)
    return diag.fail(OPTIMC_UNSUPPORTED,
                     "this optimizer runs on the CPU, which has no streams; "
                     "set optimc_options.device to OPTIMC_DEVICE_CUDA");
  return opt->device->setStream(stream, diag);
}
