#pragma once
// The one function that the worker and `tomoscribe report` both call: a study's files in, a draft
// or a sentence out.

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "reporting/report.h"

namespace tomoscribe::pipeline {

/// The input cannot be read as a CT study; the sentence is shown to people as is (UIDs at most,
/// never a name).
struct Unsuitable {
  std::string reason;
};

/// Stage and share of the whole done, 0..1. Called from the analysing thread.
using Progress = std::function<void(const std::string& stage, double fraction)>;

struct StudyFiles {
  std::vector<std::filesystem::path>
      files;  ///< any order; files that cannot be read are counted in the limitations, by reason
};

class Drafter;

struct AnalysisContext {
  std::optional<reporting::Order> order;
  reporting::Moment now;  ///< becomes the version's `created`
  std::string code_version;
  std::vector<std::string> notes;     ///< how the images arrived: said among the limitations
  std::stop_token stop;               ///< asked between stages; \see Cancelled
  std::optional<StudyFiles> earlier;  ///< a study of the same patient to compare with
  /// That study's own report: its lesions keep their tracking UIDs.
  std::optional<reporting::ReportVersion> earlier_report;
  /// An older report of this study, for the same reason.
  std::optional<reporting::ReportVersion> before;
  /// Studies that are held and not compared with, newest first: "the study of 2024-07-17: its draft
  /// shows no chest".
  std::vector<std::string> not_compared;
  Drafter* drafter = nullptr;  ///< a language model that proposes findings; none: measured only
};

/// The analysis was asked to stop.
class Cancelled : public std::exception {
 public:
  const char* what() const noexcept override { return "cancelled"; }
};

/// A picture or mask that evidence refers to, by its hash.
struct NamedBlob {
  std::string name;  ///< "key-1.png"
  std::string bytes;
};

struct AnalysedStudy {
  reporting::ReportVersion version;
  std::vector<NamedBlob> blobs;
};

/// Deterministic: equal files, order and context give an equal version. Unsuitable too when the
/// earlier study cannot be read or is not one of the same patient of an earlier day; the sentence
/// says so. Peak memory: one volume of int16, one of labels and one working grid; the earlier
/// study's lungs at 1.5 mm. Thread-safe, but for the drafter. \throws Cancelled.
std::variant<AnalysedStudy, Unsuitable> analyse(const StudyFiles& study,
                                                const AnalysisContext& context,
                                                const Progress& progress);

}  // namespace tomoscribe::pipeline
