//===- VariantBuilder.h - regions for the leaves of a tree ------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_VARIANTBUILDER_H
#define OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_VARIANTBUILDER_H

#include "VariantTree.h"
#include "optimc/Analysis/Phases.h"

namespace optimc::optim {

/// Puts the kernel-rate ops of a body into `variants`: one op per phase of
/// `plan`, in each of them one region per leaf of `tree`.
void createVariants(mlir::Region &body, const VariantTree &tree,
                    const PhasePlan &plan);

/// Joins leaves whose regions are equal in all phases and whose conditions
/// differ in one predicate.
void mergeEqualVariants(mlir::Region &body);

} // namespace optimc::optim

#endif // OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_VARIANTBUILDER_H
