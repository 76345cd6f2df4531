#pragma once
// The inner face of the ribs, seen from inside each hemithorax: what lies between it and the lung
// is pleura, fluid, gas or fat.

#include <array>
#include <optional>
#include <vector>

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// One side of the chest in the working grid: for each slice and each of `directions` directions
/// (0: to the patient's left, then to the back), how far the ribs are from the middle of the lung.
class Cage {
 public:
  static constexpr int directions = 90;

  struct Slice {
    std::array<double, 2> centre{};          ///< column, row of the middle
    std::array<float, directions> rib_mm{};  ///< 0: no rib in that direction
    bool with_lung = false;                  ///< aerated lung of this side lies in it
  };

  /// Ribs are seen through 12 mm above and below each slice, so that the gaps between them close.
  /// The chest reaches from the lung's highest slice to `below_mm` under its lowest. A side without
  /// lung, or with ribs in less than half of the directions, has no slices.
  Cage(const Scene& scene, Label lung, double below_mm);

  int first() const { return first_; }  ///< working slice of slices().front()
  const std::vector<Slice>& slices() const { return slices_; }
  bool empty() const { return slices_.empty(); }

  /// Millimetres from a voxel out to the ribs; nullopt where no rib is known or the voxel lies
  /// towards the mediastinum.
  std::optional<double> to_ribs_mm(int column, int row, int slice) const;
  /// How far a voxel lies beyond this side's middle in a direction (columns, rows; unit vector).
  double beyond_centre_mm(int column, int row, int slice,
                          const std::array<double, 2>& direction) const;

 private:
  bool looks_inward(int direction) const;

  bool right_;
  int first_ = 0;
  std::vector<Slice> slices_;
};

}  // namespace tomoscribe::pipeline::measure
