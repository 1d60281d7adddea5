//===- ProgramTables.cpp - constant data in the layout of Program.h -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramTables.h"

#include "optimc-c/Program.h"

using namespace mlir;
using namespace optimc;

//===----------------------------------------------------------------------===//
// Layouts, held against the header's
//===----------------------------------------------------------------------===//

static constexpr uint64_t sizeOf(Field field) {
  return field == Field::I32 ? 4 : field == Field::Array ? 16 : 8;
}
static constexpr uint64_t alignOf(Field field) {
  return field == Field::I32 ? 4 : 8;
}
static constexpr uint64_t alignTo(uint64_t offset, uint64_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}
template <size_t N>
static constexpr uint64_t offsetOf(const Field (&fields)[N], size_t index) {
  uint64_t offset = 0;
  for (size_t i = 0; i != index; ++i)
    offset = alignTo(offset, alignOf(fields[i])) + sizeOf(fields[i]);
  return index == N ? alignTo(offset, 8)
                    : alignTo(offset, alignOf(fields[index]));
}

#define LAYOUT(NAME, STRUCT, ...)                                              \
  static constexpr Field NAME##List[] = {__VA_ARGS__};                         \
  const StructFields optimc::NAME(NAME##List);                                 \
  static_assert(offsetOf(NAME##List, std::size(NAME##List)) == sizeof(STRUCT))
#define AT(NAME, INDEX, STRUCT, FIELD)                                         \
  static_assert(offsetOf(NAME##List, INDEX) == offsetof(STRUCT, FIELD))

static constexpr Field I32 = Field::I32, I64 = Field::I64, F64 = Field::F64,
                       Ptr = Field::Pointer, Arr = Field::Array;

LAYOUT(hyperFields, optimc_hyper, Ptr, F64, F64, F64, I32, I32);
AT(hyperFields, 1, optimc_hyper, initial);
AT(hyperFields, 3, optimc_hyper, high);
AT(hyperFields, 4, optimc_hyper, flags);

LAYOUT(streamFields, optimc_stream, Ptr, I32, I32, I32, I32, F64, I32, I32);
AT(streamFields, 1, optimc_stream, role);
AT(streamFields, 2, optimc_stream, rate);
AT(streamFields, 3, optimc_stream, init);
AT(streamFields, 4, optimc_stream, init_hyper);
AT(streamFields, 5, optimc_stream, init_value);
AT(streamFields, 6, optimc_stream, slots);
AT(streamFields, 7, optimc_stream, flags);

LAYOUT(scalarStateFields, optimc_scalar_state, Ptr, I32, I32, I32, I32, F64);
AT(scalarStateFields, 1, optimc_scalar_state, rate);
AT(scalarStateFields, 2, optimc_scalar_state, index);
AT(scalarStateFields, 3, optimc_scalar_state, init);
AT(scalarStateFields, 5, optimc_scalar_state, init_value);

LAYOUT(scalarInputFields, optimc_scalar_input, Ptr, I32, I32, F64, I32, I32);
AT(scalarInputFields, 2, optimc_scalar_input, value);
AT(scalarInputFields, 3, optimc_scalar_input, initial);
AT(scalarInputFields, 4, optimc_scalar_input, flags);

LAYOUT(outputFields, optimc_output, Ptr, I32, I32);
AT(outputFields, 1, optimc_output, rate);
AT(outputFields, 2, optimc_output, value);

LAYOUT(scalarsFields, optimc_scalars, I32, I32, Ptr);
AT(scalarsFields, 2, optimc_scalars, fn);

LAYOUT(codeFields, optimc_code, I64, Ptr);
AT(codeFields, 1, optimc_code, fn);

LAYOUT(phaseFields, optimc_phase, I32, I32, I32, I32, I64, I64, I64, Arr, Ptr);
AT(phaseFields, 1, optimc_phase, domain);
AT(phaseFields, 2, optimc_phase, cut);
AT(phaseFields, 4, optimc_phase, reads);
AT(phaseFields, 5, optimc_phase, writes);
AT(phaseFields, 6, optimc_phase, reductions);
AT(phaseFields, 7, optimc_phase, code);
AT(phaseFields, 8, optimc_phase, ptx_entry);

LAYOUT(variantFields, optimc_variant, I64, I64, Arr);
AT(variantFields, 2, optimc_variant, phases);

LAYOUT(planFields, optimc_plan, I32, I32, I64, Ptr, I32, I32, I64, Arr);
AT(planFields, 2, optimc_plan, min_count);
AT(planFields, 3, optimc_plan, storage);
AT(planFields, 4, optimc_plan, granule);
AT(planFields, 5, optimc_plan, n_streams);
AT(planFields, 6, optimc_plan, used);
AT(planFields, 7, optimc_plan, variants);

LAYOUT(reductionFields, optimc_reduction, I32, I32, I32, I32, I32, I32);
AT(reductionFields, 3, optimc_reduction, stage);
AT(reductionFields, 4, optimc_reduction, source);
AT(reductionFields, 5, optimc_reduction, target);

LAYOUT(entryFields, optimc_entry, Ptr, I32, I32, I32, I32, Arr, Arr, Arr, Ptr);
AT(entryFields, 1, optimc_entry, flags);
AT(entryFields, 2, optimc_entry, n_values);
AT(entryFields, 3, optimc_entry, n_scalars);
AT(entryFields, 4, optimc_entry, n_predicates);
AT(entryFields, 5, optimc_entry, scalars);
AT(entryFields, 6, optimc_entry, reductions);
AT(entryFields, 7, optimc_entry, plans);
AT(entryFields, 8, optimc_entry, ptx_evaluate);

LAYOUT(ptxFields, optimc_ptx, I32, I32, Ptr, I64);
AT(ptxFields, 1, optimc_ptx, ptx_version);
AT(ptxFields, 2, optimc_ptx, text);
AT(ptxFields, 3, optimc_ptx, size);

LAYOUT(programFields, optimc_program, I32, I32, Ptr, Ptr, Ptr, I64, Arr, Arr,
       Arr, Arr, Arr, Arr, Arr);
AT(programFields, 2, optimc_program, name);
AT(programFields, 3, optimc_program, spec_hash);
AT(programFields, 4, optimc_program, compiler);
AT(programFields, 5, optimc_program, flags);
AT(programFields, 6, optimc_program, hypers);
AT(programFields, 7, optimc_program, streams);
AT(programFields, 8, optimc_program, states);
AT(programFields, 9, optimc_program, inputs);
AT(programFields, 10, optimc_program, outputs);
AT(programFields, 11, optimc_program, entries);
AT(programFields, 12, optimc_program, ptx);

LAYOUT(scalarArgsFields, optimc_scalar_args, Ptr, Ptr, Ptr, Ptr, Ptr, Ptr, I64);
AT(scalarArgsFields, 0, optimc_scalar_args, hyper);
AT(scalarArgsFields, 1, optimc_scalar_args, state);
AT(scalarArgsFields, 2, optimc_scalar_args, next_state);
AT(scalarArgsFields, 3, optimc_scalar_args, values);
AT(scalarArgsFields, 4, optimc_scalar_args, scalars);
AT(scalarArgsFields, 5, optimc_scalar_args, predicates);
AT(scalarArgsFields, 6, optimc_scalar_args, rank);

LAYOUT(runFields, optimc_run, Ptr, Ptr, Ptr, Ptr, I64, I64, I64, I64, I64, I64,
       I32, I32);
AT(runFields, 2, optimc_run, scalars);
AT(runFields, 4, optimc_run, first);
AT(runFields, 5, optimc_run, count);
AT(runFields, 6, optimc_run, rows);
AT(runFields, 9, optimc_run, key);
AT(runFields, 10, optimc_run, flags);

uint64_t optimc::getFieldOffset(StructFields fields, unsigned index) {
  uint64_t offset = 0;
  for (Field field : fields.take_front(index))
    offset = alignTo(offset, alignOf(field)) + sizeOf(field);
  return index == fields.size() ? alignTo(offset, 8)
                                : alignTo(offset, alignOf(fields[index]));
}

uint64_t optimc::getStructSize(StructFields fields) {
  return getFieldOffset(fields, fields.size());
}

//===----------------------------------------------------------------------===//
// Globals
//===----------------------------------------------------------------------===//

static Type getArrayType(MLIRContext *context) {
  Type i32 = IntegerType::get(context, 32);
  return LLVM::LLVMStructType::getLiteral(
      context, {LLVM::LLVMPointerType::get(context), i32, i32});
}

static Type getType(MLIRContext *context, Field field) {
  switch (field) {
  case Field::I32:
    return IntegerType::get(context, 32);
  case Field::I64:
    return IntegerType::get(context, 64);
  case Field::F64:
    return Float64Type::get(context);
  case Field::Pointer:
    return LLVM::LLVMPointerType::get(context);
  case Field::Array:
    return getArrayType(context);
  }
  llvm_unreachable("all kinds are covered");
}

static Type getStructType(MLIRContext *context, StructFields fields) {
  SmallVector<Type> types;
  for (Field field : fields)
    types.push_back(getType(context, field));
  return LLVM::LLVMStructType::getLiteral(context, types);
}

TableBuilder::TableBuilder(ModuleOp module, StringRef prefix)
    : builder(module.getContext()), loc(module.getLoc()), prefix(prefix) {
  builder.setInsertionPointToEnd(module.getBody());
}

LLVM::GlobalOp TableBuilder::create(StringRef name, Type type,
                                    Attribute value) {
  auto global = LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true,
                                       LLVM::Linkage::Internal, name, value);
  global.setDsoLocal(true);
  return global;
}

Constant TableBuilder::string(StringRef text) {
  std::string &symbol = strings[text];
  if (symbol.empty()) {
    symbol = prefix + ".string." + std::to_string(strings.size() - 1);
    std::string data = text.str() + '\0';
    Type type = LLVM::LLVMArrayType::get(builder.getI8Type(), data.size());
    create(symbol, type, builder.getStringAttr(data));
  }
  return Constant::address(symbol);
}

Constant TableBuilder::words(const Twine &name, ArrayRef<uint32_t> words) {
  std::string symbol = (prefix + "." + name).str();
  auto shaped =
      RankedTensorType::get(int64_t(words.size()), builder.getI32Type());
  Type type = LLVM::LLVMArrayType::get(builder.getI32Type(), words.size());
  create(symbol, type, DenseElementsAttr::get(shaped, words));
  return Constant::address(symbol);
}

Value TableBuilder::build(OpBuilder &inner, Value aggregate,
                          StructFields fields, const Row &row, int64_t index) {
  MLIRContext *context = inner.getContext();
  auto insert = [&](Value value, ArrayRef<int64_t> position) {
    aggregate =
        LLVM::InsertValueOp::create(inner, loc, aggregate, value, position);
  };
  auto address = [&](StringRef symbol) -> Value {
    Type pointer = LLVM::LLVMPointerType::get(context);
    if (symbol.empty())
      return LLVM::ZeroOp::create(inner, loc, pointer);
    return LLVM::AddressOfOp::create(inner, loc, pointer, symbol);
  };
  auto integer = [&](unsigned width, uint64_t bits) -> Value {
    Type type = inner.getIntegerType(width);
    return LLVM::ConstantOp::create(
        inner, loc, type, IntegerAttr::get(type, llvm::APInt(width, bits)));
  };
  for (auto [i, pair] : llvm::enumerate(llvm::zip_equal(fields, row))) {
    auto &[field, constant] = pair;
    int64_t at = i;
    switch (field) {
    case Field::I32:
      insert(integer(32, constant.bits), {index, at});
      break;
    case Field::I64:
      insert(integer(64, constant.bits), {index, at});
      break;
    case Field::F64: {
      Value number = LLVM::ConstantOp::create(
          inner, loc, inner.getF64Type(), inner.getF64FloatAttr(constant.real));
      insert(number, {index, at});
      break;
    }
    case Field::Pointer:
      insert(address(constant.symbol), {index, at});
      break;
    case Field::Array:
      insert(address(constant.symbol), {index, at, 0});
      insert(integer(32, constant.bits), {index, at, 1});
      insert(integer(32, constant.elementSize), {index, at, 2});
      break;
    }
  }
  return aggregate;
}

Constant TableBuilder::table(const Twine &name, StructFields fields,
                             ArrayRef<Row> rows) {
  if (rows.empty())
    return Constant::array("", 0, fields);
  std::string symbol = (prefix + "." + name).str();
  Type type = LLVM::LLVMArrayType::get(
      getStructType(builder.getContext(), fields), rows.size());
  LLVM::GlobalOp global = create(symbol, type, Attribute());
  OpBuilder inner(builder.getContext());
  inner.createBlock(&global.getInitializerRegion());
  Value aggregate = LLVM::PoisonOp::create(inner, loc, type);
  for (auto [i, row] : llvm::enumerate(rows))
    aggregate = build(inner, aggregate, fields, row, i);
  LLVM::ReturnOp::create(inner, loc, aggregate);
  return Constant::array(symbol, rows.size(), fields);
}
