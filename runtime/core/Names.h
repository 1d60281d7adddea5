//===- Names.h - names and numbers in messages -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_NAMES_H
#define OPTIMC_RUNTIME_CORE_NAMES_H

#include "optimc-c/Program.h"

#include <string>
#include <string_view>
#include <vector>

namespace optimc::rt {

constexpr size_t maxNameLength = 1024;

/// Well-formed UTF-8: no overlong forms, surrogates or values above 10FFFF.
bool isUtf8(std::string_view text);

/// "; did you mean 'beta3'?", or "; there are 'lr', 'beta1'", or nothing.
std::string suggest(std::string_view given,
                    const std::vector<std::string_view> &known);

/// The shortest text that reads back as the same double: "0.1", "1e-08", "inf".
std::string number(double value);

/// "[0, 1)"
std::string rangeText(const optimc_hyper &hyper);

/// "[4, 3]"
std::string shapeText(const int64_t *shape, size_t rank);

/// "row" and so on; "?" for a number that is no rate.
const char *rateName(uint32_t rate);

/// Parses a decimal number that fills the whole text.
bool parseUnsigned(std::string_view text, uint64_t &out);

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_NAMES_H
