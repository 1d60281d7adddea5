//===- TorchAdapter.cpp - a step over a list of torch tensors -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a framework's adapter does for each step, in one call: reads the
// pointers of all parameters and gradients, checks that the tensors still are
// what was registered, binds what changed and steps without the interpreter's
// lock. torch_adapter.py compiles it against the headers of the torch in use.
//
// From the list to the address of a gradient it is six dependent loads, which
// all miss the caches where a step moves more than these hold. So the list is
// walked by six stages at once, each some tensors behind the one before: a
// stage reads what the one before it has prefetched. Nothing of a tensor is
// kept from one step to the next but the addresses that are bound.
//
//===----------------------------------------------------------------------===//

#include "optimc-c/Runtime.h"

#include <c10/core/impl/COW.h>
#include <torch/csrc/autograd/python_variable.h>

#include <array>
#include <exception>
#include <memory>
#include <vector>

using c10::DispatchKey;
using c10::DispatchKeySet;
using c10::TensorImpl;
using torch::autograd::AutogradMeta;

namespace {
/// What must not change between steps.
struct Registered {
  caffe2::TypeMeta type, gradType;
  uint32_t firstSize, rank; // in Adapter::sizes
};

struct Adapter {
  optimc_optimizer *optimizer;
  decltype(&optimc_bind) bind;
  decltype(&optimc_step) step;
  optimc_error *error;
  std::vector<optimc_tensor> tensors;
  std::vector<Registered> registered;
  std::vector<int64_t> sizes;
  std::vector<void *> params, grads; // as bound
  // What is to be bound; `changed` are indices of the above.
  std::vector<size_t> changed;
  std::vector<optimc_tensor> newTensors;
  std::vector<void *> newParams, newGrads;
};

enum Outcome { Done, NotAsRegistered, Failed };

/// The objects on the way to one pair of pointers.
struct Path {
  TensorImpl *param, *grad;
  const AutogradMeta *meta;
};

/// Tensors between two stages: enough to hide a load from memory.
constexpr size_t distance = 6;
constexpr size_t nStages = 6;
constexpr size_t nPaths = 64;
static_assert(nPaths > distance * nStages && !(nPaths & (nPaths - 1)));
} // namespace

template <typename T>
static void prefetch(const T *object) {
  auto *bytes = reinterpret_cast<const char *>(object);
  for (size_t i = 0; i < sizeof(T); i += 64)
    __builtin_prefetch(bytes + i);
  __builtin_prefetch(bytes + sizeof(T) - 1);
}

/// A dense tensor in the CPU's memory and nothing else: no subclass with a
/// meaning of its own, no lazy negation or conjugation, no wrapper.
static bool isPlain(const TensorImpl &tensor) {
  static constexpr DispatchKeySet ignored{DispatchKey::AutogradFunctionality,
                                          DispatchKey::ADInplaceOrView,
                                          DispatchKey::AutocastCPU};
  return tensor.key_set() - ignored == DispatchKeySet(DispatchKey::CPU);
}

/// Null unless all of the tensor is there, as it was registered.
static char *getData(const TensorImpl &tensor, caffe2::TypeMeta type,
                     c10::IntArrayRef sizes) {
  if (!isPlain(tensor) || tensor.dtype() != type || tensor.sizes() != sizes ||
      !tensor.is_contiguous())
    return nullptr;
  const c10::StorageImpl *storage =
      tensor.unsafe_storage().unsafeGetStorageImpl();
  if (!storage || storage->throw_on_immutable_data_ptr() ||
      storage->throw_on_mutable_data_ptr())
    return nullptr;
  size_t offset = tensor.storage_offset() * type.itemsize();
  size_t bytes = tensor.numel() * type.itemsize();
  auto *data = static_cast<char *>(storage->data_ptr().get());
  return data && offset + bytes <= storage->nbytes() ? data + offset : nullptr;
}

/// Others may read the same memory until the first write through torch.
static bool isCopyOnWrite(const TensorImpl &tensor) {
  return c10::impl::cow::is_cow_data_ptr(tensor.unsafe_storage().data_ptr());
}

/// Walks the list and notes what changed. False where a tensor is not as
/// registered.
static bool gather(Adapter &a, PyObject *list) {
  const size_t n = a.tensors.size();
  if (!PyList_Check(list) || size_t(PyList_GET_SIZE(list)) != n)
    return false;
  a.changed.clear();
  std::array<Path, nPaths> paths;
  auto storageOf = [](const TensorImpl *tensor) {
    return tensor->unsafe_storage().unsafeGetStorageImpl();
  };
  for (size_t i = 0; i < n + distance * (nStages - 1); ++i) {
    // Before the first tensor, indices wrap around and are too large, too.
    size_t k = i;
    if (k < n)
      prefetch(reinterpret_cast<THPVariable *>(PyList_GET_ITEM(list, k)));
    if ((k -= distance) < n) {
      PyObject *object = PyList_GET_ITEM(list, k);
      if (!THPVariable_CheckExact(object))
        return false;
      paths[k % nPaths].param =
          THPVariable_Unpack(object).unsafeGetTensorImpl();
      prefetch(paths[k % nPaths].param);
    }
    if ((k -= distance) < n) {
      Path &path = paths[k % nPaths];
      path.meta = static_cast<AutogradMeta *>(path.param->autograd_meta());
      if (!path.meta)
        return false;
      prefetch(&path.meta->grad_);
      prefetch(storageOf(path.param));
    }
    if ((k -= distance) < n) {
      Path &path = paths[k % nPaths];
      path.grad = path.meta->grad_.unsafeGetTensorImpl();
      prefetch(path.grad);
    }
    if ((k -= distance) < n)
      prefetch(storageOf(paths[k % nPaths].grad));
    if ((k -= distance) < n) {
      const Path &path = paths[k % nPaths];
      const Registered &r = a.registered[k];
      c10::IntArrayRef sizes(a.sizes.data() + r.firstSize, r.rank);
      char *param = getData(*path.param, r.type, sizes);
      char *grad = getData(*path.grad, r.gradType, sizes);
      if (!param || !grad || isCopyOnWrite(*path.param))
        return false;
      if (param != a.params[k] || grad != a.grads[k]) {
        a.changed.push_back(k);
        a.newParams[a.changed.size() - 1] = param;
        a.newGrads[a.changed.size() - 1] = grad;
      }
    }
  }
  return true;
}

