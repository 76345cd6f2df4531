#pragma once
// A head of ellipsoids whose every number is known: scalp, skull, base, brain, ventricles, and the
// lesions that a test asks for. Made for tests of the measurements, not to look like a patient.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/volume.h"

namespace tomoscribe::tests {

/// Something inside the skull, painted over the brain. Centre in the head's own axes, mm: to the
/// left, to the back, to the vertex, from the middle of the skull.
struct Lesion {
  dicom::Vec3 centre{}, radii{};
  double hu = 65;
};

/// Blood between inner table and brain, on one side of the head.
struct Crescent {
  bool left = true;
  double thickness_mm = 0;
  double hu = 65;
  bool both = false;  ///< on both sides
};

struct HeadRecipe {
  std::uint64_t seed = 1;
  double pixel_mm = 0.9, slice_mm = 2.5, noise_hu = 5;
  int layers = 2;  ///< of which each slice is the mean
  double yaw_deg = 0;
  double tilt_deg = 0;                ///< of the gantry: the back of each image lies lower
  double shift_mm = 0;                ///< of ventricles and septum, to the patient's left
  double size = 1;                    ///< of the whole head
  double contrast_hu = 0;             ///< on top of the brain
  double low_mm = -95, high_mm = 95;  ///< what the scan covers, from the middle of the skull
  bool bone_flap_missing = false;     ///< on the left
  bool ventricles = true;
  std::vector<Lesion> lesions;
  Crescent crescent;
};

struct HeadTruth {
  double intracranial_ml = 0, ventricles_ml = 0, crescent_ml = 0;
  std::vector<double> lesions_ml;
};

class HeadPainter {
 public:
  explicit HeadPainter(const HeadRecipe& recipe) : recipe_{recipe} {}

  /// HU at a point of the head's own axes; what it belongs to is counted by `count_ml`.
  double hu(const dicom::Vec3& p, double ml, HeadTruth& truth) const {
    const double s = recipe_.size;
    const double in = ellipsoid(p, {66 * s, 84 * s, 72 * s});
    if (p[2] < -40 * s && std::hypot(p[0], p[1] - 30 * s) < 13 * s) return 35;  // foramen, canal
    if (in < 1) {
      truth.intracranial_ml += ml;
      if (petrous(p)) return 900;
      return inside(p, ml, truth);
    }
    const bool flap =
        recipe_.bone_flap_missing && p[0] > 25 && std::abs(p[1]) < 40 && p[2] > 5 && p[2] < 55;
    if (ellipsoid(p, {72 * s, 90 * s, 78 * s}) < 1) return flap ? 30 : 1000;
    if (p[2] < -40 * s) return neck(p);
    return ellipsoid(p, {78 * s, 96 * s, 84 * s}) < 1 ? 20 : -1000;
  }

 private:
  static double ellipsoid(const dicom::Vec3& p, const dicom::Vec3& radii) {
    double sum = 0;
    for (std::size_t i = 0; i < 3; ++i) sum += p[i] * p[i] / (radii[i] * radii[i]);
    return sum;
  }
  static double ellipsoid(const dicom::Vec3& p, const dicom::Vec3& centre,
                          const dicom::Vec3& radii) {
    return ellipsoid({p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]}, radii);
  }
  bool petrous(const dicom::Vec3& p) const {
    const double s = recipe_.size;
    return ellipsoid({std::abs(p[0]), p[1], p[2]}, {44 * s, 5 * s, -42 * s},
                     {30 * s, 9 * s, 12 * s}) < 1;
  }
  double neck(const dicom::Vec3& p) const {
    const double s = recipe_.size;
    const double out = std::hypot(p[0], p[1] - 25 * s);
    if (out < 22 * s && p[2] > -100) return 700;
    return std::hypot(p[0], p[1] - 5 * s) < 60 * s ? 50 : -1000;
  }
  double inside(const dicom::Vec3& p, double ml, HeadTruth& truth) const {
    const double s = recipe_.size;
    if (crescent(p)) {
      truth.crescent_ml += ml;
      return recipe_.crescent.hu;
    }
    truth.lesions_ml.resize(recipe_.lesions.size());
    for (std::size_t i = 0; i < recipe_.lesions.size(); ++i)
      if (ellipsoid(p, recipe_.lesions[i].centre, recipe_.lesions[i].radii) < 1) {
        truth.lesions_ml[i] += ml;
        return recipe_.lesions[i].hu;
      }
    if (std::abs(p[0]) < 1.0 && p[2] > 0 && ellipsoid(p, {60 * s, 78 * s, 66 * s}) > 0.55)
      return 48;  // falx
    if (recipe_.ventricles && ventricle({p[0] - recipe_.shift_mm * falling(p), p[1], p[2]})) {
      truth.ventricles_ml += ml;
      return 5;
    }
    if (ellipsoid(p, {64 * s, 82 * s, 70 * s}) > 1) return 8;  // CSF over the cortex
    const double grey = ellipsoid(p, {60 * s, 78 * s, 66 * s});
    return (grey > 1 ? 38 : 31) + recipe_.contrast_hu;
  }
  /// A shift is largest in the middle and nothing at the skull.
  static double falling(const dicom::Vec3& p) {
    return std::exp(-(p[0] * p[0] + p[1] * p[1]) / (2 * 45.0 * 45.0));
  }
  static bool ventricle(const dicom::Vec3& p) {
    const dicom::Vec3 q{std::abs(p[0]), p[1], p[2]};
    if (ellipsoid(q, {9, -28, 12}, {8, 16, 9}) < 1) return q[0] > 1.3;       // frontal horns
    if (ellipsoid(q, {13, 5, 17}, {7, 30, 8}) < 1) return q[0] > 1.3;        // bodies
    return q[0] < 2.2 && std::abs(q[1] + 4) < 14 && q[2] > -12 && q[2] < 6;  // third
  }
  bool crescent(const dicom::Vec3& p) const {
    if (recipe_.crescent.thickness_mm <= 0 || p[2] < -10) return false;
    if (!recipe_.crescent.both && (p[0] > 0) != recipe_.crescent.left) return false;
    const double s = recipe_.size, along = std::atan2(p[1], std::abs(p[0]));
    const double here = recipe_.crescent.thickness_mm * std::cos(along * 1.3);
    if (std::abs(along) > 1.2 || here <= 0 || p[2] > 45) return false;
    return ellipsoid(p, {(66 - here) * s, (84 - here) * s, (72 - here) * s}) > 1;
  }

