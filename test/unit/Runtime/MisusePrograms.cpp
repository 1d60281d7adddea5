//===- MisusePrograms.cpp - creation and introspection --------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Misuse.h"

using namespace optimc::test;

namespace {
const Misuse programs[] = {
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "the program is NULL; an optimc_program_<name> function returns "
           "NULL when this runtime's ABI 1.0 is too old",
           return optimc_create(nullptr, nullptr, &s.out, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the place for the new optimizer is NULL",
           return optimc_create(&s.sgd.program, nullptr, nullptr, e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "the program was compiled for ABI 2.0, but this runtime reads 1.x",
           s.sgd.program.abi = 2u << 16;
           return optimc_create(&s.sgd.program, nullptr, &s.out, e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "the program's header has 16 bytes; ABI 1.0 needs",
           s.sgd.program.size = 16;
           return optimc_create(&s.sgd.program, nullptr, &s.out, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "optimc_options.size is 4, but",
           optimc_options o = OPTIMC_OPTIONS_INIT;
           o.size = 4; return optimc_create(&s.sgd.program, &o, &s.out, e)),
    MISUSE(OPTIMC_OUT_OF_RANGE,
           "n_threads = 100000; allowed: 0 (default) to 1024",
           optimc_options o = OPTIMC_OPTIONS_INIT;
           o.n_threads = 100000;
           return optimc_create(&s.sgd.program, &o, &s.out, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "threads = 9 is no optimc_threads value",
           optimc_options o = OPTIMC_OPTIONS_INIT;
           o.threads = 9; return optimc_create(&s.sgd.program, &o, &s.out, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "threads = OPTIMC_THREADS_CALLER, but parallel_for is NULL",
           optimc_options o = OPTIMC_OPTIONS_INIT;
           o.threads = OPTIMC_THREADS_CALLER;
           return optimc_create(&s.sgd.program, &o, &s.out, e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "the program's table of streams is damaged: 1000000000 elements",
           s.sgd.program.streams.count = 1000000000;
           return optimc_create(&s.sgd.program, nullptr, &s.out, e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "the program's table of hyperparameters is damaged: elements of 8 "
           "bytes",
           s.sgd.program.hypers.elem_size = 8;
           return optimc_create(&s.sgd.program, nullptr, &s.out, e)),
    MISUSE(OPTIMC_BAD_PROGRAM, "the program's table of entries is damaged",
           s.sgd.program.entries.data = nullptr;
           return optimc_create(&s.sgd.program, nullptr, &s.out, e)),
    MISUSE(OPTIMC_BAD_PROGRAM, "the program's first entry must be 'step'",
           s.sgd.entries[0].entry.flags = 0;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "the program has a hyperparameter with a NULL name",
           s.sgd.hypers[0].name = nullptr;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "the program has a hyperparameter 'momentum' more than once",
           s.sgd.hypers[0].name = "momentum";
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "the program has a stream with a name that is not UTF-8 or contains "
           "'/'",
           s.sgd.streams[2].name = "a/b";
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "the default 2 of hyperparameter 'momentum' is out of range; "
           "allowed: [0, 1)",
           s.sgd.hypers[1].initial = 2;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "hyperparameter 'lr' has the empty range [0, nan)",
           s.sgd.hypers[0].high = NAN;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM, "stream 'grad' has role 9, rate 7 and 1 slots",
           s.sgd.streams[1].role = 9;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM, "streams 'param' and 'grad' have the same role",
           s.sgd.streams[1].role = OPTIMC_ROLE_PARAM;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM, "the program has no parameter stream",
           s.sgd.streams[0].role = OPTIMC_ROLE_STATE;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "a phase of entry 'step' is inconsistent: stage 0, domain element",
           s.sgd.streams[2].rate = OPTIMC_RATE_ROW;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "stream 'grad' of role 1 cannot have rate col, 1 slots and init 0",
           s.sgd.streams[1].rate = OPTIMC_RATE_COL;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "stream 'momentum_buffer' of role 2 cannot have rate element, 65537 "
           "slots",
           s.sgd.streams[2].slots = 65537;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "state 'momentum_buffer' starts in an unknown way (init 2, "
           "hyperparameter 3 of 3)",
           s.sgd.streams[2].init = OPTIMC_INIT_HYPER;
           s.sgd.streams[2].init_hyper = 3; return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "the first group state must be 'step', but it is",
           s.sgd.states[0].name = "t";
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM, "the program has no group state 'step'",
           s.sgd.states.clear();
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "scalar state 'step' has index 4 among 1 of rate group",
           s.sgd.states[0].index = 4;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM, "input 'x' has rate model and value slot 3 of 0",
           s.sgd.inputs.push_back({"x", model, 3, 0, 0, 0});
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM, "output 'x' has rate element and value slot",
           s.sgd.outputs.push_back({"x", OPTIMC_RATE_ELEMENT, 0});
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "a scalar function of entry 'step' has rate 2 and no code",
           s.sgd.entries[0].scalars[0].fn = nullptr;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "entry 'step' has two scalar functions of rate group and stage 0",
           s.sgd.entries[0].scalars.push_back(s.sgd.entries[0].scalars[0]);
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "a scalar function of entry 'step' has stage 64; at most 63 is "
           "allowed",
           s.sgd.entries[0].scalars[0].stage = 64;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "a reduction of entry 'step' is inconsistent: op 0 from element to "
           "model, stage 0, source 0, target 0",
           s.sgd.entries[0].reductions.push_back({OPTIMC_REDUCE_SUM,
                                                  OPTIMC_RATE_ELEMENT,
                                                  OPTIMC_RATE_MODEL, 0, 0, 0});
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "a reduction of entry 'step' is inconsistent: op 7 from element",
           s.sgd.entries[0].reductions.push_back(
               {7, OPTIMC_RATE_ELEMENT, OPTIMC_RATE_MODEL, 1, 0, 0});
           return s.create(e)),
    MISUSE(
        OPTIMC_BAD_PROGRAM,
        "a reduction of entry 'step' is inconsistent: op 0 from element to "
        "row, stage 1, source 0, target 2",
        s.sgd.entries[0].reductions.push_back(
            {OPTIMC_REDUCE_SUM, OPTIMC_RATE_ELEMENT, OPTIMC_RATE_ROW, 1, 0, 2});
        return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "a phase of entry 'step' is inconsistent: stage 0, domain element, "
           "cut 0, reads",
           s.sgd.entries[0].plans[0].variants[0].phases[0].reductions = 1;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "entry 'step' has a kernel phase of stage 64; at most 63 is allowed",
           s.sgd.entries[0].plans[0].variants[0].phases[0].stage = 64;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "a plan of entry 'step' has 9 streams; the program has 3",
           s.sgd.entries[0].plans[0].plan.n_streams = 9;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM, "a plan of entry 'step' is inconsistent",
           s.sgd.entries[0].plans[0].plan.granule = 100;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM, "a plan of entry 'step' is inconsistent",
           s.sgd.entries[0].plans[0].plan.used = 1;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "entry 'step' stores 'momentum_buffer' in blocks of 256, but has "
           "the granule 64",
           s.sgd.entries[0].plans[0].plan.granule = 64;
           s.sgd.entries[0].plans[0].storage[2] = OPTIMC_STORAGE_Q8;
           return s.create(e)),
    MISUSE(OPTIMC_UNSUPPORTED,
           "'momentum_buffer' is stored in format 99, which this runtime does "
           "not know",
           s.sgd.entries[0].plans[0].storage[2] = 99;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM, "'grad' cannot be stored as bf16_sr",
           s.sgd.entries[0].plans[0].storage[1] = OPTIMC_STORAGE_BF16_SR;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "variants 0 and 1 of entry 'step' can both match",
           s.sgd.entries[0].plans[0].variants[1].value = 0;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "variant 0 of entry 'step' tests predicates 0x8 for 0; the entry "
           "has 1 predicates",
           s.sgd.entries[0].plans[0].variants[0].mask = 8;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "variant 0 of entry 'step' has a kernel without code that runs on "
           "every machine",
           s.sgd.entries[0].plans[0].variants[0].code[0][0].isa = 1;
           return s.create(e)),
    MISUSE(OPTIMC_BAD_PROGRAM,
           "no variant of entry 'step' of 'sgd' matches the predicates 0 of "
           "tensor 'w'",
           s.sgd.entries[0].plans[0].variants[0].value = 1;
           s.sgd.entries[0].plans[0].variants.pop_back();
           s.sgd.build("sgd", "5d01"); Harness k(&s.sgd.program);
           k.tensor("w", {5}); return optimc_step(k.opt, e)),
    MISUSE(OPTIMC_UNSUPPORTED,
           "'sgd' says nothing about tensors of rank 2 with 256 elements such "
           "as 'new' (entry 'step')",
           s.sgd.entries[0].plans[0].plan.min_rank = 3;
           s.sgd.build("sgd", "5d01"); Harness k(&s.sgd.program); k.group("g");
           return optimc_add_tensor(k.opt, 0, &s.desc, &s.id, e)),
};

const Misuse introspection[] = {
    MISUSE(OPTIMC_INVALID_ARGUMENT,
           "the optimc_info has size 0, but this runtime's has",
           optimc_info info = {};
           return optimc_get_info(s.h.opt, &info, e)),
    MISUSE(OPTIMC_INVALID_ARGUMENT, "the place for the optimc_info is NULL",
           return optimc_get_info(s.h.opt, nullptr, e)),
    MISUSE(OPTIMC_NOT_FOUND, "no tensor 3; there are 2 tensors",
           optimc_tensor_info info = {};
           return optimc_get_tensor(s.h.opt, 3, &info, e)),
    MISUSE(OPTIMC_NOT_FOUND, "there is no tensor 'W'; did you mean 'w'?",
           return optimc_find_tensor(s.h.opt, "W", &s.id, e)),
    MISUSE(OPTIMC_NOT_FOUND, "there is no group 'mein'; did you mean 'main'?",
           return optimc_find_group(s.h.opt, "mein", &s.id, e)),
};
} // namespace

std::vector<Misuse> optimc::test::programMisuses() {
  std::vector<Misuse> list;
  append(list, programs);
  append(list, introspection);
  return list;
}
