//===- Parsing.h - pieces of the assembly -----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_DIALECT_OPTIM_IR_PARSING_H
#define OPTIMC_LIB_DIALECT_OPTIM_IR_PARSING_H

#include "mlir/IR/Diagnostics.h"
#include "optimc/Dialect/Optim/IR/Optim.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"

namespace optimc::optim::support {

/// What the parser must remember while it is inside one optimizer or template:
/// the names in scope, for suggestions, and what MLIR forgets, which is kept in
/// locations (Names.h).
class NameScope {
public:
  NameScope();
  ~NameScope();
  NameScope(const NameScope &) = delete;

  void add(llvm::StringRef name) { names.insert(name); }
  /// The names of the results of the op that is being parsed, and where its
  /// operands and literals are written.
  void recordResults(mlir::OpAsmParser &parser);
  void recordOperand(mlir::OpAsmParser &parser,
                     const mlir::OpAsmParser::UnresolvedOperand &operand);
  void recordToken(mlir::OpAsmParser &parser, const llvm::Twine &text,
                   llvm::SMLoc loc);
  /// Moves what was recorded into the locations of the region's ops.
  void apply(mlir::Region &region);
  /// The name in scope nearest to `name`, or empty.
  llvm::StringRef nearest(llvm::StringRef name) const;

  static NameScope *current();

private:
  NameScope *outer;
  llvm::StringSet<> names;
  llvm::DenseMap<mlir::Location, std::string> results;
  llvm::DenseMap<mlir::Location, llvm::SmallVector<mlir::Location>> tokens;
};

/// Keeps the names of the results of the op that is being parsed.
inline void recordNames(mlir::OpAsmParser &parser) {
  if (NameScope *scope = NameScope::current())
    scope->recordResults(parser);
}

/// Regions inside regions: the parser recurses, and hostile text must not
/// overflow its stack.
class NestingGuard {
public:
  static constexpr unsigned limit = 64;
  NestingGuard();
  ~NestingGuard();
  NestingGuard(const NestingGuard &) = delete;
  /// An error at the op that is being parsed if it is too deep.
  mlir::ParseResult check(mlir::OpAsmParser &parser) const;
};

/// An error without MLIR's "custom op 'optim.ema'" in front.
inline mlir::InFlightDiagnostic errorAt(mlir::OpAsmParser &parser,
                                        llvm::SMLoc loc) {
  return mlir::emitError(parser.getEncodedSourceLoc(loc));
}

/// Resolves a value without a written type; an unknown name is an error with a
/// suggestion.
mlir::ParseResult resolveRated(mlir::OpAsmParser &parser,
                               mlir::OpAsmParser::UnresolvedOperand &operand,
                               llvm::SmallVectorImpl<mlir::Value> &values);
mlir::ParseResult
resolveAllRated(mlir::OpAsmParser &parser,
                llvm::ArrayRef<mlir::OpAsmParser::UnresolvedOperand> operands,
                llvm::SmallVectorImpl<mlir::Value> &values);

/// An error at the operand unless it is a number (a truth value). Types of
/// other dialects pass: the verifier knows more.
mlir::ParseResult
checkNumber(mlir::OpAsmParser &parser,
            const mlir::OpAsmParser::UnresolvedOperand &operand,
            mlir::Type type);
mlir::ParseResult
checkTruth(mlir::OpAsmParser &parser,
           const mlir::OpAsmParser::UnresolvedOperand &operand,
           mlir::Type type);

/// A number as people write them: `8`, `1e-3`, `-2.5`, `inf`.
mlir::ParseResult parseNumber(mlir::OpAsmParser &parser, NumberAttr &number);
mlir::OptionalParseResult parseOptionalNumber(mlir::OpAsmParser &parser,
                                              NumberAttr &number);

/// A value or a number: appends to `literals` (unit for a value) and, for a
/// value, to `operands`.
mlir::ParseResult parseMixed(mlir::OpAsmParser &parser,
                             llvm::SmallVectorImpl<mlir::Value> &operands,
                             llvm::SmallVectorImpl<mlir::Attribute> &literals);
void printMixed(mlir::OpAsmPrinter &printer, mlir::OpFoldResult value);

/// The nearest candidate to a misspelt word, or empty if none is near.
llvm::StringRef nearestWord(llvm::StringRef word,
                            llvm::ArrayRef<llvm::StringRef> candidates);

/// `storage(param = bf16, "exp_avg" = q8)` of an optimizer, or nothing.
mlir::ParseResult parseStorageClause(mlir::OpAsmParser &parser,
                                     mlir::OperationState &state);
void printStorageClause(mlir::OpAsmPrinter &printer, OptimizerOp op);

//===-- custom<...> directives ----------------------------------------------//

/// A truth value, and (Rated) a number.
mlir::ParseResult parseTruth(mlir::OpAsmParser &parser,
                             mlir::OpAsmParser::UnresolvedOperand &operand,
                             mlir::Type &type);
void printTruth(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                mlir::Value value, mlir::Type type);
mlir::ParseResult parseRated(mlir::OpAsmParser &parser,
                             mlir::OpAsmParser::UnresolvedOperand &operand,
                             mlir::Type &type);
void printRated(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                mlir::Value value, mlir::Type type);

mlir::ParseResult
parseScalar(mlir::OpAsmParser &parser,
            std::optional<mlir::OpAsmParser::UnresolvedOperand> &operand,
            mlir::Type &type, NumberAttr &literal);
void printScalar(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                 mlir::Value value, mlir::Type type, NumberAttr literal);

/// A decay, then `count %n` or nothing.
mlir::ParseResult
parseDecayAndCount(mlir::OpAsmParser &parser,
                   std::optional<mlir::OpAsmParser::UnresolvedOperand> &decay,
                   mlir::Type &decayType, NumberAttr &decayLiteral,
                   std::optional<mlir::OpAsmParser::UnresolvedOperand> &count,
                   mlir::Type &countType, NumberAttr &countLiteral);
void printDecayAndCount(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                        mlir::Value decay, mlir::Type decayType,
                        NumberAttr decayLiteral, mlir::Value count,
                        mlir::Type countType, NumberAttr countLiteral);

mlir::ParseResult parseCompareKind(mlir::OpAsmParser &parser,
                                   CompareAttr &kind);
void printCompareKind(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                      CompareAttr kind);

/// An integer without its type.
mlir::ParseResult parseWindow(mlir::OpAsmParser &parser,
                              mlir::IntegerAttr &window);
void printWindow(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                 mlir::IntegerAttr window);

} // namespace optimc::optim::support

#endif // OPTIMC_LIB_DIALECT_OPTIM_IR_PARSING_H
