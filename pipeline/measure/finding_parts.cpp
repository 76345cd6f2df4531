#include "pipeline/measure/finding_parts.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "pipeline/measure/outline.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Evidence;
using reporting::Finding;

SliceMask slice_mask(const Scene& scene, int slice, const std::vector<Label>& labels) {
  const auto& size = scene.native.size;
  SliceMask mask{.columns = size[0], .rows = size[1], .values = {}};
  const std::size_t plane = static_cast<std::size_t>(size[0]) * static_cast<std::size_t>(size[1]);
  mask.values.resize(plane);
  const std::uint8_t* from = scene.native.labels.data() + static_cast<std::size_t>(slice) * plane;
  for (std::size_t i = 0; i < plane; ++i)
    mask.values[i] = std::ranges::find(labels, static_cast<Label>(from[i])) != labels.end() ? 1 : 0;
  return mask;
}

/// Every value of a line within `reach` of a `mark` becomes that mark.
void spread_mark(std::vector<std::uint8_t>& line, int reach, std::uint8_t mark) {
  const std::vector<std::uint8_t> before = line;
  const int length = static_cast<int>(line.size());
  for (int i = 0; i < length; ++i) {
    if (before[static_cast<std::size_t>(i)] != mark) continue;
    const int from = std::max(0, i - reach), to = std::min(length, i + reach + 1);
    std::fill(line.begin() + from, line.begin() + to, mark);
  }
}

/// Widens (`mark` 1) or narrows (0) the mask along one direction by `reach` pixels.
void move_border(SliceMask& mask, bool along_row, int reach, std::uint8_t mark) {
  const int lines = along_row ? mask.rows : mask.columns;
  const int length = along_row ? mask.columns : mask.rows;
  const int from = along_row ? mask.columns : 1, step = along_row ? 1 : mask.columns;
  std::vector<std::uint8_t> line(static_cast<std::size_t>(length));
  for (int number = 0; number < lines; ++number) {
    const auto at = [&](int i) -> std::uint8_t& {
      return mask.values[static_cast<std::size_t>(number) * static_cast<std::size_t>(from) +
                         static_cast<std::size_t>(i) * static_cast<std::size_t>(step)];
    };
    for (int i = 0; i < length; ++i) line[static_cast<std::size_t>(i)] = at(i) != 0 ? 1 : 0;
    spread_mark(line, reach, mark);
    for (int i = 0; i < length; ++i) at(i) = line[static_cast<std::size_t>(i)];
  }
}

/// Closes the channels that vessels leave, for the outline only.
void close_channels(SliceMask& mask, double pixel_mm) {
  const int reach = std::max(1, static_cast<int>(std::lround(3.0 / pixel_mm)));
  for (const std::uint8_t mark : {std::uint8_t{1}, std::uint8_t{0}})
    for (const bool along_row : {true, false}) move_border(mask, along_row, reach, mark);
}

/// Centre of mass of the labels over the whole volume, LPS mm.
std::array<double, 3> centre_of(const Scene& scene, const std::vector<Label>& labels) {
  double columns = 0, rows = 0, slices = 0, count = 0;
  for (std::size_t slice = 0; slice < scene.sections.of.size(); ++slice)
    for (const Label label : labels) {
      const Section& section = scene.sections.of[slice][label];
      const auto voxels = static_cast<double>(section.voxels);
      columns += static_cast<double>(section.columns);
      rows += static_cast<double>(section.rows);
      slices += voxels * static_cast<double>(slice);
      count += voxels;
    }
  return scene.volume.grid.point_mm(columns / count, rows / count, slices / count);
}

Evidence on_slice(const Scene& scene, int slice, const SliceMask& mask, std::string id,
                  std::string caption) {
  const auto index = static_cast<std::size_t>(slice);
  return {.id = std::move(id),
          .series = scene.volume.header.series,
          .instance = scene.volume.instances[index],
          .sop_class = scene.volume.header.sop_class,
          .frame = scene.volume.frames[index],
          .image = scene.volume.images[index],
          .regions = mask.values.empty() ? std::vector<reporting::Region2D>() : outlines(mask),
          .point_mm = std::nullopt,
          .frame_of_reference = scene.volume.header.frame_of_reference,
          .mask = std::nullopt,
          .caption = std::move(caption)};
}

