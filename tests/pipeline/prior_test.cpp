// A study and an earlier one: registration, the same lesion, growth, and what is not said.

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "pipeline/prior/compare.h"
#include "pipeline/prior/growth.h"
#include "pipeline/prior/rigid.h"
#include "pipeline/prior/search.h"
#include "pipeline/prior/tracking.h"
#include "reporting/narrative.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::prior {
namespace {

using model::phantom::Course;
using model::phantom::Kind;
using model::phantom::Phantom;
using model::phantom::Side;
using reporting::Finding;
using testing::HasSubstr;

double distance_mm(const Vec3& one, const Vec3& other) {
  return std::hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

model::phantom::Settings settings(double weeks_before) {
  model::phantom::Settings s = tests::small_chest();
  s.columns = s.rows = 128;
  s.pixel_mm = 3.2;
  s.slices = 70;
  s.slice_mm = 5;
  s.seed = 7;
  s.nodule = false;
  s.findings = {{.kind = Kind::nodule,
                 .side = Side::left,
                 .size = 16,
                 .course = Course::changing,
                 .doubling_days = 150},
                {.kind = Kind::nodule, .side = Side::right, .size = 14},
                {.kind = Kind::nodule, .side = Side::right, .size = 12, .course = Course::appeared},
                {.kind = Kind::nodule, .side = Side::left, .size = 13, .course = Course::resolved}};
  s.weeks_before = weeks_before;
  s.scan = weeks_before > 0 ? 1 : 0;
  return s;
}

/// As the detector would have measured it, but with the painted numbers.
Finding nodule(const model::phantom::Truth& truth, int number) {
  const std::string id = "nodule." + std::to_string(number);
  Finding finding = measure::candidate_finding(
      id, "solid nodule " + std::to_string(number), measure::codes::nodule, measure::codes::lung,
      truth.side == "left" ? reporting::Laterality::left : reporting::Laterality::right);
  const double mm3 = 1000 * truth.volume_ml;
  finding.measurements = {{.id = id + ".diameter",
                           .name = "mean diameter",
                           .concept_name = measure::codes::diameter,
                           .value = truth.diameter_mm,
                           .unit = measure::codes::millimetre,
                           .decimals = 1,
                           .uncertainty = 0.5},
                          {.id = id + ".volume",
                           .name = "volume",
                           .concept_name = measure::codes::volume,
                           .value = mm3,
                           .unit = measure::codes::cubic_millimetre,
                           .uncertainty = 0.1 * mm3}};
  finding.evidence = {{.id = id + ".section",
                       .series = dicom::SeriesUid("1.2.3"),
                       .instance = dicom::SopInstanceUid("1.2.3.4"),
                       .image = 40 + number,
                       .point_mm = truth.centre_mm,
                       .frame_of_reference = dicom::FrameOfReferenceUid("1.2.3.5")}};
  finding.tracking = dicom::TrackingUid(dicom::uid_from_name(truth.name + "|" + id));
  return finding;
}

measure::Findings nodules_of(const Phantom& phantom) {
  measure::Findings all;
  for (const auto& truth : phantom.truth)
    if (truth.kind == "nodule") all.push_back(nodule(truth, static_cast<int>(all.size()) + 1));
  return all;
}

reporting::Study study_of(const char* uid, std::chrono::year_month_day day) {
  reporting::Study study{.uid = dicom::StudyUid(uid)};
  study.patient.id = dicom::PatientId("P1");
  study.started = dicom::Moment{.utc = std::chrono::sys_days(day)};
  study.series = {{.uid = dicom::SeriesUid("1.2.3"),
                   .number = 3,
                   .used = true,
                   .health = reporting::SeriesHealth{.spacing_mm = 2.5,
                                                     .thickness_mm = 2.5,
                                                     .kernel = "STANDARD",
                                                     .kernel_class = "smooth"}}};
  return study;
}

constexpr std::chrono::year_month_day today{std::chrono::year{2025}, std::chrono::January,
                                            std::chrono::day{15}};
constexpr std::chrono::year_month_day half_a_year_before{std::chrono::year{2024}, std::chrono::July,
                                                         std::chrono::day{17}};

/// One person, two scans 26 weeks apart; the lungs of each are found once for all tests.
struct Scan {
  explicit Scan(double weeks_before)
      : phantom(model::phantom::thorax(settings(weeks_before))),
        volume(tests::chest_volume(phantom)),
        scene(measure::make_scene(volume)) {
    measure::Findings findings;
    for (const auto& step : measure::steps()) {
      step.run(scene, findings);
      if (std::string_view(step.name) == "airway") break;  // the labels of the native grid
    }
  }
  Phantom phantom;
  Volume volume;
  measure::Scene scene;
};

class Pair : public testing::Test {
 protected:
  static const Scan& now() {
    static const Scan scan(0);
    return scan;
  }
  static const Scan& then() {
    static const Scan scan(26);
    return scan;
  }

  static EarlierStudy earlier() {
    return {.study = study_of("1.2.1", half_a_year_before),
            .lungs = lung_image(then().scene),
            .findings = nodules_of(then().phantom),
            .lost = {}};
  }
  static reporting::ReportVersion compared(const EarlierStudy& with) {
    return compared(with, nodules_of(now().phantom));
  }
  static reporting::ReportVersion compared(const EarlierStudy& with, measure::Findings findings) {
    reporting::ReportVersion version{.report_id = "r", .study = study_of("1.2.2", today)};
    version.findings = std::move(findings);
    compare(with, now().scene, version);
    version.statements = reporting::compose_statements(version.study, {}, version.findings, {});
    EXPECT_THAT(reporting::faults(version), testing::IsEmpty());
    return version;
  }
  static const Finding& finding(const reporting::ReportVersion& version, const char* id) {
    const Finding* found = reporting::find_finding(version, id);
    if (found == nullptr) throw std::runtime_error(std::string("no finding ") + id);
    return *found;
  }
  static std::string comparison(const reporting::ReportVersion& version) {
    std::string text;
    for (const auto* one : reporting::statements_in(version, reporting::Section::comparison))
      text += one->text + "\n";
    return text;
  }
};

TEST_F(Pair, TheLungsAreRegistered) {
  const auto current = lung_image(now().scene), before = lung_image(then().scene);
  ASSERT_TRUE(current && before);
  const Rigid rigid = align(*current, *before);
  const auto residual = residual_mm(*current, *before, rigid);
  ASSERT_TRUE(residual);
  EXPECT_LT(*residual, 1.5);
  const auto& here = tests::truth_of(now().phantom, "nodule.2");
  const auto& there = tests::truth_of(then().phantom, "nodule.2");
  EXPECT_LT(distance_mm(rigid(here.centre_mm), there.centre_mm), 3);
  EXPECT_GT(distance_mm(here.centre_mm, there.centre_mm), 1) << "the poses differ too little";
  EXPECT_LT(distance_mm(rigid.back(rigid(here.centre_mm)), here.centre_mm), 1e-6);
}

TEST_F(Pair, ANoduleThatGrewKeepsItsTrackingUidAndHasADoublingTime) {
  const EarlierStudy before = earlier();
  const auto version = compared(before);
  const Finding& grown = finding(version, "nodule.1");
  ASSERT_TRUE(grown.comparison);
  EXPECT_EQ(grown.comparison->outcome, "larger");
  EXPECT_EQ(grown.tracking, before.findings[0].tracking);
  EXPECT_EQ(grown.comparison->study, before.study.uid);
  ASSERT_TRUE(grown.comparison->evidence);
  EXPECT_EQ(grown.comparison->evidence->image, 41);
  const auto& doubling = grown.measurements.back();
  EXPECT_EQ(doubling.id, "nodule.1.doubling");
  ASSERT_TRUE(doubling.value);
  EXPECT_NEAR(*doubling.value, 150, *doubling.uncertainty);
  EXPECT_THAT(grown.recommendation, HasSubstr("25 %"));
  EXPECT_THAT(comparison(version), HasSubstr("time between the studies 182 d"));
  EXPECT_THAT(comparison(version), HasSubstr("solid nodule 1: larger; in the earlier study: mean"));
}

TEST_F(Pair, AStableNoduleHasNoDoublingTime) {
  const auto version = compared(earlier());
  const Finding& stable = finding(version, "nodule.2");
  ASSERT_TRUE(stable.comparison);
  EXPECT_EQ(stable.comparison->outcome, "stable within measurement error");
  EXPECT_FALSE(stable.measurements.back().value);
  EXPECT_TRUE(stable.recommendation.empty());
}

TEST_F(Pair, NewAndLostNodulesAreSaidWithCare) {
  const EarlierStudy before = earlier();
  const auto version = compared(before);
  const Finding& appeared = finding(version, "nodule.3");
  EXPECT_THAT(appeared.comparison->outcome, HasSubstr("it may be new"));
  EXPECT_FALSE(appeared.comparison->evidence);
  const Finding& lost = finding(version, "earlier.nodule.3");
  EXPECT_EQ(lost.presence, reporting::Presence::indeterminate);
  EXPECT_THAT(lost.comparison->outcome, HasSubstr("not seen any more"));
  EXPECT_EQ(lost.tracking, before.findings[2].tracking);
  EXPECT_FALSE(lost.evidence.empty());
}

TEST_F(Pair, AMissedNoduleIsNotCalledNew) {
  EarlierStudy before = earlier();
  std::erase_if(before.findings, [](const Finding& one) { return one.id == "nodule.2"; });
  const auto version = compared(before);
  EXPECT_THAT(finding(version, "nodule.2").comparison->outcome,
              HasSubstr("something dense lies there"));
}

TEST_F(Pair, NothingIsNewWhereTheEarlierStudyWasNotSearched) {
  EarlierStudy before = earlier();
  before.findings = {measure::not_assessed_finding(
      "nodules", "lung nodules", measure::codes::nodule, measure::codes::lung, "slices of 8 mm")};
  const auto version = compared(before);
  EXPECT_EQ(finding(version, "nodule.3").comparison->outcome,
            "lung nodules were not assessed there (slices of 8 mm)");
}

/// As a mass of `mm` would have been proposed.
void make_mass(Finding& nodule, double mm) {
  const std::string before = nodule.id;
  nodule.id = "mass.1";
  nodule.observation = {"309529002", "SCT", "Lung mass"};
  for (auto& one : nodule.measurements) one.id = nodule.id + one.id.substr(before.size());
  nodule.measurements[0].value = mm;
  nodule.measurements[1].value = std::round(mm * mm * mm * 0.5236 / 1000);
  nodule.measurements[1].unit = measure::codes::millilitre;
  nodule.measurements[1].uncertainty = 2;
}

TEST_F(Pair, ANoduleThatBecameAMassIsStillTheSameLesion) {
  const EarlierStudy before = earlier();
  auto findings = nodules_of(now().phantom);
  make_mass(findings[0], 34);
  const auto version = compared(before, std::move(findings));
  const Finding& mass = finding(version, "mass.1");
  ASSERT_TRUE(mass.comparison);
  EXPECT_EQ(mass.comparison->outcome, "larger");
  EXPECT_EQ(mass.tracking, before.findings[0].tracking);
  const auto change =
      std::ranges::find(mass.measurements, "mass.1.change", [](const auto& one) { return one.id; });
  ASSERT_NE(change, mass.measurements.end());
  const double earlier_mm3 = *before.findings[0].measurements[1].value;
  EXPECT_NEAR(*change->value, 100 * (21000 / earlier_mm3 - 1), 1) << "mL against mm3";
  EXPECT_THAT(change->conditions, testing::Contains(HasSubstr("as a mass in the other")));
  EXPECT_FALSE(reporting::find_finding(version, "earlier.nodule.1"));
}

TEST_F(Pair, WhatGrowsToOneSideIsMatchedByItsExtent) {
  EarlierStudy before = earlier();
  (*before.findings[0].evidence[0].point_mm)[1] += 22;
  EXPECT_THAT(finding(compared(before), "nodule.1").comparison->outcome, testing::Not("larger"));
  auto findings = nodules_of(now().phantom);
  make_mass(findings[0], 60);
  EXPECT_EQ(finding(compared(before, std::move(findings)), "mass.1").tracking,
            before.findings[0].tracking);
}

TEST_F(Pair, ASideInDoubtIsMatchedByPlace) {
  EarlierStudy before = earlier();
  for (Finding& one : before.findings) one.laterality = reporting::Laterality::none;
  EXPECT_EQ(finding(compared(before), "nodule.1").comparison->outcome, "larger");
}

/// The current study's candidates without the one that resolved, and what is said of that one.
std::string outcome_of_lost(const reporting::ReportVersion& version) {
  const Finding* lost = reporting::find_finding(version, "earlier.nodule.3");
  return lost == nullptr || !lost->comparison ? "" : lost->comparison->outcome;
}

TEST_F(Pair, NothingHasGoneWhereTheSideWasNotSearched) {
  auto findings = nodules_of(now().phantom);
  findings.push_back(measure::not_assessed_finding("nodules.right", "lung nodules, right",
                                                   measure::codes::nodule, measure::codes::lung,
                                                   "more than 10 % of this lung is consolidated"));
  EXPECT_THAT(outcome_of_lost(compared(earlier(), findings)), HasSubstr("not seen any more"))
      << "the lesion lay in the left lung";
  findings.back().id = "nodules.left";
  EXPECT_EQ(outcome_of_lost(compared(earlier(), findings)),
            "lung nodules were not assessed there (more than 10 % of this lung is consolidated)");
  EXPECT_EQ(outcome_of_lost(compared(earlier(), measure::Findings{})),
            "lung nodules were not looked for there");
}

TEST_F(Pair, NothingHasGoneOutsideTheScan) {
  EarlierStudy before = earlier();
  (*before.findings[2].evidence[0].point_mm)[2] += 500;
  EXPECT_EQ(outcome_of_lost(compared(before)), "its place lies outside the scan there");
}

TEST_F(Pair, NothingHasGoneWhereAirIsNoLung) {
  EarlierStudy before = earlier();
  measure::Findings findings = nodules_of(now().phantom);
  const LungImage lungs = *lung_image(now().scene);
  LungImage without = lungs;
  std::ranges::fill(without.lung, std::uint8_t{2});  // thin recesses
  const Rigid rigid = align(lungs, *before.lungs);
  const Vec3 place = rigid.back(*before.findings[2].evidence[0].point_mm);
  const auto study = study_of("1.2.2", today);
  EXPECT_EQ(why_not_searched({study, findings, lungs}, place, before.findings[2]), "");
  EXPECT_THAT(why_not_searched({study, findings, without}, place, before.findings[2]),
              HasSubstr("no part of the lung that was searched"));
}

TEST_F(Pair, NothingHasGoneFromAListThatEndedBefore) {
  measure::Findings findings = nodules_of(now().phantom);
  while (findings.size() < 10) {
    findings.push_back(findings.front());
    findings.back().id = "nodule." + std::to_string(findings.size());
    for (auto& one : findings.back().measurements)
      one.id = findings.back().id + one.id.substr(one.id.rfind('.'));
  }
  for (Finding& one : findings) one.measurements[1].value = 20000;
  const EarlierStudy before = earlier();
  EXPECT_THAT(why_not_searched({before.study, findings, *before.lungs},
                               *place_of(before.findings[2]), before.findings[2]),
              testing::AnyOf(HasSubstr("ends at ten"), HasSubstr("dense")));
  const LungImage lungs = *lung_image(now().scene);
  const Vec3 place = align(lungs, *before.lungs).back(*place_of(before.findings[2]));
  EXPECT_THAT(why_not_searched({before.study, findings, lungs}, place, before.findings[2]),
              HasSubstr("ends at ten larger ones"));
}

TEST_F(Pair, WithoutAFrameOfReferenceItIsSaidWhyNothingWasCompared) {
  EarlierStudy before = earlier();
  for (Finding& one : before.findings) {
    one.evidence[0].point_mm.reset();
    one.evidence[0].frame_of_reference.reset();
  }
  const auto version = compared(before);
  EXPECT_EQ(finding(version, "comparison").presence, reporting::Presence::not_assessed);
  EXPECT_THAT(comparison(version),
              HasSubstr("the images of the earlier study state no frame of reference"));
}

TEST_F(Pair, ALesionThatTheEarlierReportMissedKeepsTheUidOfTheStudyBefore) {
  EarlierStudy before = earlier();
  // The nodule that is new since the earlier study lay there in one before.
  Finding lost = nodules_of(now().phantom)[2];
  const Rigid rigid = align(*lung_image(now().scene), *before.lungs);
  lost.id = "earlier.nodule.1";
  lost.tracking = dicom::TrackingUid("1.2.3.99");
  lost.evidence[0].point_mm = rigid(*lost.evidence[0].point_mm);
  before.lost = {lost};
  const auto version = compared(before);
  EXPECT_EQ(finding(version, "nodule.3").tracking.str(), "1.2.3.99");
  EXPECT_THAT(finding(version, "nodule.3").comparison->outcome,
              HasSubstr("a study before that one showed a candidate there"));
}

TEST(Tracking, FollowsThePlaceAndNotTheRank) {
  const model::phantom::Truth one{.name = "a", .side = "left", .centre_mm = {10, 20, 30}};
  const model::phantom::Truth other{.name = "b", .side = "left", .centre_mm = {40, 20, 30}};
  const dicom::StudyUid study("1.2.3");
  measure::Findings first{nodule(one, 1), nodule(other, 2)},
      again{nodule(other, 1), nodule(one, 2)};
  name_by_place(first, study);
  name_by_place(again, study);
  EXPECT_EQ(first[0].tracking, again[1].tracking);
  EXPECT_EQ(first[1].tracking, again[0].tracking);
  EXPECT_NE(first[0].tracking, first[1].tracking);
}

TEST(Tracking, OfAnOlderReportIsTakenOverByPlace) {
  const model::phantom::Truth one{.name = "a", .side = "left", .centre_mm = {10, 20, 30}};
  const model::phantom::Truth other{.name = "b", .side = "left", .centre_mm = {40, 20, 30}};
  model::phantom::Truth moved = one;
  moved.centre_mm[0] += 3;
  measure::Findings stored{nodule(one, 1), nodule(other, 2)};
  stored[0].tracking = dicom::TrackingUid("1.2.3.7");  // itself taken over from a study before
  measure::Findings measured{nodule(other, 1), nodule(moved, 2)};
  keep_tracking(measured, stored);
  EXPECT_EQ(measured[1].tracking.str(), "1.2.3.7");
  EXPECT_EQ(measured[0].tracking, stored[1].tracking);
  moved.centre_mm[0] += 20;
  measure::Findings elsewhere{nodule(moved, 1)};
  keep_tracking(elsewhere, stored);
  EXPECT_NE(elsewhere[0].tracking, stored[0].tracking);
}

TEST(Prior, HeldStudiesThatCannotBeComparedAreNamed) {
  reporting::ReportVersion version{.report_id = "r", .study = study_of("1.2.2", today)};
  version.findings = {nothing_compared({"the study of 2024-07-17: its draft shows no chest"})};
  version.statements = reporting::compose_statements(version.study, {}, version.findings, {});
  const auto said = reporting::statements_in(version, reporting::Section::comparison);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0]->text,
            "Comparison with an earlier study not possible: the study of 2024-07-17: its draft "
            "shows no chest.");
}

