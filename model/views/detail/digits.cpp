#include "model/views/detail/digits.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace tomoscribe::model::detail {

namespace {

constexpr int glyph_width = 5, glyph_height = 7;

using Glyph = std::array<const char*, glyph_height>;

constexpr std::array<Glyph, 10> glyphs{{
    {" ### ", "#   #", "#  ##", "# # #", "##  #", "#   #", " ### "},
    {"  #  ", " ##  ", "  #  ", "  #  ", "  #  ", "  #  ", " ### "},
    {" ### ", "#   #", "    #", "   # ", "  #  ", " #   ", "#####"},
    {" ### ", "#   #", "    #", "  ## ", "    #", "#   #", " ### "},
    {"   # ", "  ## ", " # # ", "#  # ", "#####", "   # ", "   # "},
    {"#####", "#    ", "#### ", "    #", "    #", "#   #", " ### "},
    {"  ## ", " #   ", "#    ", "#### ", "#   #", "#   #", " ### "},
    {"#####", "    #", "   # ", "  #  ", "  #  ", " #   ", " #   "},
    {" ### ", "#   #", "#   #", " ### ", "#   #", "#   #", " ### "},
    {" ### ", "#   #", "#   #", " ####", "    #", "   # ", " ##  "},
}};

}  // namespace

void draw_index(std::vector<std::uint8_t>& rgb, int image_width, const PixelRect& rect,
                int number) {
  const std::string digits = std::to_string(number);
  const int scale = std::clamp(rect.width / 90, 1, 4);
  const int width = (static_cast<int>(digits.size()) * (glyph_width + 1) + 1) * scale,
            height = (glyph_height + 2) * scale;
  if (width > rect.width || height > rect.height) return;
  const auto lit = [&](int x, int y) {
    const int column = x / scale - 1, row = y / scale - 1;
    if (column < 0 || row < 0 || row >= glyph_height) return false;
    const auto digit = static_cast<std::size_t>(column / (glyph_width + 1));
    const int dot = column % (glyph_width + 1);
    if (digit >= digits.size() || dot >= glyph_width || digits[digit] < '0') return false;
    const Glyph& glyph = glyphs[static_cast<std::size_t>(digits[digit] - '0')];
    return glyph[static_cast<std::size_t>(row)][dot] == '#';
  };
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const auto at = 3 * ((std::ptrdiff_t{rect.y} + y) * image_width + rect.x + x);
      std::fill_n(rgb.begin() + at, 3, lit(x, y) ? std::uint8_t{255} : std::uint8_t{0});
    }
}

}  // namespace tomoscribe::model::detail
