// The head's measurements against phantoms of people (model/phantom), whose truth is known.
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/measure.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

namespace phantom = model::phantom;
using phantom::Kind;
using reporting::Finding;
using reporting::Measurement;
using tests::truth_of;

phantom::Phantom head(std::uint64_t seed, std::vector<phantom::Finding> findings) {
  phantom::Settings settings;
  settings.seed = seed;
  settings.body = phantom::BodyPart::head;
  settings.columns = settings.rows = 192;
  settings.pixel_mm = 1.25;
  settings.slices = 76;
  settings.slice_mm = 2.5;
  settings.noise_hu = 5;
  settings.findings = std::move(findings);
  return phantom::make(settings);
}

phantom::Finding asked(Kind kind, double size) {
  phantom::Finding finding;
  finding.kind = kind;
  finding.size = size;
  return finding;
}

Findings measured(const phantom::Phantom& made) {
  const Volume volume = tests::chest_volume(made);
  Scene scene = make_scene(volume);
  Findings findings;
  for (const Step& step : steps()) step.run(scene, findings);
  return findings;
}

std::vector<const Finding*> found(const Findings& findings, const std::string& id) {
  std::vector<const Finding*> result;
  for (const Finding& finding : findings)
    if (finding.id.starts_with(id) && finding.title.starts_with("Candidate"))
      result.push_back(&finding);
  return result;
}

const Measurement& first_measurement(const Findings& findings, const std::string& id) {
  for (const Finding& finding : findings)
    for (const Measurement& one : finding.measurements)
      if (one.id == id) return one;
  throw std::runtime_error("no measurement " + id);
}

std::string side_of(const Finding& finding) {
  return std::string(reporting::to_text(finding.laterality));
}

class HealthyHead : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, HealthyHead, testing::Range<std::uint64_t>(21, 31));

TEST_P(HealthyHead, GivesVolumesAndNoCandidate) {
  const phantom::Phantom made = head(GetParam(), {});
  const Findings findings = measured(made);
  for (const Finding& finding : findings) {
    EXPECT_FALSE(finding.critical) << finding.title;
    EXPECT_FALSE(finding.title.starts_with("Candidate")) << finding.title;
  }
  const double truth = truth_of(made, "intracranial").volume_ml;
  const Measurement& volume = first_measurement(findings, "head.intracranial.volume");
  ASSERT_TRUE(volume.value) << volume.not_assessed;
  EXPECT_NEAR(*volume.value, truth, 0.05 * truth);
}

struct Bleeding {
  std::uint64_t seed;
  double ml;
};
class HeadWithBlood : public testing::TestWithParam<Bleeding> {};
INSTANTIATE_TEST_SUITE_P(Seeds, HeadWithBlood,
                         testing::Values(Bleeding{1, 2}, Bleeding{3, 4}, Bleeding{6, 20},
                                         Bleeding{2, 45},
                                         Bleeding{12, 4}));  // the last in the cerebellum

TEST_P(HeadWithBlood, IsFoundOnItsSideWithItsVolume) {
  const phantom::Phantom made = head(GetParam().seed, {asked(Kind::haemorrhage, GetParam().ml)});
  const phantom::Truth& truth = truth_of(made, "haemorrhage.1");
  const Findings findings = measured(made);
  const auto candidates = found(findings, "head.hyperdense");
  ASSERT_EQ(candidates.size(), 1U);
  EXPECT_EQ(side_of(*candidates.front()), truth.side);
  EXPECT_TRUE(candidates.front()->critical);
  EXPECT_NEAR(*candidates.front()->measurements.front().value, truth.volume_ml,
              0.1 * truth.volume_ml);
  EXPECT_TRUE(found(findings, "head.extra-axial").empty());
  const auto further = std::ranges::find(findings, "head.hyperdense", &Finding::id);
  ASSERT_NE(further, findings.end());
  EXPECT_THAT(further->title, testing::StartsWith("Further blood of 1 mL or more inside"));
  EXPECT_THAT(further->verification.reason, testing::HasSubstr("subarachnoid blood is not"));
}

