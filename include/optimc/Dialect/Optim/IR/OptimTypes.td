//===- OptimTypes.td - types -*- tablegen -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_OPTIMTYPES_TD
#define OPTIMC_DIALECT_OPTIM_IR_OPTIMTYPES_TD

include "mlir/IR/AttrTypeBase.td"
include "optimc/Dialect/Optim/IR/OptimDialect.td"

def Optim_RatedType : TypeDef<Optim_Dialect, "Rated"> {
  let typeName = "optim.rated";
  let summary = "a number or predicate of some rate";
  let description = [{
    Written by its rate alone: `!optim.group` is one number per parameter group,
    `!optim.pred<element>` one truth value per parameter. In an optimizer's text
    types are never written: they follow from the operands.
  }];
  let parameters = (ins "Rate":$rate, "bool":$predicate);
  let extraClassDeclaration = [{
    static RatedType getNumber(mlir::MLIRContext *context, Rate rate) {
      return get(context, rate, false);
    }
    static RatedType getPredicate(mlir::MLIRContext *context, Rate rate) {
      return get(context, rate, true);
    }
    bool isNumber() const { return !getPredicate(); }
    bool isPredicate() const { return getPredicate(); }
  }];
}

def Optim_Number : Type<
    CPred<"::llvm::isa<::optimc::optim::RatedType>($_self) && "
          "::llvm::cast<::optimc::optim::RatedType>($_self).isNumber()">,
    "number", "::optimc::optim::RatedType">;
def Optim_Predicate : Type<
    CPred<"::llvm::isa<::optimc::optim::RatedType>($_self) && "
          "::llvm::cast<::optimc::optim::RatedType>($_self).isPredicate()">,
    "predicate", "::optimc::optim::RatedType">;
def Optim_Value : AnyTypeOf<[Optim_Number, Optim_Predicate],
    "number or predicate", "::optimc::optim::RatedType">;

#endif // OPTIMC_DIALECT_OPTIM_IR_OPTIMTYPES_TD
