//===- Load.cpp - reading a checkpoint ------------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The whole file is validated and all new values are collected before the first
// of them is written.
//
//===----------------------------------------------------------------------===//
#include "core/Checkpoint.h"
#include "core/File.h"
#include "core/Names.h"
#include "core/Safetensors.h"

#include <cmath>
#include <cstring>

using namespace optimc::rt;

namespace {
class Loader {
public:
  Loader(Optimizer &opt, const char *path, uint32_t flags, const Diag &diag)
      : opt(opt), program(opt.program), path(path), flags(flags), diag(diag) {}

  optimc_status check();
  optimc_status commit();
  const std::vector<std::string> &messages() const { return reports; }

private:
  optimc_status bad(const std::string &reason) const;
  optimc_status checkMetadata();
  optimc_status checkTensors();
  optimc_status checkHypers();
  optimc_status checkScalarStates();
  optimc_status checkInputs();
  optimc_status checkFormat(uint32_t stream);
  optimc_status takeArray(const std::string &key, const char *dtype,
                          uint64_t size, void *to, bool &found);
  optimc_status takeElements(const std::string &key, const Tensor &tensor,
                             uint32_t stream, bool &found);
  optimc_status takeScalar(const std::string &key, double &out, bool &found);
  optimc_status takeState(const optimc_scalar_state &state,
                          const std::string &owner, std::vector<double> &out);
  void reportDropped();

  struct Copy {
    void *to;
    const void *from;
    uint64_t size;
  };
  struct Init {
    Tensor *tensor;
    uint32_t stream;
  };

  Optimizer &opt;
  const Program &program;
  const char *path;
  uint32_t flags;
  const Diag &diag;
  FileContents file;
  FileHeader header;
  bool sameProgram = false;

  std::vector<Copy> copies;
  std::vector<Init> inits;
  std::vector<std::vector<double>> hypers;              // by group
  std::vector<std::vector<double>> clockStates, states; // by tensor
  std::vector<double> modelState;
  std::vector<std::pair<InputValue *, double>> inputs;
  std::vector<std::string> reports;
  std::map<std::string, size_t> absent; // names, with how often
  uint64_t seed = 0;
  std::string mode;
};
} // namespace

optimc_status Loader::bad(const std::string &reason) const {
  return diag.fail(OPTIMC_BAD_CHECKPOINT, "cannot load '%.300s': %s", path,
                   reason.c_str());
}

optimc_status Loader::checkMetadata() {
  for (const char *key :
       {"format_version", "program", "spec_hash", "seed", "mode"})
    if (!header.findMetadata(key))
      return bad(format("its metadata has no '%s'", key));
  const std::string &version = *header.findMetadata("format_version");
  if (version != checkpointVersion)
    return bad(format("it has format version '%.40s'; this runtime reads "
                      "version '%s'",
                      version.c_str(), checkpointVersion));
  if (!parseUnsigned(*header.findMetadata("seed"), seed))
    return bad("the seed in its metadata is not a whole number");
  const std::string &name = *header.findMetadata("program");
  const std::string &hash = *header.findMetadata("spec_hash");
  sameProgram = hash == program.source->spec_hash;
  if (!sameProgram) {
    std::string text =
        format("the checkpoint was written by '%.200s' (spec %.80s), this is "
               "'%.200s' (spec %.80s)",
               name.c_str(), hash.c_str(), program.source->name,
               program.source->spec_hash);
    if (flags & OPTIMC_LOAD_SAME_PROGRAM)
      return bad(text + "; load without OPTIMC_LOAD_SAME_PROGRAM to take its "
                        "states over by name");
    reports.push_back(text + ": states are taken over by name");
  }
  mode = *header.findMetadata("mode");
  if (!mode.empty() && program.findEntry(mode) == none) {
    if (sameProgram)
      return bad(format("its mode '%.200s' is no entry", mode.c_str()));
    reports.push_back(
        format("mode '%.200s' is no entry here: dropped", mode.c_str()));
    mode.clear();
  }
  return OPTIMC_OK;
}

