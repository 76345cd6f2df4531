// Reconstruction kernels by vendor; the names are the vendors' own.
#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "pipeline/series/select_series.h"

namespace tomoscribe::pipeline {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

/// First number in the name: "Br38f" 38, "FC51" 51.
std::optional<int> number_in(const std::string& text) {
  const auto from =
      std::ranges::find_if(text, [](unsigned char c) { return std::isdigit(c) != 0; });
  if (from == text.end()) return std::nullopt;
  int number = 0;
  for (auto at = from; at != text.end() && std::isdigit(static_cast<unsigned char>(*at)) != 0; ++at)
    if (number < 1000) number = number * 10 + (*at - '0');
  return number;
}

template <std::size_t N>
bool is_one_of(const std::string& word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

std::optional<bool> kernel_is_sharp(const std::string& manufacturer, const std::string& kernel) {
  static constexpr std::array<std::string_view, 6> sharp_words{"LUNG",  "BONE", "BONEPLUS",
                                                               "ULTRA", "EDGE", "CHEST"};
  static constexpr std::array<std::string_view, 5> soft_words{"STANDARD", "SOFT", "STND", "DETAIL",
                                                              "SMOOTH"};
  static constexpr std::array<std::string_view, 7> philips_sharp{"L",  "YA", "YB", "YC",
                                                                 "YD", "D",  "E"};
  static constexpr std::array<std::string_view, 8> philips_soft{"A",  "B",  "C",  "SA",
                                                                "SB", "UA", "UB", "UC"};
  const std::string vendor = upper(manufacturer);
  const std::string word = upper(kernel.substr(0, kernel.find('\\')));
  if (word.empty()) return std::nullopt;
  if (is_one_of(word, sharp_words)) return true;
  if (is_one_of(word, soft_words)) return false;
  if (vendor.find("PHILIPS") != std::string::npos) {
    if (is_one_of(word, philips_sharp)) return true;
    if (is_one_of(word, philips_soft)) return false;
    return std::nullopt;
  }
  const std::optional<int> number = number_in(word);
  if (!number) return std::nullopt;
  const bool siemens = vendor.find("SIEMENS") != std::string::npos;
  if (siemens && (word[0] == 'B' || word[0] == 'Q' || word[0] == 'I' || word[0] == 'H'))
    return *number >= 50;
  if (word.starts_with("FC")) return *number >= 30;
  return std::nullopt;
}

}  // namespace tomoscribe::pipeline
