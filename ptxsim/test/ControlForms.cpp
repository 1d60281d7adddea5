//===- ControlForms.cpp - every form of control flow, barriers and fences -===//
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
constexpr uint32_t threads = 128;

/// Runs statements that turn %r0, the thread, into %r1, with all checks.
std::vector<uint32_t> onBlock(const std::string &body,
                              const std::string &functions = "",
                              std::string *fault = nullptr) {
  std::string text = moduleText(
      functions +
      kernelText(".param .u64 out",
                 ".shared .align 4 .b32 words[128];\nmov.u32 %r0, %tid.x;\n"
                 "mov.u32 %r1, 0;\nld.param.u64 %rd1, [out];\n"
                 "mad.wide.u32 %rd2, %r0, 4, %rd1;\n" +
                     body + "\nst.global.u32 [%rd2], %r1;\nret;"));
  Simulation simulation(text);
  if (!simulation.loaded)
    return {};
  uint64_t out = simulation.buffer(std::vector<uint32_t>(threads, 9999), "out");
  LaunchResult result = simulation.run(shape(1, threads), out);
  if (fault)
    *fault = faultText(result);
  else
    EXPECT_EQ(faultText(result), "") << text;
  return simulation.read<uint32_t>(out, threads);
}

template <typename F>
void expectBlock(const std::string &body, F f,
                 const std::string &functions = "") {
  std::vector<uint32_t> expected;
  for (uint32_t t = 0; t < threads; ++t)
    expected.push_back(uint32_t(f(t)));
  EXPECT_EQ(onBlock(body, functions), expected) << body;
}

/// A loop of as many turns as the thread says; of one number with .uni.
Made bra(Variant &v, std::vector<Case> &) {
  bool uniform = v.has("uni");
  std::string count = uniform ? "mov.u32 %r2, 6;\n" : "rem.u32 %r2, %r0, 7;\n";
  expectBlock(
      count + "mov.u32 %r3, 0;\nloop:\nsetp.ge.u32 %p1, %r3, %r2;\n@%p1 " +
          v.name() + " done;\nadd.u32 %r3, %r3, 1;\nadd.u32 %r1, %r1, %r3;\n" +
          v.name() + " loop;\ndone:",
      [=](uint32_t t) {
        uint32_t n = uniform ? 6 : t % 7;
        return n * (n + 1) / 2;
      });
  return Made::Yes;
}

Made brx(Variant &v, std::vector<Case> &) {
  v.has("idx");
  bool uniform = v.has("uni");
  for (uint32_t start = 0; start < 3; ++start)
    expectBlock(
        "targets: .branchtargets zero, one, two;\nadd.u32 %r2, %r0, " +
            std::to_string(start) + ";\nrem.u32 %r2, %r2, 3;\n" +
            (uniform ? "mov.u32 %r2, " + std::to_string(start) + ";\n" : "") +
            v.name() +
            " %r2, targets;\nzero:\nmov.u32 %r1, 10;\nbra done;\n"
            "one:\nmov.u32 %r1, 11;\nbra done;\ntwo:\n"
            "mov.u32 %r1, 12;\ndone:",
        [=](uint32_t t) { return 10 + (uniform ? start : (t + start) % 3); });
  return Made::Yes;
}

const char *const addOne =
    ".func (.param .b32 r) addOne(.param .b32 x)\n{\n.reg .b32 %r<4>;\n"
    "ld.param.b32 %r1, [x];\nadd.u32 %r1, %r1, 1;\nst.param.b32 [r], %r1;\n"
    "ret;\n}\n"
    ".func (.reg .b32 r) twice(.reg .b32 x)\n{\nadd.u32 r, x, x;\nret;\n}\n";

/// Through memory and registers; without .uni half of the threads.
Made call(Variant &v, std::vector<Case> &) {
  bool uniform = v.has("uni");
  std::string guard = uniform ? "" : "@%p1 ";
  expectBlock(
      "and.b32 %r3, %r0, 1;\nsetp.eq.u32 %p1, %r3, 1;\n{\n"
      ".param .b32 in;\n.param .b32 result;\nst.param.b32 [in], %r0;\n" +
          guard + v.name() + " (result), addOne, (in);\n" + guard +
          "ld.param.b32 %r1, [result];\n}\n" + guard + v.name() +
          " (%r1), twice, (%r1);",
      [=](uint32_t t) { return uniform || t & 1 ? 2 * (t + 1) : 0; }, addOne);
  return Made::Yes;
}

/// From a function early and late, and from the kernel.
Made ret(Variant &v, std::vector<Case> &) {
  bool uniform = v.has("uni");
  std::string condition =
      uniform ? "setp.gt.u32 %p1, %r1, 1000;\n" : "setp.gt.u32 %p1, %r1, 64;\n";
  std::string function = ".func (.reg .b32 r) f(.reg .b32 x)\n{\n.reg .b32 "
                         "%r<4>;\n.reg .pred %p<2>;\nmov.u32 %r1, x;\n"
                         "mov.u32 r, 1;\n" +
                         condition + "@%p1 " + v.name() + ";\nmov.u32 r, 2;\n" +
                         v.name() + ";\n}\n";
  expectBlock(
      "call (%r1), f, (%r0);\nsetp.eq.u32 %p2, %r0, 5;\n@%p2 " +
          std::string(uniform ? "bra go;\ngo:" : v.name() + ";"),
      [=](uint32_t t) -> uint32_t {
        return !uniform && t == 5 ? 9999 : !uniform && t > 64 ? 1 : 2;
      },
      function);
  return Made::Yes;
}

