//===- OptimArithmeticOps.td - elementary ops -*- tablegen -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_OPTIMARITHMETICOPS_TD
#define OPTIMC_DIALECT_OPTIM_IR_OPTIMARITHMETICOPS_TD

include "optimc/Dialect/Optim/IR/OptimOpBase.td"

//===-- Sources -----------------------------------------------------------===//

def Optim_ConstantOp : Optim_PureOp<"constant", [ConstantLike]> {
  let summary = "a literal";
  let description = [{
    A number known to the compiler, in float64. It is rounded to float32 where
    it meets a finer operand, as every scalar is. Folds write constants of finer
    rates, which are already rounded: `constant 0.5 : element`.

    ```mlir
    %c = constant 1e-3
    ```
  }];
  let arguments = (ins Optim_NumberAttr:$value);
  let results = (outs Optim_Number:$result);
  let hasCustomAssemblyFormat = 1;
  let hasFolder = 1;
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "double":$value,
                                 CArg<"Rate", "Rate::Const">:$rate)>];
}

def Optim_TruthOp : Optim_PureOp<"truth", [ConstantLike]> {
  let summary = "a literal truth value";
  let description = [{
    ```mlir
    %yes = truth true
    ```
  }];
  let arguments = (ins BoolAttr:$value);
  let results = (outs Optim_Predicate:$result);
  let hasCustomAssemblyFormat = 1;
  let hasFolder = 1;
  let builders = [OpBuilder<(ins "bool":$value,
                                 CArg<"Rate", "Rate::Const">:$rate)>];
}

def Optim_StepOp : Optim_PureOp<"t",
    [DeclareOpInterfaceMethods<InferTypeOpInterface, ["inferReturnTypes"]>]> {
  let summary = "the step counter: 1 in the first step";
  let description = [{
    The number of the step that is being taken, per clock: the stored group
    state "step" plus one. `commit` stores it, unless it says otherwise
    (`commit ..., t = %n`). Entries do not advance the clock: there `t` is the
    number of steps taken.

    ```mlir
    %t = t
    ```
  }];
  let results = (outs Optim_Number:$result);
  let hasCustomAssemblyFormat = 1;
}

def Optim_RandomOp : Optim_PureOp<"random",
    [DeclareOpInterfaceMethods<InferTypeOpInterface, ["inferReturnTypes"]>]> {
  let summary = "uniform in [0, 1), per element";
  let description = [{
    `(h >> 8) * 2^-24` with the keyed hash of `optimc-c/Program.h`: a function of
    seed, step, tensor, element index and `id`, and of nothing else, so threads,
    shards and devices do not change it. Equal ids give equal values.

    ```mlir
    %r = random 0
    ```
  }];
  let arguments = (ins ConfinedAttr<I32Attr, [IntNonNegative]>:$id);
  let results = (outs Optim_Number:$result);
  let hasCustomAssemblyFormat = 1;
}

