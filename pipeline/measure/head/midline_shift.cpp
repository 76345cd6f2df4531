// Septum and third ventricle against the skull's plane of symmetry (QUANTIFICATION A, "midline
// shift"). Under 4 mm nothing is reported: that is what the method can see.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/head/head_parts.h"
#include "pipeline/measure/measure.h"
#include "reporting/knowledge/rules.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;
using reporting::Laterality;
using reporting::Measurement;

constexpr double reported_mm = 4, critical_mm = 5, most_yaw_deg = 20;
constexpr double tolerance_mm = 3.5, half_mm = 30, step_mm = 0.75;

/// A stretch of fluid along a line across the midline, mm from the plane.
struct Run {
  double from = 0, to = 0;
  double length() const { return to - from; }
  double middle() const { return (from + to) / 2; }
};

/// HU along the line through the plane at one place, and the fluid on it.
class Across {
 public:
  Across(const Cranium& cranium, double y, double z, double limit_hu) : limit_{limit_hu} {
    const SymmetryPlane& plane = *cranium.plane;
    const Vec3& n = plane.normal;
    const Vec3 middle{plane.point_mm[0] -
                          (n[1] * (y - plane.point_mm[1]) + n[2] * (z - plane.point_mm[2])) / n[0],
                      y, z};
    constexpr int steps = static_cast<int>(2 * half_mm / step_mm) + 1;
    hu_.reserve(steps);
    for (int i = 0; i < steps; ++i) {
      const double off = place(static_cast<std::size_t>(i));
      const Vec3 point{middle[0] + off * n[0], middle[1] + off * n[1], middle[2] + off * n[2]};
      hu_.push_back(mean_near(cranium, point));
    }
    for (std::size_t i = 0; i < hu_.size(); ++i) {
      if (hu_[i] >= limit_hu) continue;
      const std::size_t first = i;
      while (i + 1 < hu_.size() && hu_[i + 1] < limit_hu) ++i;
      runs_.push_back({place(first) - step_mm / 2, place(i) + step_mm / 2});
    }
  }
  const std::vector<Run>& runs() const { return runs_; }
  /// Lowest value on both sides of a run within `reach` mm.
  bool tissue_beside(const Run& run, double reach) const {
    for (std::size_t i = 0; i < hu_.size(); ++i) {
      const double off = place(i);
      const bool beside =
          (off < run.from && off > run.from - reach) || (off > run.to && off < run.to + reach);
      if (beside && hu_[i] < limit_) return false;
    }
    return run.from - reach > -half_mm && run.to + reach < half_mm;
  }

 private:
  static double place(std::size_t i) { return -half_mm + static_cast<double>(i) * step_mm; }
  /// Over a small cross along the plane: the line keeps its sharpness across it.
  static double mean_near(const Cranium& cranium, const Vec3& point) {
    double sum = 0;
    for (const auto& [dy, dz] :
         {std::array{0.0, 0.0}, {1.5, 0.0}, {-1.5, 0.0}, {0.0, 1.5}, {0.0, -1.5}})
      sum +=
          value_at(cranium.image.hu, cranium.image.grid, {point[0], point[1] + dy, point[2] + dz});
    return sum / 5;
  }
  double limit_;
  std::vector<double> hu_;
  std::vector<Run> runs_;
};

/// A structure of the midline on one line across it.
struct Sighting {
  int row = 0, slice = 0;  ///< of the line, in the cranium's grid
  double off = 0;          ///< mm from the plane
};

/// Sightings of the septum and of the third ventricle.
struct Midline {
  std::vector<Sighting> septum, third;
};

/// Neighbouring lines that see one thing at nearly one place.
bool beside(const Sighting& one, const Sighting& other) {
  constexpr int lines = 2;
  constexpr double apart_mm = 1.5;
  return std::abs(one.row - other.row) <= lines && std::abs(one.slice - other.slice) <= lines &&
         std::abs(one.off - other.off) <= apart_mm;
}

/// Septum and third ventricle are sheets: of all sightings those that hang together most. What
/// sulci and cisterns give lies scattered.
std::vector<Sighting> largest_sheet(std::vector<Sighting> left) {
  std::vector<Sighting> largest;
  while (left.size() > largest.size()) {
    std::vector<Sighting> sheet{left.back()};
    left.pop_back();
    for (std::size_t i = 0; i < sheet.size(); ++i) {
      const Sighting here = sheet[i];
      const auto rest = std::ranges::partition(
          left, [&](const Sighting& other) { return !beside(here, other); });
      sheet.insert(sheet.end(), rest.begin(), rest.end());
      left.erase(rest.begin(), rest.end());
    }
    if (sheet.size() > largest.size()) largest = std::move(sheet);
  }
  return largest;
}

