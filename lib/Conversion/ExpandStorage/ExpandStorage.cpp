//===- ExpandStorage.cpp - decode and encode what kernels load and store -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StorageEmitter.h"

#include "mlir/IR/Remarks.h"
#include "optimc/Conversion/Passes.h"
#include "optimc/Conversion/ProgramLayout.h"
#include "optimc/Conversion/RandomHash.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

namespace optimc {
#define GEN_PASS_DEF_OPTIMEXPANDSTORAGE
#include "optimc/Conversion/Passes.h.inc"
} // namespace optimc

namespace {
/// Rewrites one kernel.
class KernelExpander {
public:
  KernelExpander(OptimizerOp optimizer, KernelOp kernel)
      : optimizer(optimizer), kernel(kernel), body(kernel.getBody().front()),
        builder(kernel) {}
  LogicalResult run();

private:
  StorageAttr getPlain();
  std::optional<unsigned> getTarget(Value result);
  LogicalResult findFormats();
  void addDraws();
  void decodeStreams();
  void encodeResults();
  Value getDraw(StorageAttr storage);

  OptimizerOp optimizer;
  KernelOp kernel;
  Block &body;
  OpBuilder builder;
  SmallVector<StorageAttr> formats;       ///< of streams, then results
  llvm::MapVector<int64_t, Value> hashes; ///< by id, unfolded
};
} // namespace

StorageAttr KernelExpander::getPlain() {
  auto name = StringAttr::get(kernel.getContext(), "");
  return StorageAttr::get(kernel.getContext(), name, StorageFormat::F32,
                          /*isUnsigned=*/false, /*draw=*/-1);
}

//===----------------------------------------------------------------------===//
// Which streams and results
//===----------------------------------------------------------------------===//

/// The argument that a result of a kernel becomes the new value of, if any.
/// Results of variants are followed to their commit.
std::optional<unsigned> KernelExpander::getTarget(Value result) {
  std::optional<unsigned> target;
  SmallVector<Value> worklist = {result};
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    for (OpOperand &use : value.getUses()) {
      if (auto commit = dyn_cast<CommitOp>(use.getOwner())) {
        for (auto [to, from] :
             llvm::zip(commit.getTargets(), commit.getValues()))
          if (from == value)
            target = cast<BlockArgument>(to).getArgNumber();
      } else if (isa<YieldOp>(use.getOwner())) {
        Operation *variants = use.getOwner()->getParentOp();
        worklist.push_back(variants->getResult(use.getOperandNumber()));
      }
    }
  }
  return target;
}

