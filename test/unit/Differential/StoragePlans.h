//===- StoragePlans.h - formats for the streams of a spec -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_DIFFERENTIAL_STORAGEPLANS_H
#define OPTIMC_TEST_UNIT_DIFFERENTIAL_STORAGEPLANS_H

#include "Numbers.h"
#include <string>
#include <vector>

namespace optimc::test {

/// Lists of `name=format` that together have every format of every stream.
std::vector<std::vector<std::string>> getPlans(const std::string &spec);
std::vector<std::string> getRandomPlan(const std::string &spec,
                                       Numbers &numbers);

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_DIFFERENTIAL_STORAGEPLANS_H
