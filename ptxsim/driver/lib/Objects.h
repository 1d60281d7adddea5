//===- Objects.h - what the driver's handles stand for ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_DRIVER_OBJECTS_H
#define PTXSIM_DRIVER_OBJECTS_H

#include "Work.h"
#include "ptxsim/Device.h"
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace ptxsim::cuda {

/// A number that no other object has or had, of whatever kind: the use of a
/// destroyed object, or of one of another kind, is always found.
inline uintptr_t nextHandle() {
  static uintptr_t last = 0x1000; // the first page holds special handles
  return last += 16;
}

/// Live objects of one kind.
template <typename Handle, typename Object>
class HandleTable {
public:
  Handle add(std::unique_ptr<Object> object) {
    Handle handle = reinterpret_cast<Handle>(nextHandle());
    object->handle = handle;
    objects.emplace(handle, std::move(object));
    return handle;
  }
  Object *find(Handle handle) const {
    auto found = objects.find(handle);
    return found == objects.end() ? nullptr : found->second.get();
  }
  void erase(Handle handle) { objects.erase(handle); }
  template <typename Predicate>
  void eraseIf(Predicate predicate) {
    for (auto entry = objects.begin(); entry != objects.end();)
      entry = predicate(*entry->second) ? objects.erase(entry) : ++entry;
  }
  template <typename Function>
  void forEach(Function function) const {
    for (const auto &entry : objects)
      function(*entry.second);
  }
  size_t size() const { return objects.size(); }
  void clear() { objects.clear(); }

private:
  std::unordered_map<Handle, std::unique_ptr<Object>> objects;
};

struct GraphNode {
  CUgraphNode handle;
  Work work;
  std::vector<size_t> after; // earlier nodes of the same graph
};

struct Graph {
  CUgraph handle = nullptr;
  CUcontext context = nullptr;
  std::vector<GraphNode> nodes;
};

struct GraphExec {
  CUgraphExec handle = nullptr;
  CUcontext context = nullptr;
  std::vector<GraphNode> nodes;
  OperationRef last; // the end of the latest launch
};

/// One capture, shared by the streams that take part in it.
struct Capture {
  uint64_t id;
  CUstreamCaptureMode mode;
  std::thread::id thread;
  CUstream origin;
  CUgraph graph;
  bool invalidated = false;
  bool ended = false;
};

struct Stream {
  CUstream handle = nullptr;
  CUcontext context = nullptr;
  unsigned flags = 0;
  int priority = 0;
  OperationRef tail; // the latest operation
  std::shared_ptr<Capture> capture;
  std::vector<size_t> captureTail; // nodes that the next one comes after

  bool isBlocking() const { return !(flags & CU_STREAM_NON_BLOCKING); }
};

struct Event {
  CUevent handle = nullptr;
  CUcontext context = nullptr;
  unsigned flags = 0;
  OperationRef operation; // null: never recorded
  std::shared_ptr<Capture> capture;
  std::vector<size_t> captureNodes;
};

struct Function {
  CUfunction handle = nullptr;
  CUmodule owner = nullptr;
  const LoadedModule *module = nullptr;
  const KernelInfo *kernel = nullptr;
  uint32_t maxDynamicShared = 0;
  int carveout = -1;
};

struct LoadedImage {
  CUmodule handle = nullptr;
  CUcontext context = nullptr;
  LoadedModule *module = nullptr;
  std::map<std::string, CUfunction> functions;
  bool isLibrary = false;
};

struct Context {
  CUcontext handle = nullptr;
  unsigned flags = 0;
  bool primary = false;
  CUresult fault = CUDA_SUCCESS; // sticky
  CUstream legacy = nullptr;
  std::map<std::thread::id, CUstream> perThread;
};

struct DeviceAllocation {
  CUcontext context;
  uint64_t size;
  uint64_t id;
};

struct HostAllocation {
  CUcontext context;
  uint64_t size;
  unsigned flags;
  uint64_t id;
  bool registered; // the program's memory, only registered here
};

} // namespace ptxsim::cuda

#endif // PTXSIM_DRIVER_OBJECTS_H
