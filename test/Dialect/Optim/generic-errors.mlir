// RUN: %python %S/check-diagnostics %s -- optim-opt
// What only the generic form can say.

// optimizer_c1
"optim.optimizer"() <{entries = ["swap"], gradName = "g", hypers = [], inputs = [], paramName = "p",
// @1 error: an optimizer has a body and one region for each entry, but 1 regions and 1 entries are given
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// optimizer_c2
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
// @1 error: body 'step' has 3 arguments for a signature of 2
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element, %x: !optim.element):
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// optimizer_c2: a type
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [#optim.hyper<name = "lr", initial = <"1">>], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element, %lr: !optim.element):
//                                           ^ error: %lr is '!optim.group' in the signature, but '!optim.element' in body 'step'
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// state_c5
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [#optim.state<argName = "m", name = "m", rate = element, init = hyper>], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element, %m: !optim.element):
//                                           ^ error: state '%m' starts as a number, 'param' or a hyperparameter, as one of them only
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// commit_c1
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 2, 0, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
//^ error: 'commit' gives 0 values to 2 targets
}) : () -> ()

// -----

// commit_c1: outputs
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = ["x"]}> : (!optim.element, !optim.element) -> ()
//^ error: 'commit' names 1 outputs, but has 0
}) : () -> ()

// -----

