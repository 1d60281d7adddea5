//===- MoveForms.cpp - every form of mov, cvta and isspacep
//----------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forms.h"

using namespace ptxsim;
using namespace ptxsim::test;

namespace {
/// Between a register of `bytes` and a vector of `count` parts of the inputs.
void addPacked(std::vector<Case> &cases, unsigned bytes, unsigned count) {
  unsigned part = bytes / count;
  std::string whole = "mov.b" + std::to_string(8 * bytes);
  std::string registers = ".reg .b" + std::to_string(8 * part) + " %v<8>;\n",
              list;
  for (unsigned i = 0; i < count; ++i)
    list += (i ? ", %v" : "%v") + std::to_string(i);
  std::string reversed;
  for (unsigned i = count; i--;)
    reversed += (reversed.empty() ? "%v" : ", %v") + std::to_string(i);
  Case c;
  c.count = 1 << 14;
  c.sources[0] = "b" + std::to_string(8 * bytes);
  c.operation.resultBytes = bytes;
  c.operation.text = "{\n" + registers + whole + " {" + list + "}, %a;\n" +
                     whole + " %d, {" + reversed + "};\n}";
  setReference(c, Result::Bits, [=](uint64_t a, uint64_t, uint64_t) {
    uint64_t result = 0;
    for (unsigned i = 0; i < count; ++i)
      result |= (a >> (8 * part * i) & ~(~uint64_t(0) << (8 * part)))
                << (8 * part * (count - 1 - i));
    return result;
  });
  cases.push_back(c);
}

/// Two words into 128 bits, through a second register, and out, swapped.
void addWide(std::vector<Case> &cases) {
  for (bool high : {false, true}) {
    Case c;
    c.count = 1 << 14;
    c.sources[0] = c.sources[1] = "b64";
    c.operation.resultBytes = 8;
    c.operation.text = "{\n.reg .b128 %q<2>;\nmov.b128 %q0, {%a, %b};\n"
                       "mov.b128 %q1, %q0;\nmov.b128 {" +
                       std::string(high ? "%rd9, %d" : "%d, %rd9") +
                       "}, %q1;\n}";
    setReference(c, Result::Bits, [=](uint64_t a, uint64_t b, uint64_t) {
      return high ? b : a;
    });
    cases.push_back(c);
  }
}

Made mov(Variant &v, std::vector<Case> &cases) {
  std::string type = v.type();
  if (type == "b128") {
    addWide(cases);
    return Made::Yes;
  }
  Case c = makeCase(v);
  setReference(c, Result::Bits, [=](uint64_t a, uint64_t, uint64_t) {
    return type == "pred" ? a & 1 : a;
  });
  cases.push_back(c);
  if (type == "b32") {
    addPacked(cases, 4, 2);
  } else if (type == "b64") {
    addPacked(cases, 8, 2);
    addPacked(cases, 8, 4);
  }
  return Made::Yes;
}

/// Variables of every space, addresses of which are taken.
const char *const variables = ".global .align 8 .b64 inGlobal = 11;\n.const "
                              ".align 8 .b64 inConst = 12;\n";

std::string spaceOf(Variant &v) {
  std::string space = v.oneOf({"const", "global", "local", "shared",
                               "shared::cta", "param", "param::entry"});
  return space.substr(0, space.find(':'));
}

std::string variableOf(const std::string &space) {
  return space == "global"  ? "inGlobal"
         : space == "const" ? "inConst"
         : space == "local" ? "inLocal"
         : space == "param" ? "out"
                            : "inShared";
}

/// Runs statements that end in one 64-bit value in %rd1, on one thread.
uint64_t valueOf(const std::string &statements) {
  std::string text = moduleText(
      variables +
      kernelText(".param .u64 out", ".shared .align 8 .b64 inShared;\n"
                                    ".local .align 8 .b64 inLocal;\n" +
                                        statements +
                                        "\nld.param.u64 %rd60, [out];\n"
                                        "st.global.u64 [%rd60], %rd1;\nret;"));
  Simulation simulation(text);
  if (!simulation.loaded)
    return ~uint64_t(0);
  uint64_t out = simulation.allocate(8, "out");
  EXPECT_EQ(faultText(simulation.run(shape(1, 1), out)), "") << text;
  return simulation.read<uint64_t>(out, 1)[0];
}

/// cvta to a generic address, by which the variable is found; cvta.to undoes
/// it.
Made cvta(Variant &v, std::vector<Case> &) {
  std::string space = spaceOf(v), variable = variableOf(space);
  v.type();
  std::string take = "mov.u64 %rd2, " + variable + ";\n";
  if (v.has("to")) {
    std::string generic = "cvta." + v.modifiers[1] + ".u64 %rd3, %rd2;\n";
    EXPECT_EQ(valueOf(take + generic + v.name() +
                      " %rd4, %rd3;\nsub.u64 %rd1, %rd4, %rd2;"),
              0u)
        << v.name();
    return Made::Yes;
  }
  std::string write;
  uint64_t expected = 77;
  if (space == "shared" || space == "local" || space == "global")
    write = "st." + space + ".u64 [" + variable + "], 77;\n";
  else if (space == "const")
    expected = 12;
  else // the parameter holds the address of the buffer
    return valueOf(take + v.name() +
                   " %rd3, %rd2;\nld.u64 %rd4, [%rd3];\n"
                   "ld.param.u64 %rd5, [out];\nsub.u64 %rd1, %rd4, %rd5;") == 0
               ? Made::Yes
               : Made::Unknown;
  EXPECT_EQ(
      valueOf(take + write + v.name() + " %rd3, %rd2;\nld.u64 %rd1, [%rd3];"),
      expected)
      << v.name();
  return Made::Yes;
}

/// Of generic addresses in all spaces it holds for one.
Made isspacep(Variant &v, std::vector<Case> &) {
  std::string space = spaceOf(v);
  for (const std::string other :
       {"const", "global", "local", "shared", "param"}) {
    uint64_t expected = other == space;
    EXPECT_EQ(valueOf("mov.u64 %rd2, " + variableOf(other) + ";\ncvta." +
                      other + ".u64 %rd3, %rd2;\n" + v.name() +
                      " %p1, %rd3;\nselp.b64 %rd1, 1, 0, %p1;"),
              expected)
        << v.name() << " of an address in ." << other;
  }
  return Made::Yes;
}
} // namespace

const std::map<std::string, std::vector<Maker>> ptxsim::test::moveMakers = {
    {"mov", {mov}},
    {"cvta", {cvta}},
    {"isspacep", {isspacep}},
};
