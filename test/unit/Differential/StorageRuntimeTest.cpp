//===- StorageRuntimeTest.cpp - stored streams in the runtime -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compilation.h"
#include "Numbers.h"
#include "optimc-c/Runtime.h"
#include "llvm/Support/Error.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace optimc;
using namespace optimc::test;

namespace {
using Store = std::vector<std::string>;

const CompiledSpec &getProgram(const std::string &spec, const Store &store) {
  static std::map<std::pair<std::string, Store>, CompiledSpec> programs;
  auto [it, isNew] = programs.try_emplace({spec, store});
  if (isNew) {
    std::string text = spec;
    for (const SpecSource &source : getBuiltinSources())
      if (source.name == spec)
        text = source.text;
    CompileOptions options;
    options.store.assign(store.begin(), store.end());
    it->second = llvm::cantFail(compile(text, options));
  }
  return it->second;
}

uint32_t getType(const optimc_program *program, uint32_t role) {
  const uint32_t *storage = program->entries.data->plans.data->storage;
  uint32_t found = OPTIMC_STORAGE_F32;
  for (uint32_t i = 0; i < program->streams.count; ++i)
    if (program->streams.data[i].role == role)
      found = storage[i];
  return found == OPTIMC_STORAGE_F32   ? OPTIMC_DTYPE_F32
         : found == OPTIMC_STORAGE_F16 ? OPTIMC_DTYPE_F16
                                       : OPTIMC_DTYPE_BF16;
}

/// One tensor, or a part of it.
class StoredRun {
public:
  explicit StoredRun(const optimc_program *program, unsigned threads = 1,
                     uint64_t isaMask = ~uint64_t(0))
      : program(program) {
    optimc_options options = OPTIMC_OPTIONS_INIT;
    options.n_threads = threads;
    options.isa_mask = isaMask;
    options.seed = 17;
    options.threads = threads > 1 ? OPTIMC_THREADS_POOL : OPTIMC_THREADS_SERIAL;
    expect(optimc_create(program, &options, &handle, &error));
    optimc_group group;
    expect(optimc_add_group(handle, "all", &group, &error));
  }
  ~StoredRun() { optimc_destroy(handle); }

  optimc_status add(llvm::ArrayRef<float> values, int64_t global = -1,
                    int64_t start = 0) {
    count = values.size();
    int64_t shape = global < 0 ? count : global;
    paramType = getType(program, OPTIMC_ROLE_PARAM);
    gradType = getType(program, OPTIMC_ROLE_GRAD);
    param.resize(count);
    grad.resize(count);
    expect(optimc_from_float32(paramType, values.data(), count, param.data(),
                               &error));
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    desc.name = "w";
    desc.rank = 1;
    desc.shape = &shape;
    desc.param = param.data();
    desc.grad = grad.data();
    desc.param_dtype = paramType;
    desc.grad_dtype = gradType;
    desc.shard_start = start;
    desc.shard_count = count;
    return optimc_add_tensor(handle, 0, &desc, &tensor, &error);
  }
  void step(llvm::ArrayRef<float> gradient) {
    expect(optimc_from_float32(gradType, gradient.data(), count, grad.data(),
                               &error));
    expect(optimc_step(handle, &error));
  }
  /// All slots of a ring.
  std::vector<float> read(const char *name) {
    optimc_view view = {};
    expect(optimc_get_state(handle, tensor, name, &view, &error));
    std::vector<float> values(view.count);
    expect(optimc_read_state(handle, tensor, name, values.data(), view.count,
                             &error));
    return values;
  }
  /// What is in memory: codes, then the second array.
  std::string raw(const char *name) {
    optimc_view view;
    expect(optimc_get_state(handle, tensor, name, &view, &error));
    size_t size = view.dtype == OPTIMC_DTYPE_F32  ? 4
                  : view.dtype >= OPTIMC_DTYPE_Q8 ? 1
                                                  : 2;
    std::string bytes(static_cast<const char *>(view.data), view.count * size);
    return bytes + std::string(reinterpret_cast<const char *>(view.aux),
                               view.aux_count * 2);
  }
  void expect(optimc_status status) {
    EXPECT_EQ(OPTIMC_OK, status) << error.message;
  }

