//===- Tables.cpp - what the kernels of a step read -----------------------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cuda/Tables.h"

#include "cuda/TableBuilder.h"

#include <algorithm>
#include <cstring>

using namespace optimc::rt;
using namespace optimc::rt::cuda;

namespace {
/// Values of an item: a compromise between the tail of a grid and what starting
/// an item costs. Where granules are cut a warp takes one at a time.
constexpr int64_t itemValues = 8192, granuleItemValues = 32768;
constexpr int64_t maxItemValues = int64_t(1) << 30; // see Gpu.h
} // namespace

bool Tables::isCurrent(const Optimizer &opt, uint32_t entry,
                       uint64_t framesVersion, const uint32_t *list, size_t n,
                       bool whole) const {
  if (structure != opt.structure || version != framesVersion ||
      entryIndex != entry || listed.size() != n)
    return false;
  return whole || std::equal(listed.begin(), listed.end(), list);
}

const std::vector<char> &Tables::image(uint64_t to) {
  for (size_t at : relocations) {
    uint64_t address;
    memcpy(&address, &data[at], sizeof address);
    address += to - relocatedTo;
    memcpy(&data[at], &address, sizeof address);
  }
  relocatedTo = base = to;
  return data;
}

optimc_status Tables::build(const Optimizer &opt, const Frames &frames,
                            uint32_t entry, uint64_t framesVersion,
                            const uint32_t *list, size_t n, const Diag &diag) {
  structure = 0;
  for (size_t i = 0; i < n; ++i)
    if (optimc_status s = checkStreams(opt, entry, *opt.tensors[list[i]], diag))
      return s;
  listed.assign(list, list + n);
  data.clear();
  relocations.clear();
  phases.clear();
  relocatedTo = base = 0;
  TableBuilder builder(*this, opt, frames, entry);
  if (optimc_status s = builder.addTensors(diag))
    return s;
  if (optimc_status s = builder.addPhases(diag))
    return s;
  builder.addReductions();
  builder.addScratch();
  structure = opt.structure;
  version = framesVersion;
  entryIndex = entry;
  return OPTIMC_OK;
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

optimc_status TableBuilder::addTensors(const Diag &diag) {
  size_t n = t.listed.size();
  if (n > UINT32_MAX)
    return diag.fail(OPTIMC_UNSUPPORTED, "%zu tensors are too many", n);
  std::vector<uint64_t> partials; // offsets
  for (uint32_t index : t.listed) {
    const Tensor &tensor = *opt.tensors[index];
    partials.push_back(align(8));
    for (const void *place : tensor.partials[entryIndex])
      add(reinterpret_cast<uint64_t>(place));
  }
  t.tensors = align(16);
  for (size_t i = 0; i < n; ++i) {
    const Tensor &tensor = *opt.tensors[t.listed[i]];
    uint32_t instance = frames.instanceOf(opt, tensor, t.listed[i]);
    optimc_gpu_tensor row = {};
    row.scalars = frames.scalarsOf(instance);
    row.predicates = frames.predicatesOf(instance);
    row.step = frames.state(frames.clock(tensor.clock->number));
    row.key_base = tensor.keyBase;
    row.partials = partials[i];
    row.count = tensor.count;
    row.global_count = tensor.globalCount;
    row.batches = tensor.batches;
    row.rows = tensor.rows;
    row.cols = tensor.cols;
    row.block = tensor.block;
    std::vector<uint64_t> streams, aux;
    uint64_t all = 0;
    for (size_t k = 0; k < tensor.stream.size(); ++k) {
      UnshardedPlaces places = unshardedPlaces(
          opt.program.formats[k], tensor.firstOf(opt.program.streams[k].rate),
          tensor.stream[k], tensor.aux[k]);
      streams.push_back(places.stream);
      aux.push_back(places.aux);
      all |= places.stream | places.aux;
    }
    // Items of a shard that starts elsewhere would start off the line, too.
    if (all % 16 == 0 && tensor.shardStart % 256 == 0)
      row.flags = OPTIMC_GPU_ALIGNED;
    relocate(add(row) + offsetof(optimc_gpu_tensor, partials));
    for (const auto &list : {streams, aux})
      for (uint64_t place : list)
        add(place);
  }
  t.instances = {align(16), 0};
  if (opt.program.tensorFrames)
    for (uint32_t index : t.listed) {
      add(frames.tensorRow(opt, index));
      ++t.instances.n;
    }
  return OPTIMC_OK;
}

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

optimc_status TableBuilder::addItems(size_t planIndex, const Phase &phase,
                                     Rows &out, const Diag &diag) {
  // Phases that cut in the same way share their items.
  auto key = std::tuple(planIndex, phase.domain, phase.cut);
  if (auto known = items.find(key); known != items.end()) {
    out = known->second;
    return OPTIMC_OK;
  }
  out = {align(16), 0};
  const Plan &plan = entry.plans[planIndex];
  for (size_t i = 0; i < t.listed.size(); ++i) {
    const Tensor &tensor = *opt.tensors[t.listed[i]];
    if (tensor.plan[entryIndex] != planIndex)
      continue;
    int64_t first = tensor.firstOf(phase.domain);
    int64_t end = first + tensor.countOf(phase.domain);
    int64_t unit =
        tensor.unitOf(phase.cut, std::max<int64_t>(plan.granule, 256));
    int64_t wanted =
        phase.cut == OPTIMC_CUT_GRANULES ? granuleItemValues : itemValues;
    // Multiples of 2^32 are multiples of every granule; lines and blocks are
    // cut in tensors that do not get that far.
    int64_t piece = unit ? divideUp(wanted, unit) * unit : wanted;
    if (std::min(piece, end - first) > maxItemValues)
      return diag.fail(OPTIMC_UNSUPPORTED,
                       "tensor '%.200s' cannot be cut on a GPU: %lld values "
                       "belong together, at most %lld can",
                       tensor.name.c_str(),
                       static_cast<long long>(std::min(piece, end - first)),
                       static_cast<long long>(maxItemValues));
    while (first < end) {
      // Cuts are at multiples in the unsharded tensor.
      int64_t count = std::min(piece - first % piece, end - first);
      add(optimc_gpu_item{first, static_cast<uint32_t>(i),
                          static_cast<uint32_t>(count)});
      if (++out.n > INT32_MAX)
        return diag.fail(OPTIMC_UNSUPPORTED,
                         "the tensors have too many elements for one GPU");
      first += count;
    }
  }
  items.emplace(key, out);
  return OPTIMC_OK;
}

optimc_status TableBuilder::addPhases(const Diag &diag) {
  for (size_t p = 0; p < entry.plans.size(); ++p)
    for (const Variant &variant : entry.plans[p].variants)
      for (const Phase &phase : variant.phases) {
        Rows rows;
        if (optimc_status s = addItems(p, phase, rows, diag))
          return s;
        if (rows.n)
          t.phases.push_back({phase.stage, phase.ptxEntry, nullptr, rows,
                              variant.mask, variant.value});
      }
  return OPTIMC_OK;
}

void TableBuilder::addScratch() {
  t.scratch = align(16);
  for (const Scratch &wanted : scratches) {
    memcpy(&t.data[wanted.at], &t.scratch, sizeof t.scratch);
    relocate(wanted.at);
    t.scratch += wanted.bytes;
  }
}
