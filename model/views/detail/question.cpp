#include "model/views/detail/question.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string_view>
#include <utility>

namespace tomoscribe::model::detail {

namespace {

constexpr Region head = Region::head, neck = Region::neck, chest = Region::chest,
                 abdomen = Region::abdomen, pelvis = Region::pelvis;

// docs/model.md shows this table.
constexpr std::array<Concept, 45> table{{
    {"nodul|metasta|mass$|masses$|lesion|granulom", chest, "lung_slab", 0, 1},
    {"cancer|carcinom|tumo|malignan|lymphom|staging", chest, "lung_slab", 0, 1},
    {"emphysem|copd$|bronchi|airway|bulla|interstitial|fibros", chest, "lung_slab", 0, 1},
    {"pneumoni|consolidat|infiltrat|ground glass|covid|infect|cough", chest, "lung_slab", 0, 1},
    {"pneumothorax|apical|apex$", chest, "lung_slab", 0, 0.6},
    {"effusion|empyem|pleura", chest, "chest", 0.4, 1},
    {"pulmonary embol|pe$|embolism", chest, "vessels", 0.25, 0.8},
    {"dissection|aneurysm|aort", chest, "vessels", 0.1, 1},
    {"coronar|cardiac|pericard|heart$", chest, "chest", 0.4, 0.9},
    {"mediastin|hilar|hilum|thymom|lymphadenopath", chest, "chest", 0.15, 0.7},
    {"fractur|trauma|fall$|bone|osseous|sclero|lytic", head, "bone", 0, 1},
    {"fractur|trauma|fall$|bone|osseous|sclero|lytic", neck, "bone", 0, 1},
    {"fractur|trauma|fall$|rib$|ribs$|bone|osseous|sclero|lytic|vertebra", chest, "bone", 0, 1},
    {"fractur|trauma|fall$|bone|osseous|sclero|lytic|vertebra", abdomen, "bone", 0, 1},
    {"fractur|trauma|fall$|hip$|bone|osseous|sclero|lytic", pelvis, "bone", 0, 1},
    {"stroke|infarct|ischemi|ischaemi|hemipar|aphasi", head, "stroke", 0.1, 0.9},
    {"hemorrhag|haemorrhag|bleed|hematom|haematom|subdural|subarachnoid", head, "head", 0, 1},
    {"hydroceph|ventric|headache|confus|seizure|dementia", head, "head", 0.1, 0.8},
    {"metasta|tumo|mass$|aneurysm", head, "head", 0, 1},
    {"sinus|orbit|mastoid", head, "bone", 0.5, 1},
    {"carotid|thyroid|lymphadenopath|abscess|swelling", neck, "", 0, 1},
    {"metasta|tumo|mass$|masses$|lesion|cancer|carcinom|malignan|staging", abdomen, "", 0, 1},
    {"liver|hepat|cirrhos|biliar|gallbladder|cholecyst|jaundice", abdomen, "", 0, 0.6},
    {"spleen|splenic|splenomeg", abdomen, "", 0, 0.5},
    {"pancrea|lipase", abdomen, "", 0.2, 0.6},
    {"kidney|renal|flank|hydroneph|pyeloneph|adrenal", abdomen, "", 0.2, 0.9},
    {"stone|calcul|colic$|urolith|ureter", abdomen, "bone", 0.2, 1},
    {"stone|calcul|urolith|ureter", pelvis, "bone", 0, 0.8},
    {"aneurysm|aort|dissection|aaa$", abdomen, "vessels", 0, 1},
    {"aneurysm|iliac", pelvis, "vessels", 0, 0.6},
    {"bowel|obstruct|ileus|perforat|free air|ischemi|ischaemi", abdomen, "", 0, 1},
    {"bowel|obstruct|ileus|perforat|free air", pelvis, "", 0, 0.8},
    {"appendic|right lower quadrant|rlq$", abdomen, "", 0.6, 1},
    {"appendic|right lower quadrant|rlq$", pelvis, "", 0, 0.5},
    {"diverticul|colitis|left lower quadrant|llq$", abdomen, "", 0.5, 1},
    {"diverticul|colitis|left lower quadrant|llq$", pelvis, "", 0, 0.8},
    {"ascites|free fluid|bleed|hemorrhag|haemorrhag", abdomen, "", 0, 1},
    {"ascites|free fluid|bleed|hemorrhag|haemorrhag", pelvis, "", 0, 1},
    {"abscess|fever|sepsis|collection", abdomen, "", 0, 1},
    {"abscess|collection", pelvis, "", 0, 1},
    {"bladder|prostat|uter|ovar|rectal|rectum", pelvis, "", 0.2, 1},
    {"metasta|tumo|mass$|cancer|carcinom|malignan|staging", pelvis, "", 0, 1},
    {"lymphadenopath|lymphom", abdomen, "", 0, 1},
    {"lymphadenopath|lymphom", pelvis, "", 0, 1},
    {"hernia", pelvis, "", 0, 1},
}};

constexpr std::string_view remarks =
    "above|below|outside|abnormal|enlarged|increased|decreased|elevated|reduced|high$|low$|"
    "critical|dilated|thickened|suspicious|new$|growing|grown";
constexpr std::string_view denials = "no$|not$|without$|denies$|negative$|never$|absent$";
constexpr std::size_t denial_reach = 4;

/// Words in lower case; an empty one between clauses.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  const auto flush = [&] {
    if (!word.empty()) words.push_back(std::exchange(word, {}));
  };
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x80 || std::isalnum(byte) != 0)
      word += static_cast<char>(byte < 0x80 ? std::tolower(byte) : byte);
    else
      flush();
    if (std::string_view(".,;:!?\n").find(letter) != std::string_view::npos) words.emplace_back();
  }
  flush();
  return words;
}

