//===- Report.h - a study as a web page -------------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_REPORT_H
#define OPTIMC_TRAINER_REPORT_H

#include <string>

namespace optimc::trainer {

struct StudyResult;

/// One HTML page with the conclusions, the table and the curves; it needs no
/// other file.
std::string reportOf(const StudyResult &study);

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_REPORT_H
