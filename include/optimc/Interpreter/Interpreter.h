//===- Interpreter.h - the reference interpreter ----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Executes an `optim.optimizer` as docs/Spec.md defines it: the high-level
// dialect, and every form that the passes up to `optim-to-arith` leave behind.
// It shares no code with the passes.
//
// With Precision::Single, values at kernel rates are float32 and follow
// docs/Numerics.md bit for bit: this is the oracle of compiled kernels. With
// Precision::Double everything is float64: the difference measures rounding
// error. Lowered kernels are float32 programs and run in single precision only.
//
// Arrays are row-major and hold one number per value: a float32 as the float64
// that equals it. Every function that returns an Error changes nothing when it
// fails. Calls set the default floating-point environment and restore the
// caller's. A session is not thread-safe; the optimizer must outlive it and
// must not change while it lives.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_INTERPRETER_INTERPRETER_H
#define OPTIMC_INTERPRETER_INTERPRETER_H

#include "optimc/Dialect/Optim/IR/Optim.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace optimc::interp {

enum class Precision { Single, Double };

struct Options {
  Precision precision = Precision::Single;
  uint64_t seed = 0; ///< of `random` and stochastic rounding
  /// Whether values are rounded to the formats of the optimizer's storage plan
  /// where they are kept. Not in double precision, which measures what the math
  /// alone gives.
  bool rounds = true;
};

/// A parameter tensor, as it is registered.
struct TensorInfo {
  unsigned group = 0;
  std::string name;               ///< unique; seeds `random`
  std::vector<int64_t> shape;     ///< empty: a scalar
  llvm::ArrayRef<double> initial; ///< of the parameter, one per element
  int64_t block = 0; ///< elements per block of `block`-rate values; 0: none
};

/// One instance of a value up to tensor rate that has a name in the spec.
struct NamedScalar {
  std::string name; ///< of the SSA value, without '%'
  optim::Rate rate;
  bool isPredicate;
  double value; ///< 0 or 1 for a predicate
  /// A tensor that sees it: of the group and clock at group rate, the tensor
  /// itself at tensor rate, 0 for coarser values.
  unsigned tensor;
};

class Session {
public:
  static llvm::Expected<std::unique_ptr<Session>>
  create(optim::OptimizerOp optimizer, Options options = {});
  ~Session();

  //===-- Registration ---------------------------------------------------===//

  /// A parameter group with the spec's defaults. The result is its number.
  unsigned addGroup();
  /// The result is the tensor's number: its place in the registration order.
  /// States start as the spec says; its clock starts at 0.
  llvm::Expected<unsigned> addTensor(const TensorInfo &info);

  //===-- Values that the caller gives ------------------------------------===//

  llvm::Error setHyper(unsigned group, llvm::StringRef name, double value);
  llvm::Expected<double> getHyper(unsigned group, llvm::StringRef name) const;
  /// The gradient stays until it is replaced.
  llvm::Error setGradient(unsigned tensor, llvm::ArrayRef<double> values);
  /// An input keeps its value, too. `owner` is a group or a tensor, by the
  /// input's rate; it is ignored at model rate. One value, or one per value of
  /// the input's rate.
  llvm::Error setInput(llvm::StringRef name, llvm::ArrayRef<double> values,
                       unsigned owner = 0);

  //===-- Execution -------------------------------------------------------===//

  /// One step of all tensors, or of `tensors`; the others keep their clocks.
  llvm::Error step();
  llvm::Error step(llvm::ArrayRef<unsigned> tensors);
  /// Computes what `step` would and stores nothing but getScalars().
  llvm::Error evaluate(llvm::ArrayRef<unsigned> tensors);
  llvm::Error runEntry(llvm::StringRef entry);
  llvm::Error runEntry(llvm::StringRef entry, llvm::ArrayRef<unsigned> tensors);

  //===-- Results ---------------------------------------------------------===//

  unsigned getNumTensors() const;
  std::vector<double> getParam(unsigned tensor) const;
  llvm::Error setParam(unsigned tensor, llvm::ArrayRef<double> values);

  /// A state as `tensor` sees it: one value up to tensor rate. "step" is the
  /// number of steps that its clock has taken; the ring of a `delay` of W steps
  /// is W slots one after the other, or nothing before its first step.
  llvm::Expected<std::vector<double>> getState(llvm::StringRef name,
                                               unsigned tensor = 0) const;
  /// One value, or as many as getState gives. Setting a group state moves the
  /// tensor to a clock of its own unless others have the same state.
  llvm::Error setState(llvm::StringRef name, llvm::ArrayRef<double> values,
                       unsigned tensor = 0);
  double getStep(unsigned tensor) const;

  /// An output as `tensor` saw it in its last step; empty before.
  llvm::Expected<std::vector<double>> getOutput(llvm::StringRef name,
                                                unsigned tensor = 0) const;
  /// The named values up to tensor rate of the last step, entry or evaluation,
  /// in the order of the spec.
  llvm::ArrayRef<NamedScalar> getScalars() const;

private:
  Session();
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace optimc::interp

#endif // OPTIMC_INTERPRETER_INTERPRETER_H
