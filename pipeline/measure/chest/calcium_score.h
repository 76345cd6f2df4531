#pragma once
// Agatston's sum in a region of the working grid, on the images themselves.

#include <string>
#include <vector>

#include "pipeline/measure/chest/heart_space.h"
#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

struct CalciumLimits {
  double threshold_hu = 130, least_mm2 = 1;
  double peak_hu = 130;  ///< pieces whose peak lies below are noise
};

/// One piece of what is dense in one averaged slice.
struct CalciumPiece {
  int first_slice = 0;  ///< of the volume, the lowest of those averaged
  double agatston = 0, area_mm2 = 0, peak_hu = 0;
  double long_mm = 0, wide_mm = 0;  ///< axes of the ellipse of its moments, in the plane
  double beside_lung = 0;           ///< share of its outline with aerated lung within 5 mm
  bool alone = true;                ///< the slices averaged above and below hold nothing of it
};

struct CalciumSum {
  double agatston = 0, slab_mm = 0;
  double by_oesophagus = 0;     ///< part of `agatston` whose pieces lie_by_oesophagus
  int slabs = 0, left_out = 0;  ///< averaged slices of the region; of them, not looked at
  Mask mask, apart_mask;        ///< of what was counted and what was not, working grid
  /// Dense, but no plaque by their shape: not counted.
  std::vector<CalciumPiece> apart;
};

/// Why a piece is no plaque, as people read it; empty when it may be one.
std::string why_no_plaque(const CalciumPiece& piece);

/// Whether a point (LPS, mm) lies where the oesophagus and the back wall of the left atrium meet:
/// from 20 mm right of the spine's middle to the middle of the descending aorta, up to 20 mm in
/// front of it. A plaque of the circumflex artery may lie there too. False without an aorta there.
bool lies_by_oesophagus(const Scene& scene, const Vec3& point_mm);

/// How many neighbouring slices are averaged: together 2.5 to 3 mm where slices are thinner,
/// else 1.
int slices_in_slab(const Scene& scene);

/// Pieces (neighbours on all eight sides) of averaged slices: area in mm2 by 1 to 4 for the peak's
/// density (200, 300, 400 HU), by the slab's height over 3 mm. Pieces that touch bone are left out,
/// those that are no plaque by their shape are kept apart; slabs that a gate excludes (metal, holes
/// in the series) are not looked at.
/// \param apart  what other limits kept apart (working grid, or empty): so is what touches it.
/// Source: Agatston 1990 (doi 10.1016/0735-1097(90)90282-T).
CalciumSum calcium_sum(const Scene& scene, const HeartSpace& space, const CalciumLimits& limits,
                       const Mask& apart = {});

}  // namespace tomoscribe::pipeline::measure
