#include "pipeline/measure/measure.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/key_image.h"
#include "pipeline/measure/chest/nodule_shape.h"
#include "pipeline/measure/outline.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Presence;
using tests::chest_volume;
using tests::truth_of;

/// The steps up to that one; all of them when it is not named.
Findings measured(const Volume& volume, std::string_view last = {}) {
  Scene scene = make_scene(volume);
  Findings findings;
  for (const Step& step : steps()) {
    step.run(scene, findings);
    if (step.name == last) break;
  }
  return findings;
}

const reporting::Measurement& measurement(const Findings& findings, const std::string& id) {
  for (const reporting::Finding& finding : findings)
    for (const reporting::Measurement& one : finding.measurements)
      if (one.id == id) return one;
  throw std::runtime_error("no measurement " + id);
}

const reporting::Finding& finding_of(const Findings& findings, const std::string& id) {
  return *std::ranges::find(findings, id, &reporting::Finding::id);
}

class PhantomChest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    phantom_ = new model::phantom::Phantom(model::phantom::thorax(tests::small_chest()));
    volume_ = new Volume(chest_volume(*phantom_));
    findings_ = new Findings(measured(*volume_));
  }
  static void TearDownTestSuite() {
    delete phantom_;
    delete volume_;
    delete findings_;
  }
  static const model::phantom::Phantom* phantom_;
  static const Volume* volume_;
  static const Findings* findings_;
};
const model::phantom::Phantom* PhantomChest::phantom_ = nullptr;
const Volume* PhantomChest::volume_ = nullptr;
const Findings* PhantomChest::findings_ = nullptr;

TEST_F(PhantomChest, LungVolumesAreWithinFivePercentOfTheTruth) {
  for (const std::string side : {"right", "left"}) {
    const auto& volume = measurement(*findings_, "lung.volume." + side);
    ASSERT_TRUE(volume.value) << volume.not_assessed;
    const double truth = truth_of(*phantom_, "lung." + side).volume_ml;
    EXPECT_NEAR(*volume.value, truth, 0.05 * truth) << side;
    EXPECT_FALSE(volume.lower_bound);
  }
}

TEST_F(PhantomChest, TheAirwayIsFoundBetweenTheLungs) {
  const auto& airway = measurement(*findings_, "airway.volume");
  ASSERT_TRUE(airway.value) << airway.not_assessed;
  const double truth = truth_of(*phantom_, "trachea").volume_ml;
  EXPECT_GT(*airway.value, 0.5 * truth);
  EXPECT_LT(*airway.value, 4 * truth + 60);
}

TEST_F(PhantomChest, TheRegionIsChest) {
  EXPECT_GT(*measurement(*findings_, "body.region.chest").value, 45);
  EXPECT_FALSE(measurement(*findings_, "body.region.chest").uncertainty);
  EXPECT_EQ(*measurement(*findings_, "body.region.head").value, 0);
}

TEST_F(PhantomChest, LowAttenuationIsMeasuredAtTwoAndAHalfMillimetresAndFlagged) {
  const auto& share = measurement(*findings_, "lung.laa950.total");
  ASSERT_TRUE(share.value) << share.not_assessed;
  EXPECT_LT(*share.value, 5);
  EXPECT_THAT(share.conditions, testing::Contains(testing::HasSubstr("flagged, 1.5 mm is wanted")));
}

TEST_F(PhantomChest, TheNoduleIsACandidateOfTheRightSizeAndSide) {
  const auto& truth = truth_of(*phantom_, "nodule.1");
  const reporting::Finding& nodule = finding_of(*findings_, "nodule.1");
  EXPECT_EQ(to_text(nodule.laterality), truth.side);
  EXPECT_NEAR(*measurement(*findings_, "nodule.1.diameter").value, truth.size_mm[0], 1.5);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_NEAR((*nodule.evidence.front().point_mm)[i], truth.centre_mm[i], 2);
  EXPECT_EQ(nodule.verification.outcome, reporting::Outcome::unverified) << "a candidate";
  EXPECT_EQ(nodule.presence, Presence::indeterminate);
  EXPECT_EQ(std::ranges::find(*findings_, "nodule.3", &reporting::Finding::id), findings_->end())
      << finding_of(*findings_, "nodule.3").title
      << *measurement(*findings_, "nodule.3.diameter").value << ": one false candidate at most";
}

