//===- Regions.cpp - templates, classes, outlined code ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::interp;
using namespace optimc::optim;

LogicalResult Evaluator::runCall(CallOp op) {
  auto callee =
      SymbolTable::lookupNearestSymbolFrom<FuncOp>(op, op.getCalleeAttr());
  if (!callee)
    return fail(op, "calls '@" + op.getCallee() + "', which is not defined");
  Block &body = callee.getBody().front();
  if (body.getNumArguments() != op.getInputs().size())
    return fail(op, "gives '@" + op.getCallee() + "' a wrong number of values");
  if (depth == 64)
    return fail(op, "is nested more than 64 deep; templates cannot recurse");
  // Its values are other ones in each call.
  llvm::DenseMap<Value, FieldRef> inner;
  for (auto [argument, input] : llvm::zip(body.getArguments(), op.getInputs()))
    inner[argument] = get(input);
  std::swap(values, inner);
  ++depth;
  LogicalResult ran = runBlock(body);
  --depth;
  std::swap(values, inner);
  if (failed(ran))
    return failure();
  for (auto [result, yielded] :
       llvm::zip(op.getResults(), body.getTerminator()->getOperands()))
    if (failed(define(result, inner.at(yielded))))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// case and variants: each tensor runs one of the regions
//===----------------------------------------------------------------------===//

LogicalResult Evaluator::runClasses(Operation *op, ArrayRef<unsigned> classes) {
  SmallVector<SmallVector<FieldRef>> yields;
  for (auto [i, region] : llvm::enumerate(op->getRegions())) {
    std::vector<bool> keep;
    for (unsigned choice : classes)
      keep.push_back(choice == i);
    std::vector<bool> saved = frame.restrict(keep);
    LogicalResult ran = runBlock(region.front());
    frame.restore(std::move(saved));
    if (failed(ran))
      return failure();
    yields.emplace_back();
    for (Value yielded : region.front().getTerminator()->getOperands())
      yields.back().push_back(get(yielded));
  }
  for (OpResult result : op->getResults()) {
    SmallVector<FieldRef> choices;
    for (ArrayRef<FieldRef> fields : yields)
      choices.push_back(fields[result.getResultNumber()]);
    Rate rate = resultRate(result, choices, Rate::Tensor);
    auto merged = std::make_shared<Field>(rate, frame.tensors.size());
    for (auto [i, choice] : llvm::enumerate(choices)) {
      std::vector<bool> keep;
      for (unsigned other : classes)
        keep.push_back(other == i);
      std::vector<bool> saved = frame.restrict(keep);
      FieldRef chosen = convert(choice, rate);
      frame.restore(std::move(saved));
      for (size_t k = 0, e = classes.size(); k != e; ++k)
        if (keep[k])
          merged->parts[k] = chosen->parts[k];
    }
    if (failed(define(result, merged)))
      return failure();
  }
  return success();
}

LogicalResult Evaluator::runCase(CaseOp op) {
  SmallVector<unsigned> classes;
  for (Tensor *tensor : frame.tensors)
    classes.push_back(tensor->shape.rank >= int64_t(op.getMinRank()) ? 0 : 1);
  return runClasses(op, classes);
}

LogicalResult Evaluator::runVariants(VariantsOp op) {
  SmallVector<unsigned> classes;
  for (size_t i = 0, e = frame.tensors.size(); i != e; ++i) {
    uint64_t bits = 0;
    for (auto [k, predicate] : llvm::enumerate(op.getPredicates())) {
      const Field &field = *get(predicate);
      if (isKernelRate(field.rate))
        return fail(op, "needs predicates that the host knows");
      if (frame.active[i])
        bits |= field.parts[frame.getParent(Rate::Tensor, i, field.rate)][0]
                << k;
    }
    SmallVector<unsigned> matches;
    for (auto [k, mask] : llvm::enumerate(op.getMasks()))
      if ((bits & uint64_t(mask)) == uint64_t(op.getValues()[k]))
        matches.push_back(k);
    if (matches.size() != 1 && frame.active[i])
      return fail(op, Twine(matches.size()) +
                          " regions match the predicate bits " + Twine(bits) +
                          "; exactly one must");
    classes.push_back(matches.empty() ? 0 : matches.front());
  }
  return runClasses(op, classes);
}

//===----------------------------------------------------------------------===//
// host and kernel: the same ops, or arith, over arguments of their own
//===----------------------------------------------------------------------===//

static bool isPredicate(Type type) {
  auto rated = dyn_cast<RatedType>(type);
  return rated ? rated.isPredicate() : type.isInteger(1);
}

LogicalResult Evaluator::runHost(HostOp op) {
  Block &body = op.getBody().front();
  if (body.getNumArguments() != op.getInputs().size())
    return fail(op, "has a wrong number of region arguments");
  for (auto [argument, input] :
       llvm::zip(body.getArguments(), op.getInputs())) {
    if (!isAtMost(get(input)->rate, op.getRate()))
      return fail(op,
                  "has an operand that is " + describeRate(get(input)->rate));
    set(argument, get(input));
  }
  if (failed(runBlock(body)))
    return failure();
  for (auto [result, yielded] :
       llvm::zip(op.getResults(), body.getTerminator()->getOperands())) {
    FieldRef value = get(yielded);
    if (failed(define(result, convert(value, resultRate(result, value),
                                      !isPredicate(result.getType())))))
      return failure();
  }
  return success();
}

FieldRef Evaluator::roundToSingle(FieldRef field) {
  if (!frame.model.single)
    return field;
  return map(field->rate, field, [](ArrayRef<View> views, Array &out) {
    for (size_t i = 0, e = out.size(); i != e; ++i)
      out[i] = toWord(float(toNumber(views[0].at(i))));
  });
}

/// The low half of the element index and two key words per id, as integers.
void Evaluator::bindRandom(KernelOp op, unsigned firstArgument) {
  Block &body = op.getBody().front();
  FieldRef t = clock();
  auto fill = [&](unsigned argument, auto getWord) {
    auto field = std::make_shared<Field>(Rate::Element, frame.tensors.size());
    for (auto [i, tensor] : llvm::enumerate(frame.tensors)) {
      if (!frame.active[i])
        continue;
      double step = toNumber(t->parts[frame.clockOf[i]].front());
      uint64_t key = getRandomKey(*tensor, frame.model.seed, step);
      field->parts[i].resize(tensor->shape.count);
      for (auto [index, word] : llvm::enumerate(field->parts[i]))
        word = static_cast<uint32_t>(getWord(key, index));
    }
    set(body.getArgument(argument), field);
  };
  fill(firstArgument, [](uint64_t, uint64_t index) { return index; });
  for (auto [k, id] : llvm::enumerate(op.getRandomIds())) {
    uint32_t number = id;
    fill(firstArgument + 1 + 2 * k, [=](uint64_t key, uint64_t index) {
      return getKernelKey(key, number, index);
    });
    fill(firstArgument + 2 + 2 * k, [=](uint64_t key, uint64_t index) {
      return getKernelKey(key, number, index) >> 32;
    });
  }
}

LogicalResult Evaluator::runKernel(KernelOp op) {
  Block &body = op.getBody().front();
  unsigned numStreams = op.getStreams().size();
  unsigned numPlain = numStreams + op.getScalars().size();
  unsigned numRandom =
      op.getRandomIds().empty() ? 0 : 1 + 2 * op.getRandomIds().size();
  // Second arrays of stored streams come last.
  unsigned numArguments =
      body.getNumArguments() -
      (op.getAuxArgument(numStreams) - op.getAuxArgument(0));
  if (numArguments != numPlain &&
      (!numRandom || numArguments != numPlain + numRandom))
    return fail(op, "has a wrong number of region arguments");
  for (auto [i, argument] : llvm::enumerate(body.getArguments())) {
    if (i >= numPlain)
      break;
    FieldRef value = get(op->getOperand(i));
    if (i < numStreams && !isKernelRate(value->rate))
      value = convert(value, Rate::Element);
    else if (i >= numStreams && !isPredicate(argument.getType()))
      value = roundToSingle(value);
    set(argument, value);
    if (i < numStreams && failed(bindStored(op, i)))
      return failure();
  }
  if (numArguments != numPlain)
    bindRandom(op, numPlain);
  if (failed(runBlock(body)))
    return failure();
  for (OpResult result : op->getResults()) {
    FieldRef value = getStoredResult(op, result.getResultNumber());
    if (failed(define(result, convert(value, resultRate(result, value)))))
      return failure();
  }
  return success();
}
