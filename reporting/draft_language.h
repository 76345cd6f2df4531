#pragma once
// The language that a language model may write its draft in: its grammar for one study, how the
// model is told of it, and the reading of a draft into proposals beside the measured findings.
// docs/draft_language.md describes it for people. Standard library only.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reporting/report.h"

namespace tomoscribe::reporting {

/// Goes up when a text of the language before would be read otherwise; the grammar's first line.
inline constexpr int draft_language_version = 1;
/// A draft has at most 24 claims: findings, impressions, and one answer to the order's question.
inline constexpr int most_findings = 20, most_impressions = 3;
/// Of a sentence, in characters; a slot counts as one.
inline constexpr int shortest_sentence = 16, longest_sentence = 240;
/// Boxes lie on a grid of this many pixels of their view.
inline constexpr int grid_px = 8;

/// Parts of the body with a vocabulary of their own.
enum class BodyPart { head, chest, abdomen };  ///< the abdomen with the pelvis

/// A picture that the model is shown.
struct DraftView {
  std::string id;             ///< "V1" to "V999"; views of other names cannot be pointed at
  int columns = 0, rows = 0;  ///< pixels, 8 to 2048; else it can be named, but no box lies in it
  std::string words;          ///< what it shows: "axial, largest section of the right lung"
};

/// What the language depends on: the same context gives the same language.
struct DraftContext {
  std::vector<BodyPart> parts;    ///< empty: the vocabulary of every part
  std::vector<DraftView> views;   ///< without one nothing was seen: only the empty draft is left
  std::vector<Finding> measured;  ///< their measured numbers are the slots
  bool asks = false;              ///< the order asks something, which one claim may answer
};

/// Of a version that holds measured findings: parts from the recognised body part, asks when the
/// order has an indication.
DraftContext draft_context(const ReportVersion&, std::vector<DraftView> views);

/// The grammar of every draft of this study: rules `name = expression ;` without left recursion,
/// `start` first (the form is described in docs/draft_language.md). Pure; a context with odd ids
/// or texts cannot change more of it than those ids, which are left out.
std::string draft_grammar(const DraftContext&);

/// What the model is told to do, in English: the form, the words, the rule on numbers. Pure.
std::string draft_instructions(const DraftContext&);

/// Pixels of a view, right and bottom exclusive.
struct PixelBox {
  int left = 0, top = 0, right = 0, bottom = 0;
  bool operator==(const PixelBox&) const = default;
};

/// One claim of the model. Both parts are by the model and unverified, or contradicted with the
/// check and the reason; neither has its final id or tracking UID before add_proposals().
struct Proposal {
  Finding finding;      ///< without measurements; those its sentence names are its inputs
  Statement statement;  ///< of findings or impression, its slots filled
  std::size_t begin = 0, end = 0;  ///< bytes of its line in the draft, without the line's end
  std::string view;                ///< where it was seen; empty for impressions and answers
  std::optional<PixelBox> box;
  bool operator==(const Proposal&) const = default;
};

struct Draft {
  std::vector<Proposal> proposals;
  bool operator==(const Draft&) const = default;
};

/// Reads what a model wrote; else one sentence with line and cause ("line 3: …"), which repeats
/// nothing of the text. Any bytes may come in; never throws but std::bad_alloc.
std::variant<Draft, std::string> read_draft(std::string_view text, const DraftContext&);

/// Puts proposals beside what is there, which stays as it is: ids "proposed.1" and on, tracking
/// UIDs of study and id like those of measured findings, statements in their section behind the
/// measured sentences. Evidence that the caller put into a proposal's finding is kept.
void add_proposals(ReportVersion&, std::vector<Proposal>);

}  // namespace tomoscribe::reporting
