//===- EmitProgram.cpp - tables and exported functions -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramTables.h"
#include "StepFunction.h"

#include "optimc-c/Program.h"
#include "optimc/Conversion/Passes.h"
#include "optimc/Conversion/SpecHash.h"
#include "optimc/Version.h"

#include "mlir/IR/Remarks.h"

namespace optimc {
#define GEN_PASS_DEF_OPTIMEMITPROGRAM
#include "optimc/Conversion/Passes.h.inc"
} // namespace optimc

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

namespace {
/// Writes one program.
class ProgramEmitter {
public:
  ProgramEmitter(const ProgramLayout &layout, ModuleOp module)
      : layout(layout), op(layout.op), module(module),
        tables(module, op.getSymName()) {}
  LogicalResult run();

private:
  Constant hypers();
  Constant streams();
  Constant states();
  Constant inputs();
  Constant outputs();
  Constant scalars(const EntryLayout &entry,
                   ArrayRef<ScalarFunction> functions);
  Constant variants(const EntryLayout &entry,
                    ArrayRef<KernelVersions> versions);
  Constant plans(const EntryLayout &entry, ArrayRef<KernelVersions> versions);
  FailureOr<SmallVector<KernelVersions>> findKernels(const EntryLayout &entry);
  void programFunction(StringRef table);
  void addState(Row &row, StateAttr state);

  ProgramLayout layout;
  OptimizerOp op;
  ModuleOp module;
  TableBuilder tables;
};

struct EmitProgram : optimc::impl::OptimEmitProgramBase<EmitProgram> {
  void runOnOperation() override;
};
} // namespace

static Constant integer(uint64_t value) { return Constant::integer(value); }

//===----------------------------------------------------------------------===//
// The signature
//===----------------------------------------------------------------------===//

Constant ProgramEmitter::hypers() {
  SmallVector<Row> rows;
  for (unsigned i = 0, e = op.getHypers().size(); i != e; ++i) {
    HyperAttr hyper = op.getHyper(i);
    unsigned flags = (hyper.getLowOpen() ? OPTIMC_HYPER_LOW_OPEN : 0) |
                     (hyper.getHighOpen() ? OPTIMC_HYPER_HIGH_OPEN : 0) |
                     (hyper.getInteger() ? OPTIMC_HYPER_INTEGER : 0) |
                     (hyper.getFrozen() ? OPTIMC_HYPER_FROZEN : 0);
    rows.push_back({tables.string(hyper.getName().getValue()),
                    Constant::number(hyper.getInitial().getValue()),
                    Constant::number(hyper.getLowValue()),
                    Constant::number(hyper.getHighValue()), integer(flags),
                    integer(0)});
  }
  return tables.table("hypers", hyperFields, rows);
}

/// The fields `init` and `init_hyper` of a state.
void ProgramEmitter::addState(Row &row, StateAttr state) {
  uint64_t init = OPTIMC_INIT_VALUE, hyper = 0;
  if (state.getInit() == Init::Param)
    init = OPTIMC_INIT_PARAM;
  if (state.getInit() == Init::Hyper) {
    init = OPTIMC_INIT_HYPER;
    for (unsigned i = 0, e = op.getHypers().size(); i != e; ++i)
      if (op.getHyper(i).getName() == state.getHyper())
        hyper = i;
  }
  row.push_back(integer(init));
  row.push_back(integer(hyper));
  row.push_back(
      Constant::number(state.getValue() ? state.getValue().getValue() : 0));
}

Constant ProgramEmitter::streams() {
  SmallVector<Row> rows;
  for (const StreamLayout &stream : layout.streams) {
    uint64_t role = OPTIMC_ROLE_STATE, flags = 0;
    Row row = {tables.string(stream.name)};
    if (stream.argument >= op.getFirstInput())
      role = OPTIMC_ROLE_INPUT;
    else if (stream.argument < 2)
      role = stream.argument == 0 ? OPTIMC_ROLE_PARAM : OPTIMC_ROLE_GRAD;
    row.push_back(integer(role));
    row.push_back(integer(OPTIMC_RATE_ELEMENT));
    if (role == OPTIMC_ROLE_STATE) {
      StateAttr state = op.getState(stream.argument - op.getFirstState());
      addState(row, state);
      flags = state.getObservable() ? OPTIMC_STREAM_OBSERVABLE : 0;
      if (op.getStorage(stream.argument).getIsUnsigned())
        flags |= OPTIMC_STREAM_UNSIGNED;
    } else {
      row.append({integer(OPTIMC_INIT_VALUE), integer(0), Constant::number(0)});
    }
    row.push_back(integer(1)); // slots
    row.push_back(integer(flags));
    rows.push_back(std::move(row));
  }
  return tables.table("streams", streamFields, rows);
}

