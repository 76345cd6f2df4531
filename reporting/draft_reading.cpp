#include <algorithm>
#include <array>
#include <charconv>

#include "dicom/utf8.h"
#include "reporting/detail/draft_sentence.h"
#include "reporting/detail/draft_slots.h"
#include "reporting/detail/draft_vocabulary.h"
#include "reporting/draft_language.h"

namespace tomoscribe::reporting {
namespace {

using detail::Group;
using detail::NamedView;
using detail::Objection;
using detail::Sentence;
using detail::Slot;

constexpr std::size_t longest_draft = 65536;
constexpr const char* proposed = "proposed-by-the-model";

/// A cause; the reader of lines says which line it was.
struct Fault {
  std::string cause;
};

/// Parts of `text` between the separators.
std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + separator.size());
  }
}

std::string upper_first(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

/// A multiple of the grid within `cells`, as the grammar writes it.
std::optional<int> grid_number(std::string_view text, int cells) {
  int value = -1;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const bool whole = error == std::errc{} && stop == end && value >= 0;
  if (!whole || value % grid_px != 0 || value / grid_px >= cells || std::to_string(value) != text)
    return std::nullopt;
  return value;
}

/// A finding by the model that nothing has checked yet; its ids are given by add_proposals().
Proposal new_proposal(Section section, Code observation, const Sentence& sentence) {
  const Verification verification{
      .outcome = Outcome::unverified,
      .check = proposed,
      .inputs = sentence.slots,
      .reason = "Proposed by the language model; no check has confirmed it."};
  return {.finding = {.id = {},
                      .title = {},
                      .tracking = dicom::TrackingUid(dicom::uid_from_name("tracking|proposed")),
                      .observation = std::move(observation),
                      .author = Author::model,
                      .verification = verification},
          .statement = {.section = section,
                        .text = sentence.text,
                        .author = Author::model,
                        .verification = verification}};
}

void contradict(Proposal& proposal, const std::vector<Objection>& objections) {
  if (objections.empty()) return;
  std::string reasons;
  for (const Objection& objection : objections)
    reasons += (reasons.empty() ? "" : " ") + objection.reason;
  for (Verification* verification :
       {&proposal.finding.verification, &proposal.statement.verification}) {
    verification->outcome = Outcome::contradicted;
    verification->check = objections.front().check;
    verification->reason = reasons;
  }
}

class Reader {
 public:
  explicit Reader(const DraftContext& context)
      : context_(context),
        groups_(detail::groups_of(context)),
        views_(detail::views_of(context)),
        measurements_(detail::named_measurements(context)) {}

  std::variant<Proposal, Fault> read(std::string_view line) {
    const std::size_t colon = line.find(": ");
    const std::string_view kind = line.substr(0, colon);
    if (colon == std::string_view::npos) return Fault{"neither a claim nor the end"};
    const auto fields = split(line.substr(colon + 2), " | ");
    if (kind == "finding") return finding(fields);
    if (kind == "impression") return impression(fields);
    if (kind == "answer") return answer(fields);
    return Fault{"a claim is a finding, an impression or an answer"};
  }

  bool has_views() const { return !views_.empty(); }

 private:
  using Fields = std::vector<std::string_view>;

  std::variant<Proposal, Fault> finding(const Fields& fields);
  std::variant<Proposal, Fault> impression(const Fields& fields);
  std::variant<Proposal, Fault> answer(const Fields& fields);
  std::optional<Fault> read_what_where(const Fields& fields, Finding& finding) const;
  std::optional<Fault> read_view(std::string_view text, Proposal& proposal) const;
  std::optional<Objection> against_measured(const Finding& claim) const;

  const DraftContext& context_;
  std::vector<const Group*> groups_;
  std::vector<NamedView> views_;
  std::vector<Slot> measurements_;
  bool impressions_begun_ = false, answered_ = false;
  int findings_ = 0, impressions_ = 0;
};

std::optional<Fault> Reader::read_what_where(const Fields& fields, Finding& finding) const {
  bool known = false;
  for (const Group* group : groups_) {
    const auto what = std::ranges::find_if(group->observations,
                                           [&](const auto& row) { return row.term == fields[0]; });
    if (what == group->observations.end()) continue;
    known = true;
    const auto where =
        std::ranges::find_if(group->sites, [&](const auto& row) { return row.term == fields[1]; });
    if (where == group->sites.end()) continue;
    const auto sides = detail::sides_of(where->sides);
    const auto side = std::ranges::find(sides, fields[2], detail::side_word);
    if (side == sides.end()) return Fault{"the site has no such side"};
    finding.observation = what->code.code();
    finding.site = where->code.code();
    finding.laterality = *side;
    finding.critical = what->critical;
    const bool of_right_only = where->sides == detail::Sides::right_only;
    finding.title =
        upper_first(what->term) + ", " +
        (*side == Laterality::none || of_right_only ? "" : std::string(to_text(*side)) + " ") +
        where->term;
    return std::nullopt;
  }
  return Fault{known ? "the observation cannot be at that site"
                     : "the observation is not in the vocabulary of this study"};
}

/// "V3" or "V3 [120,88,144,112]": the box holds the cells of both corners and all between.
std::optional<Fault> Reader::read_view(std::string_view text, Proposal& proposal) const {
  const std::size_t space = text.find(" [");
  const auto named = std::ranges::find_if(
      views_, [&](const NamedView& view) { return view.view->id == text.substr(0, space); });
  if (named == views_.end()) return Fault{"there is no such view"};
  proposal.view = named->view->id;
  if (space == std::string_view::npos) return std::nullopt;
  text.remove_prefix(space + 2);
  if (text.empty() || text.back() != ']') return Fault{"a box ends with a bracket"};
  text.remove_suffix(1);
  const auto numbers = split(text, ",");
  if (numbers.size() != 4) return Fault{"a box has four numbers"};
  std::array<int, 4> corner{};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto value = grid_number(numbers[i], i % 2 == 0 ? named->columns : named->rows);
    if (!value) return Fault{"a number of the box is not on the grid of its view"};
    corner[i] = *value;
  }
  // The last cell of a view may be narrower.
  proposal.box =
      PixelBox{.left = std::min(corner[0], corner[2]),
               .top = std::min(corner[1], corner[3]),
               .right = std::min(std::max(corner[0], corner[2]) + grid_px, named->view->columns),
               .bottom = std::min(std::max(corner[1], corner[3]) + grid_px, named->view->rows)};
  return std::nullopt;
}

