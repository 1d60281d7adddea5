//===- FormsTest.cpp - every form of every instruction --------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forms.h"
#include "OpcodeTable.h"

using namespace ptxsim;
using namespace ptxsim::test;

namespace {
std::vector<std::string> opcodes() {
  std::vector<std::string> names;
  for (std::string_view name : allOpcodes())
    names.emplace_back(name);
  return names;
}

std::vector<Maker> makersOf(const std::string &opcode) {
  std::vector<Maker> makers;
  for (const auto *table :
       {&integerMakers, &bitMakers, &floatMakers, &halfMakers, &compareMakers,
        &convertMakers, &moveMakers, &memoryMakers, &atomicMakers, &warpMakers,
        &controlMakers}) {
    auto found = table->find(opcode);
    if (found != table->end())
      makers.insert(makers.end(), found->second.begin(), found->second.end());
  }
  return makers;
}

/// Combinations in the table that the decoder rejects, of those tested here;
/// none for other opcodes.
const std::map<std::string, size_t> rejected = {
    {"cvt", 4270}, {"ld", 324}, {"ldu", 21}, {"st", 258}};

class Forms : public testing::TestWithParam<std::string> {};
} // namespace

// Takes the variants from the decoder's table: a new instruction or modifier
// without a reference fails here.
TEST_P(Forms, MatchesReference) {
  std::vector<Maker> makers = makersOf(GetParam());
  ASSERT_FALSE(makers.empty())
      << "no reference for '" << GetParam() << "': add one to test/*Forms.cpp";
  std::vector<Case> cases;
  size_t rejections = 0;
  for (Variant &variant : variantsOf(GetParam())) {
    Made made = Made::Unknown;
    std::vector<Case> own;
    for (Maker maker : makers)
      if ((made = maker(variant, own)) != Made::Unknown)
        break;
    rejections += made == Made::Rejected;
    EXPECT_NE(made, Made::Unknown)
        << "no reference for '" << variant.name() << "'";
    if (made == Made::Yes)
      EXPECT_EQ(variant.unknown(), "")
          << "unknown to the test in '" << variant.name() << "'";
    cases.insert(cases.end(), own.begin(), own.end());
  }
  auto known = rejected.find(GetParam());
  EXPECT_EQ(rejections, known == rejected.end() ? 0 : known->second);
  runCases(cases);
}

INSTANTIATE_TEST_SUITE_P(Every, Forms, testing::ValuesIn(opcodes()),
                         [](const auto &info) { return info.param; });
