// Which part of the body each slice shows, from its pixels and not from the header
// (QUANTIFICATION A, S4): area, lung, bone, soft tissue; votes within 30 mm; runs.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/closed_skull.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Measurement;

constexpr double lung_surrounded = 0.30, lung_beside = 0.25;  // shares of a section's area
constexpr double neck_mm = 250;             // head to lungs, where the lungs are not in the scan
constexpr double ribs_below_lung_mm = 100;  // from the domes to the last rib, adults

struct SliceContent {
  double area_cm2 = 0;
  double lung = 0, bone = 0, soft = 0;  ///< shares of the body's area
  double middle_bone_cm2 = 0;           ///< within 35 mm of the body's middle
  double lateral_dense_cm2 = 0;         ///< above 300 HU, 45 mm and more from the middle, not arms
};

/// Where the body lies in one slice, columns.
struct Extent {
  int low = 1 << 30, high = -1;
  double sum = 0, count = 0;
  void add(int column) {
    low = std::min(low, column), high = std::max(high, column);
    sum += column;
    ++count;
  }
};

Extent extent_of(const Scene& scene, int slice) {
  const Grid& grid = scene.work.grid;
  Extent extent;
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column)
      if (scene.body[grid.offset(column, row, slice)] != 0) extent.add(column);
  return extent;
}

constexpr double pixel_cm2 = working_mm * working_mm / 100;

/// One voxel of the body, `off_mm` to the side of its middle; `arms_mm` and further out are arms.
void add_voxel(SliceContent& content, int hu, int smooth, double off_mm, double arms_mm) {
  if (smooth >= -950 && smooth <= -600) content.lung += 1;
  if (smooth >= 15 && smooth <= 60) content.soft += 1;
  if (hu > 180) content.bone += 1;
  if (hu > 180 && off_mm < 35) content.middle_bone_cm2 += pixel_cm2;
  if (hu > 300 && off_mm > 45 && off_mm < arms_mm) content.lateral_dense_cm2 += pixel_cm2;
}

SliceContent content_of(const Scene& scene, int slice) {
  const Grid& grid = scene.work.grid;
  const Extent extent = extent_of(scene, slice);
  SliceContent content;
  if (extent.count == 0) return content;
  const double middle = extent.sum / extent.count;
  const double arms_mm = 0.40 * (extent.high - extent.low + 1) * working_mm;
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column) {
      const std::size_t at = grid.offset(column, row, slice);
      if (scene.body[at] != 0)
        add_voxel(content, scene.work.hu[at], scene.smooth[at],
                  std::abs(column - middle) * working_mm, arms_mm);
    }
  content.area_cm2 = extent.count * pixel_cm2;
  content.lung /= extent.count;
  content.bone /= extent.count;
  content.soft /= extent.count;
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

/// Below the largest section of lung, what shows little lung shows mostly abdomen: liver, stomach
/// and spleen under the domes, with lung beside them.
void mark_domes(std::vector<BodyRegion>& guesses, const std::vector<double>& lung) {
  const auto most = std::ranges::max_element(lung);
  if (most == lung.end() || *most < lung_surrounded) return;
  const auto top = static_cast<std::size_t>(most - lung.begin());
  for (std::size_t i = 0; i < top; ++i)
    if (guesses[i] == BodyRegion::chest && lung[i] < lung_beside) guesses[i] = BodyRegion::abdomen;
}

/// First and last slice of the chest and first of the head; no chest: low above high.
struct Bounds {
  int chest_low, chest_high = -1, head_low;
  bool has_head = false;
};

Bounds bounds_of(const std::vector<BodyRegion>& regions) {
  const int count = static_cast<int>(regions.size());
  Bounds bounds{.chest_low = count, .head_low = count};
  for (int i = 0; i < count; ++i) {
    const BodyRegion region = regions[static_cast<std::size_t>(i)];
    if (region == BodyRegion::chest) {
      bounds.chest_low = std::min(bounds.chest_low, i);
      bounds.chest_high = i;
    }
    if (region == BodyRegion::head) {
      bounds.head_low = std::min(bounds.head_low, i);
      bounds.has_head = true;
    }
  }
  return bounds;
}

