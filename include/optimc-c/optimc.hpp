//===- optimc.hpp - C++ wrapper of the runtime's C API ---------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ownership, results and containers for Runtime.h, header only, C++17, without
// exceptions. Runtime.h documents what each call does.
//
//     auto made = optimc::runtime::Optimizer::create(program);
//     if (!made.ok())
//       return report(made.status().message());
//     optimc::runtime::Optimizer opt = std::move(*made);
//     auto group = opt.addGroup("decay");
//     auto tensor = opt.addTensor(*group, {"w", {128, 64}, p, g});
//     if (optimc::runtime::Status s = opt.step(); !s.ok())
//       return report(s.message());
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_C_OPTIMC_HPP
#define OPTIMC_C_OPTIMC_HPP

#include "optimc-c/Runtime.h"

#include <string>
#include <utility>
#include <vector>

namespace optimc::runtime {

/// What a call said: a code, and after a failure a message for people.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(optimc_status code, const optimc_error &error) : c(code) {
    if (code != OPTIMC_OK)
      text = error.message;
  }
  bool ok() const { return c == OPTIMC_OK; }
  optimc_status code() const { return c; }
  const std::string &message() const { return text; }

private:
  optimc_status c = OPTIMC_OK;
  std::string text;
};

/// A value, or the status that says why there is none. Look at ok() before
/// using the value.
template <typename T>
class [[nodiscard]] Expected {
public:
  Expected(Status status, T value)
      : s(std::move(status)), v(std::move(value)) {}
  bool ok() const { return s.ok(); }
  const Status &status() const { return s; }
  T &operator*() { return v; }
  const T &operator*() const { return v; }
  T *operator->() { return &v; }

private:
  Status s;
  T v;
};

/// optimc_tensor_desc with containers; float32.
struct Tensor {
  std::string name;
  std::vector<int64_t> shape;
  float *param = nullptr;
  float *grad = nullptr;
  std::vector<optimc_named_buffer> buffers = {};
  int64_t shardStart = 0, shardCount = OPTIMC_ALL;
  int64_t block = 0;
};

/// Owns an optimc_optimizer; movable.
class Optimizer {
public:
  Optimizer() = default;
  Optimizer(Optimizer &&other) noexcept
      : handle(std::exchange(other.handle, nullptr)) {}
  Optimizer &operator=(Optimizer &&other) noexcept {
    std::swap(handle, other.handle);
    return *this;
  }
  ~Optimizer() { optimc_destroy(handle); }

  static Expected<Optimizer> create(const optimc_program *program,
                                    const optimc_options *options = nullptr) {
    Optimizer made;
    Status status = call(optimc_create, program, options, &made.handle);
    return {std::move(status), std::move(made)};
  }

  /// For the functions of Runtime.h that have no wrapper.
  optimc_optimizer *get() const { return handle; }

  Expected<optimc_group> addGroup(const std::string &name) {
    return value<optimc_group>(optimc_add_group, handle, name.c_str());
  }
  Status setHyper(optimc_group group, const std::string &name, double to) {
    return call(optimc_set_hyper, handle, group, name.c_str(), to);
  }
  Expected<double> hyper(optimc_group group, const std::string &name) const {
    return value<double>(optimc_get_hyper, handle, group, name.c_str());
  }

  Expected<optimc_tensor> addTensor(optimc_group group, const Tensor &tensor) {
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    desc.rank = static_cast<uint32_t>(tensor.shape.size());
    desc.name = tensor.name.c_str();
    desc.shape = tensor.shape.data();
    desc.param = tensor.param;
    desc.grad = tensor.grad;
    desc.shard_start = tensor.shardStart;
    desc.shard_count = tensor.shardCount;
    desc.block = tensor.block;
    desc.buffers = tensor.buffers.data();
    desc.n_buffers = static_cast<uint32_t>(tensor.buffers.size());
    return value<optimc_tensor>(optimc_add_tensor, handle, group, &desc);
  }
  /// Empty `params` or `grads`: keep those.
  Status bind(const std::vector<optimc_tensor> &tensors,
              const std::vector<void *> &params,
              const std::vector<void *> &grads) {
    optimc_error error = {};
    if ((!params.empty() && params.size() != tensors.size()) ||
        (!grads.empty() && grads.size() != tensors.size())) {
      static const char text[] = "bind: the lists have different lengths";
      for (size_t i = 0; i < sizeof text; ++i)
        error.message[i] = text[i];
      return Status(OPTIMC_INVALID_ARGUMENT, error);
    }
    return call(optimc_bind, handle, uint64_t(tensors.size()), tensors.data(),
                params.empty() ? nullptr : params.data(),
                grads.empty() ? nullptr : grads.data());
  }

