// `tomoscribe report`: every face, orders, and what is no study.

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/end_to_end/cli.h"
#include "tests/support/validators.h"

namespace tomoscribe::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

fs::path slice(const fs::path& study, int number) {
  const std::string digits = std::to_string(number);
  return study / ("slice-" + std::string(4 - digits.size(), '0') + digits + ".dcm");
}

/// Refused with status 3, one sentence, and nothing written.
void expect_unsuitable(const fs::path& study, const std::string& words) {
  const TempFolder temporary;
  const Ran ran = report(study, temporary / "out");
  EXPECT_EQ(ran.status, 3) << ran.output;
  EXPECT_EQ(lines_in(ran.output), 1U) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr(words));
  EXPECT_FALSE(fs::exists(temporary / "out"));
}

nlohmann::json structure(const nlohmann::json& truth, const std::string& name) {
  for (const auto& item : truth.at("structures"))
    if (item.at("name") == name) return item;
  return {};
}

double measured(const nlohmann::json& report, const std::string& id) {
  for (const auto& finding : report.at("findings"))
    for (const auto& measurement : finding.at("measurements"))
      if (measurement.at("id") == id) return measurement.at("value").get<double>();
  ADD_FAILURE() << "no measurement " << id;
  return 0;
}

class Report : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder() = std::make_unique<const TempFolder>();
    ASSERT_EQ(phantom(*folder() / "ct", "--seed 2 --size 256 --accession A77").status, 0);
  }
  static void TearDownTestSuite() { folder().reset(); }
  static std::unique_ptr<const TempFolder>& folder() {
    static std::unique_ptr<const TempFolder> shared;
    return shared;
  }
  static fs::path study() { return *folder() / "ct"; }
  /// A folder with some of the slices.
  static void copy_slices(const fs::path& to, int first, int last, int left_out = 0) {
    fs::create_directories(to);
    for (int number = first; number <= last; ++number)
      if (number != left_out) fs::copy_file(slice(study(), number), slice(to, number));
  }
  TempFolder temporary_;
};

TEST_F(Report, WritesEveryFaceAndMeasuresThePhantomsLungs) {
  const Ran ran = report(study(), temporary_ / "out", "");
  ASSERT_EQ(ran.status, 0) << ran.output;
  for (const char* name :
       {"report.json", "report.html", "report.txt", "sr.dcm", "fhir.json", "oru.hl7", "key-1.png"})
    EXPECT_GT(fs::file_size(temporary_ / "out" / name), 100U) << name;
  EXPECT_THAT(ran.output, HasSubstr(" s  "));
  EXPECT_THAT(ran.output, Not(HasSubstr("A77")));
  EXPECT_THAT(ran.output, Not(HasSubstr("THORAX")));
  for (const auto& entry : fs::directory_iterator(temporary_ / "out"))
    EXPECT_NE(entry.path().filename().string().front(), '.');
  const auto truth = nlohmann::json::parse(read_text(study() / "truth.json"));
  const auto version = nlohmann::json::parse(read_text(temporary_ / "out" / "report.json"));
  for (const std::string side : {"right", "left"}) {
    const double painted = structure(truth, "lung." + side).at("volume_ml").get<double>();
    EXPECT_NEAR(measured(version, "lung.volume." + side), painted, 0.05 * painted) << side;
  }
  EXPECT_THAT(read_text(temporary_ / "out" / "report.txt"),
              HasSubstr("Measured findings only; no language model configured"));
}

TEST_F(Report, IsTheSameForTheSameFilesWhateverTheirNamesAndOrder) {
  fs::create_directories(temporary_ / "renamed");
  constexpr int first = 20, last = 39;
  copy_slices(temporary_ / "some", first, last);
  for (int number = first; number <= last; ++number)
    fs::copy_file(slice(study(), number), slice(temporary_ / "renamed", first + last - number));
  ASSERT_EQ(report(temporary_ / "some", temporary_ / "one").status, 0);
  ASSERT_EQ(report(temporary_ / "renamed", temporary_ / "two").status, 0);
  auto one = nlohmann::json::parse(read_text(temporary_ / "one" / "report.json"));
  auto two = nlohmann::json::parse(read_text(temporary_ / "two" / "report.json"));
  one.erase("created");  // the moment of its making
  two.erase("created");
  EXPECT_EQ(one, two);
  EXPECT_EQ(read_text(temporary_ / "one" / "key-1.png"),
            read_text(temporary_ / "two" / "key-1.png"));
}

