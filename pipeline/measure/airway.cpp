// Trachea and main bronchi (QUANTIFICATION A): the round air hole near the midline above and
// between the lungs, followed from slice to slice, then grown at rising thresholds until the volume
// explodes into the lung.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/lung_pieces.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t hole_hu = -850;
constexpr double least_hole_cm2 = 0.6, most_hole_cm2 = 6.5, off_midline_mm = 45;
constexpr double least_track_mm = 15, most_airway_ml = 200, least_airway_ml = 4;

struct Hole {
  double column = 0, row = 0;  ///< centre
  std::size_t pixels = 0;
  std::size_t seed = 0;  ///< its darkest voxel
};

/// Air holes of one slice that look like a trachea in cross-section.
std::vector<Hole> holes_of(const Scene& scene, int slice, double midline, Mask& seen,
                           std::vector<std::size_t>& stack) {
  const Grid& grid = scene.work.grid;
  const std::size_t plane =
      static_cast<std::size_t>(grid.size[0]) * static_cast<std::size_t>(grid.size[1]);
  const std::size_t base = static_cast<std::size_t>(slice) * plane;
  const auto columns = static_cast<std::size_t>(grid.size[0]);
  const auto open = [&](std::size_t i) {
    return scene.body[base + i] != 0 && scene.work.hu[base + i] < hole_hu &&
           scene.labels[base + i] == Label::body;
  };
  std::ranges::fill(seen, 0);
  std::vector<Hole> holes;
  for (std::size_t start = columns; start < plane - columns; ++start) {
    if (seen[start] != 0 || !open(start)) continue;
    Hole hole{.seed = base + start};
    int low_c = 1 << 30, high_c = 0, low_r = 1 << 30, high_r = 0;
    stack.assign(1, start);
    seen[start] = 1;
    while (!stack.empty()) {
      const std::size_t at = stack.back();
      stack.pop_back();
      const int column = static_cast<int>(at % columns), row = static_cast<int>(at / columns);
      low_c = std::min(low_c, column), high_c = std::max(high_c, column);
      low_r = std::min(low_r, row), high_r = std::max(high_r, row);
      hole.column += column, hole.row += row;
      ++hole.pixels;
      if (scene.work.hu[base + at] < scene.work.hu[hole.seed]) hole.seed = base + at;
      for (const std::size_t to : {at - 1, at + 1, at - columns, at + columns})
        if (to >= columns && to < plane - columns && seen[to] == 0 && open(to))
          seen[to] = 1, stack.push_back(to);
    }
    const auto pixels = static_cast<double>(hole.pixels);
    hole.column /= pixels, hole.row /= pixels;
    const double area_cm2 = pixels * working_mm * working_mm / 100;
    const double wide = high_c - low_c + 1, high = high_r - low_r + 1;
    const bool round = pixels > 0.5 * wide * high && wide < 2.2 * high && high < 2.2 * wide;
    const bool central = std::abs(hole.column - midline) * working_mm < off_midline_mm;
    if (area_cm2 >= least_hole_cm2 && area_cm2 <= most_hole_cm2 && round && central)
      holes.push_back(hole);
  }
  return holes;
}

struct Track {
  Hole last;
  int slices = 0, from = 0;
  std::vector<std::size_t> seeds;
};

/// The longest chain of overlapping holes, from the top of the scan down.
Track longest_track(const Scene& scene, double midline, int low, int high) {
  const Grid& grid = scene.work.grid;
  Mask seen(static_cast<std::size_t>(grid.size[0]) * static_cast<std::size_t>(grid.size[1]));
  std::vector<std::size_t> stack;
  std::vector<Track> open;
  Track best;
  for (int slice = high; slice >= low; --slice) {
    std::vector<Track> now;
    for (const Hole& hole : holes_of(scene, slice, midline, seen, stack)) {
      Track track{.last = hole, .slices = 0, .from = slice, .seeds = {}};
      for (const Track& before : open)
        if (std::hypot(before.last.column - hole.column, before.last.row - hole.row) * working_mm <
                6 &&
            before.slices > track.slices)
          track = before;
      track.last = hole;
      ++track.slices;
      track.seeds.push_back(hole.seed);
      if (track.slices > best.slices) best = track;
      now.push_back(std::move(track));
    }
    open = std::move(now);
  }
  return best;
}

