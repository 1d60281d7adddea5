//===- CompiledEngine.cpp - runs through kernels and the runtime -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Engine.h"
#include "ProgramArrays.h"
#include "optimc-c/Compiler.h"
#include "optimc-c/Runtime.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace optimc;
using namespace optimc::tool;

static Error check(optimc_status status, const optimc_error &error) {
  if (status == OPTIMC_OK)
    return Error::success();
  return createStringError(error.message);
}

namespace {
class CompiledEngine : public Engine {
public:
  ~CompiledEngine() override {
    optimc_destroy(optimizer);
    optimc_compiled_destroy(compiled);
  }

  Error initialize(StringRef text, StringRef name, ArrayRef<std::string> freeze,
                   ArrayRef<std::string> store, uint64_t seed) {
    optimc_compile_options options = OPTIMC_COMPILE_OPTIONS_INIT;
    std::string frozen = join(freeze, ","), stored = join(store, ",");
    std::string optimizerName = name.str(), source = text.str();
    options.freeze = frozen.c_str();
    options.store = stored.c_str();
    options.optimizer = optimizerName.c_str();
    optimc_error error;
    if (Error failure = check(
            optimc_compile_text(source.c_str(), &options, &compiled, &error),
            error))
      return failure;
    optimc_options runtime = OPTIMC_OPTIONS_INIT;
    runtime.seed = seed;
    const optimc_program *program = optimc_compiled_program(compiled);
    if (Error failure =
            check(optimc_create(program, &runtime, &optimizer, &error), error))
      return failure;
    paramType = getDtype(*program, OPTIMC_ROLE_PARAM);
    gradType = getDtype(*program, OPTIMC_ROLE_GRAD);
    stateNames.push_back("step");
    for (uint32_t i = 0; i != program->streams.count; ++i)
      if (at(program->streams, i).role == OPTIMC_ROLE_STATE)
        stateNames.push_back(at(program->streams, i).name);
    numStreams = stateNames.size() - 1;
    for (uint32_t i = 0; i != program->states.count; ++i)
      if (StringRef(at(program->states, i).name) != "step")
        stateNames.push_back(at(program->states, i).name);
    return check(optimc_add_group(optimizer, "default", &group, &error), error);
  }

  Error setHyper(StringRef name, double value) override {
    optimc_error error;
    return check(
        optimc_set_hyper(optimizer, group, name.str().c_str(), value, &error),
        error);
  }

  Expected<unsigned> addTensor(StringRef name, ArrayRef<int64_t> shape,
                               ArrayRef<double> initial,
                               int64_t block) override {
    auto &buffers = tensors.emplace_back();
    buffers.param.resize(initial.size());
    buffers.grad.resize(initial.size());
    if (Error failure = fill(buffers.param, paramType, initial))
      return std::move(failure);
    std::string text = name.str();
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    desc.rank = shape.size();
    desc.name = text.c_str();
    desc.shape = shape.data();
    desc.block = block;
    desc.param = buffers.param.data();
    desc.grad = buffers.grad.data();
    desc.param_dtype = paramType;
    desc.grad_dtype = gradType;
    optimc_tensor id;
    optimc_error error;
    if (Error failure = check(
            optimc_add_tensor(optimizer, group, &desc, &id, &error), error))
      return std::move(failure);
    return id;
  }

  Error setState(unsigned tensor, StringRef name, double value) override {
    optimc_error error;
    optimc_view view;
    std::string text = name.str();
    if (optimc_get_state(optimizer, tensor, text.c_str(), &view, nullptr) ==
        OPTIMC_OK) {
      std::vector<float> values(view.count, static_cast<float>(value));
      return check(optimc_write_state(optimizer, tensor, text.c_str(),
                                      values.data(), view.count, &error),
                   error);
    }
    return check(optimc_set_scalar(optimizer, text.c_str(), OPTIMC_RATE_TENSOR,
                                   tensor, value, &error),
                 error);
  }

  Error setGradient(unsigned tensor, ArrayRef<double> values) override {
    return fill(tensors[tensor].grad, gradType, values);
  }

  Error step(ArrayRef<unsigned> active) override {
    optimc_error error;
    if (Error failure = check(optimc_begin(optimizer, nullptr, &error), error))
      return failure;
    std::vector<optimc_tensor> ids(active.begin(), active.end());
    if (Error failure =
            check(optimc_run_tensors(optimizer, ids.data(), ids.size(), &error),
                  error))
      return failure;
    return check(optimc_end(optimizer, &error), error);
  }

  std::vector<double> getParam(unsigned tensor) override {
    std::vector<float> values(tensors[tensor].param.size());
    cantFail(readState(tensor, "param", values));
    return std::vector<double>(values.begin(), values.end());
  }

  const std::vector<std::string> &getStateNames() const override {
    return stateNames;
  }

  Expected<std::vector<double>> getState(unsigned tensor,
                                         StringRef name) override {
    optimc_view view;
    std::string text = name.str();
    if (optimc_get_state(optimizer, tensor, text.c_str(), &view, nullptr) ==
        OPTIMC_OK) {
      std::vector<float> values(view.count);
      if (Error failure = readState(tensor, text, values))
        return std::move(failure);
      return std::vector<double>(values.begin(), values.end());
    }
    if (is_contained(ArrayRef(stateNames).slice(1, numStreams), name))
      return std::vector<double>();
    double value;
    optimc_error error;
    if (Error failure =
            check(optimc_get_scalar(optimizer, text.c_str(), OPTIMC_RATE_TENSOR,
                                    tensor, &value, &error),
                  error))
      return std::move(failure);
    return std::vector<double>{value};
  }

private:
  // Large enough for any format.
  using Buffer = std::vector<float>;
  struct Buffers {
    Buffer param, grad;
  };

  Error fill(Buffer &buffer, uint32_t type, ArrayRef<double> values) {
    std::vector<float> singles(values.begin(), values.end());
    optimc_error error;
    return check(optimc_from_float32(type, singles.data(), singles.size(),
                                     buffer.data(), &error),
                 error);
  }
  Error readState(unsigned tensor, const std::string &name,
                  std::vector<float> &values) {
    optimc_error error;
    return check(optimc_read_state(optimizer, tensor, name.c_str(),
                                   values.data(), values.size(), &error),
                 error);
  }

  uint32_t paramType = OPTIMC_DTYPE_F32, gradType = OPTIMC_DTYPE_F32;
  optimc_compiled *compiled = nullptr;
  optimc_optimizer *optimizer = nullptr;
  optimc_group group = 0;
  std::vector<Buffers> tensors;        // moved buffers keep their addresses
  std::vector<std::string> stateNames; // "step", streams, other scalars
  size_t numStreams = 0;
};
} // namespace

Expected<std::unique_ptr<Engine>>
optimc::tool::createCompiledEngine(StringRef text, StringRef optimizer,
                                   ArrayRef<std::string> freeze,
                                   ArrayRef<std::string> store, uint64_t seed) {
  auto engine = std::make_unique<CompiledEngine>();
  if (Error error = engine->initialize(text, optimizer, freeze, store, seed))
    return std::move(error);
  return engine;
}
