// The gates that look at pixels: a phantom with the fault that each must see.

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/texture.h"
#include "tests/pipeline/gates_phantom.h"

namespace tomoscribe::pipeline::gates {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class PhantomPixels : public Phantom {};

TEST_F(PhantomPixels, CutThroughTheLungsIsSaid) {
  const Volume volume = slab(good(), 50, 100);
  const Result result = coverage(scene_of(volume));
  EXPECT_EQ(result.outcome, Outcome::pass);
  EXPECT_THAT(result.reason, StartsWith("the lungs reach the first or last slice"));
}

/// A skull with brain in it, upright along z: an ellipsoid, or a tube that the scan cuts above.
Volume head(bool open_above) {
  Volume volume{
      .header = tests::chest_header(model::phantom::Phantom{.settings = tests::small_chest()}, 0)};
  volume.header.planes[0].slice_thickness_mm = 2.5;
  volume.grid = {.size = {120, 120, 64},
                 .origin_mm = {-119, -119, -79},
                 .step_mm = {Vec3{2, 0, 0}, Vec3{0, 2, 0}, Vec3{0, 0, 2.5}}};
  volume.hu.reserve(volume.grid.voxels());
  for (int slice = 0; slice < volume.grid.size[2]; ++slice)
    for (int row = 0; row < volume.grid.size[1]; ++row)
      for (int column = 0; column < volume.grid.size[0]; ++column) {
        const Vec3 at = volume.grid.point_mm(column, row, slice);
        const double high = open_above ? 0 : std::max(0.0, at[2]) / 70;
        const double from_middle = std::hypot(at[0] / 70, at[1] / 88, high);
        const int hu = from_middle < 0.9 ? 35 : from_middle < 1 ? 900 : -1000;
        volume.hu.push_back(static_cast<std::int16_t>(hu));
      }
  const auto slices = static_cast<std::size_t>(volume.grid.size[2]);
  volume.instances.assign(slices, volume.header.sop_instance);
  volume.frames.assign(slices, 1);
  volume.images.assign(slices, std::nullopt);
  return volume;
}

TEST(Head, CutBelowItsTopIsSaid) {
  const Volume whole = head(false), open = head(true);
  const Scene whole_scene = body_of(whole), open_scene = body_of(open);
  ASSERT_TRUE(whole_scene.shows(measure::BodyRegion::head));
  EXPECT_EQ(coverage(whole_scene).reason, "");
  EXPECT_EQ(coverage(open_scene).reason, "the top of the head is not in the scan");
  for (const Result& result : run_all(whole_scene).results)
    EXPECT_EQ(result.outcome, Outcome::pass) << result.gate << ": " << result.reason;
}

TEST_F(PhantomPixels, CutAtTheSideGivesNoFat) {
  Volume volume = part();
  const int cut = 45;
  Volume narrow = volume;
  narrow.grid.size[0] -= 2 * cut;
  narrow.grid.origin_mm = volume.grid.point_mm(cut, 0, 0);
  narrow.hu.resize(narrow.grid.voxels());
  for (int slice = 0; slice < narrow.grid.size[2]; ++slice)
    for (int row = 0; row < narrow.grid.size[1]; ++row)
      for (int column = 0; column < narrow.grid.size[0]; ++column)
        narrow.hu[narrow.grid.offset(column, row, slice)] = volume.at(column + cut, row, slice);
  expect_forbids(field_of_view(body_of(narrow)), {Use::fat});
}

TEST_F(PhantomPixels, WithMetalNamesItsImagesAndLeavesTenMillimetresOut) {
  Volume volume = part();
  for (int slice = 10; slice <= 12; ++slice)
    for (int row = 100; row < 103; ++row)
      for (int column = 78; column < 81; ++column)
        volume.hu[volume.grid.offset(column, row, slice)] = 3000;
  const Result result = metal(body_of(volume));
  expect_forbids(result, {Use::calcium});
  EXPECT_THAT(result.reason, HasSubstr("on images 71 to 73:")) << "in the middle";
  EXPECT_EQ(result.slices.front(), 6);
  EXPECT_EQ(result.slices.back(), 16);
}

TEST_F(PhantomPixels, WithMetalOnOneSideNamesIt) {
  Volume volume = part();
  const auto paint = [&](int from) {
    for (int row = 78; row < 81; ++row)
      for (int column = from; column < from + 3; ++column)
        volume.hu[volume.grid.offset(column, row, 10)] = 3000;
    return metal(body_of(volume)).reason;
  };
  EXPECT_THAT(paint(108), HasSubstr("on image 71, on the left:"));
  EXPECT_THAT(paint(50), HasSubstr("on image 71, on both sides:"));
}

TEST_F(PhantomPixels, ThatMovedBetweenSlicesIsNamed) {
  Volume volume = part();
  const int shift = 4;  // 10 mm
  for (int slice = 20; slice < volume.grid.size[2]; ++slice)
    for (int row = 0; row < volume.grid.size[1]; ++row) {
      const auto first =
          volume.hu.begin() + static_cast<std::ptrdiff_t>(volume.grid.offset(0, row, slice));
      std::rotate(first, first + shift, first + volume.grid.size[0]);
    }
  const Result result = motion(body_of(volume));
  EXPECT_EQ(result.outcome, Outcome::pass);
  EXPECT_EQ(result.reason, "the outline of the body jumps at image 81: motion between slices");
}

TEST_F(PhantomPixels, ThatMovesAgainAndAgainIsRestricted) {
  Volume volume = part();
  for (int slice = 0; slice < volume.grid.size[2]; ++slice) {
    if (slice / 5 % 2 == 0) continue;
    for (int row = 0; row < volume.grid.size[1]; ++row) {
      const auto first =
          volume.hu.begin() + static_cast<std::ptrdiff_t>(volume.grid.offset(0, row, slice));
      std::rotate(first, first + 4, first + volume.grid.size[0]);
    }
  }
  expect_forbids(motion(body_of(volume)), {Use::nodules, Use::calcium, Use::symmetry});
}

TEST(Doubling, OfTheFrontOfTheChestIsNamed) {
  auto settings = tests::small_chest();
  settings.slices = 30;
  settings.slice_mm = 8;
  const auto of = [&](double motion_mm) {
    settings.artefacts.motion_mm = motion_mm;
    return doubling(body_of(tests::chest_volume(model::phantom::thorax(settings))));
  };
  EXPECT_EQ(of(0).outcome, Outcome::pass);
  const Result moved = of(5);
  expect_forbids(moved, {Use::nodules, Use::calcium});
  EXPECT_THAT(moved.reason, HasSubstr("the front of the body is seen twice"));
}

TEST_F(PhantomPixels, BreathedOutHasNoLowAttenuation) {
  EXPECT_EQ(respiration(scene()).outcome, Outcome::pass);
  Scene flat = scene();
  const Grid& grid = flat.work.grid;
  for (int slice = 0; slice < grid.size[2]; ++slice) {
    int front = grid.size[1];
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column) {
        std::uint8_t& label = flat.labels[grid.offset(column, row, slice)];
        if (label != measure::airway) continue;
        front = std::min(front, row);
        if (row > front + 3) label = measure::body;  // the membrane has come forward
      }
  }
  const Result result = respiration(flat);
  expect_forbids(result, {Use::low_attenuation, Use::proportions});
  EXPECT_THAT(result.reason, HasSubstr("flattened from behind"));
}

