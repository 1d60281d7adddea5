//===- CommandTest.cpp - the optim-train command ----------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <sys/wait.h>

namespace {

struct Output {
  int code;
  std::string text; // both streams
};

Output runCommand(const std::string &arguments,
                  const std::string &environment = "") {
  std::string command =
      environment + " '" OPTIM_TRAIN_PATH "' " + arguments + " 2>&1 </dev/null";
  FILE *pipe = ::popen(command.c_str(), "r");
  EXPECT_TRUE(pipe);
  Output output;
  char block[4096];
  while (size_t got = std::fread(block, 1, sizeof block, pipe))
    output.text.append(block, got);
  int status = ::pclose(pipe);
  output.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return output;
}

void expectUsageError(const std::string &arguments, const std::string &part,
                      const std::string &environment = "") {
  Output output = runCommand(arguments, environment);
  EXPECT_EQ(output.code, 2) << arguments << "\n" << output.text;
  EXPECT_EQ(output.text.rfind("optim-train: error: ", 0), 0u) << output.text;
  EXPECT_NE(output.text.find(part), std::string::npos) << output.text;
}

TEST(TrainerCommand, Help) {
  Output output = runCommand("--help");
  EXPECT_EQ(output.code, 0);
  for (const char *option :
       {"--optimizer", "--steps", "--size", "--seeds", "--lr", "--threads",
        "--device", "--text", "--report", "--log", "--checkpoint", "--resume"})
    EXPECT_NE(output.text.find(option), std::string::npos) << option;
  EXPECT_EQ(runCommand("--version").text.rfind("optim-train ", 0), 0u);
}

TEST(TrainerCommand, UserErrorsExitWithTwo) {
  expectUsageError("--bogus", "--bogus");
  expectUsageError("--size XL", "XL");
  expectUsageError("--steps 0", "--steps");
  expectUsageError("--steps ten", "ten");
  expectUsageError("--steps 99999999999999999999", "--steps");
  expectUsageError("--seeds 1,1", "seed is given twice");
  expectUsageError("--seeds -1", "--seeds");
  expectUsageError("--lr 0", "--lr");
  expectUsageError("--lr nan", "lr");
  expectUsageError("--clip nan", "--clip");
  expectUsageError("--threads 0", "--threads");
  expectUsageError("--stop-after 5", "--checkpoint");
  expectUsageError("--checkpoint a --resume b", "--resume");
  expectUsageError("--device gpu", "cpu");
  expectUsageError("--text /nonexistent", "No such file");
  expectUsageError("--optimizer nothing_of_this_name", "nothing_of_this_name");
}

TEST(TrainerCommand, DriversThatAreNotThereExitWithTwo) {
  expectUsageError("--device cuda", "there is no CUDA driver: /no/driver",
                   "OPTIMC_LIBCUDA=/no/driver");
  expectUsageError("--device cuda", "train with --device cpu",
                   "OPTIMC_LIBCUDA=/no/driver");
  expectUsageError("--device cuda", "'libm.so.6' has no function cu",
                   "OPTIMC_LIBCUDA=libm.so.6");
}

TEST(TrainerCommand, TrainsAndReports) {
  std::string report = ::testing::TempDir() + "trainer-command.html";
  std::string text = ::testing::TempDir() + "trainer-command.txt";
  std::ofstream file(text);
  for (int i = 0; i < 1000; ++i)
    file << "line " << i << "\n";
  file.close();
  Output output = runCommand("--steps 3 --seeds 5 --optimizer adamw --text " +
                             text + " --threads 2 --report " + report);
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_NE(output.text.find("adamw seed 5: "), std::string::npos)
      << output.text;
  EXPECT_NE(output.text.find("Target of 1.70 nats/byte: missed by adamw"),
            std::string::npos)
      << output.text;
  EXPECT_EQ(output.text.find('\r'), std::string::npos) << "not a terminal";
  EXPECT_TRUE(std::ifstream(report).good());
  std::remove(report.c_str());
  std::remove(text.c_str());
}

} // namespace
