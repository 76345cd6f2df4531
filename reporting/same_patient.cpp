#include "reporting/same_patient.h"

#include <array>

namespace tomoscribe::reporting {
namespace {

enum class Answer { unknown, agrees, contradicts };

Answer compared(const std::string& one, const std::string& other) {
  if (one.empty() || other.empty()) return Answer::unknown;
  return one == other ? Answer::agrees : Answer::contradicts;
}

/// Capital letters and digits; bytes beyond ASCII stay.
std::string folded(const std::string& text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (c >= 'a' && c <= 'z')
      result += static_cast<char>(c - 'a' + 'A');
    else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             (static_cast<unsigned char>(c) & 0x80U) != 0)
      result += c;
  }
  return result;
}

bool may_be_short_for(const std::string& one, const std::string& other) {
  return one.starts_with(other) || other.starts_with(one);
}

Answer compared(const dicom::PersonName& one, const dicom::PersonName& other) {
  const std::string family = folded(one.family), given = folded(one.given);
  const std::string other_family = folded(other.family), other_given = folded(other.given);
  if (family.empty() || other_family.empty()) return Answer::unknown;
  // Some systems write the whole name into its first part.
  if (family + given == other_family + other_given) return Answer::agrees;
  return family == other_family && may_be_short_for(given, other_given) ? Answer::agrees
                                                                        : Answer::contradicts;
}

struct Part {
  const char* word;
  Answer answer;
};

std::array<Part, 4> parts(const Patient& one, const Patient& other) {
  const bool dated = one.birth_date && other.birth_date;
  return {{{"issuer of the Patient ID", compared(one.issuer, other.issuer)},
           {"birth date", !dated                                 ? Answer::unknown
                          : *one.birth_date == *other.birth_date ? Answer::agrees
                                                                 : Answer::contradicts},
           {"sex", compared(one.sex, other.sex)},
           {"name", compared(one.name, other.name)}}};
}

/// "birth date, sex and name".
std::string listed(const std::array<Part, 4>& all, Answer answer) {
  std::string text, last;
  for (const Part& part : all) {
    if (part.answer != answer) continue;
    if (!last.empty()) text += (text.empty() ? "" : ", ") + last;
    last = part.word;
  }
  return text.empty() ? last : text + " and " + last;
}

}  // namespace

std::string why_not_one_patient(const Patient& one, const Patient& other) {
  if (one.id.empty() || other.id.empty())
    return "one of the studies has no Patient ID: whether the patient is the same is not known";
  if (one.id != other.id) return "the earlier study is of another patient";
  const auto all = parts(one, other);
  if (const std::string contradicting = listed(all, Answer::contradicts); !contradicting.empty())
    return "the Patient ID is the same, but not the " + contradicting +
           ": it may be of another person";
  const bool issued_by_one = one.issuer.empty() != other.issuer.empty();
  if (issued_by_one && all[1].answer != Answer::agrees)
    return "one of the studies does not say who issued the Patient ID, and no birth date confirms "
           "that the patient is the same";
  return "";
}

std::string agrees_beside_the_id(const Patient& one, const Patient& other) {
  return listed(parts(one, other), Answer::agrees);
}

}  // namespace tomoscribe::reporting
