//===- Streams.cpp - the order of work in streams -------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include "Captures.h"
#include "Driver.h"

namespace ptxsim::cuda {

Stream *Driver::findStream(Context &context, CUstream handle) {
  uintptr_t number = reinterpret_cast<uintptr_t>(handle);
  if (number == 0 && PerThreadDefaultStream::active())
    number = perThreadStreamHandle;
  if (number == 0 || number == legacyStreamHandle)
    return streams.find(context.legacy);
  if (number != perThreadStreamHandle) {
    Stream *stream = streams.find(handle);
    return stream && stream->context == context.handle ? stream : nullptr;
  }
  CUstream &own = context.perThread[std::this_thread::get_id()];
  if (!own) {
    auto stream = std::make_unique<Stream>();
    stream->context = context.handle;
    own = streams.add(std::move(stream));
  }
  return streams.find(own);
}

std::vector<OperationRef> Driver::dependencies(const Stream &stream) const {
  std::vector<OperationRef> after = {stream.tail};
  const Context *context = contexts.find(stream.context);
  if (stream.handle == context->legacy)
    streams.forEach([&](const Stream &other) {
      if (other.context == stream.context && other.isBlocking())
        after.push_back(other.tail);
    });
  else if (stream.isBlocking())
    after.push_back(streams.find(context->legacy)->tail);
  return after;
}

CUresult Driver::submit(Stream &stream, Work work,
                        std::unique_lock<std::mutex> &lock,
                        OperationRef *submitted) {
  if (stream.capture)
    return captureWork(*this, stream, std::move(work));
  const Context *context = contexts.find(stream.context);
  if (stream.handle == context->legacy)
    if (CUresult error = checkLegacyStream(*this, stream))
      return error;
  OperationRef operation =
      queue.add(stream.context, std::move(work), dependencies(stream));
  stream.tail = operation;
  if (submitted)
    *submitted = operation;
  queue.settle(operation, lock);
  return CUDA_SUCCESS;
}

} // namespace ptxsim::cuda
