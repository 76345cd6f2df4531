// Calcium and width of the heart, and aortas that are wide or enhanced, against phantoms.
#include <algorithm>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  const Settings settings = chest({{.kind = Kind::coronary_calcium, .size = 300}}, 1.0);
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

}  // namespace
}  // namespace tomoscribe::pipeline::measure