/// What cannot be where it was seen becomes "none": the trunk lies below the lungs and the head,
/// neck and shoulders (under a head) are no trunk, the head lies above the chest. Ribs shortly
/// below the lungs are not the iliac bones.
BodyRegion possible(BodyRegion region, int slice, const Bounds& bounds) {
  const bool chest = bounds.chest_high >= 0;
  if (region == BodyRegion::head && slice < bounds.chest_high) return BodyRegion::none;
  if (region != BodyRegion::abdomen && region != BodyRegion::pelvis) return region;
  const double below_head_mm = (bounds.head_low - slice) * working_mm;
  if (chest && slice > bounds.chest_low) return BodyRegion::none;
  if (slice > bounds.head_low) return BodyRegion::none;
  if (!chest && bounds.has_head && below_head_mm < neck_mm) return BodyRegion::none;
  const double below_lung_mm = (bounds.chest_low - slice) * working_mm;
  return chest && below_lung_mm < ribs_below_lung_mm ? BodyRegion::abdomen : region;
}

/// Brings the regions into the order they have in a body; the pelvis reaches down to the last slice
/// of the trunk.
void keep_order(std::vector<BodyRegion>& regions) {
  const Bounds bounds = bounds_of(regions);
  bool above_pelvis = false;
  for (int i = 0; i < static_cast<int>(regions.size()); ++i) {
    BodyRegion& region = regions[static_cast<std::size_t>(i)];
    region = possible(region, i, bounds);
    above_pelvis = above_pelvis || region == BodyRegion::abdomen;
    if (region == BodyRegion::pelvis && above_pelvis) region = BodyRegion::abdomen;
  }
}

/// Runs of slices that look like a head but have no closed skull round brain become "none"; whether
/// there were any. Small sections of bone and soft tissue are limbs and small children too.
bool drop_false_heads(const Scene& scene, std::vector<BodyRegion>& regions) {
  bool dropped = false;
  const int count = static_cast<int>(regions.size());
  const auto region = [&](int slice) -> BodyRegion& {
    return regions[static_cast<std::size_t>(slice)];
  };
  for (int first = 0; first < count; ++first) {
    if (region(first) != BodyRegion::head) continue;
    int last = first;
    while (last + 1 < count && region(last + 1) == BodyRegion::head) ++last;
    if (!shows_closed_skull(scene, first, last)) {
      dropped = true;
      for (int slice = first; slice <= last; ++slice) region(slice) = BodyRegion::none;
    }
    first = last;
  }
  return dropped;
}

std::string why_none(const Scene& scene, bool no_head) {
  if (scene.skull_without_brain) return "a shell of bone without tissue of brain density";
  if (no_head)
    return "region not recognised: small sections of bone and soft tissue without a closed skull "
           "round brain (a limb, a neck or a small child)";
  return "region not recognised: no head, chest, abdomen or pelvis of an adult";
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
          .name = entry.word,
          .concept_name = codes::ratio,
          .value = std::round(scene.share(entry.region) * 1000) / 10,
          .unit = codes::percent,
          .decimals = 0,
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
    findings.push_back(not_assessed_finding("region", "Covered by the scan", codes::presence,
                                            codes::chest_abdomen_pelvis,
                                            "no body was found in the volume"));
    return;
  }
  std::vector<BodyRegion> guesses;
  std::vector<double> lung;
  int with_body = 0, shells = 0, with_tissue = 0;
  for (int slice = 0; slice < count; ++slice) {
    const SliceContent content = content_of(scene, slice);
    guesses.push_back(first_guess(content));
    lung.push_back(content.lung);
    if (content.area_cm2 > 5) ++with_body;
    if (bone_shell(content)) ++shells;
    if (content.soft * content.area_cm2 > 20) ++with_tissue;
  }
  mark_domes(guesses, lung);
  scene.regions = voted(guesses);
  const bool no_head = drop_false_heads(scene, scene.regions);
  keep_order(scene.regions);
  scene.skull_without_brain = shells * 2 > with_body && with_tissue * 10 < with_body;
  const bool any = std::ranges::any_of(
      scene.regions, [](BodyRegion region) { return region != BodyRegion::none; });
  if (!any) {
    findings.push_back(not_assessed_finding("region", "Covered by the scan", codes::presence,
                                            codes::chest_abdomen_pelvis, why_none(scene, no_head)));
    return;
  }
  reporting::Finding region =
      measured_finding("region", "Covered by the scan", codes::presence, site_of(scene));
  for (const NamedRegion& entry : named)
    region.measurements.push_back(share_measurement(scene, entry));
  findings.push_back(std::move(region));
}

}  // namespace tomoscribe::pipeline::measure