/// Other formats are other values: the caller must want them.
optimc_status Loader::checkFormat(uint32_t stream) {
  const char *name = program.streams[stream].name;
  const std::string *text = header.findMetadata(storageKey(name));
  Format stored;
  if (text && !parseFormat(*text, stored))
    return bad(format("it stores '%s' as '%.40s', which this runtime does not "
                      "know",
                      name, text->c_str()));
  const Format &wanted = program.formats[stream];
  if (stored == wanted)
    return OPTIMC_OK;
  return bad(format("it stores '%s' as %s, but '%s' was compiled for %s; "
                    "convert it: optimc convert IN.safetensors OUT.safetensors "
                    "--spec SPEC --store %s=%s,...",
                    name, stored.name().c_str(), program.source->name,
                    wanted.name().c_str(), name,
                    Format{wanted.storage, false}.name().c_str()));
}

optimc_status Loader::takeArray(const std::string &key, const char *dtype,
                                uint64_t size, void *to, bool &found) {
  FileTensor *source = header.find(key);
  found = source != nullptr;
  if (!found)
    return OPTIMC_OK;
  if (source->dtype != dtype || source->end - source->begin != size)
    return bad(format(
        "'%.300s' has %llu bytes of %s; %llu bytes of %s are "
        "expected",
        key.c_str(),
        static_cast<unsigned long long>(source->end - source->begin),
        source->dtype.c_str(), static_cast<unsigned long long>(size), dtype));
  source->taken = true;
  const char *data = static_cast<const char *>(file.data.get());
  copies.push_back({to, data + header.dataOffset + source->begin, size});
  return OPTIMC_OK;
}

optimc_status Loader::takeElements(const std::string &key, const Tensor &tensor,
                                   uint32_t stream, bool &found) {
  found = header.find(key) != nullptr;
  if (!found)
    return OPTIMC_OK;
  if (optimc_status s = checkFormat(stream))
    return s;
  const Format &format = program.formats[stream];
  const optimc_stream &source = program.streams[stream];
  if (optimc_status s =
          takeArray(key, format.fileDtype(),
                    tensor.valuesOf(source) * format.elementSize(),
                    tensor.stream[stream], found))
    return s;
  if (!format.hasAux())
    return OPTIMC_OK;
  bool complete;
  std::string second = auxKey(key, format);
  if (optimc_status s = takeArray(
          second, "U16", tensor.auxCountOf(source, format) * sizeof(uint16_t),
          tensor.aux[stream], complete))
    return s;
  return complete ? OPTIMC_OK
                  : bad(optimc::rt::format("it has '%.300s', but not '%.300s'",
                                           key.c_str(), second.c_str()));
}

optimc_status Loader::checkTensors() {
  for (const auto &tensor : opt.tensors) {
    bool found;
    if (optimc_status s = takeElements(paramKey(tensor->name), *tensor,
                                       program.paramStream, found))
      return s;
    const std::string *layout = header.findMetadata(layoutKey(tensor->name));
    if (!found || !layout)
      return bad(format("it has no parameter '%.300s'", tensor->name.c_str()));
    if (*layout != tensor->layout())
      return bad(format("it has tensor '%.300s' as %.200s, but here it is "
                        "%.200s (shape, shard start, shard count)",
                        tensor->name.c_str(), layout->c_str(),
                        tensor->layout().c_str()));
    for (uint32_t i = 0; i < program.streams.size(); ++i) {
      const optimc_stream &stream = program.streams[i];
      if (stream.role != OPTIMC_ROLE_STATE || !tensor->stream[i])
        continue;
      if (optimc_status s = takeElements(stateKey(stream.name, tensor->name),
                                         *tensor, i, found))
        return s;
      if (!found) {
        inits.push_back({tensor.get(), i});
        ++absent[std::string("state '") + stream.name + "'"];
      }
    }
  }
  return OPTIMC_OK;
}

