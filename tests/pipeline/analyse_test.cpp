// The whole of analyse() on a phantom written as DICOM: the same draft from the same images.

#include "pipeline/analyse.h"

#include <algorithm>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dicom/blob_store.h"
#include "dicom/pixels.h"
#include "pipeline/series/health_card.h"
#include "reporting/faces.h"
#include "tests/pipeline/chest_volume.h"
#include "tests/support/files.h"

namespace tomoscribe::pipeline {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

class AnalysePhantom : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto settings = tests::small_chest();
    settings.columns = settings.rows = 128;
    settings.pixel_mm = 3.2;
    settings.slices = 40;
    settings.slice_mm = 5;
    folder() = std::make_unique<const tests::TempFolder>();
    fs::create_directories(ct());
    tests::write_chest(model::phantom::thorax(settings), ct());
  }
  static void TearDownTestSuite() { folder().reset(); }
  static fs::path ct() { return *folder() / "ct"; }

  static std::variant<AnalysedStudy, Unsuitable> run(std::vector<fs::path> files,
                                                     std::stop_token stop = {}) {
    const dicom::Codecs codecs;
    AnalysisContext context;
    context.now.utc = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2);
    context.code_version = "test";
    context.stop = std::move(stop);
    return analyse({std::move(files)}, context, [](const std::string&, double) {});
  }

  /// Everything the draft consists of, pictures by their hashes.
  static std::string draft(std::vector<fs::path> files) {
    const auto outcome = run(std::move(files));
    if (const auto* reason = std::get_if<Unsuitable>(&outcome)) return reason->reason;
    const auto& study = std::get<AnalysedStudy>(outcome);
    std::string all = reporting::to_json(study.version);
    for (const NamedBlob& blob : study.blobs)
      all += "\n" + blob.name + " " + dicom::sha256(blob.bytes).str();
    return all;
  }

  static std::unique_ptr<const tests::TempFolder>& folder() {
    static std::unique_ptr<const tests::TempFolder> shared;
    return shared;
  }
};

TEST_F(AnalysePhantom, GivesTheSameDraftTwice) {
  const auto files = tests::files_under(ct());
  const std::string first = draft(files);
  EXPECT_THAT(first, HasSubstr("lung.volume.right"));
  EXPECT_EQ(draft(files), first);
}

TEST_F(AnalysePhantom, GivesTheSameDraftWhateverTheFilesAreCalledAndInWhateverOrderTheyCome) {
  const tests::TempFolder other;
  auto files = tests::files_under(ct());
  const std::string first = draft(files);
  std::ranges::reverse(files);
  std::rotate(files.begin(), files.begin() + 23, files.end());
  std::vector<fs::path> renamed;
  for (std::size_t i = 0; i < files.size(); ++i) {
    renamed.push_back(other / ("IM" + std::to_string(i * 7919 % 100003)));
    fs::copy_file(files[i], renamed.back());
  }
  EXPECT_EQ(draft(renamed), first);
}

TEST_F(AnalysePhantom, NamesMissingSlicesInTheCardAndGivesNoVolume) {
  auto files = tests::files_under(ct());
  std::erase_if(files, [](const fs::path& file) { return file.filename() == "slice20.dcm"; });
  const auto outcome = run(files);
  const auto& version = std::get<AnalysedStudy>(outcome).version;
  const auto& health = version.study.series.at(0).health;
  ASSERT_TRUE(health);
  ASSERT_EQ(health->gaps.size(), 1U);
  EXPECT_THAT(health->gaps[0],
              testing::StartsWith("1 slice missing between image 20 and image 22"));
  EXPECT_EQ(health->images, 39);
  EXPECT_EQ(health->verdicts.at(0).use, "volumes");
  EXPECT_EQ(health->verdicts.at(0).reason, health->gaps[0]);
  std::string limits = reporting::section_text(version, reporting::Section::limitations);
  EXPECT_THAT(limits, HasSubstr("1 slice missing between image 20 and image 22"));
  for (const auto& finding : version.findings) {
    for (const auto& one : finding.measurements)
      EXPECT_TRUE(one.unit.value != "mL" || !one.value) << one.id;
    for (const auto& evidence : finding.evidence) EXPECT_NE(evidence.image, 21);
  }
  EXPECT_TRUE(reporting::faults(version).empty());
}

TEST_F(AnalysePhantom, GivesACardOfASoundSeries) {
  const auto outcome = run(tests::files_under(ct()));
  const auto& health = std::get<AnalysedStudy>(outcome).version.study.series.at(0).health;
  ASSERT_TRUE(health);
  EXPECT_TRUE(health->gaps.empty());
  EXPECT_FALSE(health->resampled);
  EXPECT_DOUBLE_EQ(health->spacing_mm, 5);
  EXPECT_DOUBLE_EQ(health->coverage_mm, 200);
  EXPECT_EQ(health->kernel_class, "smooth");
  EXPECT_EQ(health->verdicts.at(0).reason, "");
  EXPECT_EQ(health->verdicts.at(1).reason, "") << "large nodules can be looked for";
}

TEST(HealthCard, OfAHeadSaysNothingOfNodules) {
  const Volume volume = tests::chest_volume(model::phantom::Phantom{
      .settings = {.columns = 8, .rows = 8, .slices = 12}, .hu = std::vector<std::int16_t>(768)});
  measure::Scene scene{.volume = volume};
  scene.regions = {measure::BodyRegion::head};
  const auto uses = [&] {
    std::vector<std::string> words;
    for (const auto& verdict : health_card({}, scene, Measured::everything).verdicts)
      words.push_back(verdict.use);
    return words;
  };
  EXPECT_THAT(uses(), testing::ElementsAre("volumes", "density"));
  scene.regions.push_back(measure::BodyRegion::chest);
  EXPECT_THAT(uses(), testing::Contains("nodules"));
}

TEST_F(AnalysePhantom, CountsWhatItLeavesOutByReason) {
  const tests::TempFolder other;
  std::ofstream(other / "letter.txt") << "Dear colleague, this is no image.\n";
  std::ofstream(other / "empty") << "";
  fs::copy_file(ct() / "slice3.dcm", other / "copy");
  auto files = tests::files_under(ct());
  for (const fs::path& file : tests::files_under(other.path())) files.push_back(file);
  const auto outcome = run(files);
  const auto& steps = std::get<AnalysedStudy>(outcome).version.provenance.steps;
  EXPECT_THAT(steps, Contains("2 files left out: not DICOM"));
  EXPECT_THAT(steps, Contains("1 exact copy of a file left out"));
}

TEST_F(AnalysePhantom, SaysWhyNothingCanBeRead) {
  const tests::TempFolder other;
  EXPECT_EQ(draft({}), "there are no files");
  std::ofstream(other / "letter.txt") << "Dear colleague, this is no image.\n";
  EXPECT_EQ(draft(tests::files_under(other.path())), "nothing to read: 1 file left out: not DICOM");
}

TEST_F(AnalysePhantom, LeavesContrastOpenWhenTheHeaderIsSilent) {
  const auto outcome = run(tests::files_under(ct()));
  const auto& study = std::get<AnalysedStudy>(outcome).version.study;
  EXPECT_FALSE(study.contrast);
  EXPECT_EQ(study.procedure.meaning.find("contrast"), std::string::npos) << study.procedure.meaning;
}

TEST_F(AnalysePhantom, StopsWhenAsked) {
  std::stop_source source;
  source.request_stop();
  EXPECT_THROW(run(tests::files_under(ct()), source.get_token()), Cancelled);
}

}  // namespace
}  // namespace tomoscribe::pipeline
