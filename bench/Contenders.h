//===- Contenders.h - what optim_bench compares -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_BENCH_CONTENDERS_H
#define OPTIMC_BENCH_CONTENDERS_H

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace optimc::bench {

using Step = std::function<void()>;

/// Something to time. Nothing is allocated before `prepare` is called, and what
/// the step that it returns holds is freed with that step.
struct Contender {
  std::string name; ///< adamw/f32/64Mi/optimc
  int64_t elements;
  double bytes; ///< moved per element and step
  std::function<Step()> prepare;
};

/// `factor` times the time of `of`, over the time of `to`.
struct Goal {
  std::string text, of, to;
  double limit;
  bool atLeast = true;
  double factor = 1;
};

/// Contenders that are measured in turn, and are in memory together.
struct Group {
  std::vector<Contender> contenders;
  std::vector<Goal> goals;
};

struct Sizes {
  uint32_t threads;
  int64_t large; ///< elements of the large tensor, a multiple of 256 Ki
};

Group makeStepGroup(const char *spec, const Sizes &sizes);
/// Many tensors, each of `count` elements, against one of as many in all, which
/// may take `limit` times its time.
Group makeListGroup(const char *spec, int64_t tensors, int64_t count,
                    double limit, const Sizes &sizes);
Group makeStorageGroup(const Sizes &sizes);
Group makeReduceGroup(int64_t elements, const Sizes &sizes);
Group makeFusedGroup(const Sizes &sizes);

/// 64Mi, 256Ki, 1000.
std::string sizeName(int64_t elements);

/// What several contenders of a group work on: made by the first of them, freed
/// with the last.
template <typename T, typename... Args>
std::function<std::shared_ptr<T>()> shared(Args... args) {
  return [made = std::make_shared<std::weak_ptr<T>>(), args...] {
    std::shared_ptr<T> data = made->lock();
    if (!data)
      *made = data = std::make_shared<T>(args...);
    return data;
  };
}

} // namespace optimc::bench

#endif // OPTIMC_BENCH_CONTENDERS_H