/// Voxels joined to the seeds below `limit_hu`; stops early above `most` voxels.
std::vector<std::size_t> grown(const Scene& scene, const std::vector<std::size_t>& seeds,
                               int limit_hu, int top_slice, std::size_t most, Mask& seen) {
  const Grid& grid = scene.work.grid;
  const auto columns = static_cast<std::size_t>(grid.size[0]);
  const std::size_t plane = columns * static_cast<std::size_t>(grid.size[1]);
  const std::size_t end = plane * static_cast<std::size_t>(top_slice + 1);
  std::vector<std::size_t> region;
  const auto visit = [&](std::size_t at) {
    if (at >= end || seen[at] != 0 || scene.body[at] == 0 || scene.work.hu[at] >= limit_hu) return;
    seen[at] = 1;
    region.push_back(at);
  };
  for (const std::size_t seed : seeds) visit(seed);
  for (std::size_t next = 0; next < region.size() && region.size() <= most; ++next) {
    const std::size_t at = region[next];
    if (at >= plane) visit(at - plane);
    if (at >= columns) visit(at - columns);
    if (at >= 1) visit(at - 1);
    visit(at + 1), visit(at + columns), visit(at + plane);
  }
  for (const std::size_t at : region) seen[at] = 0;
  return region;
}

/// Rising threshold, 5 HU a step; the step that more than doubles the volume has leaked.
std::vector<std::size_t> lumen(const Scene& scene, const Track& track) {
  const auto most = static_cast<std::size_t>(most_airway_ml / scene.work.grid.voxel_ml());
  Mask seen(scene.body.size(), 0);
  std::vector<std::size_t> best;
  for (int limit = -960; limit <= -800; limit += 5) {
    std::vector<std::size_t> region = grown(scene, track.seeds, limit, track.from, most, seen);
    const bool exploded =
        !best.empty() && best.size() > 500 && region.size() > best.size() + best.size() / 3;
    if (exploded || region.size() > most) break;
    best = std::move(region);
  }
  return best;
}

/// One voxel of partial volume around the lumen belongs to it (labels are refined on the native
/// grid), also where the lung's border had taken it.
void label_airway(Scene& scene, const std::vector<std::size_t>& region) {
  const Grid& grid = scene.work.grid;
  const auto columns = static_cast<std::size_t>(grid.size[0]);
  const std::size_t plane = columns * static_cast<std::size_t>(grid.size[1]);
  for (const std::size_t at : region) {
    scene.labels[at] = airway;
    for (const std::size_t to :
         {at - 1, at + 1, at - columns, at + columns, at - plane, at + plane})
      if (to < scene.labels.size() && scene.labels[to] == Label::body) scene.labels[to] = airway;
  }
}

}  // namespace

void central_airway(Scene& scene, Findings& findings) {
  const auto fail = [&](std::string reason) {
    findings.push_back(not_assessed_finding("airway", "Central airway", codes::presence,
                                            codes::chest, std::move(reason)));
  };
  if (scene.labels.empty()) return fail("no body was found in the volume");
  if (finding(findings, "lungs").presence != reporting::Presence::present) {
    label_native(scene);
    return fail(finding(findings, "lungs").not_assessed);
  }
  const Grid& grid = scene.work.grid;
  const std::size_t plane =
      static_cast<std::size_t>(grid.size[0]) * static_cast<std::size_t>(grid.size[1]);
  int low = grid.size[2], high = -1;
  for (std::size_t i = 0; i < scene.labels.size(); ++i)
    if (scene.labels[i] == right_lung || scene.labels[i] == left_lung) {
      low = std::min(low, static_cast<int>(i / plane));
      high = static_cast<int>(i / plane);
    }
  const int top = std::min(grid.size[2] - 1, high + static_cast<int>(60 / working_mm));
  const Track track = longest_track(scene, midline_column(scene), low + (high - low) / 3, top);
  std::vector<std::size_t> region;
  if (track.slices * working_mm >= least_track_mm) region = lumen(scene, track);
  const double volume_ml = static_cast<double>(region.size()) * grid.voxel_ml();
  if (volume_ml >= least_airway_ml) label_airway(scene, region);
  label_native(scene);
  if (volume_ml < least_airway_ml) return fail("the trachea was not found between the lungs");

  reporting::Finding found =
      measured_finding("airway", "Central airway", codes::presence, codes::chest);
  const double native_ml =
      static_cast<double>(scene.sections.voxels(airway)) * scene.volume.grid.voxel_ml();
  const bool cut = track.from == grid.size[2] - 1;
  found.measurements.push_back(
      {.id = "airway.volume",
       .name = "volume of trachea and main bronchi within the scan",
       .concept_name = codes::volume,
       .value = std::round(native_ml * 10) / 10,
       .unit = codes::millilitre,
       .decimals = 0,
       .uncertainty = std::round(native_ml * 1.5) / 10,
       .method =
           "lumen of trachea and central bronchi: region growing from the tracheal air column, "
           "threshold raised by 5 HU until the volume explodes; peripheral bronchi are not "
           "followed",
       .conditions = {"tracheal air column followed over " +
                      number_text(track.slices * working_mm, 0) + " mm"},
       .not_assessed = {},
       .lower_bound = cut});
  findings.push_back(std::move(found));
}

}  // namespace tomoscribe::pipeline::measure