  const optimc_program *program;
  optimc_optimizer *handle = nullptr;
  optimc_tensor tensor = 0;
  optimc_error error = {};
  int64_t count = 0;
  uint32_t paramType = 0, gradType = 0;
  std::vector<float> param, grad; // large enough for any format
};

std::vector<float> getNumbers(size_t count, unsigned seed) {
  Numbers numbers(seed);
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(numbers.normal());
  return values;
}

class File {
public:
  explicit File(const char *name)
      : path(testing::TempDir() + "optimc-" + std::to_string(getpid()) + name) {
  }
  ~File() { unlink(path.c_str()); }
  const char *get() const { return path.c_str(); }

private:
  std::string path;
};

const Store plans[] = {
    {"param=bf16", "grad=bf16", "states=q8"},
    {"param=bf16_sr", "states=bf16_sr"},
    {"param=split", "grad=f16", "exp_avg=f16", "exp_avg_sq=q8_sr"},
    {"param=bf16", "master_param=f32", "states=bf16"}};

class PlanTest : public testing::TestWithParam<unsigned> {};

TEST_P(PlanTest, ResumesExactly) {
  const CompiledSpec &compiled = getProgram("adamw", plans[GetParam()]);
  constexpr size_t count = 700;
  File file("resume");
  StoredRun whole(compiled.program), part(compiled.program);
  std::vector<float> start = getNumbers(count, 1);
  whole.expect(whole.add(start));
  part.expect(part.add(getNumbers(count, 2)));
  for (unsigned t = 0; t < 6; ++t) {
    if (t == 3) {
      whole.expect(optimc_save(whole.handle, file.get(), &whole.error));
      part.expect(optimc_load(part.handle, file.get(), OPTIMC_LOAD_SAME_PROGRAM,
                              nullptr, nullptr, &part.error));
    }
    std::vector<float> gradient = getNumbers(count, 10 + t);
    whole.step(gradient);
    if (t >= 3)
      part.step(gradient);
  }
  for (const char *name : {"param", "exp_avg", "exp_avg_sq"})
    EXPECT_EQ(whole.raw(name), part.raw(name)) << name;
}

TEST_P(PlanTest, ShardsHaveTheSameBits) {
  const CompiledSpec &compiled = getProgram("adamw", plans[GetParam()]);
  constexpr int64_t count = 1000, cut[] = {0, 256, 768, count};
  std::vector<float> start = getNumbers(count, 3), gradient;
  StoredRun whole(compiled.program, 2);
  whole.expect(whole.add(start));
  for (unsigned t = 0; t < 4; ++t)
    whole.step(getNumbers(count, 20 + t));
  for (int i = 0; i < 3; ++i) {
    StoredRun shard(compiled.program);
    int64_t size = cut[i + 1] - cut[i];
    shard.expect(
        shard.add(llvm::ArrayRef(start).slice(cut[i], size), count, cut[i]));
    for (unsigned t = 0; t < 4; ++t) {
      gradient = getNumbers(count, 20 + t);
      shard.step(llvm::ArrayRef(gradient).slice(cut[i], size));
    }
    for (const char *name : {"param", "exp_avg", "exp_avg_sq"}) {
      std::vector<float> all = whole.read(name), own = shard.read(name);
      EXPECT_EQ(0, std::memcmp(all.data() + cut[i], own.data(), size * 4))
          << name << " from " << cut[i];
    }
  }
}

TEST_P(PlanTest, OtherPlansAreConverted) {
  const CompiledSpec &plain = getProgram("adamw", {}),
                     &stored = getProgram("adamw", plans[GetParam()]);
  constexpr size_t count = 300;
  File from("plain"), to("stored"), back("back");
  StoredRun before(plain.program), after(stored.program), again(plain.program);
  before.expect(before.add(getNumbers(count, 4)));
  before.step(getNumbers(count, 5));
  before.expect(optimc_save(before.handle, from.get(), &before.error));
  after.expect(after.add(getNumbers(count, 6)));
  ASSERT_NE(OPTIMC_OK, optimc_load(after.handle, from.get(), 0, nullptr,
                                   nullptr, &after.error));
  EXPECT_NE(nullptr, std::strstr(after.error.message,
                                 "optimc convert IN.safetensors "
                                 "OUT.safetensors --spec SPEC --store "))
      << after.error.message;

  optimc_error error;
  ASSERT_EQ(OPTIMC_OK,
            optimc_convert_checkpoint(stored.program, from.get(), to.get(),
                                      nullptr, nullptr, &error))
      << error.message;
  after.expect(optimc_load(after.handle, to.get(), OPTIMC_LOAD_SAME_PROGRAM,
                           nullptr, nullptr, &after.error));
  // What the runtime writes itself is the same rounding.
  StoredRun written(stored.program);
  written.expect(written.add(before.read("param")));
  for (const char *name : {"param", "exp_avg", "exp_avg_sq"}) {
    std::vector<float> values = before.read(name);
    written.expect(optimc_write_state(written.handle, 0, name, values.data(),
                                      count, &written.error));
    EXPECT_EQ(written.raw(name), after.raw(name)) << name;
  }
  // Back: exactly the values that the formats hold; the parameter is the
  // master weights where there are some.
  ASSERT_EQ(OPTIMC_OK,
            optimc_convert_checkpoint(plain.program, to.get(), back.get(),
                                      nullptr, nullptr, &error))
      << error.message;
  again.expect(again.add(getNumbers(count, 7)));
  again.expect(optimc_load(again.handle, back.get(), OPTIMC_LOAD_SAME_PROGRAM,
                           nullptr, nullptr, &again.error));
  bool hasMaster = plans[GetParam()][1] == "master_param=f32";
  EXPECT_EQ(after.read(hasMaster ? "master_param" : "param"),
            again.read("param"));
  if (hasMaster || plans[GetParam()][0] == "param=split")
    EXPECT_EQ(before.read("param"), again.read("param"));
  EXPECT_EQ(after.read("exp_avg_sq"), again.read("exp_avg_sq"));
}

INSTANTIATE_TEST_SUITE_P(Of, PlanTest, testing::Range(0u, 4u));

/// Slots have blocks of their own, in memory, in files and in conversions.
TEST(StorageRuntimeTest, RingsOfBlocksAreKept) {
  const std::string spec = R"(
optim.optimizer @ring(%p, %g) {
  %old = delay %g by 3 "old"
  %p_t = expr %p - 0.01 * (%g + 0.5 * %old)
  commit %p = %p_t
}
)";
  const CompiledSpec &plain = getProgram(spec, {"old=f32"}),
                     &stored = getProgram(spec, {"old=q8"});
  constexpr size_t count = 300;
  File from("ring-plain"), to("ring-stored"), saved("ring-saved");
  StoredRun exact(plain.program), ring(stored.program), other(stored.program),
      loaded(stored.program);
  for (StoredRun *run : {&exact, &ring, &other, &loaded})
    run->expect(run->add(getNumbers(count, 4)));
  for (unsigned t = 0; t < 5; ++t) {
    // Blocks of neighbouring slots have very different exponents.
    std::vector<float> gradient = getNumbers(count, 30 + t);
    for (float &value : gradient)
      value = std::ldexp(value, 20 * int(t));
    exact.step(gradient);
    ring.step(gradient);
  }
  optimc_view view;
  ring.expect(optimc_get_state(ring.handle, 0, "old", &view, &ring.error));
  EXPECT_EQ(int64_t(3 * count), view.count);
  EXPECT_EQ(6, view.aux_count);
  std::vector<float> old = exact.read("old"), rounded = ring.read("old");
  for (size_t first = 0; first < old.size(); first += count) {
    float largest = 0;
    for (size_t i = first; i < first + count; ++i)
      largest = std::max(largest, std::abs(old[i]));
    EXPECT_GT(largest, 0);
    for (size_t i = first; i < first + count; ++i)
      if (std::abs(old[i]) > largest / 1024)
        EXPECT_NEAR(old[i], rounded[i], std::abs(old[i]) / 8) << i;
  }
  // Written, saved and converted: the same codes.
  other.expect(optimc_write_state(other.handle, 0, "old", old.data(),
                                  old.size(), &other.error));
  EXPECT_EQ(ring.raw("old"), other.raw("old"));
  ring.expect(optimc_save(ring.handle, saved.get(), &ring.error));
  loaded.expect(optimc_load(loaded.handle, saved.get(),
                            OPTIMC_LOAD_SAME_PROGRAM, nullptr, nullptr,
                            &loaded.error));
  EXPECT_EQ(ring.raw("old"), loaded.raw("old"));
  exact.expect(optimc_save(exact.handle, from.get(), &exact.error));
  optimc_error error;
  ASSERT_EQ(OPTIMC_OK,
            optimc_convert_checkpoint(stored.program, from.get(), to.get(),
                                      nullptr, nullptr, &error))
      << error.message;
  other.expect(optimc_load(other.handle, to.get(), OPTIMC_LOAD_SAME_PROGRAM,
                           nullptr, nullptr, &other.error));
  EXPECT_EQ(ring.raw("old"), other.raw("old"));
  ASSERT_EQ(OPTIMC_OK,
            optimc_convert_checkpoint(plain.program, saved.get(), from.get(),
                                      nullptr, nullptr, &error))
      << error.message;
  exact.expect(optimc_load(exact.handle, from.get(), OPTIMC_LOAD_SAME_PROGRAM,
                           nullptr, nullptr, &exact.error));
  EXPECT_EQ(rounded, exact.read("old"));
}

