#include "pipeline/prior/tracking.h"

#include <algorithm>
#include <cmath>

#include "pipeline/prior/pairs.h"

namespace tomoscribe::pipeline::prior {
namespace {

using reporting::Finding;

/// What two analyses of one study may put between them: other slices, another version of the code.
constexpr double same_images_mm = 5;

bool is_numbered(const Finding& finding) {
  return !finding.id.empty() && finding.id.back() >= '0' && finding.id.back() <= '9' &&
         finding.presence == reporting::Presence::indeterminate;
}

/// "nodule|12|-40|310" of "nodule.3" at a place.
std::string name_of(const Finding& finding) {
  const auto place = place_of(finding);
  if (!place || !is_numbered(finding)) return finding.id;
  std::string name = finding.id.substr(0, finding.id.rfind('.'));
  for (const double mm : *place) name += '|' + std::to_string(std::lround(mm));
  return name;
}

bool is_tracked(const Finding& finding) {
  return is_lesion(finding) || is_of_earlier(finding);
}

}  // namespace

bool is_lesion(const Finding& finding) {
  return finding.id.starts_with("nodule.") || finding.id.starts_with("mass.");
}

bool is_of_earlier(const Finding& finding) {
  return finding.id.starts_with("earlier.");
}

std::optional<Vec3> place_of(const Finding& finding) {
  if (finding.evidence.empty()) return std::nullopt;
  return finding.evidence.front().point_mm;
}

double diameter_mm(const Finding& finding) {
  for (const reporting::Measurement& one : finding.measurements)
    if (one.id.ends_with(".diameter")) return one.value.value_or(0);
  return 0;
}

bool may_share_a_side(const Finding& one, const Finding& other) {
  using reporting::Laterality;
  return one.laterality == other.laterality || one.laterality == Laterality::none ||
         other.laterality == Laterality::none;
}

void name_by_place(measure::Findings& findings, const dicom::StudyUid& study) {
  for (Finding& finding : findings)
    finding.tracking = dicom::TrackingUid(
        dicom::uid_from_name("tracking|" + study.str() + "|" + name_of(finding)));
}

void keep_tracking(measure::Findings& findings, const measure::Findings& stored) {
  const auto distance = [&](std::size_t i, std::size_t j) -> std::optional<double> {
    const Finding& now = findings[i];
    const Finding& then = stored[j];
    if (!is_lesion(now) || !is_tracked(then) || !may_share_a_side(now, then)) return std::nullopt;
    const auto here = place_of(now), there = place_of(then);
    if (!here || !there) return std::nullopt;
    const double mm =
        std::hypot((*here)[0] - (*there)[0], (*here)[1] - (*there)[1], (*here)[2] - (*there)[2]);
    if (mm > std::max(same_images_mm, diameter_mm(now) / 2)) return std::nullopt;
    return mm;
  };
  for (const Match& one : nearest_pairs(findings.size(), stored.size(), distance))
    findings[one.now].tracking = stored[one.then].tracking;
}

}  // namespace tomoscribe::pipeline::prior