TEST_F(Report, WritesFhirHl7AndSrThatPassTheValidators) {
  if (!validators_ready() || run("command -v dciodvfy && command -v dsrdump").status != 0)
    GTEST_SKIP() << "node, its packages, dicom3tools or dcmtk missing";
  ASSERT_EQ(report(study(), temporary_ / "out").status, 0);
  expect_valid("validate-fhir.mjs", {{"fhir.json", read_text(temporary_ / "out" / "fhir.json")}});
  expect_valid("validate-hl7.mjs", {{"oru.hl7", read_text(temporary_ / "out" / "oru.hl7")}});
  const Ran sr =
      run(std::string("'") + TOMOSCRIBE_SOURCE_DIR + "/tests/conformance/validate-sr.sh' '" +
          (temporary_ / "out" / "sr.dcm").string() + "'");
  EXPECT_EQ(sr.status, 0) << sr.output;
}

TEST_F(Report, ReplacesAnEarlierReportInItsFolder) {
  const fs::path out = temporary_ / "out";
  fs::create_directories(out);
  std::ofstream(out / "key-99.png") << "from an earlier report";
  std::ofstream(out / "notes.txt") << "somebody's";
  ASSERT_EQ(report(study(), out).status, 0);
  EXPECT_FALSE(fs::exists(out / "key-99.png"));
  EXPECT_TRUE(fs::exists(out / "notes.txt"));
}

TEST_F(Report, TakesIndicationAndHistoryFromTheOrder) {
  const fs::path order = temporary_ / "order.hl7";
  std::ofstream(order) << "MSH|^~\\&|RIS|SITE|TOMOSCRIBE||20250115090000||ORM^O01|7|P|2.3.1\n"
                          "PID|1||PHANTOM-2||PHANTOM^THORAX\n"
                          "ORC|NW|P1|A77\n"
                          "OBR|1|P1|A77|CTCHEST^CT chest^L|||||||||previous "
                          "smoker|||||A77|||||||||||||cough for six weeks\n";
  const Ran ran = report(study(), temporary_ / "out", "--quiet --order '" + order.string() + "'");
  ASSERT_EQ(ran.status, 0) << ran.output;
  const std::string text = read_text(temporary_ / "out" / "report.txt");
  EXPECT_THAT(text, HasSubstr("cough for six weeks"));
  EXPECT_THAT(text, HasSubstr("previous smoker"));
}

TEST_F(Report, RefusesAnOrderForAnotherStudy) {
  const fs::path order = temporary_ / "order.hl7";
  std::ofstream(order) << "MSH|^~\\&|RIS|SITE|TOMOSCRIBE||20250115090000||ORM^O01|8|P|2.3.1\rPID|1|"
                          "|OTHER\rORC|NW|P2|B12\r"
                          "OBR|1|P2|B12|CTCHEST^CT chest^L||||||||||||||B12\r";
  const Ran ran = report(study(), temporary_ / "out", "--quiet --order '" + order.string() + "'");
  EXPECT_EQ(ran.status, 3) << ran.output;
  EXPECT_EQ(lines_in(ran.output), 1U) << ran.output;
  EXPECT_FALSE(fs::exists(temporary_ / "out"));
}

TEST_F(Report, RefusesAnOrderForThisStudyButAnotherPerson) {
  const fs::path order = temporary_ / "order.hl7";
  std::ofstream(order) << "MSH|^~\\&|RIS|SITE|TOMOSCRIBE||20250115090000||ORM^O01|9|P|2.3.1\r"
                          "PID|1||PHANTOM-2||PHANTOM^THORAX||19991231\rORC|NW|P1|A77\r"
                          "OBR|1|P1|A77|CTCHEST^CT chest^L||||||||||||||A77\r";
  const Ran ran = report(study(), temporary_ / "out", "--quiet --order '" + order.string() + "'");
  EXPECT_EQ(ran.status, 3) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("another birth date"));
  EXPECT_FALSE(fs::exists(temporary_ / "out"));
}

TEST_F(Report, RefusesAnOrderThatIsNoHl7) {
  const fs::path order = temporary_ / "order.hl7";
  std::ofstream(order) << "Dear colleague,\n";
  const Ran ran = report(study(), temporary_ / "out", "--order '" + order.string() + "'");
  EXPECT_EQ(ran.status, 3) << ran.output;
  EXPECT_EQ(lines_in(ran.output), 1U) << ran.output;
}