  Status setInput(const std::string &name, double to,
                  optimc_rate rate = OPTIMC_RATE_MODEL, uint32_t index = 0) {
    return call(optimc_set_input, handle, name.c_str(), rate, index, to);
  }
  Expected<double> output(const std::string &name,
                          optimc_rate rate = OPTIMC_RATE_MODEL,
                          uint32_t index = 0) const {
    return value<double>(optimc_get_output, handle, name.c_str(), rate, index);
  }
  Expected<double> scalar(const std::string &name,
                          optimc_rate rate = OPTIMC_RATE_MODEL,
                          uint32_t index = 0) const {
    return value<double>(optimc_get_scalar, handle, name.c_str(), rate, index);
  }
  Status setScalar(const std::string &name, double to,
                   optimc_rate rate = OPTIMC_RATE_MODEL, uint32_t index = 0) {
    return call(optimc_set_scalar, handle, name.c_str(), rate, index, to);
  }
  Status setExchange(optimc_exchange_fn exchange, void *context) {
    return call(optimc_set_exchange, handle, exchange, context);
  }
  /// On a CUDA device.
  Status setStream(void *stream) {
    return call(optimc_set_stream, handle, stream);
  }
  Status bindScalar(const std::string &name, const void *address,
                    optimc_dtype dtype, optimc_rate rate = OPTIMC_RATE_MODEL,
                    uint32_t index = 0) {
    return call(optimc_bind_scalar, handle, name.c_str(), rate, index, address,
                static_cast<uint32_t>(dtype));
  }
  Status setSeed(uint64_t seed) { return call(optimc_set_seed, handle, seed); }
  Expected<optimc_view> state(optimc_tensor tensor,
                              const std::string &name) const {
    return value<optimc_view>(optimc_get_state, handle, tensor, name.c_str());
  }

  Status step() { return call(optimc_step, handle); }
  Status runEntry(const std::string &entry) {
    return call(optimc_run_entry, handle, entry.c_str());
  }
  Status begin() {
    return call(optimc_begin, handle, static_cast<const char *>(nullptr));
  }
  Status run(const std::vector<optimc_tensor> &tensors) {
    return call(optimc_run_tensors, handle, tensors.data(),
                uint64_t(tensors.size()));
  }
  Status end() { return call(optimc_end, handle); }
  Status abort() { return call(optimc_abort, handle); }

  Status save(const std::string &path) const {
    return call(optimc_save, handle, path.c_str());
  }
  /// `reports` receives what was initialised or dropped.
  Status load(const std::string &path, uint32_t flags = 0,
              std::vector<std::string> *reports = nullptr) {
    optimc_report_fn add = [](void *context, const char *message) {
      if (context)
        static_cast<std::vector<std::string> *>(context)->push_back(message);
    };
    return call(optimc_load, handle, path.c_str(), flags, add,
                static_cast<void *>(reports));
  }

  Expected<optimc_info> info() const {
    optimc_info info = {};
    info.size = sizeof info;
    Status status = call(optimc_get_info, handle, &info);
    return {std::move(status), info};
  }

private:
  template <typename... Parameters, typename... Arguments>
  static Status call(optimc_status (*function)(Parameters...),
                     Arguments... arguments) {
    optimc_error error;
    optimc_status code = function(arguments..., &error);
    return Status(code, error);
  }
  template <typename T, typename... Parameters, typename... Arguments>
  static Expected<T> value(optimc_status (*function)(Parameters...),
                           Arguments... arguments) {
    T out{};
    Status status = call(function, arguments..., &out);
    return {std::move(status), out};
  }

  optimc_optimizer *handle = nullptr;
};

} // namespace optimc::runtime

#endif // OPTIMC_C_OPTIMC_HPP
