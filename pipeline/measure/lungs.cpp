// Lungs by the parenchyma band (QUANTIFICATION 0 and A): gas that is not pure after smoothing, a
// core 2.5 mm deep, pieces judged by contact with ribs and by density, sides by the patient's axes,
// then grown back. A plain threshold would join trachea, stomach and both lungs.
#include <algorithm>
#include <cmath>
#include <deque>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/lung_pieces.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t air_hu = -500, pure_gas_hu = -940;
constexpr int regrow_steps = 4;   // 6 mm: the core was 2.5 mm deep
constexpr int recess_steps = 20;  // 30 mm: as deep as recesses thinner than the core run
constexpr double from_pure_gas_mm =
    4.5;  // the blurred rim of trachea, stomach and bowel is thinner

Mask band_of(const Scene& scene) {
  Mask band(scene.body.size());
  for (std::size_t i = 0; i < band.size(); ++i)
    band[i] =
        scene.body[i] != 0 && scene.work.hu[i] < air_hu && scene.smooth[i] > pure_gas_hu ? 1 : 0;
  return band;
}

using Faces = std::array<std::ptrdiff_t, 6>;

/// Labels the unlabelled neighbours of `at` that lie in `through`; they become part of `next`.
void label_neighbours(Mask& labels, const Mask& through, const Faces& faces, std::ptrdiff_t at,
                      std::vector<std::ptrdiff_t>& next) {
  const auto count = static_cast<std::ptrdiff_t>(labels.size());
  for (const std::ptrdiff_t face : faces) {
    const std::ptrdiff_t to = at + face;
    if (to < 0 || to >= count) continue;
    const auto index = static_cast<std::size_t>(to);
    if (labels[index] != 0 || through[index] == 0) continue;
    labels[index] = labels[static_cast<std::size_t>(at)];
    next.push_back(to);
  }
}

/// Spreads labels through `through` by at most `steps` (all the way when negative), breadth first:
/// where two labels meet, each keeps what is nearer.
void spread(Mask& labels, const Mask& through, const Grid& grid, int steps) {
  const Faces faces = face_steps(grid);
  std::vector<std::ptrdiff_t> front, next;
  for (std::size_t at = 0; at < labels.size(); ++at)
    if (labels[at] != 0) front.push_back(static_cast<std::ptrdiff_t>(at));
  for (int step = 0; step != steps && !front.empty(); ++step) {
    next.clear();
    for (const std::ptrdiff_t at : front) label_neighbours(labels, through, faces, at, next);
    front.swap(next);
  }
}

/// What a pocket's faces touch.
struct Shell {
  std::uint32_t all = 0, lung = 0;
  void touch(std::uint8_t label) {
    ++all;
    if (label != 0) ++lung;
  }
  bool mostly_lung() const { return lung * 2 > all; }
};

std::vector<Shell> shells_of(const Components& pockets, const Mask& labels, const Grid& grid) {
  std::vector<Shell> shells(pockets.voxels.size() + 1);
  const Faces faces = face_steps(grid);
  const auto count = static_cast<std::ptrdiff_t>(labels.size());
  for (std::ptrdiff_t at = 0; at < count; ++at) {
    const std::uint16_t pocket = pockets.labels[static_cast<std::size_t>(at)];
    if (pocket == 0) continue;
    for (const std::ptrdiff_t face : faces) {
      const std::ptrdiff_t to = at + face;
      if (to < 0 || to >= count || pockets.labels[static_cast<std::size_t>(to)] != 0) continue;
      shells[pocket].touch(labels[static_cast<std::size_t>(to)]);
    }
  }
  return shells;
}

/// Gas inside the body that lies mostly against lung (emphysema, bullae) belongs to the lung that
/// is nearer through it: in severe emphysema one pocket may reach from one lung into the other.
void join_pockets(Mask& labels, const Scene& scene) {
  const Grid& grid = scene.work.grid;
  Mask rest(labels.size());
  for (std::size_t i = 0; i < rest.size(); ++i)
    rest[i] = scene.body[i] != 0 && labels[i] == 0 && scene.work.hu[i] < air_hu ? 1 : 0;
  const Components pockets = components(rest, grid, 1);
  const std::vector<Shell> shells = shells_of(pockets, labels, grid);
  std::ranges::transform(pockets.labels, rest.begin(), [&](std::uint16_t pocket) {
    return pocket != 0 && shells[pocket].mostly_lung() ? std::uint8_t{1} : std::uint8_t{0};
  });
  spread(labels, rest, grid, -1);
}