/// The model overrules no measurement: whatever it claims of what was measured otherwise is
/// contradicted.
std::optional<Objection> Reader::against_measured(const Finding& claim) const {
  const auto certain = [](Presence presence) {
    return presence == Presence::present || presence == Presence::absent;
  };
  const bool against = certain(claim.presence) &&
                       std::ranges::any_of(context_.measured, [&](const Finding& measured) {
                         const bool same_side = measured.laterality == claim.laterality ||
                                                measured.laterality == Laterality::none ||
                                                claim.laterality == Laterality::none;
                         return measured.author != Author::model && same_side &&
                                measured.observation.value == claim.observation.value &&
                                measured.observation.scheme == claim.observation.scheme &&
                                measured.site.value == claim.site.value &&
                                certain(measured.presence) && measured.presence != claim.presence;
                       });
  if (!against) return std::nullopt;
  return Objection{"measured-otherwise", "Measured by geometry otherwise."};
}

std::variant<Proposal, Fault> Reader::finding(const Fields& fields) {
  if (impressions_begun_ || answered_) return Fault{"findings come first"};
  if (++findings_ > most_findings) return Fault{"there are too many findings"};
  if (fields.size() != 6) return Fault{"a finding has six parts"};
  const auto presence = from_text<Presence>(fields[3]);
  if (!presence || *presence == Presence::not_assessed)
    return Fault{"a finding is present, absent or indeterminate"};
  auto read = detail::read_sentence(fields[5], measurements_);
  if (auto* cause = std::get_if<std::string>(&read)) return Fault{std::move(*cause)};
  const Sentence& sentence = std::get<Sentence>(read);
  Proposal proposal = new_proposal(Section::findings, {}, sentence);
  proposal.finding.presence = *presence;
  if (auto fault = read_what_where(fields, proposal.finding)) return std::move(*fault);
  if (auto fault = read_view(fields[4], proposal)) return std::move(*fault);
  if (*presence == Presence::absent) proposal.finding.critical = false;
  std::vector<Objection> objections;
  for (const auto& objection :
       {sentence.number, detail::against_side(sentence, proposal.finding.laterality),
        detail::against_presence(sentence, *presence), against_measured(proposal.finding)})
    if (objection) objections.push_back(*objection);
  contradict(proposal, objections);
  return proposal;
}

