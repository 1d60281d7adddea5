//===- Spec.cpp - reading the SPEC argument -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Spec.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "optimc/Pipelines/BuiltinSpecs.h"
#include "optimc/Pipelines/Pipelines.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace optimc;
using namespace optimc::tool;

/// MLIR's parser puts "custom op 'optim.ema' " before what an op's parser says;
/// users do not care which op is custom.
static std::string withoutParserPrefix(StringRef message) {
  size_t at = message.find("custom op 'optim.");
  if (at == StringRef::npos)
    return message.str();
  size_t end = message.find("' ", at);
  return end == StringRef::npos
             ? message.str()
             : (message.take_front(at) + message.drop_front(end + 2)).str();
}

Expected<Spec> optimc::tool::loadSpec(const SpecArgs &args) {
  Expected<SpecText> source = readSpec(args.spec);
  if (!source)
    return source.takeError();
  Spec spec;
  spec.text = source->text;
  spec.name = source->name;
  mlir::DialectRegistry registry;
  registerOptimcDialects(registry);
  spec.context = std::make_unique<mlir::MLIRContext>(
      registry, mlir::MLIRContext::Threading::DISABLED);

  // The handler must outlive the context's diagnostics, so it stays with it.
  auto sources = std::make_shared<SourceMgr>();
  sources->AddNewSourceBuffer(
      MemoryBuffer::getMemBufferCopy(spec.text, spec.name), SMLoc());
  spec.diagnostics = std::make_unique<SpecDiagnostics>(sources, *spec.context);
  spec.module = mlir::parseSourceFile<mlir::ModuleOp>(
      sources, mlir::ParserConfig(spec.context.get()));
  if (!spec.module)
    return createStringError("");

  std::string names;
  bool ambiguous = false;
  for (auto op : spec.module->getOps<optim::OptimizerOp>()) {
    names += (names.empty() ? "" : ", ") + op.getSymName().str();
    if (args.optimizer.empty() ? !spec.optimizer
                               : op.getSymName() == args.optimizer)
      spec.optimizer = op;
    else if (args.optimizer.empty())
      ambiguous = true;
  }
  if (names.empty())
    return createStringError("%s has no optim.optimizer", spec.name.c_str());
  if (!spec.optimizer)
    return createStringError("%s has no optimizer '%s'; it has: %s",
                             spec.name.c_str(), args.optimizer.c_str(),
                             names.c_str());
  if (ambiguous)
    return createStringError(
        "%s has several optimizers (%s); choose one with --optimizer",
        spec.name.c_str(), names.c_str());
  // What follows is about this one.
  for (auto op :
       llvm::make_early_inc_range(spec.module->getOps<optim::OptimizerOp>()))
    if (op != spec.optimizer)
      op.erase();
  return spec;
}

SpecDiagnostics::SpecDiagnostics(std::shared_ptr<SourceMgr> sources,
                                 mlir::MLIRContext &context)
    : sources(std::move(sources)), context(context) {
  id = context.getDiagEngine().registerHandler([this](mlir::Diagnostic &each) {
    print(each.getLocation(), each.getSeverity(), each.str());
    for (mlir::Diagnostic &note : each.getNotes())
      print(note.getLocation(), mlir::DiagnosticSeverity::Note, note.str());
  });
}

SpecDiagnostics::~SpecDiagnostics() {
  context.getDiagEngine().eraseHandler(id);
}

void SpecDiagnostics::print(mlir::Location loc,
                            mlir::DiagnosticSeverity severity,
                            StringRef message) {
  SourceMgr::DiagKind kind = SourceMgr::DK_Error;
  if (severity == mlir::DiagnosticSeverity::Note)
    kind = SourceMgr::DK_Note;
  else if (severity == mlir::DiagnosticSeverity::Warning)
    kind = SourceMgr::DK_Warning;
  else if (severity == mlir::DiagnosticSeverity::Remark)
    kind = SourceMgr::DK_Remark;
  std::string text = withoutParserPrefix(message);
  SMLoc place;
  if (auto file = loc->findInstanceOf<mlir::FileLineColLoc>())
    place = sources->FindLocForLineAndColumn(sources->getMainFileID(),
                                             file.getLine(), file.getColumn());
  sources->PrintMessage(errs(), place, kind, text);
}

Expected<std::vector<std::pair<std::string, double>>>
optimc::tool::parseAssignments(ArrayRef<std::string> texts, StringRef option) {
  std::vector<std::pair<std::string, double>> pairs;
  for (StringRef text : texts) {
    auto [name, value] = text.split('=');
    double number;
    if (name.empty() || value.trim().getAsDouble(number))
      return createStringError("%s: '%s' is not NAME=NUMBER",
                               option.str().c_str(), text.str().c_str());
    pairs.push_back({name.trim().str(), number});
  }
  return pairs;
}

int optimc::tool::reportError(Error error) {
  std::string text = toString(std::move(error));
  if (!text.empty())
    errs() << "optimc: error: " << text << "\n";
  return ExitUserError;
}