TEST_F(Pair, LungsThatDoNotFitAreNotCompared) {
  EarlierStudy before = earlier();
  // The same image, but lungs of half the width.
  const Grid& grid = before.lungs->image.grid;
  measure::for_each_voxel(grid, [&](std::size_t at, int column, int /*row*/, int /*slice*/) {
    if (column % 32 < 24) before.lungs->lung[at] = 0;
  });
  const auto version = compared(before);
  EXPECT_EQ(finding(version, "comparison").presence, reporting::Presence::not_assessed);
  EXPECT_FALSE(finding(version, "nodule.1").comparison);
  EXPECT_THAT(comparison(version), HasSubstr("Comparison with the CT of 2024-07-17, series 3 not "
                                             "possible: after registration"));
}

TEST_F(Pair, WithoutLungsThereIsNoComparison) {
  EarlierStudy before = earlier();
  before.lungs.reset();
  EXPECT_THAT(comparison(compared(before)), HasSubstr("lungs are not found in both studies"));
}

TEST_F(Pair, SlicesOfAnotherClassGiveNoChange) {
  EarlierStudy before = earlier();
  before.study.series[0].health->thickness_mm = 5;
  const auto version = compared(before);
  EXPECT_THAT(finding(version, "nodule.1").comparison->outcome,
              HasSubstr("change not assessed (slices of 2.50 mm now and 5.00 mm then)"));
  EXPECT_EQ(finding(version, "nodule.1").measurements.size(), 2U);
}

