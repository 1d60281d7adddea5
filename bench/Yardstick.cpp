//===- Yardstick.cpp - what memory allows, for peers.py -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A shared library, so that the yardsticks run in the same process as the
// optimizers and, like ours, on the threads of torch's libgomp.
//
//===----------------------------------------------------------------------===//

#include "../tools/optimc/Bandwidth.h"
#include "HandLoops.h"
#include "cpu/Parts.h"
#include "cpu/Threads.h"
#include <algorithm>
#include <numeric>
#include <vector>

#define OPTIM_YARDSTICK extern "C" __attribute__((visibility("default")))

namespace {
struct Piece {
  uint64_t tensor;
  int64_t begin, end;
};

/// What the threads share.
struct StreamWork {
  const std::vector<Piece> &pieces;
  optimc::rt::Parts &parts;
  float *const *p, *const *g, *const *m, *const *slow, *const *v;
};
} // namespace

static void takePiece(const StreamWork &work, const Piece &piece) {
  uint64_t t = piece.tensor;
  optimc::bench::Streams streams{work.p[t], work.g[t], work.m[t],
                                 work.slow ? work.slow[t] : nullptr, work.v[t]};
  (work.slow ? optimc::bench::ademamixStreams
             : optimc::bench::adamwStreams)(streams, piece.begin, piece.end);
}

static void takePieces(void *data, uint32_t thread) {
  const auto &work = *static_cast<const StreamWork *>(data);
  work.parts.take(thread, /*backwards=*/false,
                  [&](size_t i) { takePiece(work, work.pieces[i]); });
}

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
/// in pieces of up to 64 Ki elements. Zero where the loops cannot run: they
/// need AVX-512 and whole vectors of 16.
OPTIM_YARDSTICK int optim_yardstick_streams(uint32_t threads, uint64_t n,
                                            const int64_t *counts,
                                            float *const *p, float *const *g,
                                            float *const *m, float *const *slow,
                                            float *const *v) {
  if (!optimc::bench::hasAvx512())
    return 0;
  threads = std::max(threads, 1u);
  int64_t total = std::accumulate(counts, counts + n, int64_t(0));
  int64_t piece =
      std::clamp<int64_t>(total / (8 * threads) / 16 * 16, 4096, 65536);
  // The same lists are measured over and over; the runtime keeps its own, too.
  thread_local std::vector<Piece> pieces;
  thread_local optimc::rt::Parts parts;
  pieces.clear();
  for (uint64_t tensor = 0; tensor < n; ++tensor) {
    if (counts[tensor] % 16)
      return 0;
    for (int64_t at = 0; at < counts[tensor]; at += piece)
      pieces.push_back({tensor, at, std::min(at + piece, counts[tensor])});
  }
  parts.resize(threads);
  parts.begin(pieces.size(), /*shares=*/true);
  StreamWork work{pieces, parts, p, g, m, slow, v};
  optimc::rt::ThreadChoice choice;
  choice.backend = OPTIMC_THREADS_LIBGOMP;
  choice.count = threads;
  optimc::rt::parallel(choice, takePieces, &work);
  takePieces(&work, 0);
  return 1;
}
