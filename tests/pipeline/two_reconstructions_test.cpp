// One acquisition, two reconstructions: lungs on the thin and sharp one, all else on the smooth
// one.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dicom/pixels.h"
#include "pipeline/analyse.h"
#include "pipeline/reading.h"
#include "pipeline/series/load_volume.h"
#include "pipeline/series/read_headers.h"
#include "reporting/faces.h"
#include "tests/pipeline/chest_volume.h"
#include "tests/support/files.h"

namespace tomoscribe::pipeline {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const dicom::SeriesUid smooth_series("1.2.3.1"), sharp_series("1.2.3.2");

/// The same person scanned once, as one of the two reconstructions.
void write(const fs::path& folder, bool sharp, bool other_frame = false) {
  auto settings = tests::small_chest();
  settings.columns = settings.rows = 128;
  settings.pixel_mm = 3.2;
  settings.slices = sharp ? 100 : 50;
  settings.slice_mm = sharp ? 2.5 : 5;
  settings.noise_hu = 8;
  if (sharp) settings.kernel = model::phantom::Kernel::sharp;
  fs::create_directories(folder);
  tests::write_chest(model::phantom::thorax(settings), folder, [&](dicom::InstanceHeader& header) {
    header.series = sharp ? sharp_series : smooth_series;
    header.series_number = sharp ? 3 : 2;
    header.sop_instance = dicom::SopInstanceUid(
        dicom::uid_from_name(header.series.str() + header.sop_instance.str()));
    if (sharp) header.convolution_kernel = "LUNG";
    if (other_frame) header.frame_of_reference = dicom::FrameOfReferenceUid("1.2.3.5");
  });
}

AnalysedStudy analysed(const fs::path& folder) {
  const dicom::Codecs codecs;
  AnalysisContext context;
  context.now.utc = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2);
  context.code_version = "test";
  double last = 0;
  auto outcome = analyse({tests::files_under(folder)}, context,
                         [&](const std::string& stage, double fraction) {
                           EXPECT_GE(fraction, last) << stage;
                           last = fraction;
                         });
  return std::get<AnalysedStudy>(std::move(outcome));
}

const reporting::Finding& finding_of(const reporting::ReportVersion& version, std::string_view id) {
  const auto found = std::ranges::find(version.findings, id, &reporting::Finding::id);
  if (found == version.findings.end()) throw std::runtime_error("no finding " + std::string(id));
  return *found;
}

TEST(TwoReconstructions, LungsAreMeasuredOnTheSharpOneAndAllElseOnTheSmoothOne) {
  const tests::TempFolder folder;
  write(folder / "smooth", false);
  write(folder / "sharp", true);
  const AnalysedStudy study = analysed(folder.path());
  const auto& version = study.version;

  for (const auto& finding : version.findings)
    for (const auto& evidence : finding.evidence) {
      const bool lung = finding.id.starts_with("lungs") || finding.id.starts_with("airway") ||
                        finding.id.starts_with("nodule") || finding.id.starts_with("opacity");
      EXPECT_EQ(evidence.series, lung ? sharp_series : smooth_series) << finding.id;
    }
  EXPECT_FALSE(finding_of(version, "lungs.right").evidence.empty());
  EXPECT_FALSE(finding_of(version, "aorta.thoracic").evidence.empty());

  ASSERT_EQ(version.study.series.size(), 2U);
  for (const auto& series : version.study.series) {
    EXPECT_TRUE(series.used) << series.reason;
    ASSERT_TRUE(series.health);
    EXPECT_EQ(series.health->kernel_class, series.uid == sharp_series ? "sharp" : "smooth");
  }
  const auto has_nodules = [](const reporting::SeriesUse& series) {
    return std::ranges::find(series.health->verdicts, "nodules", &reporting::UseVerdict::use) !=
           series.health->verdicts.end();
  };
  EXPECT_FALSE(has_nodules(version.study.series[0])) << "they are looked for in the other";
  EXPECT_TRUE(has_nodules(version.study.series[1]));
  EXPECT_THAT(finding_of(version, "pneumothorax").verification.reason,
              testing::EndsWith("searched on series 3"));
  EXPECT_THAT(finding_of(version, "effusion").verification.reason,
              testing::Not(HasSubstr("searched on series")));
  EXPECT_THAT(version.study.series[1].reason, HasSubstr("chosen for the lungs"));
  EXPECT_EQ(version.provenance.inputs.size(), 150U) << "every image that was read";
  EXPECT_TRUE(reporting::faults(version).empty());
  EXPECT_THAT(reporting::section_text(version, reporting::Section::limitations),
              HasSubstr("edge-enhancing reconstruction of the same acquisition"));

  // Each picture belongs to evidence of one of the two.
  const auto picture_of = [&](const std::string& evidence) {
    return std::ranges::any_of(version.provenance.options,
                               [&](const auto& option) { return option.second == evidence; });
  };
  EXPECT_TRUE(picture_of(finding_of(version, "lungs.right").evidence.front().id));
  EXPECT_TRUE(picture_of(finding_of(version, "aorta.thoracic").evidence.front().id));
}

TEST(TwoReconstructions, AnotherAcquisitionIsNotMixedIn) {
  const tests::TempFolder folder;
  write(folder / "smooth", false);
  write(folder / "sharp", true, true);
  const AnalysedStudy study = analysed(folder.path());
  const auto used = std::ranges::count_if(study.version.study.series, &reporting::SeriesUse::used);
  EXPECT_EQ(used, 1);
  for (const auto& finding : study.version.findings)
    for (const auto& evidence : finding.evidence)
      EXPECT_EQ(evidence.series, study.version.findings.front().evidence.front().series);
}

TEST(TwoReconstructions, TheSecondIsLeftOutWhereBothDoNotFit) {
  const tests::TempFolder folder;
  write(folder / "smooth", false);
  write(folder / "sharp", true);
  const dicom::Codecs codecs;
  const Headers headers = read_headers({tests::files_under(folder.path())}, [](double) {});
  auto choice = std::get<SeriesChoice>(select_series(headers.instances));
  ASSERT_TRUE(choice.lung);
  choice.lung->stack.grid.size[2] = 80'000;  // as large as one volume may be, but for the other
  const auto read =
      read_series_of(headers.instances, choice, nullptr, {}, [](const std::string&, double) {});
  const auto& readings = std::get<Readings>(read);
  EXPECT_FALSE(readings.lung);
  EXPECT_THAT(readings.no_lung, HasSubstr("the series of the lungs was not measured: both"));
}

TEST(TwoReconstructions, AreHeldToTheLimitOfOne) {
  const auto grid = [](int slices) {
    return Grid{
        .size = {1024, 1024, slices},
        .step_mm = {dicom::Vec3{0.3, 0, 0}, dicom::Vec3{0, 0.3, 0}, dicom::Vec3{0, 0, 0.3}}};
  };
  EXPECT_EQ(why_too_large({grid(1000)}), "");
  EXPECT_EQ(why_too_large({grid(500), grid(500)}), "");
  EXPECT_THAT(why_too_large({grid(1000), grid(200)}), HasSubstr("both volumes have 1258291200"));
  EXPECT_THAT(why_too_large({grid(1200)}), HasSubstr("the volume has"));
}

}  // namespace
}  // namespace tomoscribe::pipeline
