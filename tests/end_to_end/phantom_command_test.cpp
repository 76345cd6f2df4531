// `tomoscribe phantom` as a person runs it: files, identities, findings, refusals.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/files.h"
#include "tests/support/validators.h"

namespace tomoscribe::tests {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

Ran phantom(const fs::path& folder, const std::string& options) {
  return run("'" TOMOSCRIBE_PROGRAM_DIR "/tomoscribe' phantom --quiet --out '" + folder.string() +
             "' " + options);
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

fs::path slice(const fs::path& study, int number) {
  const std::string digits = std::to_string(number);
  return study / ("slice-" + std::string(4 - digits.size(), '0') + digits + ".dcm");
}

TEST(PhantomCommand, WritesCtThatDciodvfyFindsNoFaultIn) {
  const TempFolder temporary;
  ASSERT_EQ(phantom(temporary / "ct", "--seed 3 --size 64 --slices 5 --spacing 20").status, 0);
  for (int number = 1; number <= 5; ++number) {
    const Ran ran = run("dciodvfy '" + slice(temporary / "ct", number).string() + "'");
    EXPECT_THAT(ran.output, Not(HasSubstr("Error")));
    EXPECT_THAT(ran.output, Not(HasSubstr("Warning")));
  }
  const Ran dump =
      run("dcmdump +P Manufacturer +P PatientName +P RescaleType +P BurnedInAnnotation '" +
          slice(temporary / "ct", 1).string() + "'");
  for (const char* word : {"[TOMOSCRIBE PHANTOM]", "[PHANTOM^THORAX]", "[HU]", "[NO]"})
    EXPECT_THAT(dump.output, HasSubstr(word));
}

TEST(PhantomCommand, WritesTheSameBytesForTheSameSettings) {
  const TempFolder temporary;
  const std::string options = "--seed 3 --size 64 --slices 4 --spacing 20";
  ASSERT_EQ(phantom(temporary / "a", options).status, 0);
  ASSERT_EQ(phantom(temporary / "b", options).status, 0);
  EXPECT_EQ(run("diff -r '" + (temporary / "a").string() + "' '" + (temporary / "b").string() + "'")
                .status,
            0);
}

TEST(PhantomCommand, RefusesAFolderThatIsNotEmptyUnlessForced) {
  const TempFolder temporary;
  const fs::path folder = temporary / "ct";
  ASSERT_EQ(phantom(folder, "--size 64 --slices 6 --spacing 20").status, 0);
  std::ofstream(folder / "mine.txt") << "kept";
  const Ran refused = phantom(folder, "--size 64 --slices 3 --spacing 20");
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(lines_in(refused.output), 1U);
  EXPECT_TRUE(fs::exists(slice(folder, 6)));
  EXPECT_EQ(phantom(folder, "--force --size 64 --slices 3 --spacing 20").status, 0);
  EXPECT_TRUE(fs::exists(folder / "mine.txt"));
  EXPECT_FALSE(fs::exists(slice(folder, 4)));
}

nlohmann::json truth_in(const fs::path& study) {
  return nlohmann::json::parse(read_text(study / "truth.json"));
}

TEST(PhantomCommand, WritesTheFindingsAskedForAndTheirTruth) {
  const TempFolder temporary;
  ASSERT_EQ(phantom(temporary / "ct",
                    "--seed 3 --size 128 --slices 70 --spacing 5 --thickness 5 --kernel sharp "
                    "--contrast venous --finding effusion:right:300 --finding compression:T8:40 "
                    "--finding nodule:left:20:spiculated,doubling=90 --finding leads")
                .status,
            0);
  const auto findings = truth_in(temporary / "ct").at("findings");
  std::vector<std::string> names;
  for (const auto& finding : findings) names.push_back(finding.at("name"));
  EXPECT_THAT(names,
              testing::UnorderedElementsAre("effusion.1", "compression.1", "nodule.1", "leads.1"));
  for (const auto& finding : findings) {
    EXPECT_GT(finding.at("runs").size(), 0U) << finding.at("name");
    if (finding.at("name") == "effusion.1") {
      EXPECT_EQ(finding.at("side"), "right");
      EXPECT_NEAR(finding.at("volume_ml").get<double>(), 300, 30);
    }
    if (finding.at("name") == "compression.1") {
      EXPECT_EQ(finding.at("level"), "T8");
    }
  }
  EXPECT_THAT(run("dcmdump +P ConvolutionKernel +P SliceThickness +P ContrastBolusAgent '" +
                  slice(temporary / "ct", 9).string() + "'")
                  .output,
              testing::AllOf(HasSubstr("[LUNG]"), HasSubstr("[5]"), HasSubstr("CONTRAST")));
}

TEST(PhantomCommand, WritesATiltedPaddedScanThatDciodvfyFindsNoFaultIn) {
  const TempFolder temporary;
  ASSERT_EQ(phantom(temporary / "ct",
                    "--size 64 --slices 4 --spacing 20 --tilt 15 --padding-circle 380 --contrast "
                    "arterial")
                .status,
            0);
  const Ran ran = run("dciodvfy '" + slice(temporary / "ct", 2).string() + "'");
  EXPECT_THAT(ran.output, Not(HasSubstr("Error")));
  EXPECT_THAT(ran.output, Not(HasSubstr("Warning")));
}

TEST(PhantomCommand, WritesAPriorOfTheSamePatient) {
  const TempFolder temporary;
  ASSERT_EQ(phantom(temporary / "now",
                    "--seed 4 --size 128 --finding nodule:left:20:doubling=182 --prior '" +
                        (temporary / "before").string() + "' --weeks 26")
                .status,
            0);
  const auto volume = [&](const char* study) {
    return truth_in(temporary / study).at("findings").at(0).at("volume_ml").get<double>();
  };
  EXPECT_NEAR(volume("now") / volume("before"), 2, 0.35);
  const auto words = [&](const char* study) {
    return run("dcmdump +P PatientID +P StudyDate '" + slice(temporary / study, 1).string() + "'")
        .output;
  };
  EXPECT_THAT(words("now"), testing::AllOf(HasSubstr("[PHANTOM-4]"), HasSubstr("[20250115]")));
  EXPECT_THAT(words("before"), testing::AllOf(HasSubstr("[PHANTOM-4]"), HasSubstr("[20240717]")));
}

TEST(PhantomCommand, RefusesInOneSentenceWhatItCannotMake) {
  const TempFolder temporary;
  for (const auto& [options, words] : std::vector<std::pair<std::string, std::string>>{
           {"--finding unicorn", "none of its findings"},
           {"--finding nodule:up", "no side"},
           {"--finding nodule:left:300", "2 to 30 mm"},
           {"--finding nodule:left:8:shiny", "describes no finding"},
           {"--finding nodule:left:big", "no number"},
           {"--body knee", "thorax, head, abdomen"},
           {"--kernel blunt", "smooth,sharp"},
           {"--background nowhere --size 64", "cannot be chosen for a real background"}}) {
    SCOPED_TRACE(options);
    const Ran ran = phantom(temporary / "ct", options);
    EXPECT_EQ(ran.status, 2);
    EXPECT_EQ(lines_in(ran.output), 1U) << ran.output;
    EXPECT_THAT(ran.output, HasSubstr(words));
    EXPECT_FALSE(fs::exists(temporary / "ct"));
  }
  EXPECT_EQ(phantom(temporary / "ct", "--background nowhere --finding nodule").status, 3);
}

TEST(PhantomCommand, PutsFindingsIntoAnotherSeries) {
  const TempFolder temporary;
  ASSERT_EQ(phantom(temporary / "real", "--seed 5 --size 256 --no-nodule").status, 0);
  const Ran ran = phantom(temporary / "ct", "--seed 9 --finding effusion:left:200 --background '" +
                                                (temporary / "real").string() + "'");
  ASSERT_EQ(ran.status, 0) << ran.output;
  const auto finding = truth_in(temporary / "ct").at("findings").at(0);
  EXPECT_NEAR(finding.at("volume_ml").get<double>(), 200, 20);
  const auto dump = [&](const char* study, const char* tags) {
    return run("dcmdump " + std::string(tags) + " '" + slice(temporary / study, 70).string() + "'")
        .output;
  };
  for (std::size_t axis = 0; axis < 3; ++axis)
    EXPECT_NEAR(truth_in(temporary / "ct").at("first_voxel_mm").at(axis).get<double>(),
                truth_in(temporary / "real").at("first_voxel_mm").at(axis).get<double>(), 1e-3);
  const char* geometry = "+P PixelSpacing +P SliceThickness +P Rows +P ImageOrientationPatient";
  EXPECT_EQ(dump("ct", geometry), dump("real", geometry));
  EXPECT_NE(dump("ct", "+P StudyInstanceUID"), dump("real", "+P StudyInstanceUID"));
  EXPECT_NE(dump("ct", "+P FrameOfReferenceUID"), dump("real", "+P FrameOfReferenceUID"));
  EXPECT_THAT(dump("ct", "+P PatientName"), HasSubstr("[PHANTOM^BACKGROUND]"));
}

}  // namespace
}  // namespace tomoscribe::tests
