// What a list or a scan that ends too soon makes a finding say (finding_parts.h).
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
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
                          std::move(site), limits);
}

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

namespace {

/// First and last native slice of a mask of the working grid; nullopt where it is empty.
std::optional<std::array<int, 2>> native_slices(const Scene& scene, const Mask& mask) {
  const auto plane = static_cast<std::ptrdiff_t>(scene.work.grid.offset(0, 0, 1));
  const auto low = std::ranges::find(mask, 1);
  if (low == mask.end()) return std::nullopt;
  const auto high = std::find(mask.rbegin(), mask.rend(), 1);
  const auto native = [&](std::ptrdiff_t slice) {
    const Vec3 point = scene.work.grid.point_mm(0, 0, static_cast<double>(slice));
    return scene.volume.grid.index_at(point)[2];
  };
  // A working voxel shows the slice in which its middle lies.
  const double one = native((low - mask.begin()) / plane);
  const double other = native((mask.rend() - high - 1) / plane);
  return std::array{static_cast<int>(std::lround(std::min(one, other))),
                    static_cast<int>(std::lround(std::max(one, other)))};
}

}  // namespace

bool reaches_scan_end(const Scene& scene, const Mask& mask) {
  const auto slices = native_slices(scene, mask);
  return slices && (slices->front() <= 0 || slices->back() >= scene.volume.grid.size[2] - 1);
}

void bound_at_scan_end(const Scene& scene, const Mask& mask, Finding& finding) {
  if (const auto slices = native_slices(scene, mask))
    bound_at_scan_end(scene, slices->front(), slices->back(), finding);
}

std::string image_words(const Scene& scene, int working_slice) {
  const Vec3 point = scene.work.grid.point_mm(0, 0, working_slice);
  const int last = scene.volume.grid.size[2] - 1;
  const int slice = scene.volume.image_slice(
      std::clamp(static_cast<int>(std::lround(scene.volume.grid.index_at(point)[2])), 0, last));
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
