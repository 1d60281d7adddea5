//===- SharedLibrary.cpp - linking a shared library -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Target/MachineCode.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace optimc;

namespace {
struct Linker {
  std::string path;
  bool isCompiler; ///< takes linker options behind -Wl
};

/// Private files that are removed when they are no longer needed.
class TemporaryFiles {
public:
  ~TemporaryFiles() {
    for (const std::string &path : paths)
      llvm::sys::fs::remove(path);
  }
  std::error_code create(const Twine &model, int &descriptor,
                         std::string &path) {
    llvm::SmallString<128> name;
    std::error_code error = llvm::sys::fs::createUniqueFile(
        model, descriptor, name, llvm::sys::fs::OF_None,
        llvm::sys::fs::owner_read | llvm::sys::fs::owner_write);
    if (!error) {
      path = std::string(name);
      paths.push_back(path);
    }
    return error;
  }

private:
  std::vector<std::string> paths;
};
} // namespace

static FailureOr<Linker> findLinker(Location loc) {
  if (std::optional<std::string> named =
          llvm::sys::Process::GetEnv("OPTIMC_LINKER")) {
    auto path = llvm::sys::findProgramByName(*named);
    if (!path)
      return emitError(loc)
             << "no linker '" << *named << "', which OPTIMC_LINKER names";
    StringRef stem = llvm::sys::path::filename(*path);
    bool isLinker = stem == "ld" || stem.starts_with("ld.") ||
                    stem.ends_with("-ld") || stem == "mold";
    return Linker{*path, !isLinker};
  }
  for (const char *name : {"ld.lld", "ld.lld-22", "ld"})
    if (auto path = llvm::sys::findProgramByName(name))
      return Linker{*path, false};
  for (const char *name : {"cc", "gcc", "clang"})
    if (auto path = llvm::sys::findProgramByName(name))
      return Linker{*path, true};
  return emitError(loc) << "no linker found for a shared library: looked for "
                           "ld.lld, ld and cc on PATH; install one, set "
                           "OPTIMC_LINKER, or emit an object";
}

static std::string readText(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().rtrim().str() : std::string();
}

LogicalResult optimc::linkSharedLibrary(ArrayRef<char> object, StringRef path,
                                        Location loc) {
  FailureOr<Linker> linker = findLinker(loc);
  if (failed(linker))
    return failure();
  TemporaryFiles files;
  auto cannot = [&](StringRef what, std::error_code error) {
    return emitError(loc) << "cannot write " << what << " for '" << path
                          << "': " << error.message();
  };
  // Beside the result, so that it can be renamed.
  int descriptor;
  std::string objectPath, libraryPath, logPath;
  if (std::error_code error =
          files.create(path + ".%%%%%%%%.o", descriptor, objectPath))
    return cannot("a temporary file", error);
  {
    llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
    stream.write(object.data(), object.size());
    stream.flush();
    if (std::error_code error = stream.error()) {
      stream.clear_error();
      return cannot("a temporary file", error);
    }
  }
  for (std::string *name : {&libraryPath, &logPath}) {
    if (std::error_code error =
            files.create(path + ".%%%%%%%%.tmp", descriptor, *name))
      return cannot("a temporary file", error);
    llvm::sys::Process::SafelyCloseFileDescriptor(descriptor);
  }
  SmallVector<StringRef> arguments = {linker->path, "-shared"};
  if (linker->isCompiler)
    arguments.append({"-nostdlib", "-Wl,--no-undefined", "-Wl,-z,noexecstack"});
  else
    arguments.append({"--no-undefined", "-z", "noexecstack"});
  arguments.append({"-o", libraryPath, objectPath});
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(logPath),
                                          StringRef(logPath)};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(linker->path, arguments, std::nullopt,
                                         redirects, /*SecondsToWait=*/0,
                                         /*MemoryLimit=*/0, &message);
  if (status != 0) {
    std::string log = readText(logPath);
    return emitError(loc) << "'" << linker->path << "' failed with status "
                          << status << (message.empty() ? "" : ": ") << message
                          << (log.empty() ? "" : "\n") << log;
  }
  // As a compiler would leave it: readable and executable within the umask.
  namespace fs = llvm::sys::fs;
  if (std::error_code error = fs::setPermissions(
          libraryPath, static_cast<fs::perms>(
                           (fs::all_read | fs::owner_write | fs::all_exe) &
                           ~fs::getUmask())))
    return cannot("the library", error);
  if (std::error_code error = fs::rename(libraryPath, path))
    return cannot("the library", error);
  return success();
}