TEST_F(PhantomChest, NoFluidIsProposedInAHealthyChest) {
  EXPECT_EQ(finding_of(*findings_, "effusion").presence, Presence::indeterminate);
}

TEST_F(PhantomChest, EveryFindingRestsOnAnImageOrSaysWhyNot) {
  for (const reporting::Finding& finding : *findings_) {
    EXPECT_FALSE(finding.observation.empty()) << finding.id;
    if (finding.presence == Presence::not_assessed) {
      EXPECT_FALSE(finding.not_assessed.empty()) << finding.id;
      continue;
    }
    if (finding.presence == Presence::indeterminate &&
        finding.verification.outcome == reporting::Outcome::consistent)
      continue;  // a detector proposed nothing
    ASSERT_FALSE(finding.evidence.empty()) << finding.id;
    for (const reporting::Evidence& evidence : finding.evidence) {
      ASSERT_FALSE(evidence.regions.empty()) << finding.id;
      EXPECT_TRUE(evidence.point_mm);
      for (const reporting::Region2D& region : evidence.regions)
        EXPECT_LE(region.outline.size(), 200U);
      EXPECT_THAT(volume_->instances, testing::Contains(evidence.instance));
    }
  }
}

TEST_F(PhantomChest, TheLungsCentresAreTheTruth) {
  for (const std::string side : {"right", "left"}) {
    const auto point = finding_of(*findings_, "lungs." + side).evidence.front().point_mm;
    const auto& centre = truth_of(*phantom_, "lung." + side).centre_mm;
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR((*point)[i], centre[i], 8) << side;
  }
}

TEST_F(PhantomChest, AKeyImageIsAPng) {
  const auto picture =
      key_image(*volume_, finding_of(*findings_, "lungs").evidence.front(), lung_window);
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->substr(1, 3), "PNG");
  EXPECT_EQ(picture,
            key_image(*volume_, finding_of(*findings_, "lungs").evidence.front(), lung_window));
}

/// Prone (rows and columns turned round), feet first (slices turned round), a mirrored display:
/// the patient is the same, so right stays right.
TEST_F(PhantomChest, LateralityComesFromThePatientAndNotFromTheImage) {
  const double right = *measurement(*findings_, "lung.volume.right").value;
  const double left = *measurement(*findings_, "lung.volume.left").value;
  for (const tests::Stored& stored :
       {tests::Stored{.columns_flipped = true, .rows_flipped = true},
        tests::Stored{.slices_flipped = true},
        tests::Stored{.columns_flipped = true, .slices_flipped = true}}) {
    const Findings again = measured(chest_volume(*phantom_, stored), "lung-volume");
    EXPECT_NEAR(*measurement(again, "lung.volume.right").value, right, 0.01 * right);
    EXPECT_NEAR(*measurement(again, "lung.volume.left").value, left, 0.01 * left);
    EXPECT_LT((*finding_of(again, "lungs.right").evidence.front().point_mm)[0],
              (*finding_of(again, "lungs.left").evidence.front().point_mm)[0]);
  }
}

