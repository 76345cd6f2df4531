// How the patient lies: the side of the table as the pixels show it, against what the header says;
// and how far the body is turned about its long axis.
// Source: QUANTIFICATION B, "rotation/prone"; PS3.3 C.7.3.1.1.2 (patient position).
#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"
#include "pipeline/gates/sides.h"
#include "pipeline/measure/finding_parts.h"

namespace tomoscribe::pipeline::gates {
namespace {

constexpr double least_table_share = 0.5;  // of the slices on which something lies beneath
constexpr double most_turned_degrees = 20;
constexpr double least_flat = 1.15;  // width to depth of a body that has a direction
constexpr std::int16_t table_hu = -700;
constexpr double least_width_mm = 80;

constexpr double bin_mm = 10;

/// The body's box in a native slice, LPS.
struct Box {
  Vec3 low{1e9, 1e9, 1e9}, high{-1e9, -1e9, -1e9};
  double width(std::size_t axis) const { return high[axis] - low[axis]; }
};

template <class Visit>
void for_pixels(const Grid& grid, int slice, const Visit& visit) {
  const int step = std::max(1, static_cast<int>(1.5 / grid.spacing_mm()[0]));
  for (int row = 0; row < grid.size[1]; row += step)
    for (int column = 0; column < grid.size[0]; column += step)
      visit(grid.offset(column, row, slice), grid.point_mm(column, row, slice));
}

Box body_box(const measure::Scene& scene, int slice) {
  Box box;
  for_pixels(scene.volume.grid, slice, [&](std::size_t at, const Vec3& point) {
    if (scene.native.labels[at] == measure::nothing) return;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      box.low[axis] = std::min(box.low[axis], point[axis]);
      box.high[axis] = std::max(box.high[axis], point[axis]);
    }
  });
  return box;
}

/// What lies beside the body along each side, in bins of 10 mm: a table lies along all of it, an
/// arm does not.
struct Beside {
  std::array<std::vector<char>, 4> bins;  ///< Side
  explicit Beside(const Box& box) {
    for (std::size_t side = 0; side < 4; ++side)
      bins[side].assign(static_cast<std::size_t>(box.width(side < 2 ? 0 : 1) / bin_mm) + 1, 0);
  }
  void add(const Box& box, const Vec3& point) {
    const bool between_x = point[0] > box.low[0] && point[0] < box.high[0];
    const bool between_y = point[1] > box.low[1] && point[1] < box.high[1];
    const auto mark = [&](Side side, std::size_t axis) {
      bins[static_cast<std::size_t>(side)]
          [static_cast<std::size_t>((point[axis] - box.low[axis]) / bin_mm)] = 1;
    };
    if (between_x && point[1] < box.low[1]) mark(Side::front, 0);
    if (between_x && point[1] > box.high[1]) mark(Side::back, 0);
    if (between_y && point[0] < box.low[0]) mark(Side::right, 1);
    if (between_y && point[0] > box.high[0]) mark(Side::left, 1);
  }
  double covered(Side side) const {
    const auto& line = bins[static_cast<std::size_t>(side)];
    return static_cast<double>(std::ranges::count(line, 1)) / static_cast<double>(line.size());
  }
};

/// The side of a slice along which something lies; nullopt when on none or on several.
std::optional<Side> lying_side(const measure::Scene& scene, int slice) {
  const Box box = body_box(scene, slice);
  if (box.width(0) < least_width_mm || box.width(1) < least_width_mm) return std::nullopt;
  Beside beside(box);
  for_pixels(scene.volume.grid, slice, [&](std::size_t at, const Vec3& point) {
    if (scene.native.labels[at] == measure::nothing && scene.volume.hu[at] > table_hu)
      beside.add(box, point);
  });
  std::optional<Side> found;
  for (const Side side : {Side::front, Side::back, Side::right, Side::left}) {
    if (beside.covered(side) < (side == Side::front || side == Side::back ? 0.7 : 0.9)) continue;
    if (found) return std::nullopt;
    found = side;
  }
  return found;
}

/// Angle of the body's long section axis to the patient's left-right axis, or for a body deeper
/// than wide (head) to its front-back axis; nullopt for round bodies.
std::optional<double> turned_degrees(const measure::Scene& scene) {
  const Grid& grid = scene.work.grid;
  double n = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  std::size_t at = 0;
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column, ++at) {
        if (scene.body[at] == 0) continue;
        ++n, sx += column, sy += row;
        sxx += double(column) * column, syy += double(row) * row, sxy += double(column) * row;
      }
  if (n < 1000) return std::nullopt;
  const double xx = sxx / n - sx / n * sx / n, yy = syy / n - sy / n * sy / n,
               xy = sxy / n - sx / n * sy / n;
  const double mean = (xx + yy) / 2, half = std::hypot((xx - yy) / 2, xy);
  if (mean <= half || std::sqrt((mean + half) / (mean - half)) < least_flat) return std::nullopt;
  double angle = 0.5 * std::atan2(2 * xy, xx - yy) * 180 / std::numbers::pi;  // to the x axis
  if (angle > 45) angle -= 90;
  if (angle < -45) angle += 90;
  return std::abs(angle);
}

}  // namespace

std::optional<Side> stated_side(const std::string& position) {
  if (position.ends_with("DR")) return Side::right;
  if (position.ends_with("DL")) return Side::left;
  if (position.ends_with("S")) return Side::back;
  if (position.ends_with("P")) return Side::front;
  return std::nullopt;
}

std::string lying_on(Side side) {
  switch (side) {
    case Side::front: return "prone";
    case Side::back: return "supine";
    case Side::right: return "on the right side";
    case Side::left: return "on the left side";
  }
  return {};
}

std::optional<Side> table_side(const measure::Scene& scene) {
  if (scene.native.labels.empty()) return std::nullopt;
  const int slices = scene.volume.grid.size[2];
  const int step = std::max(1, slices / 40);
  std::array<int, 4> votes{};
  int seen = 0;
  for (int slice = step / 2; slice < slices; slice += step, ++seen)
    if (const auto side = lying_side(scene, slice)) ++votes[static_cast<std::size_t>(*side)];
  const auto most = std::ranges::max_element(votes);
  if (*most <= least_table_share * seen) return std::nullopt;
  return static_cast<Side>(most - votes.begin());
}

Result position(const measure::Scene& scene) {
  std::vector<Result> faults;
  const auto seen = table_side(scene);
  const auto stated = stated_side(scene.volume.header.patient_position);
  if (seen && stated && *seen != *stated)
    faults.push_back(restricted({Use::laterality}, "the header says " + lying_on(*stated) +
                                                       ", the table in the images says " +
                                                       lying_on(*seen) +
                                                       ": left and right are in doubt"));
  const auto turned = turned_degrees(scene);
  const double head =
      scene.cranium && scene.cranium->plane ? std::abs(scene.cranium->plane->yaw_deg) : 0;
  if (head > most_turned_degrees)
    faults.push_back(restricted({Use::symmetry}, "the head is turned by " +
                                                     measure::number_text(head, 0) +
                                                     " degrees about the body's long axis"));
  else if (turned && *turned > most_turned_degrees)
    faults.push_back(restricted({Use::symmetry}, "the body is turned by " +
                                                     measure::number_text(*turned, 0) +
                                                     " degrees about its long axis"));
  if (seen && *seen != Side::back) faults.push_back(passed("the patient lies " + lying_on(*seen)));
  return together(std::move(faults));
}

}  // namespace tomoscribe::pipeline::gates
