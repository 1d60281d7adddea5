//===- Remarks.h - what passes say of their work -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TOOLS_OPTIMC_REMARKS_H
#define OPTIMC_TOOLS_OPTIMC_REMARKS_H

#include "mlir/IR/MLIRContext.h"
#include <functional>
#include <string>

namespace optimc::tool {

/// A remark as people read it.
struct RemarkText {
  std::string kind; ///< "passed", "missed" or "analysis"
  std::string pass; ///< "optim-specialize"
  std::string text;
};

/// Gives every remark of later passes to `receive`.
void enableRemarks(mlir::MLIRContext &context,
                   std::function<void(const RemarkText &)> receive);

} // namespace optimc::tool

#endif // OPTIMC_TOOLS_OPTIMC_REMARKS_H
