//===- Elements.cpp - load, compute, store -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SimtKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

//===----------------------------------------------------------------------===//
// Load
//===----------------------------------------------------------------------===//

/// A vector is one access.
Value SimtKernel::loadValues(Type type, Value address, bool vector) {
  unsigned size = type.getIntOrFloatBitWidth() / 8;
  return LLVM::LoadOp::create(builder, loc, widen(type, vector), address,
                              vector ? size * width : size);
}

void SimtKernel::storeValues(Value values, Value address) {
  Type type = values.getType();
  unsigned size = getElementTypeOrSelf(type).getIntOrFloatBitWidth() / 8;
  if (auto vector = dyn_cast<VectorType>(type))
    size *= vector.getNumElements();
  LLVM::StoreOp::create(builder, loc, values, address, size);
}

/// What an element needs from memory, in one order; exponents that a warp
/// shares are not among it.
void SimtKernel::forEachInput(function_ref<void(unsigned, bool isAux)> visit) {
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i) {
    if (!(reads >> i & 1))
      continue;
    visit(i, /*isAux=*/false);
    bool isShared = getFormat(i).isBlockScaled() && takesWholeBlocks();
    if (body && getFormat(i).hasAux() && !isShared)
      visit(i, /*isAux=*/true);
  }
}

/// The number of the element's value in a stream of another rate.
Value SimtKernel::getSliceIndex(const Place &place, Rate rate) {
  if (rate != Rate::Col)
    return rate == Rate::Row ? place.row : place.block;
  Value batch = divide(place.row, rows);
  return add(multiply(batch, cols), place.inRow);
}

SmallVector<Value> SimtKernel::loadInputs(const Place &place, bool vector) {
  SmallVector<Value> inputs;
  forEachInput([&](unsigned stream, bool isAux) {
    Rate rate = layout.streams[stream].rate;
    Type type = isAux ? builder.getI16Type() : getMemoryType(stream);
    if (isAux && getFormat(stream).isBlockScaled()) {
      Value address = getOwnExponentAddress(stream, place);
      inputs.push_back(loadValues(type, address, /*vector=*/false));
      return;
    }
    Value base = isAux ? auxBases[stream] : bases[stream];
    Value address =
        rate == phase.domain
            ? placeAddress(base, place, type)
            : elementAddress(base, getSliceIndex(place, rate), type);
    Value value = loadValues(type, address, vector && isContiguous(stream));
    inputs.push_back(value);
  });
  return inputs;
}

SimtKernel::Elements SimtKernel::bind(const Place &place, bool vector,
                                      ArrayRef<Value> inputs) {
  Elements elements;
  elements.place = place;
  elements.vector = vector;
  elements.olds.assign(layout.streams.size(), Value());
  forEachInput([&](unsigned stream, bool isAux) {
    Value value = inputs.front();
    inputs = inputs.drop_front();
    bool isShared =
        !isContiguous(stream) || (isAux && getFormat(stream).isBlockScaled());
    // A warp shares exponents; slices are values of elements.
    if (isShared && takesWholeBlocks()) {
      value = vector ? broadcast(value) : value;
      isShared = false;
    }
    if (!isAux)
      elements.olds[stream] = vector && isShared ? broadcast(value) : value;
    for (auto [k, other] : llvm::enumerate(phase.streams)) {
      if (other != stream)
        continue;
      unsigned argument = isAux ? kernel.getAuxArgument(k) : k;
      IRMapping &mapping = isShared ? elements.segment : elements.varying;
      mapping.map(body->getArgument(argument), value);
    }
  });
  if (BlockArgument argument = getIndexArgument()) {
    Value index = elementIndex(place.index, vector);
    elements.varying.map(argument, index);
  }
  return elements;
}

SimtKernel::Elements SimtKernel::load(const Place &place, bool vector) {
  return bind(place, vector, loadInputs(place, vector));
}

