//===- Session.cpp - registration and access --------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatEnvironment.h"
#include "SessionImpl.h"
#include "Storage.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::interp;
using namespace optimc::optim;
using llvm::Error;

Error interp::makeError(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

Error interp::unknownName(StringRef kind, StringRef name,
                          ArrayRef<StringRef> known) {
  std::string text = ("unknown " + kind + " '" + name + "'").str();
  unsigned best = 3;
  StringRef nearest;
  for (StringRef candidate : known)
    if (unsigned distance = name.edit_distance(candidate, true, best);
        distance < best) {
      best = distance;
      nearest = candidate;
    }
  if (!nearest.empty())
    text += ("; did you mean '" + nearest + "'?").str();
  else if (known.empty())
    text += ("; there is no " + kind).str();
  else
    text += "; known: " + llvm::join(known, ", ");
  return makeError(text);
}

Session::Session() = default;
Session::~Session() = default;

llvm::Expected<std::unique_ptr<Session>> Session::create(OptimizerOp optimizer,
                                                         Options options) {
  std::unique_ptr<Session> session(new Session);
  session->impl = std::make_unique<Impl>(optimizer);
  Model &model = session->impl->model;
  model.single = options.precision == Precision::Single;
  model.rounds = options.rounds;
  model.seed = options.seed;
  for (Attribute attribute : optimizer.getStates()) {
    auto state = cast<StateAttr>(attribute);
    model.states.emplace_back();
    if (state.getRate() != Rate::Model)
      continue;
    if (state.getInit() != Init::Value)
      return makeError("state '" + state.getName().getValue() +
                       "' is per model: it can only start as a number");
    model.states.back() = {
        toWord(state.getValue() ? state.getValue().getValue() : 0)};
  }
  for (Attribute attribute : optimizer.getInputs()) {
    auto input = cast<InputAttr>(attribute);
    model.inputs.emplace_back();
    if (input.getInitial())
      model.inputs.back() = input.getInitial().getValue();
  }
  return session;
}

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

unsigned Session::addGroup() {
  Group group;
  for (Attribute hyper : impl->op.getHypers())
    group.hypers.push_back(cast<HyperAttr>(hyper).getInitial().getValue());
  group.inputs = impl->model.inputs;
  impl->model.groups.push_back(std::move(group));
  return impl->model.groups.size() - 1;
}

/// The last two dimensions are rows and columns; less than two are one row.
static llvm::Expected<Shape> makeShape(const TensorInfo &info) {
  Shape shape;
  shape.rank = info.shape.size();
  shape.block = info.block;
  for (auto [i, dimension] : llvm::enumerate(info.shape)) {
    bool overflows = false;
    if (dimension >= 0)
      overflows = llvm::MulOverflow(shape.count, dimension, shape.count);
    if (dimension < 0 || overflows)
      return makeError(
          "tensor '" + info.name + "': dimension " + Twine(i) + " is " +
          Twine(dimension) +
          (overflows ? ", which is too large" : "; it must not be negative"));
  }
  if (info.block < 0)
    return makeError("tensor '" + info.name + "': block length " +
                     Twine(info.block) + " must not be negative");
  if (shape.rank == 0)
    return shape;
  shape.cols = info.shape.back();
  shape.rows = shape.rank > 1 ? info.shape[shape.rank - 2] : 1;
  for (int64_t i = 0; i < shape.rank - 2; ++i)
    shape.batch *= info.shape[i];
  return shape;
}

double Session::Impl::getInitial(StateAttr state, const Group &group) const {
  if (state.getInit() != Init::Hyper)
    return state.getValue() ? state.getValue().getValue() : 0;
  for (auto [i, hyper] : llvm::enumerate(OptimizerOp(op).getHypers()))
    if (cast<HyperAttr>(hyper).getName() == state.getHyper())
      return group.hypers[i];
  llvm_unreachable("the verifier knows every hyperparameter");
}

llvm::Expected<unsigned> Session::addTensor(const TensorInfo &info) {
  FloatEnvironment environment;
  Model &model = impl->model;
  if (info.group >= model.groups.size())
    return makeError("tensor '" + info.name + "': there is no group " +
                     Twine(info.group));
  for (const Tensor &other : model.tensors)
    if (other.name == info.name)
      return makeError("tensor '" + info.name + "' is already registered");
  Tensor tensor;
  tensor.group = info.group;
  tensor.name = info.name;
  tensor.key = hashName(info.name);
  llvm::Expected<Shape> shape = makeShape(info);
  if (!shape)
    return shape.takeError();
  tensor.shape = *shape;
  if (info.initial.size() != size_t(shape->count))
    return makeError("tensor '" + info.name + "' has " + Twine(shape->count) +
                     " elements, but " + Twine(info.initial.size()) +
                     " initial values are given");
  llvm::Expected<Array> param =
      impl->read(info.initial, shape->count, Rate::Element, "");
  if (!param)
    return param.takeError();
  tensor.param = std::move(*param);
  // A split parameter is registered as its high halves alone.
  StorageAttr storage = impl->op.getStorage(0);
  if (storage.getFormat() == StorageFormat::Split && model.single &&
      model.rounds)
    roundToStorage(StorageAttr::get(storage.getContext(), storage.getName(),
                                    StorageFormat::BF16, false, -1),
                   tensor.param, nullptr);
  impl->roundStored(0, tensor, tensor.param);

  auto needsBlocks = [&](StringRef kind, StringAttr name, Rate rate) {
    return rate == Rate::Block && shape->block == 0
               ? makeError("tensor '" + info.name + "': " + kind + " '" +
                           name.getValue() +
                           "' is per block; give the tensor a block length")
               : Error::success();
  };
  for (Attribute attribute : impl->op.getStates()) {
    auto state = cast<StateAttr>(attribute);
    Rate rate = state.getRate();
    if (Error error = needsBlocks("state", state.getName(), rate))
      return error;
    Array &own = tensor.states.emplace_back();
    Array &ofClock = tensor.clockStates.emplace_back();
    if (rate == Rate::Model)
      continue;
    double initial = impl->getInitial(state, model.groups[info.group]);
    if (model.isSingle(rate))
      initial = float(initial);
    Array values(shape->getCount(rate) * state.getSlots(), toWord(initial));
    if (state.getInit() == Init::Param)
      values = tensor.param;
    impl->roundSlots(tensor.states.size() - 1, tensor, values);
    (rate == Rate::Group ? ofClock : own) = std::move(values);
  }
  for (Attribute attribute : impl->op.getInputs()) {
    auto input = cast<InputAttr>(attribute);
    Rate rate = input.getRate();
    if (Error error = needsBlocks("input", input.getName(), rate))
      return error;
    std::optional<Array> &values = tensor.inputs.emplace_back();
    if (rate < Rate::Tensor || !input.getInitial())
      continue;
    double initial = input.getInitial().getValue();
    values = Array(shape->getCount(rate),
                   toWord(model.isSingle(rate) ? float(initial) : initial));
    impl->roundStored(impl->op.getFirstInput() + tensor.inputs.size() - 1,
                      tensor, *values);
  }
  model.tensors.push_back(std::move(tensor));
  return model.tensors.size() - 1;
}

//===----------------------------------------------------------------------===//
// Values that the caller gives
//===----------------------------------------------------------------------===//

Error Session::Impl::checkTensor(unsigned tensor) const {
  if (tensor >= model.tensors.size())
    return makeError("there is no tensor " + Twine(tensor));
  return Error::success();
}

llvm::Expected<unsigned> Session::Impl::findHyper(StringRef name) {
  SmallVector<StringRef> known;
  for (auto [i, hyper] : llvm::enumerate(op.getHypers())) {
    known.push_back(cast<HyperAttr>(hyper).getName().getValue());
    if (known.back() == name)
      return i;
  }
  return unknownName("hyperparameter", name, known);
}

Error Session::setHyper(unsigned group, StringRef name, double value) {
  if (group >= impl->model.groups.size())
    return makeError("there is no group " + Twine(group));
  llvm::Expected<unsigned> index = impl->findHyper(name);
  if (!index)
    return index.takeError();
  HyperAttr hyper = impl->op.getHyper(*index);
  std::string text =
      NumberAttr::get(hyper.getContext(), value).getSpelling().str();
  if (hyper.getFrozen())
    return makeError("hyperparameter '" + name + "' was frozen to " +
                     hyper.getInitial().getSpelling() +
                     " when the optimizer was compiled");
  if (!hyper.allows(value))
    return makeError("hyperparameter '" + name + "' = " + text +
                     " is not allowed; it must be " +
                     (hyper.getInteger() ? "a whole number in " : "in ") +
                     hyper.getRangeText());
  impl->model.groups[group].hypers[*index] = value;
  return Error::success();
}

llvm::Expected<double> Session::getHyper(unsigned group, StringRef name) const {
  if (group >= impl->model.groups.size())
    return makeError("there is no group " + Twine(group));
  llvm::Expected<unsigned> index = impl->findHyper(name);
  if (!index)
    return index.takeError();
  return impl->model.groups[group].hypers[*index];
}

llvm::Expected<Array> Session::Impl::read(ArrayRef<double> values, size_t count,
                                          Rate rate, const Twine &what) const {
  if (values.size() != count && values.size() != 1)
    return makeError(what + " has " + Twine(count) + " values, but " +
                     Twine(values.size()) + " are given");
  Array words(count);
  for (size_t i = 0; i != count; ++i) {
    double value = values.size() == 1 ? values[0] : values[i];
    words[i] = toWord(model.isSingle(rate) ? float(value) : value);
  }
  return words;
}

Error Session::setGradient(unsigned tensor, ArrayRef<double> values) {
  FloatEnvironment environment;
  if (Error error = impl->checkTensor(tensor))
    return error;
  Tensor &target = impl->model.tensors[tensor];
  if (values.size() != size_t(target.shape.count))
    return makeError("tensor '" + target.name + "' has " +
                     Twine(target.shape.count) +
                     " elements, but its gradient " + Twine(values.size()));
  llvm::Expected<Array> words =
      impl->read(values, values.size(), Rate::Element, "");
  if (!words)
    return words.takeError();
  impl->roundStored(1, target, *words);
  target.grad = std::move(*words);
  return Error::success();
}

Error Session::setInput(StringRef name, ArrayRef<double> values,
                        unsigned owner) {
  FloatEnvironment environment;
  SmallVector<StringRef> known;
  for (auto [i, attribute] : llvm::enumerate(impl->op.getInputs())) {
    auto input = cast<InputAttr>(attribute);
    known.push_back(input.getName().getValue());
    if (known.back() != name)
      continue;
    Rate rate = input.getRate();
    if (rate == Rate::Group && owner >= impl->model.groups.size())
      return makeError("there is no group " + Twine(owner));
    size_t count = 1;
    if (rate >= Rate::Tensor) {
      if (Error error = impl->checkTensor(owner))
        return error;
      count = impl->model.tensors[owner].shape.getCount(rate);
    }
    llvm::Expected<Array> words =
        impl->read(values, count, rate, "input '" + name + "'");
    if (!words)
      return words.takeError();
    if (rate >= Rate::Tensor) {
      Tensor &tensor = impl->model.tensors[owner];
      impl->roundStored(impl->op.getFirstInput() + i, tensor, *words);
      tensor.inputs[i] = std::move(*words);
    } else if (rate == Rate::Group)
      impl->model.groups[owner].inputs[i] = toNumber(words->front());
    else
      impl->model.inputs[i] = toNumber(words->front());
    return Error::success();
  }
  return unknownName("input", name, known);
}