double median_off(const std::vector<Sighting>& sheet) {
  std::vector<double> offs(sheet.size());
  std::ranges::transform(sheet, offs.begin(), &Sighting::off);
  return median_of(offs);
}

void look_across(const Cranium& cranium, int row, int slice, double limit_hu, Midline& midline) {
  constexpr double least_horn_mm = 2.2, septum_from = 0.5, septum_to = 7, most_off = 20;
  constexpr double third_from = 1.5, third_to = 12, wall_mm = 8;
  const Vec3 place = cranium.image.grid.point_mm(0, row, slice);
  const Across line(cranium, place[1], place[2], limit_hu);
  const auto& runs = line.runs();
  for (std::size_t i = 0; i + 1 < runs.size(); ++i) {
    const double gap = runs[i + 1].from - runs[i].to;
    const double middle = (runs[i + 1].from + runs[i].to) / 2;
    if (gap >= septum_from && gap <= septum_to && std::abs(middle) < most_off &&
        runs[i].length() >= least_horn_mm && runs[i + 1].length() >= least_horn_mm)
      midline.septum.push_back({row, slice, middle});
  }
  const auto central = [&](const Run& run) { return std::abs(run.middle()) < most_off; };
  if (std::ranges::count_if(runs, central) != 1) return;
  const Run& run = *std::ranges::find_if(runs, central);
  if (run.length() >= third_from && run.length() <= third_to && line.tissue_beside(run, wall_mm))
    midline.third.push_back({row, slice, run.middle()});
}

/// Looks across the midline wherever fluid of the ventricles is near it.
Midline seen_midline(const Cranium& cranium, double limit_hu) {
  const Grid& grid = cranium.image.grid;
  Midline midline;
  constexpr double near_mm = 25, deep_share = 0.6;
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int row = 0; row < grid.size[1]; ++row) {
      bool fluid = false;
      for (int column = 0; column < grid.size[0] && !fluid; ++column) {
        const std::size_t at = grid.offset(column, row, slice);
        fluid = cranium.inside[at] != 0 &&
                cranium.fine[at] < limit_hu &&
                static_cast<double>(cranium.depth[at]) > deep_share * cranium.deepest_mm &&
                std::abs(cranium.plane->side_mm(grid.point_mm(column, row, slice))) < near_mm;
      }
      if (fluid) look_across(cranium, row, slice, limit_hu, midline);
    }
  midline.septum = largest_sheet(std::move(midline.septum));
  midline.third = largest_sheet(std::move(midline.third));
  return midline;
}

struct Shift {
  double mm = 0, uncertainty_mm = 0;  ///< positive to the patient's left
  std::string seen;                   ///< what it rests on
  Vec3 place_mm{};
};

constexpr std::size_t least_lines = 12;

/// How far the place of one structure moves when the threshold does.
double spread_mm(const Cranium& cranium, double limit_hu,
                 std::vector<Sighting> Midline::*structure, double place) {
  constexpr double moved_hu = 2, lost_mm = 1.5;
  double spread = 0;
  for (const double moved : {-moved_hu, moved_hu}) {
    const std::vector<Sighting> sheet = seen_midline(cranium, limit_hu + moved).*structure;
    const bool seen = 2 * sheet.size() >= least_lines;
    spread = std::max(spread, seen ? std::abs(median_off(sheet) - place) : lost_mm);
  }
  return spread;
}

/// The third ventricle moves less than the septum, and to the same side: how far it lies outside
/// of that.
double disagreement_mm(double septum, double third) {
  return std::max({0.0, std::min(0.0, septum) - third, third - std::max(0.0, septum)});
}

Vec3 middle_of(const Cranium& cranium, const std::vector<Sighting>& sheet) {
  double row = 0, slice = 0;
  for (const Sighting& one : sheet) row += one.row, slice += one.slice;
  const auto count = static_cast<double>(sheet.size());
  return cranium.image.grid.point_mm(0, row / count, slice / count);
}

std::optional<Shift> shift_of(const Cranium& cranium) {
  constexpr double fluid_hu = 5, method_mm = 1;
  const double limit_hu = (fluid_hu + cranium.brain_hu) / 2 + 1;
  const Midline midline = seen_midline(cranium, limit_hu);
  const bool septum = midline.septum.size() >= least_lines;
  const bool third = midline.third.size() >= least_lines;
  if (!septum && !third) return std::nullopt;
  const auto structure = septum ? &Midline::septum : &Midline::third;
  Shift shift{.mm = median_off(midline.*structure)};
  const double spread = spread_mm(cranium, limit_hu, structure, shift.mm);
  const double apart =
      septum && third ? disagreement_mm(shift.mm, median_off(midline.third)) : 0;
  shift.uncertainty_mm = std::sqrt(method_mm * method_mm + spread * spread + apart * apart +
                                   cranium.plane->offset_sd_mm * cranium.plane->offset_sd_mm);
  shift.seen = septum && third ? "septum and third ventricle"
               : septum        ? "septum"
                               : "third ventricle";
  shift.place_mm = middle_of(cranium, midline.*structure);
  return shift;
}

