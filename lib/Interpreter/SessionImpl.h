//===- SessionImpl.h - a session's model and its steps ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_INTERPRETER_SESSIONIMPL_H
#define OPTIMC_LIB_INTERPRETER_SESSIONIMPL_H

#include "Evaluator.h"

namespace optimc::interp {

llvm::Error makeError(const llvm::Twine &message);
/// "unknown KIND 'name'; did you mean 'other'?"
llvm::Error unknownName(llvm::StringRef kind, llvm::StringRef name,
                        llvm::ArrayRef<llvm::StringRef> known);

struct Session::Impl {
  explicit Impl(optim::OptimizerOp op) : op(op) {}

  /// Executes body 0 (the step) or an entry; stores nothing unless `commits`.
  llvm::Error execute(unsigned body, llvm::ArrayRef<unsigned> tensors,
                      bool commits);
  llvm::Expected<unsigned> findEntry(llvm::StringRef name);
  std::vector<unsigned> getAllTensors() const;

  // Registration and access (Session.cpp).
  llvm::Error checkTensor(unsigned tensor) const;
  llvm::Expected<unsigned> findHyper(llvm::StringRef name);
  llvm::Expected<Array> read(llvm::ArrayRef<double> values, size_t count,
                             Rate rate, const llvm::Twine &what) const;
  double getInitial(optim::StateAttr state, const Group &group) const;
  /// Where a state or ring lives, and at which rate.
  struct StateRef {
    Array *values; ///< null for a ring before its first step
    Rate rate;
  };
  llvm::Expected<StateRef> findState(llvm::StringRef name, unsigned tensor);

  // One step (Commit.cpp).
  struct Write {
    unsigned argument;
    FieldRef value;
  };
  llvm::Error bindArguments(mlir::Block &block, Frame &frame,
                            Evaluator &evaluator);
  llvm::Expected<FieldRef> getArgument(unsigned i, Frame &frame);
  llvm::Error commit(optim::CommitOp op, Frame &frame, Evaluator &evaluator);
  void store(const Write &write, Frame &frame, const Field *gate);
  /// Rounds the values of an argument to how they are stored: in the step `t`,
  /// or to nearest where the caller gives them.
  void roundStored(unsigned argument, const Tensor &tensor, Array &values,
                   std::optional<double> t = std::nullopt);
  /// The same to nearest, for all slots of a state: each has its own blocks.
  void roundSlots(unsigned state, const Tensor &tensor, Array &values);
  void storeRing(const PendingRing &ring, Frame &frame, const Field *gate);
  void storeOutput(llvm::StringRef name, const Field &value, Frame &frame);

  optim::OptimizerOp op;
  Model model;
  std::vector<NamedScalar> scalars;
};

} // namespace optimc::interp

#endif // OPTIMC_LIB_INTERPRETER_SESSIONIMPL_H
