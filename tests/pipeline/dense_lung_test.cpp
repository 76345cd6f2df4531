// Consolidation, ground glass and masses in small phantoms.
#include <algorithm>

#include <gtest/gtest.h>

#include "pipeline/measure/measure.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

using model::phantom::Kind;
using model::phantom::Side;
using reporting::Finding;

struct Case {
  model::phantom::Phantom phantom;
  Findings findings;
};

Case measured(Kind kind, Side side, double size, std::uint64_t seed) {
  auto settings = tests::small_chest();
  settings.seed = seed;
  settings.nodule = false;
  settings.findings = {{.kind = kind, .side = side, .size = size}};
  Case result{.phantom = model::phantom::make(settings), .findings = {}};
  const Volume volume = tests::chest_volume(result.phantom);
  Scene scene = make_scene(volume);
  for (const Step& step : steps()) step.run(scene, result.findings);
  return result;
}

double uncertainty_of(const Findings& findings, std::string_view id) {
  for (const Finding& finding : findings)
    for (const auto& one : finding.measurements)
      if (one.id == id) return one.uncertainty.value_or(-1);
  return -1;
}

double value_of(const Findings& findings, std::string_view id) {
  for (const Finding& finding : findings)
    for (const auto& one : finding.measurements)
      if (one.id == id) return one.value.value_or(-1);
  return -1;
}

bool is_lower_bound(const Findings& findings, std::string_view id) {
  return std::ranges::any_of(findings, [&](const Finding& finding) {
    return std::ranges::any_of(finding.measurements,
                               [&](const auto& one) { return one.id == id && one.lower_bound; });
  });
}

bool proposes(const Findings& findings, std::string_view prefix) {
  return std::ranges::any_of(findings, [&](const Finding& finding) {
    return finding.id.starts_with(prefix) && !finding.evidence.empty();
  });
}

TEST(DenseLung, AConsolidationIsACandidateOnItsSideAndNoMass) {
  const Case seen = measured(Kind::consolidation, Side::right, 120, 5);
  const double truth = tests::truth_of(seen.phantom, "consolidation.1").volume_ml;
  EXPECT_NEAR(value_of(seen.findings, "consolidation.right.volume"), truth, 0.3 * truth);
  EXPECT_FALSE(proposes(seen.findings, "consolidation.left"));
  EXPECT_FALSE(proposes(seen.findings, "mass."));
  EXPECT_NEAR(value_of(seen.findings, "lung.volume.right"),
              tests::truth_of(seen.phantom, "lung.right").volume_ml,
              0.02 * tests::truth_of(seen.phantom, "lung.right").volume_ml);
}

TEST(DenseLung, AMassIsOneCandidateAndNoNodule) {
  const Case seen = measured(Kind::mass, Side::right, 45, 6);
  EXPECT_NEAR(value_of(seen.findings, "mass.1.diameter"),
              tests::truth_of(seen.phantom, "mass.1").diameter_mm, 4);
  EXPECT_FALSE(proposes(seen.findings, "mass.2"));
  EXPECT_FALSE(proposes(seen.findings, "nodule."));
  EXPECT_FALSE(proposes(seen.findings, "consolidation"));
}

TEST(DenseLung, AMassThatLiesBroadlyAgainstTheHeartIsOneCandidate) {
  const Case seen = measured(Kind::mass, Side::right, 55, 35);
  EXPECT_NEAR(value_of(seen.findings, "mass.1.diameter"),
              tests::truth_of(seen.phantom, "mass.1").diameter_mm,
              std::min(9.0, uncertainty_of(seen.findings, "mass.1.diameter")));
  EXPECT_FALSE(proposes(seen.findings, "mass.2"));
  EXPECT_FALSE(proposes(seen.findings, "consolidation"));
}

TEST(DenseLung, OfAConsolidationThatLiesAgainstChestWallAndMediastinumAtLeastAPartIsGiven) {
  const Case seen = measured(Kind::consolidation, Side::right, 250, 15);
  const double truth = tests::truth_of(seen.phantom, "consolidation.1").volume_ml;
  const double given = value_of(seen.findings, "consolidation.right.volume");
  EXPECT_GT(given, 0.45 * truth);
  EXPECT_LT(given, truth);
  EXPECT_TRUE(is_lower_bound(seen.findings, "consolidation.right.volume"));
  EXPECT_FALSE(proposes(seen.findings, "consolidation.left"));
  EXPECT_FALSE(proposes(seen.findings, "mass."));
}

TEST(DenseLung, HeartDiaphragmAndApexOfAHealthyChestAreNoCandidates) {
  auto settings = tests::small_chest();
  settings.seed = 62;
  settings.nodule = false;
  const auto phantom = model::phantom::make(settings);
  const Volume volume = tests::chest_volume(phantom);
  Scene scene = make_scene(volume);
  Findings findings;
  for (const Step& step : steps()) step.run(scene, findings);
  EXPECT_FALSE(proposes(findings, "mass."));
  EXPECT_FALSE(proposes(findings, "consolidation."));
  const auto mass = std::ranges::find(findings, std::string("mass"), &Finding::id);
  ASSERT_NE(mass, findings.end());
  EXPECT_EQ(mass->verification.reason.find("not searched"), std::string::npos);
}

TEST(DenseLung, GroundGlassIsMeasuredOnItsSide) {
  const Case seen = measured(Kind::ground_glass, Side::left, 150, 14);
  const double truth = tests::truth_of(seen.phantom, "ground-glass.1").volume_ml;
  EXPECT_NEAR(value_of(seen.findings, "ground-glass.left.volume"), truth, 0.3 * truth);
  EXPECT_LE(value_of(seen.findings, "opacity.right.ground-glass"), 0.3);
  EXPECT_FALSE(proposes(seen.findings, "consolidation"));
}

TEST(DenseLung, NodulesAreNotLookedForInAConsolidatedLung) {
  const Case seen = measured(Kind::consolidation, Side::right, 300, 4);
  EXPECT_GT(value_of(seen.findings, "opacity.right.consolidation"), 10);
  EXPECT_TRUE(std::ranges::any_of(
      seen.findings, [](const Finding& finding) { return finding.id == "nodules.right"; }));
}

TEST(DenseLung, PleuralGasIsMeasuredWithinTwentyPercent) {
  const Case seen = measured(Kind::pneumothorax, Side::right, 200, 16);
  const double truth = tests::truth_of(seen.phantom, "pneumothorax.1").volume_ml;
  EXPECT_NEAR(value_of(seen.findings, "pneumothorax.right.volume"), truth, 0.1 * truth);
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