LogicalResult KernelExpander::findFormats() {
  for (Value stream : kernel.getStreams()) {
    auto argument = dyn_cast<BlockArgument>(lookThroughBroadcasts(stream));
    formats.push_back(argument ? optimizer.getStorage(argument.getArgNumber())
                               : getPlain());
  }
  for (Value result : kernel.getResults()) {
    std::optional<unsigned> target = getTarget(result);
    formats.push_back(target ? optimizer.getStorage(*target) : getPlain());
    if (formats.back().getFormat() == StorageFormat::F32)
      continue;
    if (!llvm::all_of(result.getUsers(), llvm::IsaPred<CommitOp, YieldOp>))
      return kernel.emitOpError("has a result that is stored as ")
             << formats.back().getText()
             << " and used unrounded, too; run optim-make-kernels, which "
                "gives each use a result of its own";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Random bits
//===----------------------------------------------------------------------===//

/// Two streams share a hash; `random` has the ids below.
static int32_t getRandomId(StorageAttr storage) {
  return static_cast<int32_t>((uint32_t(1) << 31) + storage.getDraw() / 2);
}

void KernelExpander::addDraws() {
  unsigned numResults = kernel.getNumResults();
  SmallVector<int32_t> ids(kernel.getRandomIds());
  for (StorageAttr storage : ArrayRef(formats).take_back(numResults))
    if (storage.isStochastic())
      hashes.insert({getRandomId(storage), Value()});
  if (hashes.empty())
    return;
  Type i32 = builder.getI32Type();
  Location loc = kernel.getLoc();
  auto named = [&](const Twine &name) -> Location {
    return NameLoc::get(builder.getStringAttr(name), loc);
  };
  unsigned first = kernel.getStreams().size() + kernel.getScalars().size();
  if (ids.empty())
    body.addArgument(i32, named("index_lo"));
  Value index = body.getArgument(first);
  builder.setInsertionPointToStart(&body);
  for (auto &[id, hash] : hashes) {
    ids.push_back(id);
    std::string suffix = "store" + std::to_string(id & 0x7FFFFFFF);
    Value key0 = body.addArgument(i32, named("k0_" + suffix));
    Value key1 = body.addArgument(i32, named("k1_" + suffix));
    hash = emitUnfoldedHash(builder, loc, index, key0, key1);
  }
  kernel.setRandomIds(ids);
}

/// The half of the hash that belongs to a stream.
Value KernelExpander::getDraw(StorageAttr storage) {
  if (!storage.isStochastic())
    return {};
  Value hash = hashes.lookup(getRandomId(storage));
  return emitHashHalf(builder, kernel.getLoc(), hash,
                      /*isUpper=*/storage.getDraw() % 2,
                      StorageEmitter::getDrawShift(storage));
}

//===----------------------------------------------------------------------===//
// The body
//===----------------------------------------------------------------------===//

void KernelExpander::decodeStreams() {
  builder.setInsertionPointToStart(&body);
  for (unsigned i = 0, e = kernel.getStreams().size(); i != e; ++i) {
    StorageAttr storage = formats[i];
    if (storage.getFormat() == StorageFormat::F32)
      continue;
    BlockArgument code = body.getArgument(i);
    Value aux;
    if (storage.hasAux())
      aux = body.addArgument(builder.getI16Type(), code.getLoc());
    SmallVector<OpOperand *> uses;
    for (OpOperand &use : code.getUses())
      uses.push_back(&use);
    code.setType(builder.getIntegerType(storage.getBits()));
    if (uses.empty())
      continue;
    StorageEmitter emitter(builder, code.getLoc());
    Value number = emitter.decode(storage, code, aux);
    for (OpOperand *use : uses)
      use->set(number);
  }
}

void KernelExpander::encodeResults() {
  Operation *yield = body.getTerminator();
  builder.setInsertionPoint(yield);
  SmallVector<Value> codes, second;
  unsigned numStreams = kernel.getStreams().size();
  for (auto [i, number] : llvm::enumerate(yield->getOperands())) {
    StorageAttr storage = formats[numStreams + i];
    Value draw = getDraw(storage);
    StorageEmitter emitter(builder, number.getLoc());
    StoredValue stored = emitter.encode(storage, number, draw);
    codes.push_back(stored.code);
    if (stored.aux)
      second.push_back(stored.aux);
  }
  llvm::append_range(codes, second);
  yield->setOperands(codes);
}

LogicalResult KernelExpander::run() {
  if (failed(findFormats()))
    return failure();
  if (llvm::all_of(formats, [](StorageAttr storage) {
        return storage.getFormat() == StorageFormat::F32;
      }))
    return success();
  addDraws();
  decodeStreams();
  encodeResults();
  SmallVector<Attribute> list(formats.begin(), formats.end());
  kernel->setAttr(KernelOp::formatsAttrName, builder.getArrayAttr(list));
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// What is stored in another format must come from a kernel.
static LogicalResult checkCommits(OptimizerOp optimizer) {
  for (Region &body : optimizer.getBodies()) {
    auto commit = cast<CommitOp>(body.front().getTerminator());
    for (auto [target, value] :
         llvm::zip(commit.getTargets(), commit.getValues())) {
      unsigned argument = cast<BlockArgument>(target).getArgNumber();
      StorageAttr storage = optimizer.getStorage(argument);
      if (storage.getFormat() != StorageFormat::F32 && value != target &&
          !isa_and_present<KernelOp, VariantsOp>(value.getDefiningOp()))
        return commit.emitOpError("stores '")
               << optimizer.getStreamName(argument) << "' as "
               << storage.getText()
               << ", but its value is not computed in a kernel; run "
                  "optim-make-kernels first";
    }
  }
  return success();
}

namespace {
struct ExpandStorage : optimc::impl::OptimExpandStorageBase<ExpandStorage> {
  void runOnOperation() override {
    OptimizerOp optimizer = getOperation();
    if (optimizer.getStoragePlan().empty())
      return;
    if (failed(checkCommits(optimizer)))
      return signalPassFailure();
    WalkResult walked = optimizer.walk([&](KernelOp kernel) {
      if (kernel.isStored())
        return WalkResult::advance();
      if (llvm::any_of(kernel.getBody().getArgumentTypes(),
                       llvm::IsaPred<RatedType>)) {
        kernel.emitOpError("is not arith yet; run optim-to-arith first");
        return WalkResult::interrupt();
      }
      KernelExpander expander(optimizer, kernel);
      return failed(expander.run()) ? WalkResult::interrupt()
                                    : WalkResult::advance();
    });
    if (walked.wasInterrupted())
      return signalPassFailure();
    std::string text;
    for (Attribute attribute : optimizer.getStoragePlan()) {
      auto entry = cast<StorageAttr>(attribute);
      text += (text.empty() ? "" : ", ") + entry.getName().str() + " " +
              entry.getText();
    }
    remark::passed(optimizer.getLoc(), remark::RemarkOpts::name("Storage")
                                           .category(getArgument())
                                           .function(optimizer.getSymName()))
        << "stored narrower: " + text;
  }
};
} // namespace
