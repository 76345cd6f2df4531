#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/phantom/background.h"

namespace tomoscribe::model::phantom {
namespace {

/// A phantom without findings stands for somebody's scan.
Background somebody() {
  Settings settings;
  settings.seed = 11;
  settings.columns = settings.rows = 160;
  settings.pixel_mm = 2.56;
  settings.slices = 100;
  settings.slice_mm = 3.5;
  settings.nodule = false;
  settings.structure_masks = true;
  const Phantom phantom = make(settings);
  Background background;
  background.columns = background.rows = 160;
  background.slices = 100;
  background.pixel_mm = 2.56;
  background.slice_mm = background.thickness_mm = 3.5;
  background.first_voxel_mm = phantom.first_voxel_mm;
  background.lung.resize(phantom.hu.size());
  for (const Truth& truth : phantom.truth)
    if (truth.name == "lung.right" || truth.name == "lung.left")
      for (const Run& run : truth.runs)
        std::fill_n(background.lung.begin() + (std::ptrdiff_t{run.slice} * 160 + run.row) * 160 +
                        run.column,
                    run.length, truth.side == "left" ? 2 : 1);
  background.hu = phantom.hu;
  return background;
}

Settings asking(std::vector<Finding> findings) {
  Settings settings;
  settings.seed = 3;
  settings.findings = std::move(findings);
  return settings;
}

const Truth& truth_of(const Phantom& phantom, const std::string& name) {
  const auto found = std::ranges::find(phantom.truth, name, &Truth::name);
  if (found == phantom.truth.end()) throw std::runtime_error("no truth of " + name);
  return *found;
}

TEST(PhantomBackground, TakesTheVolumesAskedForOnTheSidesAskedFor) {
  const Phantom phantom =
      insert(somebody(), asking({{.kind = Kind::effusion, .side = Side::left, .size = 250},
                                 {.kind = Kind::pneumothorax, .side = Side::right, .size = 150},
                                 {.kind = Kind::consolidation, .side = Side::right, .size = 100}}));
  for (const auto& [name, side, asked] : {std::tuple{"effusion.1", "left", 250.0},
                                          {"pneumothorax.1", "right", 150.0},
                                          {"consolidation.1", "right", 100.0}}) {
    SCOPED_TRACE(name);
    const Truth& truth = truth_of(phantom, name);
    EXPECT_EQ(truth.side, side);
    EXPECT_EQ(truth.centre_mm[0] > 0, truth.side == "left");
    EXPECT_NEAR(truth.volume_ml, asked, 0.1 * asked);
  }
  EXPECT_NEAR(truth_of(phantom, "effusion.1").mean_hu, 8, 16);  // half of the rim is lung
}

TEST(PhantomBackground, ChangesNothingFarFromTheFinding) {
  const Background before = somebody();
  const Phantom after = insert(before, asking({{.kind = Kind::nodule, .size = 16}}));
  const Truth& nodule = truth_of(after, "nodule.1");
  double changed = 0;
  for (std::size_t i = 0; i < before.hu.size(); ++i) {
    if (before.hu[i] == after.hu[i]) continue;
    changed += 1;
    const auto voxel = static_cast<int>(i);
    const int column = voxel % 160, row = voxel / 160 % 160, slice = voxel / 25600;
    const double x = before.first_voxel_mm[0] + column * 2.56 - nodule.centre_mm[0],
                 y = before.first_voxel_mm[1] + row * 2.56 - nodule.centre_mm[1],
                 z = before.first_voxel_mm[2] + slice * 3.5 - nodule.centre_mm[2];
    ASSERT_LT(std::sqrt(x * x + y * y + z * z), 16);
  }
  EXPECT_GT(changed, 60);
  EXPECT_NEAR(nodule.volume_ml, 2.14, 0.3);
}

TEST(PhantomBackground, IsTheSameForTheSameArguments) {
  const Settings settings = asking({{.kind = Kind::ground_glass}, {.kind = Kind::mass}});
  const Phantom one = insert(somebody(), settings), other = insert(somebody(), settings);
  EXPECT_EQ(one.hu, other.hu);
  EXPECT_EQ(truth_json(one), truth_json(other));
}

TEST(PhantomBackground, RefusesWhatItCannotPutIn) {
  EXPECT_THROW((void)insert(somebody(), asking({{.kind = Kind::compression}})),
               std::invalid_argument);
  Background empty = somebody();
  std::ranges::fill(empty.lung, std::uint8_t{0});
  EXPECT_THROW((void)insert(empty, asking({{.kind = Kind::nodule}})), std::invalid_argument);
}

}  // namespace
}  // namespace tomoscribe::model::phantom