TEST_F(Report, RefusesAPriorThatIsNone) {
  const fs::path stranger = temporary_ / "stranger";
  ASSERT_EQ(phantom(stranger, "--seed 9 --size 64 --slices 14 --spacing 10").status, 0);
  const auto with = [&](const fs::path& prior) {
    return report(study(), temporary_ / "out", "--quiet --prior '" + prior.string() + "'");
  };
  for (const auto& [prior, words] : std::vector<std::pair<fs::path, std::string>>{
           {stranger, "another patient"}, {study(), "this study itself"}}) {
    const Ran ran = with(prior);
    EXPECT_EQ(ran.status, 3) << ran.output;
    EXPECT_EQ(lines_in(ran.output), 1U) << ran.output;
    EXPECT_THAT(ran.output, HasSubstr(words));
    EXPECT_THAT(ran.output, Not(HasSubstr("PHANTOM-")));
  }
  EXPECT_EQ(with(temporary_ / "nowhere").status, 2);
  EXPECT_FALSE(fs::exists(temporary_ / "out"));
}

TEST_F(Report, CallsAMissingFolderWrongUsage) {
  const Ran ran = report(temporary_ / "nowhere", temporary_ / "out");
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(lines_in(ran.output), 1U);
}

TEST_F(Report, RefusesAnEmptyFolder) {
  fs::create_directories(temporary_ / "empty");
  expect_unsuitable(temporary_ / "empty", "no files");
}

TEST_F(Report, RefusesAFolderWithoutDicom) {
  fs::create_directories(temporary_ / "letters");
  std::ofstream(temporary_ / "letters" / "letter.txt") << "Dear colleague,\n";
  expect_unsuitable(temporary_ / "letters", "DICOM");
}

TEST_F(Report, RefusesTwoPatientsAndNamesTheStudiesNotThePeople) {
  const fs::path both = temporary_ / "both";
  copy_slices(both / "a", 40, 60);
  ASSERT_EQ(
      phantom(both / "b", "--seed 9 --size 64 --slices 8 --spacing 10 --study-uid 1.2.3.9").status,
      0);
  expect_unsuitable(both, "1.2.3.9");
  EXPECT_THAT(report(both, temporary_ / "out").output, Not(HasSubstr("PHANTOM-")));
}

TEST_F(Report, RefusesOneSlice) {
  copy_slices(temporary_ / "one", 70, 70);
  expect_unsuitable(temporary_ / "one", "slice");
}

TEST_F(Report, NamesTheGapWhenASliceIsMissing) {
  copy_slices(temporary_ / "gap", 50, 90, 66);
  const fs::path out = temporary_ / "gap report";
  ASSERT_EQ(report(temporary_ / "gap", out).status, 0);
  const std::string text = read_text(out / "report.txt");
  EXPECT_THAT(text, HasSubstr("1 slice missing between image 65"));
  EXPECT_THAT(text, HasSubstr("Images of series"));
  const auto json = nlohmann::json::parse(read_text(out / "report.json"));
  int volumes = 0;
  for (const auto& finding : json.at("findings"))
    for (const auto& measurement : finding.value("measurements", nlohmann::json::array())) {
      if (measurement.at("unit").at("value") != "mL") continue;
      ++volumes;
      EXPECT_FALSE(measurement.contains("value"))
          << "a volume over slices that nobody saw: " << measurement;
    }
  EXPECT_GT(volumes, 0);
}

TEST_F(Report, RefusesALocalizer) {
  copy_slices(temporary_ / "scout", 70, 71);
  ASSERT_EQ(run("dcmodify -nb -m '(0008,0008)=ORIGINAL\\PRIMARY\\LOCALIZER' '" +
                (temporary_ / "scout").string() + "'/*.dcm")
                .status,
            0);
  expect_unsuitable(temporary_ / "scout", "localizer");
}

TEST_F(Report, StopsCleanlyOnCtrlC) {
  const std::string out = (temporary_ / "out").string();
  // The child is told to stop as soon as its first progress line stands.
  const Ran ran = run(
      tomoscribe + " report '" + study().string() + "' --out '" + out + "' 2>'" + out +
      ".err' & child=$!; "
      "while ! grep -q ' s ' '" +
      out + ".err' 2>/dev/null; do kill -0 $child || break; done; kill -INT $child; wait $child");
  EXPECT_EQ(ran.status, 1) << ran.output;
  EXPECT_THAT(read_text(out + ".err"), HasSubstr("interrupted; nothing was written"));
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace tomoscribe::tests
