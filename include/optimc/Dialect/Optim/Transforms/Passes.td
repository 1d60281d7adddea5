//===- Passes.td - passes over the optim dialect -*- tablegen -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_TRANSFORMS_PASSES_TD
#define OPTIMC_DIALECT_OPTIM_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

// In the order of the default pipeline.

defvar OptimPhasesOption = Option<"phases", "phases", "::optimc::PhasePolicy",
  /*default=*/"::optimc::PhasePolicy::Cheapest",
  "what several phases of a body with reductions need", [{::llvm::cl::values(
    clEnumValN(::optimc::PhasePolicy::Cheapest, "cheapest",
               "whatever moves fewer bytes"),
    clEnumValN(::optimc::PhasePolicy::Recompute, "recompute",
               "is computed again in each"),
    clEnumValN(::optimc::PhasePolicy::Store, "store",
               "is stored by the first where it is a new state"))}]>;

def OptimInline : Pass<"optim-inline", "mlir::ModuleOp"> {
  let summary = "Replace calls by the bodies of their templates";
  let description = [{
    A template (`optim.func`) has no rates of its own: its arguments take those
    of each call. After this pass every value has its rate and no template is
    left. Values keep the template's names, results those of the call.

    Before:
    ```mlir
    optim.func @nesterov(%m, %g, %beta) {
      %u = expr %beta * %m + %g
      yield %u
    }
    optim.optimizer @sgd(%p, %g) hyper(%mu = 0.9) state(%buf) {
      %d = call @nesterov(%buf, %g, %mu)
      ...
    ```
    After:
    ```mlir
    optim.optimizer @sgd(%p, %g) hyper(%mu = 0.9) state(%buf) {
      %d = expr %mu * %buf + %g
      ...
    ```
    Math that is not legal at the rates of a call is an error in the template,
    with the call as its cause.
  }];
  let dependentDialects = ["OptimDialect"];
  let statistics = [Statistic<"inlined", "calls inlined",
                              "calls replaced by a template's body">];
}

def OptimWrapAmp : Pass<"optim-wrap-amp", "OptimizerOp"> {
  let summary = "Add gradient unscaling and the found-inf gate";
  let description = [{
    Mixed-precision training scales the loss. This wrapper adds two inputs per
    model: the gradient is multiplied by `1 / grad_scale`, and where `found_inf`
    is not 0 nothing moves, clocks and schedules included. Entries that read the
    gradient are treated alike; entries that do not are left alone.

    Before:
    ```mlir
    optim.optimizer @sgd(%p, %g) hyper(%lr = 1e-3) {
      %p_t = expr %p - %lr * %g
      commit %p = %p_t
    }
    ```
    After:
    ```mlir
    optim.optimizer @sgd(%p, %g)
        hyper(%lr = 1e-3)
        input(%grad_scale : model = 1, %found_inf : model = 0) {
      %inv_scale = recip %grad_scale
      %g_unscaled = mul %g, %inv_scale
      %p_t = expr %p - %lr * %g_unscaled
      %c0 = constant 0
      %finite = cmp eq %found_inf, %c0
      commit %p = %p_t when %finite
    }
    ```
    A gate that the spec already has is joined by `and`.
  }];
  let dependentDialects = ["OptimDialect"];
}

def OptimFreeze : Pass<"optim-freeze", "OptimizerOp"> {
  let summary = "Bind hyperparameters at compile time";
  let description = [{
    Each named hyperparameter becomes a constant in every body, and is marked
    `frozen` with that value, so that the runtime refuses to change it. `static`
    ones that are not named are bound to their defaults. Values are checked
    against the declared range.

    With `values="beta1=0"`, before:
    ```mlir
    optim.optimizer @f(%p, %g) hyper(%beta1 = 0.9 in [0, 1)) state(%m) {
      %m_t = ema %m, %g decay %beta1
      ...
    ```
    After:
    ```mlir
    optim.optimizer @f(%p, %g) hyper(%beta1 = 0 in [0, 1) frozen) state(%m) {
      %beta1_0 = constant 0
      %m_t = ema %m, %g decay %beta1_0
      ...
    ```
  }];
  let options = [
    ListOption<"values", "values", "std::string",
               "bindings `name=value`, separated by commas">
  ];
  let dependentDialects = ["OptimDialect"];
}

