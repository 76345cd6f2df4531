#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tomoscribe::model::detail {

/// What sentencepiece_model.proto says of one piece.
struct SentencePiece {
  enum class Type : std::uint8_t {
    normal = 1,
    unknown = 2,
    control = 3,
    user_defined = 4,
    unused = 5,
    byte = 6,
  };

  std::string text;
  float score = 0;
  Type type = Type::normal;
};

/// The fields of ModelProto that encoding and decoding depend on, with its defaults.
struct SentencePieceModel {
  std::vector<SentencePiece> pieces;
  std::uint64_t model_type = 1;  ///< 2: BPE
  bool byte_fallback = false;
  bool blank_is_suffix = false;
  std::string unknown_surface = " \xE2\x81\x87 ";
  bool has_charsmap = false;  ///< a normalisation table
  bool has_denormalizer = false;
  bool adds_dummy_prefix = true;
  bool removes_extra_blanks = true;
  bool escapes_blanks = true;
};

/// \throws BadVocabulary when it is no protobuf or a field is of another type.
SentencePieceModel parse_sentencepiece(std::string_view protobuf);

}  // namespace tomoscribe::model::detail
