//===- Cuts.cpp - where reductions let tensors be cut -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Analysis/Cuts.h"

using namespace optimc;
using namespace optimc::optim;

Cut optimc::getCut(ReduceOp reduce) {
  switch (reduce.getRate()) {
  case Rate::Row:
  case Rate::Col:
    return Cut::Lines;
  case Rate::Block:
    return Cut::Blocks;
  default:
    return Cut::Granules;
  }
}

llvm::StringRef optimc::stringifyCut(Cut cut) {
  switch (cut) {
  case Cut::Anywhere:
    return "anywhere";
  case Cut::Granules:
    return "granules";
  case Cut::Lines:
    return "lines";
  case Cut::Blocks:
    return "blocks";
  }
  llvm_unreachable("all cuts are covered");
}
