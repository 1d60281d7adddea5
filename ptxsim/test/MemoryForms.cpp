//===- MemoryForms.cpp - every form of loads, stores, copies and hints ----===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forms.h"
#include <random>

using namespace ptxsim;
using namespace ptxsim::test;

namespace {
constexpr unsigned threads = 64, perThread = 64; // bytes of memory
using Blob = std::array<uint8_t, perThread>;

/// What lies in memory before: bytes of all values.
const std::vector<uint8_t> &pattern() {
  static const std::vector<uint8_t> bytes = [] {
    std::mt19937 random(5);
    std::vector<uint8_t> values(threads * perThread);
    for (uint8_t &value : values)
      value = uint8_t(random());
    return values;
  }();
  return bytes;
}

std::string number(uint64_t value) { return std::to_string(value); }

/// A kernel with %rd0 and %rd1 at the thread's 64 bytes of input and 128 bytes
/// of output, and a buffer in every space.
std::string memoryModule(const std::string &functions,
                         const std::string &body) {
  std::string constants, size = number(threads * perThread);
  if (body.find("inConst") != std::string::npos) {
    for (size_t i = 0; i < pattern().size(); i += 8) {
      uint64_t word;
      std::memcpy(&word, &pattern()[i], 8);
      constants += (i ? "," : "") + number(word);
    }
    constants = ".const .align 64 .b64 inConst[" +
                number(threads * perThread / 8) + "] = {" + constants + "};\n";
  }
  return moduleText(
      constants + ".global .align 64 .b8 inGlobal[" + size + "];\n" +
      functions +
      kernelText(".param .u64 in, .param .u64 out, "
                 ".param .align 64 .b8 blob[64]",
                 ".shared .align 64 .b8 inShared[" + size +
                     "];\n.local .align 64 .b8 inLocal[64];\n"
                     "ld.param.u64 %rd0, [in];\nld.param.u64 %rd1, [out];\n"
                     "mov.u32 %r0, %tid.x;\n"
                     "mad.wide.u32 %rd0, %r0, 64, %rd0;\n"
                     "mad.wide.u32 %rd1, %r0, 128, %rd1;\n" +
                     body + "ret;"));
}

/// The 128 bytes of output per thread, all of them 0 before.
std::vector<uint8_t> runMemory(const std::string &module) {
  Simulation simulation(module);
  if (!simulation.loaded)
    return std::vector<uint8_t>(threads * 128);
  uint64_t in = simulation.buffer(pattern(), "in");
  uint64_t out = simulation.buffer(std::vector<uint8_t>(threads * 128), "out");
  Blob blob;
  std::copy_n(pattern().begin(), perThread, blob.begin());
  EXPECT_EQ(faultText(simulation.run(shape(1, threads), in, out, blob)), "")
      << module.substr(module.find(".visible"));
  return simulation.read<uint8_t>(out, threads * 128);
}

/// %rd10 at the thread's bytes in a space.
std::string pointInto(const std::string &space) {
  if (space == "local")
    return "mov.u64 %rd10, inLocal;\n";
  std::string name = space;
  name[0] = char(name[0] - 'a' + 'A');
  return "mov.u64 %rd10, in" + name +
         ";\nmad.wide.u32 %rd10, %r0, 64, %rd10;\n";
}
/// All 64 bytes of input to a place, or of a place to the output.
std::string copyIn(const std::string &space, const std::string &base) {
  std::string text;
  for (unsigned i = 0; i < perThread; i += 8)
    text += "ld.global.b64 %rd11, [%rd0+" + number(i) + "];\nst." + space +
            ".b64 [" + base + "+" + number(i) + "], %rd11;\n";
  return text;
}
std::string copyOut(const std::string &space, const std::string &base,
                    const std::string &out = "%rd1") {
  std::string text;
  for (unsigned i = 0; i < perThread; i += 8)
    text += "ld." + space + ".b64 %rd11, [" + base + "+" + number(i) +
            "];\nst.global.b64 [" + out + "+" + number(i) + "], %rd11;\n";
  return text;
}

struct Access {
  std::string name, space, policy;
  unsigned count, bytes; // elements
  unsigned registerBytes;
  bool isSigned;

