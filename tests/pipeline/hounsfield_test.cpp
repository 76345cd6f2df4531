// The scale where noise is cut off at -1024 HU: right ones stay, shifted ones are seen.
#include "pipeline/gates/hounsfield.h"

#include <algorithm>
#include <cmath>

#include "tests/pipeline/gates_phantom.h"
#include "tests/pipeline/head_volume.h"

namespace tomoscribe::pipeline::gates {
namespace {

class Scale : public Phantom {};

/// More noise than the phantom has, and what a scale that ends at -1024 makes of it.
void add_clipped_noise(Volume& volume, double sd_hu, double shift_hu = 0) {
  tests::HeadNoise noise(5);
  for (std::int16_t& hu : volume.hu) {
    hu = static_cast<std::int16_t>(
        std::max(-1024L, std::lround(hu + shift_hu + sd_hu * noise.next())));
  }
}

TEST_F(Scale, WithNoiseThatIsCutOffKeepsItsScale) {
  for (const double sd_hu : {60.0, 100.0, 150.0}) {
    Volume volume = part();
    add_clipped_noise(volume, sd_hu);
    const auto air = outside_air_hu(volume);
    ASSERT_TRUE(air);
    EXPECT_NEAR(*air, -1000, 15) << sd_hu << " HU";
    EXPECT_EQ(hounsfield(body_of(volume)).outcome, Outcome::pass) << sd_hu << " HU";
  }
}

TEST_F(Scale, WithNoiseThatIsCutOffAndAShiftedScaleMakesNoClaimOfDensity) {
  for (const double sd_hu : {60.0, 100.0, 150.0}) {
    Volume volume = part();
    add_clipped_noise(volume, sd_hu, 60);
    EXPECT_NEAR(outside_air_hu(volume).value_or(0), -940, 15) << sd_hu << " HU";
    EXPECT_EQ(hounsfield(body_of(volume)).outcome, Outcome::restrict) << sd_hu << " HU";
  }
}

/// Outside the scanner's circle there is no air.
TEST_F(Scale, WithPaddingTakesItForNoAir) {
  Volume volume = part();
  add_clipped_noise(volume, 30, 60);
  const auto [columns, rows, slices] = volume.grid.size;
  for (int slice = 0; slice < slices; ++slice)
    for (int row = 0; row < rows; ++row)
      for (int column = 0; column < columns; ++column)
        if (std::hypot(2.0 * column / columns - 1, 2.0 * row / rows - 1) > 1)
          volume.hu[volume.grid.offset(column, row, slice)] = -1024;
  EXPECT_NEAR(outside_air_hu(volume).value_or(0), -940, 10);
}

}  // namespace
}  // namespace tomoscribe::pipeline::gates
