// What a list or a scan that ends too soon makes a finding say (finding_parts.h).
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>
#include <string_view>

#include "pipeline/measure/finding_parts.h"

namespace tomoscribe::pipeline::measure {

using reporting::Finding;

Finding search_outcome(std::string id, const std::string& title, reporting::Code observation,
                       reporting::Code site, bool proposed, const std::string& limits) {
  if (!proposed)
    return nothing_detected(std::move(id), title, std::move(observation), std::move(site),
                            "no candidate passed detection; " + limits);
  std::string further = "Further " + title;
  char& first = further[std::string_view("Further ").size()];
  first = static_cast<char>(std::tolower(static_cast<unsigned char>(first)));
  return nothing_detected(std::move(id), std::move(further), std::move(observation),
                          std::move(site), "no other candidate passed detection; " + limits);
}

namespace {

/// The slice of the volume, with fractions, on which a place of the working grid lies.
class NativeSlice {
 public:
  explicit NativeSlice(const Scene& scene) {
    const auto at = [&](double column, double row, double slice) {
      return scene.volume.grid.index_at(scene.work.grid.point_mm(column, row, slice))[2];
    };
    origin_ = at(0, 0, 0);
    per_step_ = {at(1, 0, 0) - origin_, at(0, 1, 0) - origin_, at(0, 0, 1) - origin_};
  }
  double operator()(double column, double row, double slice) const {
    return origin_ + column * per_step_[0] + row * per_step_[1] + slice * per_step_[2];
  }

 private:
  double origin_ = 0;
  Vec3 per_step_{};
};

/// First and last native slice of a mask of the working grid; nullopt where it is empty. A working
/// voxel shows the slice in which its middle lies: tilted slices cross many of the working grid's.
/// That grid ends up to a voxel before the volume does: less than that from an end is at the end.
std::optional<std::array<int, 2>> native_slices(const Scene& scene, const Mask& mask) {
  const NativeSlice native(scene);
  double first = 1e9, last = -1e9;
  for_each_voxel(scene.work.grid, [&](std::size_t at, int column, int row, int slice) {
    if (mask[at] == 0) return;
    const double there = native(column, row, slice);
    first = std::min(first, there), last = std::max(last, there);
  });
  if (last < first) return std::nullopt;
  const int end = scene.volume.grid.size[2] - 1;
  const double reach = std::max(0.5, working_mm / scene.volume.grid.spacing_mm()[2]);
  return std::array{first < reach ? 0 : static_cast<int>(std::lround(first)),
                    last > end - reach ? end : static_cast<int>(std::lround(last))};
}

}  // namespace

void say_unlisted(std::vector<Finding>& findings, std::size_t listed, std::size_t found) {
  if (found <= listed) return;
  const std::size_t more = found - listed;
  findings.back().title += " (the last of " + std::to_string(listed) + " listed; " +
                           std::to_string(more) + (more == 1 ? " more was" : " more were") +
                           " found)";
}

void bound_at_scan_end(const Scene& scene, int first, int last, Finding& finding) {
  const bool at_first = first <= 0, at_last = last >= scene.volume.grid.size[2] - 1;
  if (!at_first && !at_last) return;
  for (reporting::Measurement& one : finding.measurements) {
    if (one.concept_name == codes::attenuation || one.concept_name == codes::ratio || !one.value)
      continue;
    one.lower_bound = true;
    one.conditions.push_back(std::string("at least: cut by the ") + (at_first ? "first" : "last") +
                             " slice of the scan");
  }
}

bool reaches_scan_end(const Scene& scene, const Mask& mask) {
  const auto slices = native_slices(scene, mask);
  return slices && (slices->front() <= 0 || slices->back() >= scene.volume.grid.size[2] - 1);
}

void bound_at_scan_end(const Scene& scene, const Mask& mask, Finding& finding) {
  if (const auto slices = native_slices(scene, mask))
    bound_at_scan_end(scene, slices->front(), slices->back(), finding);
}

std::string image_words(const Scene& scene, int working_slice) {
  const int last = scene.volume.grid.size[2] - 1;
  double column = scene.work.grid.size[0] / 2.0, row = scene.work.grid.size[1] / 2.0;
  if (scene.spine.covers(working_slice)) {
    const SpineSlice& spine = scene.spine.at[index_of(working_slice)];
    column = spine.body_column, row = spine.body_row;
  }
  const double at = NativeSlice(scene)(column, row, working_slice);
  const int slice =
      scene.volume.image_slice(std::clamp(static_cast<int>(std::lround(at)), 0, last));
  const auto& number = scene.volume.images[index_of(slice)];
  return "image " + std::to_string(number ? *number : slice + 1);
}

std::string part_words(const Scene& scene, const std::vector<Label>& labels, const char* organ) {
  constexpr double least_cm2 = 5;
  const std::array<double, 3> mm = scene.volume.grid.spacing_mm();
  const auto cm2 = [&](const std::array<Section, label_count>& sections) {
    double voxels = 0;
    for (const Label label : labels) voxels += static_cast<double>(sections[label].voxels);
    return voxels * mm[0] * mm[1] / 100;
  };
  const auto& of = scene.sections.of;
  if (of.empty() || (cm2(of.front()) < least_cm2 && cm2(of.back()) < least_cm2)) return {};
  return std::string("; only a part of the ") + organ + " is in the scan";
}

}  // namespace tomoscribe::pipeline::measure
