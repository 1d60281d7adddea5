//===- GatherTensors.cpp - pointers of a list of torch tensors -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a framework's adapter does before each step: reads the pointers of all
// parameters and gradients, and checks that they still are what was registered.
// It goes through the C table that torch exports for this (DLPack 1.3,
// "exchange API"), and so needs no header of torch; of Python it uses three
// functions of the stable ABI, which the interpreter provides.
//
//===----------------------------------------------------------------------===//

#include <cstdint>

extern "C" {
void *PyList_GetItem(void *list, intptr_t index); // borrowed
void *PyObject_GetAttr(void *object, void *name); // new
void Py_DecRef(void *object);
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

/// `params` is a Python list of n tensors, `grad` the string "grad". Returns
/// the number of tensors gathered: less than n where one is not as registered.
/// The caller holds the interpreter's lock.
extern "C" __attribute__((visibility("default"))) uint64_t optim_gather(
    const ExchangeTable *table, void *params, void *grad, uint64_t n,
    const int64_t *counts, uint32_t bits, void **outParams, void **outGrads) {
  if (table->major != knownMajor)
    return 0;
  for (uint64_t i = 0; i < n; ++i) {
    void *param = PyList_GetItem(params, intptr_t(i));
    void *gradient = param ? PyObject_GetAttr(param, grad) : nullptr;
    if (!gradient)
      return i;
    outParams[i] = getData(*table, param, counts[i], bits);
    outGrads[i] = getData(*table, gradient, counts[i], bits);
    Py_DecRef(gradient);
    if (!outParams[i] || !outGrads[i])
      return i;
  }
  return n;
}