/// The point lies in the frame of reference; without one there is no point.
void place(Evidence& evidence, const std::array<double, 3>& point_mm) {
  if (!evidence.frame_of_reference) return;
  std::array<double, 3> rounded{};
  for (std::size_t i = 0; i < 3; ++i) rounded[i] = std::round(point_mm[i] * 10) / 10;
  evidence.point_mm = rounded;
}

}  // namespace

Finding measured_finding(std::string id, std::string title, reporting::Code observation,
                         reporting::Code site, reporting::Laterality side) {
  const std::string seed = id;
  return {.id = std::move(id),
          .title = std::move(title),
          // The final tracking UID depends on the study: analyse() sets it.
          .tracking = dicom::TrackingUid(dicom::uid_from_name("tracking|" + seed)),
          .observation = std::move(observation),
          .site = std::move(site),
          .laterality = side,
          .presence = reporting::Presence::present,
          .verification = {.outcome = reporting::Outcome::verified,
                           .check = "measured-by-geometry",
                           .inputs = {},
                           .reason = {}}};
}

Finding candidate_finding(std::string id, std::string title, reporting::Code observation,
                          reporting::Code site, reporting::Laterality side) {
  Finding finding =
      measured_finding(std::move(id), std::string(candidate_words) + ": " + std::move(title),
                       std::move(observation), std::move(site), side);
  finding.presence = reporting::Presence::indeterminate;
  finding.verification.outcome = reporting::Outcome::unverified;
  finding.verification.check = "detected-by-geometry";
  finding.verification.reason =
      "found by density, shape and place alone: a radiologist must confirm or reject it";
  return finding;
}

Finding nothing_detected(std::string id, std::string title, reporting::Code observation,
                         reporting::Code site, std::string searched) {
  Finding finding =
      measured_finding(std::move(id), std::move(title), std::move(observation), std::move(site));
  finding.presence = reporting::Presence::indeterminate;
  finding.verification.outcome = reporting::Outcome::consistent;
  finding.verification.check = "detected-by-geometry";
  finding.verification.reason = std::move(searched);
  return finding;
}

Finding not_assessed_finding(std::string id, std::string title, reporting::Code observation,
                             reporting::Code site, std::string reason) {
  Finding finding =
      measured_finding(std::move(id), std::move(title), std::move(observation), std::move(site));
  finding.presence = reporting::Presence::not_assessed;
  finding.not_assessed = reason;
  finding.verification = {.outcome = reporting::Outcome::not_assessable,
                          .check = "measured-by-geometry",
                          .inputs = {},
                          .reason = std::move(reason)};
  return finding;
}

void verify_by_measurements(Finding& finding) {
  finding.verification.inputs.clear();
  for (const reporting::Measurement& measurement : finding.measurements)
    finding.verification.inputs.push_back(measurement.id);
  for (const Evidence& evidence : finding.evidence)
    finding.verification.inputs.push_back(evidence.id);
}

std::optional<Evidence> largest_section(const Scene& scene, const std::vector<Label>& labels,
                                        std::string id, std::string caption) {
  std::uint64_t most = 0;
  int slice = -1;
  for (std::size_t i = 0; i < scene.sections.of.size(); ++i) {
    if (scene.volume.kind(static_cast<int>(i)) != SliceKind::image) continue;
    std::uint64_t area = 0;
    for (const Label label : labels) area += scene.sections.of[i][label].voxels;
    if (area > most) most = area, slice = static_cast<int>(i);
  }
  if (slice < 0) return std::nullopt;
  SliceMask mask = slice_mask(scene, slice, labels);
  close_channels(mask, scene.volume.grid.spacing_mm()[0]);
  Evidence evidence = on_slice(scene, slice, mask, std::move(id), std::move(caption));
  place(evidence, centre_of(scene, labels));
  return evidence;
}

std::optional<Evidence> body_section(const Scene& scene, int working_slice, std::string id,
                                     std::string caption) {
  const Grid& work = scene.work.grid;
  const Vec3 middle = work.point_mm(work.size[0] / 2.0, work.size[1] / 2.0, working_slice);
  const int slice = scene.volume.image_slice(
      std::clamp(static_cast<int>(std::lround(scene.volume.grid.index_at(middle)[2])), 0,
                 scene.native.size[2] - 1));
  const SliceMask mask = slice_mask(scene, slice, {body, right_lung, left_lung, airway});
  if (std::ranges::count(mask.values, 1) == 0) return std::nullopt;
  Evidence evidence = on_slice(scene, slice, mask, std::move(id), std::move(caption));
  place(evidence, middle);
  return evidence;
}

