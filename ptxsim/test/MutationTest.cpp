//===- MutationTest.cpp - seeded mistakes are found -------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceKernels.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

using namespace ptxsim;
using namespace ptxsim::test;

// A mutant is one change, by a fixed list of operators, of one line of a
// reference kernel. It is
//  - rejected, when it is no PTX any more;
//  - caught, when the checks report a fault or the results of the suite's
//    inputs differ from those of the CPU, with seed 0 or 1;
//  - equivalent, when neither happens for the many further inputs either;
//  - missed otherwise: the further inputs show that it changes results.
// An equivalent mutant is one without effect on any observed result: the
// criterion is that all of the suite's and the further inputs give the results
// of the CPU without a fault.

namespace {
struct Mutant {
  std::string what; // "kernel:line operator"
  std::string text;
};

using Lines = std::vector<std::string>;

Lines split(const std::string &text) {
  Lines lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}
std::string join(const Lines &lines) {
  std::string text;
  for (const std::string &line : lines)
    text += line + "\n";
  return text;
}

/// All lines that an operator makes of one line.
using Operator = std::vector<std::string> (*)(const std::string &);

bool isInstruction(const std::string &line) {
  return !line.empty() && line.back() == ';' && line[0] != '.' &&
         line.find(".reg") == std::string::npos;
}
bool startsWith(const std::string &line, const char *prefix) {
  return line.rfind(prefix, 0) == 0;
}
std::vector<std::string> replaceOnce(const std::string &line,
                                     const std::string &from,
                                     const std::string &to) {
  size_t at = line.find(from);
  if (at == std::string::npos)
    return {};
  std::string copy = line;
  copy.replace(at, from.size(), to);
  return {copy};
}

std::vector<std::string> drop(const std::string &line, const char *prefix) {
  return startsWith(line, prefix) ? std::vector<std::string>{""}
                                  : std::vector<std::string>{};
}
std::vector<std::string> dropBarrier(const std::string &line) {
  return drop(line, "bar");
}
std::vector<std::string> dropStore(const std::string &line) {
  return drop(line, "st.");
}
std::vector<std::string> dropAny(const std::string &line) {
  bool special = startsWith(line, "bar") || startsWith(line, "st.") ||
                 startsWith(line, "ret");
  return special ? std::vector<std::string>{} : std::vector<std::string>{""};
}
std::vector<std::string> negateGuard(const std::string &line) {
  return line[0] == '@' ? replaceOnce(line, "@%", "@!%")
                        : std::vector<std::string>{};
}
std::vector<std::string> dropGuard(const std::string &line) {
  return line[0] == '@'
             ? std::vector<std::string>{line.substr(line.find(' ') + 1)}
             : std::vector<std::string>{};
}
std::vector<std::string> swapSources(const std::string &line) {
  size_t last = line.rfind(", ");
  size_t before = last == std::string::npos || last == 0
                      ? std::string::npos
                      : line.rfind(", ", last - 1);
  if (before == std::string::npos || line.find('{') != std::string::npos ||
      line.find('[') != std::string::npos)
    return {};
  std::string a = line.substr(before + 2, last - before - 2);
  std::string b = line.substr(last + 2, line.size() - last - 3);
  if (a == b)
    return {};
  return {line.substr(0, before + 2) + b + ", " + a + ";"};
}
std::vector<std::string> changeOffset(const std::string &line) {
  size_t close = line.find(']');
  if (close == std::string::npos || line.find("param") != std::string::npos)
    return {};
  std::vector<std::string> results;
  for (const char *offset : {"+4", "+-4", "+16", "+1"}) {
    std::string copy = line;
    size_t plus = copy.find('+');
    if (plus != std::string::npos && plus < close)
      copy.erase(plus, close - plus);
    copy.insert(copy.find(']'), offset);
    results.push_back(copy);
  }
  return results;
}
std::vector<std::string> changeImmediate(const std::string &line) {
  size_t at = line.rfind(", ");
  if (at == std::string::npos || line.size() < at + 4)
    return {};
  std::string last = line.substr(at + 2, line.size() - at - 3);
  if (last.find_first_not_of("0123456789") != std::string::npos)
    return {};
  long value = std::stol(last);
  std::string head = line.substr(0, at + 2);
  return {head + std::to_string(value + 1) + ";",
          head + std::to_string(value > 0 ? value - 1 : 2) + ";"};
}
std::vector<std::string> changeRounding(const std::string &line) {
  std::vector<std::string> results;
  for (const char *mode : {".rz.", ".rm.", ".rp."})
    for (const std::string &result : replaceOnce(line, ".rn.", mode))
      results.push_back(result);
  return results;
}
std::vector<std::string> changeCompare(const std::string &line) {
  static const char *const pairs[][2] = {
      {".ge.", ".gt."}, {".ge.", ".lt."}, {".ne.", ".eq."}, {".lt.", ".le."},
      {".lt.", ".ge."}, {".gt.", ".ge."}, {".gt.", ".lt."}};
  std::vector<std::string> results;
  if (startsWith(line, "setp"))
    for (const auto &pair : pairs)
      for (const std::string &result : replaceOnce(line, pair[0], pair[1]))
        results.push_back(result);
  return results;
}
std::vector<std::string> changeOpcode(const std::string &line) {
  static const char *const pairs[][2] = {{"add.", "sub."},
                                         {"sub.", "add."},
                                         {"mul.rn", "add.rn"},
                                         {"shr.u32", "shr.s32"},
                                         {"shr.u32", "shl.b32"},
                                         {"shl.b32", "shr.u32"},
                                         {"div.rn", "mul.rn"},
                                         {"sqrt.rn", "rcp.rn"},
                                         {"neg.", "abs."},
                                         {".bfly.", ".down."},
                                         {".down.", ".up."},
                                         {".max.", ".min."},
                                         {"and.b32", "or.b32"},
                                         {"popc", "clz"},
                                         {".ballot.", ".any."},
                                         {"mad.lo.u32", "mad.hi.u32"},
                                         {"mul.wide.u32", "mul.wide.s32"}};
  std::vector<std::string> results;
  for (const auto &pair : pairs)
    for (const std::string &result : replaceOnce(line, pair[0], pair[1]))
      results.push_back(result);
  return results;
}
std::vector<std::string> changeType(const std::string &line) {
  static const char *const pairs[][2] = {
      {".u32", ".s32"}, {".f32", ".f64"}, {".bf16x2", ".f16x2"},
      {".v4.", ".v2."}, {".b32", ".b16"}, {".s32", ".u32"}};
  std::vector<std::string> results;
  for (const auto &pair : pairs)
    for (const std::string &result : replaceOnce(line, pair[0], pair[1]))
      results.push_back(result);
  return results;
}
std::vector<std::string> flushSubnormals(const std::string &line) {
  return replaceOnce(line, ".rn.f32", ".rn.ftz.f32");
}
/// The last register of the line becomes its neighbour.
std::vector<std::string> changeRegister(const std::string &line) {
  size_t at = line.rfind('%');
  size_t digits = line.find_first_of("0123456789", at);
  if (at == std::string::npos || digits == std::string::npos || line[0] == '@')
    return {};
  size_t end = line.find_first_not_of("0123456789", digits);
  long number = std::stol(line.substr(digits, end - digits));
  std::vector<std::string> results;
  for (long other : {number + 1, number - 1})
    if (other >= 0)
      results.push_back(line.substr(0, digits) + std::to_string(other) +
                        line.substr(end));
  return results;
}

struct NamedOperator {
  const char *name;
  Operator apply;
};
const NamedOperator operators[] = {
    {"drop-barrier", dropBarrier},
    {"drop-store", dropStore},
    {"drop-instruction", dropAny},
    {"negate-guard", negateGuard},
    {"drop-guard", dropGuard},
    {"swap-sources", swapSources},
    {"change-offset", changeOffset},
    {"change-immediate", changeImmediate},
    {"change-rounding", changeRounding},
    {"change-compare", changeCompare},
    {"change-opcode", changeOpcode},
    {"change-type", changeType},
    {"flush-subnormals", flushSubnormals},
    {"change-register", changeRegister},
};

std::vector<Mutant> mutantsOf(const ReferenceKernel &kernel) {
  std::vector<Mutant> mutants;
  Lines lines = split(kernel.text);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!isInstruction(lines[i]))
      continue;
    for (const NamedOperator &op : operators)
      for (const std::string &changed : op.apply(lines[i])) {
        if (changed == lines[i])
          continue;
        Lines copy = lines;
        copy[i] = changed;
        mutants.push_back({std::string(kernel.name) + ":" +
                               std::to_string(i + 1) + " " + op.name + ": '" +
                               lines[i] + "' -> '" + changed + "'",
                           join(copy)});
      }
  }
  return mutants;
}

