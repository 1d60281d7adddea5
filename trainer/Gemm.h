//===- Gemm.h - the one matrix product --------------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Everything heavy in the trainer goes through one call, Eigen's product. This
// header is compiled once per instruction set: OPTIMC_TRAINER_ISA names the
// namespace, and CMake renames Eigen's own namespace with it, so that objects
// for different machines never share a function.
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_GEMM_H
#define OPTIMC_TRAINER_GEMM_H

#ifndef OPTIMC_TRAINER_ISA
#define OPTIMC_TRAINER_ISA baseline
#endif
#ifndef EIGEN_DONT_PARALLELIZE
#define EIGEN_DONT_PARALLELIZE // the batch is sharded instead
#endif

#include <Eigen/Core>

#include <cstdint>

namespace optimc::trainer::OPTIMC_TRAINER_ISA {

enum class Transpose { No, Yes };

/// A row-major matrix view; consecutive rows are `stride` elements apart.
template <typename T>
struct Matrix {
  T *data;
  int64_t rows, cols, stride;
};

template <typename T>
using EigenMatrix = Eigen::Map<
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>,
    Eigen::Unaligned, Eigen::OuterStride<>>;
template <typename T>
using ConstEigenMatrix = Eigen::Map<
    const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>,
    Eigen::Unaligned, Eigen::OuterStride<>>;

/// c += alpha * op(a) * op(b).
template <Transpose TransA, Transpose TransB, typename T>
void gemm(T alpha, Matrix<const T> a, Matrix<const T> b, Matrix<T> c) {
  ConstEigenMatrix<T> left(a.data, a.rows, a.cols,
                           Eigen::OuterStride<>(a.stride));
  ConstEigenMatrix<T> right(b.data, b.rows, b.cols,
                            Eigen::OuterStride<>(b.stride));
  EigenMatrix<T> out(c.data, c.rows, c.cols, Eigen::OuterStride<>(c.stride));
  if constexpr (TransA == Transpose::Yes) {
    static_assert(TransB == Transpose::No);
    out.noalias() += alpha * left.transpose() * right;
  } else if constexpr (TransB == Transpose::Yes) {
    out.noalias() += alpha * left * right.transpose();
  } else {
    out.noalias() += alpha * left * right;
  }
}

} // namespace optimc::trainer::OPTIMC_TRAINER_ISA

#endif // OPTIMC_TRAINER_GEMM_H