TEST(HeadWithALayer, OfBloodIsFoundOnItsSide) {
  for (const Kind kind : {Kind::epidural, Kind::subdural}) {
    const phantom::Phantom made = head(4, {asked(kind, kind == Kind::epidural ? 30 : 90)});
    const Findings findings = measured(made);
    const auto layers = found(findings, "head.extra-axial");
    ASSERT_EQ(layers.size(), 1U);
    const phantom::Truth& truth = made.truth.back();
    EXPECT_EQ(side_of(*layers.front()), truth.side);
    EXPECT_NEAR(*layers.front()->measurements[1].value, truth.volume_ml, 0.15 * truth.volume_ml);
    EXPECT_TRUE(found(findings, "head.hyperdense").empty());
  }
}

class ShiftedHead : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, ShiftedHead, testing::Values(1, 2, 3));

TEST_P(ShiftedHead, IsMeasuredWithinAMillimetreAndAHalf) {
  const phantom::Phantom made = head(GetParam(), {asked(Kind::midline_shift, 7)});
  const Findings findings = measured(made);
  const auto shifts = found(findings, "head.midline-shift");
  ASSERT_EQ(shifts.size(), 1U);
  EXPECT_EQ(side_of(*shifts.front()), truth_of(made, "midline-shift.1").side);
  EXPECT_NEAR(*first_measurement(findings, "head.midline-shift.distance").value, 7, 1.5);
}

TEST(ShiftedHeadWithBlood, IsMeasuredAllTheSame) {
  for (const auto& [seed, kind, ml] :
       {std::tuple{17, Kind::haemorrhage, 40}, {20, Kind::epidural, 60}}) {
    const phantom::Phantom made =
        head(static_cast<std::uint64_t>(seed), {asked(kind, ml), asked(Kind::midline_shift, 7)});
    const Findings findings = measured(made);
    const auto shifts = found(findings, "head.midline-shift");
    ASSERT_EQ(shifts.size(), 1U) << seed;
    EXPECT_EQ(side_of(*shifts.front()), truth_of(made, "midline-shift.1").side);
    const Measurement& shift = first_measurement(findings, "head.midline-shift.distance");
    EXPECT_NEAR(*shift.value, 7, 1.5) << seed;
    EXPECT_LT(*shift.uncertainty, 3.5) << seed;
  }
}

TEST(HeadWithAnInfarct, IsDarkerOnItsSideAndItsVentriclesStayThemselves) {
  const phantom::Phantom made = head(1, {asked(Kind::infarct, 60)});
  const Findings findings = measured(made);
  const auto areas = found(findings, "head.low-density");
  ASSERT_FALSE(areas.empty());
  EXPECT_EQ(side_of(*areas.front()), truth_of(made, "infarct.1").side);
  const Measurement& evans = first_measurement(findings, "head.ventricles.evans");
  const double truth = truth_of(made, "ventricles").quantities.at("evans_index");
  EXPECT_TRUE(!evans.value || std::abs(*evans.value - truth) < 0.06) << *evans.value;
}

TEST(HeadWithLargeVentricles, HasTheEvansIndexOfTheTruth) {
  const phantom::Phantom made = head(2, {asked(Kind::hydrocephalus, 110)});
  const Findings findings = measured(made);
  const Measurement& evans = first_measurement(findings, "head.ventricles.evans");
  ASSERT_TRUE(evans.value) << evans.not_assessed;
  const phantom::Truth& truth = truth_of(made, "ventricles");
  EXPECT_NEAR(*evans.value, truth.quantities.at("evans_index"), 0.05);
  const Measurement& volume = first_measurement(findings, "head.ventricles.volume");
  ASSERT_TRUE(volume.value) << volume.not_assessed;
  EXPECT_NEAR(*volume.value, truth.volume_ml, 0.25 * truth.volume_ml);
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