Constant ProgramEmitter::states() {
  SmallVector<Row> rows = {{tables.string("step"), integer(OPTIMC_RATE_GROUP),
                            integer(0), integer(OPTIMC_INIT_VALUE), integer(0),
                            Constant::number(0)}};
  for (const ScalarStateLayout &scalar : layout.states) {
    StateAttr state = op.getState(scalar.argument - op.getFirstState());
    Row row = {tables.string(state.getName().getValue()),
               integer(uint64_t(scalar.rate)), integer(scalar.index)};
    addState(row, state);
    rows.push_back(std::move(row));
  }
  return tables.table("states", scalarStateFields, rows);
}

Constant ProgramEmitter::inputs() {
  SmallVector<Row> rows;
  for (auto [slot, argument] : llvm::enumerate(layout.inputs)) {
    InputAttr input = op.getInput(argument - op.getFirstInput());
    NumberAttr initial = input.getInitial();
    rows.push_back({tables.string(input.getName().getValue()),
                    integer(uint64_t(input.getRate())), integer(slot),
                    Constant::number(initial ? initial.getValue() : 0),
                    integer(initial ? OPTIMC_INPUT_OPTIONAL : 0), integer(0)});
  }
  return tables.table("inputs", scalarInputFields, rows);
}

Constant ProgramEmitter::outputs() {
  SmallVector<Row> rows;
  const EntryLayout &step = layout.entries.front();
  CommitOp commit = step.commit;
  for (auto [name, output] :
       llvm::zip(commit.getOutputNames(), commit.getOutputs())) {
    Value value = lookThroughBroadcasts(output);
    std::optional<unsigned> slot = layout.getInput(value);
    if (!slot)
      slot = step.values.lookup(value);
    rows.push_back({tables.string(cast<StringAttr>(name).getValue()),
                    integer(uint64_t(getScalarFunctionRate(value))),
                    integer(*slot)});
  }
  return tables.table("outputs", outputFields, rows);
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

Constant ProgramEmitter::scalars(const EntryLayout &entry,
                                 ArrayRef<ScalarFunction> functions) {
  SmallVector<Row> rows;
  for (const ScalarFunction &scalar : functions) {
    LLVM::LLVMFuncOp function = scalar.function;
    rows.push_back({integer(uint64_t(scalar.rate)), integer(0),
                    Constant::address(function.getSymName()),
                    Constant::address("")});
  }
  return tables.table("entry" + Twine(entry.index) + ".scalars", scalarsFields,
                      rows);
}

/// The clones of each variant's kernel; none where nothing moves.
FailureOr<SmallVector<KernelVersions>>
ProgramEmitter::findKernels(const EntryLayout &entry) {
  SmallVector<KernelVersions> versions(entry.variants.size());
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    std::optional<KernelCode> code = KernelCode::get(function);
    if (code && code->optimizer == op.getSymName() &&
        code->entry == entry.index && code->variant < versions.size())
      versions[code->variant].push_back({*code, function});
  }
  for (auto [variant, code] : llvm::zip(entry.variants, versions))
    if (!variant.writes.empty() && (code.empty() || code.back().first.isa != 0))
      return op.emitOpError("has a variant without code that runs on every "
                            "machine; run optim-kernel-to-cpu and "
                            "optim-multiversion first");
  return versions;
}

Constant ProgramEmitter::variants(const EntryLayout &entry,
                                  ArrayRef<KernelVersions> versions) {
  SmallVector<Row> rows;
  std::string prefix = "entry" + std::to_string(entry.index);
  for (auto [i, pair] : llvm::enumerate(llvm::zip(entry.variants, versions))) {
    auto &[variant, code] = pair;
    std::string own = prefix + ".variant" + std::to_string(i);
    SmallVector<Row> phases;
    if (!code.empty()) {
      SmallVector<Row> list;
      for (auto &[what, function] : code) {
        LLVM::LLVMFuncOp kernel = function;
        list.push_back(
            {integer(what.isa), Constant::address(kernel.getSymName())});
      }
      const KernelCode &what = code.front().first;
      phases.push_back({integer(0), integer(0), integer(what.reads),
                        integer(what.writes), integer(0),
                        tables.table(own + ".code", codeFields, list),
                        Constant::address("")});
    }
    rows.push_back({integer(variant.mask), integer(variant.value),
                    tables.table(own + ".phases", phaseFields, phases)});
  }
  return tables.table(prefix + ".variants", variantFields, rows);
}

