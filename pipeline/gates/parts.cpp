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

Result together(std::vector<Result> faults) {
  if (faults.empty()) return passed();
  Result first = std::move(faults.front());
  faults.erase(faults.begin());
  first.more = std::move(faults);
  return first;
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
  unsigned char before = 0;
  for (char& letter : result) {
    const auto c = static_cast<unsigned char>(letter);
    // U+00E0 to U+00FE without the division sign; their capitals lie 32 lower.
    const bool latin = before == 0xC3 && c >= 0xA0 && c <= 0xBE && c != 0xB7;
    letter = static_cast<char>(latin ? c - 0x20 : std::toupper(c));
    before = c;
  }
  return result;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  bool open = false;
  for (const char letter : upper(text)) {
    const auto c = static_cast<unsigned char>(letter);
    const bool is_letter = std::isalpha(c) != 0 || c >= 0x80;
    if (is_letter && !open) words.emplace_back();
    if (is_letter) words.back() += letter;
    open = is_letter;
  }
  return words;
}

bool stands_at(const std::vector<std::string>& words, std::size_t at, const std::string& phrase) {
  const std::vector<std::string> wanted = words_of(phrase);
  if (at + wanted.size() > words.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool stem = i + 1 == wanted.size() && phrase.ends_with('*');
    if (stem ? !words[at + i].starts_with(wanted[i]) : words[at + i] != wanted[i]) return false;
  }
  return true;
}

bool says(const std::string& text, std::initializer_list<const char*> phrases) {
  const std::vector<std::string> words = words_of(text);
  for (std::size_t at = 0; at < words.size(); ++at)
    if (std::ranges::any_of(phrases, [&](const char* one) { return stands_at(words, at, one); }))
      return true;
  return false;
}

}  // namespace tomoscribe::pipeline::gates
