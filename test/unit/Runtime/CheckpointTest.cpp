//===- CheckpointTest.cpp - save, load, resume, change of spec ------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

#include "core/Safetensors.h"

#include <cstring>

using namespace optimc::test;

static void collect(void *context, const char *message) {
  *static_cast<std::string *>(context) += std::string(message) + "\n";
}

/// Two groups, five tensors, one of them odd in every way.
static void setUp(Harness &h) {
  h.group("decay");
  h.group("no decay");
  h.tensor("blocks.0/weight", {30, 7}, 0);
  h.tensor("bias \"\n\xC3\xA9", {11}, 1);
  h.tensor("empty", {0, 3}, 1);
  h.tensor("scalar", {}, 1);
  h.tensor("big", {5000}, 0);
}

TEST(Checkpoint, ResumeIsExact) {
  TestProgram adamw = makeAdamW();
  TempDir dir;
  std::string path = dir / "run.safetensors";
  Harness a(&adamw.program), b(&adamw.program);
  setUp(a);
  setUp(b);
  a.hyper("warmup", 7);
  a.hyper("weight_decay", 0, 1);
  EXPECT_OK(optimc_set_seed(a.opt, 12345678901234567890u, err));
  EXPECT_OK(
      optimc_set_input(a.opt, "grad_scale", OPTIMC_RATE_MODEL, 0, 8, err));
  for (int step = 1; step <= 4; ++step) {
    a.gradients(step);
    a.stepOf(step == 2 ? std::vector<optimc_tensor>{0, 3}
                       : std::vector<optimc_tensor>{0, 1, 2, 3, 4});
  }
  EXPECT_OK(optimc_run_entry(a.opt, "to_eval", err));
  EXPECT_OK(optimc_save(a.opt, path.c_str(), err));
  std::string saved = a.snapshot();

  b.gradients(4);
  std::string reports;
  EXPECT_OK(optimc_load(b.opt, path.c_str(), OPTIMC_LOAD_SAME_PROGRAM, collect,
                        &reports, err));
  EXPECT_EQ("", reports);
  EXPECT_EQ(saved, b.snapshot());
  EXPECT_STREQ("to_eval", b.info().mode);
  for (Harness *h : {&a, &b}) {
    EXPECT_OK(optimc_run_entry(h->opt, "to_train", err));
    for (int step = 5; step <= 9; ++step) {
      h->gradients(step);
      h->step();
    }
  }
  EXPECT_EQ(a.snapshot(), b.snapshot());
  // Saving the same state gives the same file.
  EXPECT_OK(optimc_save(a.opt, (dir / "a").c_str(), err));
  EXPECT_OK(optimc_save(b.opt, (dir / "b").c_str(), err));
  EXPECT_TRUE(readBytes(dir / "a") == readBytes(dir / "b"));
}

TEST(Checkpoint, EveryRateIsStored) {
  TestProgram program = makeLayerwise();
  TempDir dir;
  std::string path = dir / "x";
  auto make = [&](bool stepped) {
    auto h = std::make_unique<Harness>(&program.program);
    h->tensor("a", {20});
    h->tensor("b", {30});
    static std::vector<float> hessian[4];
    for (int k = 0; k < 2; ++k) {
      hessian[stepped * 2 + k].assign(30, 2.0f);
      EXPECT_OK(optimc_bind_input(h->opt, k, "hessian",
                                  hessian[stepped * 2 + k].data(), err));
    }
    return h;
  };
  auto a = make(true), b = make(false);
  EXPECT_OK(
      optimc_set_input(a->opt, "lr_scale", OPTIMC_RATE_GROUP, 0, 0.25, err));
  EXPECT_OK(optimc_set_input(a->opt, "trust", OPTIMC_RATE_TENSOR, 1, 3, err));
  a->gradients(1);
  a->stepOf({1});
  a->step();
  EXPECT_OK(optimc_save(a->opt, path.c_str(), err));
  EXPECT_OK(optimc_load(b->opt, path.c_str(), 0, nullptr, nullptr, err));
  b->gradients(1);
  EXPECT_EQ(a->snapshot(), b->snapshot());
  // Inputs came along: lr_scale has no default.
  a->step();
  b->step();
  EXPECT_EQ(a->snapshot(), b->snapshot());
}

TEST(Checkpoint, ShardsAreStoredFlat) {
  TestProgram sgd = makeSgd();
  TempDir dir;
  std::string path = dir / "shard";
  auto make = [&](std::vector<float> &p, std::vector<float> &g, int64_t start) {
    auto h = std::make_unique<Harness>(&sgd.program);
    h->group("main");
    int64_t shape[] = {32, 32};
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    desc.name = "w";
    desc.rank = 2;
    desc.shape = shape;
    desc.shard_start = start;
    desc.shard_count = 512;
    desc.param = p.data();
    desc.grad = g.data();
    optimc_tensor id;
    EXPECT_OK(optimc_add_tensor(h->opt, 0, &desc, &id, err));
    return h;
  };
  std::vector<float> p(512, 1.0f), g(512, 1.0f), q(512), f(512), r(512), e(512);
  auto a = make(p, g, 512), b = make(q, f, 512), c = make(r, e, 256);
  a->step();
  EXPECT_OK(optimc_save(a->opt, path.c_str(), err));
  EXPECT_OK(optimc_load(b->opt, path.c_str(), 0, nullptr, nullptr, err));
  EXPECT_EQ(p, q);
  optimc_error error;
  EXPECT_EQ(OPTIMC_BAD_CHECKPOINT,
            optimc_load(c->opt, path.c_str(), 0, nullptr, nullptr, &error));
  EXPECT_NE(std::string::npos,
            std::string(error.message)
                .find("it has tensor 'w' as [32, 32] 512 512, but here it is "
                      "[32, 32] 256 512"))
      << error.message;
}

