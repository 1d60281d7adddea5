//===- Progress.cpp - a progress bar for people and logs --------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Progress.h"
#include "Format.h"

#include <algorithm>
#include <cmath>
#include <sys/ioctl.h>
#include <unistd.h>

namespace optimc::trainer {

using Clock = std::chrono::steady_clock;

Progress::Style Progress::styleFor(FILE *stream) {
  return ::isatty(::fileno(stream)) ? Style::Bar : Style::Plain;
}

Progress::Progress(FILE *stream, Style style, int64_t total)
    : stream(stream), style(style), total(total), start(Clock::now()) {}

Progress::~Progress() { clear(); }

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string formatDuration(double seconds) {
  long long whole = std::llround(std::max(0.0, seconds));
  long long hours = whole / 3600, minutes = whole / 60 % 60;
  if (hours > 0)
    return format("%lld:%02lld:%02lld", hours, minutes, whole % 60);
  return format("%lld:%02lld", minutes, whole % 60);
}

std::string Progress::describe() const {
  double elapsed = seconds();
  double rate = elapsed > 0 ? static_cast<double>(done - skipped) / elapsed : 0;
  std::string text = format(
      "%3lld%%  %lld/%lld steps", static_cast<long long>(100 * done / total),
      static_cast<long long>(done), static_cast<long long>(total));
  if (rate > 0)
    text += format("  %.0f steps/s  ETA ", rate) +
            formatDuration(static_cast<double>(total - done) / rate);
  return note.empty() ? text : text + "  " + note;
}

void Progress::skip(int64_t steps) {
  std::lock_guard<std::mutex> lock(mutex);
  done += steps;
  skipped += steps;
  tenths = 10 * done / total;
}

void Progress::advance() {
  std::lock_guard<std::mutex> lock(mutex);
  ++done;
  if (style == Style::Plain && 10 * done / total > tenths) {
    tenths = 10 * done / total;
    std::fprintf(stream, "%s\n", describe().c_str());
    std::fflush(stream);
  } else if (style == Style::Bar &&
             Clock::now() - lastDraw > std::chrono::milliseconds(100)) {
    draw();
  }
}

void Progress::setNote(const std::string &text) {
  std::lock_guard<std::mutex> lock(mutex);
  note = text;
}

void Progress::line(const std::string &text) {
  if (style == Style::Silent)
    return;
  std::lock_guard<std::mutex> lock(mutex);
  clear();
  std::fprintf(stream, "%s\n", text.c_str());
  std::fflush(stream);
}

/// The columns of a terminal; 80 if it does not say.
static int64_t columnsOf(FILE *stream) {
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return 80;
}

void Progress::draw() {
  // A line that wraps cannot be redrawn: the bar gets what the text leaves, and
  // the text is cut where there is no room even so.
  int64_t room = columnsOf(stream) - 1;
  std::string text = describe();
  int64_t width =
      std::clamp<int64_t>(room - 3 - static_cast<int64_t>(text.size()), 8, 24);
  std::string line = "[";
  for (int64_t i = 0; i < width; ++i)
    line += i < width * done / total ? '#' : '-';
  line += "] " + text;
  line.resize(std::min(line.size(), static_cast<size_t>(room)));
  // Erases to the end of the line, in case that the new text is shorter.
  std::fprintf(stream, "\r%s\x1b[K", line.c_str());
  std::fflush(stream);
  lastDraw = Clock::now();
  drawn = true;
}

void Progress::clear() {
  if (!drawn)
    return;
  std::fputs("\r\x1b[K", stream);
  std::fflush(stream);
  drawn = false;
}

} // namespace optimc::trainer
