//===- Convert.cpp - checkpoints in other formats -------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Checkpoint.h"
#include "core/File.h"
#include "core/Safetensors.h"

#include <cstring>
#include <deque>

using namespace optimc::rt;

namespace {
constexpr char masterName[] = "master_param"; // of --store master_param=f32

/// Rewrites the parameters and element states of one checkpoint.
class Converter {
public:
  Converter(const Program &program, const char *path, const Diag &diag)
      : program(program), path(path), diag(diag) {}

  optimc_status read();
  optimc_status convert();
  optimc_status write(const char *to);
  const std::vector<std::string> &messages() const { return reports; }

private:
  optimc_status bad(const std::string &reason) const;
  optimc_status formatOf(const std::string &stream, Format &out) const;
  optimc_status decodeValues(const FileTensor &source, const Format &format,
                             uint64_t slots, std::vector<float> &values);
  void encodeValues(const FileTensor &source, std::string name,
                    const Format &format, uint64_t slots,
                    const std::vector<float> &values);
  optimc_status convertStream(const FileTensor &source,
                              const std::string &stream,
                              const std::string &tensor);
  void add(std::string name, const char *dtype, std::vector<uint64_t> shape,
           const void *source, uint64_t bytes);
  const char *bytesOf(const FileTensor &tensor) const {
    return static_cast<const char *>(file.data.get()) + header.dataOffset +
           tensor.begin;
  }
  bool hasStream(const char *name) const {
    return program.findStream(name) != none;
  }

  const Program &program;
  const char *path;
  const Diag &diag;
  FileContents file;
  FileHeader header;
  std::vector<FileTensor> tensors;
  std::vector<FileBytes> data;
  std::deque<std::vector<char>> owned;
  std::vector<std::string> reports;
  uint64_t size = 0;
};
} // namespace

optimc_status Converter::bad(const std::string &reason) const {
  return diag.fail(OPTIMC_BAD_CHECKPOINT, "cannot convert '%.300s': %s", path,
                   reason.c_str());
}

optimc_status Converter::read() {
  if (optimc_status s = readFile(path, file, diag))
    return s;
  std::string reason;
  if (!parseHeader(file.data.get(), file.size, header, reason))
    return bad(reason);
  for (const char *key : {"format_version", "program", "spec_hash"})
    if (!header.findMetadata(key))
      return bad(format("its metadata has no '%s'", key));
  if (*header.findMetadata("format_version") != checkpointVersion)
    return bad(format("it has format version '%.40s'; this runtime reads "
                      "version '%s'",
                      header.findMetadata("format_version")->c_str(),
                      checkpointVersion));
  return OPTIMC_OK;
}

optimc_status Converter::formatOf(const std::string &stream,
                                  Format &out) const {
  const std::string *text = header.findMetadata(storageKey(stream.c_str()));
  out = {};
  if (text && !parseFormat(*text, out))
    return bad(format("it stores '%.200s' as '%.40s', which this runtime does "
                      "not know",
                      stream.c_str(), text->c_str()));
  return OPTIMC_OK;
}

void Converter::add(std::string name, const char *dtype,
                    std::vector<uint64_t> shape, const void *source,
                    uint64_t bytes) {
  tensors.push_back(
      {std::move(name), dtype, std::move(shape), size, size + bytes, false});
  data.push_back({source, &hostMemory()});
  size += bytes;
}

optimc_status Converter::decodeValues(const FileTensor &source,
                                      const Format &format, uint64_t slots,
                                      std::vector<float> &values) {
  uint64_t bytes = source.end - source.begin;
  uint64_t count = bytes / format.elementSize();
  if (source.dtype != format.fileDtype())
    return bad(optimc::rt::format("'%.300s' is %s, but its format %s has %s",
                                  source.name.c_str(), source.dtype.c_str(),
                                  format.name().c_str(), format.fileDtype()));
  if (slots > 1 && (source.shape.empty() || source.shape.front() != slots))
    return bad(optimc::rt::format("'%.300s' is no ring of %llu slots",
                                  source.name.c_str(),
                                  static_cast<unsigned long long>(slots)));
  // Data sections need not be aligned for 16-bit words.
  std::vector<uint16_t> aux(slots * format.auxCount(count / slots));
  if (format.hasAux()) {
    std::string name = auxKey(source.name, format);
    const FileTensor *second = header.find(name);
    if (!second || second->dtype != "U16" ||
        second->end - second->begin != aux.size() * sizeof(uint16_t))
      return bad(
          optimc::rt::format("'%.300s' has no '%.300s' with %zu U16 values",
                             source.name.c_str(), name.c_str(), aux.size()));
    if (!aux.empty())
      memcpy(aux.data(), bytesOf(*second), aux.size() * sizeof(uint16_t));
  }
  std::vector<char> codes(bytesOf(source), bytesOf(source) + bytes);
  values.resize(count);
  // Each slot has its own blocks.
  uint64_t size = count / slots;
  for (uint64_t slot = 0; slot < slots; ++slot)
    decode(format, codes.data() + slot * size * format.elementSize(),
           aux.data() + slot * format.auxCount(size), size,
           values.data() + slot * size);
  return OPTIMC_OK;
}

