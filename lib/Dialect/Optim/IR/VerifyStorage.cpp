//===- VerifyStorage.cpp - rules of storage plans -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

namespace {
struct Role {
  StringRef name;
  SmallVector<StorageFormat> formats;
};
} // namespace

static Role getRole(OptimizerOp op, unsigned argument) {
  using F = StorageFormat;
  if (argument == 0)
    return {"parameter", {F::F32, F::BF16, F::BF16SR, F::F16, F::Split}};
  if (argument == 1)
    return {"gradient", {F::F32, F::BF16, F::F16}};
  if (argument >= op.getFirstInput())
    return {"input", {F::F32, F::BF16, F::F16}};
  return {"state", {F::F32, F::BF16, F::BF16SR, F::F16, F::Q8, F::Q8SR}};
}

/// The argument that an entry is about, or null after an error.
static std::optional<unsigned> findStream(OptimizerOp op, StorageAttr entry) {
  StringRef name = entry.getName().getValue();
  SmallVector<StringRef> known;
  for (unsigned i = 0, e = op.getNumArguments(); i != e; ++i) {
    StringRef stream = op.getStreamName(i);
    if (stream.empty())
      continue;
    known.push_back(stream);
    if (stream == name)
      return i;
  }
  InFlightDiagnostic error = errorAt(op.getLoc()) // storage_c2
                             << "storage of '" << name
                             << "', which is no stream";
  if (StringRef near = nearestWord(name, known); !near.empty())
    error << "; did you mean '" << near << "'?";
  else
    error << "; there is " << llvm::join(known, ", ");
  return std::nullopt;
}

static LogicalResult verifyEntry(OptimizerOp op, StorageAttr entry,
                                 unsigned argument) {
  StringRef name = entry.getName().getValue();
  Role role = getRole(op, argument);
  Rate rate = op.getArgumentType(argument).getRate();
  if (rate != Rate::Element) // storage_c4
    return errorAt(op.getLoc())
           << role.name << " '" << name << "' is " << describeRate(rate)
           << ", so it is stored as " << (isScalarRate(rate) ? "f64" : "f32");
  if (!llvm::is_contained(role.formats, entry.getFormat())) { // storage_c5
    SmallVector<StringRef> allowed;
    for (StorageFormat format : role.formats)
      allowed.push_back(stringifyStorageFormat(format));
    return errorAt(op.getLoc())
           << role.name << " '" << name << "' cannot be stored as "
           << stringifyStorageFormat(entry.getFormat()) << "; use "
           << llvm::join(allowed, ", ");
  }
  if (entry.getIsUnsigned() && !entry.isBlockScaled()) // storage_c6
    return errorAt(op.getLoc())
           << "'" << name << "' is stored as "
           << stringifyStorageFormat(entry.getFormat())
           << ", which always has a sign; 'unsigned' is for q8 and q8_sr";
  constexpr int32_t maxDraws = 128;
  int32_t draw = entry.getDraw();
  if (entry.isStochastic() ? draw < 0 || draw >= maxDraws
                           : draw != -1) { // storage_c7
    InFlightDiagnostic error = errorAt(op.getLoc());
    if (entry.isStochastic())
      return error << "'" << name << "' takes draw " << draw
                   << " of the random bits; there are 0 to " << maxDraws - 1;
    return error << "'" << name << "' is stored as "
                 << stringifyStorageFormat(entry.getFormat())
                 << ", which takes no random bits; 'draw' is for bf16_sr and "
                    "q8_sr";
  }
  return success();
}

LogicalResult support::verifyStorage(OptimizerOp op) {
  Attribute plan = op->getAttr(OptimizerOp::storageAttrName);
  if (!plan)
    return success();
  auto entries = dyn_cast<ArrayAttr>(plan);
  if (!entries || !llvm::all_of(entries, llvm::IsaPred<StorageAttr>))
    return errorAt(op.getLoc()) // storage_c9
           << "'" << OptimizerOp::storageAttrName
           << "' is a list of #optim.storage, not " << plan;
  llvm::DenseSet<unsigned> seen;
  llvm::DenseMap<int64_t, StringAttr> draws; // wide: no number is special
  for (auto entry : entries.getAsRange<StorageAttr>()) {
    std::optional<unsigned> argument = findStream(op, entry);
    if (!argument)
      return failure();
    if (!seen.insert(*argument).second) // storage_c3
      return errorAt(op.getLoc())
             << "storage of " << entry.getName() << " is given twice";
    if (failed(verifyEntry(op, entry, *argument)))
      return failure();
    if (!entry.isStochastic())
      continue;
    auto [other, isNew] = draws.try_emplace(entry.getDraw(), entry.getName());
    if (!isNew) // storage_c8
      return errorAt(op.getLoc())
             << other->second << " and " << entry.getName()
             << " both take draw " << entry.getDraw() << " of the random bits";
  }
  return success();
}

LogicalResult BlockMaxOp::verify() {
  auto kernel = dyn_cast_or_null<KernelOp>((*this)->getParentOp());
  if (!kernel || !kernel.isStored()) // blockmax_c1
    return errorAt(getLoc())
           << "'block_max' stands in a kernel with the attribute '"
           << KernelOp::formatsAttrName << "'";
  return success();
}
