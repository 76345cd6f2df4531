// A study and an earlier one: registration, the same lesion, growth, and what is not said.

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "pipeline/prior/compare.h"
#include "pipeline/prior/growth.h"
#include "pipeline/prior/rigid.h"
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
                       .point_mm = truth.centre_mm}};
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
            .findings = nodules_of(then().phantom)};
  }
  static reporting::ReportVersion compared(const EarlierStudy& with) {
    reporting::ReportVersion version{.report_id = "r", .study = study_of("1.2.2", today)};
    version.findings = nodules_of(now().phantom);
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
