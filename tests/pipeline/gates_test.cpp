// Every gate: a phantom with the fault that it must see, and the sound phantom that it must pass.

#include "pipeline/gates/gates.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/gates/hounsfield.h"
#include "pipeline/gates/texture.h"
#include "pipeline/measure/measure.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::gates {
namespace {

using measure::Scene;
using testing::HasSubstr;
using testing::StartsWith;

/// The scene as the gates find it.
Scene scene_of(const Volume& volume) {
  Scene scene = measure::make_scene(volume);
  measure::Findings findings;
  for (const measure::Step& step : measure::steps()) {
    if (std::string_view(step.name) == "gates") break;
    step.run(scene, findings);
  }
  return scene;
}

/// The same without lungs, airway and what they are for: seconds faster.
Scene body_of(const Volume& volume) {
  Scene scene = measure::make_scene(volume);
  measure::Findings findings;
  measure::body_and_table(scene, findings);
  measure::body_region(scene, findings);
  measure::label_native(scene);
  return scene;
}

class Phantom : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto settings = tests::small_chest();
    settings.columns = settings.rows = 160;
    settings.pixel_mm = 2.5;
    good_ = new Volume(tests::chest_volume(model::phantom::thorax(settings)));
    scene_ = new Scene(scene_of(*good_));
  }
  static void TearDownTestSuite() {
    delete scene_;
    delete good_;
  }
  static Volume good() { return *good_; }
  /// The sound scene; where only the header is wrong, with that header.
  static const Scene& scene() { return *scene_; }
  template <class Change>
  static Result with_header(Result (*gate)(const Scene&), const Change& change) {
    const dicom::InstanceHeader before = good_->header;
    change(good_->header);
    const Result result = gate(*scene_);
    good_->header = before;
    return result;
  }

  static Volume* good_;
  static Scene* scene_;
};
Volume* Phantom::good_ = nullptr;
Scene* Phantom::scene_ = nullptr;

void expect_forbids(const Result& result, std::initializer_list<Use> uses) {
  EXPECT_EQ(result.outcome, Outcome::restrict) << result.reason;
  EXPECT_EQ(result.uses, std::vector<Use>(uses)) << result.reason;
}

TEST_F(Phantom, PassesEveryGateWithoutAWord) {
  const Gates gates = run_all(scene());
  ASSERT_EQ(gates.results.size(), all().size());
  for (const Result& result : gates.results) {
    EXPECT_EQ(result.outcome, Outcome::pass) << result.gate << ": " << result.reason;
    EXPECT_EQ(result.reason, "") << result.gate;
  }
  for (const Use use : all_uses()) EXPECT_TRUE(gates.allowed(use));
}

TEST(Gates, AnswerWithTheFirstReasonThatForbids) {
  Gates gates;
  gates.results = {{.gate = "a", .reason = "said"},
                   {.gate = "b", .outcome = Outcome::restrict, .uses = {Use::fat}, .reason = "cut"},
                   {.gate = "c",
                    .outcome = Outcome::restrict,
                    .uses = {Use::fat, Use::calcium},
                    .reason = "metal",
                    .slices = {4, 5}}};
  EXPECT_TRUE(gates.allowed(Use::volume));
  EXPECT_EQ(gates.allowed(Use::fat).reason, "cut");
  EXPECT_EQ(gates.allowed(Use::calcium).reason, "metal");
  EXPECT_TRUE(gates.excludes(5));
  EXPECT_FALSE(gates.excludes(6));
  EXPECT_THAT(gates.sentences(),
              testing::ElementsAre("said", "cut; not assessed for that: fat and muscle",
                                   "metal; not assessed for that: fat and muscle, calcium"));
  gates.results.push_back({.gate = "d", .outcome = Outcome::stop, .reason = "no CT"});
  EXPECT_EQ(gates.allowed(Use::volume).reason, "no CT");
}

TEST_F(Phantom, OfAnotherKindOfImageIsStopped) {
  const auto type = [](const char* word) {
    return with_header(not_ct, [&](dicom::InstanceHeader& header) {
      header.image_type = {"ORIGINAL", "PRIMARY", word};
    });
  };
  EXPECT_EQ(type("LOCALIZER").outcome, Outcome::stop);
  EXPECT_EQ(type("LOCALIZER").reason, "localizer, not a volume");
  EXPECT_EQ(type("AXIAL").outcome, Outcome::pass);
  const auto why = [](const auto& change) { return with_header(not_ct, change).reason; };
  EXPECT_EQ(why([](auto& header) { header.modality = "MR"; }), "modality MR, not CT");
  EXPECT_EQ(why([](auto& header) { header.sop_class = "1.2.840.10008.5.1.4.1.1.88.67"; }),
            "radiation dose report");
  EXPECT_EQ(why([](auto& header) { header.sop_class = "1.2.840.10008.5.1.4.1.1.7"; }),
            "secondary capture (dose page or screen copy)");
}

