// Calcium and width of the heart, and aortas that are wide or enhanced, against phantoms.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/chest/heart_space.h"
#include "pipeline/measure/measure.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

using model::phantom::Kind;
using model::phantom::Phase;
using model::phantom::Settings;

Settings chest(std::vector<model::phantom::Finding> findings, double pixel_mm = 1.6) {
  Settings settings = tests::small_chest();
  settings.seed = 3;
  settings.nodule = false;
  settings.noise_hu = 10;
  settings.pixel_mm = pixel_mm;
  settings.columns = settings.rows = static_cast<int>(410 / pixel_mm);
  settings.findings = std::move(findings);
  return settings;
}

/// What a chest shows, by the steps up to the aorta.
Findings measured(const Settings& settings) {
  const Volume volume = tests::chest_volume(model::phantom::make(settings));
  Scene scene = make_scene(volume);
  Findings findings;
  for (const Step& step : steps()) {
    const std::string name = step.name;
    if (name == "nodules" || name == "effusion" || name == "pneumothorax") continue;
    step.run(scene, findings);
    if (name == "aorta") break;
  }
  return findings;
}

const reporting::Measurement& first_of(const Findings& findings, const std::string& id) {
  const auto found = std::ranges::find(findings, id, &reporting::Finding::id);
  if (found == findings.end()) throw std::runtime_error("no finding " + id);
  if (found->measurements.empty()) throw std::runtime_error(id + ": " + found->not_assessed);
  return found->measurements.front();
}

TEST(HeartPhantom, CalciumIsScoredInItsClassAndTheHeartIsAsWideAsPainted) {
  const Settings settings = chest({{.kind = Kind::coronary_calcium, .size = 700}}, 1.0);
  const auto phantom = model::phantom::make(settings);
  const double painted = tests::truth_of(phantom, "coronary-calcium.1").quantities.at("agatston");
  ASSERT_GT(painted, 330);
  const Findings findings = measured(settings);
  EXPECT_NEAR(*first_of(findings, "coronary.calcium").value, painted, 0.15 * painted);
  const auto& calcium = *std::ranges::find(findings, "coronary.calcium", &reporting::Finding::id);
  EXPECT_THAT(calcium.title, testing::HasSubstr("severe"));
  EXPECT_THAT(calcium.title, testing::HasSubstr("Candidate"));
  EXPECT_THAT(calcium.recommendation, testing::HasSubstr("300 or more"));
  EXPECT_FALSE(calcium.evidence.empty());
  const double muscle_mm = tests::truth_of(phantom, "heart").size_mm[0];
  EXPECT_NEAR(*first_of(findings, "heart.width").value, muscle_mm + 11, 8);  // fat of 5.5 mm
}

/// A heart that can be spoilt before its calcium is scored.
class Heart : public testing::Test {
 protected:
  void SetUp() override {
    for (const Step& step : steps()) {
      if (std::string_view(step.name) == "coronary-calcium") break;
      if (step.measures && std::string_view(step.name) != "nodules") step.run(scene, findings);
    }
    findings.clear();
  }
  reporting::Finding calcium() {
    findings.clear();
    coronary_calcium(scene, findings);
    return findings.front();
  }
  /// Bright towards the left lung over some rows of one slice, as motion makes the wall of the left
  /// ventricle.
  void paint_band(int slice) {
    const Grid& grid = volume.grid;
    const int middle = grid.size[0] / 2, last = grid.size[0] - 1;
    for (int row = grid.size[1] / 2 - 12; row < grid.size[1] / 2 + 6; ++row) {
      int edge = middle;
      while (edge < last && scene.native.labels[grid.offset(edge, row, slice)] != left_lung) ++edge;
      for (int inward = 1; inward <= 5; ++inward)
        volume.hu[grid.offset(edge - inward, row, slice)] =
            static_cast<std::int16_t>(220 - 12 * inward);
    }
  }

  static Settings thick() {
    Settings settings = chest({});
    settings.slice_mm = 5;
    settings.slices = 70;
    return settings;
  }
  Volume volume = tests::chest_volume(model::phantom::make(thick()));
  Scene scene = make_scene(volume);
  Findings findings;
};

TEST_F(Heart, ABrightBandAgainstTheLungOnOneSliceIsKeptApart) {
  const auto heart = calcium();
  ASSERT_FALSE(heart.measurements.empty()) << heart.not_assessed;
  ASSERT_EQ(*heart.measurements.front().value, 0);
  paint_band(30);
  const auto seen = calcium();
  EXPECT_EQ(*seen.measurements.front().value, 0);
  EXPECT_EQ(seen.verification.outcome, reporting::Outcome::consistent) << seen.title;
  EXPECT_THAT(seen.measurements.front().conditions,
              testing::Contains(testing::HasSubstr("on one slice only: motion")));
  EXPECT_THAT(seen.verification.reason, testing::HasSubstr("no plaque of 130 HU"));
  EXPECT_THAT(seen.verification.reason, testing::HasSubstr("kept apart and not counted: "));
}

TEST_F(Heart, AFleckAgainstTheOesophagusIsCountedAndNamed) {
  const Vec3 middle = scene.work.grid.index_at(volume.grid.point_mm(0, 0, 30));
  const AortaSlice* aorta = nearest_aorta(scene, static_cast<int>(std::lround(middle[2])));
  ASSERT_NE(aorta, nullptr);
  const double row = aorta->row - (aorta->radius_mm + 12) / working_mm;
  const Vec3 at = volume.grid.index_at(scene.work.grid.point_mm(aorta->column - 4, row, middle[2]));
  for (int off = 0; off < 2; ++off)
    volume.hu[volume.grid.offset(static_cast<int>(std::lround(at[0])) + off,
                                 static_cast<int>(std::lround(at[1])), 30)] = 260;
  const auto heart = calcium();
  EXPECT_GT(*heart.measurements.front().value, 0);
  EXPECT_THAT(heart.title, testing::HasSubstr("all of it against the oesophagus"));
  EXPECT_EQ(findings.back().id, "coronary.calcium.search");
  EXPECT_THAT(findings.back().verification.reason, testing::HasSubstr("small plaques"));
}