bool isNan(uint32_t bits) { return (bits & 0x7fffffff) > 0x7f800000; }

/// Whether an input gives a fault or other results than those of the CPU.
bool isCaughtBy(const Module &module, const KernelInput &input, uint64_t seed,
                std::string *why = nullptr) {
  DeviceConfig deviceConfig;
  deviceConfig.smVersion = 100;
  Device device(deviceConfig);
  Expected<LoadedModule *> loaded = device.load(module);
  if (!loaded)
    return true;
  ArgumentBuffer arguments(module.kernels()[0]);
  std::vector<uint64_t> addresses;
  for (const KernelInput::Buffer &buffer : input.buffers) {
    size_t bytes = buffer.before.size() * 4;
    Expected<uint64_t> address = device.memory().allocate(bytes, "buffer");
    if (!address ||
        !device.memory().write(*address, buffer.before.data(), bytes))
      return true;
    addresses.push_back(*address);
    arguments.add(*address);
  }
  for (uint32_t scalar : input.scalars)
    arguments.add(scalar);
  LaunchConfig config = shape(input.grid, input.block, seed);
  config.kernel = "k";
  config.params = *arguments.take();
  config.options.instructionBudget = 20000;
  Expected<LaunchResult> result = device.launch(**loaded, config);
  if (!result || result->fault) {
    if (why)
      *why = result ? result->fault->str() : result.error().str();
    return true;
  }
  for (size_t i = 0; i < addresses.size(); ++i) {
    std::vector<uint32_t> after(input.buffers[i].after.size());
    (void)device.memory().read(addresses[i], after.data(), after.size() * 4);
    for (size_t k = 0; k < after.size(); ++k) {
      uint32_t expected = input.buffers[i].after[k];
      if (after[k] != expected && !(isNan(after[k]) && isNan(expected)))
        return true;
    }
  }
  return false;
}
} // namespace