def OptimSetStorage : Pass<"optim-set-storage", "OptimizerOp"> {
  let summary = "Choose how streams are stored";
  let description = [{
    `formats` is a list of `name=format`. A name is `param`, `grad`, that of a
    state or input of element rate, or `states` for all states that are not named
    on their own. What is not named keeps what the spec says, or float32.

    With `states=q8` a state is stored in the format that works for it: one whose
    average is too slow for round-to-nearest (docs/Numerics.md) becomes `q8_sr` if
    it is never negative, else `bf16_sr`; `states=bf16` and `states=f16` give
    `bf16_sr` to those. A q8 state that is never negative is `unsigned`.

    `param=bf16,master_param=f32` adds float32 master weights: a state
    `master_param`, a copy of the parameter, that the step reads and writes in
    its place, while the parameter gets the rounded result.

    Before, with `formats=param=bf16,master_param=f32`:
    ```mlir
    optim.optimizer @sgd(%p, %g) hyper(%lr = 1e-3) {
      %p_t = expr %p - %lr * %g
      commit %p = %p_t
    }
    ```
    After:
    ```mlir
    optim.optimizer @sgd(%p, %g) hyper(%lr = 1e-3)
        state(%master_param = param)
        storage(param = bf16) {
      %p_t = expr %master_param - %lr * %g
      commit %p = %p_t, %master_param = %p_t
    }
    ```
  }];
  let dependentDialects = ["OptimDialect"];
  let options = [ListOption<"formats", "formats", "std::string",
                            "name=format of streams">];
}

def OptimExpandDelays : Pass<"optim-expand-delays", "OptimizerOp"> {
  let summary = "Turn delays into ring states";
  let description = [{
    A `delay` by W steps is a state of W slots: slot `(t - 1) mod W` is what the
    step sees, and what it commits. In a class of tensors (`case`) the other
    class keeps the old value.

    Before:
    ```mlir
    %g_prev = delay %g by 1 "previous_grad"
    %d = sub %g, %g_prev
    ```
    After:
    ```mlir
    optim.optimizer @f(%p, %g) state(%previous_grad) {
      %d = sub %g, %previous_grad
      ...
      commit ..., %previous_grad = %g
    ```
    Runs before gates are expanded, so that a skipped step moves no ring.
  }];
  let dependentDialects = ["OptimDialect"];
}

def OptimExpandScalarRings : Pass<"optim-expand-scalar-rings", "OptimizerOp"> {
  let summary = "Turn rings of scalars into one state per slot";
  let description = [{
    Kernels move a ring's pointer; scalar functions have all states at hand and
    select. A ring of W scalars is W states, which checkpoints keep under the
    names `name_0` to `name_{W-1}`, slot by slot. At most 1024.

    Before:
    ```mlir
    optim.optimizer @f(%p, %g) state(%d "old" : group slots 2) {
      %x = add %d, 1
      commit %d = %x
    ```
    After:
    ```mlir
    optim.optimizer @f(%p, %g) state(%d_0 "old_0" : group, %d_1 "old_1" : group) {
      %t = t
      %d_previous = sub %t, %c1
      %d_taken = max %d_previous, %c0
      %d_slot = mod %d_taken, %c2
      %d_is0 = cmp eq %d_slot, %c0
      %d_is1 = cmp eq %d_slot, %c1
      %d_old = select %d_is1, %d_1, %d_0
      %x = add %d_old, 1
      %d_next0 = select %d_is0, %x, %d_0
      %d_next1 = select %d_is1, %x, %d_1
      commit %d_0 = %d_next0, %d_1 = %d_next1
    ```
    Runs after `optim-expand-delays` and before gates are expanded.
  }];
  let dependentDialects = ["OptimDialect"];
}

def OptimExpandCases : Pass<"optim-expand-cases", "OptimizerOp"> {
  let summary = "Turn classes of tensors into selects on the rank";
  let description = [{
    The ops of both classes move out of the `case`; each result is a `select` on
    `has_rank`. `optim-specialize` removes the selects again: a program has one
    plan per class, in which the predicate is known.

    Before:
    ```mlir
    %u = case rank >= 2 {
      %a = ...
      yield %a
    } else {
      %b = ...
      yield %b
    }
    ```
    After:
    ```mlir
    %rank_2_up = has_rank 2
    %a = ...
    %b = ...
    %u = select %rank_2_up, %a, %b
    ```
    A `reduce` to `group` or `model` in a class is an error: it would count the
    tensors of that class only, which a select cannot say.
  }];
  let dependentDialects = ["OptimDialect"];
}

def OptimExpandGates : Pass<"optim-expand-gates", "OptimizerOp"> {
  let summary = "Turn gated commits into selects";
  let description = [{
    `commit s = n when g` keeps every old value where `g` is false, the clock
    included: `s = select(g, n, s)` and `t = select(g, t, t - 1)`. Outputs are
    written either way.

    Before:
    ```mlir
    commit %p = %p_t, %m = %m_t when %finite
    ```
    After:
    ```mlir
    %p_gated = select %finite, %p_t, %p
    %m_gated = select %finite, %m_t, %m
    %t = t
    %c1 = constant 1
    %t_old = sub %t, %c1
    %t_gated = select %finite, %t, %t_old
    commit %p = %p_gated, %m = %m_gated, t = %t_gated
    ```
    Entries do not advance the clock, so theirs is not touched.
  }];
  let dependentDialects = ["OptimDialect"];
}

