//===- ValueNames.h - the names that the user wrote -------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Values keep the names of the spec through every pass: outlined ops name
// their results and arguments after what they replace, remarks speak of
// `%m_t`.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_ANALYSIS_VALUENAMES_H
#define OPTIMC_ANALYSIS_VALUENAMES_H

#include "mlir/IR/Location.h"
#include "mlir/IR/ValueRange.h"
#include <string>

namespace optimc {

/// The name of a value as it is printed, without `%`; empty if it has none.
std::string getValueName(mlir::Value value);

/// For messages: `%m_t`, or "a value" if it has no name.
std::string describeValue(mlir::Value value);

/// For messages: `%a, %b, %c`; "none" if there is no value.
std::string describeValues(mlir::ValueRange values);

/// A location that names the results of an op, in order; names may be empty.
mlir::Location nameLocation(mlir::Location loc,
                            llvm::ArrayRef<std::string> names);

/// The names of values, for `nameLocation`.
llvm::SmallVector<std::string> getValueNames(mlir::ValueRange values);

} // namespace optimc

#endif // OPTIMC_ANALYSIS_VALUENAMES_H
