#pragma once
// How a language model takes part in the analysis: what it is given, what it gives.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/analyse.h"
#include "pipeline/volume.h"
#include "reporting/draft_language.h"
#include "reporting/report.h"

namespace tomoscribe::pipeline {

/// What the pixels show of the body, as the measuring steps recognised it. Patient millimetres.
struct ScanMap {
  struct Span {
    std::string region;            ///< "head", "chest", "abdomen", "pelvis"
    std::array<double, 2> z_mm{};  ///< feet end, head end
  };
  std::vector<Span> regions;
  std::optional<std::array<Vec3, 2>> body_mm;  ///< least and greatest corner of the body
};

/// What a language model wrote of a study, read and checked.
struct ModelDraft {
  std::vector<reporting::Proposal> proposals;  ///< with evidence
  std::string model_name, weights_checksum;
  std::uint64_t seed = 0;
  std::map<std::string, std::string> options;  ///< all that the draft depends on, for provenance
  std::vector<std::string> notes;  ///< what readers must know of it, for the limitations
  NamedBlob record;  ///< "model-draft.json": plan of views, prompt's size, text, probabilities,
                     ///< attention. It holds report text.
};

/// There is no draft, and why: a sentence for the limitations.
struct NoDraft {
  std::string reason;
};

/// Proposes findings from pictures of the volume and what was measured. Deterministic on one
/// machine. Not thread-safe: one analysis at a time.
class Drafter {
 public:
  Drafter() = default;
  virtual ~Drafter() = default;
  Drafter(const Drafter&) = delete;
  Drafter& operator=(const Drafter&) = delete;

  /// \param measured  the version so far: study, order, measured findings.
  /// \throws Cancelled.
  virtual std::variant<ModelDraft, NoDraft> draft(const Volume& volume, const ScanMap& map,
                                                  const reporting::ReportVersion& measured,
                                                  const Progress& progress,
                                                  const std::stop_token& stop) = 0;
};

}  // namespace tomoscribe::pipeline