TEST(Mutation, ReferenceKernelsAreRight) {
  for (const ReferenceKernel &kernel : referenceKernels()) {
    Expected<Module> module = Module::parse(kernel.text);
    ASSERT_TRUE(module) << kernel.name << ": " << module.error().str();
    for (const auto *inputs : {&kernel.suite, &kernel.more})
      for (const KernelInput &input : *inputs)
        for (uint64_t seed : {0, 1}) {
          std::string why = "other results than on the CPU";
          EXPECT_FALSE(isCaughtBy(*module, input, seed, &why))
              << kernel.name << ": " << why;
        }
  }
}

TEST(Mutation, MistakesAreFound) {
  size_t total = 0, rejected = 0, caught = 0, equivalent = 0;
  std::vector<std::string> missed;
  for (const ReferenceKernel &kernel : referenceKernels())
    for (const Mutant &mutant : mutantsOf(kernel)) {
      ++total;
      Expected<Module> module = Module::parse(mutant.text);
      if (!module) {
        ++rejected;
        continue;
      }
      auto isCaught = [&](const std::vector<KernelInput> &inputs) {
        for (const KernelInput &input : inputs)
          for (uint64_t seed : {0, 1})
            if (isCaughtBy(*module, input, seed))
              return true;
        return false;
      };
      if (isCaught(kernel.suite)) {
        ++caught;
      } else if (isCaught(kernel.more)) {
        missed.push_back(mutant.what);
      } else {
        ++equivalent;
        std::cout << "equivalent: " << mutant.what << "\n";
      }
    }
  for (const std::string &what : missed)
    std::cout << "missed: " << what << "\n";
  std::cout << total << " mutants: " << rejected << " rejected, " << caught
            << " caught, " << missed.size() << " missed, " << equivalent
            << " equivalent\n";
  EXPECT_GE(total - rejected, 500u);
  EXPECT_GE(double(caught), 0.95 * double(caught + missed.size()));
  // The operators must not hide behind changes without effect.
  EXPECT_LE(equivalent * 6, total);
}