/// Binds what changed; false with the adapter's error.
static bool bind(Adapter &a) {
  if (a.changed.empty())
    return true;
  for (size_t i = 0; i < a.changed.size(); ++i)
    a.newTensors[i] = a.tensors[a.changed[i]];
  if (a.bind(a.optimizer, a.changed.size(), a.newTensors.data(),
             a.newParams.data(), a.newGrads.data(), a.error))
    return false;
  for (size_t i = 0; i < a.changed.size(); ++i) {
    a.params[a.changed[i]] = a.newParams[i];
    a.grads[a.changed[i]] = a.newGrads[i];
  }
  return true;
}

// Python's side --------------------------------------------------------------

static constexpr char capsuleName[] = "optim_torch_adapter";

static Adapter *getAdapter(PyObject *capsule) {
  return static_cast<Adapter *>(PyCapsule_GetPointer(capsule, capsuleName));
}

static bool addTensor(Adapter &a, PyObject *id, PyObject *object) {
  unsigned long tensor = PyLong_AsUnsignedLong(id);
  if (PyErr_Occurred())
    return false;
  if (!THPVariable_Check(object) ||
      !THPVariable_Unpack(object).grad().defined()) {
    PyErr_SetString(PyExc_TypeError,
                    "an entry of the list is not a tensor with a gradient");
    return false;
  }
  const at::Tensor &param = THPVariable_Unpack(object);
  a.tensors.push_back(optimc_tensor(tensor));
  a.registered.push_back({param.dtype(), param.grad().dtype(),
                          uint32_t(a.sizes.size()), uint32_t(param.dim())});
  a.sizes.insert(a.sizes.end(), param.sizes().begin(), param.sizes().end());
  return true;
}

/// make(optimizer, bind, step, error, tensors, params): addresses, then lists
/// of the runtime's tensors and of torch's.
static PyObject *make(PyObject *, PyObject *args) {
  Py_ssize_t optimizer, bindAddress, stepAddress, error;
  PyObject *tensors, *params;
  if (!PyArg_ParseTuple(args, "nnnnO!O!", &optimizer, &bindAddress,
                        &stepAddress, &error, &PyList_Type, &tensors,
                        &PyList_Type, &params))
    return nullptr;
  auto a = std::make_unique<Adapter>();
  a->optimizer = reinterpret_cast<optimc_optimizer *>(optimizer);
  a->bind = reinterpret_cast<decltype(a->bind)>(bindAddress);
  a->step = reinterpret_cast<decltype(a->step)>(stepAddress);
  a->error = reinterpret_cast<optimc_error *>(error);
  const Py_ssize_t n = PyList_GET_SIZE(tensors);
  if (PyList_GET_SIZE(params) != n) {
    PyErr_SetString(PyExc_ValueError, "the lists have different lengths");
    return nullptr;
  }
  for (Py_ssize_t i = 0; i < n; ++i)
    if (!addTensor(*a, PyList_GET_ITEM(tensors, i), PyList_GET_ITEM(params, i)))
      return nullptr;
  for (auto *pointers : {&a->params, &a->grads, &a->newParams, &a->newGrads})
    pointers->resize(n); // null: the first step binds all
  a->newTensors.resize(n);
  a->changed.reserve(n);
  PyObject *capsule = PyCapsule_New(
      a.get(), capsuleName, [](PyObject *self) { delete getAdapter(self); });
  if (capsule)
    a.release();
  return capsule;
}

/// step(adapter, params) returns an Outcome; of the last one the adapter's
/// error tells. Until it returns, nobody may free a gradient.
static PyObject *step(PyObject *, PyObject *const *args, Py_ssize_t n) {
  if (n != 2) {
    PyErr_SetString(PyExc_TypeError, "step() takes an adapter and a list");
    return nullptr;
  }
  Adapter *a = getAdapter(args[0]);
  if (!a)
    return nullptr;
  try {
    if (!gather(*a, args[1]))
      return PyLong_FromLong(NotAsRegistered);
  } catch (const std::exception &) { // torch reports so what it cannot tell
    return PyLong_FromLong(NotAsRegistered);
  }
  PyThreadState *interpreter = PyEval_SaveThread();
  bool done = bind(*a) && !a->step(a->optimizer, a->error);
  PyEval_RestoreThread(interpreter);
  return PyLong_FromLong(done ? Done : Failed);
}

PyMODINIT_FUNC PyInit_optim_torch_adapter() {
  static PyMethodDef methods[] = {
      {"make", make, METH_VARARGS, nullptr},
      {"step", reinterpret_cast<PyCFunction>(reinterpret_cast<void *>(step)),
       METH_FASTCALL, nullptr},
      {}};
  static PyModuleDef module = {PyModuleDef_HEAD_INIT, "optim_torch_adapter",
                               nullptr, 0, methods};
  return PyModule_Create(&module);
}