def OptimExpandExpr : Pass<"optim-expand-expr", "OptimizerOp"> {
  let summary = "Turn infix expressions into elementary ops";
  let description = [{
    One op per node, each rounding once in the precision of its own rate, with
    one exception: a product that is a direct term of a sum of the same
    precision becomes `fma`. Where both terms are products, the right one is
    fused. Parts of scalar rate are computed in float64 and rounded once.

    Before:
    ```mlir
    %u   = expr %m_hat / (sqrt(%v_hat) + %eps)
    %p_t = expr %p - %lr * %u
    ```
    After:
    ```mlir
    %u_sqrt = sqrt %v_hat
    %u_add = add %u_sqrt, %eps
    %u = div %m_hat, %u_add
    %p_t_neg = neg %lr
    %p_t = fma %p_t_neg, %u, %p
    ```
  }];
  let dependentDialects = ["OptimDialect"];
}

def OptimExpandMixtures : Pass<"optim-expand-mixtures", "OptimizerOp"> {
  let summary = "Turn ema, lerp, mean, debias, mix, period and every into elementary ops";
  let description = [{
    Each op becomes the formula that defines it (docs/Numerics.md). Weights are
    compared with 1, and coefficients with 0, after they are rounded to the
    precision of the result, hence the explicit `broadcast`; where they are known
    at compile time the comparison is made here. The weight of a `mean` is
    compared on the host, so that the first step of a cycle, which does not read
    the old mean, can become a kernel variant.

    Before:
    ```mlir
    %m_t   = ema %m, %g decay %beta1
    %m_hat = debias %m_t decay %beta1
    ```
    After:
    ```mlir
    %c1 = constant 1
    %m_w = sub %c1, %beta1
    %m_diff = sub %g, %m
    %m_moved = fma %m_w, %m_diff, %m
    %m_w_f32 = broadcast %m_w to element
    %m_replace = cmp eq %m_w_f32, %c1
    %m_t = select %m_replace, %g, %m_moved
    %t = t
    %m_hat_pow = pow %beta1, %t
    %m_hat_mass = sub %c1, %m_hat_pow
    %m_hat_scale = recip %m_hat_mass
    %m_hat = mul %m_t, %m_hat_scale
    ```
  }];
  let dependentDialects = ["OptimDialect"];
}

def OptimExpandSchedules : Pass<"optim-expand-schedules", "OptimizerOp"> {
  let summary = "Turn schedules into elementary ops";
  let description = [{
    Each kind becomes the float64 formula of docs/Numerics.md, followed by the
    selects that make both ends exact.

    Before:
    ```mlir
    %alpha_t = schedule linear 0 -> %alpha over %warmup
    ```
    After:
    ```mlir
    %c0 = constant 0
    %t = t
    %alpha_t_x = div %t, %warmup
    %alpha_t_range = sub %alpha, %c0
    %alpha_t_term = mul %alpha_t_range, %alpha_t_x
    %alpha_t_inner = add %c0, %alpha_t_term
    %alpha_t_equal = cmp eq %c0, %alpha
    %alpha_t_flat = select %alpha_t_equal, %c0, %alpha_t_inner
    %alpha_t_before = cmp le %t, %c0
    %alpha_t_low = select %alpha_t_before, %c0, %alpha_t_flat
    %alpha_t_after = cmp ge %t, %warmup
    %alpha_t = select %alpha_t_after, %alpha, %alpha_t_low
    ```
  }];
  let dependentDialects = ["OptimDialect"];
}

def OptimElideStates : Pass<"optim-elide-states", "OptimizerOp"> {
  let summary = "Drop states and inputs that nothing needs";
  let description = [{
    A state is needed if it is `observable`, or if its old value reaches, through
    any ops, the parameter, an output, the clock, or a needed state, in the step
    or in an entry. All others are removed with their commits, and the ops and
    inputs that only they used. Hyperparameters stay: they are the interface.

    `--freeze beta1=0` makes AdEMAMix's fast EMA the gradient itself; before:
    ```mlir
    optim.optimizer @f(%p, %g) state(%m "exp_avg") {
      %p_t = sub %p, %g
      commit %p = %p_t, %m = %g
    }
    ```
    After:
    ```mlir
    optim.optimizer @f(%p, %g) {
      %p_t = sub %p, %g
      commit %p = %p_t
    }
    ```
    A remark names each state and the bytes that it would have cost.
  }];
  let dependentDialects = ["OptimDialect"];
  let statistics = [
    Statistic<"elided", "states elided", "states that nothing needed">,
    Statistic<"elidedInputs", "inputs elided", "inputs that nothing read">
  ];
}