Volume noisy(double noise_hu, bool smooth) {
  auto settings = tests::small_chest();
  settings.columns = settings.rows = 400;
  settings.pixel_mm = 1.0;
  settings.slices = 40;
  settings.slice_mm = 8;
  settings.noise_hu = noise_hu;
  Volume volume = slab(tests::chest_volume(model::phantom::thorax(settings)), 14, 25);
  volume.header.convolution_kernel.clear();
  if (!smooth) return volume;
  const Volume sharp = volume;
  for (int slice = 0; slice < volume.grid.size[2]; ++slice)
    for (int row = 1; row + 1 < volume.grid.size[1]; ++row)
      for (int column = 1; column + 1 < volume.grid.size[0]; ++column) {
        int sum = 0;
        for (int y = -1; y <= 1; ++y)
          for (int x = -1; x <= 1; ++x) sum += sharp.at(column + x, row + y, slice);
        volume.hu[volume.grid.offset(column, row, slice)] = static_cast<std::int16_t>(sum / 9);
      }
  return volume;
}

TEST(NoiseAndKernel, AreMeasuredWhereTheHeaderNamesNoKernel) {
  const Volume sharp = noisy(40, false), smooth = noisy(40, true);
  const Scene sharp_scene = body_of(sharp), smooth_scene = body_of(smooth);
  const auto sharp_texture = texture_of(sharp_scene), smooth_texture = texture_of(smooth_scene);
  ASSERT_TRUE(sharp_texture && smooth_texture);
  // The phantom's own texture is in it too.
  EXPECT_NEAR(sharp_texture->noise_hu, 40, 8);
  EXPECT_LT(smooth_texture->noise_hu, 30);
  EXPECT_GT(sharp_texture->fineness, 0.65);
  EXPECT_LT(smooth_texture->fineness, 0.65);
  expect_forbids(noise_and_kernel(sharp_scene), {Use::low_attenuation, Use::calcium});
  EXPECT_EQ(noise_and_kernel(smooth_scene).outcome, Outcome::pass);
}

