#include "hl7/message.h"

#include <algorithm>

#include "dicom/utf8.h"
#include "hl7/detail/character_set.h"
#include "reporting/faces.h"

namespace tomoscribe::hl7 {
namespace {

using detail::iconv_name;
using detail::to_utf8;
using dicom::is_utf8;

constexpr std::size_t most_segments = 20000, most_parts = 200000;

/// What MSH-1, MSH-2 and MSH-18 declare.
struct Encoding {
  char field = '|', component = '^', repetition = '~', escape = '\\', subcomponent = '&';
  const char* set = nullptr;  ///< as iconv calls it; nullptr: UTF-8
};

template <class Visit>
void each_part(std::string_view text, char separator, const Visit& visit) {
  while (true) {
    const std::size_t at = text.find(separator);
    visit(text.substr(0, at));
    if (at == std::string_view::npos) return;
    text.remove_prefix(at + 1);
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// \Xhh…\ : bytes in the message's character set; an odd or foreign digit makes it no escape at
/// all.
void append_hex(std::string& out, std::string_view digits, const Encoding& e) {
  if (digits.size() % 2 != 0) return;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) return;
    const int byte = high * 16 + low;
    bytes.push_back(byte == 0 ? ' ' : static_cast<char>(byte));
  }
  if (e.set != nullptr) {
    out += to_utf8(bytes, e.set);
  } else {
    out += is_utf8(bytes) ? bytes : to_utf8(bytes, "ISO-8859-1");
  }
}

/// Formatting commands of FT (2.7.6) that part two words.
std::string_view formatted(std::string_view code) {
  if (code.starts_with(".br") || code.starts_with(".sp") || code.starts_with(".ce")) return "\n";
  return code.starts_with(".sk") ? " " : "";
}

/// HL7 2.5.1 chapter 2.7. Unknown escapes (highlighting, character sets) say nothing to a reader
/// and fall away.
std::string unescaped(std::string_view text, const Encoding& e) {
  std::string out;
  while (!text.empty()) {
    const std::size_t begin = text.find(e.escape);
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin + 1);
    const std::size_t end = text.find(e.escape);
    if (end == std::string_view::npos) {
      out += e.escape;  // a lone escape character is text
      continue;
    }
    const std::string_view code = text.substr(0, end);
    if (code == "F")
      out += e.field;
    else if (code == "S")
      out += e.component;
    else if (code == "T")
      out += e.subcomponent;
    else if (code == "R")
      out += e.repetition;
    else if (code == "E")
      out += e.escape;
    else if (code.starts_with('X'))
      append_hex(out, code.substr(1), e);
    else
      out += formatted(code);
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string escaped(std::string_view value) {
  const std::string text = reporting::clean_text(value, true);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (const char c = text[i]; c) {
      case '|': out += "\\F\\"; break;
      case '^': out += "\\S\\"; break;
      case '&': out += "\\T\\"; break;
      case '~': out += "\\R\\"; break;
      case '\\': out += "\\E\\"; break;
      case '\r':
        if (i + 1 < text.size() && text[i + 1] == '\n') break;  // CR LF is one line end
        [[fallthrough]];
      case '\n': out += "\\.br\\"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

/// MSH-1 and MSH-2; the latter may have HL7 2.7's truncation character as its fifth.
Encoding separators(std::string_view text) {
  if (text.starts_with("FHS") || text.starts_with("BHS"))
    throw Rejected("batches (FHS, BHS) are not supported: send each message by itself", 200,
                   std::string(text.substr(0, 3)));
  if (text.size() < 9 || text.substr(0, 3) != "MSH")
    throw Rejected("the message does not begin with MSH", 100, "MSH");
  const Encoding e{.field = text[3],
                   .component = text[4],
                   .repetition = text[5],
                   .escape = text[6],
                   .subcomponent = text[7]};
  const std::size_t end = text.find(e.field, 4);
  std::string all(text.substr(3, std::min<std::size_t>(end, 10) - 3));
  std::ranges::sort(all);
  const bool printable = std::ranges::all_of(all, [](char c) {
    return c > ' ' && c < 0x7f && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z');
  });
  if (!printable || std::ranges::adjacent_find(all) != all.end() || (end != 8 && end != 9))
    throw Rejected("MSH-1 and MSH-2 are no usable separators", 102, "MSH^1^2");
  return e;
}

/// The text as UTF-8 by MSH-18; notes the set for \Xhh\. Text that declares no set and is not UTF-8
/// is read as Latin-1, as DICOM text is.
std::string decoded(std::string_view text, Encoding& e) {
  std::string_view declared;
  int field = 0;
  each_part(text.substr(0, text.find('\r')), e.field, [&](std::string_view value) {
    if (++field == 18) declared = value.substr(0, value.find(e.repetition));
  });
  e.set = iconv_name(declared);
  if (e.set == nullptr && !is_utf8(text)) {
    if (!declared.empty())
      throw Rejected("the text does not fit the character set in MSH-18", 102, "MSH^1^18");
    e.set = "ISO-8859-1";
  }
  return e.set == nullptr ? std::string(text) : to_utf8(text, e.set);
}

bool is_segment_name(std::string_view name) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  return name.size() == 3 &&
         std::ranges::all_of(name, [&](char c) { return upper(c) || (c >= '0' && c <= '9'); }) &&
         upper(name[0]);
}

template <class T>
T& at(std::vector<T>& values, int index) {
  if (values.size() < static_cast<std::size_t>(index))
    values.resize(static_cast<std::size_t>(index));
  return values[static_cast<std::size_t>(index) - 1];
}

template <class T>
const T* at(const std::vector<T>& values, int index) {
  return index < 1 || static_cast<std::size_t>(index) > values.size()
             ? nullptr
             : &values[static_cast<std::size_t>(index) - 1];
}

/// Repetitions, components and subcomponents of one field into `segment`; counts what it makes.
void read_field(Segment& segment, int field, std::string_view value, const Encoding& e,
                std::size_t& parts) {
  int repetition = 0;
  each_part(value, e.repetition, [&](std::string_view one) {
    ++repetition;
    int component = 0;
    each_part(one, e.component, [&](std::string_view part) {
      ++component;
      int subcomponent = 0;
      each_part(part, e.subcomponent, [&](std::string_view leaf) {
        if (++parts > most_parts) throw Rejected("the message has too many parts", 102);
        segment.set(field, unescaped(leaf, e), component, ++subcomponent, repetition);
      });
    });
  });
}

/// Never names what stands there instead: it may be the rest of a text. ERR-2 is the segment
/// before.
void check_name(std::string_view line, const std::vector<Segment>& before, const Encoding& e) {
  const bool named = is_segment_name(line.substr(0, 3));
  if (named && (line.size() == 3 || line[3] == e.field)) return;
  const std::string& last = before.back().name();  // the first is MSH: separators() saw it
  throw Rejected("segment " + std::to_string(before.size() + 1) +
                     (named ? " has no separator after its name" : " has no name") +
                     " (the location is the segment before it)",
                 100,
                 last + "^" + std::to_string(std::ranges::count(before, last, &Segment::name)));
}

/// Whether this line may follow those segments.
void check_next(std::string_view line, const std::vector<Segment>& before, const Encoding& e) {
  if (before.empty()) return;
  if (before.size() >= most_segments) throw Rejected("the message has too many segments", 100);
  if (line.starts_with("MSH")) throw Rejected("a second message follows the first", 100, "MSH^2");
  check_name(line, before, e);
}

Segment read_segment(std::string_view line, const Encoding& e, std::size_t& parts) {
  Segment segment{std::string(line.substr(0, 3))};
  int field = 0;
  std::size_t first = 3;
  if (segment.name() == "MSH") {
    first = std::min(line.size(), line.find(e.field, 4));
    segment.set(1, line.substr(3, 1)).set(2, line.substr(4, first - 4));
    field = 2;
  }
  if (first < line.size())
    each_part(line.substr(first + 1), e.field,
              [&](std::string_view value) { read_field(segment, ++field, value, e, parts); });
  return segment;
}

/// Components and subcomponents with their usual separators, unescaped.
std::string readable(const std::vector<std::vector<std::string>>& components) {
  std::string text;
  for (std::size_t i = 0; i < components.size(); ++i)
    for (std::size_t j = 0; j < components[i].size(); ++j)
      text += (j > 0 ? "&" : i > 0 ? "^" : "") + components[i][j];
  return text;
}

/// What is empty at the end is left out (2.5.3), but for repetitions, which may be counted.
template <class T, class Write>
std::string joined(const std::vector<T>& values, char separator, const Write& write) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += separator;
    text += write(values[i]);
  }
  while (separator != '~' && !text.empty() && text.back() == separator) text.pop_back();
  return text;
}

}  // namespace

Rejected::Rejected(const std::string& sentence, int error_code, std::string location)
    : std::runtime_error(sentence), error_code_(error_code), location_(std::move(location)) {}

Segment::Segment(std::string name) : name_(std::move(name)) {}

std::string Segment::get(int field, int component, int subcomponent, int repetition) const {
  const auto* repetitions_of = at(fields_, field);
  const auto* components = repetitions_of == nullptr ? nullptr : at(*repetitions_of, repetition);
  const auto* subcomponents = components == nullptr ? nullptr : at(*components, component);
  const auto* value = subcomponents == nullptr ? nullptr : at(*subcomponents, subcomponent);
  return value == nullptr || *value == "\"\"" ? std::string() : *value;
}

int Segment::repetitions(int field) const {
  const auto* repetitions_of = at(fields_, field);
  return repetitions_of == nullptr ? 0 : static_cast<int>(repetitions_of->size());
}

std::string Segment::whole(int field) const {
  const auto* repetitions_of = at(fields_, field);
  if (repetitions_of == nullptr) return {};
  std::string text;
  for (const auto& components : *repetitions_of) {
    if (!text.empty()) text += '\n';
    text += readable(components);
  }
  return text == "\"\"" ? std::string() : text;
}

Segment& Segment::set(int field, std::string_view value, int component, int subcomponent,
                      int repetition) {
  at(at(at(at(fields_, field), repetition), component), subcomponent) = value;
  return *this;
}

bool Segment::is_null(int field) const {
  const auto* repetitions_of = at(fields_, field);
  return repetitions_of != nullptr && repetitions_of->size() == 1 &&
         (*repetitions_of)[0].size() == 1 && (*repetitions_of)[0][0].size() == 1 &&
         (*repetitions_of)[0][0][0] == "\"\"";
}

Message Message::parse(std::string_view text) {
  while (!text.empty() && (text.front() == '\n' || text.front() == '\r')) text.remove_prefix(1);
  std::string lines(text);
  std::ranges::replace(lines, '\n', '\r');  // files with LF or CR LF line ends are read too
  std::ranges::replace(lines, '\0', ' ');
  Encoding e = separators(lines);
  const std::string in_utf8 = decoded(lines, e);
  Message message;
  std::size_t parts = 0;
  each_part(in_utf8, '\r', [&](std::string_view line) {
    if (line.empty()) return;
    check_next(line, message.segments_, e);
    message.segments_.push_back(read_segment(line, e, parts));
  });
  if (message.type().empty()) throw Rejected("MSH-9 is missing", 101, "MSH^1^9");
  if (e.set != nullptr) message.segments_.front().set(18, "UNICODE UTF-8");  // as it is now
  const std::string version = message.segments_.front().get(12);
  if (!version.empty() && !version.starts_with('2'))
    throw Rejected("only HL7 version 2 is read", 203, "MSH^1^12");
  return message;
}

std::string Message::encode() const {
  using Components = std::vector<std::vector<std::string>>;
  const auto component = [](const std::vector<std::string>& values) {
    return joined(values, '&', escaped);
  };
  const auto repetition = [&](const Components& values) { return joined(values, '^', component); };
  const auto field = [&](const std::vector<Components>& values) {
    return joined(values, '~', repetition);
  };
  std::string text;
  for (const Segment& segment : segments_) {
    auto fields = segment.fields_;
    text += segment.name_;
    if (segment.name_ == "MSH") {
      text += "|^~\\&";
      fields.erase(fields.begin(),
                   fields.begin() + std::min<std::ptrdiff_t>(std::ssize(fields), 2));
    }
    const std::string line = joined(fields, '|', field);
    if (!line.empty()) text += '|' + line;
    text += '\r';
  }
  return text;
}

Segment& Message::add(std::string_view name) {
  return segments_.emplace_back(std::string(name));
}

const Segment* Message::find(std::string_view name, std::size_t nth) const {
  for (const Segment& segment : segments_)
    if (segment.name() == name && nth-- == 0) return &segment;
  return nullptr;
}

std::string Message::control_id() const {
  const Segment* header = find("MSH");
  return header == nullptr ? std::string() : header->get(10);
}

std::string Message::type() const {
  const Segment* header = find("MSH");
  if (header == nullptr || header->get(9).empty()) return {};
  return header->get(9) + '^' + header->get(9, 2);
}

}  // namespace tomoscribe::hl7
