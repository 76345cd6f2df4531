// Bone, spine, vertebrae, aorta and what hangs on them, against the phantom's known anatomy.
#include <algorithm>
#include <cmath>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/measure.h"
#include "pipeline/measure/scaffold/curve.h"
#include "pipeline/measure/scaffold/discs.h"
#include "reporting/knowledge/rules.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

using tests::chest_volume;

/// A chest that was measured; the volume outlives the scene.
struct Measured {
  explicit Measured(Volume of, const std::string& last = {})
      : volume(std::move(of)), scene(make_scene(volume)) {
    for (const Step& step : steps()) {
      step.run(scene, findings);
      if (step.name == last) return;
    }
  }
  Measured(const Measured&) = delete;
  Measured& operator=(const Measured&) = delete;
  ~Measured() = default;
  const reporting::Finding* find(const std::string& id) const {
    const auto found = std::ranges::find(findings, id, &reporting::Finding::id);
    return found == findings.end() ? nullptr : &*found;
  }
  Volume volume;
  Scene scene;
  Findings findings;
};

Volume phantom_volume() {
  return chest_volume(model::phantom::thorax(tests::small_chest()));
}

// Radius 11.8 mm in model/phantom/detail/organs.cpp.
constexpr double painted_diameter_mm = 23.6;

class PhantomSpine : public testing::Test {
 protected:
  static void SetUpTestSuite() { held() = std::make_unique<const Measured>(phantom_volume()); }
  static void TearDownTestSuite() { held().reset(); }
  static const Measured& phantom() { return *held(); }

 private:
  static std::unique_ptr<const Measured>& held() {
    static std::unique_ptr<const Measured> one;
    return one;
  }
};

TEST_F(PhantomSpine, IsFollowedThroughTheWholeScan) {
  const Scene& scene = phantom().scene;
  ASSERT_TRUE(scene.spine.found());
  EXPECT_GT(scene.spine.last - scene.spine.first, 0.95 * scene.work.grid.size[2]);
  int bone_in_canal = 0, bone_around = 0;
  for (int slice = scene.spine.first; slice <= scene.spine.last; ++slice) {
    const CurvePlane plane = curve_plane(scene, slice);
    if (hu_between(scene.work, plane.canal) > 150) ++bone_in_canal;
    if (hu_between(scene.work, plane.body) > 100) ++bone_around;
  }
  const int all = scene.spine.last - scene.spine.first + 1;
  EXPECT_LT(bone_in_canal, all / 50);
  EXPECT_GT(bone_around, all * 3 / 4);  // the rest are discs
}

TEST_F(PhantomSpine, DiscsLieWhereTheyWerePainted) {
  // Lower endplates of T12 to T1 in the phantom (model/phantom/detail/skeleton.cpp), canonical z.
  const std::vector<double> painted{-202, -175, -149, -124, -99, -75, -51, -27, -3, 19, 40, 60};
  const Grid& grid = phantom().scene.work.grid;
  std::vector<double> found;
  for (const Vertebra& one : phantom().scene.vertebrae.all)
    found.push_back(grid.point_mm(0, 0, one.lower_disc)[2]);
  ASSERT_GE(found.size(), 10U);
  int near = 0;
  for (const double z : painted)
    near += std::ranges::any_of(found, [z](double at) { return std::abs(at - z) < 6; }) ? 1 : 0;
  EXPECT_GE(near, 11);
}

TEST_F(PhantomSpine, LevelsAreNamedOnlyIfTwoLandmarksAgree) {
  const Vertebrae& vertebrae = phantom().scene.vertebrae;
  const bool any_number =
      std::ranges::any_of(vertebrae.all, [](const Vertebra& one) { return one.number != 0; });
  EXPECT_EQ(any_number, vertebrae.named);
  EXPECT_EQ(vertebrae.reason.empty(), vertebrae.named);
  const reporting::Finding* density = phantom().find("spine.density");
  ASSERT_NE(density, nullptr);
  EXPECT_TRUE(vertebrae.named) << vertebrae.reason;
}

