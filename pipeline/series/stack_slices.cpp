#include "pipeline/series/stack_slices.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <optional>

#include "pipeline/series/spacing.h"

namespace tomoscribe::pipeline {
namespace {

constexpr double cosine_tolerance = 1e-4;  // between planes of one stack
constexpr double unit_tolerance = 1e-3;    // headers carry few digits; vectors are normalised
constexpr double same_place_mm = 0.01;
constexpr double same_spacing_mm = 1e-3;
constexpr double least_pixel_mm = 0.01, most_pixel_mm = 50;
constexpr double farthest_mm = 1e5;      // from the frame's origin
constexpr double most_extent_mm = 3000;  // no scanner's table is longer
constexpr double most_field_mm = 1000;   // no scanner's bore is wider
constexpr double least_field_mm = 10;
constexpr double most_tilt_degrees = 45;

struct Placed {
  const SlicePlane* plane;
  double along_mm;
};

Vec3 minus(const Vec3& a, const Vec3& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
Vec3 scaled(const Vec3& a, double factor) {
  return {a[0] * factor, a[1] * factor, a[2] * factor};
}

bool finite(const Vec3& v) {
  return std::isfinite(v[0]) && std::isfinite(v[1]) && std::isfinite(v[2]);
}

/// Row and column direction made exactly orthonormal; nullopt when they are not so already within
/// what a header's digits allow.
std::optional<std::array<Vec3, 2>> orthonormal(const std::array<Vec3, 2>& given) {
  const auto& [row, column] = given;
  if (!finite(row) || !finite(column)) return std::nullopt;
  const double row_length = length(row), column_length = length(column);
  if (std::abs(row_length - 1) > unit_tolerance || std::abs(column_length - 1) > unit_tolerance ||
      std::abs(dot(row, column)) > unit_tolerance)
    return std::nullopt;
  const Vec3 unit_row = scaled(row, 1 / row_length);
  const Vec3 rest = minus(column, scaled(unit_row, dot(column, unit_row)));
  return std::array<Vec3, 2>{unit_row, scaled(rest, 1 / length(rest))};
}

std::optional<std::string> fault_of(const SlicePlane& plane) {
  if (!orthonormal(plane.orientation))
    return "the image orientation is not a pair of perpendicular unit vectors";
  if (!finite(plane.position_mm)) return "an image position is not a number";
  if (length(plane.position_mm) > farthest_mm) return "an image position is impossible";
  for (const double spacing : plane.spacing_mm)
    if (!(spacing >= least_pixel_mm) || spacing > most_pixel_mm)
      return "the pixel spacing is missing or impossible";
  if (plane.rows <= 0 || plane.columns <= 0) return "an image has no rows or no columns";
  const auto [narrow, wide] =
      std::minmax({plane.rows * plane.spacing_mm[0], plane.columns * plane.spacing_mm[1]});
  if (wide > most_field_mm) return "an image is wider than 1 m";
  if (narrow < least_field_mm) return "an image is narrower than 1 cm";
  return std::nullopt;
}

std::optional<std::string> difference(const SlicePlane& first, const SlicePlane& other) {
  if (first.rows != other.rows || first.columns != other.columns)
    return "the images differ in rows or columns";
  for (std::size_t i = 0; i < 2; ++i) {
    if (std::abs(first.spacing_mm[i] - other.spacing_mm[i]) > same_spacing_mm)
      return "the images differ in pixel spacing";
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (std::abs(first.orientation[i][axis] - other.orientation[i][axis]) > cosine_tolerance)
        return "the images are not parallel";
  }
  return std::nullopt;
}

/// Slices at one position: the lower SOP Instance UID stays.
void take_out_duplicates(std::vector<Placed>& placed, Stack& stack) {
  std::vector<Placed> kept;
  for (const Placed& next : placed) {
    const bool same_place =
        !kept.empty() && std::abs(next.along_mm - kept.back().along_mm) < same_place_mm;
    if (same_place)
      stack.duplicates.push_back({kept.back().plane->source, next.plane->source});
    else
      kept.push_back(next);
  }
  placed = std::move(kept);
}

/// The in-plane shift must be the same for each millimetre along the normal.
std::optional<std::string> sideways(const std::vector<Placed>& placed, const Vec3& per_mm,
                                    const Vec3& normal) {
  for (std::size_t i = 1; i < placed.size(); ++i) {
    const Vec3 moved = minus(placed[i].plane->position_mm, placed[i - 1].plane->position_mm);
    const Vec3 step = scaled(per_mm, placed[i].along_mm - placed[i - 1].along_mm);
    const Vec3 off = minus(moved, step);
    const Vec3 in_plane = minus(off, scaled(normal, dot(off, normal)));
    const double allowed = std::max(0.1, 0.01 * length(step));
    if (length(in_plane) > allowed)
      return "slice " + std::to_string(i + 1) + " is shifted sideways by " +
             millimetres(length(in_plane)) + " mm";
  }
  return std::nullopt;
}

std::string name_of(const Placed& placed, std::size_t number) {
  return placed.plane->name.empty() ? "slice " + std::to_string(number + 1) : placed.plane->name;
}

std::string tenths(double mm) {
  return millimetres(std::round(mm * 10) / 10);
}

void name_holes(Stack& stack, const Spacing& spacing, const std::vector<Placed>& placed) {
  stack.missing.reserve(spacing.holes.size());
  for (const Hole& hole : spacing.holes) {
    const Placed& before = placed[hole.after];
    const Placed& behind = placed[hole.after + 1];
    stack.missing.push_back(
        {.after = static_cast<int>(hole.after),
         .slices = hole.slices,
         .text = std::to_string(hole.slices) + (hole.slices == 1 ? " slice" : " slices") +
                 " missing between " + name_of(before, hole.after) + " and " +
                 name_of(behind, hole.after + 1) + " (z " + tenths(before.plane->position_mm[2]) +
                 " to " + tenths(behind.plane->position_mm[2]) + " mm)"});
  }
}

/// What people must know of the spacing.
void note_spacing(Stack& stack, const Spacing& spacing, std::size_t left_out) {
  int invented = 0;
  for (const MissingSlices& hole : stack.missing) invented += hole.slices;
  if (invented > 0)
    stack.notes.push_back(std::to_string(invented) + (invented == 1 ? " slice" : " slices") +
                          " interpolated where images are missing");
  if (spacing.mixed) {
    stack.notes.push_back("mixed slice spacing: resampled to " + millimetres(spacing.step_mm) +
                          " mm from the true position of each image");
  } else if (stack.resampled && spacing.jitter_mm > 0.05 * spacing.median_mm) {
    stack.notes.push_back("slice spacing varies by up to " + millimetres(spacing.jitter_mm) +
                          " mm: resampled from the true position of each image");
  }
  if (left_out > 0)
    stack.notes.push_back(std::to_string(left_out) + (left_out == 1 ? " image" : " images") +
                          " left out: too far from the rest of the series");
}

/// Takes the block of images that is used; the others are left apart.
void keep_block(std::vector<Placed>& placed, const Spacing& spacing, Stack& stack) {
  std::vector<Placed> kept;
  kept.reserve(spacing.count);
  for (std::size_t i = 0; i < placed.size(); ++i) {
    if (i < spacing.first || i >= spacing.first + spacing.count)
      stack.apart.push_back(placed[i].plane->source);
    else
      kept.push_back(placed[i]);
  }
  placed = std::move(kept);
}

std::optional<std::string> set_grid(Stack& stack, const Spacing& spacing,
                                    const std::vector<Placed>& placed,
                                    const std::array<Vec3, 2>& axes) {
  const Vec3 normal = cross(axes[0], axes[1]);
  const SlicePlane& first = *placed.front().plane;
  const double along_mm = placed.back().along_mm - placed.front().along_mm;
  const Vec3 line = minus(placed.back().plane->position_mm, first.position_mm);
  const Vec3 per_mm = scaled(line, 1 / along_mm);
  if (auto fault = sideways(placed, per_mm, normal)) return fault;
  if (length(line) > most_extent_mm) return "the slices span more than 3 m";
  const double cosine = std::clamp(1 / length(per_mm), -1.0, 1.0);
  stack.tilt_degrees = std::acos(cosine) * 180 / std::numbers::pi;
  if (stack.tilt_degrees > most_tilt_degrees)
    return "the slices are stacked sideways: the position moves within the plane of the images";
  if (stack.tilt_degrees > 0.5)
    stack.notes.push_back("gantry tilt of " + tenths(stack.tilt_degrees) +
                          " degrees: kept as a sheared grid");
  stack.grid.size = {first.columns, first.rows, spacing.slices};
  stack.grid.origin_mm = first.position_mm;
  stack.grid.step_mm = {scaled(axes[0], first.spacing_mm[1]), scaled(axes[1], first.spacing_mm[0]),
                        scaled(per_mm, spacing.step_mm)};
  return std::nullopt;
}

}  // namespace

Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
double dot(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
double length(const Vec3& a) {
  return std::sqrt(dot(a, a));
}

std::string millimetres(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", value);
  std::string shown = text.data();
  while (shown.back() == '0' && shown[shown.size() - 2] != '.') shown.pop_back();
  return shown;
}

std::variant<Stack, Unsuitable> stack_slices(std::vector<SlicePlane> planes) {
  if (planes.empty()) return Unsuitable{"no slices"};
  for (const SlicePlane& plane : planes) {
    if (const auto fault = fault_of(plane)) return Unsuitable{*fault};
    if (const auto fault = difference(planes.front(), plane)) return Unsuitable{*fault};
  }
  if (planes.size() == 1) return Unsuitable{"only one slice: a volume needs more"};

  const auto axes = orthonormal(planes.front().orientation).value();
  const Vec3 normal = cross(axes[0], axes[1]);
  std::ranges::sort(planes, {}, &SlicePlane::sop_instance);
  std::vector<Placed> placed;
  placed.reserve(planes.size());
  for (const SlicePlane& plane : planes) placed.push_back({&plane, dot(plane.position_mm, normal)});
  std::ranges::stable_sort(placed, {}, &Placed::along_mm);

  Stack stack;
  take_out_duplicates(placed, stack);
  if (placed.size() == 1) return Unsuitable{"all images lie at one position: a volume needs more"};

  std::vector<double> along_mm;
  along_mm.reserve(placed.size());
  for (const Placed& slice : placed) along_mm.push_back(slice.along_mm);
  std::variant<Spacing, Unsuitable> outcome = spacing_of(along_mm);
  if (auto* fault = std::get_if<Unsuitable>(&outcome)) return std::move(*fault);
  auto& spacing = std::get<Spacing>(outcome);
  keep_block(placed, spacing, stack);
  if (const auto fault = set_grid(stack, spacing, placed, axes)) return Unsuitable{*fault};
  stack.resampled = !spacing.regular;
  stack.spacing_mm = spacing.median_mm * length(stack.grid.step_mm[2]) / spacing.step_mm;
  stack.jitter_mm = spacing.jitter_mm;
  stack.mixed = spacing.mixed;
  stack.order.reserve(placed.size());
  for (const Placed& slice : placed) stack.order.push_back(slice.plane->source);
  name_holes(stack, spacing, placed);
  note_spacing(stack, spacing, stack.apart.size());
  stack.at = std::move(spacing.at);
  return stack;
}

}  // namespace tomoscribe::pipeline