TEST(StorageRuntimeTest, WrongTypesAndCutsAreErrors) {
  const CompiledSpec &compiled = getProgram("adamw", plans[0]);
  StoredRun run(compiled.program);
  std::vector<float> values(512);
  EXPECT_EQ(OPTIMC_INVALID_ARGUMENT, run.add(values, 1024, 128));
  EXPECT_NE(nullptr,
            std::strstr(run.error.message, "not a multiple of the granule 256"))
      << run.error.message;
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  int64_t shape = 512;
  desc.name = "w";
  desc.rank = 1;
  desc.shape = &shape;
  desc.param = run.param.data();
  optimc_tensor tensor;
  EXPECT_EQ(OPTIMC_UNSUPPORTED,
            optimc_add_tensor(run.handle, 0, &desc, &tensor, &run.error));
  EXPECT_STREQ("the parameter of tensor 'w' has dtype f32; 'adamw' was "
               "compiled for bf16",
               run.error.message);
  // Codes and exponents are one state.
  desc.param_dtype = desc.grad_dtype = OPTIMC_DTYPE_BF16;
  std::vector<uint8_t> codes(512);
  optimc_named_buffer buffer = {"exp_avg", codes.data(), OPTIMC_BUFFER_KEEP, 0};
  desc.buffers = &buffer;
  desc.n_buffers = 1;
  EXPECT_EQ(OPTIMC_INVALID_ARGUMENT,
            optimc_add_tensor(run.handle, 0, &desc, &tensor, &run.error));
  EXPECT_NE(nullptr, std::strstr(run.error.message, "'exp_avg.exponent'"))
      << run.error.message;
}

