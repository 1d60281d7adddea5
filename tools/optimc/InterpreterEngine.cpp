//===- InterpreterEngine.cpp - runs in the interpreter -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Engine.h"
#include "optimc/Interpreter/Interpreter.h"

using namespace llvm;
using namespace optimc;
using namespace optimc::tool;

namespace {
class InterpreterEngine : public Engine {
public:
  InterpreterEngine(std::unique_ptr<interp::Session> session,
                    optim::OptimizerOp op, bool float64)
      : session(std::move(session)), float64(float64) {
    this->session->addGroup();
    stateNames.push_back("step");
    for (unsigned i = 0, e = op.getStates().size(); i != e; ++i)
      stateNames.push_back(op.getState(i).getName().str());
  }

  Error setHyper(StringRef name, double value) override {
    return session->setHyper(0, name, value);
  }
  Expected<unsigned> addTensor(StringRef name, ArrayRef<int64_t> shape,
                               ArrayRef<double> initial,
                               int64_t block) override {
    interp::TensorInfo info;
    info.name = name.str();
    info.shape = shape.vec();
    info.initial = initial;
    info.block = block;
    return session->addTensor(info);
  }
  Error setState(unsigned tensor, StringRef name, double value) override {
    return session->setState(name, value, tensor);
  }
  Error setGradient(unsigned tensor, ArrayRef<double> values) override {
    return session->setGradient(tensor, values);
  }
  Error step(ArrayRef<unsigned> tensors) override {
    return session->step(tensors);
  }
  std::vector<double> getParam(unsigned tensor) override {
    return session->getParam(tensor);
  }
  const std::vector<std::string> &getStateNames() const override {
    return stateNames;
  }
  Expected<std::vector<double>> getState(unsigned tensor,
                                         StringRef name) override {
    return session->getState(name, tensor);
  }
  bool isFloat64() const override { return float64; }

private:
  std::unique_ptr<interp::Session> session;
  std::vector<std::string> stateNames;
  bool float64;
};
} // namespace

Expected<std::unique_ptr<Engine>>
optimc::tool::createInterpreterEngine(optim::OptimizerOp op, bool float64,
                                      uint64_t seed) {
  interp::Options options;
  options.precision =
      float64 ? interp::Precision::Double : interp::Precision::Single;
  options.seed = seed;
  auto session = interp::Session::create(op, options);
  if (!session)
    return session.takeError();
  return std::make_unique<InterpreterEngine>(std::move(*session), op, float64);
}
