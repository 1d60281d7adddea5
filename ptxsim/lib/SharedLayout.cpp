//===- SharedLayout.cpp - where shared variables are ------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SharedLayout.h"
#include <algorithm>

using namespace ptxsim;

std::vector<uint32_t> ptxsim::reachableFunctions(const Program &program,
                                                 uint32_t start) {
  std::vector<uint32_t> found{start};
  std::vector<bool> seen(program.functions.size(), false);
  seen[start] = true;
  for (size_t i = 0; i < found.size(); ++i)
    for (const CallSite &call : program.functions[found[i]].calls)
      if (!seen[call.callee]) {
        seen[call.callee] = true;
        found.push_back(call.callee);
      }
  std::sort(found.begin(), found.end());
  return found;
}

SharedLayout ptxsim::layOutShared(const Program &program, uint32_t kernel) {
  SharedLayout layout;
  for (uint32_t function : reachableFunctions(program, kernel))
    for (const Variable *v : program.functions[function].sharedVariables)
      if (std::find(layout.variables.begin(), layout.variables.end(), v) ==
          layout.variables.end())
        layout.variables.push_back(v);
  auto align = [](uint64_t value, uint64_t alignment) {
    return (value + alignment - 1) & ~(alignment - 1);
  };
  layout.offsets.resize(layout.variables.size());
  uint64_t dynamicAlignment = 16;
  for (size_t i = 0; i < layout.variables.size(); ++i) {
    const Variable &v = *layout.variables[i];
    if (v.isExtern) {
      layout.usesDynamic = true;
      dynamicAlignment = std::max(dynamicAlignment, v.alignment);
      continue;
    }
    layout.offsets[i] = align(layout.staticBytes, v.alignment);
    layout.staticBytes = layout.offsets[i] + v.size;
  }
  // All extern arrays share the dynamic part.
  if (layout.usesDynamic)
    layout.staticBytes = align(layout.staticBytes, dynamicAlignment);
  for (size_t i = 0; i < layout.variables.size(); ++i)
    if (layout.variables[i]->isExtern)
      layout.offsets[i] = layout.staticBytes;
  return layout;
}