/// The vertebra painted at a height; none when nothing was.
const model::phantom::Truth* vertebra_at(const model::phantom::Phantom& phantom, double z) {
  const auto found = std::ranges::find_if(phantom.truth, [&](const model::phantom::Truth& one) {
    return one.name.starts_with("vertebra.") && std::abs(one.centre_mm[2] - z) < 8;
  });
  return found == phantom.truth.end() ? nullptr : &*found;
}

TEST(LongPhantomSpine, NamesEveryVertebraAsPaintedAndMeasuresTheFirstLumbarOne) {
  model::phantom::Settings settings = tests::small_chest();
  settings.slices = 165;  // down to L1
  settings.thickness_mm = settings.slice_mm;
  settings.nodule = false;
  const model::phantom::Phantom phantom = model::phantom::thorax(settings);
  Measured chest(chest_volume(phantom), "levels");
  trabecular_density(chest.scene, chest.findings);
  const Vertebrae& vertebrae = chest.scene.vertebrae;
  ASSERT_TRUE(vertebrae.named) << vertebrae.reason;
  int compared = 0;
  for (const Vertebra& one : vertebrae.all) {
    const auto* painted =
        vertebra_at(phantom, chest.scene.work.grid.point_mm(0, 0, one.middle())[2]);
    if (painted == nullptr) continue;
    EXPECT_EQ(one.name(), painted->level);
    ++compared;
  }
  EXPECT_GE(compared, 12);
  const reporting::Finding* density = chest.find("spine.density");
  ASSERT_NE(density, nullptr);
  ASSERT_FALSE(density->measurements.empty()) << density->not_assessed;
  const reporting::Measurement& first = density->measurements.front();
  EXPECT_EQ(first.id, "spine.trabecular.L1");
  ASSERT_TRUE(first.value) << first.not_assessed;
  const auto painted =
      std::ranges::find(phantom.truth, "vertebra.L1", &model::phantom::Truth::name);
  ASSERT_NE(painted, phantom.truth.end());
  EXPECT_NEAR(*first.value, painted->quantities.at("trabecular_hu"), 12);
}

TEST_F(PhantomSpine, BoneIsBone) {
  const Scene& scene = phantom().scene;
  std::size_t bone = 0, soft = 0;
  for (std::size_t i = 0; i < scene.bone.size(); ++i)
    if (scene.bone[i] != 0) ++(scene.work.hu[i] > 180 ? bone : soft);
  EXPECT_GT(static_cast<double>(bone) * scene.work.grid.voxel_ml(), 200);
  EXPECT_EQ(soft, 0U);
}

TEST_F(PhantomSpine, BloodOfThePhantomIsUnenhanced) {
  const Scene& scene = phantom().scene;
  ASSERT_TRUE(scene.contrast.blood_hu);
  EXPECT_NEAR(*scene.contrast.blood_hu, 40, 8);
  EXPECT_EQ(scene.contrast.phase, ContrastPhase::unenhanced);
  const reporting::Finding* finding = phantom().find("contrast");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title, "Unenhanced by the density of the blood");
}

TEST_F(PhantomSpine, TheThoracicAortaIsAsWideAsItWasPainted) {
  const reporting::Finding* finding = phantom().find("aorta.thoracic");
  ASSERT_NE(finding, nullptr);
  ASSERT_EQ(finding->measurements.size(), 1U) << finding->not_assessed;
  const reporting::Measurement& diameter = finding->measurements.front();
  ASSERT_TRUE(diameter.value) << diameter.not_assessed;
  EXPECT_NEAR(*diameter.value, painted_diameter_mm, 3);
  EXPECT_TRUE(finding->recommendation.empty());
}

