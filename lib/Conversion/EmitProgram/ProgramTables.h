//===- ProgramTables.h - constant data in the layout of Program.h -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_EMITPROGRAM_PROGRAMTABLES_H
#define OPTIMC_LIB_CONVERSION_EMITPROGRAM_PROGRAMTABLES_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include <cstddef>

namespace optimc {

/// The kinds of fields that the structs of Program.h have. `Array` is
/// OPTIMC_ARRAY: a pointer, a count and an element size.
enum class Field : uint8_t { I32, I64, F64, Pointer, Array };

/// A struct of Program.h, as its fields in order.
using StructFields = llvm::ArrayRef<Field>;
extern const StructFields hyperFields, streamFields, scalarStateFields,
    scalarInputFields, outputFields, scalarsFields, codeFields, phaseFields,
    variantFields, planFields, reductionFields, entryFields, ptxFields,
    programFields;
/// Those that the step function fills on its stack.
extern const StructFields scalarArgsFields, runFields;

uint64_t getStructSize(StructFields fields);
uint64_t getFieldOffset(StructFields fields, unsigned index);

/// One field's value.
struct Constant {
  static Constant integer(uint64_t value) { return {value, 0, {}, 0}; }
  static Constant number(double value) { return {0, value, {}, 0}; }
  /// The address of a global or function; empty: NULL.
  static Constant address(llvm::StringRef symbol) {
    return {0, 0, symbol.str(), 0};
  }
  static Constant array(llvm::StringRef symbol, uint32_t count,
                        StructFields element) {
    return {count, 0, symbol.str(), uint32_t(getStructSize(element))};
  }

  uint64_t bits; ///< of an integer; the count of an array
  double real;
  std::string symbol;
  uint32_t elementSize;
};
using Row = llvm::SmallVector<Constant>;

/// Writes internal constant globals whose names start with `prefix`.
class TableBuilder {
public:
  TableBuilder(mlir::ModuleOp module, llvm::StringRef prefix);

  /// A NUL-terminated string; equal ones are written once.
  Constant string(llvm::StringRef text);
  /// An array of structs.
  Constant table(const llvm::Twine &name, StructFields fields,
                 llvm::ArrayRef<Row> rows);
  Constant words(const llvm::Twine &name, llvm::ArrayRef<uint32_t> words);

private:
  mlir::Value build(mlir::OpBuilder &builder, mlir::Value aggregate,
                    StructFields fields, const Row &row, int64_t index);
  mlir::LLVM::GlobalOp create(llvm::StringRef name, mlir::Type type,
                              mlir::Attribute value);

  mlir::OpBuilder builder;
  mlir::Location loc;
  std::string prefix;
  llvm::StringMap<std::string> strings;
};

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_EMITPROGRAM_PROGRAMTABLES_H
