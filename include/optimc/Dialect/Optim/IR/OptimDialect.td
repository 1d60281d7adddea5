//===- OptimDialect.td - the dialect -*- tablegen -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_OPTIMDIALECT_TD
#define OPTIMC_DIALECT_OPTIM_IR_OPTIMDIALECT_TD

include "mlir/IR/OpBase.td"

def Optim_Dialect : Dialect {
  let name = "optim";
  let summary = "Deep-learning optimizers as pure functions of one step";
  let description = [{
    An `optim.optimizer` describes one update rule: its hyperparameters, states
    and the math of one step, in the notation of its paper. Every op but the
    terminator is pure; all reads are of old values and `commit` names every new
    value. No op mentions shapes, data types, threads or devices.

    Every value has a *rate*, what it is indexed by: `const < model < group <
    tensor < {row, col, block} < element`. Rates join; values up to `tensor` are
    float64 and are computed on the host, finer ones are float32 and live in
    kernels. `docs/Spec.md` is the full definition, `docs/Numerics.md` the
    rounding contract.
  }];
  let cppNamespace = "::optimc::optim";
  let useDefaultAttributePrinterParser = 1;
  // Types are written by their rate: `!optim.group`, `!optim.pred<element>`.
  let useDefaultTypePrinterParser = 0;
  let hasConstantMaterializer = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    mlir::Type parseType(mlir::DialectAsmParser &parser) const override;
    void printType(mlir::Type type,
                   mlir::DialectAsmPrinter &printer) const override;
  }];
}

class Optim_Op<string mnemonic, list<Trait> traits = []>
    : Op<Optim_Dialect, mnemonic, traits>;

#endif // OPTIMC_DIALECT_OPTIM_IR_OPTIMDIALECT_TD
