// A few of the evaluation's studies: what was painted is found, on its side, within the goals.

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "pipeline/measure/measure.h"
#include "tests/evaluation/compare.h"
#include "tests/evaluation/pairs.h"
#include "tests/evaluation/phantom_volume.h"
#include "tests/evaluation/plots.h"
#include "tests/evaluation/study_plan.h"
#include "tests/evaluation/summary.h"

namespace tomoscribe::evaluation {
namespace {

using model::phantom::BodyPart;
using nlohmann::json;

json measured(BodyPart body, int number) {
  const model::phantom::Phantom phantom = model::phantom::make(planned(body, number));
  const pipeline::Volume volume = volume_of(phantom);
  pipeline::measure::Scene scene = pipeline::measure::make_scene(volume);
  pipeline::measure::Findings findings;
  for (const auto& step : pipeline::measure::steps()) step.run(scene, findings);
  return compared(phantom, findings);
}

/// Every painted finding that can be expected is found on its side; nothing else is proposed twice.
void expect_found(const json& study) {
  for (const json& lesion : study["lesions"]) {
    if (!lesion["expected"].get<bool>()) continue;
    EXPECT_TRUE(lesion["found"].get<bool>()) << lesion;
    EXPECT_TRUE(lesion.value("side_right", false)) << lesion;
  }
  for (const auto& [kind, count] : study["false"].items()) EXPECT_LE(count.get<int>(), 1) << kind;
}

TEST(Evaluation, FindsFluidAndNodulesInAThoraxOfThickSlices) {
  const json study = measured(BodyPart::thorax, 2);
  ASSERT_GE(study["lesions"].size(), 2U) << "the plan changed: choose another study";
  expect_found(study);
  for (const json& lesion : study["lesions"]) {
    const double truth = lesion["truth"].get<double>();
    const double goal = lesion["kind"] == "nodule" ? 1 : 0.2 * truth;
    EXPECT_NEAR(lesion.value("measured", 0.0), truth, goal) << lesion;
  }
}

TEST(Evaluation, FindsBloodInAHead) {
  const json study = measured(BodyPart::head, 2);
  ASSERT_GE(study["lesions"].size(), 1U) << "the plan changed: choose another study";
  expect_found(study);
}

TEST(Evaluation, ComparesAThoraxWithAnEarlierOne) {
  const json pair = measured_pair(0);
  ASSERT_GE(pair["lesions"].size(), 4U);
  for (const json& lesion : pair["lesions"]) {
    if (!lesion["expected"].get<bool>()) continue;
    EXPECT_TRUE(lesion["found"].get<bool>()) << lesion;
  }
  EXPECT_EQ(pair["false"]["change."], 0);
  EXPECT_EQ(pair["false"]["match."], 0);
}

TEST(Evaluation, ProposesNothingInANormalHead) {
  const json study = measured(BodyPart::head, 3);
  ASSERT_TRUE(study["normal"].get<bool>());
  for (const auto& [kind, count] : study["false"].items()) EXPECT_EQ(count.get<int>(), 0) << kind;
}

constexpr std::array bodies{BodyPart::thorax, BodyPart::head, BodyPart::abdomen};

bool asks_for(const model::phantom::Settings& settings, model::phantom::Kind kind) {
  return std::ranges::find(settings.findings, kind, &model::phantom::Finding::kind) !=
         settings.findings.end();
}

TEST(StudyPlan, StudiesUpToSixtyNeverChange) {
  const std::array<std::uint64_t, 3> before{10614209675113333867U, 6310194742493654358U,
                                            17001411166402255997U};
  for (const BodyPart body : bodies) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (int number = 0; number <= 60; ++number)
      for (const char letter : settings_json(planned(body, number)))
        hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3U;
    EXPECT_EQ(hash, before.at(static_cast<std::size_t>(body))) << name_of(body);
  }
}

TEST(StudyPlan, ThreeOfEightLaterStudiesAreHarder) {
  using model::phantom::Kind;
  for (const BodyPart body : bodies) {
    int harder = 0, streaks = 0, motion = 0, loculated = 0, clots = 0;
    for (int number = 61; number < 141; ++number) {
      const auto settings = planned(body, number);
      EXPECT_NO_THROW(check(settings)) << number;
      const auto& artefacts = settings.artefacts;
      if (is_harder(number)) ++harder;
      if (artefacts.streak_hu > 0) ++streaks;
      if (artefacts.motion_mm > 0) ++motion;
      if (asks_for(settings, Kind::loculated_effusion)) ++loculated;
      if (!asks_for(settings, Kind::mural_thrombus)) continue;
      ++clots;
      EXPECT_TRUE(asks_for(settings, Kind::aneurysm)) << number;
    }
    EXPECT_EQ(harder, 30) << name_of(body);
    EXPECT_GE(streaks, 8) << name_of(body);
    EXPECT_GE(motion, 5) << name_of(body);
    EXPECT_EQ(loculated >= 5 && clots >= 5, body == BodyPart::thorax);
  }
}

json study_of(double truth, double value, bool found) {
  return {{"body", "thorax"},
          {"thickness", 1.0},
          {"normal", false},
          {"seconds", 1.0},
          {"false", {{"nodule.", found ? 0 : 1}}},
          {"values", {{{"what", "volume"}, {"unit", "mL"}, {"truth", truth}, {"measured", value}}}},
          {"lesions",
           {{{"kind", "nodule"},
             {"class", "all"},
             {"expected", true},
             {"truth", 10.0},
             {"found", found}}}}};
}

TEST(EvaluationTables, GiveBiasAgreementSensitivityAndFalseCandidates) {
  const std::string text = summary({study_of(100, 90, true), study_of(200, 210, true),
                                    study_of(300, 312, false), study_of(400, 412, true)});
  EXPECT_NE(text.find("| volume | all | 4 of 4 | 6 ("), std::string::npos)
      << text;                                                   // mean of -10, 10, 12, 12
  EXPECT_NE(text.find("-15 to 27"), std::string::npos) << text;  // 6 -+ 1.96 * 10.7
  EXPECT_NE(text.find("| nodule, all | all | 4 | 75 ("), std::string::npos) << text;
  EXPECT_NE(text.find("| 4 | 0.25 ("), std::string::npos) << text;
}

TEST(EvaluationTables, SayWhetherTheTruthIsWithinTheStatedUncertainty) {
  json inside = study_of(100, 90, true), outside = study_of(200, 210, true);
  inside["values"][0]["uncertainty"] = 11;
  outside["values"][0]["uncertainty"] = 9;
  EXPECT_NE(summary({inside, outside}).find(" | 50 % | mL |"), std::string::npos)
      << summary({inside, outside});
}

json lung_of(double truth, double value) {
  json study = study_of(truth, value, true);
  study["values"][0]["what"] = "aerated volume, right lung";
  return study;
}

TEST(EvaluationGoals, AreReachedWhereNineteenOfTwentyValuesLieWithin) {
  std::vector<json> studies(19, lung_of(100, 101));
  studies.push_back(lung_of(100, 110));
  EXPECT_NE(summary(studies).find("±2 % | reached: 95 % of 20 within"), std::string::npos)
      << summary(studies);
  studies.push_back(lung_of(100, 110));
  EXPECT_NE(summary(studies).find("±2 % | **missed**: 90 % of 21"), std::string::npos);
}

TEST(EvaluationGoals, AWithheldClassOfCalciumIsNeitherRightNorWrong) {
  json right = study_of(1, 1, true), withheld = right, wrong = right;
  right["categories"] = {{{"what", "coronary calcium"}, {"truth", "mild"}, {"said", "mild"}}};
  withheld["categories"] = {{{"what", "coronary calcium"}, {"truth", "mild"}, {"said", ""}}};
  wrong["categories"] = {{{"what", "coronary calcium"}, {"truth", "none"}, {"said", "mild"}}};
  EXPECT_NE(summary({right, withheld}).find("reached: 100 % of 1; 1 not classed"),
            std::string::npos)
      << summary({right, withheld});
  EXPECT_NE(summary({right, wrong}).find("**missed**: 50 % of 2"), std::string::npos);
}

TEST(EvaluationPlots, DrawOneDotAStudyAndHollowOnesForHarderStudies) {
  json harder = study_of(100, 150, true);
  harder["harder"] = true;
  const std::string picture =
      plots({study_of(100, 90, true), study_of(200, 210, true), harder}, "thorax");
  std::size_t dots = 0, hollow = 0;
  for (std::size_t at = picture.find("r=\"2.6\""); at != std::string::npos;
       at = picture.find("r=\"2.6\"", at + 1)) {
    ++dots;
    if (picture.substr(at, 60).find("fill=\"none\"") != std::string::npos) ++hollow;
  }
  EXPECT_EQ(dots, 3U) << picture;
  EXPECT_EQ(hollow, 1U);
  EXPECT_EQ(plots({study_of(100, 90, true)}, "head"), "");
}

TEST(EvaluationTables, KeepHarderStudiesApart) {
  json harder = study_of(100, 150, true);
  harder["harder"] = true;
  const std::string text = summary({study_of(100, 90, true), harder});
  EXPECT_NE(text.find("### thorax: 1 phantoms"), std::string::npos) << text;
  EXPECT_NE(text.find("### thorax, harder: 1 phantoms"), std::string::npos) << text;
}

}  // namespace
}  // namespace tomoscribe::evaluation
