//===- OptimOpBase.td - what ops share -*- tablegen -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_OPTIMOPBASE_TD
#define OPTIMC_DIALECT_OPTIM_IR_OPTIMOPBASE_TD

include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "optimc/Dialect/Optim/IR/OptimAttributes.td"
include "optimc/Dialect/Optim/IR/OptimTypes.td"

/// A pure op whose results' rates follow from its operands. The user's value
/// names are kept in the op's location and printed again.
class Optim_PureOp<string mnemonic, list<Trait> traits = [],
                   list<string> asmMethods = ["getAsmResultNames"]>
    : Optim_Op<mnemonic, !listconcat(traits, [Pure,
        DeclareOpInterfaceMethods<OpAsmOpInterface, asmMethods>])> {
  code namesDefinition = [{
    void $cppClass::getAsmResultNames(mlir::OpAsmSetValueNameFn setName) {
      support::nameResults(getOperation(), setName);
    }
  }];
  let extraClassDefinition = namesDefinition;
}

/// A pure op with regions of `optim` ops, which are written without prefix.
class Optim_RegionOp<string mnemonic, list<Trait> traits = []>
    : Optim_PureOp<mnemonic, traits, ["getAsmResultNames", "getDefaultDialect",
                                      "getAsmBlockArgumentNames"]> {
  code regionDefinition = [{
    llvm::StringRef $cppClass::getDefaultDialect() { return "optim"; }
    void $cppClass::getAsmBlockArgumentNames(
        mlir::Region &region, mlir::OpAsmSetValueNameFn setName) {
      support::nameArguments(region, setName);
    }
  }];
  let extraClassDefinition = namesDefinition # regionDefinition;
}

/// One number whose rate is the join of its operands' rates.
class Optim_JoinOp<string mnemonic, list<Trait> traits = []>
    : Optim_PureOp<mnemonic, !listconcat(traits, [
        DeclareOpInterfaceMethods<InferTypeOpInterface,
          ["inferReturnTypes"]>])> {
  let results = (outs Optim_Number:$result);
  code compatibleDeclaration = [{
    static bool isCompatibleReturnTypes(mlir::TypeRange inferred,
                                        mlir::TypeRange declared);
  }];
  let extraClassDeclaration = compatibleDeclaration;
  code joinDefinition = [{
    mlir::LogicalResult $cppClass::inferReturnTypes(
        mlir::MLIRContext *context, std::optional<mlir::Location> location,
        mlir::ValueRange operands, mlir::DictionaryAttr attributes,
        mlir::OpaqueProperties properties, mlir::RegionRange regions,
        llvm::SmallVectorImpl<mlir::Type> &types) {
      types.push_back(support::joinNumbers(context, operands));
      return mlir::success();
    }
    bool $cppClass::isCompatibleReturnTypes(mlir::TypeRange inferred,
                                            mlir::TypeRange declared) {
      return support::compatibleRates(inferred, declared);
    }
  }];
  let extraClassDefinition = namesDefinition # joinDefinition;
}

class Optim_UnaryOp<string mnemonic, list<Trait> traits = []>
    : Optim_JoinOp<mnemonic, traits> {
  let arguments = (ins Optim_Number:$operand);
  let assemblyFormat = "custom<Rated>($operand, type($operand)) attr-dict";
}
class Optim_BinaryOp<string mnemonic, list<Trait> traits = []>
    : Optim_JoinOp<mnemonic, traits> {
  let arguments = (ins Optim_Number:$lhs, Optim_Number:$rhs);
  let assemblyFormat = [{
    custom<Rated>($lhs, type($lhs)) `,` custom<Rated>($rhs, type($rhs))
    attr-dict
  }];
}

/// One truth value whose rate is the join of its operands' rates.
class Optim_PredicateOp<string mnemonic, list<Trait> traits = []>
    : Optim_PureOp<mnemonic, !listconcat(traits, [
        DeclareOpInterfaceMethods<InferTypeOpInterface,
          ["inferReturnTypes"]>])> {
  let results = (outs Optim_Predicate:$result);
  let extraClassDeclaration = [{
    static bool isCompatibleReturnTypes(mlir::TypeRange inferred,
                                        mlir::TypeRange declared);
  }];
  code predicateDefinition = [{
    mlir::LogicalResult $cppClass::inferReturnTypes(
        mlir::MLIRContext *context, std::optional<mlir::Location> location,
        mlir::ValueRange operands, mlir::DictionaryAttr attributes,
        mlir::OpaqueProperties properties, mlir::RegionRange regions,
        llvm::SmallVectorImpl<mlir::Type> &types) {
      types.push_back(support::joinPredicates(context, operands));
      return mlir::success();
    }
    bool $cppClass::isCompatibleReturnTypes(mlir::TypeRange inferred,
                                            mlir::TypeRange declared) {
      return support::compatibleRates(inferred, declared);
    }
  }];
  let extraClassDefinition = namesDefinition # predicateDefinition;
}

#endif // OPTIMC_DIALECT_OPTIM_IR_OPTIMOPBASE_TD
