#pragma once
// Blood between brain and vault as one layer: all that lies against the inner table on one side.

#include <vector>

#include "pipeline/measure/head/cranium.h"
#include "pipeline/volume.h"

namespace tomoscribe::pipeline::measure {

/// The layer on one side of the vault.
struct Layer {
  Mask mask;                ///< shape of the cranium's grid
  double ml = 0;            ///< without the dura, 0.9 mm under the bone
  double spread_ml = 0;     ///< half the range when the limit moves by a tenth of the contrast
  double thickness_mm = 0;  ///< from the bone inwards, 98th percentile, without the dura
  double area_cm2 = 0;      ///< of the inner table that it covers
  double mean_hu = 0;       ///< median of its rays' densest places
  double side_mm = 0;       ///< of its middle, from the midline; positive to the left
};

struct Layers {
  std::vector<Layer> all;      ///< right and left, one each at most
  double searched_cm2 = 0;     ///< of the vault, where bone's blur ends within 6 mm
  bool rim_all_round = false;  ///< both sides faint or thin: hardening, or faint or thin blood
};

/// Layers denser than half way from brain to fresh blood that begin at the inner table, are 12 mm
/// and more wide, less thick than 0.4 of their width, and hold 1 mL or more. Each side is compared
/// with the density expected of it and not with the other side.
Layers find_layers(const Cranium& cranium, const Volume& volume);

}  // namespace tomoscribe::pipeline::measure