TEST_F(PhantomChest, ALungCutByTheFirstSliceIsALowerBound) {
  Volume cut = chest_volume(*phantom_);
  const int from = cut.grid.size[2] / 2;
  cut.hu.erase(cut.hu.begin(),
               cut.hu.begin() + static_cast<std::ptrdiff_t>(cut.grid.offset(0, 0, from)));
  cut.grid.origin_mm = cut.grid.point_mm(0, 0, from);
  cut.grid.size[2] -= from;
  cut.instances.erase(cut.instances.begin(), cut.instances.begin() + from);
  cut.frames.resize(cut.instances.size());
  cut.images.resize(cut.instances.size());
  const Findings findings = measured(cut, "laa950");
  EXPECT_TRUE(measurement(findings, "lung.volume.right").lower_bound);
  EXPECT_TRUE(measurement(findings, "lung.volume.total").lower_bound);
  EXPECT_THAT(measurement(findings, "lung.laa950.total").conditions,
              testing::Contains("only part of the lungs is in the scan: flagged"));
}

TEST_F(PhantomChest, LowAttenuationIsRefusedOnThickSlicesAndSharpKernels) {
  Volume other = *volume_;
  other.header.planes[0].slice_thickness_mm = 5;
  EXPECT_EQ(measurement(measured(other, "laa950"), "lung.laa950.total").not_assessed,
            "slice thickness 5.00 mm > 2.5 mm");
  other = *volume_;
  other.header.convolution_kernel = "LUNG";
  EXPECT_THAT(measurement(measured(other, "laa950"), "lung.laa950.right").not_assessed,
              testing::HasSubstr("edge-enhancing kernel"));
}

TEST_F(PhantomChest, NoiseMakesLowAttenuationUncertain) {
  Volume noisy = *volume_;
  std::uint32_t random = 1;
  for (std::int16_t& hu : noisy.hu) {
    random = random * 1664525U + 1013904223U;
    hu = static_cast<std::int16_t>(hu + static_cast<int>(random >> 16) % 121 - 60);
  }
  const Findings findings = measured(noisy, "laa950");
  const auto& clean = measurement(*findings_, "lung.laa950.total");
  const auto& more = measurement(findings, "lung.laa950.total");
  ASSERT_TRUE(clean.uncertainty && more.uncertainty) << more.not_assessed;
  EXPECT_GT(*more.value, *clean.value);
  EXPECT_GT(*more.uncertainty, 2 * *clean.uncertainty);
  EXPECT_GE(*more.uncertainty + *clean.uncertainty, *more.value - *clean.value)
      << "what the noise added lies within the uncertainty";
}

TEST_F(PhantomChest, EachNumberSaysOnWhichGridItWasMeasured) {
  for (const reporting::Finding& finding : *findings_)
    for (const reporting::Measurement& one : finding.measurements) {
      if (!one.value) continue;
      ASSERT_FALSE(one.conditions.empty()) << one.id;
      EXPECT_THAT(one.conditions.back(),
                  testing::AnyOf(testing::HasSubstr("slices"),
                                 testing::HasSubstr("working grid of 1.5 mm")))
          << one.id;
    }
  EXPECT_THAT(measurement(*findings_, "lung.volume.right").conditions.back(),
              testing::HasSubstr("voxels of the slices"));
  EXPECT_EQ(measurement(*findings_, "heart.width.heart").conditions.back(),
            "measured on the working grid of 1.5 mm");
}

/// A lung of one density with a ball of 12 mm in it; beside the ball lies a block that is dense
/// enough to belong to it only when its border is moved down.
Volume ball_beside_block(int block_hu) {
  Volume volume{.header = tests::chest_header(model::phantom::Phantom{}, 0)};
  volume.grid.size = {80, 80, 80};
  for (std::size_t i = 0; i < 3; ++i) volume.grid.step_mm[i][i] = 1;
  volume.hu.assign(volume.grid.voxels(), -850);
  for_each_voxel(volume.grid, [&](std::size_t at, int column, int row, int slice) {
    if (column >= 44) volume.hu[at] = static_cast<std::int16_t>(block_hu);
    if (std::hypot(column - 40, row - 40, slice - 40) <= 6) volume.hu[at] = 0;
  });
  return volume;
}

