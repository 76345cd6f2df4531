#include "pipeline/gates/parts.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace tomoscribe::pipeline::gates {

Result passed(std::string reason) {
  return {
      .gate = {}, .outcome = Outcome::pass, .uses = {}, .reason = std::move(reason), .slices = {}};
}

Result restricted(std::initializer_list<Use> uses, std::string reason) {
  return {.gate = {},
          .outcome = Outcome::restrict,
          .uses = uses,
          .reason = std::move(reason),
          .slices = {}};
}

Result stopped(std::string reason) {
  return {
      .gate = {}, .outcome = Outcome::stop, .uses = {}, .reason = std::move(reason), .slices = {}};
}

std::string image_words(const Volume& volume, const std::vector<int>& slices) {
  std::map<int, dicom::SopInstanceUid> by_number;  // the first image may be the uppermost
  bool numbered = true;
  for (const int slice : slices) {
    const auto at = static_cast<std::size_t>(slice);
    const auto number = volume.images[at];
    numbered =
        numbered && number &&
        by_number.try_emplace(*number, volume.instances[at]).first->second == volume.instances[at];
  }
  std::vector<int> numbers;
  numbers.reserve(slices.size());
  if (numbered)
    for (const auto& [number, instance] : by_number) numbers.push_back(number);
  else
    for (const int slice : slices) numbers.push_back(slice + 1);
  std::string words;
  for (std::size_t from = 0, to = 0; from < numbers.size(); from = to + 1) {
    to = from;
    while (to + 1 < numbers.size() && numbers[to + 1] == numbers[to] + 1) ++to;
    words += (from == 0 ? "" : ", ") + std::to_string(numbers[from]);
    if (to > from) words += " to " + std::to_string(numbers[to]);
  }
  return std::string(numbered ? "image" : "slice") + (numbers.size() == 1 ? " " : "s ") + words;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string upper(const std::string& text) {
  std::string result = text;
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

bool says(const std::string& text, std::initializer_list<const char*> words) {
  const std::string all = upper(text);
  const auto begins = [&](const std::string& word) {
    for (std::size_t at = all.find(word); at != std::string::npos; at = all.find(word, at + 1))
      if (at == 0 || std::isalpha(static_cast<unsigned char>(all[at - 1])) == 0) return true;
    return false;
  };
  return std::ranges::any_of(words, [&](const char* word) { return begins(upper(word)); });
}

}  // namespace tomoscribe::pipeline::gates
