//===- DataTest.cpp - text, vocabulary, batches -----------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

using namespace optimc::trainer;

namespace {

std::string temporary(const char *name, const std::string &content) {
  std::string path = ::testing::TempDir() + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

TEST(TrainerData, KingJames) {
  std::string text, error;
  ASSERT_TRUE(readText(findDefaultText(), text, error)) << error;
  EXPECT_EQ(text.size(), 4137850u);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 31102);
  EXPECT_EQ(
      text.rfind("In the beginning God created the heaven and the earth.", 0),
      0u);
  Corpus corpus;
  ASSERT_TRUE(corpus.build(text, 64, error)) << error;
  EXPECT_EQ(corpus.vocabulary(), 63);
  // FNV-1a of the text whose SHA-256 is in trainer/data/kjv.txt.sha256.
  EXPECT_EQ(corpus.hash(), 0xca234ace6589dc01u);
  EXPECT_EQ(corpus.trainSize(), 3724065);
  EXPECT_EQ(corpus.validationWindows(), 6465);
  for (size_t i = 0; i < text.size(); i += 997)
    ASSERT_EQ(char(corpus.byteOf(corpus.data()[i])), text[i]);
}

TEST(TrainerData, DamagedFilesAreRefused) {
  std::ifstream in(findDefaultText(), std::ios::binary);
  std::string packed((std::istreambuf_iterator<char>(in)), {});
  ASSERT_GT(packed.size(), 100000u);
  std::string text, error;

  std::string flipped = packed;
  flipped[packed.size() / 2] = char(flipped[packed.size() / 2] ^ 1);
  EXPECT_FALSE(readText(temporary("flipped.xz", flipped), text, error));
  EXPECT_NE(error.find("damaged"), std::string::npos) << error;

  EXPECT_FALSE(readText(
      temporary("short.xz", packed.substr(0, packed.size() - 5)), text, error));
  EXPECT_NE(error.find("truncated"), std::string::npos) << error;

  EXPECT_FALSE(readText(temporary("long.xz", packed + "x"), text, error));
  EXPECT_NE(error.find("follows its end"), std::string::npos) << error;

  EXPECT_FALSE(readText(::testing::TempDir() + "absent.txt", text, error));
  EXPECT_NE(error.find("No such file"), std::string::npos) << error;
  EXPECT_FALSE(readText(::testing::TempDir(), text, error));
}

TEST(TrainerData, PlainTextAndVocabulary) {
  std::string text, error;
  std::string content = "banana\xff";
  while (content.size() < 1000)
    content += "nab";
  ASSERT_TRUE(readText(temporary("plain.txt", content), text, error)) << error;
  EXPECT_EQ(text, content);
  Corpus corpus;
  ASSERT_TRUE(corpus.build(text, 8, error)) << error;
  EXPECT_EQ(corpus.vocabulary(), 4);
  EXPECT_EQ(corpus.data()[0], 1); // 'b' comes after 'a'
  EXPECT_EQ(corpus.byteOf(3), 0xff);
}

TEST(TrainerData, TooShort) {
  Corpus corpus;
  std::string error;
  EXPECT_FALSE(corpus.build("", 8, error));
  EXPECT_FALSE(corpus.build(std::string(80, 'x'), 8, error));
  EXPECT_NE(error.find("at least 90"), std::string::npos) << error;
  EXPECT_TRUE(corpus.build(std::string(90, 'x'), 8, error));
}

TEST(TrainerData, BatchesStayInTheirPart) {
  // Each symbol tells where it is from: training 'a'-'y', held-out 'z'.
  std::string text, error;
  for (int i = 0; i < 900; ++i)
    text += char('a' + i % 25);
  text += std::string(100, 'z');
  Corpus corpus;
  const int64_t context = 9, batch = 4;
  ASSERT_TRUE(corpus.build(text, context, error));
  std::vector<uint8_t> in(batch * context), out(batch * context), again = in;
  bool lastSeen = false;
  for (int64_t step = 0; step < 2000; ++step) {
    corpus.trainingBatch(7, step, batch, in.data(), out.data());
    for (int64_t i = 0; i < batch * context; ++i) {
      ASSERT_LT(out[i], 25);
      ASSERT_EQ(out[i], (in[i] + 1) % 25) << "the target is the next symbol";
    }
    lastSeen |= out[context - 1] == 899 % 25;
  }
  EXPECT_TRUE(lastSeen);
  EXPECT_EQ(corpus.validationWindows(), 11);
  corpus.validationBatch(1, 3, batch, in.data(), out.data());
  for (uint8_t symbol : in)
    ASSERT_EQ(symbol, 25);

  corpus.trainingBatch(7, 5, batch, in.data(), out.data());
  corpus.trainingBatch(7, 5, batch, again.data(), out.data());
  EXPECT_EQ(in, again);
  corpus.trainingBatch(8, 5, batch, again.data(), out.data());
  EXPECT_NE(in, again) << "another seed, another order";
  corpus.trainingBatch(7, 6, batch, again.data(), out.data());
  EXPECT_NE(in, again);
}

} // namespace
