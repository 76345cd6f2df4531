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

/// Widens (`grow`) or narrows the mask along one direction by `reach` pixels.
void move_border(SliceMask& mask, bool along_row, int reach, bool grow) {
  const int lines = along_row ? mask.rows : mask.columns;
  const int length = along_row ? mask.columns : mask.rows;
  std::vector<std::uint8_t> line(static_cast<std::size_t>(length));
  for (int number = 0; number < lines; ++number) {
    const auto at = [&](int i) -> std::uint8_t& {
      const int row = along_row ? number : i, column = along_row ? i : number;
      return mask.values[static_cast<std::size_t>(row) * static_cast<std::size_t>(mask.columns) +
                         static_cast<std::size_t>(column)];
    };
    for (int i = 0; i < length; ++i) line[static_cast<std::size_t>(i)] = at(i);
    int last_changed = -reach - 1;  // the last pixel whose value spreads
    for (int i = 0; i < length; ++i) {
      if ((line[static_cast<std::size_t>(i)] != 0) == grow) last_changed = i;
      if (i - last_changed <= reach) at(i) = grow ? 1 : 0;
    }
    last_changed = length + reach;
    for (int i = length - 1; i >= 0; --i) {
      if ((line[static_cast<std::size_t>(i)] != 0) == grow) last_changed = i;
      if (last_changed - i <= reach) at(i) = grow ? 1 : 0;
    }
  }
}

/// Closes the channels that vessels leave, for the outline only.
void close_channels(SliceMask& mask, double pixel_mm) {
  const int reach = std::max(1, static_cast<int>(std::lround(3.0 / pixel_mm)));
  for (const bool grow : {true, false})
    for (const bool along_row : {true, false}) move_border(mask, along_row, reach, grow);
}

/// Centre of mass of the labels over the whole volume, LPS mm.
std::array<double, 3> centre_of(const Scene& scene, const std::vector<Label>& labels) {
  std::array<double, 3> sum{};
  double count = 0;
  std::size_t at = 0;
  for (int slice = 0; slice < scene.native.size[2]; ++slice)
    for (int row = 0; row < scene.native.size[1]; ++row)
      for (int column = 0; column < scene.native.size[0]; ++column, ++at) {
        if (std::ranges::find(labels, static_cast<Label>(scene.native.labels[at])) == labels.end())
          continue;
        sum[0] += column, sum[1] += row, sum[2] += slice;
        ++count;
      }
  return scene.volume.grid.point_mm(sum[0] / count, sum[1] / count, sum[2] / count);
}

Evidence on_slice(const Scene& scene, int slice, const SliceMask& mask, std::string id,
                  std::string caption) {
  const auto index = static_cast<std::size_t>(slice);
  return {.id = std::move(id),
          .series = scene.volume.header.series,
          .instance = scene.volume.instances[index],
          .sop_class = scene.volume.header.sop_class,
          .frame = scene.volume.frames[index],
          .regions = outlines(mask),
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

Finding measured_finding(std::string id, reporting::Code observation, reporting::Code site,
                         reporting::Laterality side) {
  const std::string seed = id;
  return {.id = std::move(id),
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

Finding not_assessed_finding(std::string id, reporting::Code observation, reporting::Code site,
                             std::string reason) {
  Finding finding = measured_finding(std::move(id), std::move(observation), std::move(site));
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
  const SectionAreas areas = section_areas(scene.native);
  std::size_t most = 0;
  int slice = -1;
  for (std::size_t i = 0; i < areas.voxels.size(); ++i) {
    std::size_t area = 0;
    for (const Label label : labels) area += areas.voxels[i][label];
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
  const int slice = std::clamp(static_cast<int>(std::lround(scene.volume.grid.index_at(middle)[2])),
                               0, scene.native.size[2] - 1);
  const SliceMask mask = slice_mask(scene, slice, {body, right_lung, left_lung, airway});
  if (std::ranges::count(mask.values, 1) == 0) return std::nullopt;
  Evidence evidence = on_slice(scene, slice, mask, std::move(id), std::move(caption));
  place(evidence, middle);
  return evidence;
}

double slice_thickness_mm(const Volume& volume) {
  const auto& stated = volume.header.planes.front().slice_thickness_mm;
  const double spacing = volume.grid.spacing_mm()[2];
  return stated && *stated > 0 ? *stated : spacing;
}

std::string number_text(double value, int decimals) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

}  // namespace tomoscribe::pipeline::measure