/// One element, or zeros where there is none.
SimtKernel::Elements SimtKernel::loadIf(Value exists, const Place &place) {
  SmallVector<Type> types;
  forEachInput([&](unsigned stream, bool isAux) {
    types.push_back(isAux ? builder.getI16Type() : getMemoryType(stream));
  });
  SmallVector<Value> inputs;
  if (!types.empty()) {
    auto branch = scf::IfOp::create(builder, loc, types, exists,
                                    /*addThenBlock=*/true,
                                    /*addElseBlock=*/true);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    SmallVector<Value> loaded = loadInputs(place, /*vector=*/false);
    scf::YieldOp::create(builder, loc, loaded);
    builder.setInsertionPointToStart(branch.elseBlock());
    SmallVector<Value> zeros;
    for (Type type : types) {
      Value zero =
          arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
      zeros.push_back(zero);
    }
    scf::YieldOp::create(builder, loc, zeros);
    llvm::append_range(inputs, branch.getResults());
  }
  Elements elements = bind(place, /*vector=*/false, inputs);
  elements.exists = exists;
  return elements;
}

//===----------------------------------------------------------------------===//
// Compute
//===----------------------------------------------------------------------===//

/// The value of the body as the elements need it.
Value SimtKernel::use(Value value, Elements &elements) {
  if (Value scalar = elements.segment.lookupOrNull(value))
    if (!elements.varying.contains(value)) {
      Value own = elements.vector ? broadcast(scalar) : scalar;
      elements.varying.map(value, own);
    }
  return getClone(value, elements.vector, elements.varying);
}

/// What elements of one row or block have in common, as a scalar.
void SimtKernel::computeShared(Operation &op, Elements &elements) {
  IRMapping mapping;
  for (Value operand : op.getOperands()) {
    Value own = elements.segment.lookupOrNull(operand);
    mapping.map(operand, own ? own : scalars.lookup(operand));
  }
  Operation *clone = builder.clone(op, mapping);
  elements.segment.map(op.getResults(), clone->getResults());
}

/// One op for all elements before the next op: their chains interleave.
void SimtKernel::compute(MutableArrayRef<Elements> list) {
  if (!body)
    return;
  for (Operation &op : body->without_terminator()) {
    if (op.getNumResults() == 0)
      continue;
    Value result = op.getResult(0);
    Level level = getLevel(result);
    if (level == Level::Segment && takesWholeBlocks()) {
      // The elements of a warp share one exponent.
      if (auto top = dyn_cast<BlockMaxOp>(op)) {
        Value largest = getLargest(top, list);
        list.front().segment.map(result, largest);
      } else {
        computeShared(op, list.front());
      }
      for (Elements &elements : list.drop_front())
        elements.segment.map(result, list.front().segment.lookup(result));
      continue;
    }
    if (isUsual && isUniformSelect(op)) {
      for (Elements &elements : list)
        elements.varying.map(result, use(op.getOperand(2), elements));
      continue;
    }
    if (level == Level::Element && computePacked(op, list))
      continue;
    for (Elements &elements : list) {
      if (level == Level::Segment) {
        computeShared(op, elements);
      } else if (level == Level::Element) {
        for (Value operand : op.getOperands())
          use(operand, elements);
        cloneOp(op, elements.vector, elements.varying);
      }
    }
  }
}

//===----------------------------------------------------------------------===//
// Store
//===----------------------------------------------------------------------===//

Value SimtKernel::getStored(const ElementWrite &write, Elements &elements) {
  if (std::optional<unsigned> source = layout.getStream(write.source))
    return elements.olds[*source];
  return use(getYielded(write), elements);
}

void SimtKernel::store(Elements &elements) {
  // Vector forms of scalars belong before a branch.
  SmallVector<std::pair<Value, Value>> values;
  for (const ElementWrite &write : phase.writes) {
    Value value = getStored(write, elements), low;
    if (getFormat(write.stream).getFormat() == StorageFormat::Split)
      low = use(getYieldedAux(write), elements);
    values.push_back({value, low});
  }
  OpBuilder::InsertionGuard guard(builder);
  if (elements.exists && !values.empty()) {
    auto branch = scf::IfOp::create(builder, loc, elements.exists,
                                    /*withElseRegion=*/false);
    builder.setInsertionPointToStart(branch.thenBlock());
  }
  for (auto [write, stored] : llvm::zip(phase.writes, values)) {
    unsigned stream = write.stream;
    auto [value, low] = stored;
    Value address =
        placeAddress(bases[stream], elements.place, getMemoryType(stream));
    storeValues(value, address);
    if (!low)
      continue;
    Value second =
        placeAddress(auxBases[stream], elements.place, builder.getI16Type());
    storeValues(low, second);
  }
}
