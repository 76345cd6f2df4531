#pragma once
// HL7 v2 messages as values: read with the separators they declare, written with |^~\& and always
// escaped.

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tomoscribe::hl7 {

/// A message that cannot be read; carries the ERR-3 code (table 0357) and the ERR-2 location. Never
/// holds field content.
class Rejected : public std::runtime_error {
 public:
  Rejected(const std::string& sentence, int error_code, std::string location = "");
  int error_code() const { return error_code_; }
  const std::string& location() const { return location_; }

 private:
  int error_code_;
  std::string location_;
};

/// One segment. Fields, components and repetitions are numbered from 1 as in the standard; values
/// are unescaped UTF-8. Reading what is absent gives "". MSH-1 and MSH-2 are the separators.
class Segment {
 public:
  explicit Segment(std::string name);
  const std::string& name() const { return name_; }
  std::string get(int field, int component = 1, int subcomponent = 1, int repetition = 1) const;
  int repetitions(int field) const;
  /// All of a field, components joined by '^' unescaped to the reader: for fields kept as text.
  std::string whole(int field) const;
  Segment& set(int field, std::string_view value, int component = 1, int subcomponent = 1,
               int repetition = 1);
  /// The HL7 null `""`: delete what is known.
  bool is_null(int field) const;

 private:
  friend class Message;
  std::string name_;
  // [field][repetition][component][subcomponent]
  std::vector<std::vector<std::vector<std::vector<std::string>>>> fields_;
};

class Message {
 public:
  /// One message; a second MSH is refused, lest an order be lost. Character set by MSH-18; the
  /// result is UTF-8 without NUL. At most 20,000 segments and 200,000 parts.
  /// \throws Rejected (100, 101, 102, 103, 203) when it is no HL7 v2 message.
  static Message parse(std::string_view text);
  /// Segments end in CR; valid UTF-8, no other control character: line ends are escaped (.br).
  std::string encode() const;
  Segment& add(std::string_view name);
  const Segment* find(std::string_view name, std::size_t nth = 0) const;
  const std::vector<Segment>& segments() const { return segments_; }
  std::string control_id() const;  ///< MSH-10
  std::string type() const;        ///< "ORM^O01"

 private:
  std::vector<Segment> segments_;
};

}  // namespace tomoscribe::hl7