optimc_status Loader::takeScalar(const std::string &key, double &out,
                                 bool &found) {
  FileTensor *source = header.find(key);
  found = source != nullptr;
  if (!found)
    return OPTIMC_OK;
  if (source->dtype != "F64" || source->end - source->begin != 8)
    return bad(format("'%.300s' is not one F64 value", key.c_str()));
  source->taken = true;
  memcpy(&out,
         static_cast<const char *>(file.data.get()) + header.dataOffset +
             source->begin,
         8);
  return OPTIMC_OK;
}

optimc_status Loader::checkHypers() {
  for (const Group &group : opt.groups) {
    hypers.push_back(group.hypers);
    for (size_t i = 0; i < program.hypers.size(); ++i) {
      const optimc_hyper &hyper = program.hypers[i];
      double value = 0;
      bool found;
      if (optimc_status s = takeScalar(
              scalarKey("hyper", hyper.name, group.name), value, found))
        return s;
      if (!found) {
        ++absent[std::string("hyperparameter '") + hyper.name + "'"];
        continue;
      }
      const char *fault = hyperFault(hyper, value);
      if (!fault) {
        hypers.back()[i] = value;
        continue;
      }
      std::string text =
          format("hyperparameter '%s' of group '%.200s' = %s %s; allowed: %s",
                 hyper.name, group.name.c_str(), number(value).c_str(), fault,
                 rangeText(hyper).c_str());
      if (sameProgram || std::isnan(value))
        return bad(text);
      reports.push_back(text + ": it keeps " + number(group.hypers[i]));
    }
  }
  return OPTIMC_OK;
}

optimc_status Loader::takeState(const optimc_scalar_state &state,
                                const std::string &owner,
                                std::vector<double> &out) {
  double value = 0;
  bool found;
  if (optimc_status s =
          takeScalar(scalarKey("scalar", state.name, owner), value, found))
    return s;
  if (!found) {
    ++absent[std::string("scalar state '") + state.name + "'"];
    return OPTIMC_OK;
  }
  if (const char *fault = scalarFault(state, value))
    return bad(format("scalar state '%s'%s%.200s = %s %s", state.name,
                      owner.empty() ? "" : " of ", owner.c_str(),
                      number(value).c_str(), fault));
  out[state.index] = value;
  return OPTIMC_OK;
}

optimc_status Loader::checkScalarStates() {
  modelState = initialStates(program, OPTIMC_RATE_MODEL, nullptr);
  for (const optimc_scalar_state &state : program.states)
    if (state.rate == OPTIMC_RATE_MODEL)
      if (optimc_status s = takeState(state, "", modelState))
        return s;
  for (const auto &tensor : opt.tensors) {
    const double *values = hypers[tensor->group].data();
    clockStates.push_back(initialStates(program, OPTIMC_RATE_GROUP, values));
    states.push_back(initialStates(program, OPTIMC_RATE_TENSOR, values));
    for (const optimc_scalar_state &state : program.states)
      if (state.rate != OPTIMC_RATE_MODEL)
        if (optimc_status s =
                takeState(state, tensor->name,
                          state.rate == OPTIMC_RATE_GROUP ? clockStates.back()
                                                          : states.back()))
          return s;
  }
  return OPTIMC_OK;
}

optimc_status Loader::checkInputs() {
  for (const ScalarSlot &input : program.inputs) {
    auto take = [&](std::vector<InputValue> &values, const std::string &owner) {
      double value = 0;
      bool found;
      if (optimc_status s =
              takeScalar(scalarKey("input", input.name, owner), value, found))
        return s;
      if (found)
        inputs.emplace_back(&values[input.index], value);
      return OPTIMC_OK;
    };
    if (input.rate == OPTIMC_RATE_MODEL)
      if (optimc_status s = take(opt.modelInputs, ""))
        return s;
    if (input.rate == OPTIMC_RATE_GROUP)
      for (Group &group : opt.groups)
        if (optimc_status s = take(group.inputs, group.name))
          return s;
    if (input.rate == OPTIMC_RATE_TENSOR)
      for (const auto &tensor : opt.tensors)
        if (optimc_status s = take(tensor->inputs, tensor->name))
          return s;
  }
  return OPTIMC_OK;
}

