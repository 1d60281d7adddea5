//===- StudyLog.h - a study as JSON lines -----------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_STUDYLOG_H
#define OPTIMC_TRAINER_STUDYLOG_H

#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

namespace optimc::trainer {

struct CurvePoint;
struct RunResult;
struct StudyResult;

/// One JSON object per line: "start", then "point" and "run" as they come,
/// "finish" at the end. Does nothing until it is opened; used by all threads.
class StudyLog {
public:
  bool open(const std::string &path, bool append, std::string &error);
  void start(const StudyResult &study);
  void point(const std::string &optimizer, uint64_t seed,
             const CurvePoint &point);
  void run(const std::string &optimizer, const RunResult &run);
  void finish(const StudyResult &study);

private:
  void write(const std::string &line);

  struct Close {
    void operator()(FILE *f) const { std::fclose(f); }
  };
  std::unique_ptr<FILE, Close> file;
  std::mutex mutex;
};

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_STUDYLOG_H
