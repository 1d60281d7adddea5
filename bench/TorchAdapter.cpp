//===- TorchAdapter.cpp - a step over a list of torch tensors -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a framework's adapter does for each step, in one call: reads the
// pointers of all parameters and gradients, checks that they still are what was
// registered, binds them and steps without the interpreter's lock. It goes
// through the C table that torch exports for this (DLPack 1.3, "exchange API"),
// and so needs no header of torch; of Python it uses five functions of the
// stable ABI, which the interpreter provides.
//
//===----------------------------------------------------------------------===//

#include "optimc-c/Runtime.h"

#include <cstdint>

extern "C" {
void *PyList_GetItem(void *list, intptr_t index); // borrowed
void *PyObject_GetAttr(void *object, void *name); // new
void Py_DecRef(void *object);
void *PyEval_SaveThread();
void PyEval_RestoreThread(void *state);
}

namespace {
struct TensorView { // DLTensor
  char *data;
  int32_t deviceType, deviceId, rank;
  uint8_t code, bits;
  uint16_t lanes;
  int64_t *shape, *strides;
  uint64_t byteOffset;
};

struct ExchangeTable { // DLPackExchangeAPI
  uint32_t major, minor;
  ExchangeTable *previous;
  void *allocate, *managedFromObject, *managedToObject;
  int (*viewFromObject)(void *object, TensorView *out);
};

constexpr uint32_t knownMajor = 1;
constexpr int32_t cpu = 1;

/// Null unless it is a contiguous CPU tensor of `count` elements of `bits`
/// bits.
char *getData(const ExchangeTable &table, void *object, int64_t count,
              uint32_t bits) {
  TensorView view;
  if (table.viewFromObject(object, &view) || view.deviceType != cpu ||
      view.bits != bits)
    return nullptr;
  int64_t stride = 1;
  for (int32_t i = view.rank - 1; i >= 0; --i) {
    if (view.strides && view.shape[i] != 1 && view.strides[i] != stride)
      return nullptr;
    stride *= view.shape[i];
  }
  return stride == count ? view.data + view.byteOffset : nullptr;
}
} // namespace

namespace {
/// What does not change between steps; filled in by the caller.
struct Adapter {
  const ExchangeTable *table;
  optimc_optimizer *optimizer;
  uint64_t n;
  const optimc_tensor *tensors; // [n], likewise the arrays below
  const int64_t *counts;
  void **params, **grads; // scratch
  decltype(&optimc_bind) bind;
  decltype(&optimc_step) step;
  optimc_error *error;
  uint64_t bits; // of an element
};

enum Outcome { Done, NotAsRegistered, Failed };

/// False where a tensor is not as registered.
bool gather(const Adapter &a, void *params, void *grad) {
  constexpr uint64_t ahead = 4; // objects lie anywhere
  for (uint64_t i = 0; i < a.n; ++i) {
    if (i + ahead < a.n)
      __builtin_prefetch(PyList_GetItem(params, intptr_t(i + ahead)));
    void *param = PyList_GetItem(params, intptr_t(i));
    void *gradient = param ? PyObject_GetAttr(param, grad) : nullptr;
    if (!gradient)
      return false;
    a.params[i] = getData(*a.table, param, a.counts[i], uint32_t(a.bits));
    a.grads[i] = getData(*a.table, gradient, a.counts[i], uint32_t(a.bits));
    Py_DecRef(gradient);
    if (!a.params[i] || !a.grads[i])
      return false;
  }
  return true;
}
} // namespace

/// `params` is a Python list of n tensors, `grad` the string "grad". Returns an
/// Outcome; of the last one the adapter's error tells. The caller holds the
/// interpreter's lock.
extern "C" __attribute__((visibility("default"))) int
optim_adapter_step(const Adapter *adapter, void *params, void *grad) {
  if (adapter->table->major != knownMajor || !gather(*adapter, params, grad))
    return NotAsRegistered;
  void *state = PyEval_SaveThread();
  const Adapter &a = *adapter;
  bool failed =
      a.bind(a.optimizer, a.n, a.tensors, a.params, a.grads, a.error) ||
      a.step(a.optimizer, a.error);
  PyEval_RestoreThread(state);
  return failed ? Failed : Done;
}