  const HeadRecipe& recipe_;
};

/// Noise of unit variance that is the same on every machine: the sum of twelve uniforms.
class HeadNoise {
 public:
  explicit HeadNoise(std::uint64_t seed) : state_{seed * 2654435761U + 12345} {}
  double next() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      sum += static_cast<double>(state_ >> 40) / 16777216.0;
    }
    return sum;
  }

 private:
  std::uint64_t state_;
};

inline dicom::InstanceHeader head_header(const HeadRecipe& recipe) {
  dicom::InstanceHeader header{
      .study = dicom::StudyUid(dicom::uid_from_name("head study")),
      .series = dicom::SeriesUid(dicom::uid_from_name("head series")),
      .sop_instance = dicom::SopInstanceUid(dicom::uid_from_name("head slice 0"))};
  header.sop_class = "1.2.840.10008.5.1.4.1.1.2";
  header.modality = "CT";
  header.frame_of_reference = dicom::FrameOfReferenceUid(dicom::uid_from_name("head frame"));
  header.manufacturer = "TOMOSCRIBE PHANTOM";
  header.convolution_kernel = "STANDARD";
  header.kvp = 120;
  header.planes.resize(1);
  header.planes.front().slice_thickness_mm = recipe.slice_mm;
  return header;
}

/// The head as a volume; each voxel is the mean of 2 x 2 points on each layer.
inline pipeline::Volume head_volume(const HeadRecipe& recipe, HeadTruth* wanted = nullptr) {
  pipeline::Volume volume{.header = head_header(recipe)};
  pipeline::Grid& grid = volume.grid;
  const int across = static_cast<int>(240 * recipe.size / recipe.pixel_mm);
  grid.size = {across, across,
               static_cast<int>((recipe.high_mm - recipe.low_mm) / recipe.slice_mm) + 1};
  grid.origin_mm = {-across * recipe.pixel_mm / 2, -across * recipe.pixel_mm / 2, recipe.low_mm};
  const double tilt = recipe.tilt_deg * 3.14159265358979 / 180;
  grid.step_mm[0][0] = recipe.pixel_mm;
  grid.step_mm[1] = {0, recipe.pixel_mm * std::cos(tilt), -recipe.pixel_mm * std::sin(tilt)};
  grid.origin_mm[1] *= std::cos(tilt);
  grid.origin_mm[2] += across * recipe.pixel_mm / 2 * std::sin(tilt);
  grid.step_mm[2][2] = recipe.slice_mm;
  volume.hu.reserve(grid.voxels());
  const HeadPainter painter(recipe);
  HeadTruth truth;
  HeadNoise noise(recipe.seed);
  const double yaw = recipe.yaw_deg * 3.14159265358979 / 180, c = std::cos(yaw), s = std::sin(yaw);
  const int parts = 4 * recipe.layers;
  const double part_ml = grid.voxel_ml() / parts;
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column) {
        double sum = 0;
        for (int part = 0; part < parts; ++part) {
          const dicom::Vec3 p =
              grid.point_mm(column + ((part & 1) - 0.5) / 2, row + ((part >> 1 & 1) - 0.5) / 2,
                            slice + ((part >> 2) + 0.5) / recipe.layers - 0.5);
          sum += painter.hu({c * p[0] + s * p[1], -s * p[0] + c * p[1], p[2]}, part_ml, truth);
        }
        const double hu = std::clamp(sum / parts + recipe.noise_hu * noise.next(), -1024.0, 3071.0);
        volume.hu.push_back(static_cast<std::int16_t>(std::lround(hu)));
      }
  for (int slice = 0; slice < grid.size[2]; ++slice) {
    volume.instances.emplace_back(dicom::uid_from_name("head slice " + std::to_string(slice)));
    volume.frames.push_back(1);
    volume.images.emplace_back(slice + 1);
  }
  if (wanted != nullptr) *wanted = truth;
  return volume;
}

}  // namespace tomoscribe::tests
