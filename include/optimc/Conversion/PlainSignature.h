//===- PlainSignature.h - the arguments of NAME_step -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The plain C function of a spec: what the header declares and what
// `optim-emit-program` defines.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_CONVERSION_PLAINSIGNATURE_H
#define OPTIMC_CONVERSION_PLAINSIGNATURE_H

#include "optimc/Dialect/Optim/IR/Optim.h"
#include <string>

namespace optimc {

/// One argument after `hyper`, `t` and `n`.
struct PlainArgument {
  enum Kind {
    Param,        ///< float *
    Grad,         ///< const float *
    ElementState, ///< float *
    ScalarState,  ///< double *
    ElementInput, ///< const float *
    ScalarInput,  ///< double
    Aux           ///< uint16_t *: q8's exponents, split's low halves
  } kind;
  unsigned argument; ///< of the optimizer's bodies
  std::string name;  ///< a C identifier
};

/// One field of NAME_hyper.
struct PlainHyper {
  unsigned index; ///< among the optimizer's hyperparameters
  std::string name;
};

/// Hyperparameters that were frozen are no fields; optional inputs are no
/// arguments: they have their default.
struct PlainSignature {
  static PlainSignature get(optim::OptimizerOp op);

  llvm::SmallVector<PlainHyper> hypers;
  llvm::SmallVector<PlainArgument> arguments;
};

} // namespace optimc

#endif // OPTIMC_CONVERSION_PLAINSIGNATURE_H
