#include "pipeline/detail/phantom_background.h"

#include <algorithm>
#include <cmath>

#include "dicom/pixels.h"
#include "pipeline/measure/measure.h"
#include "pipeline/series/load_volume.h"
#include "pipeline/series/select_series.h"
#include "pipeline/volume.h"

namespace tomoscribe::pipeline {

namespace {

namespace fs = std::filesystem;

std::vector<InstanceFile> instances_in(const fs::path& folder) {
  std::vector<InstanceFile> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    try {
      found.push_back({entry.path(), dicom::read_header(entry.path())});
    } catch (const dicom::Malformed&) {
      continue;  // the README beside the images
    }
  }
  std::ranges::sort(found, {}, [](const InstanceFile& file) { return file.header.sop_instance; });
  return found;
}

/// Columns run to the patient's left, slices along the couch, rows to the back or tilted so.
bool lies_as_phantoms_do(const Grid& grid) {
  constexpr double tolerance = 1e-3;
  const auto& [column, row, slice] = grid.step_mm;
  const auto spacing = grid.spacing_mm();
  return std::abs(column[0] - spacing[0]) < tolerance && std::abs(row[0]) < tolerance &&
         row[1] > 0.8 * spacing[1] && std::abs(spacing[0] - spacing[1]) < tolerance &&
         slice[2] > 0 && std::abs(slice[0]) < tolerance && std::abs(slice[1]) < tolerance;
}

void copy_lungs(const measure::Scene& scene, std::vector<std::uint8_t>& lung) {
  lung.resize(scene.native.labels.size());
  std::ranges::transform(scene.native.labels, lung.begin(), [](std::uint8_t label) {
    if (label == measure::right_lung) return std::uint8_t{1};
    return label == measure::left_lung ? std::uint8_t{2} : std::uint8_t{0};
  });
}

}  // namespace

std::variant<RealBackground, Unsuitable> read_background(const fs::path& folder) {
  if (!fs::is_directory(folder)) return Unsuitable{folder.string() + " is no folder"};
  const std::vector<InstanceFile> instances = instances_in(folder);
  if (instances.empty()) return Unsuitable{"there are no DICOM files in " + folder.string()};
  const dicom::Codecs codecs;
  std::variant<SeriesChoice, Unsuitable> chosen = select_series(instances);
  if (auto* fault = std::get_if<Unsuitable>(&chosen)) return std::move(*fault);
  std::variant<Volume, Unsuitable> loaded =
      load_volume(instances, std::get<SeriesChoice>(chosen).main, {});
  if (auto* fault = std::get_if<Unsuitable>(&loaded)) return std::move(*fault);
  auto& volume = std::get<Volume>(loaded);
  if (!lies_as_phantoms_do(volume.grid))
    return Unsuitable{
        "a background is an axial series with square pixels of a patient lying on the back, head "
        "first"};
  RealBackground result{{}, volume.header};
  model::phantom::Background& ct = result.ct;
  {
    measure::Scene scene = measure::make_scene(volume);
    measure::Findings findings;
    measure::body_and_table(scene, findings);
    measure::body_region(scene, findings);
    measure::lungs(scene, findings);
    measure::central_airway(scene, findings);
    copy_lungs(scene, ct.lung);
  }
  ct.columns = volume.grid.size[0];
  ct.rows = volume.grid.size[1];
  ct.slices = volume.grid.size[2];
  ct.pixel_mm = volume.grid.spacing_mm()[0];
  ct.slice_mm = volume.grid.step_mm[2][2];
  ct.thickness_mm = ct.slice_mm;
  if (!volume.header.planes.empty())
    ct.thickness_mm = volume.header.planes.front().slice_thickness_mm.value_or(ct.slice_mm);
  if (ct.thickness_mm <= 0) ct.thickness_mm = ct.slice_mm;
  ct.first_voxel_mm = volume.grid.origin_mm;
  for (std::size_t axis = 0; axis < 3; ++axis)
    ct.row_step.at(axis) = volume.grid.step_mm[1].at(axis) / ct.pixel_mm;
  ct.hu = std::move(volume.hu);
  if (std::ranges::count(ct.lung, 0) == static_cast<std::ptrdiff_t>(ct.lung.size()))
    return Unsuitable{"no lungs were found in " + folder.string()};
  return result;
}

}  // namespace tomoscribe::pipeline