Made exitThread(Variant &v, std::vector<Case> &) {
  expectBlock("and.b32 %r2, %r0, 3;\nsetp.eq.u32 %p1, %r2, 2;\n@%p1 " +
                  v.name() + ";\nmov.u32 %r1, 1;",
              [](uint32_t t) { return t % 4 == 2 ? 9999 : 1; });
  return Made::Yes;
}

Made trap(Variant &v, std::vector<Case> &) {
  std::string fault;
  onBlock("setp.eq.u32 %p1, %r0, 77;\n@%p1 " + v.name() + ";", "", &fault);
  EXPECT_NE(fault.find("the kernel executed trap"), std::string::npos) << fault;
  EXPECT_NE(fault.find("77"), std::string::npos) << fault;
  return Made::Yes;
}

/// Instructions that only take time.
Made nothing(Variant &v, std::vector<Case> &) {
  v.type();
  v.oneOf({"launch_dependents", "wait"});
  expectBlock("mov.u32 %r1, %r0;\n" + v.name() +
                  (v.opcode == "nanosleep" ? " 20;" : ";"),
              [](uint32_t t) { return t; });
  return Made::Yes;
}

/// Order within a thread is kept; order between threads is FaultTest's.
Made fence(Variant &v, std::vector<Case> &) {
  v.allowHints();
  expectBlock("mov.u32 %r2, words;\nshl.b32 %r3, %r0, 2;\n"
              "add.u32 %r2, %r2, %r3;\nst.shared.u32 [%r2], %r0;\n" +
                  v.name() + ";\nld.shared.u32 %r1, [%r2];",
              [](uint32_t t) { return t; });
  return Made::Yes;
}

const std::string writeOwn =
    "mov.u32 %r8, words;\nshl.b32 %r3, %r0, 2;\nadd.u32 %r4, %r8, %r3;\n"
    "st.shared.u32 [%r4], %r0;\n";

/// Thread t reads what thread t ^ mask wrote.
std::string readOther(unsigned mask) {
  return "\nxor.b32 %r5, %r3, " + std::to_string(4 * mask) +
         ";\nadd.u32 %r5, %r8, %r5;\nld.shared.u32 %r1, [%r5];\n";
}

/// bar.sync, bar.arrive, bar.red, and barrier with the same meaning.
Made barrier(Variant &v, std::vector<Case> &) {
  v.allowHints();
  v.has("aligned");
  std::string how = v.oneOf({"sync", "arrive", "red"});
  std::string name = v.name();
  bool counted = false;
  for (const std::string &role : v.roles)
    counted |= role.back() == '?' || how == "arrive";
  if (how == "sync") {
    expectBlock(writeOwn + name + (counted ? " 3, 128;" : " 3;") +
                    readOther(127),
                [](uint32_t t) { return t ^ 127; });
    // Half of the warps, each with a barrier of its own.
    if (counted)
      expectBlock(writeOwn + "shr.u32 %r6, %r0, 6;\n" + name + " %r6, 64;" +
                      readOther(63),
                  [](uint32_t t) { return t ^ 63; });
    return Made::Yes;
  }
  if (how == "arrive") {
    // The upper warps only arrive; the lower ones wait for them.
    std::string wait = name;
    wait.replace(wait.find("arrive"), 6, "sync");
    expectBlock(writeOwn + "setp.lt.u32 %p1, %r0, 64;\n@%p1 bra lower;\n" +
                    name + " 5, 128;\nmov.u32 %r1, 1000;\nbra done;\nlower:\n" +
                    wait + " 5, 128;" + readOther(127) + "done:",
                [](uint32_t t) { return t < 64 ? t ^ 127 : 1000; });
    return Made::Yes;
  }
  std::string op = v.oneOf({"popc", "and", "or"});
  v.type();
  std::string number = counted ? " 2, 128, " : " 2, ";
  for (bool negated : {false, true})
    for (uint32_t limit : {0u, 50u, 128u}) {
      std::string condition =
          writeOwn + "setp.lt.u32 %p1, %r0, " + std::to_string(limit) + ";\n";
      std::string p = negated ? "!%p1;" : "%p1;";
      uint32_t yes = negated ? threads - limit : limit;
      if (op == "popc")
        expectBlock(condition + name + " %r7," + number + p + readOther(127) +
                        "shl.b32 %r1, %r1, 8;\nadd.u32 %r1, %r1, %r7;",
                    [=](uint32_t t) { return ((t ^ 127) << 8) + yes; });
      else
        expectBlock(condition + name + " %p2," + number + p + readOther(127) +
                        "selp.b32 %r7, 1, 0, %p2;\nshl.b32 %r1, %r1, 8;\n"
                        "add.u32 %r1, %r1, %r7;",
                    [=](uint32_t t) {
                      bool result = op == "and" ? yes == threads : yes > 0;
                      return ((t ^ 127) << 8) + result;
                    });
    }
  return Made::Yes;
}
} // namespace

const std::map<std::string, std::vector<Maker>> ptxsim::test::controlMakers = {
    {"bra", {bra}},           {"brx", {brx}},
    {"call", {call}},         {"ret", {ret}},
    {"exit", {exitThread}},   {"trap", {trap}},
    {"nanosleep", {nothing}}, {"griddepcontrol", {nothing}},
    {"membar", {fence}},      {"fence", {fence}},
    {"bar", {barrier}},       {"barrier", {barrier}},
};
