//===- ReplaceTest.cpp - a checkpoint is replaced whole or not at all -----===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

#include <csignal>
#include <cstring>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace optimc::test;

namespace {
class Replace : public testing::Test {
protected:
  Replace() : h(&sgd.program) {
    h.tensor("w", {100000});
    EXPECT_OK(optimc_save(h.opt, path.c_str(), err));
    old = readBytes(path);
    h.gradients(1);
    h.step();
  }
  TestProgram sgd = makeSgd();
  Harness h;
  TempDir dir;
  std::string path = dir / "run.safetensors", old;
};
} // namespace

TEST_F(Replace, ReplacesAndLeavesNothingElse) {
  EXPECT_OK(optimc_save(h.opt, path.c_str(), err));
  EXPECT_FALSE(old == readBytes(path));
  EXPECT_EQ(std::vector<std::string>{"run.safetensors"}, dir.list());
}

TEST_F(Replace, PermissionsAreThoseOfTheOldFileOrTheUmask) {
  struct stat info;
  chmod(path.c_str(), 0640);
  EXPECT_OK(optimc_save(h.opt, path.c_str(), err));
  stat(path.c_str(), &info);
  EXPECT_EQ(0640u, info.st_mode & 0777);
  mode_t mask = umask(027);
  EXPECT_OK(optimc_save(h.opt, (dir / "new").c_str(), err));
  umask(mask);
  stat((dir / "new").c_str(), &info);
  EXPECT_EQ(0640u, info.st_mode & 0777);
}

TEST_F(Replace, AFullDiskLeavesTheOldFile) {
  // The file-size limit fails writes in the middle, as a full disk does, at
  // every stage of the file.
  rlimit saved;
  getrlimit(RLIMIT_FSIZE, &saved);
  auto handler = signal(SIGXFSZ, SIG_IGN);
  for (rlim_t limit : {rlim_t(0), rlim_t(7), rlim_t(100), rlim_t(4096),
                       rlim_t(400000), rlim_t(old.size() - 1)}) {
    rlimit small = {limit, saved.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    optimc_error error;
    optimc_status status = optimc_save(h.opt, path.c_str(), &error);
    setrlimit(RLIMIT_FSIZE, &saved);
    EXPECT_EQ(OPTIMC_IO_ERROR, status) << limit;
    EXPECT_NE(std::string::npos,
              std::string(error.message).find("cannot write"))
        << error.message;
    EXPECT_TRUE(old == readBytes(path));
    EXPECT_EQ(std::vector<std::string>{"run.safetensors"}, dir.list());
  }
  signal(SIGXFSZ, handler);
}

TEST_F(Replace, DirectoriesThatCannotBeWritten) {
  optimc_error error;
  EXPECT_EQ(OPTIMC_IO_ERROR,
            optimc_save(h.opt, (dir / "none/run").c_str(), &error));
  EXPECT_STREQ(("cannot create a temporary file next to '" +
                (dir / "none/run") + "': No such file or directory")
                   .c_str(),
               error.message);
  EXPECT_EQ(OPTIMC_IO_ERROR,
            optimc_save(h.opt, (path + "/run").c_str(), &error));
  EXPECT_EQ(OPTIMC_IO_ERROR, optimc_save(h.opt, (dir / "").c_str(), &error));
  mkdir((dir / "sub").c_str(), 0700);
  EXPECT_EQ(OPTIMC_IO_ERROR, optimc_save(h.opt, (dir / "sub").c_str(), &error));
  EXPECT_NE(std::string::npos,
            std::string(error.message).find("cannot replace"));
  rmdir((dir / "sub").c_str());
  EXPECT_EQ(OPTIMC_IO_ERROR, optimc_save(h.opt, "/proc/run", &error));
  if (geteuid() != 0) { // the superuser may write anywhere
    chmod(dir.path.c_str(), 0500);
    EXPECT_EQ(OPTIMC_IO_ERROR, optimc_save(h.opt, path.c_str(), &error));
  }
  EXPECT_TRUE(old == readBytes(path));
}

TEST_F(Replace, KilledWhileSaving) {
  // Whenever the process dies, the target is the old or the new file.
  EXPECT_OK(optimc_save(h.opt, (dir / "new").c_str(), err));
  std::string fresh = readBytes(dir / "new");
  int replaced = 0;
  for (int round = 0; round < 30 || (replaced == 0 && round < 300); ++round) {
    pid_t child = fork();
    if (child == 0) {
      for (int i = 0; i < 100; ++i)
        optimc_save(h.opt, path.c_str(), nullptr);
      _exit(0);
    }
    usleep(round * round * 20); // a busy machine needs longer
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    std::string now = readBytes(path);
    ASSERT_TRUE(now == old || now == fresh);
    replaced += now == fresh;
  }
  EXPECT_GT(replaced, 0);
}

TEST_F(Replace, LongNamesAndRelativePaths) {
  std::string name(250, 'x');
  EXPECT_OK(optimc_save(h.opt, (dir / name).c_str(), err));
  EXPECT_EQ(OPTIMC_IO_ERROR,
            optimc_save(h.opt, (dir / std::string(300, 'x')).c_str(), nullptr));
  char *here = getcwd(nullptr, 0);
  ASSERT_EQ(0, chdir(dir.path.c_str()));
  EXPECT_OK(optimc_save(h.opt, "relative", err));
  EXPECT_OK(optimc_load(h.opt, "./relative", 0, nullptr, nullptr, err));
  ASSERT_EQ(0, chdir(here));
  free(here);
  EXPECT_EQ(3u, dir.list().size());
}

TEST_F(Replace, ReadingWhatIsNoFile) {
  optimc_error error;
  EXPECT_EQ(OPTIMC_NOT_FOUND, optimc_load(h.opt, (dir / "none").c_str(), 0,
                                          nullptr, nullptr, &error));
  EXPECT_EQ(OPTIMC_IO_ERROR,
            optimc_load(h.opt, dir.path.c_str(), 0, nullptr, nullptr, &error));
  mkfifo((dir / "pipe").c_str(), 0600);
  EXPECT_EQ(OPTIMC_IO_ERROR, optimc_load(h.opt, (dir / "pipe").c_str(), 0,
                                         nullptr, nullptr, &error));
  EXPECT_NE(std::string::npos,
            std::string(error.message).find("is not a regular file"));
  writeBytes(dir / "empty", "");
  EXPECT_EQ(OPTIMC_BAD_CHECKPOINT, optimc_load(h.opt, (dir / "empty").c_str(),
                                               0, nullptr, nullptr, &error));
}
