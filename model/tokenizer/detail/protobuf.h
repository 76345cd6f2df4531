#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tomoscribe::model::detail {

/// One field of a protobuf message. Which of number, bits and bytes is set depends on `wire`.
struct Field {
  enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

  std::uint64_t number = 0;
  Wire wire = Wire::varint;
  std::uint64_t value = 0;  ///< varint, fixed64, fixed32
  std::string_view bytes;   ///< points into the message

  /// \throws BadVocabulary unless the field is of that wire type.
  std::string_view as_bytes() const;
  bool as_bool() const;
  std::uint64_t as_varint() const;
  float as_float() const;
};

/// Reads a message field by field (protobuf encoding guide; no groups).
class FieldReader {
 public:
  explicit FieldReader(std::string_view message) : rest_{message} {}

  /// Nothing at the end. \throws BadVocabulary where the message is cut or no protobuf.
  std::optional<Field> next();

 private:
  std::uint64_t varint();
  std::uint64_t little_endian(std::size_t count);
  std::string_view take(std::uint64_t count);

  std::string_view rest_;
};

}  // namespace tomoscribe::model::detail
