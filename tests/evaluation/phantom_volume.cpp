#include "tests/evaluation/phantom_volume.h"

namespace tomoscribe::evaluation {

pipeline::Volume volume_of(const model::phantom::Phantom& phantom) {
  using model::phantom::BodyPart;
  const auto& settings = phantom.settings;
  const auto uid = [&](const std::string& what) {
    return dicom::uid_from_name("evaluation|" + std::to_string(settings.seed) + "|" + what);
  };
  pipeline::Volume volume{.header = {.study = dicom::StudyUid(uid("study")),
                                     .series = dicom::SeriesUid(uid("series")),
                                     .sop_instance = dicom::SopInstanceUid(uid("slice 0"))}};
  dicom::InstanceHeader& header = volume.header;
  header.sop_class = "1.2.840.10008.5.1.4.1.1.2";
  header.modality = "CT";
  header.image_type = {"ORIGINAL", "PRIMARY", "AXIAL"};
  header.frame_of_reference = dicom::FrameOfReferenceUid(uid("frame"));
  header.manufacturer = "TOMOSCRIBE PHANTOM";
  header.convolution_kernel =
      settings.kernel == model::phantom::Kernel::sharp ? "SHARP" : "STANDARD";
  header.patient_position = "HFS";
  header.kvp = 120;
  header.rows = settings.rows;
  header.columns = settings.columns;
  if (settings.phase != model::phantom::Phase::none) header.contrast_agent = "IODINE";
  header.planes = {
      {.slice_thickness_mm = settings.thickness_mm > 0 ? settings.thickness_mm : settings.slice_mm,
       .rescale_slope = 1,
       .rescale_intercept = -1024,
       .rescale_type = "HU"}};
  pipeline::Grid& grid = volume.grid;
  grid.size = {settings.columns, settings.rows, settings.slices};
  grid.origin_mm = phantom.first_voxel_mm;
  grid.step_mm[0] = {settings.pixel_mm, 0, 0};
  for (std::size_t i = 0; i < 3; ++i) grid.step_mm[1][i] = settings.pixel_mm * phantom.row_step[i];
  grid.step_mm[2] = {0, 0, settings.slice_mm};
  volume.hu = phantom.hu;
  for (int slice = 0; slice < settings.slices; ++slice) {
    volume.instances.emplace_back(uid("slice " + std::to_string(slice)));
    volume.frames.push_back(1);
    volume.images.emplace_back(slice + 1);
  }
  return volume;
}

}  // namespace tomoscribe::evaluation
