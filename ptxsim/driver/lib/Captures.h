//===- Captures.h - streams that record graphs ------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_DRIVER_CAPTURES_H
#define PTXSIM_DRIVER_CAPTURES_H

#include "Driver.h"

namespace ptxsim::cuda {

/// For calls that may wait for the device: fails, and invalidates the captures
/// in the way, where the modes of captures and of this thread forbid it.
CUresult checkNoCapture(Driver &driver);

/// For calls about a whole context: no stream of it may be captured.
CUresult checkNoCaptureIn(Driver &driver, CUcontext context);

/// Fails if work of the legacy default stream would have to wait for a stream
/// that is being captured; invalidates that capture.
CUresult checkLegacyStream(Driver &driver, const Stream &stream);

/// Adds a node to the graph of a captured stream.
CUresult captureWork(Driver &driver, Stream &stream, Work work);

/// An event recorded in a captured stream, and a wait for such an event.
CUresult captureRecord(Stream &stream, Event &event);
CUresult captureWait(Stream &stream, const Event &event);

CUresult beginCapture(Driver &driver, Stream &stream, CUstreamCaptureMode mode);
CUresult endCapture(Driver &driver, Stream &stream, CUgraph *graph);
/// Takes all streams out of a capture; perhaps without keeping its graph.
void leaveCapture(Driver &driver, std::shared_ptr<Capture> capture,
                  bool discard);

} // namespace ptxsim::cuda

#endif // PTXSIM_DRIVER_CAPTURES_H
