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
#include "optimc/Analysis/Cuts.h"
#include "optimc/Conversion/GPUModule.h"
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
        tables(module, op.getSymName()) {
    findPTX();
  }
  LogicalResult run();

private:
  Constant hypers();
  Constant streams();
  Constant states();
  Constant inputs();
  Constant outputs();
  Constant scalars(const EntryLayout &entry,
                   ArrayRef<ScalarFunction> functions);
  Constant reductions(const EntryLayout &entry);
  Constant variant(const EntryLayout &entry, unsigned number,
                   const VariantVersions &versions);
  Constant plans(const EntryLayout &entry, ArrayRef<VariantVersions> versions);
  uint64_t getUsedStreams(const EntryLayout &entry, const PlanLayout &plan,
                          ArrayRef<VariantVersions> versions);
  FailureOr<SmallVector<VariantVersions>> findKernels(const EntryLayout &entry);
  void findPTX();
  Constant ptx();
  /// The name of a kernel; null in programs without PTX.
  Constant ptxName(const std::string &name) {
    return texts.empty() ? Constant::address("") : tables.string(name);
  }
  void programFunction(StringRef table);
  void addState(Row &row, StateAttr state);

  ProgramLayout layout;
  OptimizerOp op;
  ModuleOp module;
  TableBuilder tables;
  SmallVector<std::pair<PTXText, LLVM::GlobalOp>> texts;
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
    if (!stream.argument)
      role = OPTIMC_ROLE_TEMPORARY;
    else if (*stream.argument >= op.getFirstInput())
      role = OPTIMC_ROLE_INPUT;
    else if (*stream.argument < 2)
      role = *stream.argument == 0 ? OPTIMC_ROLE_PARAM : OPTIMC_ROLE_GRAD;
    row.push_back(integer(role));
    row.push_back(integer(uint64_t(stream.rate)));
    uint64_t slots = 1;
    if (role == OPTIMC_ROLE_STATE) {
      StateAttr state = op.getState(*stream.argument - op.getFirstState());
      addState(row, state);
      flags = state.getObservable() ? OPTIMC_STREAM_OBSERVABLE : 0;
      slots = state.getSlots();
      if (op.getStorage(*stream.argument).getIsUnsigned())
        flags |= OPTIMC_STREAM_UNSIGNED;
    } else {
      row.append({integer(OPTIMC_INIT_VALUE), integer(0), Constant::number(0)});
    }
    row.push_back(integer(slots));
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
                    integer(uint64_t(getScalarFunctionKey(value).rate)),
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
    rows.push_back({integer(uint64_t(scalar.key.rate)),
                    integer(scalar.key.stage),
                    Constant::address(function.getSymName())});
  }
  return tables.table("entry" + Twine(entry.index) + ".scalars", scalarsFields,
                      rows);
}

/// The clones of each phase's kernel.
FailureOr<SmallVector<VariantVersions>>
ProgramEmitter::findKernels(const EntryLayout &entry) {
  SmallVector<VariantVersions> versions;
  for (const VariantLayout &variant : entry.variants)
    versions.emplace_back(variant.phases.size());
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    std::optional<KernelCode> code = KernelCode::get(function);
    if (code && code->optimizer == op.getSymName() &&
        code->entry == entry.index && code->variant < versions.size() &&
        code->phase < versions[code->variant].size())
      versions[code->variant][code->phase].push_back({*code, function});
  }
  for (const VariantVersions &variant : versions)
    for (const KernelVersions &code : variant)
      if (code.empty() || code.back().first.isa != 0)
        return op.emitOpError("has a phase without code that runs on every "
                              "machine; run optim-kernel-to-cpu and "
                              "optim-multiversion first");
  return versions;
}

static Cut getCut(const EntryLayout &entry, const PhaseLayout &phase) {
  Cut cut = Cut::Anywhere;
  for (const PartialReduction &partial : phase.reductions)
    cut = std::max(cut, optimc::getCut(entry.reductions[partial.reduction].op));
  return cut;
}
static_assert(int(Cut::Anywhere) == OPTIMC_CUT_ANYWHERE &&
              int(Cut::Granules) == OPTIMC_CUT_GRANULES &&
              int(Cut::Lines) == OPTIMC_CUT_LINES &&
              int(Cut::Blocks) == OPTIMC_CUT_BLOCKS);

Constant ProgramEmitter::variant(const EntryLayout &entry, unsigned number,
                                 const VariantVersions &versions) {
  std::string own = "entry" + std::to_string(entry.index) + ".variant" +
                    std::to_string(number);
  SmallVector<Row> phases;
  const VariantLayout &variant = entry.variants[number];
  for (auto [i, pair] : llvm::enumerate(llvm::zip(variant.phases, versions))) {
    auto &[phase, code] = pair;
    SmallVector<Row> list;
    for (auto &[what, function] : code) {
      LLVM::LLVMFuncOp kernel = function;
      list.push_back(
          {integer(what.isa), Constant::address(kernel.getSymName())});
    }
    uint64_t reductions = 0;
    for (const PartialReduction &partial : phase.reductions)
      reductions |= uint64_t(1) << partial.reduction;
    const KernelCode &what = code.front().first;
    std::string name = own + ".phase" + std::to_string(i);
    phases.push_back({integer(phase.stage), integer(uint64_t(phase.domain)),
                      integer(uint64_t(getCut(entry, phase))), integer(0),
                      integer(what.reads), integer(what.writes),
                      integer(reductions),
                      tables.table(name + ".code", codeFields, list),
                      ptxName(getGPUKernelName(op, entry.index, number, i))});
  }
  return tables.table(own + ".phases", phaseFields, phases);
}