TEST(NoduleShape, ASizeThatIsLostWhenTheBorderMovesIsUncertain) {
  for (const bool lost : {false, true}) {
    const Volume volume = ball_beside_block(lost ? -450 : -850);
    const Scene scene = make_scene(volume);
    const Mask space(scene.work.grid.voxels(), right_lung);
    const Spot spot{
        .centre_mm = {40, 40, 40}, .diameter_mm = 12, .strength_hu = 300, .lung = right_lung};
    const auto shape = nodule_shape(scene, space, spot);
    ASSERT_TRUE(shape);
    EXPECT_NEAR(shape->mean_mm(), 12, 1.5);
    const NoduleSpread spread = nodule_spread(scene, space, spot, *shape);
    EXPECT_EQ(spread.lost, lost);
    if (lost)
      EXPECT_GE(spread.diameter_mm, shape->mean_mm() / 2);
    else
      EXPECT_LT(spread.diameter_mm, 1.5);
  }
}

TEST(Measure, AnEmptyVolumeIsNotAssessedThroughout) {
  Volume volume{.header = tests::chest_header({}, 0)};
  volume.grid = {.size = {64, 64, 20},
                 .origin_mm = {},
                 .step_mm = {Vec3{3, 0, 0}, Vec3{0, 3, 0}, Vec3{0, 0, 3}}};
  volume.hu.assign(volume.grid.voxels(), -1000);
  for (int i = 0; i < 20; ++i)
    volume.instances.push_back(volume.header.sop_instance), volume.frames.push_back(1);
  volume.images.emplace_back(1);
  for (const reporting::Finding& finding : measured(volume)) {
    EXPECT_EQ(finding.presence, Presence::not_assessed) << finding.id;
    for (const auto& one : finding.measurements) EXPECT_FALSE(one.value) << one.id;
  }
}

/// A volume of air, 2 mm cubes, with what `hu_at` puts there (millimetres from the middle).
template <class HuAt>
Volume painted(const HuAt& hu_at) {
  Volume volume{.header = tests::chest_header(model::phantom::Phantom{}, 0)};
  volume.grid = {.size = {160, 160, 60},
                 .origin_mm = {-160, -160, 0},
                 .step_mm = {Vec3{2, 0, 0}, Vec3{0, 2, 0}, Vec3{0, 0, 2}}};
  volume.hu.resize(volume.grid.voxels());
  std::size_t at = 0;
  for (int slice = 0; slice < 60; ++slice)
    for (int row = 0; row < 160; ++row)
      for (int column = 0; column < 160; ++column, ++at)
        volume.hu[at] = static_cast<std::int16_t>(hu_at(2.0 * column - 160, 2.0 * row - 160));
  for (int slice = 0; slice < 60; ++slice) {
    volume.instances.push_back(dicom::SopInstanceUid("1.2.3." + std::to_string(slice)));
    volume.frames.push_back(1);
    volume.images.emplace_back(static_cast<int>(volume.images.size()) + 1);
  }
  return volume;
}

TEST(Body, APlateThatTouchesItIsTakenOff) {
  constexpr double radius = 90, pi = 3.14159265358979;
  const auto findings = measured(painted([](double x, double y) {
    const bool body = std::hypot(x, y) < radius;
    const bool plate = y > radius - 4 && y < radius + 14 && std::abs(x) < 140;
    return body ? 40 : plate ? 100 : -1000;
  }));
  const double truth_ml = pi * radius * radius * 120 / 1000;
  EXPECT_NEAR(*measurement(findings, "body.volume").value, truth_ml, 0.05 * truth_ml);
}

TEST(Body, AHollowSkullIsAPhantom) {
  const Volume volume = painted([](double x, double y) {
    const double r = std::hypot(x, 0.9 * y);
    return r < 90 && r > 83 ? 900 : -1000;
  });
  Scene scene = make_scene(volume);
  Findings findings;
  for (const Step& step : steps()) step.run(scene, findings);
  EXPECT_TRUE(scene.skull_without_brain);
}

