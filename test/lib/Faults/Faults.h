//===- Faults.h - deliberate compiler faults -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a compiler developer could get wrong, as small changes of the IR right
// after the pass that would make the mistake. The fault tests check that the
// differential tests notice. For tests only: nothing of this is part of optimc.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_LIB_FAULTS_FAULTS_H
#define OPTIMC_TEST_LIB_FAULTS_FAULTS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace optimc::test {

struct Fault {
  llvm::StringRef name;  ///< "ema-decay-as-weight"
  llvm::StringRef phase; ///< the pass that is faulty: "optim-expand-mixtures"
  llvm::StringRef what;  ///< what is wrong, as one line
  /// Changes the module as the faulty pass would have left it; the number of
  /// places. 0: the module has no place where this fault would show.
  unsigned (*apply)(mlir::ModuleOp module);
};

llvm::ArrayRef<Fault> getExpansionFaults();
llvm::ArrayRef<Fault> getScheduleFaults();
llvm::ArrayRef<Fault> getFoldFaults();
llvm::ArrayRef<Fault> getOutliningFaults();
llvm::ArrayRef<Fault> getArithFaults();
llvm::ArrayRef<Fault> getCodeFaults();
llvm::ArrayRef<Fault> getStorageFaults();

} // namespace optimc::test

#endif // OPTIMC_TEST_LIB_FAULTS_FAULTS_H
