//===- Remarks.cpp - what passes say of their work -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Remarks.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace optimc::tool;

namespace {
class Receiver : public remark::detail::MLIRRemarkStreamerBase {
public:
  explicit Receiver(std::function<void(const RemarkText &)> receive)
      : receive(std::move(receive)) {}

  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    RemarkText text;
    text.kind = remark.getRemarkTypeString().lower();
    text.pass = remark.getCategoryName().str();
    // Sentences first, then "name = value" in parentheses.
    std::string metrics;
    for (const remark::detail::Remark::Arg &arg : remark.getArgs()) {
      if (arg.key == "Remark" || arg.key == "Reason")
        text.text += (text.text.empty() ? "" : "; ") + arg.val;
      else
        metrics += (metrics.empty() ? "" : ", ") + arg.key + " = " + arg.val;
    }
    if (!metrics.empty())
      text.text += text.text.empty() ? metrics : " (" + metrics + ")";
    receive(text);
  }

private:
  std::function<void(const RemarkText &)> receive;
};
} // namespace

void optimc::tool::enableRemarks(
    MLIRContext &context, std::function<void(const RemarkText &)> receive) {
  // `all` is a filter of tools; the engine wants each kind.
  remark::RemarkCategories all{std::nullopt, ".*", ".*", ".*", ".*"};
  // Fails only if `all` is not a regular expression.
  (void)remark::enableOptimizationRemarks(
      context, std::make_unique<Receiver>(std::move(receive)),
      std::make_unique<remark::RemarkEmittingPolicyAll>(), all);
}