bool is(const std::string& word, std::string_view pattern) {
  if (pattern.ends_with('$')) return word == pattern.substr(0, pattern.size() - 1);
  return std::string_view(word).starts_with(pattern);
}

/// Whether "ground glass", say, begins at word `at`.
bool phrase_at(const std::vector<std::string>& words, std::size_t at, std::string_view phrase) {
  while (true) {
    const std::size_t blank = phrase.find(' ');
    if (at >= words.size() || !is(words[at], phrase.substr(0, blank))) return false;
    if (blank == std::string_view::npos) return true;
    phrase.remove_prefix(blank + 1);
    ++at;
  }
}

bool any_at(const std::vector<std::string>& words, std::size_t at, std::string_view alternatives) {
  while (true) {
    const std::size_t bar = alternatives.find('|');
    if (phrase_at(words, at, alternatives.substr(0, bar))) return true;
    if (bar == std::string_view::npos) return false;
    alternatives.remove_prefix(bar + 1);
  }
}

bool denied(const std::vector<std::string>& words, std::size_t at) {
  for (std::size_t back = 1; back <= denial_reach && back <= at; ++back) {
    if (words[at - back].empty()) return false;
    if (any_at(words, at - back, denials)) return true;
  }
  return false;
}

}  // namespace

std::vector<Found> concepts_in(const std::string& text) {
  constexpr std::size_t longest_text = 20'000;  // an order is a few lines
  const std::vector<std::string> words = words_of(text.substr(0, longest_text));
  std::vector<Found> found;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (words[at].empty() || denied(words, at)) continue;
    for (const Concept& line : table)
      if (any_at(words, at, line.words) &&
          std::ranges::find(found, &line, &Found::line) == found.end())
        found.push_back({.line = &line, .word = words[at]});
  }
  return found;
}

bool out_of_range(const std::string& text) {
  const std::vector<std::string> words = words_of(text.substr(0, 1000));
  for (std::size_t at = 0; at < words.size(); ++at)
    if (!words[at].empty() && any_at(words, at, remarks) && !denied(words, at)) return true;
  return false;
}

}  // namespace tomoscribe::model::detail
