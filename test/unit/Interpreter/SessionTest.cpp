//===- SessionTest.cpp - registration, values, errors -----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include <cfenv>
#include <xmmintrin.h>

using namespace optimc::interp;
using namespace optimc::interp::test;

namespace {

TEST(Session, StatesStartAsTheSpecSays) {
  Program program(R"(optim.optimizer @o(%p, %g) hyper(%h = 0.1)
      state(%a, %b = 0.1, %c = param, %d = %h, %e : row = 2, %f : group = %h,
            %k : tensor = 0.1, %m : model = 0.1) {
    commit %p = %p
  })");
  expectOk(program->setHyper(0, "h", 0.3));
  unsigned tensor = program.add("w", {2, 2}, {1, 2, 3, 0.1});
  auto state = [&](const char *name) {
    return get(program->getState(name, tensor));
  };
  expectSame(state("a"), {0, 0, 0, 0});
  expectSame(state("b"), Numbers(4, 0.1f));
  expectSame(state("c"), {1, 2, 3, 0.1f});
  expectSame(state("d"), Numbers(4, 0.3f));
  expectSame(state("e"), {2, 2});
  expectSame(state("f"), {0.3});
  expectSame(state("k"), {0.1});
  expectSame(state("m"), {0.1});
  expectOk(program->setState("a", 7.0, tensor));
  expectOk(program->setState("e", {1, 0.1}, tensor));
  expectSame(state("a"), {7, 7, 7, 7});
  expectSame(state("e"), {1, 0.1f});
  EXPECT_EQ(getMessage(program->setState("e", {1, 2, 3}, tensor)),
            "state 'e' has 2 values, but 3 are given");
  EXPECT_EQ(getMessage(program->setState("x", {1}, tensor)),
            "unknown state 'x'; did you mean 'a'?");
}

TEST(Session, InputsOfEveryRate) {
  Program program(R"(optim.optimizer @o(%p, %g)
      input(%m : model, %gr : group, %t : tensor, %r : row, %c : col,
            %b : block, %e : element, %d : element = 0.5) {
    %x = expr %m + %gr + %t
    %y = add %x, %r
    %z = add %y, %c
    %w = add %z, %b
    %v = add %w, %e
    %u = add %v, %d
    commit %p = %u
  })");
  unsigned tensor = program.add("w", {2, 3}, Numbers(6, 0.0), 0, 4);
  EXPECT_EQ(getMessage(program->step()),
            "input 'm' has no value; call setInput first");
  expectOk(program->setInput("m", 1.0));
  expectOk(program->setInput("gr", 2.0));
  expectOk(program->setInput("t", 4.0, tensor));
  EXPECT_EQ(getMessage(program->step()),
            "input 'r' has no value for tensor 'w'; call setInput first");
  expectOk(program->setInput("r", {10, 20}, tensor));
  expectOk(program->setInput("c", {100, 200, 300}, tensor));
  expectOk(program->setInput("b", {1000, 2000}, tensor));
  expectOk(program->setInput("e", {1e4, 2e4, 3e4, 4e4, 5e4, 6e4}, tensor));
  expectOk(program->step());
  expectSame(program->getParam(tensor),
             {11117.5, 21217.5, 31317.5, 41127.5, 52227.5, 62327.5});
  EXPECT_EQ(getMessage(program->setInput("r", {1, 2, 3}, tensor)),
            "input 'r' has 2 values, but 3 are given");
}

TEST(Session, ErrorsSayWhatIsWrongAndChangeNothing) {
  Program program(R"(optim.optimizer @o(%p, %g)
      hyper(%lr = 1e-3 in [0, inf), %beta1 = 0.9 in [0, 1), %k = 4 in [1, inf) integer) {
    %p_t = expr %p - %lr * %g
    commit %p = %p_t
  })");
  unsigned tensor = program.add("w", {1, 2});
  EXPECT_EQ(getMessage(program->setHyper(0, "beta_1", 0.5)),
            "unknown hyperparameter 'beta_1'; did you mean 'beta1'?");
  EXPECT_EQ(getMessage(program->setHyper(0, "beta1", 1)),
            "hyperparameter 'beta1' = 1 is not allowed; it must be in [0, 1)");
  EXPECT_EQ(getMessage(program->setHyper(0, "lr", quietNaN)),
            "hyperparameter 'lr' = nan is not allowed; it must be in [0, inf)");
  EXPECT_EQ(
      getMessage(program->setHyper(0, "k", 1.5)),
      "hyperparameter 'k' = 1.5 is not allowed; it must be a whole number "
      "in [1, inf)");
  EXPECT_EQ(getMessage(program->setHyper(3, "lr", 1)), "there is no group 3");
  EXPECT_EQ(get(program->getHyper(0, "beta1")), 0.9);
  EXPECT_EQ(getMessage(program->step()),
            "tensor 'w' has no gradient; call setGradient, or leave it out of "
            "the step");
  EXPECT_EQ(getMessage(program->setGradient(tensor, {1, 2, 3})),
            "tensor 'w' has 2 elements, but its gradient 3");
  EXPECT_EQ(getMessage(program->setGradient(7, {1})), "there is no tensor 7");
  expectOk(program->setGradient(tensor, {1, 1}));
  EXPECT_EQ(getMessage(program->step({tensor, tensor})),
            "tensor 'w' is given twice");
  EXPECT_EQ(getMessage(program->getOutput("norm").takeError()),
            "unknown output 'norm'; there is no output");
  auto add = [&](const char *name, std::vector<int64_t> shape,
                 const Numbers &initial) {
    TensorInfo info;
    info.name = name;
    info.shape = std::move(shape);
    info.initial = initial;
    return getMessage(program->addTensor(info).takeError());
  };
  EXPECT_EQ(add("w", {1}, {1}), "tensor 'w' is already registered");
  EXPECT_EQ(add("x", {-1}, {}),
            "tensor 'x': dimension 0 is -1; it must not be negative");
  EXPECT_EQ(add("x", {1ll << 40, 1ll << 40}, {}),
            "tensor 'x': dimension 1 is 1099511627776, which is too large");
  EXPECT_EQ(add("x", {2}, {1}),
            "tensor 'x' has 2 elements, but 1 initial values are given");
  EXPECT_EQ(program->getNumTensors(), 1u);
  expectSame(program->getParam(tensor), {1, 2});
  EXPECT_EQ(program->getStep(tensor), 0);
}

TEST(Session, BlockLengthsAreNeededWhereBlocksAre) {
  Program program(R"(optim.optimizer @o(%p, %g) {
    %r = reduce sum %g to block
    %b = broadcast %r to element
    commit %p = %b
  })");
  unsigned tensor = program.add("w", {1, 2});
  expectOk(program->setGradient(tensor, {1, 1}));
  std::string message = getMessage(program->step());
  EXPECT_NE(message.find("'optim.reduce': is per block, but tensor 'w' was "
                         "registered without a block length"),
            std::string::npos)
      << message;
}

