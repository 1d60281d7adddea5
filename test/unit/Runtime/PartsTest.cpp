//===- PartsTest.cpp - the runtime's small parts --------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Arena.h"
#include "core/Error.h"
#include "core/Intervals.h"
#include "core/Names.h"
#include "core/Safetensors.h"

#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <set>

using namespace optimc::rt;

TEST(Names, Utf8) {
  for (const char *good :
       {"", "abc", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
        "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(isUtf8(good)) << good;
  for (const char *bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xE2\x82",
        "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "a\xC3z"})
    EXPECT_FALSE(isUtf8(bad));
}

TEST(Names, Suggestions) {
  EXPECT_EQ("; did you mean 'beta3'?",
            suggest("beta_3", {"lr", "beta1", "beta3"}));
  EXPECT_EQ("; did you mean 'lr'?", suggest("Lr", {"lr", "beta1"}));
  EXPECT_EQ("; did you mean 'lr_t'?", suggest("lr", {"beta1", "lr_t"}));
  EXPECT_EQ("; did you mean 'w'?", suggest("W", {"v", "w"}));
  EXPECT_EQ("; there are 'lr', 'beta1'", suggest("momentum", {"lr", "beta1"}));
  EXPECT_EQ("; there is 'lr'", suggest("momentum", {"lr"}));
  EXPECT_EQ("", suggest("momentum", {}));
  EXPECT_EQ("", suggest(std::string(1000000, 'x'), {"lr"}));
}

TEST(Names, Numbers) {
  EXPECT_EQ("0.1", number(0.1));
  EXPECT_EQ("1e-08", number(1e-8));
  EXPECT_EQ("inf", number(INFINITY));
  EXPECT_EQ("(0, 1)", rangeText({"x", 0.5, 0, 1, 3, 0}));
  EXPECT_EQ("[-1, inf]", rangeText({"x", 0, -1, INFINITY, 0, 0}));
  EXPECT_EQ("[4, 3]", shapeText(std::vector<int64_t>{4, 3}.data(), 2));
  uint64_t value = 0;
  EXPECT_TRUE(parseUnsigned("18446744073709551615", value));
  EXPECT_EQ(~uint64_t(0), value);
  for (const char *bad : {"", "-1", "1x", " 1", "18446744073709551616", "0x1"})
    EXPECT_FALSE(parseUnsigned(bad, value)) << bad;
}

TEST(Errors, LongMessagesEndAtACharacter) {
  optimc_error error;
  std::string text(OPTIMC_MESSAGE_SIZE - 2, 'x');
  Diag(&error).fail(OPTIMC_NOT_FOUND, "%s\xE2\x82\xAC", text.c_str());
  EXPECT_EQ(text, error.message);
  EXPECT_EQ(OPTIMC_NOT_FOUND, error.code);
  Diag(nullptr).fail(OPTIMC_NOT_FOUND, "nobody listens");
  Diag clear(&error);
  EXPECT_EQ(OPTIMC_OK, error.code);
  EXPECT_STREQ("", error.message);
}

TEST(Intervals, AgainstBruteForce) {
  // Random changes; a bitmap says whether they should be accepted.
  uint64_t random = 3;
  auto next = [&](uint64_t n) {
    random = optimc_mix(random);
    return (random >> 20) % n;
  };
  Intervals set;
  std::vector<Interval> truth;
  int accepted = 0;
  for (int round = 0; round < 4000; ++round) {
    std::vector<Interval> removed, added;
    std::set<uint32_t> owners;
    for (uint64_t k = next(4); k-- > 0;)
      owners.insert(next(40));
    for (uint32_t owner : owners) {
      removed.push_back({0, 0, owner / 3, owner % 3});
      uintptr_t begin = next(400);
      added.push_back({begin, begin + next(12), owner / 3, owner % 3});
    }
    std::vector<Interval> after = added;
    for (const Interval &i : truth)
      if (!owners.count(3 * i.tensor + i.stream))
        after.push_back(i);
    int used[420] = {};
    bool clean = true;
    for (const Interval &i : after)
      for (uintptr_t at = i.begin; at < i.end; ++at)
        clean &= ++used[at] == 1;
    Interval a, b;
    ASSERT_EQ(clean, set.prepare(removed, added, a, b));
    if (!clean) {
      EXPECT_LT(b.begin, a.end);
      continue;
    }
    set.commit();
    truth = after;
    ++accepted;
  }
  EXPECT_GT(accepted, 500);
}

TEST(Checksum, DoesNotDependOnThePieces) {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += static_cast<char>(i * 37);
  Checksum whole;
  whole.add(text.data(), text.size());
  for (size_t piece : {1u, 3u, 8u, 13u, 64u}) {
    Checksum parts;
    for (size_t i = 0; i < text.size(); i += piece)
      parts.add(text.data() + i, std::min(piece, text.size() - i));
    EXPECT_EQ(whole.digits(), parts.digits()) << piece;
  }
  Checksum longer;
  longer.add(text.data(), text.size());
  longer.add("", 1);
  EXPECT_NE(whole.digits(), longer.digits());
}

TEST(Arena, BuffersLieSideBySide) {
  Diag diag(nullptr);
  Arena arena;
  std::vector<char *> places;
  for (int64_t bytes : {0, 1, 64, 65, 1000}) {
    void *place = nullptr;
    ASSERT_EQ(OPTIMC_OK, arena.allocate(bytes, "a test", place, diag));
    EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(place) % 64);
    places.push_back(static_cast<char *>(place));
  }
  EXPECT_EQ(places[0] + 64, places[1]);
  EXPECT_EQ(places[1] + 64, places[2]);
  EXPECT_EQ(places[2] + 64, places[3]);
  EXPECT_EQ(places[3] + 128, places[4]);
}

TEST(Arena, ManySlabsAndBack) {
  Diag diag(nullptr);
  Arena arena;
  auto take = [&](int64_t bytes) {
    void *place = nullptr;
    EXPECT_EQ(OPTIMC_OK, arena.allocate(bytes, "a test", place, diag));
    return static_cast<char *>(place);
  };
  std::map<char *, int64_t> taken;
  for (int i = 0; i < 500; ++i) {
    int64_t bytes = 1 + optimc_mix(i) % Arena::maxBytes;
    char *place = take(bytes);
    memset(place, i, bytes);
    taken[place] = bytes;
  }
  char *end = nullptr;
  for (auto [place, bytes] : taken) {
    EXPECT_GE(place, end);
    end = place + bytes;
  }
  // What a refused tensor took is there for the next one, whatever lies
  // between.
  take(100);
  Arena::Mark mark = arena.mark();
  char *next = take(64);
  for (int i = 0; i < 300; ++i)
    take(Arena::maxBytes);
  arena.rewind(mark);
  EXPECT_EQ(next, take(64));
}