TEST_F(Phantom, WithAShiftedScaleMakesNoClaimOfDensity) {
  Volume volume = good();
  for (std::int16_t& hu : volume.hu) hu = static_cast<std::int16_t>(hu + 60);
  expect_forbids(hounsfield(body_of(volume)),
                 {Use::density, Use::tissue, Use::low_attenuation, Use::calcium});
  volume = good();
  for (std::int16_t& hu : volume.hu) hu = static_cast<std::int16_t>(std::max(-1024, hu - 1024));
  EXPECT_EQ(why_not_hounsfield(volume),
            "the values are not Hounsfield units: nothing has the density of soft tissue");
}

TEST_F(Phantom, WithSoftTissueWhereNoneCanBeMakesNoClaimOfDensity) {
  Volume volume = good();
  for (std::int16_t& hu : volume.hu)
    if (hu > -300) hu = static_cast<std::int16_t>(hu + 70);
  const Result result = hounsfield(body_of(volume));
  EXPECT_EQ(result.outcome, Outcome::restrict);
  EXPECT_THAT(result.reason, StartsWith("the most frequent density in the body is"));
}

TEST_F(Phantom, OfAConeBeamOrMegavoltMachineMakesNoClaimOfDensity) {
  const Result cone =
      with_header(hounsfield, [](auto& header) { header.model_name = "On-Board Imager"; });
  EXPECT_THAT(cone.reason, StartsWith("cone beam CT"));
  EXPECT_FALSE(cone.uses.empty());
  const Result mega = with_header(hounsfield, [](auto& header) { header.kvp = 3500; });
  EXPECT_THAT(mega.reason, StartsWith("megavoltage CT"));
  const Result pet =
      with_header(hounsfield, [](auto& header) { header.series_description = "CTAC WB 3.75"; });
  expect_forbids(pet, {Use::low_attenuation, Use::nodules, Use::calcium});
}

TEST_F(Phantom, OfAChestIsStoppedWhereAHeadWasOrdered) {
  reporting::Order order{};
  const auto ordered = [&](const char* what) {
    order.procedure.meaning = what;
    scene_->order = &order;
    const Result result = wrong_region(*scene_);
    scene_->order = nullptr;
    return result;
  };
  EXPECT_EQ(ordered("CT Head W contrast IV").outcome, Outcome::stop);
  EXPECT_THAT(ordered("CT Head").reason, StartsWith("ordered: head; the images show: chest"));
  for (const char* right :
       {"CT Chest", "CT Abdomen", "CT Chest and Abdomen and Pelvis", "CT Thorax", "Behandlung", ""})
    EXPECT_EQ(ordered(right).reason, "") << right;
  const Result stated =
      with_header(wrong_region, [](auto& header) { header.body_part_examined = "HEAD"; });
  EXPECT_EQ(stated.outcome, Outcome::pass);
  EXPECT_THAT(stated.reason, StartsWith("the header names head as body part"));
}

TEST_F(Phantom, WithThickOrGappedSlicesIsRestrictedStepByStep) {
  const auto thick = [](double mm) {
    return with_header(slice_thickness,
                       [mm](auto& header) { header.planes[0].slice_thickness_mm = mm; });
  };
  EXPECT_EQ(thick(2.5).outcome, Outcome::pass);
  expect_forbids(thick(3), {Use::low_attenuation, Use::nodules});
  EXPECT_EQ(thick(3).reason, "slice thickness 3.00 mm > 2.5 mm");
  expect_forbids(thick(6), {Use::low_attenuation, Use::nodules, Use::calcium});
  expect_forbids(thick(12), {Use::volume, Use::low_attenuation, Use::nodules, Use::calcium});
  expect_forbids(thick(1), {Use::nodules, Use::calcium});
  EXPECT_EQ(thick(1).reason, "slices 2.50 mm apart and 1.00 mm thick: not all tissue was scanned");
}

