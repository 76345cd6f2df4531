#pragma once
// CT phantoms whose every number is known: pixels and truth from one seed. Standard library only;
// names no DICOM.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tomoscribe::model::phantom {

struct Settings {
  std::uint64_t seed = 1;
  int columns = 512, rows = 512, slices = 140;
  double pixel_mm = 0.8,
         slice_mm =
             2.5;  ///< the defaults hold the whole chest with margins above and below the lungs
  double noise_hu = 20;
  bool nodule = true;
  double nodule_diameter_mm = 12;
};

/// Truth of one structure, from the voxels painted.
struct Truth {
  std::string name;  ///< "lung.right", "trachea", "nodule.1"
  std::string side;  ///< "right", "left" or ""
  double volume_ml = 0;
  double mean_hu = 0;                 ///< before noise
  std::array<double, 3> centre_mm{};  ///< LPS
  std::array<double, 3> size_mm{};    ///< along x, y, z
  double fraction_below_950 = 0;      ///< lungs: of the painted voxels, before noise
  std::vector<std::array<int, 5>>
      boxes;  ///< per slice: slice, column0, row0, column1, row1 (inclusive)
};

/// Shape: [slices, rows, columns], columns fastest. Units: HU. Axes: LPS; slice 0 is the most
/// inferior.
struct Phantom {
  Settings settings;
  std::vector<std::int16_t> hu;
  std::array<double, 3> first_voxel_mm{};  ///< LPS centre of voxel (0,0,0)
  std::vector<Truth> truth;
};

/// A thorax: body, table, both lungs with vessels, trachea and main bronchi, ribs, spine, heart,
/// liver dome, one nodule. Byte-identical for equal settings. Speed goal: 512x512x300 in 10 s on
/// one core.
Phantom thorax(const Settings& settings);

/// truth.json: settings and truths.
std::string truth_json(const Phantom& phantom);

}  // namespace tomoscribe::model::phantom
