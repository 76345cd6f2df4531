#include "reporting/detail/draft_sentence.h"

#include <algorithm>
#include <array>

#include "dicom/utf8.h"
#include "reporting/detail/number_characters.h"

namespace tomoscribe::reporting::detail {
namespace {

using Words = std::vector<std::string>;

constexpr const char* number_check = "number-not-measured";

/// A unit outside of a slot: the slot brings its own.
constexpr std::array unit_words{
    "mm",          "cm",         "ml",          "cc",         "hu",          "hounsfield",
    "percent",     "millimetre", "millimetres", "millimeter", "millimeters", "centimetre",
    "centimetres", "centimeter", "centimeters", "millilitre", "millilitres", "milliliter",
    "milliliters", "litre",      "litres",      "liter",      "liters"};
constexpr std::array denials{"no",    "not",     "without",   "absent", "absence", "none",
                             "nor",   "neither", "negative",  "free",   "normal",  "unremarkable",
                             "clear", "intact",  "preserved", "patent"};
/// After "not", and with "absent" alone, the thing itself is denied.
constexpr std::array seen_words{"seen",     "visible",  "present",    "identified",
                                "evident",  "found",    "shown",      "demonstrated",
                                "detected", "apparent", "recognised", "noted"};
constexpr std::array both_words{"both", "bilateral", "bilaterally", "either", "each"};

template <class List>
bool is_one_of(const std::string& word, const List& list) {
  return std::ranges::any_of(list, [&](const char* entry) { return word == entry; });
}

bool has(const Words& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

template <class List>
bool has_any(const Words& words, const List& list) {
  return std::ranges::any_of(words, [&](const std::string& word) { return is_one_of(word, list); });
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view(" ,;:'()/-").find(c) != std::string_view::npos;
}

/// Of one well-formed character.
char32_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0);
  char32_t value = byte(0) & (0xffU >> (character.size() + 1));
  for (std::size_t i = 1; i < character.size(); ++i) value = (value << 6U) | (byte(i) & 0x3fU);
  return value;
}

class Reader {
 public:
  Reader(std::string_view text, const std::vector<Slot>& measurements)
      : rest_(text), measurements_(measurements) {}

  /// The cause, where it is no sentence.
  std::optional<std::string> read() {
    if (rest_.empty() || rest_.back() != '.') return "a sentence ends with a full stop";
    rest_.remove_suffix(1);
    while (!rest_.empty()) {
      auto cause = rest_.front() == '{' ? read_slot() : read_character();
      if (cause) return cause;
      if (++length_ >= longest_sentence) return "the sentence is too long";
    }
    end_word();
    if (length_ + 1 < shortest_sentence) return "the sentence is too short";
    if (!opens_well_) return "a sentence begins with a capital letter";
    if (!sentence_.number && has_any(sentence_.words, unit_words))
      object("The sentence names a unit without a measured number.");
    return std::nullopt;
  }
  Sentence take() { return std::move(sentence_); }

 private:
  void object(const char* reason) {
    if (!sentence_.number) sentence_.number = Objection{number_check, reason};
  }

  void end_word() {
    if (!word_.empty()) sentence_.words.push_back(std::move(word_));
    word_.clear();
  }

  std::optional<std::string> read_slot() {
    const std::size_t close = rest_.substr(0, 80).find('}');
    if (close == std::string_view::npos || !is_slot_id(rest_.substr(1, close - 1)))
      return "a slot is the id of a measurement in braces";
    const std::string id(rest_.substr(1, close - 1));
    rest_.remove_prefix(close + 1);
    end_word();
    after_number_ = false;
    const auto found = std::ranges::find_if(
        measurements_, [&](const Slot& slot) { return slot.measurement->id == id; });
    if (found == measurements_.end()) {
      sentence_.text += "(no such measurement)";
      object("The sentence names a measurement that this study does not have.");
      return std::nullopt;
    }
    sentence_.text += filled(*found);
    if (!found->measurement->value)
      object("The sentence names a measurement that was not assessed.");
    if (!has(sentence_.slots, id)) sentence_.slots.push_back(id);
    return std::nullopt;
  }

  std::optional<std::string> read_character() {
    const std::string_view character = rest_.substr(0, dicom::utf8_length(rest_));
    if (character.empty()) return "the text is not UTF-8";
    const char first = character.front();
    const bool point_of_number = after_number_ && first == '.';
    const bool number =
        point_of_number || first == '%' || is_number_character(code_point(character));
    if (!number && !(character.size() == 1 && is_plain(first)))
      return "a character that a sentence cannot have";
    if (number) object("The sentence states a number that was not measured.");
    after_number_ = number;
    if (length_ == 0) opens_well_ = number || (first >= 'A' && first <= 'Z');
    const char small = first >= 'A' && first <= 'Z' ? static_cast<char>(first - 'A' + 'a') : first;
    if (small >= 'a' && small <= 'z')
      word_ += small;
    else
      end_word();
    sentence_.text += character;
    rest_.remove_prefix(character.size());
    return std::nullopt;
  }

  std::string_view rest_;
  const std::vector<Slot>& measurements_;
  Sentence sentence_;
  std::string word_;
  int length_ = 0;
  bool after_number_ = false, opens_well_ = false;
};

/// "No nodule…", "There is no…": within the first three words, before anything else is said.
bool opens_with_denial(const Words& words) {
  const auto begin = words.begin();
  const auto end = begin + std::min<std::ptrdiff_t>(3, std::ssize(words));
  return std::any_of(begin, end, [](const std::string& word) {
    return word == "no" || word == "neither" || word == "none" || word == "absence";
  });
}

bool says_not_seen(const Words& words) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == "not" && is_one_of(words[i + 1], seen_words)) return true;
  return has(words, "absent");
}

}  // namespace

std::variant<Sentence, std::string> read_sentence(std::string_view text,
                                                  const std::vector<Slot>& measurements) {
  Reader reader(text, measurements);
  if (auto cause = reader.read()) return std::move(*cause);
  Sentence sentence = reader.take();
  sentence.text += '.';
  return sentence;
}

std::optional<Objection> against_side(const Sentence& sentence, Laterality side) {
  const bool left = has(sentence.words, "left"), right = has(sentence.words, "right");
  const bool both = has_any(sentence.words, both_words) || (left && right);
  const bool agrees = [&] {
    switch (side) {
      case Laterality::left: return left || !(right || both);
      case Laterality::right: return right || !(left || both);
      case Laterality::bilateral: return both || !(left || right);
      case Laterality::none: return true;
    }
    return true;
  }();
  if (agrees) return std::nullopt;
  return Objection{"side-of-the-sentence", "The claim and its sentence name different sides."};
}

std::optional<Objection> against_presence(const Sentence& sentence, Presence presence) {
  const Words& words = sentence.words;
  if (presence == Presence::absent && !has_any(words, denials))
    return Objection{"presence-in-the-sentence",
                     "The claim says absent, its sentence denies nothing."};
  if (presence == Presence::present && (opens_with_denial(words) || says_not_seen(words)))
    return Objection{"presence-in-the-sentence", "The claim says present, its sentence denies it."};
  return std::nullopt;
}

}  // namespace tomoscribe::reporting::detail