Measurement measurement_of(const Cranium& cranium, const Shift& shift) {
  Measurement result{
      .id = "head.midline-shift.distance",
      .name = "midline shift",
      .concept_name = codes::length,
      .unit = codes::millimetre,
      .decimals = 1,
      .method =
          "median distance of the septum between the lateral ventricles (else of the third "
          "ventricle) from the plane about which the bone of the skull mirrors itself, "
          "of all lines across it those that hang together as a sheet; uncertainty: threshold moved "
          "by 2 HU, how far the third ventricle lies outside of plane and septum, the plane over "
          "parts of the skull, and 1 mm of the method"};
  result.conditions.emplace_back("candidate: to be confirmed");
  result.conditions.push_back("seen: " + shift.seen);
  result.conditions.push_back("head turned by " + number_text(std::abs(cranium.plane->yaw_deg), 0) +
                              " degrees (20 allowed), leaning by " +
                              number_text(std::abs(cranium.plane->roll_deg), 0));
  set_value(result, std::abs(shift.mm), shift.uncertainty_mm, tolerance_mm);
  return result;
}

Finding finding_of(const Scene& scene, const Shift& shift, const Findings& earlier) {
  const Cranium& cranium = *scene.cranium;
  const Laterality side = side_of(shift.mm, 0);
  Finding finding = candidate_finding(
      "head.midline-shift", "midline shift to the " + std::string(reporting::to_text(side)),
      codes::midline_shift, codes::brain, side);
  finding.measurements.push_back(measurement_of(cranium, shift));
  finding.critical = std::abs(shift.mm) >= critical_mm;
  const bool layer = std::ranges::any_of(
      earlier, [](const Finding& one) { return one.id.starts_with("head.extra-axial."); });
  if (const auto& large = reporting::knowledge::rule("sdh.shift-5");
      layer && reporting::knowledge::reached(large, finding.measurements.front()))
    reporting::knowledge::recommend(finding, large);
  Vec3 from{}, to{};
  const double off = cranium.plane->side_mm(shift.place_mm);
  for (std::size_t i = 0; i < 3; ++i) {
    from[i] = shift.place_mm[i] - off * cranium.plane->normal[i];
    to[i] = from[i] + shift.mm * cranium.plane->normal[i];
  }
  if (auto evidence = line_on_image(scene, from, to, "head.midline-shift.line",
                                    "from the skull's midline to the shifted one"))
    finding.evidence.push_back(std::move(*evidence));
  verify_by_measurements(finding);
  return finding;
}

}  // namespace

void midline_shift(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::head) || scene.skull_without_brain) return;
  constexpr const char* id = "head.midline-shift";
  constexpr const char* title = "Midline shift";
  std::string reason = no_scale(scene);
  if (reason.empty() && !scene.cranium->plane) reason = scene.cranium->no_plane;
  if (reason.empty() && std::abs(scene.cranium->plane->yaw_deg) > most_yaw_deg)
    reason = "the head is turned by more than 20 degrees";
  std::optional<Shift> shift;
  if (reason.empty()) {
    shift = shift_of(*scene.cranium);
    if (!shift) reason = "neither the septum nor the third ventricle was found";
  }
  const bool unreliable = shift && (std::abs(shift->mm) < reported_mm
                                        ? std::abs(shift->mm) + shift->uncertainty_mm >= critical_mm
                                        : shift->uncertainty_mm > tolerance_mm);
  if (unreliable)
    reason = "unreliable: " + number_text(std::abs(shift->mm), 1) + " mm \u00b1 " +
             number_text(shift->uncertainty_mm, 1) + " mm by the " + shift->seen +
             "; a shift of 5 mm is not excluded";
  if (!reason.empty()) {
    findings.push_back(not_assessed_finding(id, title, codes::midline_shift, codes::brain, reason));
    return;
  }
  if (std::abs(shift->mm) >= reported_mm) {
    findings.push_back(finding_of(scene, *shift, findings));
    return;
  }
  findings.push_back(nothing_detected(id, title, codes::midline_shift, codes::brain,
                                      "no shift of 4 mm or more measured (" + shift->seen +
                                          " against the skull's plane of symmetry); less is not "
                                          "excluded"));
}

}  // namespace tomoscribe::pipeline::measure
