//===- OptimEnums.td - enumerations -*- tablegen -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_OPTIMENUMS_TD
#define OPTIMC_DIALECT_OPTIM_IR_OPTIMENUMS_TD

include "mlir/IR/EnumAttr.td"
include "optimc/Dialect/Optim/IR/OptimDialect.td"

class Optim_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::optimc::optim";
  let genSpecializedAttr = 0;
}
class Optim_EnumAttr<EnumInfo info, string mnemonic>
    : EnumAttr<Optim_Dialect, info, mnemonic> {
  let assemblyFormat = "$value";
}

// The order and the values are those of optimc_rate in Program.h. `any` is the
// rate of a template (`optim.func`) before it is inlined.
def Optim_RateEnum : Optim_Enum<"Rate", "what a value is indexed by", [
  I32EnumAttrCase<"Const", 0, "const">, I32EnumAttrCase<"Model", 1, "model">,
  I32EnumAttrCase<"Group", 2, "group">, I32EnumAttrCase<"Tensor", 3, "tensor">,
  I32EnumAttrCase<"Row", 4, "row">, I32EnumAttrCase<"Col", 5, "col">,
  I32EnumAttrCase<"Block", 6, "block">,
  I32EnumAttrCase<"Element", 7, "element">, I32EnumAttrCase<"Any", 8, "any">]>;
def Optim_RateAttr : Optim_EnumAttr<Optim_RateEnum, "rate">;

def Optim_InitEnum : Optim_Enum<"Init", "how a state starts", [
  I32EnumAttrCase<"Value", 0, "value">, I32EnumAttrCase<"Param", 1, "param">,
  I32EnumAttrCase<"Hyper", 2, "hyper">]>;

def Optim_CompareEnum : Optim_Enum<"Compare", "comparison, ordered: false for NaN, except ne", [
  I32EnumAttrCase<"EQ", 0, "eq">, I32EnumAttrCase<"NE", 1, "ne">,
  I32EnumAttrCase<"LT", 2, "lt">, I32EnumAttrCase<"LE", 3, "le">,
  I32EnumAttrCase<"GT", 4, "gt">, I32EnumAttrCase<"GE", 5, "ge">]>;
def Optim_CompareAttr : Optim_EnumAttr<Optim_CompareEnum, "compare">;

def Optim_ReductionEnum : Optim_Enum<"Reduction", "how values are reduced", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Mean", 1, "mean">,
  I32EnumAttrCase<"SumSq", 2, "sum_sq">,
  I32EnumAttrCase<"MeanSq", 3, "mean_sq">, I32EnumAttrCase<"Max", 4, "max">,
  I32EnumAttrCase<"Min", 5, "min">, I32EnumAttrCase<"MaxAbs", 6, "max_abs">]>;
def Optim_ReductionAttr : Optim_EnumAttr<Optim_ReductionEnum, "reduction">;

// The order and the values are those of optimc_storage in Program.h.
def Optim_StorageFormatEnum : Optim_Enum<"StorageFormat", "how a stream is stored", [
  I32EnumAttrCase<"F32", 0, "f32">, I32EnumAttrCase<"BF16", 1, "bf16">,
  I32EnumAttrCase<"BF16SR", 2, "bf16_sr">, I32EnumAttrCase<"F16", 3, "f16">,
  I32EnumAttrCase<"Q8", 4, "q8">, I32EnumAttrCase<"Q8SR", 5, "q8_sr">,
  I32EnumAttrCase<"Split", 6, "split">]>;

def Optim_ScheduleEnum : Optim_Enum<"ScheduleKind", "shape of a schedule", [
  I32EnumAttrCase<"Constant", 0, "constant">,
  I32EnumAttrCase<"Linear", 1, "linear">,
  I32EnumAttrCase<"HalfLife", 2, "half_life">,
  I32EnumAttrCase<"Cosine", 3, "cosine">,
  I32EnumAttrCase<"Exponential", 4, "exponential">,
  I32EnumAttrCase<"Polynomial", 5, "polynomial">,
  I32EnumAttrCase<"InvSqrt", 6, "inv_sqrt">,
  I32EnumAttrCase<"Step", 7, "step">, I32EnumAttrCase<"WSD", 8, "wsd">,
  I32EnumAttrCase<"OneCycle", 9, "one_cycle">,
  I32EnumAttrCase<"Piecewise", 10, "piecewise">,
  I32EnumAttrCase<"Join", 11, "join">]>;
def Optim_ScheduleAttr : Optim_EnumAttr<Optim_ScheduleEnum, "schedule_kind">;

#endif // OPTIMC_DIALECT_OPTIM_IR_OPTIMENUMS_TD
