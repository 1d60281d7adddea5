//===- Probe.h - the bandwidth that predictions use -------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TOOLS_OPTIMC_PROBE_H
#define OPTIMC_TOOLS_OPTIMC_PROBE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace optimc::tool {

/// A number of GB/s, or the `update` of a file that `optimc probe --json`
/// wrote.
llvm::Expected<double> readBandwidth(llvm::StringRef text);

} // namespace optimc::tool

#endif // OPTIMC_TOOLS_OPTIMC_PROBE_H