TEST(Outline, ASquareIsFourCornersInPixelCoordinates) {
  SliceMask mask{.columns = 8, .rows = 6, .values = std::vector<std::uint8_t>(48, 0)};
  for (int row = 2; row < 5; ++row)
    for (int column = 3; column < 7; ++column)
      mask.values[static_cast<std::size_t>(row * 8 + column)] = 1;
  const auto regions = outlines(mask);
  ASSERT_EQ(regions.size(), 1U);
  EXPECT_EQ(regions[0].outline,
            (std::vector<std::array<double, 2>>{{3, 2}, {7, 2}, {7, 5}, {3, 5}}));
  EXPECT_DOUBLE_EQ(polygon_area(regions[0]), 12);
}

TEST(Outline, ACircleKeepsItsAreaInAtMostTwoHundredPoints) {
  SliceMask mask{
      .columns = 512, .rows = 512, .values = std::vector<std::uint8_t>(512UL * 512UL, 0)};
  double pixels = 0;
  for (int row = 0; row < 512; ++row)
    for (int column = 0; column < 512; ++column)
      if (std::hypot(column - 255.5, row - 255.5) < 240) {
        mask.values[static_cast<std::size_t>(row) * 512 + static_cast<std::size_t>(column)] = 1;
        ++pixels;
      }
  const auto regions = outlines(mask);
  ASSERT_EQ(regions.size(), 1U);
  EXPECT_LE(regions[0].outline.size(), 200U);
  EXPECT_NEAR(polygon_area(regions[0]), pixels, 0.01 * pixels);
}

TEST(Outline, PiecesComeLargestFirstAndCrumbsAreLeftOut) {
  SliceMask mask{.columns = 40, .rows = 20, .values = std::vector<std::uint8_t>(800, 0)};
  const auto square = [&](int low, int side) {
    for (int row = 1; row <= side; ++row)
      for (int column = low; column < low + side; ++column)
        mask.values[static_cast<std::size_t>(row * 40 + column)] = 1;
  };
  square(1, 6), square(10, 12), square(30, 1);
  const auto regions = outlines(mask);
  ASSERT_EQ(regions.size(), 2U);
  EXPECT_DOUBLE_EQ(polygon_area(regions[0]), 144);
  EXPECT_DOUBLE_EQ(polygon_area(regions[1]), 36);
}

TEST(Normalise, ALinearRampStaysOnItsPlaceOnAShearedGrid) {
  Volume volume{.header = tests::chest_header({}, 0)};
  volume.grid = {.size = {40, 40, 20},
                 .origin_mm = {-10, 5, 3},
                 .step_mm = {Vec3{0.7, 0, 0}, Vec3{0, 0.7, 0}, Vec3{0, 0.8, 2}}};
  for (int slice = 0; slice < 20; ++slice)
    for (int row = 0; row < 40; ++row)
      for (int column = 0; column < 40; ++column) {
        const Vec3 point = volume.grid.point_mm(column, row, slice);
        volume.hu.push_back(
            static_cast<std::int16_t>(std::lround(10 * point[0] + 5 * point[1] + 7 * point[2])));
      }
  const Grid target = patient_grid(volume.grid, 1.5);
  const GridImage image = resample(volume, target);
  int compared = 0;
  for (int slice = 2; slice < target.size[2] - 2; ++slice) {
    const Vec3 centre = volume.grid.point_mm(20, 20, 0);
    const Vec3 at =
        target.index_at({centre[0], centre[1] + (target.point_mm(0, 0, slice)[2] - 3) * 0.4,
                         target.point_mm(0, 0, slice)[2]});
    const int column = static_cast<int>(std::lround(at[0])),
              row = static_cast<int>(std::lround(at[1]));
    const Vec3 point = target.point_mm(column, row, slice);
    EXPECT_NEAR(image.hu[target.offset(column, row, slice)],
                10 * point[0] + 5 * point[1] + 7 * point[2], 1.6);
    ++compared;
  }
  EXPECT_GT(compared, 10);
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
