//===- OptimMixtureOps.td - high-level ops -*- tablegen -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_OPTIMMIXTUREOPS_TD
#define OPTIMC_DIALECT_OPTIM_IR_OPTIMMIXTUREOPS_TD

include "optimc/Dialect/Optim/IR/OptimOpBase.td"

// A scalar argument is a value or a literal: `decay %beta1`, `decay 0.9`.
// Exactly one of the operand and the attribute is there (getMixedX()).

def Optim_ExprOp : Optim_JoinOp<"expr"> {
  let summary = "infix arithmetic";
  let description = [{
    Keeps its tree, so that it prints back as written. `optim-expand-expr`
    rewrites it: a product that is a direct term of a sum of the same precision
    becomes one `fma`, left to right; every other node rounds once; parts of
    scalar rate are computed in float64.

    Functions: `sqrt abs sign square exp log rsqrt recip tanh sin cos floor ceil`
    of one argument, `min max pow mod` of two, `fma clamp select` of three.

    ```mlir
    %p_t = expr %p - %lr * (%u + %weight_decay * %p)
    ```
    `code` is the tree in postfix order: k >= 0 is operand k, -1-k is literal k,
    and values from ExprCode::First on are operators.
  }];
  let arguments = (ins Variadic<Optim_Value>:$inputs,
                       DenseI32ArrayAttr:$code,
                       Optim_NumberArrayAttr:$literals);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Optim_EmaOp : Optim_JoinOp<"ema"> {
  let summary = "exponential moving average";
  let description = [{
    `w = 1 - decay` in float64, rounded once to the precision of the result;
    the result is `x` if `w == 1`, else `fma(w, x - old, old)`.

    ```mlir
    %m_t = ema %m, %g decay %beta1
    ```
  }];
  let arguments = (ins Optim_Number:$old, Optim_Number:$x,
    Optional<Optim_Number>:$decay, OptionalAttr<Optim_NumberAttr>:$decayLiteral);
  let assemblyFormat = [{
    custom<Rated>($old, type($old)) `,` custom<Rated>($x, type($x))
    `decay` custom<Scalar>($decay, type($decay), $decayLiteral) attr-dict
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = compatibleDeclaration # [{
    mlir::OpFoldResult getMixedDecay() {
      return support::mixed(getDecay(), getDecayLiteralAttr());
    }
  }];
}

def Optim_LerpOp : Optim_JoinOp<"lerp"> {
  let summary = "move from old towards x by a weight of any rate";
  let description = [{
    `x` if `weight == 1`, else `fma(weight, x - old, old)`, with the weight in
    the precision of the result. `ema` is `lerp` with weight `1 - decay`.

    ```mlir
    %m_t = lerp %m, %g weight %w
    ```
  }];
  let arguments = (ins Optim_Number:$old, Optim_Number:$x,
    Optional<Optim_Number>:$weight,
    OptionalAttr<Optim_NumberAttr>:$weightLiteral);
  let assemblyFormat = [{
    custom<Rated>($old, type($old)) `,` custom<Rated>($x, type($x))
    `weight` custom<Scalar>($weight, type($weight), $weightLiteral) attr-dict
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = compatibleDeclaration # [{
    mlir::OpFoldResult getMixedWeight() {
      return support::mixed(getWeight(), getWeightLiteralAttr());
    }
  }];
}

def Optim_MeanOp : Optim_JoinOp<"mean"> {
  let summary = "uniform running mean";
  let description = [{
    `lerp` with weight `1 / count` (float64): at count 1 the result is `x`.

    ```mlir
    %a_t = mean %a, %g count %j
    ```
  }];
  let arguments = (ins Optim_Number:$old, Optim_Number:$x,
    Optional<Optim_Number>:$count, OptionalAttr<Optim_NumberAttr>:$countLiteral);
  let assemblyFormat = [{
    custom<Rated>($old, type($old)) `,` custom<Rated>($x, type($x))
    `count` custom<Scalar>($count, type($count), $countLiteral) attr-dict
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = compatibleDeclaration # [{
    mlir::OpFoldResult getMixedCount() {
      return support::mixed(getCount(), getCountLiteralAttr());
    }
  }];
}

def Optim_DebiasOp : Optim_PureOp<"debias", [AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<InferTypeOpInterface,
      ["inferReturnTypes"]>]> {
  let summary = "bias correction of an EMA that started at zero";
  let description = [{
    `x * (1 / (1 - decay^n))`, the factor in float64; `n` is `t` or `count`. With
    a scheduled decay this uses today's value; spell the exact form out as an
    `ema` of 1.

    ```mlir
    %m_hat = debias %m_t decay %beta1
    ```
  }];
  let arguments = (ins Optim_Number:$x, Optional<Optim_Number>:$decay,
    Optional<Optim_Number>:$count, OptionalAttr<Optim_NumberAttr>:$decayLiteral,
    OptionalAttr<Optim_NumberAttr>:$countLiteral);
  let results = (outs Optim_Number:$result);
  let assemblyFormat = [{
    custom<Rated>($x, type($x)) `decay`
    custom<DecayAndCount>($decay, type($decay), $decayLiteral,
                          $count, type($count), $countLiteral) attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static bool isCompatibleReturnTypes(mlir::TypeRange inferred,
                                        mlir::TypeRange declared);
    mlir::OpFoldResult getMixedDecay() {
      return support::mixed(getDecay(), getDecayLiteralAttr());
    }
    /// Null where the count is `t`.
    mlir::OpFoldResult getMixedCount() {
      return support::mixed(getCount(), getCountLiteralAttr());
    }
  }];
}

def Optim_MixOp : Optim_JoinOp<"mix", [AttrSizedOperandSegments]> {
  let summary = "a linear mixture";
  let description = [{
    `c1 * x1 + c2 * x2 + ...`, left to right by `fma`, starting from -0 (the
    neutral element of addition, so that the first product is rounded once). A
    term whose coefficient is 0 contributes nothing, also at run time and also
    if its value is infinite or NaN.

    ```mlir
    %n = mix 1 * %m1_hat + %alpha_t * %m2_t
    ```
    Coefficients are scalars. `coefficientLiterals` has one entry per term: a
    number, or unit where the next of `coefficients` is used.
  }];
  let arguments = (ins Variadic<Optim_Number>:$values,
    Variadic<Optim_Number>:$coefficients, ArrayAttr:$coefficientLiterals);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = compatibleDeclaration # [{
    llvm::SmallVector<mlir::OpFoldResult> getMixedCoefficients() {
      return support::mixed(getCoefficients(), getCoefficientLiterals());
    }
  }];
}