def Optim_RankOp : Optim_PureOp<"has_rank",
    [DeclareOpInterfaceMethods<InferTypeOpInterface, ["inferReturnTypes"]>]> {
  let summary = "whether the tensor has at least this many dimensions";
  let description = [{
    What a `case` becomes a `select` on. It never changes for a tensor, so that
    programs have a plan per class and nothing is tested at run time.

    ```mlir
    %matrix = has_rank 2
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntPositive]>:$minRank);
  let results = (outs Optim_Predicate:$result);
  let assemblyFormat = "$minRank attr-dict";
}

//===-- Arithmetic --------------------------------------------------------===//
// One rounding each, in the precision of the result's rate.

def Optim_AddOp : Optim_BinaryOp<"add", [Commutative]> {
  let summary = "lhs + rhs";
  let hasFolder = 1;
}
def Optim_SubOp : Optim_BinaryOp<"sub"> {
  let summary = "lhs - rhs";
  let hasFolder = 1;
}
def Optim_MulOp : Optim_BinaryOp<"mul", [Commutative]> {
  let summary = "lhs * rhs";
  let hasFolder = 1;
}
def Optim_DivOp : Optim_BinaryOp<"div"> {
  let summary = "lhs / rhs, correctly rounded";
  let hasFolder = 1;
}
def Optim_FmaOp : Optim_JoinOp<"fma"> {
  let summary = "a * b + c: one rounding in float32, two in float64";
  let arguments = (ins Optim_Number:$a, Optim_Number:$b, Optim_Number:$c);
  let assemblyFormat = [{
    custom<Rated>($a, type($a)) `,` custom<Rated>($b, type($b)) `,`
    custom<Rated>($c, type($c)) attr-dict
  }];
  let hasFolder = 1;
}
def Optim_MinOp : Optim_BinaryOp<"min", [Commutative]> {
  let summary = "IEEE 754-2019 minimum: NaN if either is NaN, -0 < +0";
  let hasFolder = 1;
}
def Optim_MaxOp : Optim_BinaryOp<"max", [Commutative]> {
  let summary = "IEEE 754-2019 maximum: NaN if either is NaN, -0 < +0";
  let hasFolder = 1;
}
def Optim_PowOp : Optim_BinaryOp<"pow"> {
  let summary = "lhs to the power of rhs (C99 Annex F special cases)";
  let hasFolder = 1;
}
def Optim_ModOp : Optim_BinaryOp<"mod"> {
  let summary = "lhs - rhs * floor(lhs / rhs); scalar rates only";
  let hasVerifier = 1;
  let hasFolder = 1;
}
def Optim_ClampOp : Optim_JoinOp<"clamp"> {
  let summary = "min(max(x, low), high)";
  let arguments = (ins Optim_Number:$x, Optim_Number:$low, Optim_Number:$high);
  let assemblyFormat = [{
    custom<Rated>($x, type($x)) `,` custom<Rated>($low, type($low)) `,`
    custom<Rated>($high, type($high)) attr-dict
  }];
  let hasFolder = 1;
}

/// Never folded: roots and transcendental functions have one definition each,
/// in the interpreter and in the code that is emitted, and none in the folds.
class Optim_FunctionOp<string mnemonic, string text>
    : Optim_UnaryOp<mnemonic> {
  let summary = text;
}
class Optim_FoldedUnaryOp<string mnemonic, string text>
    : Optim_UnaryOp<mnemonic> {
  let summary = text;
  let hasFolder = 1;
}
def Optim_NegOp : Optim_FoldedUnaryOp<"neg", "-x: flips the sign bit">;
def Optim_AbsOp : Optim_FoldedUnaryOp<"abs", "|x|: clears the sign bit">;
def Optim_SqrtOp : Optim_FunctionOp<"sqrt", "square root, correctly rounded">;
def Optim_RsqrtOp : Optim_FunctionOp<"rsqrt", "1 / sqrt(x), two roundings">;
def Optim_RecipOp : Optim_FoldedUnaryOp<"recip", "1 / x">;
def Optim_SquareOp : Optim_FoldedUnaryOp<"square", "x * x">;
def Optim_SignOp : Optim_FoldedUnaryOp<"sign", "-1 or 1; x itself if x is 0 or NaN">;
def Optim_ExpOp : Optim_FunctionOp<"exp", "e^x">;
def Optim_LogOp : Optim_FunctionOp<"log", "natural logarithm">;
def Optim_TanhOp : Optim_FunctionOp<"tanh", "hyperbolic tangent">;
def Optim_SinOp : Optim_FunctionOp<"sin", "sine of radians">;
def Optim_CosOp : Optim_FunctionOp<"cos", "cosine of radians">;
def Optim_FloorOp : Optim_FoldedUnaryOp<"floor", "largest whole number <= x; scalar rates only"> {
  let hasVerifier = 1;
}
def Optim_CeilOp : Optim_FoldedUnaryOp<"ceil", "smallest whole number >= x; scalar rates only"> {
  let hasVerifier = 1;
}

//===-- Rates -------------------------------------------------------------===//

def Optim_BroadcastOp : Optim_PureOp<"broadcast"> {
  let summary = "the same value at a finer rate";
  let description = [{
    Rounds to float32 when it crosses from a scalar rate to a finer one. Every op
    does this to its operands by itself; the explicit form is for folds, which
    may not change a value's rate.

    ```mlir
    %b = broadcast %lr to element
    ```
  }];
  let arguments = (ins Optim_Value:$operand, Optim_RateAttr:$rate);
  let results = (outs Optim_Value:$result);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasFolder = 1;
  let builders = [OpBuilder<(ins "mlir::Value":$operand, "Rate":$rate)>];
}

def Optim_ReduceOp : Optim_PureOp<"reduce"> {
  let summary = "the only way to a coarser rate";
  let description = [{
    Counts each value of its operand's own rate once, in the exact order of
    `docs/Numerics.md`, so that the result has the same bits on every target,
    thread count and sharding. `mean` divides by the unsharded count, in float64.
    A tensor of rank >= 2 is viewed as batch x rows x cols of its last two
    dimensions. The result's stage is one more than its operand's.

    ```mlir
    %norm_sq = reduce sum_sq %g to model
    ```
  }];
  let arguments = (ins Optim_ReductionAttr:$kind, Optim_Number:$operand,
                       Optim_RateAttr:$rate);
  let results = (outs Optim_Number:$result);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

//===-- Predicates --------------------------------------------------------===//

def Optim_CmpOp : Optim_PredicateOp<"cmp"> {
  let summary = "a comparison";
  let description = [{
    `lt le gt ge eq` are false and `ne` is true if an operand is NaN. Operands of
    different rates are compared in the precision of the finer one.

    ```mlir
    %late = cmp ge %t, %warmup
    ```
  }];
  let arguments = (ins Optim_CompareAttr:$kind, Optim_Number:$lhs,
                       Optim_Number:$rhs);
  let assemblyFormat = [{
    custom<CompareKind>($kind) custom<Rated>($lhs, type($lhs)) `,`
    custom<Rated>($rhs, type($rhs)) attr-dict
  }];
  let hasFolder = 1;
}
class Optim_LogicOp<string mnemonic, string text>
    : Optim_PredicateOp<mnemonic, [Commutative]> {
  let summary = text;
  let arguments = (ins Optim_Predicate:$lhs, Optim_Predicate:$rhs);
  let assemblyFormat = [{
    custom<Truth>($lhs, type($lhs)) `,` custom<Truth>($rhs, type($rhs))
    attr-dict
  }];
  let hasFolder = 1;
}
def Optim_AndOp : Optim_LogicOp<"and", "both">;
def Optim_OrOp : Optim_LogicOp<"or", "at least one">;
def Optim_NotOp : Optim_PredicateOp<"not"> {
  let summary = "the opposite";
  let arguments = (ins Optim_Predicate:$operand);
  let assemblyFormat = "custom<Truth>($operand, type($operand)) attr-dict";
  let hasFolder = 1;
}
def Optim_SelectOp : Optim_JoinOp<"select"> {
  let summary = "one of two numbers";
  let description = [{
    Both are computed; a predicate that the host knows makes kernel variants
    where that removes work (`optim-specialize`).

    ```mlir
    %m_t = select %last, %m_n, %m
    ```
  }];
  let arguments = (ins Optim_Predicate:$condition, Optim_Number:$onTrue,
                       Optim_Number:$onFalse);
  let assemblyFormat = [{
    custom<Truth>($condition, type($condition)) `,`
    custom<Rated>($onTrue, type($onTrue)) `,`
    custom<Rated>($onFalse, type($onFalse)) attr-dict
  }];
  let hasFolder = 1;
}

#endif // OPTIMC_DIALECT_OPTIM_IR_OPTIMARITHMETICOPS_TD
