#pragma once
// One dense piece of the chest: what it lies against, its shape, its density.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "pipeline/measure/chest/cage.h"
#include "pipeline/measure/crop.h"
#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// Millimetres, on the working grid. HU are smoothed.
struct DensePart {
  std::size_t voxels = 0;
  std::uint8_t lung = 0;             ///< right_lung or left_lung
  double against_lung = 0;           ///< share of its shell that is aerated lung
  double against_fluid = 0;          ///< share of its shell that is pleural fluid
  double against_wall = 0;           ///< share of its shell within 6 mm of the ribs, without lung
  double dependent = 0;              ///< share of it lower than the lung's middle, as lain
  double long_mm = 0, short_mm = 0;  ///< of its body, on the axial section with the largest area
  double elongation = 0;             ///< of its body, longest over shortest axis of inertia
  double compactness =
      0;                ///< its body's volume over that of the ball round its centre that holds it
  bool joined = false;  ///< followed to its border with an organ by joined_lung
  double air = 0;       ///< gas inside its outline, share: bronchi
  double inner_hu = 0;  ///< median of what lies 4.5 mm inside, or deeper than half its depth
  double darkest_hu = 0;  ///< tenth percentile of the same
  double mean_mm() const { return (long_mm + short_mm) / 2; }
  /// Most of it is of fat's density, and none of it so much less dense as lung with some air is.
  bool is_fat() const;
  /// A layer of fluid's density along the chest wall on the side that is down, without bronchi:
  /// what pleural fluid looks like.
  bool like_fluid() const;
};

/// From where on a median is that of fat, HU: nodules of 20 HU below water and less are hamartomas
/// or lipomas (as in nodule_shape).
inline constexpr double fat_hu = -20;

/// The two sides of the chest inside their ribs.
class Cages {
 public:
  explicit Cages(const Scene& scene);
  /// Millimetres in from the ribs of the side on which they are known there.
  std::optional<double> to_ribs_mm(int column, int row, int slice) const;
  /// Whether a voxel lies lower than the middle of that side, as the patient lies.
  std::optional<bool> is_dependent(int column, int row, int slice) const;

 private:
  const Cage* side_of(int column, int row, int slice) const;
  std::array<Cage, 2> sides_;
  std::array<double, 2> down_;
};

/// Sizes, contacts and place of numbered pieces of a box.
std::vector<DensePart> contacts_of(const Scene& scene, const Cages& cages, const Crop& box,
                                   const Components& pieces);

/// Shape and density of one part. \param mask  of the box
void add_shape(const Scene& scene, const Crop& box, const Mask& mask, DensePart& part);

/// What the opening by `mm` leaves of a mask.
Mask opened(const Mask& mask, const Grid& grid, double mm);

/// A part without what is much thinner than itself (vessels, strands, folds of pleura): its opening
/// by half of its greatest depth.
Mask body_of_part(const Mask& part, const Grid& grid);

}  // namespace tomoscribe::pipeline::measure
