// Every real volume and every broken file of the corpus goes through analyse(): a report, or a
// sentence that a person understands. Another set of the same form can be put in its place
// (TOMOSCRIBE_DATA): archives, references and expectations are found, not listed here.

#include <algorithm>
#include <map>
#include <optional>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dicom/pixels.h"
#include "pipeline/analyse.h"
#include "tests/support/files.h"

namespace tomoscribe::pipeline {
namespace {

namespace fs = std::filesystem;
using Outcome = std::variant<AnalysedStudy, Unsuitable>;
using Cells = std::vector<std::string>;

/// Skips, with a message, where there is no corpus.
class Corpus : public testing::Test {
 protected:
  void SetUp() override {
    if (tests::corpus().empty())
      GTEST_SKIP() << "no corpus: set TOMOSCRIBE_DATA; the phantom tests do what they can";
  }
};
class RealStudies : public Corpus {};
class EnhancedCt : public Corpus {};
class SingleSlices : public Corpus {};
class BrokenFiles : public Corpus {};
class BrokenSeries : public Corpus {};

Outcome analysed(std::vector<fs::path> files) {
  const dicom::Codecs codecs;
  AnalysisContext context;
  context.code_version = "test";
  return analyse({std::move(files)}, context, [](const std::string&, double) {});
}

/// The sentences that may stand in place of a report; UIDs, numbers and names of values vary.
const std::vector<std::string>& known_sentences() {
  static const std::vector<std::string> all{
      "nothing to read: \\d+ files? left out: .+",
      "the images belong to two or more (patients|studies): studies .+; give one study",
      "the images of study [0-9.]+ carry \\d+ different patient identities: .+",
      "two different images share the SOP Instance UID [0-9.]+",
      "two different images lie at the position of slice \\d+",
      "a shell of bone without tissue of brain density: this looks like a phantom, not a patient",
      "only (one slice|\\d+ slices): a volume needs .+",
      "all images lie at one position: .+",
      "\\d+ of \\d+ slices are missing",
      "the (images lie too far apart to make a volume|slices are stacked sideways: .+)",
      "slice \\d+ is shifted sideways by [0-9.]+ mm.*",
      "slice \\d+ cannot be decoded: .+",
      "(axial|coronal|sagittal|oblique) images: for display only.*",
      "modality \\w+, not CT",
      "no (modality|image position|image orientation|pixel spacing|pixel data)",
      "(no|impossible) rescale to Hounsfield units",
      "(the )?values are not Hounsfield units.+",
      "(localizer|screen copy), not a volume",
      "secondary capture \\(dose page or screen copy\\)",
      "(reformat, for display only|derived map, not Hounsfield units|colour picture)",
      "(colour map, not Hounsfield units|8-bit picture, already windowed)",
      "not (an image storage class|a CT image class)",
      "the image orientation is not a pair of perpendicular unit vectors",
      "the pixel spacing is missing or impossible",
      "an image is (wider than 1 m|narrower than 1 cm)",
      "no series can be read: .+",
  };
  return all;
}

bool is_known(const std::string& sentence) {
  return std::ranges::any_of(known_sentences(), [&](const std::string& known) {
    return std::regex_match(sentence, std::regex(known));
  });
}

/// A report, or nothing after checking that the sentence is one of the known.
const AnalysedStudy* report_of(const Outcome& outcome) {
  if (const auto* reason = std::get_if<Unsuitable>(&outcome)) {
    EXPECT_TRUE(is_known(reason->reason)) << "unknown sentence: " << reason->reason;
    return nullptr;
  }
  return &std::get<AnalysedStudy>(outcome);
}

std::string sentence_of(const Outcome& outcome) {
  const auto* reason = std::get_if<Unsuitable>(&outcome);
  return reason != nullptr ? reason->reason : "a report";
}

const reporting::Measurement* measurement(const AnalysedStudy& study, const std::string& id) {
  for (const reporting::Finding& finding : study.version.findings)
    for (const reporting::Measurement& one : finding.measurements)
      if (one.id == id) return &one;
  return nullptr;
}

double value_or_zero(const AnalysedStudy& study, const std::string& id) {
  const auto* found = measurement(study, id);
  return found != nullptr ? found->value.value_or(0) : 0;
}

std::vector<Cells> table(const fs::path& file) {
  std::ifstream input(file);
  std::vector<Cells> rows;
  for (std::string line; std::getline(input, line);) {
    Cells cells;
    std::istringstream cut(line);
    for (std::string cell; std::getline(cut, cell, '\t');) cells.push_back(cell);
    rows.push_back(std::move(cells));
  }
  return rows;
}

std::string stem(const fs::path& archive) {
  const std::string name = archive.filename().string();
  return name.substr(0, name.find('.'));
}

std::vector<fs::path> archives() {
  std::vector<fs::path> found;
  if (!tests::corpus().empty())
    for (const fs::path& file : tests::files_under(tests::corpus() / "volumes"))
      if (file.filename().string().ends_with(".tar.xz")) found.push_back(file);
  return found;
}

void unpack(const fs::path& archive, const tests::TempFolder& folder) {
  ASSERT_EQ(
      tests::run("tar -xJf '" + archive.string() + "' -C '" + folder.path().string() + "'").status,
      0);
}

/// Files by Study Instance UID; files without one are left to the broken.
std::map<std::string, std::vector<fs::path>> studies_under(const fs::path& folder) {
  std::map<std::string, std::vector<fs::path>> studies;
  for (const fs::path& file : tests::files_under(folder)) {
    try {
      studies[dicom::read_header(file).study.str()].push_back(file);
    } catch (const dicom::Malformed&) {
      continue;
    }
  }
  return studies;
}

/// Where a finding lies to the patient's left, mm.
std::optional<double> to_the_left_mm(const AnalysedStudy& study, const std::string& id) {
  for (const reporting::Finding& finding : study.version.findings)
    if (finding.id == id && !finding.evidence.empty() && finding.evidence.front().point_mm)
      return (*finding.evidence.front().point_mm)[0];
  return std::nullopt;
}

/// A whole lung of an adult, a lower bound, or a reason.
bool lung_is_possible(const reporting::Measurement* lung) {
  if (lung == nullptr) return false;
  if (!lung->value) return !lung->not_assessed.empty();
  return lung->lower_bound || (*lung->value > 300 && *lung->value < 5000);
}

/// What no report may say, whatever the patient.
void expect_plausible(const AnalysedStudy& study) {
  double shares = 0;
  for (const std::string region : {"head", "chest", "abdomen", "pelvis"})
    shares += value_or_zero(study, "body.region." + region);
  EXPECT_LE(shares, 100.2);
  EXPECT_GT(value_or_zero(study, "body.volume"), 200);
  EXPECT_LT(value_or_zero(study, "airway.volume"), 120);
  const bool trunk = value_or_zero(study, "body.region.chest") > 0 ||
                     value_or_zero(study, "body.region.abdomen") > 0;
  for (const char* id : {"lung.volume.right", "lung.volume.left"}) {
    const auto* lung = measurement(study, id);
    // A head has none, and its report does not speak of them.
    EXPECT_TRUE(lung_is_possible(lung) || (lung == nullptr && !trunk)) << id;
  }
  const auto right = to_the_left_mm(study, "lungs.right"),
             left = to_the_left_mm(study, "lungs.left");
  EXPECT_TRUE(!right || !left || *left > *right + 60);
}

/// Volumes of the reference segmentation, where `references/` holds one for this archive.
std::optional<std::map<std::string, double>> reference_lungs_ml(const fs::path& archive) {
  for (const fs::path& file : tests::files_under(tests::corpus() / "references")) {
    const std::string name = file.filename().string();
    const auto end = name.find("_organs.tsv");
    if (end == std::string::npos || !stem(archive).starts_with(name.substr(0, end))) continue;
    std::map<std::string, double> lungs{{"right", 0}, {"left", 0}};
    for (const Cells& row : table(file))
      if (row.size() > 2 && row[1].starts_with("lung_"))
        lungs[row[1].ends_with("right") ? "right" : "left"] += std::stod(row[2]);
    return lungs;
  }
  return std::nullopt;
}

/// The column "exam" of EXPECTED.tsv; empty when the table does not speak of this archive.
std::string exam_of(const fs::path& archive) {
  for (const Cells& row : table(tests::corpus() / "EXPECTED.tsv"))
    if (row.size() > 1 && stem(archive).starts_with(row[0])) return row[1];
  return {};
}

/// The examination's regions are recognised: the words of the table are those of the measurements.
void expect_regions(const AnalysedStudy& study, const std::string& exam) {
  for (const std::string region : {"head", "chest", "abdomen", "pelvis"})
    EXPECT_TRUE(exam.find(region) == std::string::npos ||
                value_or_zero(study, "body.region." + region) > 5)
        << region;
}

/// The reference is a machine's mask that counts partial volume; ours counts aerated voxels.
void expect_reference(const AnalysedStudy& study, const std::map<std::string, double>& lungs_ml) {
  for (const auto& [side, ml] : lungs_ml)
    EXPECT_NEAR(value_or_zero(study, "lung.volume." + side), ml, 3 + 0.10 * ml) << side;
}

/// Centre of an organ of the reference, LPS mm, where `references/` holds one for this archive.
std::optional<std::array<double, 3>> reference_centre(const fs::path& archive,
                                                      const std::string& organ) {
  for (const fs::path& file : tests::files_under(tests::corpus() / "references")) {
    const std::string name = file.filename().string();
    const auto end = name.find("_organs.tsv");
    if (end == std::string::npos || !stem(archive).starts_with(name.substr(0, end))) continue;
    for (const Cells& row : table(file))
      if (row.size() > 5 && row[1] == organ)
        return std::array{std::stod(row[3]), std::stod(row[4]), std::stod(row[5])};
  }
  return std::nullopt;
}

const reporting::Evidence* first_evidence(const AnalysedStudy& study, const std::string& id) {
  for (const reporting::Finding& finding : study.version.findings)
    if (finding.id == id && !finding.evidence.empty()) return &finding.evidence.front();
  return nullptr;
}

/// Where L1 was named and measured, the reference's L1 lies: its centre is that of body and
/// processes, so further to the back and a little lower.
void expect_reference_levels(const AnalysedStudy& study, const fs::path& archive) {
  const auto l1 = reference_centre(archive, "vertebrae_L1");
  const reporting::Evidence* evidence = first_evidence(study, "spine.density");
  if (!l1 || evidence == nullptr || value_or_zero(study, "spine.trabecular.L1") == 0) return;
  EXPECT_NEAR((*evidence->point_mm)[0], (*l1)[0], 6);
  EXPECT_NEAR((*evidence->point_mm)[2], (*l1)[2], 12);
  EXPECT_LT((*evidence->point_mm)[1], (*l1)[1]);
}

/// Numbers of the spine and the vessels that no person has.
void expect_plausible_spine(const AnalysedStudy& study) {
  for (const std::string part : {"thoracic", "abdominal"}) {
    const double mm = value_or_zero(study, "aorta." + part + ".diameter");
    EXPECT_TRUE(mm == 0 || (mm > 12 && mm < 70)) << part << mm;
  }
  const double blood = value_or_zero(study, "contrast.blood");
  EXPECT_TRUE(blood == 0 || (blood > 20 && blood < 600)) << blood;
}

class RealVolume : public testing::TestWithParam<fs::path> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RealVolume);
INSTANTIATE_TEST_SUITE_P(Corpus, RealVolume, testing::ValuesIn(archives()),
                         [](const auto& volume) { return stem(volume.param); });

TEST_P(RealVolume, GivesAPlausibleReportOrAKnownSentence) {
  const tests::TempFolder folder;
  unpack(GetParam(), folder);
  const std::string exam = exam_of(GetParam());
  const auto reference = reference_lungs_ml(GetParam());
  for (const auto& [uid, files] : studies_under(folder.path())) {
    SCOPED_TRACE(uid);
    const Outcome outcome = analysed(files);
    const AnalysedStudy* study = report_of(outcome);
    if (study == nullptr) continue;
    EXPECT_EQ(exam.find("phantom"), std::string::npos) << "a phantom got a report";
    expect_plausible(*study);
    expect_plausible_spine(*study);
    expect_reference_levels(*study, GetParam());
    expect_regions(*study, exam);
    if (reference) expect_reference(*study, *reference);
  }
}

TEST_F(RealStudies, OfSeveralPatientsAreRefusedByStudyUidAndNotByName) {
  int refused = 0;
  for (const fs::path& archive : archives()) {
    const tests::TempFolder folder;
    unpack(archive, folder);
    const auto studies = studies_under(folder.path());
    if (studies.size() < 2) continue;
    ++refused;
    const std::string sentence = sentence_of(analysed(tests::files_under(folder.path())));
    EXPECT_THAT(sentence, testing::StartsWith("the images belong to two or more"));
    for (const auto& [uid, files] : studies) {
      EXPECT_THAT(sentence, testing::HasSubstr(uid));
      const auto header = dicom::read_header(files.front()).study_header;
      for (const std::string& name : {header.patient_id.str(), header.patient_name.family})
        EXPECT_TRUE(name.size() < 3 || sentence.find(name) == std::string::npos);
    }
  }
  RecordProperty("refused", refused);
}

TEST_F(EnhancedCt, GivesTheSameNumbersInWhateverOrderItsFramesAreStored) {
  std::map<std::string, std::vector<double>> numbers;  // by name without "_shuffled"
  for (const fs::path& file : tests::files_under(tests::corpus() / "enhanced")) {
    SCOPED_TRACE(file.filename().string());
    const Outcome outcome = analysed({file});
    const AnalysedStudy* study = report_of(outcome);
    if (study == nullptr) continue;
    std::vector<double> values;
    for (const reporting::Finding& finding : study->version.findings)
      for (const reporting::Measurement& one : finding.measurements)
        values.push_back(one.value.value_or(-1));
    std::string name = stem(file);
    if (name.ends_with("_shuffled")) name.resize(name.size() - 9);
    const auto [entry, is_new] = numbers.try_emplace(name, values);
    EXPECT_EQ(entry->second, values) << is_new;
  }
}

TEST_F(SingleSlices, OfTheZooAreNoVolume) {
  for (const fs::path& file : tests::files_under(tests::corpus() / "zoo")) {
    if (file.extension() != ".dcm") continue;
    SCOPED_TRACE(file.filename().string());
    EXPECT_EQ(report_of(analysed({file})), nullptr);
  }
}

TEST_F(BrokenFiles, EachGetAKnownSentence) {
  const tests::TempFolder folder;
  for (const char* archive : {"mutations.tar.xz", "charset_files.tar.xz"})
    unpack(tests::corpus() / "malformed" / archive, folder);
  std::vector<fs::path> files = tests::files_under(tests::corpus() / "malformed" / "real");
  for (const fs::path& file : tests::files_under(folder.path()))
    if (file.parent_path().parent_path().filename() != "series") files.push_back(file);
  for (const fs::path& file : files) {
    SCOPED_TRACE(file.filename().string());
    EXPECT_EQ(report_of(analysed({file})), nullptr);
  }
  EXPECT_GT(files.size(), 50U);
}

TEST_F(BrokenSeries, EachGetAReportOrAKnownSentence) {
  const tests::TempFolder folder;
  unpack(tests::corpus() / "malformed" / "mutations.tar.xz", folder);
  const std::map<std::string, std::string> expected{
      {"r00_good", "a report"},
      {"r01_missing_3", "a report"},
      {"r02_dup_position", "a report"},
      {"r04_instance_numbers_reversed", "a report"},
      {"r06_shuffled", "a report"},
      {"r07_mixed_orientation", "a report"},
      {"r08_mixed_spacing", "a report"},
      {"r09_mixed_rows", "a report"},
      {"r10_variable_gap", "a report"},
      {"r11_no_ipp_at_all", "no image position"},
      {"r12_localizer_inside", "a report"},
      {"r14_two_phases", "a report"},
      {"r15_single_slice", "only one slice: a volume needs more"}};
  const std::string hole = "1 slice missing between image 12 and image 14 (z -284.0 to -274.0 mm)";
  const std::map<std::string, std::string> gaps{
      {"r01_missing_3",
       "2 slices missing between image 8 and image 11 (z -304.0 to -289.0 mm); 1 slice missing "
       "between image 15 and image 17 (z -269.0 to -259.0 mm)"},
      {"r07_mixed_orientation", hole},
      {"r08_mixed_spacing", hole},
      {"r09_mixed_rows", hole}};
  const std::map<std::string, std::string> said{
      {"r02_dup_position", "1 exact duplicate(s) of slices left out"},
      {"r10_variable_gap",
       "mixed slice spacing: resampled to 5.0 mm from the true position of each image"},
      {"r12_localizer_inside", "1 image left out: localizer, not a volume"},
      {"r14_two_phases", "24 images left out: another orientation, matrix, kernel or acquisition"}};
  std::map<std::string, std::vector<fs::path>> series;
  for (const fs::path& file : tests::files_under(folder.path()))
    if (file.parent_path().parent_path().filename() == "series")
      series[file.parent_path().filename().string()].push_back(file);
  for (const auto& [name, files] : series) {
    SCOPED_TRACE(name);
    const Outcome outcome = analysed(files);
    const AnalysedStudy* study = report_of(outcome);
    if (const auto entry = expected.find(name); entry != expected.end()) {
      EXPECT_EQ(sentence_of(outcome), entry->second);
    }
    if (study == nullptr) continue;
    const auto* volume = measurement(*study, "lung.volume.total");
    ASSERT_NE(volume, nullptr);
    const auto gap = gaps.find(name);
    EXPECT_EQ(volume->not_assessed, gap == gaps.end() ? "" : gap->second);
    if (const auto entry = said.find(name); entry != said.end()) {
      EXPECT_THAT(study->version.provenance.steps, testing::Contains(entry->second));
    }
  }
  EXPECT_FALSE(series.empty());
}

}  // namespace
}  // namespace tomoscribe::pipeline
