//===- StoredKernels.cpp - kernels that work on what is in memory -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"
#include "Storage.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::interp;
using namespace optimc::optim;

/// The arguments of a stored stream: its codes, and its second array with one
/// entry per element.
LogicalResult Evaluator::bindStored(KernelOp op, unsigned stream) {
  StorageAttr storage = op.getStreamFormat(stream);
  Block &body = op.getBody().front();
  if (storage.getFormat() == StorageFormat::F32)
    return success();
  if (!frame.model.single)
    return fail(op, "works on stored values: it runs in single precision only");
  FieldRef values = convert(get(op.getStreams()[stream]), Rate::Element);
  auto codes = std::make_shared<Field>(Rate::Element, frame.tensors.size());
  auto aux = std::make_shared<Field>(Rate::Element, frame.tensors.size());
  for (size_t i = 0, e = frame.tensors.size(); i != e; ++i) {
    if (!frame.active[i])
      continue;
    Stored stored = encode(storage, values->parts[i], nullptr);
    codes->parts[i] = std::move(stored.codes);
    if (!storage.hasAux())
      continue;
    Array &spread = aux->parts[i];
    spread.resize(values->parts[i].size());
    for (size_t k = 0; k != spread.size(); ++k)
      spread[k] =
          stored.aux[storage.isBlockScaled() ? k / BlockMaxOp::size : k];
  }
  set(body.getArgument(stream), codes);
  if (storage.hasAux())
    set(body.getArgument(op.getAuxArgument(stream)), aux);
  return success();
}

/// The value of a result that is yielded as it is stored.
FieldRef Evaluator::getStoredResult(KernelOp op, unsigned result) {
  StorageAttr storage = op.getResultFormat(result);
  Operation *yield = op.getBody().front().getTerminator();
  FieldRef codes = get(yield->getOperand(result));
  if (storage.getFormat() == StorageFormat::F32)
    return codes;
  auto widen = [&](FieldRef field) {
    return convert(field, Rate::Element, /*isNumber=*/false);
  };
  codes = widen(codes);
  FieldRef aux;
  if (storage.hasAux())
    aux = widen(get(yield->getOperand(op.getAuxYield(result))));
  auto values = std::make_shared<Field>(Rate::Element, frame.tensors.size());
  for (size_t i = 0, e = frame.tensors.size(); i != e; ++i) {
    if (!frame.active[i])
      continue;
    Stored stored;
    stored.codes = codes->parts[i];
    if (aux) {
      size_t step = storage.isBlockScaled() ? BlockMaxOp::size : 1;
      for (size_t k = 0; k < aux->parts[i].size(); k += step)
        stored.aux.push_back(aux->parts[i][k]);
    }
    values->parts[i] = decode(storage, stored);
  }
  return values;
}

LogicalResult Evaluator::runBlockMax(BlockMaxOp op) {
  FieldRef operand =
      convert(get(op.getOperand()), Rate::Element, /*isNumber=*/false);
  return define(
      op, map(Rate::Element, operand, [](ArrayRef<View> views, Array &out) {
        for (size_t i = 0; i < out.size(); i += BlockMaxOp::size) {
          size_t end = std::min<size_t>(i + BlockMaxOp::size, out.size());
          Word top = 0;
          for (size_t k = i; k != end; ++k)
            top = std::max(top, views[0].at(k));
          std::fill(out.begin() + i, out.begin() + end, top);
        }
      }));
}