def OptimSplitHost : Pass<"optim-split-host", "OptimizerOp"> {
  let summary = "Outline scalar values into float64 host functions";
  let description = [{
    Everything up to tensor rate moves into `host` ops, one per rate and stage,
    from coarse to fine. What kernels, finer hosts and `commit` need becomes a
    result of the host of its rate, sources included: a kernel reads only host
    results, and a scalar state is committed by the host of its own rate. `t`
    stays outside and is an operand. Element ops keep their order and follow the
    hosts of their stage.

    Before:
    ```mlir
    optim.optimizer @sgd(%p, %g) hyper(%lr = 0.1, %decay = 0.5) {
      %t = t
      %scale = pow %decay, %t
      %step = mul %lr, %scale
      %move = mul %step, %g
      %p_t = sub %p, %move
      commit %p = %p_t
    }
    ```
    After:
    ```mlir
    optim.optimizer @sgd(%p, %g) hyper(%lr = 0.1, %decay = 0.5) {
      %t = t
      %step = host group 0 (%decay, %t, %lr) {
      ^bb0(%decay: !optim.group, %t: !optim.group, %lr: !optim.group):
        %scale = pow %decay, %t
        %step = mul %lr, %scale
        yield %step
      } : !optim.group
      %move = mul %step, %g
      %p_t = sub %p, %move
      commit %p = %p_t
    }
    ```
    `reduce` stays outside, too: what depends on it is of a later stage.
  }];
  let dependentDialects = ["OptimDialect"];
}

def OptimSpecialize : Pass<"optim-specialize", "OptimizerOp"> {
  let summary = "Make variants for predicates that the host knows";
  let description = [{
    A `select` on a host predicate is not a branch in the kernel. Where fixing
    the predicate removes a stream from what is read or written, the element ops
    are cloned into one region of `variants` per truth value, in which selects
    are resolved; regions that turn out equal are joined. Predicates that remove
    no stream stay uniform selects, and so do those beyond the limit; remarks say
    which. Combinations that the host cannot produce (`%a` with `not %a`) get no
    variant. A body with reductions gets one `variants` per phase, in which what
    a leaf does not need is not reduced.

    Before:
    ```mlir
    %p_t = select %last, %x, %p
    %q_t = select %last, %zero, %y
    commit %p = %p_t, %q = %q_t
    ```
    After:
    ```mlir
    %p_t, %q_t = variants (%last) {
      %y = ...
      yield %p, %y
    } case 1 == 0 else {
      %x = ...
      yield %x, %zero
    } case 1 == 1 : !optim.element, !optim.element
    commit %p = %p_t, %q = %q_t
    ```
  }];
  let options = [
    Option<"maxVariants", "max-variants", "unsigned", /*default=*/"8",
           "the number of variants of one body">,
    OptimPhasesOption
  ];
  let dependentDialects = ["OptimDialect"];
}

def OptimMakeKernels : Pass<"optim-make-kernels", "OptimizerOp"> {
  let summary = "Outline element ops into kernels";
  let description = [{
    The element ops of a body, or of each region of its variants, become one
    `kernel` per phase: its streams are what it reads, in the order of the
    signature, its results the new values that it stores or hands to a `reduce`.
    An old value is passed by, and a region that changes nothing has no kernel.
    Values per row, column or block that element ops read get a kernel of their
    own. A phase whose reductions need different cuts of a tensor (rows, blocks,
    the 4096 of the others) has one element kernel for each.

    What a later phase needs of an earlier one is computed again, or read back
    where it is a new state that the earlier one can store: whichever moves
    fewer bytes.

    Before:
    ```mlir
    %move = mul %step, %g
    %p_t = sub %p, %move
    commit %p = %p_t
    ```
    After:
    ```mlir
    %p_t = kernel 0 streams(%p, %g) scalars(%step) {
    ^bb0(%p: !optim.element, %g: !optim.element, %step: !optim.group):
      %move = mul %step, %g
      %p_t = sub %p, %move
      yield %p_t
    } : !optim.element
    commit %p = %p_t
    ```
  }];
  let options = [OptimPhasesOption];
  let dependentDialects = ["OptimDialect"];
}

#endif // OPTIMC_DIALECT_OPTIM_TRANSFORMS_PASSES_TD
