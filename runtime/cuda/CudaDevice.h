//===- CudaDevice.h - an optimizer's part of a CUDA device ------*- C++ -*
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CUDA_CUDADEVICE_H
#define OPTIMC_RUNTIME_CUDA_CUDADEVICE_H

#include "core/Device.h"
#include "cuda/Driver.h"
#include "cuda/Frames.h"
#include "cuda/Modules.h"
#include "cuda/Staging.h"
#include "cuda/Tables.h"

#include <map>

namespace optimc::rt::cuda {

/// Everything that talks to the device for one optimizer.
class CudaDevice final : public Device {
public:
  explicit CudaDevice(const Driver &cu) : cu(cu) {}
  ~CudaDevice() override;
  /// Finds the context and loads the program's kernels.
  optimc_status open(const Program &program, const Diag &diag);

  const char *name() const override { return deviceName.c_str(); }
  uint32_t sm() const override { return architecture; }
  optimc_status setStream(void *stream, const Diag &diag) override;

  // Memory (CudaMemory.cpp).
  optimc_status allocate(int64_t bytes, const std::string &what, void *&out,
                         const Diag &diag) override;
  void release(void *memory) override;
  optimc_status checkAddress(const void *data, const char *stream,
                             const char *tensor,
                             const Diag &diag) const override;
  optimc_status read(void *to, const void *from, int64_t bytes,
                     const Diag &diag) override;
  optimc_status write(void *to, const void *from, int64_t bytes,
                      const Diag &diag) override;
  optimc_status clear(void *to, int64_t bytes, const Diag &diag) override;

  // Steps (CudaStep.cpp).
  optimc_status pull(Optimizer &opt, const Diag &diag) override;
  void changed() override;
  optimc_status publish(Optimizer &opt, const Diag &diag) override;
  void recover() override { fault.clear(); }
  optimc_status begin(Optimizer &opt, uint32_t entry, bool whole,
                      const Diag &diag) override;
  optimc_status run(Optimizer &opt, const uint32_t *tensors, size_t n,
                    bool whole, uint32_t from, uint32_t to,
                    const Diag &diag) override;
  optimc_status commit(Optimizer &opt, const Diag &diag) override;
  optimc_status fetchNext(Optimizer &opt, const Diag &diag) override;

private:
  /// Memory of the runtime's own, which only grows.
  struct Buffer {
    CUdeviceptr address = 0;
    size_t capacity = 0;
  };
  /// Tables and where they are.
  struct Placed {
    Tables tables;
    Buffer memory;
  };

  optimc_status findContext(const Diag &diag);
  optimc_status loadKernels(const Program &program, const Diag &diag);

  optimc_status reserve(Buffer &buffer, size_t bytes, const Diag &diag);
  /// Whether the stream is being captured.
  optimc_status findCapture(bool &isCapturing, const Diag &diag) const;
  /// For what needs an answer of the device now.
  optimc_status checkNotCapturing(const char *what, const Diag &diag) const;
  optimc_status checkFault(const Diag &diag) const;
  optimc_status readBound(Optimizer &opt, const Diag &diag);

  // Preparing a step (CudaPrepare.cpp).
  optimc_status prepare(Optimizer &opt, uint32_t entry, bool whole,
                        const Diag &diag);
  optimc_status prepareFrames(Optimizer &opt, const Diag &diag);
  optimc_status prepareBound(const Optimizer &opt, const Diag &diag);
  optimc_status prepareTables(const Optimizer &opt, Placed &placed,
                              uint32_t entry, const uint32_t *list, size_t n,
                              bool whole, const Diag &diag);

  optimc_status submit(CUfunction function, size_t blocks, unsigned threads,
                       void **arguments, const Diag &diag);
  optimc_status evaluate(uint32_t entry, uint64_t rows, uint32_t n,
                         uint32_t rate, uint32_t stage, const Diag &diag);
  optimc_status finishReductions(const Tables &tables, uint32_t stage,
                                 const Diag &diag);
  optimc_status runStage(Optimizer &opt, const Tables &tables,
                         const uint32_t *list, size_t n, uint32_t entry,
                         uint32_t stage, const Diag &diag);
  optimc_status submitStages(Optimizer &opt, const uint32_t *tensors, size_t n,
                             bool isWhole, uint32_t from, uint32_t to,
                             const Diag &diag);
  optimc_status submitCommit(bool isStep, const Diag &diag);
  /// After a failure: what has been submitted cannot be taken back.
  optimc_status keepFault(optimc_status status, const optimc_error &error,
                          const Diag &diag);

  const Driver &cu;
  CUcontext context = nullptr;
  CUdevice device = 0;
  bool isRetained = false;
  std::string deviceName;
  uint32_t architecture = 0;
  CUstream stream = nullptr;
  CUevent order = nullptr; // between streams

  Module program, reduce, gather;
  std::map<std::string, CUfunction> phases;
  std::vector<CUfunction> evaluates; // by entry
  CUfunction reduceColumns = nullptr, reduceSlices = nullptr,
             reduceScalars = nullptr, gatherScalars = nullptr;

  Staging staging;
  Frames frames;
  Buffer frameMemory, boundMemory;
  std::vector<double> params; // as they are on the device
  std::vector<BoundRow> boundRows;
  bool framesAreStale = true;
  uint64_t framesVersion = 0, boundVersion = 0, boundFrames = 0;
  std::vector<Placed> whole; // by entry
  Placed part;

  bool isAhead = false;     // the device has newer scalar states than the host
  bool hasGraphs = false;   // and may get newer ones without our knowing
  bool isCapturing = false; // in the open step
  bool hasMoved = false;    // the open step has submitted kernels that write
  std::string fault;        // of a step that was submitted in part
};

} // namespace optimc::rt::cuda

#endif // OPTIMC_RUNTIME_CUDA_CUDADEVICE_H
