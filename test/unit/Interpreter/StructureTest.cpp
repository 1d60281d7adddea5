//===- StructureTest.cpp - templates, classes, variants ---------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

using namespace optimc::interp;
using namespace optimc::interp::test;

namespace {

TEST(Call, RunsAtTheRatesOfItsOperands) {
  // 0.1 * 0.1 in float64 for scalars, in float32 for elements.
  Program program(R"(
optim.func @f(%a, %b) {
  %c = expr %a * %b + 1
  %d = mul %a, %b
  yield %c, %d
}
optim.optimizer @o(%p, %g) hyper(%h = 0.1) state(%s : group) {
  %x, %y = call @f(%h, %h)
  %u, %v = call @f(%g, %h)
  commit %p = %u, %s = %y
})");
  unsigned tensor = program.add("w", {0});
  expectOk(program->setGradient(tensor, 0.1));
  expectOk(program->step());
  expectSame(get(program->getState("s", tensor)), {0.1 * 0.1});
  expectSame(program->getParam(tensor), {std::fmaf(0.1f, 0.1f, 1)});
}

TEST(Call, Nests) {
  Numbers result = runStep(R"(
optim.func @inner(%m, %x, %b) {
  %n = ema %m, %x decay %b
  yield %n
}
optim.func @outer(%m, %x) {
  %half = constant 0.5
  %a = call @inner(%m, %x, %half)
  %b = call @inner(%a, %x, %half)
  yield %b
}
optim.optimizer @o(%p, %g) {
  %r = call @outer(%p, %g)
  commit %p = %r
})",
                           {4}, {8});
  expectSame(result, {7});
}

TEST(Case, TensorsRunTheBodyOfTheirClass) {
  Program program(R"(optim.optimizer @o(%p, %g) state(%r : row, %v) {
    %u, %r_t, %v_t = case rank >= 2 {
      %n = reduce sum %g to row
      %x = add %n, %p
      yield %x, %n, %v
    } else {
      %x = mul %g, %p
      yield %x, %r, %g
    }
    commit %p = %u, %r = %r_t, %v = %v_t
  })");
  unsigned matrix = program.add("m", {2, 2}, {1, 1, 1, 1});
  unsigned vector = program.add("v", {2}, {5, 6});
  expectOk(program->setGradient(matrix, {1, 2, 3, 4}));
  expectOk(program->setGradient(vector, {7, 8}));
  expectOk(program->step());
  expectSame(program->getParam(matrix), {4, 4, 8, 8});
  expectSame(get(program->getState("r", matrix)), {3, 7});
  expectSame(get(program->getState("v", matrix)), {0, 0, 0, 0});
  expectSame(program->getParam(vector), {35, 48});
  expectSame(get(program->getState("r", vector)), {0});
  expectSame(get(program->getState("v", vector)), {7, 8});
}

TEST(Case, ReductionsInAClassSeeItsTensorsOnly) {
  Program program(R"(optim.optimizer @o(%p, %g) {
    %u = case rank >= 2 {
      %n = reduce sum %g to model
      %x = expr %n + 0 * %p
      yield %x
    } else {
      yield %p
    }
    commit %p = %u
  })");
  unsigned a = program.add("a", {1, 1}, {0});
  unsigned b = program.add("b", {1}, {0});
  unsigned c = program.add("c", {1, 1}, {0});
  for (unsigned tensor : {a, b, c})
    expectOk(program->setGradient(tensor, 1.0 + tensor));
  expectOk(program->step());
  expectSame(program->getParam(a), {4});
  expectSame(program->getParam(b), {0});
  expectSame(program->getParam(c), {4});
}

TEST(Variants, RunTheRegionOfThePredicates) {
  Program program(R"(optim.optimizer @o(%p, %g) hyper(%k = 2) {
    %last = every %k
    %third = every 3
    %r = variants (%last, %third) {
      %x = add %p, %g
      yield %x
    } case 1 == 1 else {
      %y = mul %p, %g
      yield %y
    } case 3 == 2 else {
      yield %p
    } case 3 == 0 : !optim.element
    commit %p = %r
  })");
  unsigned a = program.add("a", {2}), b = program.add("b", {2});
  for (unsigned tensor : {a, b})
    expectOk(program->setGradient(tensor, 3.0));
  expectOk(program->setState("step", 2.0, b)); // its step 3 is a multiple of 3
  expectOk(program->step());
  expectSame(program->getParam(a), {2});
  expectSame(program->getParam(b), {6});
  expectOk(program->step());
  expectSame(program->getParam(a), {5});
  expectSame(program->getParam(b), {9});
}

} // namespace
