//===- CheckpointDamageTest.cpp - hostile and damaged files ---------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

#include "core/Safetensors.h"

#include <cmath>
#include <cstring>

using namespace optimc::test;
using optimc::rt::checksumOffset;

namespace {
class Damage : public testing::Test {
protected:
  Damage() : h(&adamw.program) {
    h.tensor("w", {9});
    h.tensor("v", {2, 2});
    h.gradients(1);
    h.step();
    EXPECT_OK(optimc_save(h.opt, (dir / "good").c_str(), err));
    good = readBytes(dir / "good");
    h.gradients(2);
    h.step();
    before = h.snapshot();
  }

  /// The load's message; empty if the file was accepted.
  std::string load(const std::string &bytes) {
    writeBytes(dir / "bad", bytes);
    optimc_error error;
    optimc_status status =
        optimc_load(h.opt, (dir / "bad").c_str(), 0, nullptr, nullptr, &error);
    EXPECT_EQ(status, error.code);
    if (status == OPTIMC_OK)
      return "";
    EXPECT_EQ(OPTIMC_BAD_CHECKPOINT, status) << error.message;
    std::string message = error.message;
    size_t colon = message.find("bad': ");
    return colon == std::string::npos ? message : message.substr(colon + 6);
  }

  /// A file with this header text and a valid checksum.
  static std::string sealed(std::string header, const std::string &data) {
    header.resize((header.size() + 7) / 8 * 8, ' ');
    std::string file(8, '\0');
    uint64_t length = header.size();
    memcpy(file.data(), &length, 8);
    file += header + data;
    memset(&file[checksumOffset], '0', 16);
    optimc::rt::Checksum sum;
    sum.add(file.data(), file.size());
    file.replace(checksumOffset, 16, sum.digits());
    return file;
  }
  std::string header() const {
    uint64_t length;
    memcpy(&length, good.data(), 8);
    return good.substr(8, length);
  }
  std::string data() const { return good.substr(8 + header().size()); }

  /// The good file with one replacement in its header, sealed again.
  std::string edited(const std::string &from, const std::string &to) const {
    std::string text = header();
    size_t at = text.find(from);
    EXPECT_NE(std::string::npos, at) << from;
    return sealed(text.replace(at, from.size(), to), data());
  }

  TestProgram adamw = makeAdamW();
  Harness h;
  TempDir dir;
  std::string good, before;
};
} // namespace

TEST_F(Damage, TruncationAtEveryByteIsRejected) {
  for (size_t size = 0; size < good.size(); ++size)
    ASSERT_NE("", load(good.substr(0, size))) << size << " bytes";
  ASSERT_NE("", load(good + '\0'));
  EXPECT_EQ(before, h.snapshot());
  EXPECT_EQ("", load(good));
}

TEST_F(Damage, EveryBitFlipIsRejected) {
  // In memory for speed: the loader reads the file through the same function.
  for (size_t i = 0; i < good.size() * 8; ++i) {
    std::string bad = good;
    bad[i / 8] ^= 1 << (i % 8);
    optimc::rt::FileHeader header;
    std::string reason;
    ASSERT_FALSE(
        optimc::rt::parseHeader(bad.data(), bad.size(), header, reason))
        << "bit " << i;
    ASSERT_NE("", reason);
  }
  // And through the whole loader, one bit of every byte.
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 1 << (i % 8);
    ASSERT_NE("", load(bad)) << "byte " << i;
  }
  EXPECT_EQ(before, h.snapshot());
}

TEST_F(Damage, RandomGarbageIsRejected) {
  uint64_t random = 7;
  for (int round = 0; round < 500; ++round) {
    std::string bad = good;
    for (int k = 0; k < 1 + round % 20; ++k) {
      random = optimc_mix(random);
      bad[random % bad.size()] = static_cast<char>(random >> 32);
    }
    if (bad == good)
      continue;
    // Also with a correct checksum, so that the parser itself is met.
    load(bad);
    std::string text = bad.substr(8, header().size());
    text.replace(0, checksumOffset - 8, header(), 0, checksumOffset - 8);
    load(sealed(text, bad.substr(8 + text.size())));
  }
}

