// Fat: beside the lung no nodule, inside a nodule perhaps a hamartoma.
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/chest/nodule_shape.h"
#include "pipeline/measure/measure.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

using testing::HasSubstr;
using testing::Not;

NoduleShape round_shape() {
  return {.diameter_mm = 9,
          .inner_hu = 30,
          .elongation = 1.2,
          .compactness = 0.6,
          .attached = 0.05,
          .against_lung = 0.6,
          .against_wall = 0.2};
}

TEST(NoduleFat, BesideTheLungIsNoNodule) {
  NoduleShape shape = round_shape();
  EXPECT_EQ(why_no_nodule(shape), "") << "soft tissue on the pleura may be one";
  shape.inner_hu = -36;
  EXPECT_EQ(why_no_nodule(shape), "fat beside the lung");
  shape.against_wall = 0;
  EXPECT_EQ(why_no_nodule(shape), "") << "free in the lung it is a nodule that holds fat";
}

TEST(NoduleFat, IsToldInThinSlicesAndFreeNodulesOnly) {
  NoduleShape shape = round_shape();
  shape.against_wall = 0;
  EXPECT_FALSE(holds_fat(shape, 1));
  shape.fat_share = 0.4;
  EXPECT_TRUE(holds_fat(shape, 1));
  EXPECT_FALSE(holds_fat(shape, 5));
  shape.against_wall = 0.2;
  EXPECT_FALSE(holds_fat(shape, 1));
}

TEST(NoduleFatPhantom, InsideARoundNoduleIsSaidToBePerhapsAHamartoma) {
  auto settings = tests::small_chest();
  settings.noise_hu = 10;
  settings.nodule_diameter_mm = 16;
  const auto phantom = model::phantom::make(settings);
  Volume volume = tests::chest_volume(phantom);
  const auto title = [&] {
    Scene scene = make_scene(volume);
    Findings findings;
    for (const Step& step : steps()) {
      const std::string_view name = step.name;
      if (name == "effusion" || name == "opacity") continue;
      step.run(scene, findings);
      if (name == "nodules") break;
    }
    return std::ranges::find(findings, "nodule.1", &reporting::Finding::id)->title;
  };
  EXPECT_THAT(title(), Not(HasSubstr("fat")));
  const auto& centre = tests::truth_of(phantom, "nodule.1").centre_mm;
  for_each_voxel(volume.grid, [&](std::size_t at, int column, int row, int slice) {
    const Vec3 mm = volume.grid.point_mm(column, row, slice);
    if (std::hypot(mm[0] - centre[0], mm[1] - centre[1], mm[2] - centre[2]) < 4)
      volume.hu[at] = -90;
  });
  EXPECT_THAT(title(), HasSubstr("with fat inside: a hamartoma is possible"));
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