// constant_c1
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %c = "optim.constant"() <{value = #optim.number<"1">}> : () -> !optim.any
//     ^ error: a 'constant' has a rate: const to element
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// number_c1
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %c = "optim.constant"() <{value = #optim.number<"one">}> : () -> !optim.const
//                                               ^ error: 'one' is not a number
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// rate_c1
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.add"(%p, %g) : (!optim.element, !optim.element) -> !optim.group
//     ^ error: 'optim.add' op inferred type(s) '!optim.element' are incompatible with return type(s) of operation '!optim.group'
//     ^ error: 'optim.add' op failed to infer returned types
//     ^ note: see current operation: %0 = "optim.add"(%arg0, %arg1) : (!optim.element, !optim.element) -> !optim.group
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// type_c1: an operand
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %c = "optim.truth"() <{value = true}> : () -> !optim.pred<const>
  %x = "optim.neg"(%c) : (!optim.pred<const>) -> !optim.const
//     ^ error: 'optim.neg' op operand #0 must be number, but got '!optim.pred<const>'
//     ^ note: see current operation: %1 = "optim.neg"(%0) : (!optim.pred<const>) -> !optim.const
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// random_c1
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.random"() <{id = -1 : i32}> : () -> !optim.element
//     ^ error: 'optim.random' op attribute 'id' failed to satisfy constraint: 32-bit signless integer attribute whose value is non-negative
//     ^ note: see current operation: %0 = "optim.random"() <{id = -1 : i32}> : () -> !optim.element
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// floor_c1: the result
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %t = "optim.t"() : () -> !optim.group
  %x = "optim.floor"(%t) : (!optim.group) -> !optim.element
//     ^ error: 'floor' argument must be a scalar, but the result is per element
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// expr_c1
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.expr"(%p) <{code = array<i32: 0, 0>, literals = []}> : (!optim.element) -> !optim.element
//     ^ error: 'expr' code is not one expression over its 1 operands and 0 literals
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// expr_c1: an operand that is not there
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.expr"(%p) <{code = array<i32: 1>, literals = []}> : (!optim.element) -> !optim.element
//     ^ error: 'expr' code is not one expression over its 1 operands and 0 literals
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// broadcast_c2
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %t = "optim.t"() : () -> !optim.group
  %x = "optim.broadcast"(%t) <{rate = #optim<rate element>}> : (!optim.group) -> !optim.tensor
//     ^ error: 'broadcast' to element of '!optim.group' cannot have the type '!optim.tensor'
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// reduce_c4
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.reduce"(%p) <{kind = #optim<reduction sum>, rate = #optim<rate model>}> : (!optim.element) -> !optim.group
//     ^ error: 'reduce' to model cannot have the type '!optim.group'
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// ema_c3
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.ema"(%p, %g) : (!optim.element, !optim.element) -> !optim.element
//     ^ error: 'ema' decay must be a value or a number, but has neither
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// lerp_c2
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.lerp"(%p, %g, %g) <{weightLiteral = #optim.number<"1">}> : (!optim.element, !optim.element, !optim.element) -> !optim.element
//     ^ error: 'lerp' weight must be a value or a number, but has both
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// mean_c3
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.mean"(%p, %g) : (!optim.element, !optim.element) -> !optim.element
//     ^ error: 'mean' count must be a value or a number, but has neither
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// debias_c5
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.debias"(%p) <{operandSegmentSizes = array<i32: 1, 0, 0>}> : (!optim.element) -> !optim.element
//     ^ error: 'debias' decay must be a value or a number, but has neither
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// mix_c3
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.mix"(%p, %g) <{coefficientLiterals = [#optim.number<"1">], operandSegmentSizes = array<i32: 2, 0>}> : (!optim.element, !optim.element) -> !optim.element
//     ^ error: 'mix' has a coefficient for each value, but 1 coefficients and 2 values are given
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// mix_c3: values without a place
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.mix"(%p, %g) <{coefficientLiterals = [#optim.number<"1">], operandSegmentSizes = array<i32: 1, 1>}> : (!optim.element, !optim.element) -> !optim.element
//     ^ error: 'mix' coefficients have 0 places for values, but 1 values are given
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// mix_c3: a coefficient of another kind
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.mix"(%p) <{coefficientLiterals = ["1"], operandSegmentSizes = array<i32: 1, 0>}> : (!optim.element) -> !optim.element
//     ^ error: 'mix' coefficients are numbers, or unit for a value, but one is "1"
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// period_c3
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %j, %n, %l = "optim.period"() : () -> (!optim.group, !optim.group, !optim.pred<group>)
//             ^ error: 'period' length must be a value or a number, but has neither
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// every_c3
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %l = "optim.every"() : () -> !optim.pred<group>
//     ^ error: 'every' length must be a value or a number, but has neither
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// schedule_c3
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.schedule"() <{kind = #optim<schedule_kind linear>, literals = [#optim.number<"1">], nPoints = 0 : i32}> : () -> !optim.group
//     ^ error: 'schedule linear' takes 3 arguments, but has 1
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// schedule_c4: points of a ramp
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %x = "optim.schedule"() <{kind = #optim<schedule_kind linear>, literals = [], nPoints = 3 : i32}> : () -> !optim.group
//     ^ error: 'schedule linear' is not a list of values, but has 3
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// func_c2
"optim.func"() <{argNames = ["x", "y"], sym_name = "f"}> ({
// @1 error: template 'f' names 2 arguments, but its body has 1
^bb0(%x: !optim.any):
  "optim.yield"(%x) : (!optim.any) -> ()
}) : () -> ()

// -----

// func_c2: a type
"optim.func"() <{argNames = ["x"], sym_name = "f"}> ({
^bb0(%x: !optim.element):
//   ^ error: argument '%x' of a template is a number of any rate, but has the type '!optim.element'
  "optim.yield"(%x) : (!optim.element) -> ()
}) : () -> ()

// -----

// func_c3
"optim.func"() <{argNames = ["x", "x"], sym_name = "f"}> ({
^bb0(%x: !optim.any, %y: !optim.any):
//                   ^ error: '%x' is already in the signature
  "optim.yield"(%x) : (!optim.any) -> ()
}) : () -> ()

// -----

// case_c5
"optim.optimizer"() <{entries = [], gradName = "g", hypers = [], inputs = [], paramName = "p",
    states = [], sym_name = "a"}> ({
^bb0(%p: !optim.element, %g: !optim.element):
  %t = "optim.t"() : () -> !optim.group
  %x = "optim.case"() <{minRank = 2 : i64}> ({
//     ^ error: the class is per tensor, so the result of %0 is per tensor, but has the type '!optim.group'
    "optim.yield"(%t) : (!optim.group) -> ()
  }, {
    "optim.yield"(%t) : (!optim.group) -> ()
  }) : () -> !optim.group
  "optim.commit"(%p, %g) <{operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>, outputNames = []}> : (!optim.element, !optim.element) -> ()
}) : () -> ()

// -----

// commit_c12
"optim.commit"() <{operandSegmentSizes = array<i32: 0, 0, 0, 0, 0>, outputNames = []}> : () -> ()
// @1 error: 'commit' ends the body of an optimizer or of an entry

// -----

// yield_c1
"optim.yield"() : () -> ()
// @1 error: 'yield' ends a template or a class of 'case'; the body of an optimizer ends in 'commit'

// -----

// delay_c1
"optim.func"() <{argNames = ["x"], sym_name = "f"}> ({
^bb0(%x: !optim.any):
  %y = "optim.delay"(%x) <{state = "y", window = 65537 : i64}> : (!optim.any) -> !optim.any
//     ^ error: 'delay' is by 1 to 65536 steps, but by 65537
  "optim.yield"(%y) : (!optim.any) -> ()
}) : () -> ()

// -----

// case_c1
"optim.func"() <{argNames = ["x"], sym_name = "f"}> ({
^bb0(%x: !optim.any):
  %y = "optim.case"() <{minRank = 0 : i64}> ({
//     ^ error: 'optim.case' op attribute 'minRank' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive
//     ^ note: see current operation: 
    "optim.yield"(%x) : (!optim.any) -> ()
  }, {
    "optim.yield"(%x) : (!optim.any) -> ()
  }) : () -> !optim.any
  "optim.yield"(%y) : (!optim.any) -> ()
}) : () -> ()
