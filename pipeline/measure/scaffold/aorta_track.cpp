// The descending aorta: a round, even section in front of the spine or to its left, followed from
// slice to slice (Viterbi). Not the arch, and not below the bifurcation: there it is no longer
// round or no longer there, and the track ends.
#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numbers>
#include <optional>

#include "pipeline/measure/measure.h"
#include "pipeline/measure/scaffold/grid_path.h"
#include "pipeline/measure/scaffold/plane_hu.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr int stride = 2;                               // slices, 3 mm
constexpr double step_mm = 3;                           // between candidates
constexpr int columns = 29, rows = 26;                  // candidates, from right and front
constexpr double rightmost_mm = -27, foremost_mm = 66;  // of the vertebral body's middle
constexpr int directions = 24;
constexpr double least_radius_mm = 6, most_radius_mm = 34, least_chest_radius_mm = 8.5;
constexpr double least_blood_hu = 15, most_blood_hu = 650;
// Brighter than the oesophagus or a muscle can be: blood with contrast agent.
constexpr double enhanced_hu = 100, enhanced_bonus = 0.2;
constexpr double beside_cost = 0.8;  // of a place beside the vertebra, in the abdomen
constexpr double least_score = 0.6, sure_score = 0.75, least_length_mm = 20;
constexpr double least_radius_share = 0.66;
constexpr double least_radius_ratio = 0.6;
constexpr std::size_t most_gap = 8;  // strides: the crura of the diaphragm hide the edge

struct Candidate {
  double radius_mm = 0, score = 0;
  double bonus = 0;  ///< for the path alone
};

/// Ray by ray to where the density leaves that of the middle.
class Section {
 public:
  Section(const Scene& scene, int slice)
      : hu_(scene.smooth, scene.work.grid, slice), size_{scene.work.grid.size} {}

  Candidate at(double column, double row) const {
    const double blood = blood_at(column, row);
    if (blood < least_blood_hu || blood > most_blood_hu) return {};
    const Reach reach = reach_of(column, row, blood, tolerance_of(blood));
    const double radius = middle_of(reach);
    if (radius < least_radius_mm || radius > most_radius_mm) return {};
    const double slack = std::max(2.0, 0.15 * radius);
    const auto fitting =
        std::ranges::count_if(reach, [&](double mm) { return std::abs(mm - radius) <= slack; });
    const double bonus = blood >= enhanced_hu ? enhanced_bonus : 0;
    return {
        .radius_mm = radius, .score = static_cast<double>(fitting) / directions, .bonus = bonus};
  }

  /// The point moved towards the middle of the edges that fit a circle.
  std::pair<double, double> centred(double column, double row) const {
    const double blood = blood_at(column, row);
    const Reach reach = reach_of(column, row, blood, tolerance_of(blood));
    const double radius = middle_of(reach), slack = std::max(3.0, 0.25 * radius);
    double move_c = 0, move_r = 0, pairs = 0;
    for (int i = 0; i < directions / 2; ++i) {
      const double one = reach[static_cast<std::size_t>(i)];
      const double other = reach[index_of(i + directions / 2)];
      if (std::abs(one - radius) > slack || std::abs(other - radius) > slack) continue;
      move_c += (one - other) / 2 * std::cos(angle(i));
      move_r += (one - other) / 2 * std::sin(angle(i));
      ++pairs;
    }
    if (pairs < 3) return {column, row};
    return {column + 2 * move_c / pairs / working_mm, row + 2 * move_r / pairs / working_mm};
  }

 private:
  using Reach = std::array<double, directions>;

  static double angle(int direction) { return 2 * std::numbers::pi * direction / directions; }
  static double tolerance_of(double blood) { return std::max(45.0, 0.45 * (blood - 30)); }
  static double middle_of(Reach reach) {
    std::ranges::nth_element(reach, reach.begin() + directions / 2);
    return reach[directions / 2];
  }
  double blood_at(double column, double row) const {
    return (2 * hu_(column, row) + hu_(column - 1, row) + hu_(column + 1, row) +
            hu_(column, row - 1) + hu_(column, row + 1)) /
           6;
  }
  Reach reach_of(double column, double row, double blood, double tolerance) const {
    Reach reach{};
    for (int i = 0; i < directions; ++i)
      reach[static_cast<std::size_t>(i)] = edge_mm(column, row, angle(i), blood, tolerance);
    return reach;
  }

  double edge_mm(double column, double row, double angle, double blood, double tolerance) const {
    const double dc = std::cos(angle) / working_mm, dr = std::sin(angle) / working_mm;
    // NOLINTNEXTLINE(cert-flp30-c,clang-analyzer-security.FloatLoopCounter): a step more is no harm
    for (double mm = 3; mm <= most_radius_mm + 6; mm += 1) {
      const double c = column + mm * dc, r = row + mm * dr;
      if (c < 0 || r < 0 || c > size_[0] - 1 || r > size_[1] - 1) return mm;
      if (std::abs(hu_(c, r) - blood) > tolerance) return mm;
    }
    return most_radius_mm + 6;
  }

