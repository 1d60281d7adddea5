//===- File.cpp - atomic replacement and whole-file reads -----------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/File.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace optimc::rt;

static std::string errorText(int error) {
  char buffer[256] = "";
#if defined(__GLIBC__)
  return strerror_r(error, buffer, sizeof buffer); // the GNU form
#else
  strerror_r(error, buffer, sizeof buffer);
  return buffer;
#endif
}

/// umask() can only be read by changing it for all threads; Linux shows it.
static mode_t currentUmask() {
  mode_t mask = 022;
  if (FILE *status = fopen("/proc/self/status", "re")) {
    char line[256];
    unsigned value;
    while (fgets(line, sizeof line, status))
      if (sscanf(line, "Umask: %o", &value) == 1)
        mask = value & 0777;
    fclose(status);
  }
  return mask;
}

AtomicFile::~AtomicFile() {
  if (file >= 0)
    close(file);
  if (!temporary.empty())
    unlink(temporary.c_str());
}

optimc_status AtomicFile::fail(const char *what, const Diag &diag) const {
  return diag.fail(OPTIMC_IO_ERROR, "cannot %s '%.500s': %s", what,
                   path.c_str(), errorText(errno).c_str());
}

optimc_status AtomicFile::open(const Diag &diag) {
  size_t slash = path.rfind('/');
  directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  std::string base = slash == std::string::npos ? path : path.substr(slash + 1);
  if (base.empty()) {
    errno = EISDIR;
    return fail("write", diag);
  }
  static std::atomic<uint64_t> counter{0};
  for (int attempt = 0; attempt < 100; ++attempt) {
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t unique = optimc_mix(now.tv_nsec ^ optimc_mix(getpid()) ^
                                 optimc_mix(counter.fetch_add(1) << 32));
    // Names have 255 bytes at most; a long one is cut, not refused.
    std::string name =
        directory + (slash == std::string::npos ? "/." : ".") +
        base.substr(0, 200) +
        format(".%016llx.tmp", static_cast<unsigned long long>(unique));
    file = ::open(name.c_str(),
                  O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file >= 0) {
      temporary = name;
      return OPTIMC_OK;
    }
    if (errno != EEXIST)
      break;
  }
  return fail("create a temporary file next to", diag);
}

optimc_status AtomicFile::write(const void *data, uint64_t size,
                                const Diag &diag) {
  const char *at = static_cast<const char *>(data);
  while (size > 0) {
    ssize_t n = ::write(file, at, std::min<uint64_t>(size, 1u << 30));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail("write", diag);
    at += n;
    size -= n;
  }
  return OPTIMC_OK;
}

optimc_status AtomicFile::overwrite(uint64_t offset, const void *data,
                                    uint64_t size, const Diag &diag) {
  if (pwrite(file, data, size, offset) != static_cast<ssize_t>(size))
    return fail("write", diag);
  return OPTIMC_OK;
}

optimc_status AtomicFile::commit(const Diag &diag) {
  struct stat old;
  mode_t mode = stat(path.c_str(), &old) == 0 ? old.st_mode & 0777
                                              : 0666 & ~currentUmask();
  if (fchmod(file, mode) != 0)
    return fail("set the permissions of", diag);
  if (fsync(file) != 0)
    return fail("flush", diag);
  int closed = close(file);
  file = -1;
  if (closed != 0)
    return fail("close", diag);
  if (rename(temporary.c_str(), path.c_str()) != 0)
    return fail("replace", diag);
  temporary.clear();
  // The rename itself must survive a power cut. Some file systems cannot sync
  // directories; the file is in place all the same.
  int handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle >= 0) {
    fsync(handle);
    close(handle);
  }
  return OPTIMC_OK;
}

optimc_status optimc::rt::readFile(const char *path, FileContents &out,
                                   const Diag &diag) {
  auto fail = [&](const char *what) {
    return diag.fail(errno == ENOENT ? OPTIMC_NOT_FOUND : OPTIMC_IO_ERROR,
                     "cannot %s '%.500s': %s", what, path,
                     errorText(errno).c_str());
  };
  // Without O_NONBLOCK a pipe would hang here; for files it means nothing.
  int file = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0)
    return fail("open");
  struct Closer {
    int file;
    ~Closer() { close(file); }
  } closer = {file};
  struct stat info;
  if (fstat(file, &info) != 0)
    return fail("examine");
  if (!S_ISREG(info.st_mode))
    return diag.fail(OPTIMC_IO_ERROR, "'%.500s' is not a regular file", path);
  out.size = info.st_size;
  out.data.reset(malloc(out.size ? out.size : 1));
  if (!out.data)
    return diag.fail(OPTIMC_OUT_OF_MEMORY,
                     "no memory to read '%.500s' of %llu bytes", path,
                     static_cast<unsigned long long>(out.size));
  uint64_t done = 0;
  while (done < out.size) {
    ssize_t n = read(file, static_cast<char *>(out.data.get()) + done,
                     std::min<uint64_t>(out.size - done, 1u << 30));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail("read");
    if (n == 0)
      break;
    done += n;
  }
  out.size = done;
  return OPTIMC_OK;
}
