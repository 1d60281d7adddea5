//===- OptimAttributes.cpp - numbers and ranges -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Dialect/Optim/IR/Optim.h"
#include "llvm/Support/raw_ostream.h"
#include <charconv>
#include <cmath>

using namespace mlir;
using namespace optimc::optim;

/// Independent of the locale, unlike strtod; infinite where it overflows.
static double readNumber(StringRef text) {
  double value = 0;
  (void)text.getAsDouble(value);
  return value;
}

/// Decimal digits with an optional fraction and exponent, or infinity; "nan"
/// stands for folded NaNs.
static bool isNumberSpelling(StringRef text) {
  text.consume_front("-");
  if (text == "inf" || text == "nan")
    return true;
  size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0)
    return false;
  text = text.substr(digits);
  if (text.consume_front("."))
    text = text.ltrim("0123456789");
  if (text.empty())
    return true;
  if (!text.consume_front("e") && !text.consume_front("E"))
    return false;
  if (!text.consume_front("-"))
    text.consume_front("+");
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

static constexpr size_t maxNumberLength = 100;

LogicalResult NumberAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 StringRef spelling) {
  // Exact reading takes time that grows with the square of the length.
  if (spelling.size() > maxNumberLength) // number_c3
    return emitError() << "number '" << spelling.take_front(16) << "...' has "
                       << spelling.size() << " characters; at most "
                       << maxNumberLength << " are allowed";
  if (!isNumberSpelling(spelling)) // number_c1
    return emitError() << "'" << spelling << "' is not a number";
  if (std::isinf(readNumber(spelling)) &&
      !spelling.ends_with("inf")) // number_c2
    return emitError() << "'" << spelling
                       << "' is beyond float64 (1.8e308); write inf";
  return success();
}

double NumberAttr::getValue() const { return readNumber(getSpelling()); }

NumberAttr NumberAttr::get(MLIRContext *context, double value) {
  if (std::isnan(value))
    return get(context, "nan");
  // Shortest, and without the locale's decimal comma.
  char text[40];
  std::to_chars_result end = std::to_chars(text, text + sizeof(text), value);
  return get(context, StringRef(text, end.ptr - text));
}

double HyperAttr::getLowValue() const {
  return getLow() ? getLow().getValue() : -INFINITY;
}

double HyperAttr::getHighValue() const {
  return getHigh() ? getHigh().getValue() : INFINITY;
}

bool HyperAttr::allows(double value) const {
  double low = getLowValue(), high = getHighValue();
  if (std::isnan(value))
    return false;
  // Without a written bound, infinity is not a value.
  if (std::isinf(value) && !(value < 0 ? getLow() : getHigh()))
    return false;
  if (value < low || (getLowOpen() && value == low))
    return false;
  if (value > high || (getHighOpen() && value == high))
    return false;
  return !getInteger() || std::isinf(value) || value == std::floor(value);
}

std::string HyperAttr::getRangeText() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << (getLowOpen() ? '(' : '[')
     << (getLow() ? getLow().getSpelling() : "-inf") << ", "
     << (getHigh() ? getHigh().getSpelling() : "inf")
     << (getHighOpen() ? ')' : ']');
  return text;
}
