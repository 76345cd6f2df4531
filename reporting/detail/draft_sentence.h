#pragma once
// The free sentence of a claim: its characters, its slots, and what in it speaks against the claim.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reporting/detail/draft_slots.h"

namespace tomoscribe::reporting::detail {

/// Why a claim cannot stand.
struct Objection {
  std::string check, reason;
};

struct Sentence {
  std::string text;                 ///< slots filled
  std::vector<std::string> slots;   ///< ids named in it, in order, each once
  std::vector<std::string> words;   ///< of letters, small, without those of slots
  std::optional<Objection> number;  ///< it holds a number that nobody measured
};

/// Reads a sentence. Beyond the grammar it takes numbers, and slots without a value: these are
/// objections, not faults. Else the cause: "a sentence ends with a full stop".
std::variant<Sentence, std::string> read_sentence(std::string_view,
                                                  const std::vector<Slot>& measurements);

/// The sentence names the other side, and not the claim's.
std::optional<Objection> against_side(const Sentence&, Laterality);

/// The sentence denies what is claimed to be present, or denies nothing where it is claimed absent.
std::optional<Objection> against_presence(const Sentence&, Presence);

}  // namespace tomoscribe::reporting::detail
