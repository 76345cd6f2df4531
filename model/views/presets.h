#pragma once
// How Hounsfield units become colours. Presets are data: named, recorded with every view.

#include <cstdint>
#include <string>
#include <vector>

namespace tomoscribe::model {

/// What a pixel shows of the voxels behind it.
enum class Projection : std::uint8_t { mean, maximum, minimum };

const char* name_of(Projection projection);

/// One colour: `low_hu` and below is 0, `high_hu` and above is 255, linear between.
struct Channel {
  std::string name;
  double low_hu = 0, high_hu = 1;
  Projection projection = Projection::mean;
};

struct WindowPreset {
  std::string name;
  Channel red, green, blue;
};

/// "chest", "lung_slab", "head", "stroke", "body", "vessels", "bone" and "medgemma".
const std::vector<WindowPreset>& standard_presets();

}  // namespace tomoscribe::model