TEST(Session, TheCallersEnvironmentChangesNothing) {
  const char spec[] = R"(optim.optimizer @o(%p, %g) hyper(%lr = 0.1) {
    %p_t = expr (%p - %lr * %g) / 3
    commit %p = %p_t
  })";
  Numbers p = {1, 0x1p-130, 0.7f, -1e-40f}, g = {0.3f, 0, 0x1p-149, 1};
  Numbers expected = runStep(spec, p, g);
  EXPECT_NE(expected[1], 0);
  Program program(spec);
  unsigned tensor = program.add("w", p);
  expectOk(program->setGradient(tensor, g));
  unsigned saved = _mm_getcsr();
  _mm_setcsr(saved | 0x8040); // flush to zero, denormals are zero
  std::fesetround(FE_UPWARD);
  unsigned before = _mm_getcsr();
  llvm::Error error = program->step();
  unsigned after = _mm_getcsr();
  int rounding = std::fegetround();
  std::fesetround(FE_TONEAREST);
  _mm_setcsr(saved);
  expectOk(std::move(error));
  EXPECT_EQ(before & ~0x3fu, after & ~0x3fu);
  EXPECT_EQ(rounding, FE_UPWARD);
  expectSame(program->getParam(tensor), expected);
}

TEST(Session, NamesEveryScalar) {
  Program program(R"(optim.optimizer @o(%p, %g) hyper(%lr = 0.5) {
    %step_size = expr %lr / 3
    %t = t
    %even = every 2
    %norm_sq = reduce sum_sq %g to tensor
    %p_t = expr %p - %step_size * %g
    commit %p = %p_t, "n" = %norm_sq
  })");
  unsigned second = program->addGroup();
  expectOk(program->setHyper(second, "lr", 6));
  unsigned a = program.add("a", {1});
  unsigned b = program.add("b", {1}, {1}, second);
  expectOk(program->setGradient(a, 2.0));
  expectOk(program->setGradient(b, 3.0));
  expectOk(program->setState("step", 1.0, b));
  expectOk(program->evaluate({a, b}));
  expectSame(program->getParam(a), {1});
  EXPECT_EQ(program->getStep(a), 0);
  std::string text;
  for (const NamedScalar &scalar : program->getScalars())
    text += scalar.name + "@" + std::to_string(scalar.tensor) + "=" +
            std::to_string(scalar.value) + (scalar.isPredicate ? "? " : " ");
  EXPECT_EQ(text, "step_size@0=0.166667 step_size@1=2.000000 t@0=1.000000 "
                  "t@1=2.000000 even@0=0.000000? even@1=1.000000? "
                  "norm_sq@0=4.000000 norm_sq@1=9.000000 ");
}

TEST(Session, RankOneAndZeroAreOneRow) {
  Program program(R"(optim.optimizer @o(%p, %g) {
    %r = reduce sum %g to row
    %c = reduce sum %g to col
    %x = add %r, %c
    commit %p = %x
  })");
  unsigned vector = program.add("v", {3}, {0, 0, 0});
  unsigned scalar = program.add("s", {}, {0});
  expectOk(program->setGradient(vector, {1, 2, 3}));
  expectOk(program->setGradient(scalar, 5.0));
  expectOk(program->step());
  expectSame(program->getParam(vector), {7, 8, 9});
  expectSame(program->getParam(scalar), {10});
}

TEST(Compare, IgnoresOnlyTheSignAndPayloadOfNaN) {
  EXPECT_TRUE(sameNumber(quietNaN, -quietNaN));
  EXPECT_FALSE(sameNumber(0.0, -0.0));
  EXPECT_FALSE(sameNumber(1.0f, nextafterf(1, 2)));
  Numbers a = {1, quietNaN, 3}, b = {1, -quietNaN, -3}, c = {1};
  llvm::ArrayRef<double> aRef(a), bRef(b), cRef(c);
  EXPECT_EQ(findDifference(aRef, bRef), std::optional<size_t>(2));
  EXPECT_EQ(findDifference(aRef, cRef), std::optional<size_t>(1));
  EXPECT_EQ(findDifference(aRef, aRef), std::nullopt);
  EXPECT_EQ(describeNumber(0.5), "0.5 (0x3f000000)");
  EXPECT_EQ(describeNumber(0.1), "0.10000000000000001 (0x3fb999999999999a)");
}

} // namespace