/// A suggested diagnosis is never more than indeterminate.
std::variant<Proposal, Fault> Reader::impression(const Fields& fields) {
  impressions_begun_ = true;
  if (answered_) return Fault{"the answer comes last"};
  if (++impressions_ > most_impressions) return Fault{"there are too many impressions"};
  if (fields.size() != 2) return Fault{"an impression has two parts"};
  const auto rows = detail::diagnoses_of(context_);
  const auto row = std::ranges::find_if(
      rows, [&](const detail::DiagnosisRow* each) { return each->term == fields[0]; });
  if (row == rows.end()) return Fault{"the diagnosis is not in the list of this study"};
  auto read = detail::read_sentence(fields[1], measurements_);
  if (auto* cause = std::get_if<std::string>(&read)) return Fault{std::move(*cause)};
  const Sentence& sentence = std::get<Sentence>(read);
  Proposal proposal = new_proposal(Section::impression, (*row)->code.code(), sentence);
  proposal.finding.title = "Suggested diagnosis: " + std::string((*row)->term);
  proposal.finding.presence = Presence::indeterminate;
  if (sentence.number) contradict(proposal, {*sentence.number});
  return proposal;
}

std::variant<Proposal, Fault> Reader::answer(const Fields& fields) {
  if (!context_.asks) return Fault{"the order asks nothing"};
  if (answered_) return Fault{"there is more than one answer"};
  answered_ = true;
  if (fields.size() != 2) return Fault{"an answer has two parts"};
  static constexpr std::array words{
      std::pair(std::string_view("yes"), Presence::present),
      std::pair(std::string_view("no"), Presence::absent),
      std::pair(std::string_view("unclear"), Presence::indeterminate)};
  const auto word =
      std::ranges::find(words, fields[0], [](const auto& entry) { return entry.first; });
  if (word == words.end()) return Fault{"an answer is yes, no or unclear"};
  auto read = detail::read_sentence(fields[1], measurements_);
  if (auto* cause = std::get_if<std::string>(&read)) return Fault{std::move(*cause)};
  const Sentence& sentence = std::get<Sentence>(read);
  Proposal proposal = new_proposal(Section::impression, detail::answer_code(), sentence);
  proposal.finding.title = detail::answer_code().meaning + ": " + std::string(word->first);
  proposal.finding.presence = word->second;
  if (sentence.number) contradict(proposal, {*sentence.number});
  return proposal;
}

/// "Nodule, right upper lobe: present." What the model claims, before what it says of it: readers
/// check the claim, which leaves as a code.
std::string claim_words(const Finding& claim, Section section) {
  std::string words = claim.title;
  if (section == Section::findings) words += ": " + std::string(to_text(claim.presence));
  if (claim.critical) words += " (critical)";
  return words + ".";
}

}  // namespace

std::variant<Draft, std::string> read_draft(std::string_view text, const DraftContext& context) {
  if (text.size() > longest_draft) return "line 1: the draft is longer than 64 KiB";
  if (!dicom::is_storable_text(text)) return "line 1: the draft is not UTF-8 text";
  Reader reader(context);
  Draft draft;
  std::size_t begin = 0;
  for (int number = 1;; ++number) {
    const std::string at = "line " + std::to_string(number) + ": ";
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    if (line == "end") {
      const std::string_view rest = text.substr(end);
      if (rest.empty() || rest == "\n") return draft;
      return "line " + std::to_string(number + 1) + ": there is text behind the end";
    }
    if (end == text.size()) return at + "the draft breaks off";
    if (!reader.has_views()) return at + "without a view there is nothing to claim";
    auto claim = reader.read(line);
    if (const auto* fault = std::get_if<Fault>(&claim)) return at + fault->cause;
    auto& proposal = std::get<Proposal>(claim);
    proposal.begin = begin;
    proposal.end = end;
    Statement& statement = proposal.statement;
    statement.text = claim_words(proposal.finding, statement.section) + " " + statement.text;
    draft.proposals.push_back(std::move(proposal));
    begin = end + 1;
  }
}

}  // namespace tomoscribe::reporting
