#include "pipeline/log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <unistd.h>

namespace tomoscribe::pipeline {
namespace {

struct Range {
  unsigned low, high;
  bool holds(unsigned byte) const { return byte >= low && byte <= high; }
};

/// What may follow the lead byte: over-long forms, surrogates and what lies beyond U+10FFFF may
/// not.
Range second_byte(unsigned lead) {
  switch (lead) {
    case 0xe0: return {0xa0, 0xbf};
    case 0xed: return {0x80, 0x9f};
    case 0xf0: return {0x90, 0xbf};
    case 0xf4: return {0x80, 0x8f};
    default: return {0x80, 0xbf};
  }
}

/// Length of the UTF-8 character that `text` begins with; 0 when it is none (RFC 3629 4).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (!Range{0xc2, 0xf4}.holds(lead) || !second_byte(lead).holds(byte(1))) return 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  for (std::size_t i = 2; i < length; ++i)
    if (!Range{0x80, 0xbf}.holds(byte(i))) return 0;
  return length;
}

void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t length = utf8_length(text);
    if (byte == '"' || byte == '\\') {
      line += '\\';
      line += text.front();
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(byte));
      line += escape.data();
    } else if (length == 0) {
      line += "\\ufffd";
    } else {
      line += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  line += '"';
}

struct AppendValue {
  std::string& line;
  void operator()(bool value) const { line += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { line += std::to_string(value); }
  void operator()(double value) const {
    if (!std::isfinite(value)) {
      line += "null";
      return;
    }
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                   std::chars_format::general, 6)
                         .ptr;
    line.append(digits.data(), end);
  }
  void operator()(const std::string& value) const { append_quoted(line, value); }
};

std::string utc_now() {
  namespace chrono = std::chrono;
  const auto now = chrono::floor<chrono::milliseconds>(chrono::system_clock::now());
  const auto day = chrono::floor<chrono::days>(now);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss time{now - day};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
}

}  // namespace

std::string Log::line(std::string_view level, std::string_view time, std::string_view event,
                      std::initializer_list<Field> fields) const {
  std::string text = R"({"time":)";
  append_quoted(text, time);
  text += R"(,"level":)";
  append_quoted(text, level);
  text += R"(,"program":)";
  append_quoted(text, program_);
  text += R"(,"event":)";
  append_quoted(text, event);
  for (const Field& field : fields) {
    text += ',';
    append_quoted(text, field.name());
    text += ':';
    std::visit(AppendValue{text}, field.value());
  }
  text += '}';
  return text;
}

void Log::write(std::string_view level, std::string_view event,
                std::initializer_list<Field> fields) const {
  const std::string text = line(level, utc_now(), event, fields) + "\n";
  // One write a line: lines of several threads and processes do not mix (pipes: up to PIPE_BUF).
  if (::write(descriptor_, text.data(), text.size()) < 0) return;  // nobody left to tell
}

void Log::info(std::string_view event, std::initializer_list<Field> fields) const {
  write("info", event, fields);
}
void Log::warn(std::string_view event, std::initializer_list<Field> fields) const {
  write("warn", event, fields);
}
void Log::error(std::string_view event, std::initializer_list<Field> fields) const {
  write("error", event, fields);
}

}  // namespace tomoscribe::pipeline
