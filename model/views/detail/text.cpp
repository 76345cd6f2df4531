#include "model/views/detail/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

namespace tomoscribe::model {

namespace detail {

namespace {

constexpr std::size_t longest_id = 24, longest_name = 60, longest_value = 60, longest_remark = 80;

/// A sign of UTF-8 and its length in bytes; nothing where there is none.
struct Sign {
  std::uint32_t code = 0;
  std::size_t bytes = 1;
};

std::optional<Sign> sign_at(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  if (first < 0x80) return Sign{.code = first, .bytes = 1};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + bytes > text.size()) return std::nullopt;
  std::uint32_t code = first & (0x7FU >> bytes);
  for (std::size_t i = at + 1; i < at + bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return std::nullopt;
    code = code << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  if (code < least[bytes] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
    return std::nullopt;
  return Sign{.code = code, .bytes = bytes};
}

/// Breaks of lines, controls, marks of direction and what has no width: all that could make one
/// line look like two or like another.
bool disturbs(std::uint32_t code) {
  constexpr std::array<std::array<std::uint32_t, 2>, 11> ranges{{{0, 0x1F},
                                                                 {0x7F, 0x9F},
                                                                 {0xAD, 0xAD},
                                                                 {0x61C, 0x61C},
                                                                 {0x180E, 0x180E},
                                                                 {0x200B, 0x200F},
                                                                 {0x2028, 0x202E},
                                                                 {0x2060, 0x206F},
                                                                 {0xFE00, 0xFE0F},
                                                                 {0xFEFF, 0xFEFF},
                                                                 {0xE0000, 0xE0FFF}}};
  return std::ranges::any_of(
      ranges, [&](const auto& range) { return code >= range[0] && code <= range[1]; });
}

std::string channel(const char* colour, const Channel& channel) {
  return std::string(colour) + " " + clean(channel.name, longest_name) + " " +
         short_number(channel.low_hu) + " to " + short_number(channel.high_hu) + " HU, " +
         name_of(channel.projection);
}

}  // namespace

std::string clean(const std::string& text, std::size_t longest) {
  std::string result;
  std::size_t signs = 0;
  bool blank = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto sign = sign_at(text, at);
    std::string part = sign ? text.substr(at, sign->bytes) : "?";
    at += sign ? sign->bytes : 1;
    if (sign && (sign->code == ' ' || sign->code == '|' || disturbs(sign->code))) {
      blank = !result.empty();
      continue;
    }
    if (signs + (blank ? 2 : 1) > longest) return result + "…";
    if (std::exchange(blank, false)) {
      result += ' ';
      ++signs;
    }
    result += part;
    ++signs;
  }
  return result;
}

std::string short_number(double value) {
  const double tenths = std::round(value * 10);
  if (!(std::abs(tenths) < 1e15)) return "?";
  const auto whole = static_cast<std::int64_t>(std::abs(tenths));
  std::string text = (tenths < 0 ? "-" : "") + std::to_string(whole / 10);
  if (whole % 10 != 0) text += "." + std::to_string(whole % 10);
  return text;
}

std::string table_head() {
  return "Measurements: id | name | value | remark\n";
}

std::string table_line(const MeasurementRow& row) {
  return clean(row.id, longest_id) + " | " + clean(row.name, longest_name) + " | " +
         clean(row.value, longest_value) + " | " + clean(row.words, longest_remark) + "\n";
}

std::string table_foot(std::size_t left_out) {
  return "Not listed: " + std::to_string(left_out) + " more\n";
}

std::string legend_of(const std::vector<const WindowPreset*>& presets) {
  std::string text;
  for (const WindowPreset* preset : presets)
    text += "Colours " + clean(preset->name, longest_name) + ": " + channel("red", preset->red) +
            "; " + channel("green", preset->green) + "; " + channel("blue", preset->blue) + "\n";
  return text;
}

}  // namespace detail

std::string caption(const View& view) {
  using detail::short_number;
  std::string text = view.id + ": ";
  if (view.kind == ViewKind::systematic) {
    text += "axial slab";
  } else if (view.kind == ViewKind::scout) {
    const auto axial = std::ranges::count(view.tiles, Plane::axial, &Tile::plane);
    text += "overview, " + std::to_string(axial) +
            " axial slabs from head to feet, then coronal and sagittal";
  } else {  // a candidate or a control: the model must not know
    text += "close look, 1 axial, 2 coronal, 3 sagittal, 4 axial and wider";
  }
  return text + ", z " + short_number(view.z_mm[0]) + " to " + short_number(view.z_mm[1]) +
         " mm, colours " + detail::clean(view.preset.name, 60) + "\n";
}

}  // namespace tomoscribe::model