TEST(NoiseAndKernel, OfAVeryNoisyScanForbidWhatNoiseWouldMake) {
  const Volume volume = noisy(150, false);
  Scene scene = body_of(volume);
  expect_forbids(noise_and_kernel(scene), {Use::low_attenuation, Use::nodules, Use::calcium});
}

TEST(NoiseAndKernel, AFineGrainLeavesNodules) {
  const Volume volume = noisy(90, false);
  EXPECT_THAT(noise_and_kernel(body_of(volume)).uses,
              testing::Not(testing::Contains(Use::nodules)));
}

TEST(NoiseAndKernel, AreBothNamedAndASharpKernelHidesNoNoise) {
  Volume volume = noisy(150, false);
  volume.header.convolution_kernel = "LUNG";
  volume.header.lossy = true;
  const Result result = noise_and_kernel(body_of(volume));
  expect_forbids(result, {Use::low_attenuation, Use::nodules, Use::calcium});
  ASSERT_EQ(result.more.size(), 2U);
  EXPECT_THAT(result.more[0].reason, HasSubstr("compressed with loss"));
  EXPECT_THAT(result.more[1].reason, HasSubstr("kernel LUNG"));
}

TEST_F(PhantomPixels, ThatLooksEnhancedIsCalledSoWhateverTheHeaderSays) {
  Volume volume = good();
  for (std::int16_t& hu : volume.hu)
    if (hu > 0 && hu < 100) hu = static_cast<std::int16_t>(hu + 130);
  EXPECT_EQ(energy(scene_of(volume)).reason,
            "heart and vessels look enhanced though the header names no contrast agent");
}

/// The pixels mirrored under an unchanged header: what a wrong flip looks like.
Volume mirrored(const Volume& from, std::size_t axis) {
  Volume volume = from;
  const auto [columns, rows, slices] = from.grid.size;
  for (int slice = 0; slice < slices; ++slice)
    for (int row = 0; row < rows; ++row)
      for (int column = 0; column < columns; ++column)
        volume.hu[volume.grid.offset(column, row, slice)] = from.at(
            axis == 0 ? columns - 1 - column : column, axis == 1 ? rows - 1 - row : row, slice);
  return volume;
}

TEST_F(PhantomPixels, MirroredMakesNoClaimOfLeftAndRight) {
  const Volume volume = mirrored(good(), 0);
  const Result result = laterality(scene_of(volume));
  expect_forbids(result, {Use::laterality});
  EXPECT_THAT(result.reason, HasSubstr("mirrored images or situs inversus"));
}

TEST(SidesInDoubt, AreTakenBackFromTheFindings) {
  const Volume volume =
      slab(tests::chest_volume(model::phantom::thorax(tests::small_chest())), 0, 1);
  Scene scene{.volume = volume};
  measure::Findings findings(1, {.id = "effusion.left",
                                 .title = "Pleural fluid, left",
                                 .tracking = dicom::TrackingUid("1.2.3"),
                                 .laterality = reporting::Laterality::left});
  measure::sides_in_doubt(scene, findings);
  EXPECT_EQ(findings.front().laterality, reporting::Laterality::left);
  scene.gates.results = {{.gate = "laterality",
                          .outcome = Outcome::restrict,
                          .uses = {Use::laterality},
                          .reason = "mirrored images or situs inversus"}};
  measure::sides_in_doubt(scene, findings);
  EXPECT_EQ(findings.front().laterality, reporting::Laterality::none);
  EXPECT_EQ(findings.front().title, "Pleural fluid, left (side in doubt)");
}

