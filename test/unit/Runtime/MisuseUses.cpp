//===- MisuseUses.cpp - scalars, steps, checkpoints -----------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Misuse.h"

using namespace optimc::test;

namespace {
const Misuse scalars[] = {
    MISUSE(OPTIMC_NOT_FOUND,
           "'adamw' has no scalar input 'foundinf'; did you mean 'found_inf'?",
           return optimc_set_input(s.h.opt, "foundinf", model, 0, 1, e)),
    MISUSE(OPTIMC_NOT_FOUND, "no model 1; the only one is 0",
           return optimc_set_input(s.h.opt, "found_inf", model, 1, 1, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "'found_inf' is addressed by rate element; allowed: model, group, "
           "tensor",
           return optimc_set_input(s.h.opt, "found_inf", OPTIMC_RATE_ELEMENT, 0,
                                   1, e)),
    MISUSE(
        OPTIMC_NOT_FOUND, "no tensor 9; there are 2 tensors",
        return optimc_get_scalar(s.h.opt, "step", tensorRate, 9, &s.value, e)),
    MISUSE(OPTIMC_NOT_FOUND,
           "'adamw' has no scalar state 'steps'; did you mean",
           return optimc_get_scalar(s.h.opt, "steps", group, 0, &s.value, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the place for the value of 'step' is NULL",
           return optimc_get_scalar(s.h.opt, "step", group, 0, nullptr, e)),
    MISUSE(OPTIMC_NOT_FOUND, "'adamw' has no output 'lr'; did you mean 'lr_t'?",
           return optimc_get_output(s.h.opt, "lr", group, 0, &s.value, e)),
    MISUSE(OPTIMC_WRONG_ORDER,
           "output 'drift_t' has no value before the first step",
           return optimc_get_output(s.l.opt, "drift_t", model, 0, &s.value, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "'step' is not the same everywhere (",
           Harness k(&s.adamw.program);
           k.tensor("a", {4}); k.tensor("b", {4}); k.stepOf({1});
           return optimc_get_scalar(k.opt, "step", group, 0, &s.value, e)),
    MISUSE(
        OPTIMC_NOT_FOUND, "'step' has no value here: there are no tensors yet",
        Harness k(&s.adamw.program);
        k.group("g"); return optimc_set_scalar(k.opt, "step", group, 0, 1, e)),
    MISUSE(OPTIMC_OUT_OF_RANGE,
           "scalar state 'step' = -1 is no step count; allowed: whole numbers "
           "in [0, 2^53]",
           return optimc_set_scalar(s.h.opt, "step", group, 0, -1, e)),
    MISUSE(OPTIMC_OUT_OF_RANGE, "scalar state 'step' = 0.5 is no step count",
           return optimc_set_scalar(s.h.opt, "step", tensorRate, 1, 0.5, e)),
    MISUSE(OPTIMC_OUT_OF_RANGE, "scalar state 'lr_sum' = nan is not a number",
           return optimc_set_scalar(s.h.opt, "lr_sum", group, 0, NAN, e)),
    MISUSE(OPTIMC_NOT_FOUND,
           "input 'lr_scale' has rate group, but there are no groups here yet",
           Harness k(&s.layerwise.program);
           return optimc_set_input(k.opt, "lr_scale", model, 0, 1, e)),
    MISUSE(
        OPTIMC_NOT_FOUND,
        "tensor 'w' has no element state 'exp_avg2'; did you mean 'exp_avg'?",
        optimc_view view;
        return optimc_get_state(s.h.opt, 0, "exp_avg2", &view, e)),
    MISUSE(OPTIMC_NOT_FOUND, "has no element state 'grad'",
           return optimc_write_state(s.h.opt, 0, "grad", &s.one, 1, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "dtype f64 cannot be converted",
           return optimc_from_float32(OPTIMC_DTYPE_F64, &s.one, 1, &s.one, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the array of values is NULL",
           return optimc_to_float32(OPTIMC_DTYPE_BF16, nullptr, 1, &s.one, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "-1 values cannot be converted",
           return optimc_to_float32(OPTIMC_DTYPE_F16, &s.one, -1, &s.one, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "state 'exp_avg' of tensor 'w' has 300 local elements, not 299",
           return optimc_write_state(s.h.opt, 0, "exp_avg", s.memory.data(),
                                     299, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "the buffer for state 'exp_avg' of tensor 'w' is NULL",
           return optimc_read_state(s.h.opt, 0, "exp_avg", nullptr, 300, e)),
};

const Misuse steps[] = {
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "tensor 'v' has no gradient; bind one, or leave the tensor out",
           void *none = nullptr;
           optimc_bind(s.h.opt, 1, s.both + 1, nullptr, &none, nullptr);
           return optimc_step(s.h.opt, e)),
    MISUSE(OPTIMC_WRONG_ORDER,
           "optimc_run_tensors without an open step; call optimc_begin first",
           return optimc_run_tensors(s.h.opt, s.both, 2, e)),
    MISUSE(OPTIMC_WRONG_ORDER, "optimc_end without an open step",
           return optimc_end(s.h.opt, e)),
    MISUSE(OPTIMC_WRONG_ORDER, "optimc_abort without an open step",
           return optimc_abort(s.h.opt, e)),
    MISUSE(OPTIMC_WRONG_ORDER, "a step is open already; call optimc_end first",
           optimc_begin(s.h.opt, nullptr, nullptr);
           return optimc_begin(s.h.opt, nullptr, e)),
    MISUSE(OPTIMC_WRONG_ORDER, "a step is open already",
           optimc_begin(s.h.opt, nullptr, nullptr);
           return optimc_step(s.h.opt, e)),
    MISUSE(OPTIMC_WRONG_ORDER,
           "tensor 'w' has run in this step already, or is in the list twice",
           optimc_begin(s.h.opt, nullptr, nullptr);
           optimc_tensor t[] = {0, 1, 0};
           return optimc_run_tensors(s.h.opt, t, 3, e)),
    MISUSE(OPTIMC_NOT_FOUND, "no tensor 2; there are 2 tensors",
           optimc_begin(s.h.opt, nullptr, nullptr);
           optimc_tensor t[] = {0, 2};
           return optimc_run_tensors(s.h.opt, t, 2, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the list of tensors is NULL",
           optimc_begin(s.h.opt, nullptr, nullptr);
           return optimc_run_tensors(s.h.opt, nullptr, 2, e)),
    MISUSE(OPTIMC_NOT_FOUND,
           "'adamw' has no entry 'toeval'; did you mean 'to_eval'?",
           return optimc_run_entry(s.h.opt, "toeval", e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the name of the entry is NULL",
           return optimc_run_entry(s.h.opt, nullptr, e)),
    MISUSE(OPTIMC_WRONG_ORDER,
           "adding a tensor is not possible between optimc_begin and "
           "optimc_end",
           optimc_begin(s.h.opt, nullptr, nullptr);
           return s.add(e)),
    MISUSE(OPTIMC_WRONG_ORDER, "adding a group is not possible between",
           optimc_begin(s.h.opt, nullptr, nullptr);
           return optimc_add_group(s.h.opt, "x", &s.id, e)),
    MISUSE(OPTIMC_WRONG_ORDER, "setting a scalar state is not possible between",
           optimc_begin(s.h.opt, nullptr, nullptr);
           return optimc_set_scalar(s.h.opt, "step", group, 0, 5, e)),
    MISUSE(OPTIMC_WRONG_ORDER, "saving is not possible between",
           optimc_begin(s.h.opt, nullptr, nullptr);
           return optimc_save(s.h.opt, s.path.c_str(), e)),
    MISUSE(OPTIMC_WRONG_ORDER, "loading is not possible between",
           optimc_begin(s.h.opt, nullptr, nullptr);
           return s.load(e)),
    MISUSE(OPTIMC_WRONG_ORDER,
           "input 'lr_scale' has not been set for group main; use "
           "optimc_set_input before optimc_begin",
           return optimc_step(s.l.opt, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "tensor 'w' has no buffer for input 'hessian'; use "
           "optimc_bind_input",
           optimc_set_input(s.l.opt, "lr_scale", group, 0, 1, nullptr);
           return optimc_step(s.l.opt, e)),
};

const Misuse checkpoints[] = {
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the path is NULL",
           return optimc_save(s.h.opt, nullptr, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the path is empty",
           return optimc_load(s.h.opt, "", 0, nullptr, nullptr, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "unknown load flags 0x8",
           return optimc_load(s.h.opt, s.path.c_str(), 8, nullptr, nullptr, e)),
    MISUSE(OPTIMC_NOT_FOUND, "No such file or directory", s.path += "y";
           return s.load(e)),
    MISUSE(OPTIMC_BAD_CHECKPOINT, "its header claims",
           std::string bytes = readBytes(s.path);
           writeBytes(s.path, bytes.substr(0, 200)); return s.load(e)),
    MISUSE(OPTIMC_BAD_CHECKPOINT, "it has only 20 bytes",
           std::string bytes = readBytes(s.path);
           writeBytes(s.path, bytes.substr(0, 20)); return s.load(e)),
    MISUSE(OPTIMC_BAD_CHECKPOINT,
           "its checksum does not match: the file is damaged or was edited",
           std::string bytes = readBytes(s.path);
           bytes.back() ^= 1; writeBytes(s.path, bytes); return s.load(e)),
    MISUSE(OPTIMC_BAD_CHECKPOINT, "it is not a checkpoint that optimc wrote",
           writeBytes(s.path, std::string("\x80\0\0\0\0\0\0\0", 8) + "{" +
                                  std::string(199, ' '));
           return s.load(e)),
    MISUSE(OPTIMC_BAD_CHECKPOINT,
           "the checkpoint was written by 'adamw' (spec ada30001), this is "
           "'sgd' (spec 5d01); load without OPTIMC_LOAD_SAME_PROGRAM",
           Harness k(&s.sgd.program);
           k.tensor("w", {300});
           return optimc_load(k.opt, s.path.c_str(), OPTIMC_LOAD_SAME_PROGRAM,
                              nullptr, nullptr, e)),
    MISUSE(OPTIMC_BAD_CHECKPOINT, "it has no parameter 'other'",
           Harness k(&s.sgd.program);
           k.tensor("other", {300});
           return optimc_load(k.opt, s.path.c_str(), 0, nullptr, nullptr, e)),
    MISUSE(OPTIMC_BAD_CHECKPOINT,
           "'param/w' has 1200 bytes of F32; 1196 bytes of F32 are expected",
           Harness k(&s.sgd.program);
           k.tensor("w", {299});
           return optimc_load(k.opt, s.path.c_str(), 0, nullptr, nullptr, e)),
    MISUSE(OPTIMC_BAD_CHECKPOINT,
           "it has tensor 'w' as [300] 0 300, but here it is [20, 15] 0 300",
           Harness k(&s.sgd.program);
           k.tensor("w", {20, 15});
           return optimc_load(k.opt, s.path.c_str(), 0, nullptr, nullptr, e)),
};
} // namespace

std::vector<Misuse> optimc::test::useMisuses() {
  std::vector<Misuse> list;
  append(list, scalars);
  append(list, steps);
  append(list, checkpoints);
  return list;
}