TEST(Prior, MustBeOfTheSamePatientAndOfAnEarlierDay) {
  const auto now = study_of("1.2.2", today);
  auto then = study_of("1.2.1", half_a_year_before);
  EXPECT_EQ(why_no_prior(now, then), "");
  then.patient.birth_date = today;
  EXPECT_EQ(why_no_prior(now, then), "") << "one birth date alone says nothing";
  auto other = then;
  other.patient.id = dicom::PatientId("P2");
  EXPECT_EQ(why_no_prior(now, other), "the earlier study is of another patient");
  other = then;
  other.patient.id = {};
  EXPECT_THAT(why_no_prior(now, other), HasSubstr("no Patient ID"));
  other = then;
  other.patient.name = {.family = "Other"};
  auto named = now;
  named.patient.name = {.family = "Person"};
  EXPECT_EQ(why_no_prior(named, other),
            "the Patient ID is the same, but not the name: it may be of another person");
  EXPECT_THAT(why_no_prior(now, study_of("1.2.2", half_a_year_before)), HasSubstr("itself"));
  EXPECT_THAT(why_no_prior(now, study_of("1.2.1", today)), HasSubstr("not of an earlier day"));
  other = then;
  other.started.reset();
  EXPECT_THAT(why_no_prior(now, other), HasSubstr("no date"));
}