  explicit Access(Variant &v) : name(v.name()) {
    v.allowHints();
    v.has("nc");
    space = v.oneOf({"global", "shared", "shared::cta", "local", "const",
                     "param", "param::entry", "param::func"});
    std::string vector = v.oneOf({"v2", "v4", "v8"}), type = v.type();
    count = vector.empty() ? 1 : unsigned(vector[1] - '0');
    bytes = bytesOf(type);
    registerBytes = std::max(2u, bytes);
    isSigned = isSignedType(type);
    if (v.has("L2::cache_hint"))
      policy = ", %rd20";
  }
  std::string registers() const {
    return ".reg .b" + number(8 * registerBytes) +
           " %v<8>;\nmov.b64 %rd20, 0;\n";
  }
  std::string list() const {
    std::string text;
    for (unsigned i = 0; i < count; ++i)
      text += (i ? ", %v" : "%v") + number(i);
    return count > 1 ? "{" + text + "}" : text;
  }
};

/// The load and its registers to the output, 16 bytes each.
std::string loadText(const Access &a, const std::string &from,
                     const std::string &out = "%rd1") {
  std::string text = a.registers() + a.name + " " + a.list() + ", [" + from +
                     "+32]" + a.policy + ";\n";
  for (unsigned i = 0; i < a.count; ++i) {
    std::string value = "%v" + number(i), to = out + "+" + number(16 * i);
    if (a.registerBytes == 16)
      text += "mov.b128 {%rd21, %rd22}, " + value + ";\nst.global.b64 [" + to +
              "], %rd21;\nst.global.b64 [" + to + "+8], %rd22;\n";
    else
      text += "st.global.b" + number(8 * a.registerBytes) + " [" + to + "], " +
              value + ";\n";
  }
  return text;
}

std::vector<uint8_t> loaded(const Access &a, bool perThreadData) {
  std::vector<uint8_t> expected(threads * 128);
  for (unsigned t = 0; t < threads; ++t)
    for (unsigned i = 0; i < a.count; ++i) {
      const uint8_t *from =
          &pattern()[(perThreadData ? t * perThread : 0) + 32 + i * a.bytes];
      uint8_t *to = &expected[t * 128 + i * 16];
      std::copy_n(from, a.bytes, to);
      if (a.isSigned && from[a.bytes - 1] & 128)
        std::fill(to + a.bytes, to + a.registerBytes, uint8_t(255));
    }
  return expected;
}

const char *const readParameter =
    ".func f(.param .align 64 .b8 p[64], .param .b64 o) {\n"
    ".reg .b64 %rd<64>;\nld.param.b64 %rd1, [o];\n";

/// st.param of 64 bytes to p and the output to o, and the call.
std::string callWith(const std::string &change) {
  return "{\n.param .align 64 .b8 p[64];\n.param .b64 o;\n" +
         copyIn("param", "p") + change +
         "st.param.b64 [o], %rd1;\ncall f, (p, o);\n}\n";
}

void checkLoad(const Access &a) {
  auto expect = [&](const std::string &functions, const std::string &body,
                    bool perThreadData = true) {
    EXPECT_EQ(runMemory(memoryModule(functions, body)),
              loaded(a, perThreadData))
        << a.name << " into " << 8 * a.registerBytes << " bits";
  };
  if (a.space == "global")
    return expect("", loadText(a, "%rd0"));
  if (a.space == "param" || a.space == "param::entry")
    expect("", loadText(a, "blob"), false);
  if (a.space == "param" || a.space == "param::func")
    return expect(readParameter + loadText(a, "p") + "ret;\n}\n", callWith(""));
  if (a.space == "param::entry")
    return;
  bool generic = a.space.empty();
  for (const std::string space : {"const", "global", "shared", "local"}) {
    if (!generic && space != a.space.substr(0, a.space.find(':')))
      continue;
    std::string body = pointInto(space);
    if (space != "const")
      body += copyIn(space, "%rd10");
    if (generic)
      body += "cvta." + space + ".u64 %rd10, %rd10;\n";
    expect("", body + loadText(a, "%rd10"));
  }
}

/// Whether the text of an instruction is accepted, in a bare kernel.
bool takes(const Variant &v, const Access &a, const std::string &operands) {
  bool inFunction = a.space == "param::func";
  std::string body = a.registers() + a.name + operands + ";\n";
  return isAccepted(
      v, inFunction ? memoryModule(readParameter + body + "ret;\n}\n", "")
                    : memoryModule("", body));
}

std::string placeholder(const Access &a, bool isStore) {
  return a.space.rfind("param", 0) != 0        ? "%rd0"
         : isStore || a.space == "param::func" ? "p"
                                               : "blob";
}

Made load(Variant &v, std::vector<Case> &) {
  Access a(v);
  if (!takes(v, a,
             " " + a.list() + ", [" + placeholder(a, false) + "]" + a.policy))
    return Made::Rejected;
  checkLoad(a);
  // Into wider registers, which floats may not have.
  if (a.bytes < 8 && v.type()[0] != 'f') {
    a.registerBytes = 8;
    checkLoad(a);
  }
  return Made::Yes;
}

/// Registers from the first bytes of the input, low bytes of each to memory.
std::string storeText(const Access &a, const std::string &to) {
  std::string text = a.registers();
  for (unsigned i = 0; i < a.count; ++i) {
    std::string value = "%v" + number(i),
                from = "[%rd0+" + number((8 * i) % 48) + "]";
    if (a.registerBytes == 16)
      text += "ld.global.b64 %rd21, " + from +
              ";\nld.global.b64 %rd22, [%rd0+" + number((8 * i) % 48 + 8) +
              "];\nmov.b128 " + value + ", {%rd21, %rd22};\n";
    else
      text += "ld.global.b" + number(8 * a.registerBytes) + " " + value + ", " +
              from + ";\n";
  }
  return text + a.name + " [" + to + "+32], " + a.list() + a.policy + ";\n";
}

void checkStore(const Access &a) {
  std::vector<uint8_t> expected(threads * 128);
  for (unsigned t = 0; t < threads; ++t) {
    const uint8_t *in = &pattern()[t * perThread];
    uint8_t *out = &expected[t * 128];
    std::copy_n(in, perThread, out);
    for (unsigned i = 0; i < a.count; ++i)
      std::copy_n(in + (8 * i) % 48, a.bytes, out + 32 + i * a.bytes);
  }
  auto expect = [&](const std::string &functions, const std::string &body) {
    EXPECT_EQ(runMemory(memoryModule(functions, body)), expected)
        << a.name << " from " << 8 * a.registerBytes << " bits";
  };
  if (a.space.rfind("param", 0) == 0)
    return expect(readParameter + copyOut("param", "p") + "ret;\n}\n",
                  callWith(storeText(a, "p")));
  for (const std::string space : {"global", "shared", "local"}) {
    bool generic = a.space.empty();
    if (!generic && space != a.space.substr(0, a.space.find(':')))
      continue;
    std::string body = pointInto(space) + copyIn(space, "%rd10");
    body += generic ? "cvta." + space + ".u64 %rd12, %rd10;\n"
                    : "mov.u64 %rd12, %rd10;\n";
    expect("", body + storeText(a, "%rd12") + copyOut(space, "%rd10"));
  }
}

Made store(Variant &v, std::vector<Case> &) {
  Access a(v);
  bool param = a.space.rfind("param", 0) == 0;
  std::string body = a.registers() + a.name + " [" + placeholder(a, true) +
                     "], " + a.list() + a.policy + ";\n";
  if (param)
    body = "{\n.param .align 64 .b8 p[64];\n" + body + "}\n";
  if (!isAccepted(v, memoryModule("", body)))
    return Made::Rejected;
  checkStore(a);
  if (a.bytes < 8 && v.type()[0] != 'f') {
    a.registerBytes = 8;
    checkStore(a);
  }
  return Made::Yes;
}

/// Hints change nothing.
Made hint(Variant &v, std::vector<Case> &) {
  v.allowHints();
  v.oneOf({"L1", "L2"});
  std::string space = v.oneOf({"global", "local", "const", "param"});
  std::string address = space == "param"                     ? "blob"
                        : space.empty() || space == "global" ? "%rd0"
                                                             : "%rd10";
  std::string size = v.roles.size() > 1 ? ", 128" : "";
  if (!size.empty()) // a whole line of 128 bytes
    address = "%rd1";
  std::string body =
      space == "local" || space == "const" ? pointInto(space) : "";
  body += v.name() + " [" + address + "]" + size + ";\n" +
          copyOut("global", "%rd0");
  std::vector<uint8_t> expected(threads * 128);
  for (unsigned i = 0; i < threads * perThread; ++i)
    expected[i / perThread * 128 + i % perThread] = pattern()[i];
  EXPECT_EQ(runMemory(memoryModule("", body)), expected) << v.name();
  return Made::Yes;
}

/// A policy can be used; what is in it is open.
Made createPolicy(Variant &v, std::vector<Case> &) {
  v.allowHints();
  v.has("fractional");
  v.type();
  std::string fraction = v.roles.size() > 1 ? ", 0f3F000000" : "";
  std::string body = v.name() + " %rd15" + fraction +
                     ";\nld.global.L2::cache_hint.b64 %rd16, [%rd0], %rd15;\n"
                     "st.global.b64 [%rd1], %rd16;\n";
  std::vector<uint8_t> expected(threads * 128);
  for (unsigned t = 0; t < threads; ++t)
    std::copy_n(&pattern()[t * perThread], 8, &expected[t * 128]);
  EXPECT_EQ(runMemory(memoryModule("", body)), expected) << v.name();
  return Made::Yes;
}

/// Copies of all sizes, whole and with a rest of zeros.
void checkCopy(const Variant &v, const std::string &wait, unsigned size,
               int sourceSize) {
  bool policy = v.name().find("cache_hint") != std::string::npos;
  bool part = sourceSize >= 0;
  std::string body = pointInto("shared") + copyIn("shared", "%rd10") +
                     "add.u64 %rd12, %rd10, 16;\nmov.b64 %rd20, 0;\n"
                     "mov.u32 %r5, " +
                     number(part ? unsigned(sourceSize) : 0) + ";\n" +
                     v.name() + " [%rd12], [%rd0+32], " + number(size) +
                     (part ? ", %r5" : "") + (policy ? ", %rd20" : "") + ";\n" +
                     wait + copyOut("shared", "%rd10");
  std::vector<uint8_t> expected(threads * 128);
  for (unsigned t = 0; t < threads; ++t) {
    const uint8_t *in = &pattern()[t * perThread];
    uint8_t *out = &expected[t * 128];
    std::copy_n(in, perThread, out);
    for (unsigned i = 0; i < size; ++i)
      out[16 + i] = !part || i < unsigned(sourceSize) ? in[32 + i] : 0;
  }
  EXPECT_EQ(runMemory(memoryModule("", body)), expected)
      << v.name() << " of " << size << ", " << sourceSize << "\n"
      << wait;
}

Made copyAsync(Variant &v, std::vector<Case> &) {
  v.allowHints();
  v.has("async");
  std::string how = v.oneOf({"commit_group", "wait_group", "wait_all"});
  Variant copy = v;
  copy.modifiers = {"async", "ca", "shared", "global"};
  if (how == "wait_all") {
    checkCopy(copy, v.name() + ";\n", 8, -1);
  } else if (how == "commit_group") {
    checkCopy(copy, v.name() + ";\ncp.async.wait_group 0;\n", 8, -1);
  } else if (how == "wait_group") {
    // The second group is empty: all but the last one includes the copy.
    checkCopy(copy,
              "cp.async.commit_group;\ncp.async.commit_group;\n" + v.name() +
                  " 1;\n",
              8, -1);
  } else {
    v.oneOf({"ca", "cg", "shared", "shared::cta", "global"});
    for (const char *known : {"ca", "cg", "shared", "shared::cta", "global"})
      v.has(known);
    bool small = v.has("ca");
    for (unsigned size : {4u, 8u, 16u}) {
      if (size < 16 && !small)
        continue;
      checkCopy(v, "cp.async.wait_all;\n", size, -1);
      if (v.roles.size() > 3)
        for (unsigned source : {0u, 3u, size})
          checkCopy(v, "cp.async.wait_all;\n", size, int(source));
    }
  }
  return Made::Yes;
}
} // namespace

const std::map<std::string, std::vector<Maker>> ptxsim::test::memoryMakers = {
    {"ld", {load}},        {"ldu", {load}},
    {"st", {store}},       {"prefetch", {hint}},
    {"prefetchu", {hint}}, {"applypriority", {hint}},
    {"discard", {hint}},   {"createpolicy", {createPolicy}},
    {"cp", {copyAsync}},
};
