#pragma once
// The phantom thorax as a volume and as DICOM files.

#include <filesystem>
#include <functional>

#include "dicom/ct_writer.h"
#include "model/phantom/phantom.h"
#include "pipeline/volume.h"

namespace tomoscribe::tests {

/// Small enough for a test of seconds; the truth is known at this resolution.
inline model::phantom::Settings small_chest() {
  model::phantom::Settings settings;
  settings.columns = settings.rows = 256;
  settings.pixel_mm = 1.6;
  return settings;
}

inline dicom::InstanceHeader chest_header(const model::phantom::Phantom& phantom, int slice) {
  const auto& settings = phantom.settings;
  dicom::InstanceHeader header{.study = dicom::StudyUid(dicom::uid_from_name("phantom study")),
                               .series = dicom::SeriesUid(dicom::uid_from_name("phantom series")),
                               .sop_instance = dicom::SopInstanceUid(
                                   dicom::uid_from_name("phantom slice " + std::to_string(slice)))};
  header.sop_class = "1.2.840.10008.5.1.4.1.1.2";
  header.modality = "CT";
  header.study_header.patient_id = dicom::PatientId("PHANTOM-1");
  header.study_header.patient_name = {.family = "Phantom", .given = "Thorax"};
  header.study_header.study_date = "20260102";
  header.study_header.study_time = "101112";
  header.series_number = 2;
  header.instance_number = slice + 1;
  header.frame_of_reference = dicom::FrameOfReferenceUid(dicom::uid_from_name("phantom frame"));
  header.manufacturer = "TOMOSCRIBE PHANTOM";
  header.convolution_kernel = "STANDARD";
  header.kvp = 120;
  header.rows = settings.rows;
  header.columns = settings.columns;
  header.planes = {
      {.image_position_patient = dicom::Vec3{phantom.first_voxel_mm[0], phantom.first_voxel_mm[1],
                                             phantom.first_voxel_mm[2] + slice * settings.slice_mm},
       .image_orientation_patient = std::array{dicom::Vec3{1, 0, 0}, dicom::Vec3{0, 1, 0}},
       .pixel_spacing_mm = std::array{settings.pixel_mm, settings.pixel_mm},
       .slice_thickness_mm = settings.slice_mm,
       .rescale_slope = 1,
       .rescale_intercept = -1024,
       .rescale_type = "HU"}};
  return header;
}

/// How the same patient may be stored: every flip comes with its step turned round, so the patient
/// stays the same.
struct Stored {
  bool columns_flipped = false, rows_flipped = false, slices_flipped = false;
};

inline pipeline::Volume chest_volume(const model::phantom::Phantom& phantom,
                                     const Stored& stored = {}) {
  const auto& settings = phantom.settings;
  pipeline::Volume volume{.header = chest_header(phantom, 0)};
  pipeline::Grid& grid = volume.grid;
  grid.size = {settings.columns, settings.rows, settings.slices};
  const std::array<bool, 3> flipped{stored.columns_flipped, stored.rows_flipped,
                                    stored.slices_flipped};
  const std::array<double, 3> spacing{settings.pixel_mm, settings.pixel_mm, settings.slice_mm};
  for (std::size_t i = 0; i < 3; ++i) {
    grid.origin_mm[i] =
        phantom.first_voxel_mm[i] + (flipped[i] ? (grid.size[i] - 1) * spacing[i] : 0);
    grid.step_mm[i][i] = flipped[i] ? -spacing[i] : spacing[i];
  }
  volume.hu.resize(grid.voxels());
  std::size_t from = 0;
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column, ++from)
        volume.hu[grid.offset(flipped[0] ? grid.size[0] - 1 - column : column,
                              flipped[1] ? grid.size[1] - 1 - row : row,
                              flipped[2] ? grid.size[2] - 1 - slice : slice)] = phantom.hu[from];
  for (int slice = 0; slice < grid.size[2]; ++slice) {
    volume.instances.push_back(chest_header(phantom, slice).sop_instance);
    volume.frames.push_back(1);
    volume.images.emplace_back(static_cast<int>(volume.images.size()) + 1);
  }
  return volume;
}

/// `change` may alter each image's header before it is written.
inline void write_chest(const model::phantom::Phantom& phantom, const std::filesystem::path& folder,
                        const std::function<void(dicom::InstanceHeader&)>& change = {}) {
  const std::size_t plane = static_cast<std::size_t>(phantom.settings.columns) *
                            static_cast<std::size_t>(phantom.settings.rows);
  std::vector<std::uint16_t> stored(plane);
  for (int slice = 0; slice < phantom.settings.slices; ++slice) {
    for (std::size_t i = 0; i < plane; ++i) {
      const int value = phantom.hu[static_cast<std::size_t>(slice) * plane + i] + 1024;
      stored[i] = static_cast<std::uint16_t>(value < 0 ? 0 : value > 4095 ? 4095 : value);
    }
    dicom::InstanceHeader header = chest_header(phantom, slice);
    if (change) change(header);
    dicom::write_ct_slice(folder / ("slice" + std::to_string(slice) + ".dcm"), header, stored);
  }
}

inline const model::phantom::Truth& truth_of(const model::phantom::Phantom& phantom,
                                             const std::string& name) {
  for (const auto& truth : phantom.truth)
    if (truth.name == name) return truth;
  throw std::runtime_error("the phantom has no " + name);
}

}  // namespace tomoscribe::tests