TEST_F(PhantomPixels, WithTheTableOnTheWrongSideLeavesLeftAndRightInDoubt) {
  Volume volume = mirrored(part(), 1);
  volume.header.patient_position = "HFS";
  const Result result = position(body_of(volume));
  expect_forbids(result, {Use::laterality});
  EXPECT_THAT(result.reason,
              StartsWith("the header says supine, the table in the images says prone"));
  // A head that is turned as well is no less said.
  Scene turned = body_of(volume);
  turned.cranium.emplace();
  turned.cranium->plane = measure::SymmetryPlane{.yaw_deg = -25};
  const Result both = position(turned);
  expect_forbids(both, {Use::laterality});
  ASSERT_EQ(both.more.size(), 2U);
  expect_forbids(both.more[0], {Use::symmetry});
  EXPECT_EQ(both.more[0].reason, "the head is turned by 25 degrees about the body's long axis");
  EXPECT_EQ(both.more[1].reason, "the patient lies prone");
  volume.header.patient_position = "FFP";
  EXPECT_EQ(position(body_of(volume)).reason, "the patient lies prone");
}

TEST_F(PhantomPixels, LyingOnItsSideIsNamed) {
  Volume volume = part();  // turned by a quarter: the back comes to the patient's left
  const Volume before = volume;
  const int last = volume.grid.size[0] - 1;
  for (int slice = 0; slice < volume.grid.size[2]; ++slice)
    for (int row = 0; row <= last; ++row)
      for (int column = 0; column <= last; ++column)
        volume.hu[volume.grid.offset(row, last - column, slice)] = before.at(column, row, slice);
  volume.header.patient_position = "HFS";
  EXPECT_THAT(position(body_of(volume)).reason,
              StartsWith("the header says supine, the table in the images says on the left side"));
}

TEST_F(PhantomPixels, TurnedAboutItsLongAxisIsNotComparedSideWithSide) {
  Volume volume = part();
  const Volume before = volume;
  const double angle = 30 * 3.14159265358979 / 180, middle = (volume.grid.size[0] - 1) / 2.0;
  for (int slice = 0; slice < volume.grid.size[2]; ++slice)
    for (int row = 0; row < volume.grid.size[1]; ++row)
      for (int column = 0; column < volume.grid.size[0]; ++column) {
        const double x = column - middle, y = row - middle;
        const int from_x =
            static_cast<int>(std::lround(x * std::cos(angle) + y * std::sin(angle) + middle));
        const int from_y =
            static_cast<int>(std::lround(-x * std::sin(angle) + y * std::cos(angle) + middle));
        const bool inside = from_x >= 0 && from_y >= 0 && from_x < volume.grid.size[0] &&
                            from_y < volume.grid.size[1];
        volume.hu[volume.grid.offset(column, row, slice)] =
            inside ? before.at(from_x, from_y, slice) : std::int16_t{-1000};
      }
  const Result result = position(body_of(volume));
  expect_forbids(result, {Use::symmetry});
  EXPECT_THAT(result.reason, HasSubstr("turned by"));
}

TEST_F(PhantomPixels, WithoutOneLungHasNoNorm) {
  Volume volume = good();
  const int middle = volume.grid.size[0] / 2;
  for (int slice = 0; slice < volume.grid.size[2]; ++slice)
    for (int row = 0; row < volume.grid.size[1]; ++row)
      for (int column = middle; column < volume.grid.size[0]; ++column) {
        std::int16_t& hu = volume.hu[volume.grid.offset(column, row, slice)];
        if (hu > -960 && hu < -400) hu = 30;
      }
  const Result result = age_and_surgery(scene_of(volume));
  expect_forbids(result, {Use::proportions});
  EXPECT_THAT(result.reason, StartsWith("no aerated lung on the left"));
}

}  // namespace
}  // namespace tomoscribe::pipeline::gates
