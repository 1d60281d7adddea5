//===- File.h - atomic replacement and whole-file reads --------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_FILE_H
#define OPTIMC_RUNTIME_CORE_FILE_H

#include "core/Optimizer.h"

namespace optimc::rt {

/// Writes a file next to `path` and renames it over `path` when it is complete
/// and on disk. Without commit() the target is untouched and the temporary file
/// removed.
class AtomicFile {
public:
  explicit AtomicFile(const char *path) : path(path) {}
  ~AtomicFile();
  AtomicFile(const AtomicFile &) = delete;
  AtomicFile &operator=(const AtomicFile &) = delete;

  optimc_status open(const Diag &diag);
  optimc_status write(const void *data, uint64_t size, const Diag &diag);
  optimc_status overwrite(uint64_t offset, const void *data, uint64_t size,
                          const Diag &diag);
  optimc_status commit(const Diag &diag);

private:
  optimc_status fail(const char *what, const Diag &diag) const;

  std::string path, directory, temporary;
  int file = -1;
};

/// A file in memory, so that nobody can change it between check and use.
struct FileContents {
  std::unique_ptr<void, FreeMemory> data;
  uint64_t size = 0;
};
optimc_status readFile(const char *path, FileContents &out, const Diag &diag);

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_FILE_H
