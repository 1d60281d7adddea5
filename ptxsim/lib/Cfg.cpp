//===- Cfg.cpp - basic blocks and their weak topological order --*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cfg.h"
#include <algorithm>

using namespace ptxsim;

namespace {
struct Graph {
  std::vector<uint32_t> blockOf; // per instruction
  std::vector<std::vector<uint32_t>> successors;
};
} // namespace

static Graph buildGraph(const Function &f) {
  size_t count = f.code.size();
  std::vector<bool> leader(count + 1, false);
  leader[0] = true;
  for (size_t i = 0; i < count; ++i) {
    const Instr &in = f.code[i];
    if (in.flow == Flow::Branch)
      leader[in.target] = true;
    if (in.flow == Flow::BranchIndexed)
      for (uint32_t target : f.tables[in.imm])
        leader[target] = true;
    if (in.flow == Flow::Branch || in.flow == Flow::BranchIndexed ||
        in.flow == Flow::Return || in.flow == Flow::Exit ||
        in.flow == Flow::Trap)
      leader[i + 1] = true;
  }
  Graph graph;
  graph.blockOf.resize(count);
  uint32_t block = 0;
  for (size_t i = 0; i < count; ++i) {
    if (i && leader[i])
      ++block;
    graph.blockOf[i] = block;
  }
  graph.successors.resize(block + 1);
  for (size_t i = 0; i < count; ++i) {
    if (i + 1 < count && !leader[i + 1])
      continue;
    const Instr &in = f.code[i];
    std::vector<uint32_t> &next = graph.successors[graph.blockOf[i]];
    bool falls = in.guarded ||
                 (in.flow != Flow::Branch && in.flow != Flow::BranchIndexed &&
                  in.flow != Flow::Return && in.flow != Flow::Exit &&
                  in.flow != Flow::Trap);
    if (falls && i + 1 < count)
      next.push_back(graph.blockOf[i + 1]);
    if (in.flow == Flow::Branch)
      next.push_back(graph.blockOf[in.target]);
    if (in.flow == Flow::BranchIndexed)
      for (uint32_t target : f.tables[in.imm])
        next.push_back(graph.blockOf[target]);
  }
  return graph;
}

namespace {
/// Strongly connected components by Tarjan, with an explicit stack; a loop is
/// ordered again without its head.
class WeakOrder {
public:
  explicit WeakOrder(const Graph &graph)
      : graph(graph), rank(graph.successors.size()) {}

  std::vector<uint32_t> run() {
    std::vector<uint32_t> all(graph.successors.size());
    for (uint32_t i = 0; i < all.size(); ++i)
      all[i] = i;
    std::vector<Region> work{{std::move(all), 0}};
    inRegion.assign(graph.successors.size(), 0);
    while (!work.empty()) {
      Region region = std::move(work.back());
      work.pop_back();
      order(region, work);
    }
    return rank;
  }

private:
  struct Region {
    std::vector<uint32_t> blocks; // the first one is where it is entered
    uint32_t firstRank;
  };

  void order(const Region &region, std::vector<Region> &work) {
    ++regionId;
    for (uint32_t block : region.blocks)
      inRegion[block] = regionId;
    std::vector<std::vector<uint32_t>> components = tarjan(region.blocks);
    // Tarjan finds components in reverse topological order.
    uint32_t next = region.firstRank;
    for (auto c = components.rbegin(); c != components.rend(); ++c) {
      uint32_t head =
          *std::min_element(c->begin(), c->end(), [&](uint32_t a, uint32_t b) {
            return number[a] < number[b];
          });
      rank[head] = next;
      size_t size = c->size();
      if (size > 1) {
        c->erase(std::find(c->begin(), c->end(), head));
        std::sort(c->begin(), c->end());
        work.push_back({std::move(*c), next + 1});
      }
      next += size;
    }
  }

  std::vector<std::vector<uint32_t>>
  tarjan(const std::vector<uint32_t> &blocks) {
    struct Visit {
      uint32_t block;
      size_t edge;
    };
    std::vector<std::vector<uint32_t>> components;
    std::vector<Visit> visits;
    std::vector<uint32_t> open;
    number.resize(graph.successors.size());
    low.resize(graph.successors.size());
    state.resize(graph.successors.size());
    for (uint32_t block : blocks)
      state[block] = 0;
    uint32_t counter = 0;
    for (uint32_t root : blocks) {
      if (state[root])
        continue;
      visits.push_back({root, 0});
      while (!visits.empty()) {
        Visit &visit = visits.back();
        uint32_t block = visit.block;
        if (visit.edge == 0) {
          number[block] = low[block] = counter++;
          state[block] = 1;
          open.push_back(block);
        }
        const std::vector<uint32_t> &next = graph.successors[block];
        bool descended = false;
        while (visit.edge < next.size()) {
          uint32_t to = next[visit.edge++];
          if (inRegion[to] != regionId)
            continue;
          if (state[to] == 0) {
            visits.push_back({to, 0});
            descended = true;
            break;
          }
          if (state[to] == 1)
            low[block] = std::min(low[block], number[to]);
        }
        if (descended)
          continue;
        if (low[block] == number[block]) {
          components.emplace_back();
          uint32_t member;
          do {
            member = open.back();
            open.pop_back();
            state[member] = 2;
            components.back().push_back(member);
          } while (member != block);
        }
        visits.pop_back();
        if (!visits.empty()) {
          uint32_t parent = visits.back().block;
          low[parent] = std::min(low[parent], low[block]);
        }
      }
    }
    return components;
  }

  const Graph &graph;
  std::vector<uint32_t> rank, number, low, inRegion;
  std::vector<uint8_t> state;
  uint32_t regionId = 0;
};
} // namespace

void ptxsim::rankBlocks(Function &function) {
  Graph graph = buildGraph(function);
  std::vector<uint32_t> rank = WeakOrder(graph).run();
  for (size_t i = 0; i < function.code.size(); ++i)
    function.code[i].rank = rank[graph.blockOf[i]];
}
