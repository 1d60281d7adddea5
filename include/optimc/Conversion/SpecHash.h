//===- SpecHash.h - the identity of a program -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_CONVERSION_SPECHASH_H
#define OPTIMC_CONVERSION_SPECHASH_H

#include "mlir/IR/BuiltinOps.h"
#include "optimc/Dialect/Optim/IR/Optim.h"
#include <string>

namespace optimc {

/// Notes in each optimizer the SHA-256 of the module as it prints, of the
/// optimizer's name and of `options`, before any pass changes them.
void stampSpecHash(mlir::ModuleOp module, llvm::StringRef options);

/// The noted digest in hex; that of the op as it is where there is none.
std::string getSpecHash(optim::OptimizerOp op);

} // namespace optimc

#endif // OPTIMC_CONVERSION_SPECHASH_H
