#include <algorithm>

#include "reporting/detail/draft_slots.h"
#include "reporting/detail/draft_vocabulary.h"
#include "reporting/draft_language.h"
#include "reporting/faces.h"

namespace tomoscribe::reporting {
namespace {

constexpr const char* task =
    R"(You look at views of one CT study and propose findings for a radiologist, who checks each of
them. You are part of software that is not a medical device. Claim what you see in the views,
nothing from memory, and nothing because the request suggests it. If you are not sure that it is
there, say indeterminate. Say absent only of what is visible in the views and free of it. If there
is nothing to claim, write end.

One line for each claim, findings first; after the last one a line with the word end:

finding: OBSERVATION | SITE | SIDE | PRESENCE | VIEW | SENTENCE
impression: DIAGNOSIS | SENTENCE
)";

constexpr const char* rules = R"(
PRESENCE is present, absent or indeterminate. SIDE is the patient's: none, left, right or both.
VIEW is the view that shows it best and, where you can, a box in it from corner to corner: pixels
from the upper left, columns before rows, in steps of 8, as in V1 [120,88,144,112].
SENTENCE is one English sentence that begins with a capital letter and ends with a full stop. It
says what the line says, of the same side and with the same presence, and nothing of other places.
Numbers: write none, neither in digits nor in words, and no units. Where a measured number belongs
into the sentence, write its name in braces; its value, unit and name are put there.
)";

std::string line(const std::string& text) {
  return clean_text(text, false);
}

template <class Rows>
std::string terms(const Rows& rows) {
  std::string out;
  for (const auto& row : rows) out += (out.empty() ? "" : ", ") + std::string(row.term);
  return out;
}

/// Sides that a site has, where it is not any or none.
std::string remark(detail::Sides sides) {
  switch (sides) {
    case detail::Sides::none: return " (none)";
    case detail::Sides::right_only: return " (right)";
    case detail::Sides::paired: return " (left, right, both)";
    case detail::Sides::any: return "";
  }
  return "";
}

void add_vocabulary(std::string& out, const DraftContext& context) {
  out += "\nOBSERVATIONS and the SITES where they can be (with no remark: any side, or none):\n";
  for (const detail::Group* group : detail::groups_of(context)) {
    out += "- " + terms(group->observations) + "\n  in: ";
    for (const auto& site : group->sites) {
      out +=
          (&site == group->sites.data() ? "" : ", ") + std::string(site.term) + remark(site.sides);
    }
    out += "\n";
  }
  out += "DIAGNOSES: ";
  bool first = true;
  for (const auto* row : detail::diagnoses_of(context)) {
    out += (first ? "" : ", ") + std::string(row->term);
    first = false;
  }
  out += "\n";
}

void add_slots(std::string& out, const std::vector<detail::Slot>& slots) {
  if (slots.empty()) {
    out += "\nNothing was measured: no sentence has a number.\n";
    return;
  }
  out += "\nMEASURED:\n";
  for (const detail::Slot& slot : slots)
    out += "{" + slot.measurement->id + "} stands for " + detail::filled(slot) + "\n";
}

void add_views(std::string& out, const std::vector<detail::NamedView>& views) {
  out += "\nVIEWS:\n";
  for (const auto& [view, columns, rows] : views) {
    out += view->id + ": " + line(view->words);
    out += columns > 0 ? " (" + std::to_string(view->columns) + " x " + std::to_string(view->rows) +
                             " pixels)\n"
                       : " (no boxes)\n";
  }
}

}  // namespace

std::string draft_instructions(const DraftContext& context) {
  const auto views = detail::views_of(context);
  if (views.empty()) return "There is no view of this study. Write: end\n";
  std::string out = task;
  if (context.asks)
    out += "answer: yes or no or unclear | SENTENCE (to the question of the request)\n";
  out += "At most " + std::to_string(most_findings) + " findings and " +
         std::to_string(most_impressions) + " impressions; a sentence has " +
         std::to_string(shortest_sentence) + " to " + std::to_string(longest_sentence) +
         " characters: letters, spaces and , ; : ' ( ) / -\n";
  out += rules;
  add_vocabulary(out, context);
  add_slots(out, detail::slots_of(context));
  add_views(out, views);
  return out;
}

}  // namespace tomoscribe::reporting
