// Which study may be an earlier one, and what makes a change of size.

#include "tests/pipeline/prior_pair.h"

namespace tomoscribe::pipeline::prior {
namespace {

using testing::HasSubstr;

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