  PlaneHu hu_;
  const std::array<int, 3>& size_;
};

int column_of(std::size_t place) {
  return static_cast<int>(place) % columns;
}
int row_of(std::size_t place) {
  return static_cast<int>(place) / columns;
}
double left_mm(int column) {
  return rightmost_mm + column * step_mm;
}
double front_mm(int row) {
  return foremost_mm - row * step_mm;
}

/// Where an aorta can lie to a vertebral body, and how usual that is: cost, nullopt when it cannot.
std::optional<double> place_cost(const SpineSlice& spine, int column, int row, double radius_mm,
                                 bool in_abdomen) {
  const double left = left_mm(column), front = front_mm(row);
  const double away = std::hypot(left / (spine.half_width_mm + 0.6 * radius_mm),
                                 front / (spine.half_depth_mm + 0.6 * radius_mm));
  if (away < 1) return std::nullopt;
  // Beside the body it lies to the left; far in front of it nothing but a curved aorta does.
  const double gap =
      std::hypot(left, front) - radius_mm - std::max(spine.half_width_mm, spine.half_depth_mm);
  double cost = 0.15 * std::pow((left - 16) / 20, 2) + 0.01 * std::max(0.0, gap - 4);
  if (front < -spine.half_depth_mm / 2) cost += 0.3;
  // Below the diaphragm it lies in front of the vertebrae; what is round beside them is the psoas.
  if (in_abdomen)
    cost += beside_cost *
            std::clamp((0.6 * spine.half_depth_mm - front) / spine.half_depth_mm, 0.0, 1.0);
  return cost;
}

using Candidates = std::vector<Candidate>;  // [row][column]

Candidates candidates_of(const Scene& scene, int slice) {
  const SpineSlice& spine = scene.spine.at[static_cast<std::size_t>(slice)];
  const Section section(scene, slice);
  Candidates all(static_cast<std::size_t>(columns * rows));
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column)
      all[index_of(row * columns + column)] =
          section.at(spine.body_column + left_mm(column) / working_mm,
                     spine.body_row - front_mm(row) / working_mm);
  return all;
}

struct Path {
  std::vector<Candidates> candidates;
  std::vector<std::size_t> best;  ///< index of the candidate, per slice of the path
};

std::vector<float> scores_of(const Candidates& candidates, const SpineSlice& spine,
                             bool in_abdomen) {
  std::vector<float> scores(candidates.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto cost =
        place_cost(spine, column_of(i), row_of(i), candidates[i].radius_mm, in_abdomen);
    scores[i] = static_cast<float>(cost ? candidates[i].score + candidates[i].bonus - *cost : -1);
  }
  return scores;
}

Path best_path(const Scene& scene) {
  Path path;
  GridPath best(columns, rows);
  for (int slice = scene.spine.first; slice <= scene.spine.last; slice += stride) {
    Candidates here = candidates_of(scene, slice);
    const BodyRegion region = scene.regions[static_cast<std::size_t>(slice)];
    best.add(scores_of(here, scene.spine.at[static_cast<std::size_t>(slice)],
                       region == BodyRegion::abdomen || region == BodyRegion::pelvis),
             [&](std::size_t before, std::size_t at) {
               const double growth =
                   std::abs(path.candidates.back()[before].radius_mm - here[at].radius_mm);
               return (before == at ? 0 : 0.03) + 0.02 * std::min(growth, 15.0);
             });
    path.candidates.push_back(std::move(here));
  }
  path.best = best.path();
  return path;
}

