// Which part of the body each slice shows, from its pixels and not from the header
// (QUANTIFICATION A, S4): area, lung, bone, soft tissue; votes within 30 mm; runs.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Measurement;

struct SliceContent {
  double area_cm2 = 0;
  double lung = 0, bone = 0, soft = 0;  ///< shares of the body's area
  double middle_bone_cm2 = 0;           ///< within 35 mm of the body's middle
  double lateral_dense_cm2 = 0;         ///< above 300 HU, 45 mm and more from the middle, not arms
};

struct Extent {
  int low = 1 << 30, high = -1;
};

SliceContent content_of(const Scene& scene, int slice) {
  const Grid& grid = scene.work.grid;
  double sum_x = 0, count = 0;
  Extent extent;
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column)
      if (scene.body[grid.offset(column, row, slice)] != 0) {
        sum_x += column;
        ++count;
        extent.low = std::min(extent.low, column);
        extent.high = std::max(extent.high, column);
      }
  SliceContent content;
  if (count == 0) return content;
  const double middle = sum_x / count, width = extent.high - extent.low + 1;
  constexpr double cm2 = working_mm * working_mm / 100;
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column) {
      const std::size_t at = grid.offset(column, row, slice);
      if (scene.body[at] == 0) continue;
      const int hu = scene.work.hu[at], smooth = scene.smooth[at];
      const double off_mm = std::abs(column - middle) * working_mm;
      if (smooth >= -950 && smooth <= -600) content.lung += 1;
      if (smooth >= 15 && smooth <= 60) content.soft += 1;
      if (hu > 180) {
        content.bone += 1;
        if (off_mm < 35) content.middle_bone_cm2 += cm2;
      }
      if (hu > 300 && off_mm > 45 && off_mm < 0.40 * width * working_mm)
        content.lateral_dense_cm2 += cm2;
    }
  content.area_cm2 = count * cm2;
  content.lung /= count;
  content.bone /= count;
  content.soft /= count;
  return content;
}

bool skull_like(const SliceContent& slice) {
  return slice.area_cm2 < 380 && slice.bone > 0.08;
}

/// More bone than a limb has, and hardly anything of the density of brain or muscle.
bool bone_shell(const SliceContent& slice) {
  return slice.area_cm2 > 5 && slice.area_cm2 < 380 && slice.bone > 0.08 && slice.soft < slice.bone;
}

BodyRegion first_guess(const SliceContent& slice) {
  if (slice.area_cm2 < 20) return BodyRegion::none;
  if (skull_like(slice)) return slice.soft > 0.20 ? BodyRegion::head : BodyRegion::none;
  if (slice.lung > 0.08) return BodyRegion::chest;
  if (slice.area_cm2 < 180) return BodyRegion::none;
  if (slice.lateral_dense_cm2 > 8) return BodyRegion::pelvis;
  if (slice.middle_bone_cm2 > 3) return BodyRegion::abdomen;
  return BodyRegion::none;
}

/// Most frequent region within 15 mm on either side.
std::vector<BodyRegion> voted(const std::vector<BodyRegion>& guesses) {
  const int reach = static_cast<int>(std::lround(15 / working_mm));
  const int count = static_cast<int>(guesses.size());
  std::vector<BodyRegion> result;
  for (int slice = 0; slice < count; ++slice) {
    std::array<int, 5> votes{};
    for (int i = std::max(0, slice - reach); i <= std::min(count - 1, slice + reach); ++i)
      ++votes[static_cast<std::size_t>(guesses[static_cast<std::size_t>(i)])];
    result.push_back(static_cast<BodyRegion>(std::ranges::max_element(votes) - votes.begin()));
  }
  return result;
}