def Optim_PeriodOp : Optim_PureOp<"period",
    [DeclareOpInterfaceMethods<InferTypeOpInterface,
      ["inferReturnTypes"]>]> {
  let summary = "position in a cycle of K steps";
  let description = [{
    `j = (t - 1) mod K + 1`, `n = floor((t - 1) / K) + 1` (the n-th period), and
    `last`: whether `j == K`.

    ```mlir
    %j, %n, %last = period %period
    ```
  }];
  let arguments = (ins Optional<Optim_Number>:$length,
                       OptionalAttr<Optim_NumberAttr>:$lengthLiteral);
  let results = (outs Optim_Number:$j, Optim_Number:$n, Optim_Predicate:$last);
  let assemblyFormat =
      "custom<Scalar>($length, type($length), $lengthLiteral) attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static bool isCompatibleReturnTypes(mlir::TypeRange inferred,
                                        mlir::TypeRange declared);
    mlir::OpFoldResult getMixedLength() {
      return support::mixed(getLength(), getLengthLiteralAttr());
    }
  }];
}

def Optim_EveryOp : Optim_PureOp<"every",
    [DeclareOpInterfaceMethods<InferTypeOpInterface,
      ["inferReturnTypes"]>]> {
  let summary = "whether t mod K == 0";
  let description = [{
    ```mlir
    %sync = every 6
    ```
  }];
  let arguments = (ins Optional<Optim_Number>:$length,
                       OptionalAttr<Optim_NumberAttr>:$lengthLiteral);
  let results = (outs Optim_Predicate:$result);
  let assemblyFormat =
      "custom<Scalar>($length, type($length), $lengthLiteral) attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static bool isCompatibleReturnTypes(mlir::TypeRange inferred,
                                        mlir::TypeRange declared);
    mlir::OpFoldResult getMixedLength() {
      return support::mixed(getLength(), getLengthLiteralAttr());
    }
  }];
}

