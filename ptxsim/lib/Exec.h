//===- Exec.h - loops over the lanes of a warp ------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_EXEC_H
#define PTXSIM_LIB_EXEC_H

#include "Machine.h"
#include "OpcodeTable.h"
#include <type_traits>

namespace ptxsim {

template <typename R, typename F>
inline void forEachLane(uint32_t mask, R *d, F &&f) {
  if (mask == ~uint32_t(0)) {
    // Operands are the same registers or disjoint ones.
#ifdef __clang__
#pragma clang loop vectorize(assume_safety)
#else
#pragma GCC ivdep
#endif
    for (unsigned lane = 0; lane < warpSize; ++lane)
      d[lane] = f(lane);
    return;
  }
  forLanes(mask, [&](unsigned lane) { d[lane] = f(lane); });
}

template <typename R, typename A, typename F>
inline void map1(ExecContext &c, const Instr &in, F &&f) {
  const A *a = c.src<A>(in, 0);
  forEachLane(c.mask, c.dst<R>(in), [&](unsigned l) { return R(f(a[l])); });
}

template <typename R, typename A, typename B, typename F>
inline void map2(ExecContext &c, const Instr &in, F &&f) {
  const A *a = c.src<A>(in, 0);
  const B *b = c.src<B>(in, 1);
  forEachLane(c.mask, c.dst<R>(in),
              [&](unsigned l) { return R(f(a[l], b[l])); });
}

template <typename R, typename A, typename B, typename C, typename F>
inline void map3(ExecContext &c, const Instr &in, F &&f) {
  const A *a = c.src<A>(in, 0);
  const B *b = c.src<B>(in, 1);
  const C *e = c.src<C>(in, 2);
  forEachLane(c.mask, c.dst<R>(in),
              [&](unsigned l) { return R(f(a[l], b[l], e[l])); });
}

/// Op<T>::run for the host type of an integer type of PTX; null for others.
template <template <typename> class Op>
Exec selectInteger(Type type) {
  switch (type) {
  case Type::U8:
    return Op<uint8_t>::run;
  case Type::S8:
    return Op<int8_t>::run;
  case Type::U16:
    return Op<uint16_t>::run;
  case Type::S16:
    return Op<int16_t>::run;
  case Type::U32:
    return Op<uint32_t>::run;
  case Type::S32:
    return Op<int32_t>::run;
  case Type::U64:
    return Op<uint64_t>::run;
  case Type::S64:
    return Op<int64_t>::run;
  default:
    return nullptr;
  }
}

/// Op<T>::run by width only.
template <template <typename> class Op>
Exec selectBits(Type type) {
  switch (typeBytes(type)) {
  case 1:
    return Op<uint8_t>::run;
  case 2:
    return Op<uint16_t>::run;
  case 4:
    return Op<uint32_t>::run;
  case 8:
    return Op<uint64_t>::run;
  default:
    return nullptr;
  }
}

} // namespace ptxsim

#endif // PTXSIM_LIB_EXEC_H
