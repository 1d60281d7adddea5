//===- MisuseTest.cpp - every misuse says what is wrong, changes nothing --===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Misuse.h"

#include <cstring>

using namespace optimc::test;

static size_t check(const std::vector<Misuse> &cases) {
  for (const Misuse &misuse : cases) {
    SCOPED_TRACE(misuse.message);
    Stage s;
    std::string before = s.h.snapshot(), other = s.l.snapshot();
    std::vector<float> memory = s.memory;
    optimc_error error;
    error.code = OPTIMC_OK;
    strcpy(error.message, "left over");
    optimc_status status = misuse.action(s, &error);
    EXPECT_EQ(misuse.status, status) << error.message;
    EXPECT_EQ(status, error.code);
    EXPECT_NE(std::string::npos,
              std::string(error.message).find(misuse.message))
        << error.message;
    EXPECT_EQ(before, s.h.snapshot());
    EXPECT_EQ(other, s.l.snapshot());
    EXPECT_EQ(memory, s.memory);
    EXPECT_EQ(77u, s.id);
    EXPECT_EQ(77.0, s.value);
    EXPECT_EQ(nullptr, s.out);
    // The same call must also be safe for callers who want no message.
    Stage again;
    EXPECT_EQ(misuse.status, misuse.action(again, nullptr));
  }
  return cases.size();
}

TEST(Misuse, SaysWhatIsWrongAndChangesNothing) {
  size_t n =
      check(argumentMisuses()) + check(useMisuses()) + check(programMisuses());
  printf("%zu cases of misuse\n", n);
  EXPECT_GE(n, 40u);
}

TEST(Misuse, AFailedStepCanBeRepeated) {
  TestProgram adamw = makeAdamW();
  Harness h(&adamw.program);
  h.tensor("w", {100});
  TestTensor &v = h.tensor("v", {100});
  void *none = nullptr;
  EXPECT_OK(optimc_bind(h.opt, 1, &v.id, nullptr, &none, err));
  std::string before = h.snapshot();
  EXPECT_EQ(OPTIMC_INVALID_ARGUMENT, optimc_step(h.opt, nullptr));
  EXPECT_EQ(before, h.snapshot());
  void *grad = v.grad.data();
  EXPECT_OK(optimc_bind(h.opt, 1, &v.id, nullptr, &grad, err));
  h.step();
  EXPECT_EQ(1, h.scalar("step", OPTIMC_RATE_GROUP, 0));
}

TEST(Misuse, AbortAfterRunIsRefused) {
  TestProgram adamw = makeAdamW();
  Harness h(&adamw.program);
  h.tensor("w", {100});
  optimc_tensor t = 0;
  EXPECT_OK(optimc_begin(h.opt, nullptr, err));
  EXPECT_OK(optimc_run_tensors(h.opt, &t, 1, err));
  optimc_error error;
  EXPECT_EQ(OPTIMC_WRONG_ORDER, optimc_abort(h.opt, &error));
  EXPECT_STREQ("tensors have run in this step and cannot be moved back; call "
               "optimc_end",
               error.message);
  EXPECT_OK(optimc_end(h.opt, err));
}
