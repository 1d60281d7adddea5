//===- OptimStructureOps.td - optimizers, templates, control -*- tablegen -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_OPTIMSTRUCTUREOPS_TD
#define OPTIMC_DIALECT_OPTIM_IR_OPTIMSTRUCTUREOPS_TD

include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "optimc/Dialect/Optim/IR/OptimOpBase.td"

def Optim_OptimizerOp : Optim_Op<"optimizer", [IsolatedFromAbove, Symbol,
    DeclareOpInterfaceMethods<OpAsmOpInterface,
      ["getAsmBlockArgumentNames", "getDefaultDialect"]>]> {
  let summary = "one update rule";
  let description = [{
    The body is one step. Its arguments are the parameter, the gradient, the
    hyperparameters (group rate), the states and the inputs, in this order; all
    are values before the step. Entries are further regions over the same
    arguments that do not advance the clock.

    ```mlir
    optim.optimizer @sgd(%p, %g) hyper(%lr = 1e-3 in [0, inf)) {
      %p_t = expr %p - %lr * %g
      commit %p = %p_t
    }
    ```
    A state is `%ssa ["name"] [: rate] [= init] [observable]`, where `init` is a
    number, `param` or a hyperparameter. A hyperparameter is
    `%ssa = default [in range] [integer] [static] [frozen]`; `frozen` is what
    `optim-freeze` leaves of one. An input is `%ssa ["name"] : rate [= default]`.
    `storage(param = bf16, "exp_avg" = q8)` says how streams are stored; others
    are float32.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$paramName,
    StrAttr:$gradName, Optim_HyperArrayAttr:$hypers,
    Optim_StateArrayAttr:$states, Optim_InputArrayAttr:$inputs,
    StrArrayAttr:$entries);
  // The step, then the entries.
  let regions = (region VariadicRegion<SizedRegion<1>>:$bodies);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    mlir::Region &getStep() { return getBodies().front(); }
    /// "step" for body 0, then the entries' names.
    llvm::StringRef getEntryName(unsigned body);
    unsigned getNumArguments() {
      return 2 + getHypers().size() + getStates().size() + getInputs().size();
    }
    unsigned getFirstHyper() { return 2; }
    unsigned getFirstState() { return getFirstHyper() + getHypers().size(); }
    unsigned getFirstInput() { return getFirstState() + getStates().size(); }
    HyperAttr getHyper(unsigned i) { return llvm::cast<HyperAttr>(getHypers()[i]); }
    StateAttr getState(unsigned i) { return llvm::cast<StateAttr>(getStates()[i]); }
    InputAttr getInput(unsigned i) { return llvm::cast<InputAttr>(getInputs()[i]); }
    /// The SSA name and the type of argument `i`.
    llvm::StringRef getArgumentName(unsigned i);
    RatedType getArgumentType(unsigned i);
    /// The storage plan is a discardable attribute: math does not depend on it.
    static constexpr llvm::StringLiteral storageAttrName = "optim.storage";
    /// The entries of the plan, or nothing.
    llvm::ArrayRef<mlir::Attribute> getStoragePlan();
    /// How the stream of argument `i` is stored; f32 without an entry.
    StorageAttr getStorage(unsigned i);
    /// "param", "grad", or the name of the state or input of argument `i`.
    llvm::StringRef getStreamName(unsigned i);
    /// What argument `i` is, for messages: "parameter", "state", ...
    llvm::StringRef getArgumentKind(unsigned i);
  }];
}

def Optim_CommitOp : Optim_Op<"commit", [Terminator, AttrSizedOperandSegments]> {
  let summary = "the new value of every state that changes";
  let description = [{
    Names the parameter and the states that change; all others keep their value.
    `t = %n` replaces the clock's new value (default: `t`). A string on the left
    is an output that the caller can read. With `when %gate` nothing moves, the
    clock included, where the gate is false (`optim-expand-gates` rewrites it to
    selects).

    ```mlir
    commit %p = %p_t, %m = %m_t, "grad_norm" = %norm when %finite
    ```
  }];
  let arguments = (ins Variadic<Optim_Number>:$targets,
    Variadic<Optim_Number>:$values, Variadic<Optim_Number>:$outputs,
    Optional<Optim_Number>:$clock, Optional<Optim_Predicate>:$gate,
    StrArrayAttr:$outputNames);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let builders = [
    OpBuilder<(ins "mlir::ValueRange":$targets, "mlir::ValueRange":$values)>];
}

def Optim_YieldOp : Optim_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "the results of a region";
  let arguments = (ins Variadic<AnyType>:$operands);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, mlir::ValueRange()); }]>];
}

def Optim_FuncOp : Optim_Op<"func", [IsolatedFromAbove, Symbol,
    DeclareOpInterfaceMethods<OpAsmOpInterface,
      ["getAsmBlockArgumentNames", "getDefaultDialect"]>]> {
  let summary = "a pure template over rates";
  let description = [{
    Its arguments take the rates of each call; `optim-inline` replaces calls, and
    rates are inferred again.

    ```mlir
    optim.func @nesterov(%m, %g, %beta) {
      %u = expr %beta * %m + %g
      yield %u
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrArrayAttr:$argNames);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Optim_CallOp : Optim_PureOp<"call",
    [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "an instance of a template";
  let description = [{
    ```mlir
    %u = call @nesterov(%m_t, %g, %beta1)
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee,
                       Variadic<Optim_Number>:$inputs);
  let results = (outs Variadic<Optim_Number>:$results);
  let hasCustomAssemblyFormat = 1;
}

def Optim_CaseOp : Optim_RegionOp<"case",
    [SingleBlockImplicitTerminator<"YieldOp">, NoRegionArguments]> {
  let summary = "a class of tensors with a body of its own";
  let description = [{
    Chosen per tensor when it is registered, by `rank >= N`, so that results are
    at least per tensor. A state that a class does not change is not allocated
    for it.

    ```mlir
    %u, %r_t = case rank >= 2 {
      ...
      yield %a, %r_new
    } else {
      yield %b, %r
    }
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntPositive]>:$minRank);
  let results = (outs Variadic<Optim_Number>:$results);
  let regions = (region SizedRegion<1>:$thenRegion, SizedRegion<1>:$elseRegion);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

#endif // OPTIMC_DIALECT_OPTIM_IR_OPTIMSTRUCTUREOPS_TD
