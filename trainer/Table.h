//===- Table.h - a study in words and columns -------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_TABLE_H
#define OPTIMC_TRAINER_TABLE_H

#include <string>
#include <vector>

namespace optimc::trainer {

struct StudyResult;

/// Rows of cells, the first row is the heading: final losses by seed, mean and
/// sd, and each optimizer against the first one, paired by seed.
std::vector<std::vector<std::string>> tableOf(const StudyResult &study);
/// The cells in aligned columns.
std::string formatTable(const std::vector<std::vector<std::string>> &cells);

/// Sentences on which optimizer is better after this many steps, and how sure
/// that is.
std::vector<std::string> conclusionsOf(const StudyResult &study);

/// One sentence on who reached the target loss.
std::string targetSentence(const StudyResult &study);

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_TABLE_H
