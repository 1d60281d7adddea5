//===- Commit.cpp - one step from arguments to new states -------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatEnvironment.h"
#include "SessionImpl.h"
#include "Storage.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::interp;
using namespace optimc::optim;
using llvm::Error;

//===----------------------------------------------------------------------===//
// Arguments: all values are those before the step
//===----------------------------------------------------------------------===//

/// The part of a ring state that the step of `tensor` reads and commits: slot
/// (t - 1) mod W. Other states are one slot.
static llvm::MutableArrayRef<Word> getSlot(StateAttr state, Array &values,
                                           const Tensor &tensor, bool isStep) {
  size_t slots = state.getSlots(), size = values.size() / slots;
  // In an entry before the first step there is no step t - 1.
  double taken = std::max(isStep ? tensor.step : tensor.step - 1, 0.0);
  size_t slot = slots == 1 ? 0 : static_cast<uint64_t>(taken) % slots;
  return llvm::MutableArrayRef<Word>(values).slice(slot * size, size);
}

llvm::Expected<FieldRef> Session::Impl::getArgument(unsigned i, Frame &frame) {
  Rate rate = op.getArgumentType(i).getRate();
  auto field = std::make_shared<Field>(rate, frame.getInstances(rate));
  unsigned state = i - op.getFirstState(), input = i - op.getFirstInput();
  for (auto [k, part] : llvm::enumerate(field->parts)) {
    if (rate == Rate::Model) {
      if (i < op.getFirstInput())
        part = model.states[state];
      else if (model.inputs[input])
        part = {toWord(*model.inputs[input])};
      else
        return makeError("input '" + op.getInput(input).getName().getValue() +
                         "' has no value; call setInput first");
      continue;
    }
    Tensor &tensor = rate == Rate::Group ? *frame.clocks[k] : *frame.tensors[k];
    Group &group = model.groups[tensor.group];
    if (i == 0) {
      part = tensor.param;
    } else if (i == 1) {
      if (!tensor.grad)
        return makeError("tensor '" + tensor.name +
                         "' has no gradient; call setGradient, or leave it out "
                         "of the step");
      part = *tensor.grad;
    } else if (i < op.getFirstState()) {
      part = {toWord(group.hypers[i - op.getFirstHyper()])};
    } else if (i < op.getFirstInput()) {
      Array &values = rate == Rate::Group ? tensor.clockStates[state]
                                          : tensor.states[state];
      llvm::MutableArrayRef<Word> slot =
          getSlot(op.getState(state), values, tensor, frame.isStep);
      part.assign(slot.begin(), slot.end());
    } else if (rate == Rate::Group && group.inputs[input]) {
      part = {toWord(*group.inputs[input])};
    } else if (rate != Rate::Group && tensor.inputs[input]) {
      part = *tensor.inputs[input];
    } else {
      return makeError("input '" + op.getInput(input).getName().getValue() +
                       "' has no value for tensor '" + tensor.name +
                       "'; call setInput first");
    }
  }
  return field;
}