Constant ProgramEmitter::reductions(const EntryLayout &entry) {
  SmallVector<Row> rows;
  for (const ReductionLayout &reduction : entry.reductions) {
    ReduceOp reduce = reduction.op;
    Value operand = lookThroughBroadcasts(reduce.getOperand());
    Rate from = getRate(reduce.getOperand());
    unsigned source = 0, target = 0;
    if (isScalarRate(from)) {
      from = getScalarFunctionKey(operand).rate;
      std::optional<unsigned> input = layout.getInput(operand);
      source = input ? *input : entry.values.lookup(operand);
    }
    if (isScalarRate(reduce.getRate()))
      target = entry.values.lookup(reduce.getResult());
    else
      target = entry.slices.lookup(reduce.getResult());
    rows.push_back(
        {integer(uint64_t(reduce.getKind())), integer(uint64_t(from)),
         integer(uint64_t(reduce.getRate())), integer(reduction.stage),
         integer(source), integer(target)});
  }
  return tables.table("entry" + Twine(entry.index) + ".reductions",
                      reductionFields, rows);
}

/// One plan per class of tensors. A class has the streams that it moves, and
/// those that no class moves have no memory at all.
Constant ProgramEmitter::plans(const EntryLayout &entry,
                               ArrayRef<VariantVersions> versions) {
  size_t count = layout.streams.size();
  SmallVector<uint32_t> storage;
  uint64_t cut = 1;
  for (const StreamLayout &stream : layout.streams) {
    if (!stream.argument) {
      storage.push_back(OPTIMC_STORAGE_F32);
      continue;
    }
    StorageAttr format = op.getStorage(*stream.argument);
    storage.push_back(uint32_t(format.getFormat()));
    if (format.isBlockScaled())
      cut = BlockMaxOp::size;
  }
  std::string prefix = "entry" + std::to_string(entry.index);
  Constant storageTable = tables.words(prefix + ".storage", storage);
  SmallVector<Constant> phases;
  for (auto [i, code] : llvm::enumerate(versions))
    phases.push_back(variant(entry, i, code));
  SmallVector<Row> rows;
  for (auto [k, plan] : llvm::enumerate(entry.plans)) {
    uint64_t used = getUsedStreams(entry, plan, versions);
    uint64_t granule = cut;
    SmallVector<Row> variants;
    for (unsigned i : plan.variants) {
      const VariantLayout &variant = entry.variants[i];
      variants.push_back(
          {integer(variant.mask), integer(variant.value), phases[i]});
      for (const PhaseLayout &phase : variant.phases)
        if (!phase.reductions.empty())
          granule = 4096;
    }
    rows.push_back({integer(plan.minRank), integer(plan.maxRank), integer(0),
                    storageTable, integer(granule), integer(count),
                    integer(used),
                    tables.table(prefix + ".plan" + Twine(k) + ".variants",
                                 variantFields, variants)});
  }
  return tables.table(prefix + ".plans", planFields, rows);
}

/// With one plan all streams are used; with several, those that the class's
/// variants move in some entry.
uint64_t ProgramEmitter::getUsedStreams(const EntryLayout &entry,
                                        const PlanLayout &plan,
                                        ArrayRef<VariantVersions> versions) {
  uint64_t all = ~uint64_t(0) >> (64 - layout.streams.size());
  if (entry.plans.size() == 1)
    return all;
  uint64_t used = 1; // the parameter
  for (unsigned i : plan.variants)
    for (const KernelVersions &code : versions[i])
      used |= code.front().first.reads | code.front().first.writes;
  return used;
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

void ProgramEmitter::findPTX() {
  for (auto global : module.getOps<LLVM::GlobalOp>())
    if (std::optional<PTXText> text = PTXText::get(global))
      if (text->optimizer == op.getSymName())
        texts.push_back({*text, global});
}

Constant ProgramEmitter::ptx() {
  SmallVector<Row> rows;
  for (auto &[text, global] : texts) {
    LLVM::GlobalOp constant = global;
    rows.push_back({integer(text.sm), integer(text.version),
                    Constant::address(constant.getSymName()),
                    integer(PTXText::getText(constant).size())});
  }
  return tables.table("ptx", ptxFields, rows);
}

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
    FailureOr<SmallVector<VariantVersions>> versions = findKernels(entry);
    if (failed(versions))
      return failure();
    OpBuilder builder(module.getContext());
    builder.setInsertionPointToEnd(module.getBody());
    SmallVector<ScalarFunction> functions =
        buildScalarFunctions(layout, entry, builder);
    if (entry.isStep() && hasPlainStep(op)) {
      LLVM::LLVMFuncOp isa = getIsaFunction(module);
      builder.setInsertionPointToEnd(module.getBody());
      buildStepFunction(layout, functions, *versions, isa, builder);
    }
    Constant scalarTable = scalars(entry, functions);
    Constant reductionTable = reductions(entry);
    Constant planTable = plans(entry, *versions);
    entries.push_back({tables.string(op.getEntryName(entry.index)),
                       integer(entry.isStep() ? OPTIMC_ENTRY_STEP : 0),
                       integer(entry.numValues), integer(entry.scalars.size()),
                       integer(entry.predicates.size()), scalarTable,
                       reductionTable, planTable,
                       ptxName(getGPUEvaluateName(op, entry.index))});
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
  program.push_back(tables.table("entries", entryFields, entries));
  program.push_back(ptx());
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