void Converter::encodeValues(const FileTensor &source, std::string name,
                             const Format &format, uint64_t slots,
                             const std::vector<float> &values) {
  int64_t size = values.size() / slots;
  std::vector<char> &codes =
      owned.emplace_back(values.size() * format.elementSize());
  std::vector<uint16_t> aux(slots * format.auxCount(size));
  for (uint64_t slot = 0; slot < slots; ++slot)
    encode(format, values.data() + slot * size, size,
           codes.data() + slot * size * format.elementSize(),
           aux.data() + slot * format.auxCount(size));
  std::string second = format.hasAux() ? auxKey(name, format) : "";
  add(std::move(name), format.fileDtype(), source.shape, codes.data(),
      codes.size());
  if (!format.hasAux())
    return;
  std::vector<char> &bytes = owned.emplace_back(aux.size() * sizeof(uint16_t));
  if (!aux.empty())
    memcpy(bytes.data(), aux.data(), bytes.size());
  std::vector<uint64_t> shape = {aux.size() / slots};
  if (slots > 1)
    shape.insert(shape.begin(), slots);
  add(std::move(second), "U16", std::move(shape), bytes.data(), bytes.size());
}

/// A parameter's best values are its master weights, and master weights that
/// the file does not have are the parameter.
optimc_status Converter::convertStream(const FileTensor &source,
                                       const std::string &stream,
                                       const std::string &tensor) {
  uint32_t number = program.findStream(stream);
  Format from, to = program.formats[number];
  uint64_t slots = program.streams[number].slots;
  if (optimc_status s = formatOf(stream, from))
    return s;
  const FileTensor *best = &source;
  if (stream == "param")
    if (const FileTensor *master = header.find(stateKey(masterName, tensor))) {
      best = master;
      if (optimc_status s = formatOf(masterName, from))
        return s;
    }
  std::vector<float> values;
  if (optimc_status s = decodeValues(*best, from, slots, values))
    return s;
  encodeValues(source, source.name, to, slots, values);
  if (stream != "param" || best != &source || !hasStream(masterName))
    return OPTIMC_OK;
  encodeValues(source, stateKey(masterName, tensor),
               program.formats[program.findStream(masterName)], /*slots=*/1,
               values);
  return OPTIMC_OK;
}

optimc_status Converter::convert() {
  for (const FileTensor &tensor : header.tensors) {
    const std::string &name = tensor.name;
    size_t first = name.find('/');
    std::string stream = name.substr(0, first);
    if (stream == "state") {
      size_t second = name.find('/', first + 1);
      stream = name.substr(first + 1, second - first - 1);
      first = second;
    }
    bool isScalar = stream != "param" && name.compare(0, 6, "state/") != 0;
    // Second arrays come with the first.
    size_t dot = stream.find('.');
    if (dot != std::string::npos && first != std::string::npos) {
      std::string owner = stream.substr(0, dot);
      if (owner == "param" || name.compare(0, 6, "state/") == 0) {
        if (!hasStream(owner.c_str()) && owner != masterName)
          reports.push_back("'" + name +
                            "' is not a state of the program: "
                            "dropped");
        continue;
      }
    }
    if (isScalar || first == std::string::npos) {
      add(name, tensor.dtype.c_str(), tensor.shape, bytesOf(tensor),
          tensor.end - tensor.begin);
      continue;
    }
    if (!hasStream(stream.c_str())) {
      reports.push_back(
          "'" + name + "' is not a state of the program: " +
          (stream == masterName ? "it became the parameter" : "dropped"));
      continue;
    }
    if (optimc_status s = convertStream(tensor, stream, name.substr(first + 1)))
      return s;
  }
  return OPTIMC_OK;
}

optimc_status Converter::write(const char *to) {
  std::vector<std::pair<std::string, std::string>> metadata;
  for (const auto &[key, value] : header.metadata) {
    bool isOurs = key == "checksum" || key.compare(0, 8, "storage/") == 0;
    // The same rule in other formats is another program with the same states.
    bool isSame = *header.findMetadata("program") == program.source->name;
    if (key == "spec_hash" && isSame)
      metadata.emplace_back(key, program.source->spec_hash);
    else if (!isOurs)
      metadata.emplace_back(key, value);
  }
  for (size_t i = 0; i < program.streams.size(); ++i)
    if (program.formats[i].storage != OPTIMC_STORAGE_F32)
      metadata.emplace_back(storageKey(program.streams[i].name),
                            program.formats[i].name());
  return writeCheckpoint(to, metadata, std::move(tensors), std::move(data),
                         diag);
}

optimc_status optimc_convert_checkpoint(const optimc_program *source,
                                        const char *from, const char *to,
                                        optimc_report_fn report, void *context,
                                        optimc_error *error) {
  Diag diag(error);
  if (!source)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "the program is NULL");
  if (!from || !*from || !to || !*to)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "a path is NULL or empty");
  Program program;
  if (optimc_status s = program.create(source, 0, diag))
    return s;
  Converter converter(program, from, diag);
  if (optimc_status s = converter.read())
    return s;
  if (optimc_status s = converter.convert())
    return s;
  if (optimc_status s = converter.write(to))
    return s;
  if (report)
    for (const std::string &message : converter.messages())
      report(context, message.c_str());
  return OPTIMC_OK;
}
