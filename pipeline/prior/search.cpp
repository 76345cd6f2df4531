#include "pipeline/prior/search.h"

#include <algorithm>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/prior/tracking.h"

namespace tomoscribe::pipeline::prior {
namespace {

using reporting::Finding;
using reporting::Laterality;

// As the detector of nodules.
constexpr double thin_mm = 2.5, least_mm = 6, least_thick_mm = 10;
constexpr std::ptrdiff_t most_listed = 10;

constexpr double dense_hu = -500;  // aerated lung lies below
constexpr double least_lung = 0.5;

const Finding* with_id(const measure::Findings& findings, std::string_view id) {
  const auto found = std::ranges::find(findings, id, &Finding::id);
  return found == findings.end() ? nullptr : &*found;
}

/// The reason of a search that was not made; empty: it was made, or nothing is said of it.
std::string refusal(const measure::Findings& findings, std::string_view id) {
  const Finding* search = with_id(findings, id);
  if (search == nullptr || search->presence != reporting::Presence::not_assessed) return "";
  return search->not_assessed.empty() ? "no reason is given" : search->not_assessed;
}

bool is_nodule(const Finding& finding) {
  return finding.id.starts_with("nodule.");
}

/// Why the study did not look for nodules, or for a mass, on that side.
std::string why_no_search(const measure::Findings& findings, const Finding& lesion) {
  if (const std::string why = refusal(findings, "nodules"); !why.empty())
    return "lung nodules were not assessed there (" + why + ")";
  for (const auto& [id, side] :
       {std::pair{"nodules.right", Laterality::left}, std::pair{"nodules.left", Laterality::right}})
    if (const std::string why = refusal(findings, id); lesion.laterality != side && !why.empty())
      return "lung nodules were not assessed there (" + why + ")";
  if (with_id(findings, "nodules") == nullptr && std::ranges::none_of(findings, is_nodule) &&
      with_id(findings, "nodules.right") == nullptr && with_id(findings, "nodules.left") == nullptr)
    return "lung nodules were not looked for there";
  if (!lesion.id.starts_with("mass.")) return "";
  if (const std::string why = refusal(findings, "opacity"); !why.empty())
    return "lung masses were not assessed there (" + why + ")";
  return "";
}

double least_diameter_mm(const reporting::Study& study) {
  const reporting::SeriesUse* used = searched_series(study);
  if (used == nullptr || !used->health) return least_mm;
  const double thickness_mm =
      std::max(used->health->thickness_mm.value_or(0), used->health->spacing_mm);
  return thickness_mm > thin_mm + 0.01 ? least_thick_mm : least_mm;
}

/// Whether a list of the largest ones ended before one of this size.
bool list_ended(const measure::Findings& findings, const Finding& lesion) {
  if (std::ranges::count_if(findings, is_nodule) < most_listed) return false;
  const double volume = volume_mm3(lesion).value_or(0);
  return std::ranges::none_of(findings, [&](const Finding& one) {
    return is_nodule(one) && volume_mm3(one).value_or(0) < volume;
  });
}

}  // namespace

const reporting::SeriesUse* searched_series(const reporting::Study& study) {
  const auto sharp = std::ranges::find_if(study.series, [](const reporting::SeriesUse& series) {
    return series.used && series.health && series.health->kernel_class == "sharp";
  });
  if (sharp != study.series.end()) return &*sharp;
  const auto used = std::ranges::find(study.series, true, &reporting::SeriesUse::used);
  return used == study.series.end() ? nullptr : &*used;
}

std::optional<double> volume_mm3(const Finding& lesion) {
  for (const reporting::Measurement& one : lesion.measurements)
    if (one.id.ends_with(".volume") && one.value)
      return one.unit == measure::codes::millilitre ? 1000 * *one.value : *one.value;
  return std::nullopt;
}

std::string why_not_searched(const Searched& there, const Vec3& place_mm, const Finding& lesion) {
  const auto& scanned = there.lungs.scanned_z_mm;
  if (place_mm[2] < scanned[0] || place_mm[2] > scanned[1])
    return "its place lies outside the scan there";
  if (std::string why = why_no_search(there.findings, lesion); !why.empty()) return why;
  const auto hu = mean_hu(there.lungs, place_mm, look_mm);
  if (!hu) return "its place is not among the lungs there";
  if (*hu > dense_hu)
    return "no candidate at the matching place, but something dense lies there: to be compared by "
           "eye";
  if (searched_share(there.lungs, place_mm, look_mm) < least_lung)
    return "no candidate at the matching place, which is no part of the lung that was searched "
           "there";
  if (diameter_mm(lesion) < least_diameter_mm(there.study))
    return "no candidate at the matching place; one of this size need not be found there";
  if (list_ended(there.findings, lesion))
    return "no candidate at the matching place; the list there ends at ten larger ones";
  return "";
}

}  // namespace tomoscribe::pipeline::prior