TEST(HeartPhantom, TheLimitThatNoiseRaisedIsTheOneThatIsSaid) {
  Settings settings = chest({}, 1.6);
  settings.noise_hu = 40;
  settings.slice_mm = 5;
  settings.slices = 70;
  const Findings findings = measured(settings);
  const auto& calcium = *std::ranges::find(findings, "coronary.calcium", &reporting::Finding::id);
  EXPECT_THAT(calcium.verification.reason, testing::Not(testing::HasSubstr("of 130 HU")));
  EXPECT_THAT(calcium.verification.reason, testing::HasSubstr("for the noise, those with a peak"));
}

TEST_F(Heart, MetalFarFromTheHeartForbidsNothingAndMetalInItIsLeftOut) {
  scene.gates.results = {{.gate = "metal",
                          .outcome = gates::Outcome::restrict,
                          .uses = {gates::Use::calcium},
                          .reason = "metal on images 1 to 2",
                          .slices = {0, 1}}};
  EXPECT_EQ(*calcium().measurements.front().value, 0);
  paint_band(30);
  scene.gates.results.front().slices = {29, 30, 31};
  const auto part = calcium();
  EXPECT_THAT(part.verification.reason, testing::HasSubstr("left out"));
  EXPECT_THAT(part.measurements.front().conditions,
              testing::Not(testing::Contains(testing::HasSubstr("motion"))));
  scene.gates.results.front().slices.clear();
  for (int slice = 0; slice < 70; ++slice) scene.gates.results.front().slices.push_back(slice);
  EXPECT_EQ(calcium().presence, reporting::Presence::not_assessed);
}

TEST_F(Heart, AnUnknownContrastPhaseRefuses) {
  scene.contrast.phase = ContrastPhase::unknown;
  EXPECT_THAT(calcium().not_assessed, testing::HasSubstr("not found"));
}

TEST(HeartPhantom, AScoreWhoseUncertaintySpansClassesHasNone) {
  const Findings findings = measured(chest({{.kind = Kind::coronary_calcium, .size = 95}}, 1.0));
  const auto& score = first_of(findings, "coronary.calcium");
  ASSERT_LT(*score.value - *score.uncertainty, 100);
  ASSERT_GE(*score.value + *score.uncertainty, 100);
  const auto& calcium = *std::ranges::find(findings, "coronary.calcium", &reporting::Finding::id);
  EXPECT_THAT(calcium.title, testing::HasSubstr("class between mild and moderate"));
  EXPECT_TRUE(calcium.recommendation.empty()) << "no class, no rule";
}

TEST(HeartPhantom, CalciumOfTheDescendingAortaIsNoneOfTheHeart) {
  const Findings findings = measured(chest({{.kind = Kind::aortic_calcium, .size = 400}}, 1.0));
  EXPECT_EQ(*first_of(findings, "coronary.calcium").value, 0);
}

TEST(HeartPhantom, CalciumIsNotScoredUnderContrastAndTheAortaIsNotTakenForTheOesophagus) {
  Settings settings = chest({{.kind = Kind::coronary_calcium, .size = 300}});
  settings.phase = Phase::venous;
  const Findings findings = measured(settings);
  const auto calcium = std::ranges::find(findings, "coronary.calcium", &reporting::Finding::id);
  ASSERT_NE(calcium, findings.end());
  EXPECT_EQ(calcium->presence, reporting::Presence::not_assessed);
  EXPECT_FALSE(calcium->not_assessed.empty());
  EXPECT_NEAR(*first_of(findings, "contrast").value, 165, 20);
  EXPECT_NEAR(*first_of(findings, "aorta.thoracic").value, 23.6, 2.5);
}

TEST(HeartPhantom, AWideThoracicAortaIsMeasuredWhereItLiesAgainstTheSpine) {
  const Findings findings = measured(chest({{.kind = Kind::aneurysm, .size = 50}}));
  EXPECT_NEAR(*first_of(findings, "aorta.thoracic").value, 50, 2.5);
}

TEST(HeartPhantom, AThoracicAneurysmWithThrombusUnderContrastIsNoVerifiedNormalAorta) {
  Settings settings =
      chest({{.kind = Kind::aneurysm, .size = 45}, {.kind = Kind::mural_thrombus, .size = 12}});
  settings.seed = 5;  // rays from the blood end at 33 mm there
  settings.phase = Phase::arterial;
  const Findings findings = measured(settings);
  const auto& diameter = first_of(findings, "aorta.thoracic");
  EXPECT_GT(*diameter.value, 40);
  EXPECT_NEAR(*diameter.value, 45, *diameter.uncertainty);
  EXPECT_THAT(diameter.conditions, testing::Contains(testing::HasSubstr("wall not certain")));
  const auto& aorta = *std::ranges::find(findings, "aorta.thoracic", &reporting::Finding::id);
  EXPECT_EQ(aorta.verification.outcome, reporting::Outcome::unverified);
}

TEST(HeartPhantom, AThoracicAneurysmAsBrightAsBoneIsNotTakenForAVertebra) {
  Settings settings = chest({{.kind = Kind::aneurysm, .size = 45}});
  settings.seed = 5;
  settings.phase = Phase::arterial;
  EXPECT_NEAR(*first_of(measured(settings), "aorta.thoracic").value, 45, 3);
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
