#include "model/tokenizer/detail/protobuf.h"

#include <bit>
#include <string>

#include "model/tokenizer/tokenizer.h"

namespace tomoscribe::model::detail {

namespace {

void expect(const Field& field, Field::Wire wire) {
  if (field.wire != wire)
    throw BadVocabulary("not a SentencePiece model: field " + std::to_string(field.number) +
                        " is of another type");
}

}  // namespace

std::string_view Field::as_bytes() const {
  expect(*this, Wire::bytes);
  return bytes;
}

std::uint64_t Field::as_varint() const {
  expect(*this, Wire::varint);
  return value;
}

bool Field::as_bool() const {
  return as_varint() != 0;
}

float Field::as_float() const {
  expect(*this, Wire::fixed32);
  return std::bit_cast<float>(static_cast<std::uint32_t>(value));
}

std::string_view FieldReader::take(std::uint64_t count) {
  if (count > rest_.size()) throw BadVocabulary("not a SentencePiece model, or one that was cut");
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::uint64_t FieldReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(take(1).front());
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
  throw BadVocabulary("not a SentencePiece model: a number of more than 64 bits");
}

std::uint64_t FieldReader::little_endian(std::size_t count) {
  const std::string_view bytes = take(count);
  std::uint64_t value = 0;
  for (std::size_t i = count; i > 0; --i)
    value = value << 8U | static_cast<unsigned char>(bytes[i - 1]);
  return value;
}

std::optional<Field> FieldReader::next() {
  if (rest_.empty()) return std::nullopt;
  const std::uint64_t key = varint();
  Field field{.number = key >> 3U};
  switch (key & 7U) {
    case 0: field.value = varint(); break;
    case 1: field.value = little_endian(8); break;
    case 2: field.bytes = take(varint()); break;
    case 5: field.value = little_endian(4); break;
    default:
      throw BadVocabulary("not a SentencePiece model: wire type " + std::to_string(key & 7U));
  }
  field.wire = Field::Wire(key & 7U);
  return field;
}

}  // namespace tomoscribe::model::detail