/// Whatever their payload and sign, in vectors and in the rest.
/// Signaling ones and those with a payload, copied and computed with.
TEST(StorageRuntimeTest, NaNsAreTheQuietOne) {
  static constexpr uint32_t patterns[] = {0x7F800001, 0x7FFFFFFF, 0xFFFFFFFF,
                                          0xFF800001, 0x7FC10000};
  std::vector<float> values(21); // a vector of 16 and a rest
  for (size_t i = 0; i < values.size(); ++i)
    std::memcpy(&values[i], &patterns[i % 5], 4);
  auto check = [&](const std::string &value, llvm::StringRef format,
                   const std::string &code, uint64_t isaMask) {
    std::string spec = "optim.optimizer @keeps(%p, %g) state(%a observable) "
                       "{ %x = expr " +
                       value + "\n commit %a = %x }";
    StoredRun run(getProgram(spec, {"a=" + format.str()}).program,
                  /*threads=*/1, isaMask);
    run.expect(run.add(std::vector<float>(values.size())));
    run.step(values);
    std::string bytes = run.raw("a");
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(code, bytes.substr(i * code.size(), code.size()))
          << value << " in " << format.str() << ", pattern " << i % 5
          << ", instruction sets " << isaMask;
  };
  for (uint64_t isaMask :
       {~uint64_t(0), uint64_t(OPTIMC_ISA_X86_64_V3), uint64_t(0)})
    for (const char *value : {"%g", "%g * 3"})
      for (auto [format, code] : {std::pair("bf16", std::string("\xC0\x7F")),
                                  {"bf16_sr", "\xC0\x7F"},
                                  {"f16", std::string("\0\x7E", 2)},
                                  {"q8", "\x7F"},
                                  {"q8_sr", "\x7F"}})
        check(value, format, code, isaMask);
}