def Optim_DelayOp : Optim_PureOp<"delay",
    [DeclareOpInterfaceMethods<InferTypeOpInterface,
      ["inferReturnTypes"]>]> {
  let summary = "the value of W steps ago";
  let description = [{
    A ring of W slots, zero in the first W steps; slot `(t - 1) mod W` is read and
    then replaced. The ring is a state named `state`.

    ```mlir
    %g_prev = delay %g by 1 "previous_grad"
    ```
  }];
  let arguments = (ins Optim_Number:$x,
      ConfinedAttr<I64Attr, [IntPositive]>:$window, StrAttr:$state);
  let results = (outs Optim_Number:$result);
  let extraClassDeclaration = [{
    static bool isCompatibleReturnTypes(mlir::TypeRange inferred,
                                        mlir::TypeRange declared);
  }];
  let assemblyFormat =
      "custom<Rated>($x, type($x)) `by` custom<Window>($window) $state attr-dict";
  let hasVerifier = 1;
}

def Optim_ScheduleOp : Optim_PureOp<"schedule",
    [DeclareOpInterfaceMethods<InferTypeOpInterface,
      ["inferReturnTypes"]>]> {
  let summary = "a scalar that changes with the step";
  let description = [{
    `s` is the step counted from `after` (0 unless given): `s = t - after`.
    Schedules between A and B over T are exactly A at `s <= 0`, exactly B from
    `s >= T` on (so T = 0 is B at once), and exactly A throughout if A == B.
    With `x = s / T`:

    | kind | value |
    |---|---|
    | `constant A` | A |
    | `linear A -> B over T` | A + (B - A) x |
    | `half_life A -> B over T` | exp(1 / ((1 - x) / ln A + x / ln B)): the half-life moves linearly |
    | `cosine A -> B over T` | B + (A - B) (1 + cos(pi x)) / 2 |
    | `exponential A -> B over T` | A (B / A)^x |
    | `polynomial A -> B over T power P` | B + (A - B) (1 - x)^P |
    | `inv_sqrt A over T` | A min(s / T, sqrt(T / s)): warm-up, then decay; T = 0: A / sqrt(s) |
    | `step A factor F every K` | A F^floor(s / K) |
    | `wsd A -> B -> C over W, S, D` | linear A -> B over W, B for S steps, linear B -> C over D |
    | `one_cycle A -> B -> C over W, D` | cosine A -> B over W, then cosine B -> C over D |
    | `piecewise V0, V1, ... at N1, ...` | V0 while s < N1, V1 while s < N2, ... |
    | `join %a, %b, ... at N1, ...` | the same choice among other schedules' values |

    ```mlir
    %alpha_t = schedule linear 0 -> %alpha over %alpha_warmup
    %beta3_t = schedule half_life %beta1 -> %beta3 over %beta3_warmup
    ```
    `args` in the order of the text, `after` last; `literals` has one entry per
    argument: a number, or unit where the next of `args` is used.
    `nPoints` is the number of values of `piecewise` and `join`.
  }];
  let arguments = (ins Optim_ScheduleAttr:$kind, Variadic<Optim_Number>:$args,
      ArrayAttr:$literals, DefaultValuedAttr<I32Attr, "0">:$nPoints,
      UnitAttr:$hasAfter);
  let results = (outs Optim_Number:$result);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static bool isCompatibleReturnTypes(mlir::TypeRange inferred,
                                        mlir::TypeRange declared);
    llvm::SmallVector<mlir::OpFoldResult> getMixedArgs() {
      return support::mixed(getArgs(), getLiterals());
    }
  }];
}

#endif // OPTIMC_DIALECT_OPTIM_IR_OPTIMMIXTUREOPS_TD
