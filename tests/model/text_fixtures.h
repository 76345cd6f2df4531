#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "model/image_preprocess.h"
#include "model/tokenizer/tokenizer.h"

namespace tomoscribe::model::fixtures {

/// TOMOSCRIBE_FIXTURES, else ../shared/fixtures/pixtral beside the sources, else the part of it in
/// tests/data.
std::filesystem::path folder();

/// Files below `folder()` whose path ends with `ending`, sorted.
std::vector<std::filesystem::path> files_ending(const std::string& ending);

nlohmann::json read_json(const std::filesystem::path& file);

/// load_tokenizer, also of a .gz.
std::unique_ptr<Tokenizer> tokenizer_from(const std::filesystem::path& file);

struct Tensor {
  std::string dtype;
  std::vector<std::size_t> shape;
  std::string bytes;

  std::vector<float> floats() const;           ///< F32
  std::vector<std::int64_t> integers() const;  ///< I64
};

/// A well-formed safetensors file.
std::map<std::string, Tensor> read_tensors(const std::filesystem::path& file);

/// A U8 tensor [H,W,C]; it must outlive the result.
Pixels pixels_of(const Tensor& tensor);

/// A tekken.json of the 256 bytes and these pieces, with the usual twenty control tokens.
nlohmann::json small_tekken(const std::vector<std::string>& pieces);

/// A SentencePiece model, field by field.
class SmallModel {
 public:
  struct Piece {
    std::string text;
    float score = 0;
    int type = 1;
  };

  std::vector<Piece> pieces;
  bool byte_fallback = false, dummy_prefix = true, removes_extra_blanks = false;
  int model_type = 2;
  std::string charsmap;

  std::string protobuf() const;
};

}  // namespace tomoscribe::model::fixtures
