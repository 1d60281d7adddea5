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
#include "cpu/Threads.h"
#include <algorithm>
#include <atomic>
#include <numeric>
#include <vector>

#define OPTIM_YARDSTICK extern "C" __attribute__((visibility("default")))

namespace {
struct Piece {
  uint64_t tensor;
  int64_t begin, end;
};

constexpr size_t maxThreads = 64;

/// What the threads share: each begins with its own part of the pieces, as the
/// runtime's do.
struct StreamWork {
  const std::vector<Piece> &pieces;
  float *const *p, *const *g, *const *m, *const *slow, *const *v;
  size_t nParts;
  std::atomic<size_t> taken[maxThreads] = {};

  size_t boundary(size_t part) const { return pieces.size() * part / nParts; }
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
  auto &work = *static_cast<StreamWork *>(data);
  for (size_t k = 0; k < work.nParts; ++k) {
    size_t part = (thread + k) % work.nParts;
    size_t first = work.boundary(part), end = work.boundary(part + 1);
    for (size_t i; (i = first + work.taken[part].fetch_add(1)) < end;)
      takePiece(work, work.pieces[i]);
  }
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
  threads = std::clamp<uint32_t>(threads, 1, maxThreads);
  int64_t total = std::accumulate(counts, counts + n, int64_t(0));
  int64_t piece =
      std::clamp<int64_t>(total / (8 * threads) / 16 * 16, 4096, 65536);
  // The same lists are measured over and over; the runtime keeps its own, too.
  thread_local std::vector<Piece> pieces;
  pieces.clear();
  for (uint64_t tensor = 0; tensor < n; ++tensor) {
    if (counts[tensor] % 16)
      return 0;
    for (int64_t at = 0; at < counts[tensor]; at += piece)
      pieces.push_back({tensor, at, std::min(at + piece, counts[tensor])});
  }
  StreamWork work{pieces, p, g, m, slow, v, threads};
  optimc::rt::ThreadChoice choice;
  choice.backend = OPTIMC_THREADS_LIBGOMP;
  choice.count = threads;
  optimc::rt::parallel(choice, takePieces, &work);
  takePieces(&work, 0);
  return 1;
}
