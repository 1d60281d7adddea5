//===- Checkpoint.cpp - pausing and resuming a run --------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Checkpoint.h"
#include "Format.h"
#include "Loop.h"
#include "Optimizers.h"

#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace optimc::trainer {

using nlohmann::json;

bool prepareFolder(const std::string &folder, std::string &error) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code || !std::filesystem::is_directory(folder, code)) {
    error = "cannot create the folder '" + folder + "'" +
            (code ? ": " + code.message() : ": it is not a folder");
    return false;
  }
  return true;
}

bool writeFileAtomically(const std::string &path, const std::string &content,
                         std::string &error) {
  static std::atomic<unsigned> counter{0};
  std::string temporary;
  int file = -1;
  do { // O_EXCL: never somebody else's file, nor through a link
    temporary =
        path + format(".%ld-%u.tmp", static_cast<long>(::getpid()), counter++);
    file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                  0666);
  } while (file < 0 && errno == EEXIST);
  bool ok = file >= 0;
  for (size_t at = 0; ok && at < content.size();) {
    ssize_t wrote = ::write(file, content.data() + at, content.size() - at);
    if (wrote < 0 && errno == EINTR)
      continue;
    ok = wrote > 0;
    at += ok ? static_cast<size_t>(wrote) : 0;
  }
  ok = ok && ::fsync(file) == 0;
  int reason = errno;
  if (file >= 0 && ::close(file) != 0 && ok) {
    reason = errno;
    ok = false;
  }
  if (ok && std::rename(temporary.c_str(), path.c_str()) != 0) {
    reason = errno;
    ok = false;
  }
  if (!ok) {
    error = "cannot write '" + path + "': " + std::strerror(reason);
    if (file >= 0)
      ::unlink(temporary.c_str());
  }
  return ok;
}

bool CheckpointFiles::save(const Fingerprint &fingerprint,
                           const LoopState &state, const Optimizer &optimizer,
                           std::string &error) const {
  json root;
  root["format"] = 1;
  for (const auto &[key, value] : fingerprint)
    root["run"][key] = value;
  root["step"] = state.step;
  root["train_sum"] = state.trainSum;
  root["train_count"] = state.trainCount;
  root["curve"] = json::array();
  for (const CurvePoint &p : state.curve)
    root["curve"].push_back(
        {p.step, p.train, p.validation, p.learningRate, p.gradientNorm});
  if (!optimizer.save(tensorPath(state.step), error) ||
      !writeFileAtomically(
          statePath(),
          root.dump(1, ' ', false, json::error_handler_t::replace) + "\n",
          error))
    return false;
  // Tensors of earlier steps are no longer referred to.
  std::error_code code;
  std::string prefix = name + "-step";
  std::string keep =
      std::filesystem::path(tensorPath(state.step)).filename().string();
  for (const auto &entry : std::filesystem::directory_iterator(folder, code)) {
    std::string file = entry.path().filename().string();
    if (file.compare(0, prefix.size(), prefix) == 0 &&
        entry.path().extension() == ".safetensors" && file != keep)
      std::filesystem::remove(entry.path(), code);
  }
  return true;
}

/// Reads a finite number; `ok` becomes false if there is none.
static double number(const json &value, bool &ok) {
  if (!value.is_number() || !std::isfinite(value.get<double>())) {
    ok = false;
    return 0;
  }
  return value.get<double>();
}

static int64_t count(const json &value, int64_t limit, bool &ok) {
  if (!value.is_number_integer() || value < 0 || value > limit) {
    ok = false;
    return 0;
  }
  return value.get<int64_t>();
}

static bool parseState(const json &root, int64_t steps, LoopState &state) {
  auto field = [&](const char *key) -> const json & {
    static const json none;
    auto found = root.find(key);
    return found == root.end() ? none : *found;
  };
  bool ok = true;
  LoopState parsed;
  parsed.step = count(field("step"), steps, ok);
  parsed.trainSum = number(field("train_sum"), ok);
  parsed.trainCount = count(field("train_count"), steps, ok);
  const json &curve = field("curve");
  if (!curve.is_array())
    return false;
  int64_t previous = 0;
  for (const json &p : curve) {
    if (!p.is_array() || p.size() != 5)
      return false;
    parsed.curve.push_back({count(p[0], parsed.step, ok), number(p[1], ok),
                            number(p[2], ok), number(p[3], ok),
                            number(p[4], ok)});
    ok &= parsed.curve.back().step > previous;
    previous = parsed.curve.back().step;
  }
  // The last step always has its point, the run's result.
  ok &= parsed.step < steps || previous == steps;
  if (ok)
    state = std::move(parsed);
  return ok;
}

bool CheckpointFiles::exist() const {
  std::error_code code;
  return std::filesystem::exists(statePath(), code);
}

CheckpointFiles::Found CheckpointFiles::load(const Fingerprint &fingerprint,
                                             int64_t steps, LoopState &state,
                                             Optimizer &optimizer,
                                             std::string &error) const {
  if (!exist())
    return Found::No;
  std::ifstream file(statePath(), std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  auto fail = [&](const std::string &why) {
    error = "cannot resume from '" + statePath() + "': " + why;
    return Found::Error;
  };
  if (!file)
    return fail("it cannot be read");
  json root = json::parse(content.str(), nullptr, /*allow_exceptions=*/false);
  if (!root.is_object() || !root.contains("format") || !root.contains("run") ||
      !root["run"].is_object())
    return fail("it is not a checkpoint, or damaged");
  if (root["format"] != 1)
    return fail("its format is not the one that this version reads (1)");
  for (const auto &[key, value] : fingerprint) {
    json saved = root["run"].contains(key) ? root["run"][key] : json();
    if (!saved.is_string() || saved.get<std::string>() != value)
      return fail("it was saved with another " + key + " (" +
                  (saved.is_string() ? saved.get<std::string>() : "none") +
                  "; now " + value +
                  "); repeat the options of the first run, or start anew");
  }
  LoopState parsed;
  if (!parseState(root, steps, parsed))
    return fail("its contents are inconsistent");
  if (!optimizer.load(tensorPath(parsed.step), error))
    return fail(error);
  state = std::move(parsed);
  return Found::Yes;
}

} // namespace optimc::trainer
