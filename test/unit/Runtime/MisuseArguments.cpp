//===- MisuseArguments.cpp - hyperparameters, tensors, bindings -----------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Misuse.h"

using namespace optimc::test;

namespace {
const Misuse hyperparameters[] = {
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the optimizer is NULL",
           return optimc_set_hyper(nullptr, 0, "lr", 1, e)),
    MISUSE(
        OPTIMC_OUT_OF_RANGE,
        "hyperparameter 'lr' of group 'main' = nan is not a number; allowed: "
        "[0, inf)",
        return optimc_set_hyper(s.h.opt, 0, "lr", NAN, e)),
    MISUSE(OPTIMC_OUT_OF_RANGE,
           "hyperparameter 'beta2' of group 'main' = 1 is out of range; "
           "allowed: [0, 1)",
           return optimc_set_hyper(s.h.opt, 0, "beta2", 1, e)),
    MISUSE(OPTIMC_OUT_OF_RANGE,
           "hyperparameter 'beta1' of group 'main' = -0.1 is out of range; "
           "allowed: [0, 1)",
           return optimc_set_hyper(s.h.opt, 0, "beta1", -0.1, e)),
    MISUSE(OPTIMC_OUT_OF_RANGE,
           "hyperparameter 'eps' of group 'main' = 0 is out of range; allowed: "
           "(0, inf]",
           return optimc_set_hyper(s.h.opt, 0, "eps", 0, e)),
    MISUSE(OPTIMC_OUT_OF_RANGE,
           "hyperparameter 'lr' of group 'main' = inf is out of range",
           return optimc_set_hyper(s.h.opt, 0, "lr", INFINITY, e)),
    MISUSE(OPTIMC_OUT_OF_RANGE,
           "hyperparameter 'warmup' of group 'main' = 2.5 is not a whole "
           "number; allowed: whole numbers in [0, 1e+09]",
           return optimc_set_hyper(s.h.opt, 0, "warmup", 2.5, e)),
    MISUSE(OPTIMC_OUT_OF_RANGE,
           "hyperparameter 'nesterov' was frozen to 0 when 'sgd' was compiled, "
           "so it cannot be 1; compile without freezing it",
           Harness k(&s.sgd.program);
           k.group("main");
           return optimc_set_hyper(k.opt, 0, "nesterov", 1, e)),
    MISUSE(OPTIMC_NOT_FOUND,
           "adamw has no hyperparameter 'beta_1'; did you mean 'beta1'?",
           return optimc_set_hyper(s.h.opt, 0, "beta_1", 0.5, e)),
    MISUSE(OPTIMC_NOT_FOUND, "no group 5; there are 1 groups",
           return optimc_set_hyper(s.h.opt, 5, "lr", 0.5, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the name of the hyperparameter is NULL",
           return optimc_set_hyper(s.h.opt, 0, nullptr, 0.5, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the place for the value of 'lr' is NULL",
           return optimc_get_hyper(s.h.opt, 0, "lr", nullptr, e)),
    MISUSE(OPTIMC_ALREADY_EXISTS, "there is a group 'main' already",
           return optimc_add_group(s.h.opt, "main", &s.id, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the name of the group is NULL",
           return optimc_add_group(s.h.opt, nullptr, &s.id, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "the name of the group is empty; allowed: 1 to 1024 bytes",
           return optimc_add_group(s.h.opt, "", &s.id, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the name of the group is too long",
           return optimc_add_group(s.h.opt, std::string(1025, 'x').c_str(),
                                   &s.id, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the name of the group is not valid UTF-8",
           return optimc_add_group(s.h.opt, "\xFF", &s.id, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "the place for the number of group 'x' is NULL",
           return optimc_add_group(s.h.opt, "x", nullptr, e)),
};

const Misuse tensors[] = {
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the description of the tensor is NULL",
           return optimc_add_tensor(s.h.opt, 0, nullptr, &s.id, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "optimc_tensor_desc.size is 8, but this runtime's description has",
           s.desc.size = 8;
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the name of the tensor is NULL",
           s.desc.name = nullptr;
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the name of the tensor is not valid UTF-8",
           s.desc.name = "\xC3";
           return s.add(e)),
    MISUSE(OPTIMC_ALREADY_EXISTS, "there is a tensor 'w' already",
           s.desc.name = "w";
           return s.add(e)),
    MISUSE(OPTIMC_NOT_FOUND, "no group 9; there are 1 groups",
           return optimc_add_tensor(s.h.opt, 9, &s.desc, &s.id, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "the place for the number of tensor 'new' is NULL",
           return optimc_add_tensor(s.h.opt, 0, &s.desc, nullptr, e)),
    MISUSE(OPTIMC_UNSUPPORTED,
           "the parameter of tensor 'new' has dtype bf16; 'adamw' was compiled "
           "for f32",
           s.desc.param_dtype = OPTIMC_DTYPE_BF16;
           return s.add(e)),
    MISUSE(OPTIMC_UNSUPPORTED,
           "the gradient of tensor 'new' has dtype f64; 'adamw' was compiled "
           "for f32",
           s.desc.grad_dtype = OPTIMC_DTYPE_F64;
           return s.add(e)),
    MISUSE(OPTIMC_UNSUPPORTED, "has dtype unknown; 'adamw' was compiled for",
           s.desc.grad_dtype = 99;
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "tensor 'new' has rank 33; at most 32 is allowed", s.desc.rank = 33;
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "tensor 'new' has rank 2, but its shape is NULL",
           s.desc.shape = nullptr;
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "tensor 'new' has the negative extent -3 in its shape [16, -3]",
           s.shape[1] = -3;
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "tensor 'new' has too many elements: the product of its shape "
           "[4294967296, 4294967296] is above 2305843009213693951",
           s.shape[0] = s.shape[1] = int64_t(1) << 32;
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "tensor 'new' has blocks of length -1",
           s.desc.block = -1;
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the parameter of tensor 'new' is NULL",
           s.desc.param = nullptr;
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "which is not aligned to its elements of 4 bytes",
           s.desc.param = s.bytes(2);
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "'grad' of tensor 'new' is at",
           s.desc.grad = s.bytes(2047);
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "does not fit into the address space",
           s.desc.param = reinterpret_cast<void *>(~uintptr_t(0) - 99);
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "'param' of tensor 'new' and 'grad' of tensor 'new' overlap: bytes",
           s.desc.grad = s.memory.data() + 255;
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "'grad' of tensor 'w' and 'param' of tensor 'new' overlap",
           s.desc.param = s.h.tensors[0]->grad.data() + 299;
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "'exp_avg' of tensor 'w' and 'param' of tensor 'new' overlap",
           optimc_view view;
           optimc_get_state(s.h.opt, 0, "exp_avg", &view, nullptr);
           s.shape[0] = 1; s.shape[1] = 44;
           s.desc.param = static_cast<float *>(view.data) + 256;
           return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "and 'exp_avg' of tensor 'new' overlap",
           s.desc.n_buffers = 1;
           s.buffers[0].data = s.memory.data() + 511; return s.add(e)),
    MISUSE(OPTIMC_NOT_FOUND,
           "tensor 'new' has no element state or input 'exp_avgs'; did you "
           "mean 'exp_avg'?",
           s.desc.n_buffers = 1;
           s.buffers[0].name = "exp_avgs"; return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "buffer 'exp_avg' of tensor 'new' is NULL",
           s.desc.n_buffers = 1;
           s.buffers[0].data = nullptr; return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "a buffer of tensor 'new' has a NULL name",
           s.desc.n_buffers = 1;
           s.buffers[0].name = nullptr; return s.add(e)),
    MISUSE(OPTIMC_ALREADY_EXISTS,
           "buffer 'exp_avg' of tensor 'new' is given twice",
           s.desc.n_buffers = 2;
           s.buffers[1] = s.buffers[0]; return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "buffer 'exp_avg' of tensor 'new' has unknown flags 0x10",
           s.desc.n_buffers = 1;
           s.buffers[0].flags = 16; return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "tensor 'new' has 1 buffers, but their list is NULL",
           s.desc.n_buffers = 1;
           s.desc.buffers = nullptr; return s.add(e)),
    MISUSE(OPTIMC_OUT_OF_RANGE,
           "the shard of tensor 'new' starts at 257; the tensor has 256",
           s.desc.shard_start = 257;
           return s.add(e)),
    MISUSE(
        OPTIMC_OUT_OF_RANGE,
        "the shard of tensor 'new' has 300 elements from 0 on; there are 256",
        s.desc.shard_count = 300;
        return s.add(e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "the shard of tensor 'new' starts at 100, which is not a multiple "
           "of the granule 256",
           s.desc.shard_start = 100;
           return s.add(e)),
    MISUSE(OPTIMC_OUT_OF_MEMORY,
           "no memory for state 'exp_avg' of tensor 'new'",
           s.shape[0] = int64_t(1) << 44;
           s.shape[1] = 1; s.desc.param = s.bytes(0); s.desc.grad = nullptr;
           return s.add(e)),
};

const Misuse binding[] = {
    MISUSE(OPTIMC_NOT_FOUND, "no tensor 7; there are 2 tensors",
           optimc_tensor t = 7;
           void *p[] = {s.memory.data()};
           return optimc_bind(s.h.opt, 1, &t, nullptr, p, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the new parameter of tensor 'v' is NULL",
           void *p[] = {s.memory.data(), nullptr};
           return optimc_bind(s.h.opt, 2, s.both, p, nullptr, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "'grad' of tensor 'v' is at",
           void *p[] = {s.memory.data(), s.bytes(1)};
           return optimc_bind(s.h.opt, 2, s.both, nullptr, p, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "'param' of tensor 'w' and 'param' of tensor 'v' overlap",
           void *p[] = {s.memory.data(), s.memory.data() + 299};
           return optimc_bind(s.h.opt, 2, s.both, p, nullptr, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "tensor 'w' is in the list more than once",
           optimc_tensor t[] = {0, 0};
           void *p[] = {s.memory.data(), s.memory.data() + 500};
           return optimc_bind(s.h.opt, 2, t, p, nullptr, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the list of tensors is NULL",
           return optimc_bind(s.h.opt, 2, nullptr, nullptr, nullptr, e)),
    MISUSE(OPTIMC_NOT_FOUND,
           "'layerwise' has no element input 'hesian'; did you mean 'hessian'?",
           return optimc_bind_input(s.l.opt, 0, "hesian", s.memory.data(), e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "'param' of tensor 'w' and 'hessian' of tensor 'w' overlap",
           return optimc_bind_input(s.l.opt, 0, "hessian",
                                    s.l.tensors[0]->param.data() + 1, e)),
};
} // namespace

std::vector<Misuse> optimc::test::argumentMisuses() {
  std::vector<Misuse> list;
  append(list, hyperparameters);
  append(list, tensors);
  append(list, binding);
  return list;
}