/// The slice's section as it is, the candidate's place made finer.
AortaSlice refined(const Scene& scene, int slice, const Candidate& candidate, std::size_t place) {
  const SpineSlice& spine = scene.spine.at[static_cast<std::size_t>(slice)];
  const Section section(scene, slice);
  AortaSlice result{.column = spine.body_column + left_mm(column_of(place)) / working_mm,
                    .row = spine.body_row - front_mm(row_of(place)) / working_mm,
                    .radius_mm = candidate.radius_mm,
                    .score = candidate.score,
                    .hu = 0};
  for (int round = 0; round < 3; ++round) {
    const auto [column, row] = section.centred(result.column, result.row);
    const Candidate there = section.at(column, row);
    if (there.score < result.score) break;
    result.column = column, result.row = row;
    result.radius_mm = there.radius_mm, result.score = there.score;
  }
  result.hu = PlaneHu(scene.smooth, scene.work.grid, slice)(result.column, result.row);
  return result;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

bool is_alike(const AortaSlice& at, double hu, double radius_mm) {
  return at.radius_mm > least_radius_share * radius_mm &&
         std::abs(at.hu - hu) < std::max(30.0, 0.25 * hu);
}

/// Density and radius of the vessel that most of the path follows, by the volume of the sections
/// that are alike: above the arch the path may go on in the oesophagus or a branch, which are thin.
std::optional<AortaSlice> usual_section(const std::vector<AortaSlice>& path) {
  std::vector<AortaSlice> sure;
  sure.reserve(path.size());
  std::ranges::copy_if(path, std::back_inserter(sure), [](const AortaSlice& at) {
    return at.score >= sure_score && at.radius_mm >= least_radius_mm + 1;
  });
  std::vector<double> blood, radii;
  double most = 0;
  for (const AortaSlice& reference : sure) {
    std::vector<double> hu, radius;
    double volume = 0;
    for (const AortaSlice& at : sure) {
      if (!is_alike(at, reference.hu, reference.radius_mm)) continue;
      hu.push_back(at.hu);
      radius.push_back(at.radius_mm);
      volume += at.radius_mm * at.radius_mm;
    }
    if (volume <= most) continue;
    most = volume, blood = std::move(hu), radii = std::move(radius);
  }
  if (blood.size() < 4) return std::nullopt;
  return AortaSlice{.radius_mm = median(radii), .hu = median(blood)};
}

/// The slices on which the path is a vessel: of the blood and about the size of the best ones, in
/// chest, abdomen or pelvis.
std::vector<std::uint8_t> vessel_slices(const Scene& scene, const std::vector<AortaSlice>& path,
                                        const std::vector<int>& slices) {
  std::vector<std::uint8_t> good(path.size(), 0);
  const std::optional<AortaSlice> usual = usual_section(path);
  if (!usual) return good;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const BodyRegion region = scene.regions[static_cast<std::size_t>(slices[i])];
    good[i] = path[i].score >= least_score && is_alike(path[i], usual->hu, usual->radius_mm) &&
                      region != BodyRegion::none && region != BodyRegion::head
                  ? 1
                  : 0;
  }
  return good;
}

/// Whether two sections on either side of a gap can be the same vessel. Above the arch the path
/// goes on in one of its branches, which is much thinner.
bool same_vessel(const AortaSlice& one, const AortaSlice& other) {
  const auto [small, large] = std::minmax(one.radius_mm, other.radius_mm);
  return small >= least_radius_ratio * large;
}

/// The longest run of good slices, gaps of up to 24 mm included.
std::pair<std::size_t, std::size_t> longest_run(const std::vector<std::uint8_t>& good,
                                                const std::vector<AortaSlice>& path) {
  std::pair<std::size_t, std::size_t> best{1, 0};
  std::size_t length = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    if (good[i] == 0) continue;
    std::size_t last = i;
    for (std::size_t k = i; k < good.size() && k - last <= most_gap; ++k)
      if (good[k] != 0 && same_vessel(path[last], path[k])) last = k;
    if (last - i + 1 > length) length = last - i + 1, best = {i, last};
    i = last;
  }
  return best;
}

/// Whether the run in the chest is thinner than an aorta of adults, which measures 17 mm and more
/// there (Wolak 2008, doi 10.1016/j.jcmg.2007.11.005): beside fluid the path may follow the
/// oesophagus.
bool too_thin(const Scene& scene, const std::vector<AortaSlice>& sections,
              const std::vector<int>& slices, const std::vector<std::uint8_t>& good,
              const std::pair<std::size_t, std::size_t>& run) {
  std::vector<double> radii;
  for (std::size_t i = run.first; i <= run.second; ++i)
    if (good[i] != 0 && scene.regions[static_cast<std::size_t>(slices[i])] == BodyRegion::chest)
      radii.push_back(sections[i].radius_mm);
  return !radii.empty() && median(std::move(radii)) < least_chest_radius_mm;
}

}  // namespace

void aorta_track(Scene& scene, Findings& /*findings*/) {
  if (!scene.spine.found()) return;
  const Path path = best_path(scene);
  std::vector<AortaSlice> sections;
  std::vector<int> slices;
  sections.reserve(path.best.size());
  slices.reserve(path.best.size());
  for (std::size_t i = 0; i < path.best.size(); ++i) {
    slices.push_back(scene.spine.first + static_cast<int>(i) * stride);
    sections.push_back(
        refined(scene, slices.back(), path.candidates[i][path.best[i]], path.best[i]));
  }
  const std::vector<std::uint8_t> good = vessel_slices(scene, sections, slices);
  const auto [from, to] = longest_run(good, sections);
  scene.aorta.at.assign(scene.spine.at.size(), {});
  if (from > to || static_cast<double>(to - from + 1) * stride * working_mm < least_length_mm)
    return;
  if (too_thin(scene, sections, slices, good, {from, to})) return;
  for (std::size_t i = from; i <= to; ++i)
    if (good[i] != 0) scene.aorta.at[static_cast<std::size_t>(slices[i])] = sections[i];
}

}  // namespace tomoscribe::pipeline::measure