TEST_F(Phantom, WithMissingSlicesGivesNoVolumeAndSaysWhere) {
  Volume volume = good();
  volume.missing = {"1 slice missing between image 30 and image 32 (z 0.0 to 5.0 mm)"};
  volume.kinds.assign(static_cast<std::size_t>(volume.grid.size[2]), SliceKind::image);
  volume.kinds[30] = SliceKind::invented;
  Scene scene = measure::make_scene(volume);
  const Result result = missing_slices(scene);
  expect_forbids(result, {Use::volume, Use::nodules, Use::calcium});
  EXPECT_EQ(result.reason, volume.missing[0]);
  EXPECT_EQ(result.slices, std::vector<int>{30});
  measure::Findings findings;
  for (const measure::Step& step : measure::steps()) step.run(scene, findings);
  for (const char* id : {"lungs", "lungs.right", "lungs.left", "body", "airway"}) {
    const auto& first = measure::finding(findings, id).measurements.at(0);
    EXPECT_FALSE(first.value) << id;
    EXPECT_EQ(first.not_assessed, volume.missing[0]) << id;
  }
}

/// Slices from `low` to `high`, inclusive.
Volume slab(const Volume& whole, int low, int high) {
  Volume volume = whole;
  volume.grid.size[2] = high - low + 1;
  volume.grid.origin_mm = whole.grid.point_mm(0, 0, low);
  const auto plane = static_cast<std::ptrdiff_t>(whole.grid.offset(0, 0, 1));
  volume.hu.assign(whole.hu.begin() + plane * low, whole.hu.begin() + plane * (high + 1));
  volume.instances = {whole.instances.begin() + low, whole.instances.begin() + high + 1};
  volume.frames.resize(volume.instances.size());
  volume.images = {whole.images.begin() + low, whole.images.begin() + high + 1};
  return volume;
}

TEST_F(Phantom, CutThroughTheLungsHasNoNorm) {
  const Volume volume = slab(good(), 50, 100);
  const Result result = coverage(scene_of(volume));
  expect_forbids(result, {Use::norms});
  EXPECT_EQ(result.reason, "the lungs reach the first or last slice");
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
        volume.hu.push_back(from_middle < 0.9 ? 35 : from_middle < 1 ? 900 : -1000);
      }
  const auto slices = static_cast<std::size_t>(volume.grid.size[2]);
  volume.instances.assign(slices, volume.header.sop_instance);
  volume.frames.assign(slices, 1);
  volume.images.assign(slices, std::nullopt);
  return volume;
}

TEST(Head, CutBelowItsTopHasNoNorm) {
  const Volume whole = head(false), open = head(true);
  const Scene whole_scene = body_of(whole), open_scene = body_of(open);
  ASSERT_TRUE(whole_scene.shows(measure::BodyRegion::head));
  EXPECT_EQ(coverage(whole_scene).outcome, Outcome::pass);
  expect_forbids(coverage(open_scene), {Use::norms});
  EXPECT_EQ(coverage(open_scene).reason, "the top of the head is not in the scan");
  for (const Result& result : run_all(whole_scene).results)
    EXPECT_EQ(result.outcome, Outcome::pass) << result.gate << ": " << result.reason;
}