Error Session::Impl::bindArguments(Block &block, Frame &frame,
                                   Evaluator &evaluator) {
  for (BlockArgument argument : block.getArguments()) {
    if (argument.use_empty())
      continue;
    llvm::Expected<FieldRef> field =
        getArgument(argument.getArgNumber(), frame);
    if (!field)
      return field.takeError();
    evaluator.set(argument, *field);
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Commit
//===----------------------------------------------------------------------===//

/// Whether the gate lets instance `i` of `rate` move.
static bool isOpen(const Field *gate, const Frame &frame, Rate rate, size_t i) {
  return !gate || gate->parts[frame.getParent(rate, i, gate->rate)].front();
}

void Session::Impl::roundStored(unsigned argument, const Tensor &tensor,
                                Array &values, std::optional<double> t) {
  if (!model.single || !model.rounds)
    return;
  StorageAttr storage = op.getStorage(argument);
  if (storage.getFormat() == StorageFormat::F32)
    return;
  if (!t || !storage.isStochastic())
    return roundToStorage(storage, values, nullptr);
  // Two streams share a hash: one has its low half, the other its high half.
  constexpr uint32_t firstId = uint32_t(1) << 31; // `random` ends below
  uint32_t draw = storage.getDraw(), id = firstId + draw / 2;
  uint64_t key = getRandomKey(tensor, model.seed, *t);
  roundToStorage(storage, values, [&](size_t index) {
    uint32_t hash = getHash(getKernelKey(key, id, index), index);
    return draw % 2 ? hash >> 16 : hash & 0xFFFF;
  });
}

void Session::Impl::roundSlots(unsigned state, const Tensor &tensor,
                               Array &values) {
  size_t size = values.size() / op.getState(state).getSlots();
  for (size_t first = 0; first < values.size(); first += size) {
    Array slot(values.begin() + first, values.begin() + first + size);
    roundStored(op.getFirstState() + state, tensor, slot);
    llvm::copy(slot, values.begin() + first);
  }
}

void Session::Impl::store(const Write &write, Frame &frame, const Field *gate) {
  Rate rate = write.value->rate;
  unsigned state = write.argument - op.getFirstState();
  if (rate == Rate::Model) {
    if (isOpen(gate, frame, rate, 0))
      model.states[state] = write.value->parts.front();
    return;
  }
  for (auto [i, tensor] : llvm::enumerate(frame.tensors)) {
    if (!isOpen(gate, frame, Rate::Tensor, i))
      continue;
    const Array &part =
        write.value->parts[frame.getParent(Rate::Tensor, i, rate)];
    Array rounded = part;
    if (rate != Rate::Group)
      roundStored(write.argument, *tensor, rounded,
                  tensor->step + (frame.isStep ? 1 : 0));
    if (write.argument == 0) {
      tensor->param = rounded;
      continue;
    }
    Array &values = rate == Rate::Group ? tensor->clockStates[state]
                                        : tensor->states[state];
    llvm::copy(
        rounded,
        getSlot(op.getState(state), values, *tensor, frame.isStep).begin());
  }
}

void Session::Impl::storeRing(const PendingRing &ring, Frame &frame,
                              const Field *gate) {
  Rate rate = ring.value->rate;
  for (auto [i, tensor] : llvm::enumerate(frame.tensors)) {
    size_t instance = frame.getParent(Rate::Tensor, i, rate);
    const Array &part = ring.value->parts[instance];
    if (!isOpen(gate, frame, Rate::Tensor, i))
      continue;
    NamedArrays &all = rate == Rate::Group ? tensor->clockRings : tensor->rings;
    Array &slots = all[ring.name];
    slots.resize(ring.window * part.size(), toWord(0));
    llvm::copy(part, slots.begin() + ring.slots[instance] * part.size());
  }
}

void Session::Impl::storeOutput(StringRef name, const Field &value,
                                Frame &frame) {
  if (value.rate <= Rate::Model) {
    model.outputs[name.str()] = value.parts.front();
    return;
  }
  for (auto [i, tensor] : llvm::enumerate(frame.tensors))
    tensor->outputs[name.str()] =
        value.parts[frame.getParent(Rate::Tensor, i, value.rate)];
}

Error Session::Impl::commit(CommitOp commit, Frame &frame,
                            Evaluator &evaluator) {
  auto tooFine = [&](const Twine &what, Rate value, Rate target) {
    (void)evaluator.fail(
        commit, "gives " + what + ", which is " + describeRate(target) +
                    ", something that is " + describeRate(value));
    return makeError(evaluator.getError());
  };
  std::vector<Write> writes;
  Rate coarsest = Rate::Group; // the clock's
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues())) {
    unsigned argument = cast<BlockArgument>(target).getArgNumber();
    Rate rate = op.getArgumentType(argument).getRate();
    FieldRef field = evaluator.get(value);
    if (!isAtMost(field->rate, rate))
      return tooFine("'%" + op.getArgumentName(argument) + "'", field->rate,
                     rate);
    coarsest = std::min(coarsest, rate);
    writes.push_back({argument, evaluator.convert(field, rate)});
  }
  FieldRef gate, clock;
  if (commit.getGate()) {
    gate = evaluator.get(commit.getGate());
    if (!isAtMost(gate->rate, coarsest))
      return tooFine("'when', which gates a value", gate->rate, coarsest);
  }
  if (commit.getClock()) {
    clock = evaluator.get(commit.getClock());
    if (!isAtMost(clock->rate, Rate::Group))
      return tooFine("'t'", clock->rate, Rate::Group);
    clock = evaluator.convert(clock, Rate::Group);
  }

  // Nothing fails from here on. The old clocks are in `frame`.
  for (auto [name, value] :
       llvm::zip(commit.getOutputNames(), commit.getOutputs()))
    storeOutput(cast<StringAttr>(name).getValue(), *evaluator.get(value),
                frame);
  for (const Write &write : writes)
    store(write, frame, gate.get());
  for (const PendingRing &ring : evaluator.getRings())
    storeRing(ring, frame, gate.get());
  for (auto [i, tensor] : llvm::enumerate(frame.tensors)) {
    if (!isOpen(gate.get(), frame, Rate::Tensor, i))
      continue;
    if (clock)
      tensor->step = toNumber(clock->parts[frame.clockOf[i]].front());
    else if (frame.isStep)
      tensor->step += 1;
  }
  return Error::success();
}

Error Session::Impl::execute(unsigned body, ArrayRef<unsigned> tensors,
                             bool commits) {
  std::vector<unsigned> order(tensors.begin(), tensors.end());
  llvm::sort(order);
  for (size_t i = 0; i != order.size(); ++i) {
    if (Error error = checkTensor(order[i]))
      return error;
    if (i && order[i] == order[i - 1])
      return makeError("tensor '" + model.tensors[order[i]].name +
                       "' is given twice");
  }
  FloatEnvironment environment;
  Frame frame(model, order, /*isStep=*/body == 0);
  Evaluator evaluator(frame);
  Block &block = op.getBodies()[body].front();
  auto terminator = dyn_cast<CommitOp>(block.getTerminator());
  if (!terminator)
    return makeError("'@" + op.getSymName() + "' does not end in a commit");
  if (Error error = bindArguments(block, frame, evaluator))
    return error;
  std::vector<NamedScalar> names;
  if (failed(evaluator.runBlock(block, &names)))
    return makeError(evaluator.getError());
  if (commits)
    if (Error error = commit(terminator, frame, evaluator))
      return error;
  scalars = std::move(names);
  return Error::success();
}