/// One plan for all tensors: elementwise kernels ask nothing of the shape, and
/// any cut of a tensor gives the same bits, unless it cuts a block.
Constant ProgramEmitter::plans(const EntryLayout &entry,
                               ArrayRef<KernelVersions> versions) {
  size_t count = layout.streams.size();
  SmallVector<uint32_t> storage;
  uint64_t granule = 1;
  for (const StreamLayout &stream : layout.streams) {
    StorageAttr format = op.getStorage(stream.argument);
    storage.push_back(uint32_t(format.getFormat()));
    if (format.isBlockScaled())
      granule = BlockMaxOp::size;
  }
  std::string prefix = "entry" + std::to_string(entry.index);
  uint64_t used = ~uint64_t(0) >> (64 - count);
  Row row = {integer(0),       integer(UINT32_MAX),
             integer(0),       tables.words(prefix + ".storage", storage),
             integer(granule), integer(count),
             integer(used),    variants(entry, versions)};
  return tables.table(prefix + ".plans", planFields, {row});
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

void ProgramEmitter::programFunction(StringRef table) {
  OpBuilder builder(module.getContext());
  builder.setInsertionPointToEnd(module.getBody());
  Location loc = op.getLoc();
  Type pointer = LLVM::LLVMPointerType::get(module.getContext());
  Type i32 = builder.getI32Type();
  auto function = LLVM::LLVMFuncOp::create(
      builder, loc, ("optimc_program_" + op.getSymName()).str(),
      LLVM::LLVMFunctionType::get(pointer, {i32}));
  Block *block = function.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  Value ours = arith::ConstantOp::create(
      builder, loc, builder.getI32IntegerAttr(int32_t(OPTIMC_ABI)));
  Value isKnown = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::uge,
                                        function.getArgument(0), ours);
  Value program = LLVM::AddressOfOp::create(builder, loc, pointer, table);
  Value null = LLVM::ZeroOp::create(builder, loc, pointer);
  Value result = arith::SelectOp::create(builder, loc, isKnown, program, null);
  LLVM::ReturnOp::create(builder, loc, result);
}

LogicalResult ProgramEmitter::run() {
  SmallVector<Row> entries;
  for (const EntryLayout &entry : layout.entries) {
    FailureOr<SmallVector<KernelVersions>> versions = findKernels(entry);
    if (failed(versions))
      return failure();
    OpBuilder builder(module.getContext());
    builder.setInsertionPointToEnd(module.getBody());
    SmallVector<ScalarFunction> functions =
        buildScalarFunctions(layout, entry, builder);
    if (entry.isStep()) {
      LLVM::LLVMFuncOp isa = getIsaFunction(module);
      builder.setInsertionPointToEnd(module.getBody());
      buildStepFunction(layout, functions, *versions, isa, builder);
    }
    Constant scalarTable = scalars(entry, functions);
    Constant planTable = plans(entry, *versions);
    entries.push_back({tables.string(op.getEntryName(entry.index)),
                       integer(entry.isStep() ? OPTIMC_ENTRY_STEP : 0),
                       integer(entry.numValues), integer(entry.scalars.size()),
                       integer(entry.predicates.size()), scalarTable,
                       planTable});
  }
  Row program = {
      integer(getStructSize(programFields)),   integer(OPTIMC_ABI),
      tables.string(op.getSymName()),          tables.string(getSpecHash(op)),
      tables.string("optimc " OPTIMC_VERSION), integer(0)};
  program.push_back(hypers());
  program.push_back(streams());
  program.push_back(states());
  program.push_back(inputs());
  program.push_back(outputs());
  program.push_back(integer(0)); // reductions
  program.push_back(tables.table("entries", entryFields, entries));
  program.push_back(integer(0)); // PTX
  Constant table = tables.table("program", programFields, {program});
  programFunction(table.symbol);
  return success();
}

/// No unwinding, no calls of library functions that the object would lack, and
/// no inlining of kernels and scalar functions into the step function, where
/// floating-point code could leave the environment that is set there.
static void addAttributes(LLVM::LLVMFuncOp function) {
  Builder builder(function.getContext());
  SmallVector<Attribute> attributes = {builder.getStringAttr("nounwind"),
                                       builder.getStringAttr("no-builtins")};
  if (function.getLinkage() == LLVM::Linkage::Internal)
    attributes.push_back(builder.getStringAttr("noinline"));
  function.setPassthroughAttr(builder.getArrayAttr(attributes));
  function->removeAttr(KernelCode::attributeName);
}

void EmitProgram::runOnOperation() {
  ModuleOp module = getOperation();
  SmallVector<OptimizerOp> optimizers(module.getOps<OptimizerOp>());
  for (OptimizerOp op : optimizers) {
    FailureOr<ProgramLayout> layout = ProgramLayout::get(op);
    if (failed(layout))
      return signalPassFailure();
    ProgramEmitter emitter(*layout, module);
    if (failed(emitter.run()))
      return signalPassFailure();
    remark::passed(op.getLoc(), remark::RemarkOpts::name("EmitProgram")
                                    .category("optim-emit-program")
                                    .function(op.getSymName()))
        << ("exports optimc_program_" + op.getSymName() + " and " +
            op.getSymName() + "_step")
               .str();
  }
  for (OptimizerOp op : optimizers)
    op.erase();
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    addAttributes(function);
}