TEST_F(Phantom, CutAtTheSideGivesNoFat) {
  Volume volume = good();
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

TEST_F(Phantom, WithMetalNamesItsImagesAndLeavesTenMillimetresOut) {
  Volume volume = good();
  for (int slice = 70; slice <= 72; ++slice)
    for (int row = 100; row < 103; ++row)
      for (int column = 78; column < 81; ++column)
        volume.hu[volume.grid.offset(column, row, slice)] = 3000;
  const Result result = metal(body_of(volume));
  expect_forbids(result, {Use::calcium});
  EXPECT_THAT(result.reason, HasSubstr("on images 71 to 73:"));
  EXPECT_EQ(result.slices.front(), 66);
  EXPECT_EQ(result.slices.back(), 76);
}

TEST_F(Phantom, ThatMovedBetweenSlicesIsNamed) {
  Volume volume = good();
  const int shift = 4;  // 10 mm
  for (int slice = 80; slice < volume.grid.size[2]; ++slice)
    for (int row = 0; row < volume.grid.size[1]; ++row) {
      const auto first =
          volume.hu.begin() + static_cast<std::ptrdiff_t>(volume.grid.offset(0, row, slice));
      std::rotate(first, first + shift, first + volume.grid.size[0]);
    }
  const Result result = motion(body_of(volume));
  EXPECT_EQ(result.outcome, Outcome::pass);
  EXPECT_EQ(result.reason, "the outline of the body jumps at image 81: motion between slices");
}

TEST_F(Phantom, ThatMovesAgainAndAgainIsRestricted) {
  Volume volume = good();
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

Volume noisy(double noise_hu, bool smooth) {
  auto settings = tests::small_chest();
  settings.columns = settings.rows = 400;
  settings.pixel_mm = 1.0;
  settings.slices = 40;
  settings.slice_mm = 8;
  settings.noise_hu = noise_hu;
  Volume volume = tests::chest_volume(model::phantom::thorax(settings));
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
  expect_forbids(noise_and_kernel(sharp_scene), {Use::low_attenuation});
  EXPECT_EQ(noise_and_kernel(smooth_scene).outcome, Outcome::pass);
}

TEST(NoiseAndKernel, OfAVeryNoisyScanForbidWhatNoiseWouldMake) {
  const Volume volume = noisy(90, false);
  expect_forbids(noise_and_kernel(body_of(volume)),
                 {Use::low_attenuation, Use::nodules, Use::calcium});
}

TEST_F(Phantom, OfASharpKernelOrLossyCompressionHasNoLowAttenuation) {
  expect_forbids(
      with_header(noise_and_kernel, [](auto& header) { header.convolution_kernel = "LUNG"; }),
      {Use::low_attenuation});
  expect_forbids(with_header(noise_and_kernel, [](auto& header) { header.lossy = true; }),
                 {Use::low_attenuation});
}

TEST_F(Phantom, AtAnotherEnergyOrWithContrastIsNotComparedWithPublishedLimits) {
  const auto why = [](const auto& change) {
    const Result result = with_header(energy, change);
    if (result.outcome == Outcome::restrict) expect_forbids(result, {Use::tissue, Use::calcium});
    return result.reason;
  };
  EXPECT_EQ(why([](auto& header) { header.kvp = 80; }), "tube voltage 80 kV, not 120");
  EXPECT_EQ(why([](auto& header) { header.contrast_agent = "IOHEXOL"; }), "contrast agent given");
  EXPECT_EQ(why([](auto& header) {
              header.image_type = {"DERIVED", "SECONDARY", "VMI"};
            }),
            "a virtual image of one energy");
  EXPECT_EQ(why([](auto& header) { header.kvp.reset(); }),
            "the tube voltage is not stated: taken for 120 kV");
}

TEST_F(Phantom, ThatLooksEnhancedIsCalledSoWhateverTheHeaderSays) {
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

TEST_F(Phantom, MirroredMakesNoClaimOfLeftAndRight) {
  const Volume volume = mirrored(good(), 0);
  const Result result = laterality(scene_of(volume));
  expect_forbids(result, {Use::laterality});
  EXPECT_THAT(result.reason, HasSubstr("mirrored images or situs inversus"));
}

TEST_F(Phantom, WithTheTableOnTheWrongSideLeavesLeftAndRightInDoubt) {
  Volume volume = mirrored(good(), 1);
  volume.header.patient_position = "HFS";
  const Result result = position(body_of(volume));
  expect_forbids(result, {Use::laterality});
  EXPECT_THAT(result.reason,
              StartsWith("the header says supine, the table in the images says prone"));
  volume.header.patient_position = "FFP";
  EXPECT_EQ(position(body_of(volume)).reason, "the patient lies prone");
}

TEST_F(Phantom, LyingOnItsSideIsNamed) {
  Volume volume = good();  // turned by a quarter: the back comes to the patient's left
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

TEST_F(Phantom, TurnedAboutItsLongAxisIsNotComparedSideWithSide) {
  Volume volume = good();
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

TEST_F(Phantom, OfAChildHasNoAdultNorm) {
  const auto born = [](int year) {
    return with_header(age_and_surgery, [year](auto& header) {
      header.study_header.patient_birth_date =
          std::chrono::year(year) / std::chrono::month(1) / std::chrono::day(3);
    });
  };
  expect_forbids(born(2008), {Use::norms});  // 17 years and 364 days
  EXPECT_THAT(born(2008).reason, StartsWith("the patient is 17 years old"));
  EXPECT_EQ(born(2007).outcome, Outcome::pass);
}

TEST_F(Phantom, WithoutOneLungHasNoNorm) {
  Volume volume = good();
  const int middle = volume.grid.size[0] / 2;
  for (int slice = 0; slice < volume.grid.size[2]; ++slice)
    for (int row = 0; row < volume.grid.size[1]; ++row)
      for (int column = middle; column < volume.grid.size[0]; ++column) {
        std::int16_t& hu = volume.hu[volume.grid.offset(column, row, slice)];
        if (hu > -960 && hu < -400) hu = 30;
      }
  const Result result = age_and_surgery(scene_of(volume));
  expect_forbids(result, {Use::norms});
  EXPECT_THAT(result.reason, StartsWith("no aerated lung on the left"));
}

}  // namespace
}  // namespace tomoscribe::pipeline::gates
