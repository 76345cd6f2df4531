#include "hl7/message.h"

#include <algorithm>
#include <array>
#include <iconv.h>

namespace tomoscribe::hl7 {
namespace {

constexpr std::size_t most_segments = 20000, most_parts = 100000;

struct Separators {
  char field = '|', component = '^', repetition = '~', escape = '\\', subcomponent = '&';
};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// \Xhh…\ : bytes; an odd or foreign digit makes it no escape at all.
bool append_hex(std::string& out, std::string_view digits) {
  if (digits.empty() || digits.size() % 2 != 0) return false;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) return false;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  out += bytes;
  return true;
}

/// HL7 2.5.1 chapter 2.7. Unknown escapes (highlighting, character sets) say nothing to a reader
/// and fall away.
std::string unescaped(std::string_view text, const Separators& s) {
  std::string out;
  while (!text.empty()) {
    const std::size_t begin = text.find(s.escape);
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin + 1);
    const std::size_t end = text.find(s.escape);
    if (end == std::string_view::npos) {
      out += s.escape;  // a lone escape character is text
      continue;
    }
    const std::string_view code = text.substr(0, end);
    if (code == "F")
      out += s.field;
    else if (code == "S")
      out += s.component;
    else if (code == "T")
      out += s.subcomponent;
    else if (code == "R")
      out += s.repetition;
    else if (code == "E")
      out += s.escape;
    else if (code == ".br" || code == ".sp")
      out += '\n';
    else if (!code.empty() && code[0] == 'X')
      append_hex(out, code.substr(1));
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string escaped(std::string_view text) {
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

Separators separators(std::string_view text) {
  if (text.size() < 9 || text.substr(0, 3) != "MSH")
    throw Rejected("the message does not begin with MSH", 100, "MSH");
  Separators s{.field = text[3],
               .component = text[4],
               .repetition = text[5],
               .escape = text[6],
               .subcomponent = text[7]};
  std::array<char, 5> all{s.field, s.component, s.repetition, s.escape, s.subcomponent};
  std::ranges::sort(all);
  const bool printable = std::ranges::all_of(all, [](char c) {
    return c > ' ' && c < 0x7f && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z');
  });
  if (!printable || std::ranges::adjacent_find(all) != all.end() || text[8] != s.field)
    throw Rejected("MSH-1 and MSH-2 are no usable separators", 102, "MSH^1^2");
  return s;
}

/// MSH-18, the first repetition (table 0211), as iconv calls it; nullptr: ASCII or UTF-8 as it is.
const char* iconv_name(std::string_view set) {
  struct Name {
    std::string_view hl7;
    const char* iconv;
  };
  static constexpr std::array names{
      Name{"8859/1", "ISO-8859-1"},   Name{"8859/2", "ISO-8859-2"},    Name{"8859/3", "ISO-8859-3"},
      Name{"8859/4", "ISO-8859-4"},   Name{"8859/5", "ISO-8859-5"},    Name{"8859/6", "ISO-8859-6"},
      Name{"8859/7", "ISO-8859-7"},   Name{"8859/8", "ISO-8859-8"},    Name{"8859/9", "ISO-8859-9"},
      Name{"8859/15", "ISO-8859-15"}, Name{"GB 18030-2000", "GB18030"}};
  const auto* const found = std::ranges::find(names, set, &Name::hl7);
  if (found != names.end()) return found->iconv;
  if (set.empty() || set == "ASCII" || set == "UNICODE UTF-8" || set == "UNICODE" ||
      set == "UTF-8" || set == "utf-8")
    return nullptr;
  throw Rejected("the character set in MSH-18 is not supported", 103, "MSH^1^18");
}

bool is_utf8(std::string_view text) {
  iconv_t converter = ::iconv_open("UTF-8", "UTF-8");
  std::string input(text);
  std::array<char, 4096> output{};
  char* from = input.data();
  std::size_t left = input.size();
  bool valid = true;
  while (left > 0 && valid) {
    char* to = output.data();
    std::size_t room = output.size();
    if (::iconv(converter, &from, &left, &to, &room) == static_cast<std::size_t>(-1))
      valid = errno == E2BIG;
  }
  ::iconv_close(converter);
  return valid;
}

std::string to_utf8(std::string_view text, const char* set) {
  iconv_t converter = ::iconv_open("UTF-8", set);
  if (converter == reinterpret_cast<iconv_t>(-1))
    throw Rejected("the character set in MSH-18 is not supported", 103, "MSH^1^18");  // NOLINT
  std::string input(text), output(input.size() * 4 + 4, '\0');
  char* from = input.data();
  char* to = output.data();
  std::size_t left = input.size(), room = output.size();
  const bool bad = ::iconv(converter, &from, &left, &to, &room) == static_cast<std::size_t>(-1);
  ::iconv_close(converter);
  if (bad) throw Rejected("the text does not fit the character set in MSH-18", 102, "MSH^1^18");
  output.resize(output.size() - room);
  return output;
}

/// Text with no declared set that is not UTF-8 is read as Latin-1, as DICOM text is.
std::string decoded(std::string_view text, const Separators& s) {
  const auto fields = split(text.substr(0, text.find('\r')), s.field);
  const std::string_view set =
      fields.size() > 17 ? split(fields[17], s.repetition)[0] : std::string_view();
  const char* name = iconv_name(set);
  if (name == nullptr && !is_utf8(text)) name = "ISO-8859-1";
  return name == nullptr ? std::string(text) : to_utf8(text, name);
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

}  // namespace

Rejected::Rejected(std::string sentence, int error_code, std::string location)
    : std::runtime_error(std::move(sentence)),
      error_code_(error_code),
      location_(std::move(location)) {}

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
  std::string text;
  const auto* repetitions_of = at(fields_, field);
  if (repetitions_of == nullptr) return text;
  for (const auto& components : *repetitions_of) {
    if (!text.empty()) text += '\n';
    for (std::size_t i = 0; i < components.size(); ++i)
      for (std::size_t j = 0; j < components[i].size(); ++j)
        text += (j > 0 ? "&" : i > 0 ? "^" : "") + components[i][j];
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

Message Message::parse(std::string_view raw) {
  while (!raw.empty() && (raw.front() == '\n' || raw.front() == '\r')) raw.remove_prefix(1);
  std::string lines(raw);
  std::ranges::replace(lines, '\n', '\r');  // files with LF or CR LF line ends are read too
  const Separators s = separators(lines);
  const std::string text = decoded(lines, s);
  Message message;
  std::size_t parts = 0;
  for (std::string_view line : split(text, '\r')) {
    if (line.empty()) continue;
    if (line.size() < 3 || message.segments_.size() >= most_segments)
      throw Rejected("a segment has no name", 100);
    Segment segment{std::string(line.substr(0, 3))};
    const bool is_header = segment.name_ == "MSH";
    if (is_header) segment.set(1, std::string_view(&s.field, 1)).set(2, line.substr(4, 4));
    if (line.size() > 3 && line[3] != s.field)
      throw Rejected("a segment's name is not followed by a separator", 100);
    int field = is_header ? 1 : 0;
    for (const std::string_view value :
         split(line.substr(std::min<std::size_t>(line.size(), 4)), s.field)) {
      ++field;
      if (is_header && field == 2) continue;
      int repetition = 0;
      for (const std::string_view one : split(value, s.repetition)) {
        ++repetition;
        int component = 0;
        for (const std::string_view part : split(one, s.component)) {
          ++component;
          int subcomponent = 0;
          for (const std::string_view leaf : split(part, s.subcomponent)) {
            if (++parts > most_parts * 10) throw Rejected("the message has too many parts", 102);
            segment.set(field, unescaped(leaf, s), component, ++subcomponent, repetition);
          }
        }
      }
    }
    message.segments_.push_back(std::move(segment));
  }
  if (message.type().empty()) throw Rejected("MSH-9 is missing", 101, "MSH^1^9");
  return message;
}

std::string Message::encode() const {
  std::string text;
  for (const Segment& segment : segments_) {
    text += segment.name_;
    const bool is_header = segment.name_ == "MSH";
    std::string line;
    for (std::size_t field = is_header ? 2 : 0; field < segment.fields_.size(); ++field) {
      line += '|';
      for (std::size_t repetition = 0; repetition < segment.fields_[field].size(); ++repetition) {
        if (repetition > 0) line += '~';
        const auto& components = segment.fields_[field][repetition];
        for (std::size_t component = 0; component < components.size(); ++component) {
          if (component > 0) line += '^';
          for (std::size_t i = 0; i < components[component].size(); ++i)
            line += (i > 0 ? "&" : "") + escaped(components[component][i]);
        }
      }
    }
    if (is_header) text += "|^~\\&";
    while (!line.empty() && line.back() == '|') line.pop_back();
    text += line + '\r';
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