TEST(Prior, SizesOfAnotherKernelAreNotCompared) {
  const auto smooth = *study_of("1.2.1", today).series[0].health;
  auto sharp = smooth;
  EXPECT_EQ(why_sizes_differ(smooth, sharp), "");
  sharp.kernel = "LUNG";
  sharp.kernel_class = "sharp";
  EXPECT_EQ(why_sizes_differ(smooth, sharp), "a smooth kernel now and a sharp one then");
  sharp.kernel_class = "unknown";
  EXPECT_THAT(why_sizes_differ(smooth, sharp), HasSubstr("not known"));
  auto narrow = smooth;
  narrow.thickness_mm = narrow.spacing_mm = 1.25;
  EXPECT_THAT(why_sizes_differ(smooth, narrow), HasSubstr("slices of 2.50 mm"));
  auto one_mm = narrow;
  one_mm.thickness_mm = one_mm.spacing_mm = 1;
  EXPECT_EQ(why_sizes_differ(narrow, one_mm), "");
}

Finding sized(double mm3, double u_mm3) {
  model::phantom::Truth truth{.name = "nodule.1", .volume_ml = mm3 / 1000, .diameter_mm = 10};
  Finding one = nodule(truth, 1);
  one.measurements[1].uncertainty = u_mm3;
  return one;
}

TEST(Growth, IsTheDoublingOfTheVolumeOverTheDays) {
  const Growth twice = growth(sized(1000, 50), sized(500, 25), 182, "");
  EXPECT_EQ(twice.outcome, "larger");
  EXPECT_EQ(twice.measurements[0].value, 100);
  EXPECT_EQ(twice.measurements[0].uncertainty, 14);  // 200 % x hypot(5 %, 5 %)
  EXPECT_EQ(twice.measurements[2].value, 182);
  EXPECT_EQ(twice.measurements[2].uncertainty, 19);  // 182 x 0.0707 / ln 2
}

TEST(Growth, IsNoneWithinTheErrorOrBelowAQuarter) {
  EXPECT_EQ(growth(sized(620, 6), sized(500, 5), 182, "").outcome,
            "stable within measurement error");
  EXPECT_EQ(growth(sized(900, 400), sized(500, 200), 182, "").outcome,
            "stable within measurement error");
  const Growth less = growth(sized(250, 10), sized(500, 20), 182, "");
  EXPECT_EQ(less.outcome, "smaller");
  EXPECT_FALSE(less.measurements[2].value);
}

}  // namespace
}  // namespace tomoscribe::pipeline::prior
