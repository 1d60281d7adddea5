//===- OptimLoweredOps.td - what the passes outline -*- tablegen -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_OPTIMLOWEREDOPS_TD
#define OPTIMC_DIALECT_OPTIM_IR_OPTIMLOWEREDOPS_TD

include "optimc/Dialect/Optim/IR/OptimOpBase.td"

// Lowering keeps the optimizer op: passes only group its ops. Everything stays
// one pure SSA graph from hyperparameters to `commit`, which the interpreter
// executes after every pass.

def Optim_HostOp : Optim_RegionOp<"host", [IsolatedFromAbove,
    SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "a scalar function: the values of one rate and stage";
  let description = [{
    Formed by `optim-split-host`. Runs on the host in float64, once per instance
    of `rate`. Operands are coarser or of the same rate. Before `optim-to-arith`
    the body is `optim` ops over the operands' types; after it, `arith` over f64
    (numbers) and i1 (predicates).

    ```mlir
    %w, %last = host group 0 (%beta1) {
    ^bb0(%b: !optim.group):
      ...
      yield %x, %y
    } : !optim.group, !optim.pred<group>
    ```
  }];
  let arguments = (ins Optim_RateAttr:$rate, I32Attr:$stage,
                       Variadic<Optim_Value>:$inputs);
  let results = (outs Variadic<Optim_Value>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Optim_VariantsOp : Optim_RegionOp<"variants",
    [SingleBlockImplicitTerminator<"YieldOp">, NoRegionArguments]> {
  let summary = "bodies for the values of host predicates";
  let description = [{
    Formed by `optim-specialize`. Region i runs where
    `(bits & masks[i]) == values[i]`, bit k being predicate k; exactly one
    matches. Regions may use values from above.

    ```mlir
    %p_t, %m_t = variants (%last) {
      yield %x, %m
    } case 1 == 0 {
      ...
    } case 1 == 1 : !optim.element, !optim.element
    ```
  }];
  let arguments = (ins Variadic<Optim_Predicate>:$predicates,
                       DenseI64ArrayAttr:$masks, DenseI64ArrayAttr:$values);
  let results = (outs Variadic<Optim_Number>:$results);
  let regions = (region VariadicRegion<SizedRegion<1>>:$bodies);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Optim_KernelOp : Optim_RegionOp<"kernel", [IsolatedFromAbove,
    AttrSizedOperandSegments, SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "one pass over all elements";
  let description = [{
    Formed by `optim-make-kernels`. `streams` are the parameter, gradient, states
    and inputs that the body reads; `scalars` are host values, rounded to float32
    (numbers) or passed as truth values. Each result is a new element value.
    Region arguments: streams, scalars, then, if `randomIds` is not empty and the
    body is `arith`, the low 32 bits of the global element index and the keys
    k0, k1 of each id (i32).

    Before `optim-to-arith` the body is `optim` ops; after it, `arith` and `math`
    over f32 and i1, elementwise: the same region becomes vector code and PTX.

    Kernels of one phase that feed reductions which cut tensors differently
    (`granules`, `lines` or `blocks`) say so in the attribute `optim.cut`.

    `optim-expand-storage` leaves the attribute `optim.formats`, one
    `#optim.storage` for each stream and then each result. Arguments and yielded
    values of streams that are not f32 are then what is in memory: i16 for bf16,
    f16 and the high half of split, i8 for q8. Streams with a second array (q8's
    exponents, split's low halves) have one more i16 argument each at the end,
    results one more yielded value.

    ```mlir
    %p_t = kernel 0 streams(%p, %g) scalars(%lr) {
    ^bb0(%x: f32, %y: f32, %s: f32):
      ...
      yield %r
    } : !optim.element
    ```
  }];
  let arguments = (ins I32Attr:$phase, Variadic<Optim_Number>:$streams,
    Variadic<Optim_Value>:$scalars, DenseI32ArrayAttr:$randomIds);
  let results = (outs Variadic<Optim_Number>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static constexpr llvm::StringLiteral formatsAttrName = "optim.formats";
    static constexpr llvm::StringLiteral cutAttrName = "optim.cut";
    /// Whether the body works on what is in memory.
    bool isStored();
    /// Of streams and results; f32 before `optim-expand-storage`.
    StorageAttr getStreamFormat(unsigned i);
    StorageAttr getResultFormat(unsigned i);
    /// The region argument, or the yielded value, with the second array of a
    /// stream or result that has one.
    unsigned getAuxArgument(unsigned stream);
    unsigned getAuxYield(unsigned result);
  }];
}

def Optim_BlockMaxOp : Optim_Op<"block_max", [Pure, SameOperandsAndResultType]> {
  let summary = "the largest of the element's block of 256, unsigned";
  let description = [{
    In the body of a stored kernel: the only op there that is not elementwise.
    Blocks are counted from the tensor's start; the last may be short.

    ```mlir
    %top = block_max %bits : i32
    ```
  }];
  let arguments = (ins I32:$operand);
  let results = (outs I32:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{ static constexpr int64_t size = 256; }];
}

#endif // OPTIMC_DIALECT_OPTIM_IR_OPTIMLOWEREDOPS_TD
