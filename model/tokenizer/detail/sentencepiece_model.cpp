#include "model/tokenizer/detail/sentencepiece_model.h"

#include <cmath>

#include "model/tokenizer/detail/protobuf.h"
#include "model/tokenizer/tokenizer.h"

namespace tomoscribe::model::detail {

namespace {

constexpr std::size_t most_pieces = std::size_t{1} << 22U;

SentencePiece piece_of(std::string_view message, std::size_t place) {
  const std::string name = "piece " + std::to_string(place);
  SentencePiece piece;
  FieldReader reader(message);
  while (const auto field = reader.next()) {
    if (field->number == 1) piece.text = field->as_bytes();
    if (field->number == 2) piece.score = field->as_float();
    if (field->number != 3) continue;
    if (field->as_varint() < 1 || field->as_varint() > 6)
      throw BadVocabulary(name + " is of type " + std::to_string(field->as_varint()) +
                          ", which does not exist");
    piece.type = SentencePiece::Type(field->as_varint());
  }
  if (piece.text.empty()) throw BadVocabulary(name + " is empty");
  if (!std::isfinite(piece.score)) throw BadVocabulary(name + " has a score that is no number");
  return piece;
}

void read_trainer(std::string_view message, SentencePieceModel& model) {
  FieldReader reader(message);
  while (const auto field = reader.next()) {
    if (field->number == 3) model.model_type = field->as_varint();
    if (field->number == 24) model.blank_is_suffix = field->as_bool();
    if (field->number == 35) model.byte_fallback = field->as_bool();
    if (field->number == 44) model.unknown_surface = field->as_bytes();
  }
}

void read_normalizer(std::string_view message, SentencePieceModel& model) {
  FieldReader reader(message);
  while (const auto field = reader.next()) {
    if (field->number == 2) model.has_charsmap = !field->as_bytes().empty();
    if (field->number == 3) model.adds_dummy_prefix = field->as_bool();
    if (field->number == 4) model.removes_extra_blanks = field->as_bool();
    if (field->number == 5) model.escapes_blanks = field->as_bool();
  }
}

bool has_charsmap(std::string_view normalizer) {
  SentencePieceModel model;
  read_normalizer(normalizer, model);
  return model.has_charsmap;
}

}  // namespace

SentencePieceModel parse_sentencepiece(std::string_view protobuf) {
  SentencePieceModel model;
  FieldReader reader(protobuf);
  while (const auto field = reader.next()) {
    switch (field->number) {
      case 1:
        if (model.pieces.size() == most_pieces) throw BadVocabulary("more than 4 million pieces");
        model.pieces.push_back(piece_of(field->as_bytes(), model.pieces.size()));
        break;
      case 2: read_trainer(field->as_bytes(), model); break;
      case 3: read_normalizer(field->as_bytes(), model); break;
      case 5: model.has_denormalizer = has_charsmap(field->as_bytes()); break;
      default: break;  // self-test samples and extensions do not change the result
    }
  }
  return model;
}

}  // namespace tomoscribe::model::detail
