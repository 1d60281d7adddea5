//===- Access.cpp - running steps, reading and writing states ---*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatEnvironment.h"
#include "SessionImpl.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::interp;
using namespace optimc::optim;
using llvm::Error;

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

std::vector<unsigned> Session::Impl::getAllTensors() const {
  std::vector<unsigned> all;
  for (unsigned i = 0, e = model.tensors.size(); i != e; ++i)
    all.push_back(i);
  return all;
}

Error Session::step() { return step(impl->getAllTensors()); }

Error Session::step(ArrayRef<unsigned> tensors) {
  return impl->execute(0, tensors, /*commits=*/true);
}

Error Session::evaluate(ArrayRef<unsigned> tensors) {
  return impl->execute(0, tensors, /*commits=*/false);
}

llvm::Expected<unsigned> Session::Impl::findEntry(StringRef name) {
  SmallVector<StringRef> known;
  for (unsigned i = 1, e = op.getBodies().size(); i < e; ++i) {
    known.push_back(op.getEntryName(i));
    if (known.back() == name)
      return i;
  }
  return unknownName("entry", name, known);
}

Error Session::runEntry(StringRef entry) {
  return runEntry(entry, impl->getAllTensors());
}

Error Session::runEntry(StringRef entry, ArrayRef<unsigned> tensors) {
  llvm::Expected<unsigned> body = impl->findEntry(entry);
  if (!body)
    return body.takeError();
  return impl->execute(*body, tensors, /*commits=*/true);
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

static std::vector<double> toNumbers(const Array &words) {
  std::vector<double> numbers;
  for (Word word : words)
    numbers.push_back(toNumber(word));
  return numbers;
}

unsigned Session::getNumTensors() const { return impl->model.tensors.size(); }

std::vector<double> Session::getParam(unsigned tensor) const {
  return toNumbers(impl->model.tensors.at(tensor).param);
}

Error Session::setParam(unsigned tensor, ArrayRef<double> values) {
  FloatEnvironment environment;
  if (Error error = impl->checkTensor(tensor))
    return error;
  Tensor &target = impl->model.tensors[tensor];
  llvm::Expected<Array> words =
      impl->read(values, target.shape.count, Rate::Element,
                 "tensor '" + target.name + "'");
  if (!words)
    return words.takeError();
  impl->roundStored(0, target, *words);
  target.param = std::move(*words);
  return Error::success();
}

llvm::Expected<Session::Impl::StateRef>
Session::Impl::findState(StringRef name, unsigned tensor) {
  // A model state needs no tensor.
  SmallVector<StringRef> known{"step"};
  for (auto [i, attribute] : llvm::enumerate(op.getStates())) {
    auto state = cast<StateAttr>(attribute);
    known.push_back(state.getName().getValue());
    if (known.back() != name)
      continue;
    Rate rate = state.getRate();
    if (rate == Rate::Model)
      return StateRef{&model.states[i], rate};
    if (Error error = checkTensor(tensor))
      return error;
    Tensor &owner = model.tensors[tensor];
    return StateRef{
        rate == Rate::Group ? &owner.clockStates[i] : &owner.states[i], rate};
  }
  if (Error error = checkTensor(tensor))
    return error;
  Tensor &owner = model.tensors[tensor];
  for (NamedArrays *rings : {&owner.clockRings, &owner.rings})
    if (auto ring = rings->find(name.str()); ring != rings->end())
      // A ring is float32 where the values that it delays are.
      return StateRef{&ring->second,
                      rings == &owner.rings ? Rate::Element : Rate::Group};
  // Before its first step a ring is empty.
  bool isRing = false;
  op->getParentOfType<ModuleOp>().walk(
      [&](DelayOp delay) { isRing |= delay.getState() == name; });
  if (isRing)
    return StateRef{nullptr, Rate::Group};
  return unknownName("state", name, known);
}

llvm::Expected<std::vector<double>> Session::getState(StringRef name,
                                                      unsigned tensor) const {
  if (name == "step") {
    if (Error error = impl->checkTensor(tensor))
      return error;
    return std::vector<double>{getStep(tensor)};
  }
  llvm::Expected<Impl::StateRef> state = impl->findState(name, tensor);
  if (!state)
    return state.takeError();
  return state->values ? toNumbers(*state->values) : std::vector<double>();
}

Error Session::setState(StringRef name, ArrayRef<double> values,
                        unsigned tensor) {
  FloatEnvironment environment;
  if (name == "step") {
    if (Error error = impl->checkTensor(tensor))
      return error;
    if (values.size() != 1)
      return makeError("state 'step' has 1 value, but " + Twine(values.size()) +
                       " are given");
    impl->model.tensors[tensor].step = values.front();
    return Error::success();
  }
  llvm::Expected<Impl::StateRef> state = impl->findState(name, tensor);
  if (!state)
    return state.takeError();
  if (!state->values)
    return makeError("state '" + name +
                     "' is a ring without values before the "
                     "first step");
  llvm::Expected<Array> words = impl->read(values, state->values->size(),
                                           state->rate, "state '" + name + "'");
  if (!words)
    return words.takeError();
  for (unsigned i = 0, e = impl->op.getStates().size(); i != e; ++i)
    if (impl->op.getState(i).getName() == name && state->rate == Rate::Element)
      impl->roundSlots(i, impl->model.tensors[tensor], *words);
  *state->values = std::move(*words);
  return Error::success();
}

double Session::getStep(unsigned tensor) const {
  return impl->model.tensors.at(tensor).step;
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

llvm::Expected<std::vector<double>> Session::getOutput(StringRef name,
                                                       unsigned tensor) const {
  const Model &model = impl->model;
  if (auto output = model.outputs.find(name.str());
      output != model.outputs.end())
    return toNumbers(output->second);
  SmallVector<StringRef> known;
  for (Region &body : OptimizerOp(impl->op).getBodies())
    if (auto commit = dyn_cast<CommitOp>(body.front().getTerminator()))
      for (Attribute output : commit.getOutputNames())
        known.push_back(cast<StringAttr>(output).getValue());
  if (!llvm::is_contained(known, name))
    return unknownName("output", name, known);
  if (tensor >= model.tensors.size())
    return std::vector<double>();
  auto output = model.tensors[tensor].outputs.find(name.str());
  return output == model.tensors[tensor].outputs.end()
             ? std::vector<double>()
             : toNumbers(output->second);
}

ArrayRef<NamedScalar> Session::getScalars() const { return impl->scalars; }
