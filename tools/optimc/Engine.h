//===- Engine.h - one interface to interpreted and compiled runs -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TOOLS_OPTIMC_ENGINE_H
#define OPTIMC_TOOLS_OPTIMC_ENGINE_H

#include "optimc/Dialect/Optim/IR/Optim.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace optimc::tool {

/// Runs one optimizer in one group. Arrays are row-major; float32 values are
/// held exactly in doubles.
class Engine {
public:
  virtual ~Engine() = default;

  virtual llvm::Error setHyper(llvm::StringRef name, double value) = 0;
  virtual llvm::Expected<unsigned>
  addTensor(llvm::StringRef name, llvm::ArrayRef<int64_t> shape,
            llvm::ArrayRef<double> initial, int64_t block) = 0;
  /// Sets all values of a state of a tensor.
  virtual llvm::Error setState(unsigned tensor, llvm::StringRef name,
                               double value) = 0;
  virtual llvm::Error setGradient(unsigned tensor,
                                  llvm::ArrayRef<double> values) = 0;
  /// One step of these tensors; the others keep their clocks.
  virtual llvm::Error step(llvm::ArrayRef<unsigned> tensors) = 0;

  virtual std::vector<double> getParam(unsigned tensor) = 0;
  /// The states that this engine has, "step" first.
  virtual const std::vector<std::string> &getStateNames() const = 0;
  /// Nothing where the tensor's class does not have the state.
  virtual llvm::Expected<std::vector<double>>
  getState(unsigned tensor, llvm::StringRef name) = 0;
  virtual bool isFloat64() const { return false; }
};

llvm::Expected<std::unique_ptr<Engine>>
createInterpreterEngine(optim::OptimizerOp op, bool float64, uint64_t seed);

/// Compiles the text of a module for this machine.
llvm::Expected<std::unique_ptr<Engine>>
createCompiledEngine(llvm::StringRef text, llvm::StringRef optimizer,
                     llvm::ArrayRef<std::string> freeze,
                     llvm::ArrayRef<std::string> store, uint64_t seed);

} // namespace optimc::tool

#endif // OPTIMC_TOOLS_OPTIMC_ENGINE_H
