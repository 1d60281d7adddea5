//===- FaultInjector.cpp - makes chosen calls fail ------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FaultInjector.h"
#include <algorithm>
#include <cctype>

namespace ptxsim::cuda {

static const struct {
  CUresult value;
  const char *name;
  const char *text;
} errors[] = {
#define PTXSIM_CUDA_ERROR(name, value, text) {name, #name, text},
#include "Errors.def"
};

const char *errorName(CUresult error) {
  for (const auto &entry : errors)
    if (entry.value == error)
      return entry.name;
  return nullptr;
}

const char *errorText(CUresult error) {
  for (const auto &entry : errors)
    if (entry.value == error)
      return entry.text;
  return nullptr;
}

static bool parseNumber(std::string_view text, uint64_t &number) {
  if (text.empty() || text.size() > 18)
    return false;
  number = 0;
  for (char digit : text) {
    if (digit < '0' || digit > '9')
      return false;
    number = 10 * number + static_cast<uint64_t>(digit - '0');
  }
  return true;
}

bool parseError(std::string_view text, CUresult &error) {
  uint64_t number;
  bool isNumber = parseNumber(text, number);
  for (const auto &entry : errors)
    if (isNumber ? static_cast<uint64_t>(entry.value) == number
                 : text == entry.name) {
      error = entry.value;
      return true;
    }
  return false;
}

/// "cuMemAlloc_v2" is also called "cuMemAlloc".
static bool sameFunction(std::string_view exported, std::string_view given) {
  if (exported.substr(0, given.size()) != given)
    return false;
  std::string_view suffix = exported.substr(given.size());
  return suffix.empty() ||
         (suffix.size() == 3 && suffix.substr(0, 2) == "_v" &&
          std::isdigit(static_cast<unsigned char>(suffix[2])));
}

CUresult FaultInjector::match(std::string_view name, bool isCall) {
  CUresult result = CUDA_SUCCESS;
  for (Rule &rule : rules) {
    bool matches =
        rule.function.empty() ? isCall : sameFunction(name, rule.function);
    if (matches && rule.remaining && --rule.remaining == 0)
      result = rule.error;
  }
  return result;
}

CUresult FaultInjector::next(std::string_view function) {
  ++count;
  return match(function, true);
}

CUresult FaultInjector::nextKernel() { return match("kernel", false); }

void FaultInjector::failCall(uint64_t number, CUresult error) {
  if (number == 0)
    rules.clear();
  else if (number > count)
    rules.push_back({{}, number - count, error});
}

void FaultInjector::failFunction(std::string_view function, uint64_t number,
                                 CUresult error) {
  rules.push_back({std::string(function), number, error});
}

std::string FaultInjector::parse(std::string_view text) {
  for (std::string_view rest = text; !rest.empty();) {
    size_t comma = std::min(rest.find(','), rest.size());
    std::string_view item = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    size_t equals = item.find('='), hash = item.find('#');
    CUresult error = CUDA_SUCCESS;
    uint64_t number = 0;
    bool valid = equals != std::string_view::npos &&
                 parseError(item.substr(equals + 1), error) &&
                 error != CUDA_SUCCESS;
    size_t start = hash == std::string_view::npos ? 0 : hash + 1;
    valid = valid && start <= equals && hash != 0 &&
            parseNumber(item.substr(start, equals - start), number) && number;
    if (!valid)
      return "PTXSIM_CUDA_FAIL=" + std::string(text) + ": '" +
             std::string(item) +
             "' is not valid: give CALL=ERROR or FUNCTION#CALL=ERROR, calls "
             "counted from 1, errors by number or name";
    if (start)
      failFunction(item.substr(0, hash), number, error);
    else
      failCall(number, error);
  }
  return {};
}

void FaultInjector::reset() {
  rules.clear();
  count = 0;
}

} // namespace ptxsim::cuda