/// NAME_step has the second arrays as arguments of its own.
TEST(StorageRuntimeTest, PlainFunctionHasTheSameBits) {
  constexpr size_t count = 300;
  std::vector<float> start = getNumbers(count, 8);
  // Seed and tensor key are 0 there, so nothing stochastic is compared.
  CompileOptions options;
  options.store = {"param=bf16", "grad=bf16", "exp_avg=q8", "exp_avg_sq=q8"};
  std::string text;
  for (const SpecSource &source : getBuiltinSources())
    if (source.name == "adamw")
      text = source.text;
  CompiledSpec nearest = llvm::cantFail(compile(text, options));
  StoredRun run(nearest.program);
  run.expect(run.add(start));
  std::vector<uint16_t> p(count), g(count), mBase(2), vBase(2);
  std::vector<uint8_t> m(count), v(count);
  optimc_error error;
  run.expect(optimc_from_float32(OPTIMC_DTYPE_BF16, start.data(), count,
                                 p.data(), &error));
  using Step =
      void (*)(const double *, int64_t, size_t, uint16_t *, const uint16_t *,
               uint8_t *, uint16_t *, uint8_t *, uint16_t *);
  auto step = reinterpret_cast<Step>(
      llvm::cantFail(nearest.object->lookup("adamw_step")));
  double hyper[] = {1e-3, 0.9, 0.999, 1e-8, 0.01};
  for (int64_t t = 1; t <= 3; ++t) {
    std::vector<float> gradient = getNumbers(count, 30 + t);
    run.step(gradient);
    run.expect(optimc_from_float32(OPTIMC_DTYPE_BF16, gradient.data(), count,
                                   g.data(), &error));
    step(hyper, t, count, p.data(), g.data(), m.data(), mBase.data(), v.data(),
         vBase.data());
  }
  auto bytes = [](const auto &codes, const std::vector<uint16_t> &base) {
    return std::string(reinterpret_cast<const char *>(codes.data()),
                       codes.size() * sizeof(codes[0])) +
           std::string(reinterpret_cast<const char *>(base.data()),
                       base.size() * 2);
  };
  EXPECT_EQ(run.raw("param"), bytes(p, {}));
  EXPECT_EQ(run.raw("exp_avg"), bytes(m, mBase));
  EXPECT_EQ(run.raw("exp_avg_sq"), bytes(v, vBase));
}

//===----------------------------------------------------------------------===//
// Stochastic rounding
//===----------------------------------------------------------------------===//

const char copies[] = R"(
optim.optimizer @copies(%p, %g) state(%a observable, %b observable) {
  %x = expr %g * 1
  commit %a = %x, %b = %x
})";

/// The mean error of 2^24 draws of each of two streams that share a hash, in
/// standard deviations of that mean.
void expectUnbiased(const Store &store, float value, double step) {
  constexpr size_t count = 1 << 20, steps = 16;
  StoredRun run(getProgram(copies, store).program, 2);
  std::vector<float> values(count, value);
  run.expect(run.add(std::vector<float>(count)));
  double sumA = 0, sumB = 0, product = 0;
  size_t up = 0;
  for (size_t t = 0; t < steps; ++t) {
    run.step(values);
    std::vector<float> a = run.read("a"), b = run.read("b");
    for (size_t i = 0; i < count; ++i) {
      sumA += a[i] - value;
      sumB += b[i] - value;
      product += (a[i] - value) * double(b[i] - value);
      up += a[i] > value;
    }
  }
  constexpr double draws = double(count) * steps;
  double share = up / draws;
  double deviation = step * std::sqrt(share * (1 - share) / draws);
  ASSERT_GT(deviation, 0);
  EXPECT_LE(std::fabs(sumA / draws), 4 * deviation) << store.front();
  EXPECT_LE(std::fabs(sumB / draws), 4 * deviation) << store.front();
  // The halves of the hash are independent.
  double variance = step * step * share * (1 - share);
  EXPECT_LE(std::fabs(product / draws), 4 * variance / std::sqrt(draws))
      << store.front();
}

TEST(StochasticRoundingTest, IsUnbiased) {
  expectUnbiased({"a=bf16_sr", "b=bf16_sr"}, 1.0f + 0.3f / 128, 0x1p-7);
  expectUnbiased({"a=q8_sr", "b=q8_sr"}, 1.0f + 0.21f / 8, 0x1p-3);
}
} // namespace