TEST_F(Damage, SealedButWrongFilesSayWhatIsWrong) {
  struct Case {
    const char *from, *to, *message;
  };
  const Case cases[] = {
      {"\"format_version\":\"1\"", "\"format_version\":\"2\"",
       "it has format version '2'; this runtime reads version '1'"},
      {"\"seed\":\"0\"", "\"seed\":\"-1\"",
       "the seed in its metadata is not a whole number"},
      {"\"seed\":\"0\",", "", "its metadata has no 'seed'"},
      {"\"mode\":\"\"", "\"mode\":\"to_evil\"",
       "its mode 'to_evil' is no entry"},
      {"\"dtype\":\"F32\"", "\"dtype\":\"I32\"",
       "has dtype 'I32'; F64, F32, BF16, F16, U16 and U8 are allowed"},
      {"\"dtype\":\"F32\"", "\"dtype\":\"F16\"",
       "which do not fit its shape or the file"},
      {"\"dtype\":\"F32\",", "", "has no dtype, shape or data_offsets"},
      {"\"shape\":[9]", "\"shape\":[8]",
       "which do not fit its shape or the file"},
      {"\"shape\":[9]", "\"shape\":[18446744073709551615,2]",
       "which do not fit its shape or the file"},
      {"\"shape\":[9]", "\"shape\":[-9]", "a negative number"},
      {"\"shape\":[9]", "\"shape\":[9.0]", "a fraction"},
      {"\"shape\":[9]", "\"shape\":[[9]]", "an array where it does not belong"},
      {"\"shape\":[9]", "\"shape\":null", "null where it does not belong"},
      {"\"shape\":[9]", "\"shape\":{}", "an object where it does not belong"},
      {"\"shape\":[9]", "\"shape\":[9],\"extra\":1", "an unknown key"},
      {"\"shape\":[9]", "\"shape\":[9],\"shape\":[9]",
       "has the key 'shape' twice"},
      {"\"param/v\"", "\"param/w\"", "has the key 'param/w' twice"},
      {"\"seed\":\"0\"", "\"seed\":\"0\",\"seed\":\"0\"",
       "has the key 'seed' twice"},
      {"\"param/w\"", "\"param/x\"", "it has no parameter 'w'"},
      {"\"param/w\"", "\"param/\xFF\"", "not valid JSON"},
      {"\"tensor/w\":\"[9] 0 9\"", "\"tensor/w\":\"[3, 3] 0 9\"",
       "it has tensor 'w' as [3, 3] 0 9, but here it is [9] 0 9"},
      {"\"state/exp_avg/w\":{\"dtype\":\"F32\",\"shape\":[9]",
       "\"state/exp_avg/v\":{\"dtype\":\"F32\",\"shape\":[9]",
       "has the key 'state/exp_avg/v' twice"},
      {"{\"dtype\"", "{\"dtype", "an unknown key"},
      {"{\"dtype\":", "{\"dtype\"", "not valid JSON"},
  };
  for (const Case &c : cases) {
    std::string message = load(edited(c.from, c.to));
    EXPECT_NE(std::string::npos, message.find(c.message))
        << c.to << ": " << message;
  }
  EXPECT_EQ(before, h.snapshot());
}

TEST_F(Damage, OffsetsMustTileTheData) {
  std::string head =
      std::string(optimc::rt::checksumPrefix) + "0000000000000000\"},";
  auto file = [&](const std::string &tensors, size_t size) {
    return load(sealed(head + tensors + "}", std::string(size, '\0')));
  };
  auto entry = [](const char *name, uint64_t begin, uint64_t end) {
    return std::string("\"") + name + "\":{\"dtype\":\"F32\",\"shape\":[" +
           std::to_string((end - begin) / 4) + "],\"data_offsets\":[" +
           std::to_string(begin) + "," + std::to_string(end) + "]}";
  };
  EXPECT_NE(std::string::npos,
            file(entry("a", 0, 8) + "," + entry("b", 4, 12), 12)
                .find("'b' starts at byte 4 of the data, but the one before it "
                      "ends at 8"));
  EXPECT_NE(std::string::npos,
            file(entry("a", 0, 8) + "," + entry("b", 12, 16), 16)
                .find("starts at byte 12"));
  EXPECT_NE(std::string::npos, file(entry("a", 0, 8), 12)
                                   .find("12 bytes of data, but its tensors "
                                         "have 8"));
  EXPECT_NE(std::string::npos, file(entry("a", 0, 16), 12).find("do not fit"));
  EXPECT_NE(
      std::string::npos,
      file("\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,0]}", 4)
          .find("do not fit"));
  EXPECT_NE(
      std::string::npos,
      file("\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}", 4)
          .find("pair of offsets"));
}

TEST_F(Damage, DeepNestingAndHugeNumbers) {
  std::string head =
      std::string(optimc::rt::checksumPrefix) + "0000000000000000\"},\"a\":";
  for (const char *unit : {"[", "{\"a\":", "[{"}) {
    std::string deep;
    for (int i = 0; i < 100000; ++i)
      deep += unit;
    EXPECT_NE("", load(sealed(head + deep, "")));
  }
  EXPECT_NE("", load(sealed(head + std::string(100000, '9') + "}", "")));
  std::string huge = good;
  memset(huge.data(), 0xFF, 8);
  EXPECT_NE(std::string::npos, load(huge).find("its header claims"));
}

TEST_F(Damage, WrongNumbersInsideAreRejected) {
  auto patched = [&](const std::string &name, double value) {
    optimc::rt::FileHeader parsed;
    std::string reason;
    EXPECT_TRUE(
        optimc::rt::parseHeader(good.data(), good.size(), parsed, reason));
    std::string content = data();
    memcpy(content.data() + parsed.find(name)->begin, &value, 8);
    return load(sealed(header(), content));
  };
  EXPECT_NE(std::string::npos,
            patched("hyper/lr/main", NAN)
                .find("hyperparameter 'lr' of group 'main' = nan is not a "
                      "number"));
  EXPECT_NE(std::string::npos,
            patched("hyper/beta1/main", 1)
                .find("'beta1' of group 'main' = 1 is out of range; allowed: "
                      "[0, 1)"));
  EXPECT_NE(std::string::npos,
            patched("hyper/warmup/main", 1.5).find("is not a whole number"));
  for (double step : {-1.0, 0.5, 1e300, double(NAN)})
    EXPECT_NE(std::string::npos,
              patched("scalar/step/w", step).find("scalar state 'step' of w"));
  EXPECT_NE(std::string::npos,
            patched("scalar/n_updates", NAN).find("is not a number"));
  EXPECT_EQ(before, h.snapshot());
}
