//===- EntryReader.h - the layout of one body -------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_EMITPROGRAM_ENTRYREADER_H
#define OPTIMC_LIB_CONVERSION_EMITPROGRAM_ENTRYREADER_H

#include "optimc/Conversion/ProgramLayout.h"

namespace optimc {

/// Fills `entry`, whose index and block are set, and adds the temporary streams
/// that it needs to `layout`.
mlir::LogicalResult readEntry(ProgramLayout &layout, EntryLayout &entry);

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_EMITPROGRAM_ENTRYREADER_H
