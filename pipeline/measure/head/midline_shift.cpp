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
constexpr double tolerance_mm = 3.5, half_mm = 40, step_mm = 0.75;

/// A stretch of fluid along a line across the midline, mm from the plane.
struct Run {
  double from = 0, to = 0;
  double length() const { return to - from; }
  double middle() const { return (from + to) / 2; }
};

/// The plane's point at that y and z.
Vec3 on_plane(const SymmetryPlane& plane, double y, double z) {
  const Vec3& n = plane.normal;
  const double ahead = n[1] * (y - plane.point_mm[1]) + n[2] * (z - plane.point_mm[2]);
  return {plane.point_mm[0] - ahead / n[0], y, z};
}

/// HU along the line through the plane at one place, and the fluid on it.
class Across {
 public:
  Across(const Cranium& cranium, double y, double z, double limit_hu) : limit_{limit_hu} {
    const Vec3& n = cranium.plane->normal;
    const Vec3 middle = on_plane(*cranium.plane, y, z);
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
      // What reaches the line's end is no ventricle: an infarct, a fissure.
      if (first > 0 && i + 1 < hu_.size())
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

/// Takes out of `left` what hangs together with its last sighting.
std::vector<Sighting> next_sheet(std::vector<Sighting>& left) {
  std::vector<Sighting> sheet{left.back()};
  left.pop_back();
  for (std::size_t i = 0; i < sheet.size(); ++i) {
    const Sighting here = sheet[i];
    const auto rest = std::partition(left.begin(), left.end(),
                                     [&](const Sighting& other) { return !beside(here, other); });
    sheet.insert(sheet.end(), rest, left.end());
    left.erase(rest, left.end());
  }
  return sheet;
}

double median_off(const std::vector<Sighting>& lines) {
  std::vector<double> offs(lines.size());
  std::ranges::transform(lines, offs.begin(), &Sighting::off);
  return median_of(offs);
}

/// Septum and third ventricle are sheets: of all sightings those that hang together most. What
/// sulci and cisterns give lies scattered.
struct Sheet {
  std::vector<Sighting> lines;
  double off = 0;       ///< median, mm from the plane
  double rival_mm = 0;  ///< how far away another sheet lies that is more than half as large
};

Sheet largest_sheet(std::vector<Sighting> left) {
  std::vector<std::vector<Sighting>> sheets;
  while (!left.empty()) sheets.push_back(next_sheet(left));
  Sheet sheet;
  if (sheets.empty()) return sheet;
  std::ranges::stable_sort(sheets, std::ranges::greater{}, &std::vector<Sighting>::size);
  sheet.lines = sheets.front();
  sheet.off = median_off(sheet.lines);
  constexpr double same_mm = 3;
  for (const auto& other : sheets) {
    const double apart = std::abs(median_off(other) - sheet.off);
    if (2 * other.size() > sheet.lines.size() && apart > same_mm)
      sheet.rival_mm = std::max(sheet.rival_mm, apart);
  }
  return sheet;
}

/// Where the third ventricle lies: its roof 30 mm above the base at most, from 25 mm in front of
/// the skull's middle to 8 mm behind it. Higher up are the lateral ones, behind it cisterns.
bool may_hold_third(const Cranium& cranium, const Vec3& place) {
  constexpr double above_base_mm = 30, before_mm = 25, behind_mm = 8;
  const double back = place[1] - cranium.plane->point_mm[1];
  return back > -before_mm && back < behind_mm &&
         (!cranium.base_mm || place[2] < *cranium.base_mm + above_base_mm);
}

void look_across(const Cranium& cranium, int row, int slice, double limit_hu, Midline& midline) {
  constexpr double least_horn_mm = 2.2, septum_from = 0.5, septum_to = 14, most_off = 20;
  constexpr double deep_share = 0.6, third_from = 1.5, third_to = 12, wall_mm = 8;
  const Vec3 place = cranium.image.grid.point_mm(0, row, slice);
  const Across line(cranium, place[1], place[2], limit_hu);
  const auto& runs = line.runs();
  const bool deep =
      value_at(cranium.depth, cranium.image.grid, on_plane(*cranium.plane, place[1], place[2])) >
      deep_share * cranium.deepest_mm;
  for (std::size_t i = 0; deep && i + 1 < runs.size(); ++i) {
    const double gap = runs[i + 1].from - runs[i].to;
    const double middle = (runs[i + 1].from + runs[i].to) / 2;
    if (gap >= septum_from && gap <= septum_to && std::abs(middle) < most_off &&
        runs[i].length() >= least_horn_mm && runs[i + 1].length() >= least_horn_mm)
      midline.septum.push_back({row, slice, middle});
  }
  const auto central = [&](const Run& run) { return std::abs(run.middle()) < most_off; };
  if (!may_hold_third(cranium, place)) return;
  if (std::ranges::count_if(runs, central) != 1) return;
  const Run& run = *std::ranges::find_if(runs, central);
  if (run.length() >= third_from && run.length() <= third_to && line.tissue_beside(run, wall_mm))
    midline.third.push_back({row, slice, run.middle()});
}

/// Looks across the midline wherever it is far enough from the bone.
Midline seen_midline(const Cranium& cranium, double limit_hu) {
  constexpr double from_bone_mm = 15;
  const Grid& grid = cranium.image.grid;
  Midline midline;
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int row = 0; row < grid.size[1]; ++row) {
      const Vec3 place = grid.point_mm(0, row, slice);
      if (value_at(cranium.depth, grid, on_plane(*cranium.plane, place[1], place[2])) >
          from_bone_mm)
        look_across(cranium, row, slice, limit_hu, midline);
    }
  return midline;
}

struct Shift {
  double mm = 0, uncertainty_mm = 0;  ///< positive to the patient's left
  std::string seen;                   ///< what it rests on
  Vec3 place_mm{};
};

constexpr std::size_t least_lines = 12;

/// How far the place of one structure moves when the threshold does.
double spread_mm(const Cranium& cranium, double limit_hu, std::vector<Sighting> Midline::*structure,
                 double place) {
  constexpr double moved_hu = 2, lost_mm = 1.5, near_mm = 5;
  double spread = 0;
  for (const double moved : {-moved_hu, moved_hu}) {
    Midline other = seen_midline(cranium, limit_hu + moved);
    std::vector<Sighting>& lines = other.*structure;
    std::erase_if(lines, [&](const Sighting& one) { return std::abs(one.off - place) > near_mm; });
    const Sheet sheet = largest_sheet(std::move(lines));
    const bool seen = 2 * sheet.lines.size() >= least_lines;
    spread = std::max(spread, seen ? std::abs(sheet.off - place) : lost_mm);
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
  constexpr double fluid_hu = 5, method_mm = 1, third_moves_less = 0.4;
  const double limit_hu = (fluid_hu + cranium.brain_hu) / 2 + 1;
  Midline midline = seen_midline(cranium, limit_hu);
  const Sheet septum = largest_sheet(std::move(midline.septum));
  const Sheet third = largest_sheet(std::move(midline.third));
  const bool has_septum = septum.lines.size() >= least_lines;
  const bool has_third = third.lines.size() >= least_lines;
  if (!has_septum && !has_third) return std::nullopt;
  const Sheet& sheet = has_septum ? septum : third;
  const double spread =
      spread_mm(cranium, limit_hu, has_septum ? &Midline::septum : &Midline::third, sheet.off);
  double apart = 0;
  if (!has_septum)
    apart = third_moves_less * third.off;
  else if (has_third)
    apart = disagreement_mm(septum.off, third.off);
  double square = 0;
  for (const double part :
       {method_mm, spread, apart, sheet.rival_mm, 2 * cranium.plane->offset_sd_mm})
    square += part * part;
  return Shift{.mm = sheet.off,
               .uncertainty_mm = std::sqrt(square),
               .seen = has_septum && has_third ? "septum and third ventricle"
                       : has_septum            ? "septum"
                                               : "third ventricle",
               .place_mm = middle_of(cranium, sheet.lines)};
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
          "of all lines across it those that hang together as a sheet; uncertainty: threshold "
          "moved "
          "by 2 HU, how far the third ventricle lies outside of plane and septum (two fifths of "
          "its "
          "own where it stands alone: it moves less), a rival sheet, two SD of the plane over "
          "parts "
          "of the skull, and 1 mm of the method"};
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
  if (reason.empty()) reason = scene.gates.allowed(gates::Use::symmetry).reason;
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
