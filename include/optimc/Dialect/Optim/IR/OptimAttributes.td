//===- OptimAttributes.td - attributes -*- tablegen -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_OPTIMATTRIBUTES_TD
#define OPTIMC_DIALECT_OPTIM_IR_OPTIMATTRIBUTES_TD

include "mlir/IR/AttrTypeBase.td"
include "optimc/Dialect/Optim/IR/OptimEnums.td"

class Optim_Attr<string name, string attrMnemonic>
    : AttrDef<Optim_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Optim_NumberAttr : Optim_Attr<"Number", "number"> {
  let summary = "a float64 that remembers how it was written";
  let description = [{
    `1e-3`, `8`, `inf`: the spelling is kept, so that a spec prints back as it
    was written. Two spellings of one value are different attributes.
  }];
  let parameters = (ins StringRefParameter<"as written">:$spelling);
  let assemblyFormat = "`<` $spelling `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The shortest spelling that reads back as `value`.
    static NumberAttr get(mlir::MLIRContext *context, double value);
    double getValue() const;
  }];
  // The default builder from a spelling stays.
  let skipDefaultBuilders = 0;
}

def Optim_HyperAttr : Optim_Attr<"Hyper", "hyper"> {
  let summary = "a hyperparameter: name, default and allowed range";
  let parameters = (ins "mlir::StringAttr":$name, "NumberAttr":$initial,
    OptionalParameter<"NumberAttr">:$low, OptionalParameter<"NumberAttr">:$high,
    DefaultValuedParameter<"bool", "false">:$lowOpen,
    DefaultValuedParameter<"bool", "false">:$highOpen,
    DefaultValuedParameter<"bool", "false">:$integer,
    DefaultValuedParameter<"bool", "false">:$isStatic,
    DefaultValuedParameter<"bool", "false">:$frozen);
  let assemblyFormat = "`<` struct(params) `>`";
  let extraClassDeclaration = [{
    double getLowValue() const;  ///< -inf where there is no bound
    double getHighValue() const; ///< +inf where there is no bound
    /// Whether the range allows `value`; NaN never, infinities only in closed
    /// infinite bounds such as `[0, inf]`.
    bool allows(double value) const;
    /// The range as it is written: `[0, 1)`.
    std::string getRangeText() const;
  }];
}

def Optim_StateAttr : Optim_Attr<"State", "state"> {
  let summary = "a state: its names, rate and initial value";
  let description = [{
    `argName` is the SSA name in the spec, `name` the state's name in
    checkpoints (`exp_avg`). With `slots` = W > 1 the state is a ring: slot
    `(t - 1) mod W` is read and committed, so that W steps ago is what a step
    sees (`optim-expand-delays`).
  }];
  let parameters = (ins "mlir::StringAttr":$argName, "mlir::StringAttr":$name,
    "Rate":$rate, "Init":$init, OptionalParameter<"NumberAttr">:$value,
    OptionalParameter<"mlir::StringAttr">:$hyper,
    DefaultValuedParameter<"bool", "false">:$observable,
    DefaultValuedParameter<"int64_t", "1">:$slots);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Optim_InputAttr : Optim_Attr<"Input", "input"> {
  let summary = "a value that the caller gives at each step";
  let parameters = (ins "mlir::StringAttr":$argName, "mlir::StringAttr":$name,
    "Rate":$rate, OptionalParameter<"NumberAttr">:$initial);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Optim_StorageAttr : Optim_Attr<"Storage", "storage"> {
  let summary = "how one stream is stored";
  let description = [{
    `name` is `param`, `grad` or the name of a state or input of element rate.
    `isUnsigned`: a q8 state that is never negative has no sign bit. `draw`: which
    16 random bits an element's stochastic rounding takes, -1 without it.
  }];
  let parameters = (ins "mlir::StringAttr":$name, "StorageFormat":$format,
    DefaultValuedParameter<"bool", "false">:$isUnsigned,
    DefaultValuedParameter<"int32_t", "-1">:$draw);
  let assemblyFormat = "`<` struct(params) `>`";
  let extraClassDeclaration = [{
    /// Rounds by random bits, not to nearest.
    bool isStochastic() const;
    /// Has one exponent for 256 values.
    bool isBlockScaled() const;
    /// Has a second array: the exponents of q8, the low halves of split.
    bool hasAux() const;
    /// Of one value in the stream's own array.
    unsigned getBits() const;
    /// Of one value in all arrays.
    double getBytes() const;
    /// As it is written: `q8_sr unsigned`.
    std::string getText() const;
  }];
}

def Optim_HyperArrayAttr : TypedArrayAttrBase<Optim_HyperAttr, "hyperparameters">;
def Optim_StateArrayAttr : TypedArrayAttrBase<Optim_StateAttr, "states">;
def Optim_InputArrayAttr : TypedArrayAttrBase<Optim_InputAttr, "inputs">;
def Optim_NumberArrayAttr : TypedArrayAttrBase<Optim_NumberAttr, "numbers">;

#endif // OPTIMC_DIALECT_OPTIM_IR_OPTIMATTRIBUTES_TD