/// What cannot be where it was seen becomes "none": abdomen and pelvis lie below the lungs, pelvis
/// below the abdomen and down to the last slice of it, the head above the chest.
void keep_order(std::vector<BodyRegion>& regions) {
  const int count = static_cast<int>(regions.size());
  int chest_low = count, chest_high = -1;
  for (int i = 0; i < count; ++i)
    if (regions[static_cast<std::size_t>(i)] == BodyRegion::chest) {
      chest_low = std::min(chest_low, i);
      chest_high = i;
    }
  int head_low = count;
  for (int i = count - 1; i >= 0; --i)
    if (regions[static_cast<std::size_t>(i)] == BodyRegion::head) head_low = i;
  bool above_pelvis = false;
  for (int i = 0; i < count; ++i) {
    BodyRegion& region = regions[static_cast<std::size_t>(i)];
    const bool trunk = region == BodyRegion::abdomen || region == BodyRegion::pelvis;
    if (trunk && chest_high >= 0 && i > chest_low) region = BodyRegion::none;
    if (trunk && i > head_low) region = BodyRegion::none;
    if (trunk && chest_high < 0 && head_low < count && head_low - i < 250 / working_mm)
      region = BodyRegion::none;  // neck and shoulders under a head
    if (region == BodyRegion::head && i < chest_high) region = BodyRegion::none;
    if (region == BodyRegion::abdomen) above_pelvis = true;
    if (region == BodyRegion::pelvis && above_pelvis) region = BodyRegion::abdomen;
  }
}

struct NamedRegion {
  BodyRegion region;
  const char* id;
  const char* word;
};
constexpr std::array<NamedRegion, 4> named{{{BodyRegion::head, "body.region.head", "head"},
                                            {BodyRegion::chest, "body.region.chest", "chest"},
                                            {BodyRegion::abdomen, "body.region.abdomen", "abdomen"},
                                            {BodyRegion::pelvis, "body.region.pelvis", "pelvis"}}};

reporting::Code site_of(const Scene& scene) {
  const bool chest = scene.shows(BodyRegion::chest), pelvis = scene.shows(BodyRegion::pelvis);
  if (scene.shows(BodyRegion::head)) return codes::head;
  if (chest) return pelvis ? codes::chest_abdomen_pelvis : codes::chest;
  if (pelvis) return codes::abdomen_pelvis;
  return codes::abdomen;
}

Measurement share_measurement(const Scene& scene, const NamedRegion& entry) {
  return {.id = entry.id,
          .concept_name = codes::ratio,
          .value = std::round(scene.share(entry.region) * 1000) / 10,
          .unit = codes::percent,
          .decimals = 0,
          .uncertainty = std::min(50.0, 100 * 15.0 / (working_mm * double(scene.regions.size()))),
          .method = std::string("share of the scanned length that shows the ") + entry.word +
                    "; each slice classified by body area, lung, bone and soft tissue, votes "
                    "within 30 mm",
          .conditions = {},
          .not_assessed = {},
          .lower_bound = false};
}

}  // namespace

void body_region(Scene& scene, Findings& findings) {
  const int count = scene.work.grid.size[2];
  if (scene.labels.empty()) {
    findings.push_back(not_assessed_finding("region", codes::presence, codes::chest_abdomen_pelvis,
                                            "no body was found in the volume"));
    return;
  }
  std::vector<BodyRegion> guesses;
  int with_body = 0, shells = 0, with_tissue = 0;
  for (int slice = 0; slice < count; ++slice) {
    const SliceContent content = content_of(scene, slice);
    guesses.push_back(first_guess(content));
    if (content.area_cm2 > 5) ++with_body;
    if (bone_shell(content)) ++shells;
    if (content.soft * content.area_cm2 > 20) ++with_tissue;
  }
  scene.regions = voted(guesses);
  keep_order(scene.regions);
  scene.skull_without_brain = shells * 2 > with_body && with_tissue * 10 < with_body;
  const bool any = std::ranges::any_of(
      scene.regions, [](BodyRegion region) { return region != BodyRegion::none; });
  if (!any) {
    findings.push_back(not_assessed_finding("region", codes::presence, codes::chest_abdomen_pelvis,
                                            scene.skull_without_brain
                                                ? "a shell of bone without tissue of brain density"
                                                : "no head, chest, abdomen or pelvis recognised"));
    return;
  }
  reporting::Finding region = measured_finding("region", codes::presence, site_of(scene));
  for (const NamedRegion& entry : named)
    region.measurements.push_back(share_measurement(scene, entry));
  findings.push_back(std::move(region));
}

}  // namespace tomoscribe::pipeline::measure
