//===- Progress.h - a progress bar for people and logs ----------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_PROGRESS_H
#define OPTIMC_TRAINER_PROGRESS_H

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>

namespace optimc::trainer {

/// Counts steps and shows how far the work is: on a terminal a bar that is
/// redrawn in place, elsewhere a plain line for every tenth of the work. May be
/// called from several threads.
class Progress {
public:
  enum class Style { Silent, Plain, Bar };
  /// The style that suits a stream.
  static Style styleFor(FILE *stream);

  Progress(FILE *stream, Style style, int64_t total);
  ~Progress();

  /// Steps done before this process started (a resumed run): they count as
  /// progress, not as speed.
  void skip(int64_t steps);
  void advance();
  /// What is shown behind the bar.
  void setNote(const std::string &note);
  /// Prints a line above the bar.
  void line(const std::string &text);

private:
  void draw();
  void clear();
  std::string describe() const;
  double seconds() const;

  FILE *stream;
  Style style;
  int64_t total, done = 0, skipped = 0, tenths = 0;
  bool drawn = false;
  std::string note;
  std::mutex mutex;
  std::chrono::steady_clock::time_point start, lastDraw;
};

/// 75 -> "1:15", 3671 -> "1:01:11".
std::string formatDuration(double seconds);

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_PROGRESS_H