namespace {

/// Where a native voxel may find the mask: the nearest working slice, and `reach` slices to both
/// sides of it.
bool in_mask(const Mask& mask, const Grid& work, const Vec3& index, int reach) {
  const int column = static_cast<int>(std::lround(index[0]));
  const int row = static_cast<int>(std::lround(index[1]));
  const int slice = static_cast<int>(std::lround(index[2]));
  if (column < 0 || row < 0 || column >= work.size[0] || row >= work.size[1]) return false;
  for (int at = std::max(0, slice - reach); at <= std::min(work.size[2] - 1, slice + reach); ++at)
    if (mask[work.offset(column, row, at)] != 0) return true;
  return false;
}

/// The mask's voxels on one native slice, by the nearest working voxels.
SliceMask on_native(const Scene& scene, const Mask& mask, int slice, int reach,
                    const std::function<bool(std::int16_t)>& allowed) {
  const Grid& native = scene.volume.grid;
  const Grid& work = scene.work.grid;
  SliceMask result{.columns = native.size[0], .rows = native.size[1], .values = {}};
  result.values.assign(
      static_cast<std::size_t>(native.size[0]) * static_cast<std::size_t>(native.size[1]), 0);
  const Vec3 origin = work.index_at(native.point_mm(0, 0, slice));
  const Vec3 column_end = work.index_at(native.point_mm(1, 0, slice));
  const Vec3 row_end = work.index_at(native.point_mm(0, 1, slice));
  std::size_t at = 0;
  for (int row = 0; row < native.size[1]; ++row)
    for (int column = 0; column < native.size[0]; ++column, ++at) {
      Vec3 index{};
      for (std::size_t i = 0; i < 3; ++i)
        index[i] =
            origin[i] + column * (column_end[i] - origin[i]) + row * (row_end[i] - origin[i]);
      if (!in_mask(mask, work, index, reach)) continue;
      if (allowed && !allowed(scene.volume.at(column, row, slice))) continue;
      result.values[at] = 1;
    }
  return result;
}

struct Extent {
  Vec3 centre{};                   ///< working index
  std::vector<std::size_t> areas;  ///< voxels per working slice
  bool any = false;
};

Extent extent_of(const Mask& mask, const Grid& grid) {
  Extent extent;
  extent.areas.assign(static_cast<std::size_t>(grid.size[2]), 0);
  double count = 0;
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (mask[at] == 0) return;
    ++extent.areas[static_cast<std::size_t>(slice)];
    ++count;
    extent.centre[0] += column, extent.centre[1] += row, extent.centre[2] += slice;
  });
  extent.any = count > 0;
  for (double& value : extent.centre) value /= std::max(1.0, count);
  return extent;
}

/// The image on which the section is largest, by the working slice nearest to it: the largest
/// working slice may lie between two images. Nullopt where every image misses a thin mask.
std::optional<int> image_of_largest(const Scene& scene, const Extent& extent) {
  const Grid& native = scene.volume.grid;
  const Vec3 centre = native.index_at(
      scene.work.grid.point_mm(extent.centre[0], extent.centre[1], extent.centre[2]));
  std::optional<int> best;
  std::size_t most = 0;
  for (int slice = 0; slice < native.size[2]; ++slice) {
    if (scene.volume.kind(slice) != SliceKind::image) continue;
    const auto nearest =
        std::lround(scene.work.grid.index_at(native.point_mm(centre[0], centre[1], slice))[2]);
    if (nearest < 0 || nearest >= static_cast<long>(extent.areas.size())) continue;
    const std::size_t area = extent.areas[static_cast<std::size_t>(nearest)];
    if (area > most) most = area, best = slice;
  }
  return best;
}

/// Never an interpolated slice: evidence is an image.
int native_slice_at(const Scene& scene, const Vec3& point_mm) {
  return scene.volume.image_slice(
      std::clamp(static_cast<int>(std::lround(scene.volume.grid.index_at(point_mm)[2])), 0,
                 scene.volume.grid.size[2] - 1));
}

}  // namespace

