//===- Yardstick.cpp - what memory allows, for peers.py -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A shared library, so that the yardsticks run in the same process as the
// optimizers and, by OpenMP, on the same threads as torch.
//
//===----------------------------------------------------------------------===//

#include "../tools/optimc/Bandwidth.h"
#include "HandLoops.h"
#include <algorithm>
#include <vector>

#define OPTIM_YARDSTICK extern "C" __attribute__((visibility("default")))

/// Read, copy, triad and update, GB/s. Zero where there is no memory for it.
OPTIM_YARDSTICK int optim_yardstick_bandwidth(uint32_t threads, double *out) {
  optimc::tool::BandwidthOptions options;
  options.threads = threads;
  optimc::tool::Bandwidth bandwidth;
  if (!optimc::tool::measureBandwidth(options, bandwidth))
    return 0;
  out[0] = bandwidth.read;
  out[1] = bandwidth.copy;
  out[2] = bandwidth.triad;
  out[3] = bandwidth.update;
  return 1;
}

/// The streams of AdamW, or of AdEMAMix where `slow` is not null, of n tensors,
/// without math: prefetched as compiled kernels do, in one parallel region,
/// in pieces of 64 Ki elements. Zero where the loops cannot run: they need
/// AVX-512 and whole vectors of 16.
OPTIM_YARDSTICK int optim_yardstick_streams(uint32_t threads, uint64_t n,
                                            const int64_t *counts,
                                            float *const *p, float *const *g,
                                            float *const *m, float *const *slow,
                                            float *const *v) {
  if (!optimc::bench::hasAvx512())
    return 0;
  constexpr int64_t piece = 65536;
  struct Piece {
    uint64_t tensor;
    int64_t begin, end;
  };
  // The same lists are measured over and over; the runtime keeps its own, too.
  thread_local std::vector<Piece> pieces;
  pieces.clear();
  for (uint64_t tensor = 0; tensor < n; ++tensor) {
    if (counts[tensor] % 16)
      return 0;
    for (int64_t at = 0; at < counts[tensor]; at += piece)
      pieces.push_back({tensor, at, std::min(at + piece, counts[tensor])});
  }
  const Piece *data = pieces.data();
  int64_t total = int64_t(pieces.size());
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t i = 0; i < total; ++i) {
    uint64_t t = data[i].tensor;
    optimc::bench::Streams streams{p[t], g[t], m[t], slow ? slow[t] : nullptr,
                                   v[t]};
    (slow ? optimc::bench::ademamixStreams
          : optimc::bench::adamwStreams)(streams, data[i].begin, data[i].end);
  }
  return 1;
}