static std::string times(size_t n) {
  return n == 1 ? "" : " (" + std::to_string(n) + " times)";
}

void Loader::reportDropped() {
  std::map<std::string, size_t> dropped;
  for (const FileTensor &tensor : header.tensors) {
    if (tensor.taken)
      continue;
    size_t first = tensor.name.find('/');
    size_t second =
        first == std::string::npos ? first : tensor.name.find('/', first + 1);
    bool isParam = tensor.name.compare(0, 6, "param/") == 0;
    ++dropped[isParam ? tensor.name : tensor.name.substr(0, second)];
  }
  for (const auto &[name, n] : absent)
    reports.push_back(name + " is not in the checkpoint: " +
                      (name[0] == 'h' ? "it keeps its value" : "initialised") +
                      times(n));
  for (const auto &[name, n] : dropped)
    reports.push_back("'" + name + "' of the checkpoint is not used here: " +
                      "dropped" + times(n));
}

optimc_status Loader::check() {
  if (optimc_status s = readFile(path, file, diag))
    return s;
  std::string reason;
  if (!parseHeader(file.data.get(), file.size, header, reason))
    return bad(reason);
  if (optimc_status s = checkMetadata())
    return s;
  if (optimc_status s = checkTensors())
    return s;
  if (optimc_status s = checkHypers())
    return s;
  if (optimc_status s = checkScalarStates())
    return s;
  if (optimc_status s = checkInputs())
    return s;
  reportDropped();
  return OPTIMC_OK;
}

optimc_status Loader::commit() {
  for (const Copy &copy : copies)
    if (optimc_status s = opt.memory->write(
            copy.to, copy.from, static_cast<int64_t>(copy.size), diag))
      return s;
  for (size_t i = 0; i < hypers.size(); ++i)
    opt.groups[i].hypers = hypers[i];
  for (const Init &init : inits)
    if (optimc_status s =
            initStream(opt, init.stream, *init.tensor,
                       opt.groups[init.tensor->group].hypers.data(), diag))
      return s;
  for (const auto &[input, value] : inputs)
    *input = {value, true};
  opt.model.state = modelState;
  opt.model.outputs.clear();
  for (size_t i = 0; i < opt.tensors.size(); ++i) {
    Tensor &tensor = *opt.tensors[i];
    tensor.own.state = states[i];
    tensor.own.outputs.clear();
    tensor.keyBase = keyBase(seed, tensor.nameHash);
    moveToClock(opt, tensor, clockWith(opt, tensor.group, clockStates[i]));
  }
  tidyClocks(opt);
  for (const auto &clock : opt.clocks)
    clock->outputs.clear();
  opt.seed = seed;
  opt.mode = mode;
  scalarsChanged(opt);
  if (!opt.device)
    return OPTIMC_OK;
  opt.device->recover();
  return opt.device->publish(opt, diag);
}

optimc_status optimc_load(optimc_optimizer *opt, const char *path,
                          uint32_t flags, optimc_report_fn report,
                          void *context, optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (!path || !*path)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "the path is %s",
                     path ? "empty" : "NULL");
  if (flags & ~uint32_t(OPTIMC_LOAD_SAME_PROGRAM))
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "unknown load flags %#x", flags);
  if (optimc_status s = checkClosed(*opt, "loading", diag))
    return s;
  Loader loader(*opt, path, flags, diag);
  if (optimc_status s = loader.check())
    return s;
  if (optimc_status s = loader.commit())
    return s;
  if (report)
    for (const std::string &message : loader.messages())
      report(context, message.c_str());
  return OPTIMC_OK;
}
