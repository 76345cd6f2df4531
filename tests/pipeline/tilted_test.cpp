// A tilted gantry: what lies at the ends of the scan and on which image is told by the slices,
// which cross the working grid.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "tests/pipeline/head_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

using testing::HasSubstr;

/// A box of water in slices of 5 mm, tilted by 20 degrees: 65 mm from the front to the back.
Volume box() {
  tests::HeadRecipe recipe{.slice_mm = 5};
  Volume volume{.header = tests::head_header(recipe)};
  volume.grid = {.size = {64, 64, 20},
                 .origin_mm = {-96, -96, 0},
                 .step_mm = {Vec3{3, 0, 0}, Vec3{0, 2.819, -1.026}, Vec3{0, 0, 5}}};
  volume.hu.assign(volume.grid.voxels(), 0);
  for (int slice = 0; slice < volume.grid.size[2]; ++slice) {
    volume.instances.emplace_back(dicom::uid_from_name("slice " + std::to_string(slice)));
    volume.frames.push_back(1);
    volume.images.emplace_back(slice + 1);
  }
  return volume;
}

/// Column, row and slice of the working voxel nearest to one of the volume.
std::array<int, 3> working(const Scene& scene, int row, int slice) {
  const Vec3 at = scene.work.grid.index_at(scene.volume.grid.point_mm(32, row, slice));
  return {static_cast<int>(std::lround(at[0])), static_cast<int>(std::lround(at[1])),
          static_cast<int>(std::lround(at[2]))};
}

bool cut(const Scene& scene, int row, int slice) {
  Mask mask(scene.work.grid.voxels());
  const auto [c, r, s] = working(scene, row, slice);
  mask[scene.work.grid.offset(c, r, s)] = 1;
  reporting::Finding finding{.id = "x", .tracking = dicom::TrackingUid("1.2.3")};
  finding.measurements = {
      {.id = "x.volume", .concept_name = codes::volume, .value = 1, .unit = codes::millilitre}};
  bound_at_scan_end(scene, mask, finding);
  return finding.measurements.front().lower_bound;
}

TEST(Tilted, TheEndOfTheScanIsThatOfItsSlices) {
  const Volume volume = box();
  const Scene scene = make_scene(volume);
  for (const int row : {4, 32, 60}) {
    EXPECT_TRUE(cut(scene, row, 0)) << row;
    EXPECT_TRUE(cut(scene, row, 19)) << row;
    for (const int slice : {3, 10, 16}) EXPECT_FALSE(cut(scene, row, slice)) << row << ' ' << slice;
  }
}

TEST(Tilted, AnImageIsNamedWhereTheSpineLies) {
  const Volume volume = box();
  Scene scene = make_scene(volume);
  const auto [c, r, s] = working(scene, 55, 12);
  scene.spine.first = scene.spine.last = s;
  scene.spine.at.resize(static_cast<std::size_t>(s) + 1);
  scene.spine.at.back().body_column = c, scene.spine.at.back().body_row = r;
  EXPECT_EQ(image_words(scene, s), "image 13");
}

/// The head as far as the gates.
struct Measured {
  explicit Measured(const tests::HeadRecipe& recipe)
      : volume(tests::head_volume(recipe)), scene(make_scene(volume)) {
    for (const Step& step : steps()) {
      step.run(scene, findings);
      if (std::string_view(step.name) == "gates") break;
    }
  }
  bool bounded() const {
    const auto& space = finding(findings, "head.intracranial");
    EXPECT_EQ(space.not_assessed, "");
    return !space.measurements.empty() && space.measurements.front().lower_bound;
  }
  Volume volume;
  Scene scene;
  mutable Findings findings;
};

tests::HeadRecipe tilted(double degrees) {
  return {.pixel_mm = 1.5, .slice_mm = 3, .tilt_deg = degrees};
}

TEST(Tilted, AHeadThatIsWholeIsNoLowerBound) {
  const Measured head(tilted(18));
  EXPECT_FALSE(head.bounded());
  EXPECT_THAT(head.scene.gates.sentences(), testing::Not(testing::Contains(HasSubstr("not in"))));
}

TEST(Tilted, AHeadThatTheScanCutsIsALowerBound) {
  tests::HeadRecipe recipe = tilted(5);  // by more the cut vault counts as open: not assessed
  recipe.high_mm = 45;
  const Measured head(recipe);
  EXPECT_TRUE(head.bounded());
  EXPECT_THAT(head.scene.gates.sentences(),
              testing::Contains(HasSubstr("the vertex is not in the scan")));
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