TEST(Checkpoint, AnotherSpecIsTakenOverByName) {
  TestProgram sgd = makeSgd(), adamw = makeAdamW();
  TempDir dir;
  std::string path = dir / "sgd";
  Harness a(&sgd.program), b(&adamw.program);
  for (Harness *h : {&a, &b}) {
    h->group("main");
    h->tensor("w", {20});
    h->tensor("v", {30});
  }
  a.hyper("lr", 0.25);
  for (int step = 1; step <= 3; ++step) {
    a.gradients(step);
    a.step();
  }
  EXPECT_OK(optimc_save(a.opt, path.c_str(), err));
  b.gradients(9);
  b.step();
  std::string reports;
  EXPECT_OK(optimc_load(b.opt, path.c_str(), 0, collect, &reports, err));
  EXPECT_EQ(a.tensors[0]->param, b.tensors[0]->param);
  EXPECT_EQ(3, b.scalar("step", OPTIMC_RATE_TENSOR, 1));
  EXPECT_EQ(0, b.scalar("n_updates", OPTIMC_RATE_MODEL, 0));
  EXPECT_EQ(std::vector<float>(20), b.state(0, "exp_avg"));
  // The state that starts as the parameter starts as the loaded one.
  EXPECT_EQ(a.tensors[1]->param, b.state(1, "anchor"));
  double lr = 0;
  EXPECT_OK(optimc_get_hyper(b.opt, 0, "lr", &lr, err));
  EXPECT_EQ(0.25, lr);
  EXPECT_EQ(
      "the checkpoint was written by 'sgd' (spec 5d01), this is 'adamw' (spec "
      "ada30001): states are taken over by name\n"
      "hyperparameter 'beta1' is not in the checkpoint: it keeps its value\n"
      "hyperparameter 'beta2' is not in the checkpoint: it keeps its value\n"
      "hyperparameter 'eps' is not in the checkpoint: it keeps its value\n"
      "hyperparameter 'warmup' is not in the checkpoint: it keeps its value\n"
      "hyperparameter 'weight_decay' is not in the checkpoint: it keeps its "
      "value\n"
      "scalar state 'lr_sum' is not in the checkpoint: initialised (2 times)\n"
      "scalar state 'n_updates' is not in the checkpoint: initialised\n"
      "state 'anchor' is not in the checkpoint: initialised (2 times)\n"
      "state 'exp_avg' is not in the checkpoint: initialised (2 times)\n"
      "state 'exp_avg_sq' is not in the checkpoint: initialised (2 times)\n"
      "'hyper/momentum' of the checkpoint is not used here: dropped\n"
      "'hyper/nesterov' of the checkpoint is not used here: dropped\n"
      "'state/momentum_buffer' of the checkpoint is not used here: dropped (2 "
      "times)\n",
      reports);
  optimc_error error;
  std::string before = b.snapshot();
  EXPECT_EQ(OPTIMC_BAD_CHECKPOINT,
            optimc_load(b.opt, path.c_str(), OPTIMC_LOAD_SAME_PROGRAM, nullptr,
                        nullptr, &error));
  EXPECT_EQ(before, b.snapshot());
}

TEST(Checkpoint, ValuesThatAnotherSpecForbidsAreReported) {
  TestProgram loose = makeSgd(), tight = makeSgd();
  tight.hypers[1] = {"momentum", 0.5, 0, 0.5, OPTIMC_HYPER_FROZEN, 0};
  tight.build("sgd", "5d99");
  TempDir dir;
  std::string path = dir / "x";
  Harness a(&loose.program), b(&tight.program);
  a.tensor("w", {5});
  b.tensor("w", {5});
  EXPECT_OK(optimc_save(a.opt, path.c_str(), err));
  std::string reports;
  EXPECT_OK(optimc_load(b.opt, path.c_str(), 0, collect, &reports, err));
  EXPECT_NE(std::string::npos,
            reports.find("hyperparameter 'momentum' of group 'main' = 0.9 was "
                         "frozen when the program was compiled; allowed: [0, "
                         "0.5]: it keeps 0.5"))
      << reports;
}

TEST(Checkpoint, TheFileFollowsTheFormat) {
  TestProgram adamw = makeAdamW();
  TempDir dir;
  std::string path = dir / "x";
  Harness h(&adamw.program);
  setUp(h);
  EXPECT_OK(optimc_save(h.opt, path.c_str(), err));
  std::string bytes = readBytes(path);
  uint64_t length;
  memcpy(&length, bytes.data(), 8);
  EXPECT_EQ(0u, length % 8);
  optimc::rt::FileHeader header;
  std::string reason;
  ASSERT_TRUE(
      optimc::rt::parseHeader(bytes.data(), bytes.size(), header, reason))
      << reason;
  EXPECT_EQ("optimc", *header.findMetadata("format"));
  EXPECT_EQ("ada30001", *header.findMetadata("spec_hash"));
  const auto *param = header.find("param/blocks.0/weight");
  ASSERT_NE(nullptr, param);
  EXPECT_EQ("F32", param->dtype);
  EXPECT_EQ((std::vector<uint64_t>{30, 7}), param->shape);
  EXPECT_EQ(0, memcmp(bytes.data() + 8 + length + param->begin,
                      h.tensors[0]->param.data(), 840));
  const auto *step = header.find("scalar/step/scalar");
  ASSERT_NE(nullptr, step);
  EXPECT_EQ("F64", step->dtype);
  EXPECT_TRUE(step->shape.empty());
  // Everything is aligned for its type, also in memory.
  for (const auto &tensor : header.tensors)
    EXPECT_EQ(0u,
              (8 + length + tensor.begin) % (tensor.dtype == "F64" ? 8 : 4));
}