/// Gas of lung density, away from pure gas that is no lung: the rims of trachea, stomach and bowel
/// have the density of lung too.
Mask recesses(const Scene& scene, const Mask& band, const Mask& labels) {
  Mask foreign(band.size());
  for (std::size_t i = 0; i < foreign.size(); ++i)
    foreign[i] = scene.body[i] != 0 && labels[i] == 0 && scene.smooth[i] <= pure_gas_hu ? 1 : 0;
  const std::vector<float> depth = depth_mm(foreign, scene.work.grid);
  Mask result(band.size());
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = band[i] != 0 && depth[i] < static_cast<float>(-from_pure_gas_mm) ? 1 : 0;
  return result;
}

/// Half way between the lung and the soft tissue 6 mm outside it (Hu 2001, doi
/// 10.1109/42.929615), HU.
std::int16_t half_density(const Scene& scene, const Mask& labels) {
  constexpr std::ptrdiff_t away = 4;  // voxels
  constexpr std::int16_t least_soft_hu = -200, most_soft_hu = 150;
  constexpr std::size_t every = 5, enough = 1000;  // a sample
  std::vector<std::int16_t> lung, soft;
  const Faces faces = face_steps(scene.work.grid);
  const auto count = static_cast<std::ptrdiff_t>(labels.size());
  for (std::size_t at = 0; at < labels.size(); at += every) {
    if (labels[at] == 0) continue;
    lung.push_back(scene.smooth[at]);
    for (const std::ptrdiff_t face : faces) {
      const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(at) + away * face;
      if (to < 0 || to >= count || labels[static_cast<std::size_t>(to)] != 0) continue;
      const std::int16_t hu = scene.smooth[static_cast<std::size_t>(to)];
      if (hu > least_soft_hu && hu < most_soft_hu) soft.push_back(hu);
    }
  }
  if (lung.size() < enough || soft.size() < enough) return scene.lung_border_hu;
  const auto middle = [](std::vector<std::int16_t>& values) {
    const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, half);
    return static_cast<int>(*half);
  };
  return static_cast<std::int16_t>(std::clamp((middle(lung) + middle(soft)) / 2, -500, -350));
}

std::string why_no_lungs(const Scene& scene) {
  if (scene.labels.empty()) return "no body was found in the volume";
  if (!scene.shows(BodyRegion::chest)) return "the chest is not in the volume";
  return "no piece of gas lies against ribs and has the density of lung";
}

void report(const Scene& scene, Findings& findings) {
  const bool right = std::ranges::find(scene.labels, right_lung) != scene.labels.end();
  const bool left = std::ranges::find(scene.labels, left_lung) != scene.labels.end();
  const auto one = [&](const char* id, const char* title, bool found, reporting::Laterality side) {
    reporting::Finding finding =
        found ? measured_finding(id, title, codes::presence, codes::lung, side)
              : not_assessed_finding(
                    id, title, codes::presence, codes::lung,
                    right || left ? "no aerated lung found on the " + std::string(to_text(side))
                                  : why_no_lungs(scene));
    finding.laterality = side;
    findings.push_back(std::move(finding));
  };
  one("lungs", "Both lungs", right || left, reporting::Laterality::bilateral);
  one("lungs.right", "Right lung", right, reporting::Laterality::right);
  one("lungs.left", "Left lung", left, reporting::Laterality::left);
}

}  // namespace

void lungs(Scene& scene, Findings& findings) {
  // Lung bases are also looked for where the pixels say abdomen.
  if (!scene.shows(BodyRegion::chest) && !scene.shows(BodyRegion::abdomen))
    return report(scene, findings);
  const Grid& grid = scene.work.grid;
  const Mask band = band_of(scene);
  const std::vector<float> depth = depth_mm(band, grid);
  Mask labels = lung_cores(scene, depth, scene.lung_notes);
  Mask core(band.size());
  for (std::size_t i = 0; i < core.size(); ++i) core[i] = depth[i] > core_depth_mm ? 1 : 0;
  spread(labels, core, grid, -1);
  spread(labels, band, grid, regrow_steps);
  join_pockets(labels, scene);  // before the edges: those may take the wall of the trachea
  spread(labels, along_ribs(scene, band), grid, -1);
  if (std::ranges::any_of(labels, [](std::uint8_t label) { return label != 0; })) {
    const Mask before = labels;
    spread(labels, recesses(scene, band, labels), grid, recess_steps);
    scene.recess.resize(labels.size());
    std::ranges::transform(before, labels, scene.recess.begin(),
                           [](std::uint8_t old, std::uint8_t now) { return old != now ? 1 : 0; });
    scene.lung_border_hu = half_density(scene, labels);
  }
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != 0) scene.labels[i] = labels[i];
  report(scene, findings);
}

}  // namespace tomoscribe::pipeline::measure