/// The phantom as it would look with contrast agent: blood in the aorta and the heart brighter. The
/// aorta is told from its track in the unenhanced phantom.
Volume enhanced(const Measured& plain, std::int16_t more_hu) {
  Volume volume = plain.volume;
  const Grid& work = plain.scene.work.grid;
  for (int slice = 0; slice < volume.grid.size[2]; ++slice) {
    const int at =
        static_cast<int>(std::lround(work.index_at(volume.grid.point_mm(0, 0, slice))[2]));
    for (const int near : {at, at + 1, at - 1}) {
      if (!plain.scene.aorta.covers(near)) continue;
      const AortaSlice& aorta = plain.scene.aorta.at[static_cast<std::size_t>(near)];
      for (int row = 0; row < volume.grid.size[1]; ++row)
        for (int column = 0; column < volume.grid.size[0]; ++column) {
          const Vec3 index = work.index_at(volume.grid.point_mm(column, row, slice));
          if (std::hypot(index[0] - aorta.column, index[1] - aorta.row) * working_mm <
              aorta.radius_mm - 1)
            volume.hu[volume.grid.offset(column, row, slice)] =
                static_cast<std::int16_t>(40 + more_hu);
        }
      break;
    }
  }
  return volume;
}

TEST_F(PhantomSpine, ContrastIsSeenThoughTheHeaderIsSilent) {
  const Measured bright(enhanced(phantom(), 300));
  EXPECT_EQ(bright.scene.contrast.phase, ContrastPhase::arterial);
  ASSERT_NE(bright.find("contrast"), nullptr);
  EXPECT_THAT(bright.find("contrast")->title,
              testing::HasSubstr("although the image headers name no contrast agent"));
  // The aorta is no bone, and what was bone still is.
  const Scene& scene = bright.scene;
  std::size_t in_aorta = 0, bone = 0, before = 0;
  for (int slice = 0; slice < static_cast<int>(scene.aorta.at.size()); ++slice)
    if (scene.aorta.covers(slice)) {
      const AortaSlice& at = scene.aorta.at[static_cast<std::size_t>(slice)];
      in_aorta += scene.bone[scene.work.grid.offset(static_cast<int>(std::lround(at.column)),
                                                    static_cast<int>(std::lround(at.row)), slice)];
    }
  EXPECT_EQ(in_aorta, 0U);
  bone = static_cast<std::size_t>(std::ranges::count(scene.bone, 1));
  before = static_cast<std::size_t>(std::ranges::count(phantom().scene.bone, 1));
  EXPECT_GT(bone, before * 9 / 10);
  EXPECT_THAT(bright.find("liver")->not_assessed, testing::HasSubstr("contrast agent"));
}

TEST_F(PhantomSpine, AHeaderThatNamesAnAgentTheBloodDoesNotShowIsContradicted) {
  Volume volume = phantom().volume;
  volume.header.contrast_agent = "OMNIPAQUE";
  const Measured chest(std::move(volume), "contrast");
  EXPECT_THAT(chest.find("contrast")->title,
              testing::HasSubstr("although the image headers name a contrast agent"));
}

TEST(Aorta, GuidelineCategoriesFollowTheDiameter) {
  using reporting::knowledge::reached;
  using reporting::knowledge::rule;
  reporting::Measurement diameter;
  diameter.unit = {"mm", "UCUM", "millimeter"};
  diameter.value = 47;
  EXPECT_TRUE(reached(rule("aorta.abdominal-40"), diameter));
  EXPECT_FALSE(reached(rule("aorta.abdominal-50"), diameter));
  diameter.value = 29;
  EXPECT_FALSE(reached(rule("aorta.abdominal-30"), diameter));
}

TEST_F(PhantomSpine, TheLiverIsAsDenseAsItWasPainted) {
  const reporting::Finding* liver = phantom().find("liver");
  ASSERT_NE(liver, nullptr);
  ASSERT_FALSE(liver->measurements.empty()) << liver->not_assessed;
  EXPECT_NEAR(*liver->measurements.front().value, 56, 3);
}

TEST(Bone, ALowDensityReachesTheLimitAndAHighOneDoesNot) {
  using reporting::knowledge::reached;
  using reporting::knowledge::rule;
  reporting::Measurement density;
  density.unit = {"[hnsf'U]", "UCUM", "Hounsfield unit"};
  density.value = 110;
  EXPECT_TRUE(reached(rule("bone.l1-110"), density));
  density.value = 111;
  EXPECT_FALSE(reached(rule("bone.l1-110"), density));
  EXPECT_TRUE(reached(rule("bone.l1-160"), density));
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