std::optional<Evidence> mask_section(const Scene& scene, const Mask& mask, std::string id,
                                     std::string caption,
                                     const std::function<bool(std::int16_t)>& allowed) {
  const Grid& work = scene.work.grid;
  const Extent extent = extent_of(mask, work);
  if (!extent.any) return std::nullopt;
  const Vec3 centre = work.point_mm(extent.centre[0], extent.centre[1], extent.centre[2]);
  const auto largest = std::ranges::max_element(extent.areas) - extent.areas.begin();
  const int slice =
      image_of_largest(scene, extent)
          .value_or(native_slice_at(scene, work.point_mm(extent.centre[0], extent.centre[1],
                                                         static_cast<double>(largest))));
  // A thin mask between images is drawn on the nearest one.
  const int reach = static_cast<int>(
      std::ceil(scene.volume.grid.spacing_mm()[2] / work.spacing_mm()[2] / 2 + 0.5));
  const auto empty = [](const SliceMask& mask_on_slice) {
    return std::ranges::count(mask_on_slice.values, 1) == 0;
  };
  SliceMask section = on_native(scene, mask, slice, 0, allowed);
  if (empty(section)) section = on_native(scene, mask, slice, 0, {});
  if (empty(section)) section = on_native(scene, mask, slice, reach, {});
  if (empty(section)) return std::nullopt;
  return outlined_image(scene, slice, section, centre, std::move(id), std::move(caption));
}

Evidence outlined_image(const Scene& scene, int slice, const SliceMask& mask, const Vec3& point_mm,
                        std::string id, std::string caption) {
  Evidence evidence = on_slice(scene, slice, mask, std::move(id), std::move(caption));
  place(evidence, point_mm);
  return evidence;
}

std::optional<Evidence> line_on_image(const Scene& scene, const Vec3& from_mm, const Vec3& to_mm,
                                      std::string id, std::string caption) {
  const Grid& native = scene.volume.grid;
  const Vec3 middle{(from_mm[0] + to_mm[0]) / 2, (from_mm[1] + to_mm[1]) / 2,
                    (from_mm[2] + to_mm[2]) / 2};
  const int slice = native_slice_at(scene, middle);
  const Vec3 a = native.index_at(from_mm), b = native.index_at(to_mm);
  const double dx = b[0] - a[0], dy = b[1] - a[1], all = std::hypot(dx, dy);
  if (all < 0.5) return std::nullopt;
  const double half = 0.5, nx = -dy / all * half, ny = dx / all * half;
  // SCOORD: the centre of the first pixel is (0.5, 0.5).
  reporting::Region2D thin{{{a[0] + nx + 0.5, a[1] + ny + 0.5},
                            {b[0] + nx + 0.5, b[1] + ny + 0.5},
                            {b[0] - nx + 0.5, b[1] - ny + 0.5},
                            {a[0] - nx + 0.5, a[1] - ny + 0.5}}};
  for (auto& point : thin.outline) {
    point[0] = std::clamp(point[0], 0.0, static_cast<double>(native.size[0]));
    point[1] = std::clamp(point[1], 0.0, static_cast<double>(native.size[1]));
  }
  Evidence evidence = on_slice(scene, slice, {}, std::move(id), std::move(caption));
  evidence.regions = {std::move(thin)};
  place(evidence, middle);
  return evidence;
}

void withhold(reporting::Measurement& measurement, std::string reason) {
  measurement.value.reset(), measurement.uncertainty.reset();
  measurement.lower_bound = false;
  // Numbers of the value; how many slices were used says nothing of it.
  std::erase_if(measurement.conditions, [](const std::string& condition) {
    return condition.find("slices") == std::string::npos &&
           std::ranges::any_of(condition, [](char c) { return c >= '0' && c <= '9'; });
  });
  measurement.not_assessed = std::move(reason);
}

std::string no_limit_words(const std::string& reason) {
  return "not compared with limits published for adults: " + reason;
}

double slice_thickness_mm(const Volume& volume) {
  const auto& stated = volume.header.planes.front().slice_thickness_mm;
  const double spacing = std::max(volume.grid.spacing_mm()[2], volume.widest_step_mm);
  return stated && *stated > 0 ? *stated : spacing;
}

std::string number_text(double value, int decimals) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

}  // namespace tomoscribe::pipeline::measure
