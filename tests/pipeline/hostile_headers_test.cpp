// Files whose headers lie: each study gives a report that the lie does not touch, or one sentence
// that a person understands; never a guess, never a crash, never the memory that a header asks for.

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dicom/ct_writer.h"
#include "dicom/pixels.h"
#include "pipeline/analyse.h"
#include "tests/pipeline/disc_header.h"
#include "tests/support/files.h"

namespace tomoscribe::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr int slices = 24;

/// A slice of `side` x `side` pixels of 2 mm: a disc of soft tissue in air.
void write(const fs::path& file, int number, double z_mm, int side) {
  std::vector<std::uint16_t> words;
  words.reserve(static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
  for (int row = 0; row < side; ++row)
    for (int column = 0; column < side; ++column)
      words.push_back(std::hypot(row - side / 2, column - side / 2) < 0.4 * side ? 1064 : 24);
  dicom::write_ct_slice(file, tests::disc_header(number, z_mm, side), words);
}

/// Gives an element (Explicit VR Little Endian, short length) another value of any length.
void put(const fs::path& file, std::uint16_t group, std::uint16_t element, const std::string& vr,
         std::string value) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto low = [](unsigned word) { return static_cast<char>(word & 0xFFU); };
  const std::string tag{low(group), low(group >> 8U), low(element), low(element >> 8U)};
  const std::size_t at = bytes.find(tag + vr);
  ASSERT_NE(at, std::string::npos) << "no such element";
  const auto byte = [&](std::size_t i) {
    return std::size_t{static_cast<unsigned char>(bytes[i])};
  };
  const std::size_t length = byte(at + 6) + 256 * byte(at + 7);
  if (value.size() % 2 != 0) value += ' ';
  const auto size = static_cast<unsigned>(value.size());
  bytes.replace(at + 6, 2 + length, std::string{low(size), low(size >> 8U)} + value);
  std::ofstream(file, std::ios::binary) << bytes;
}

std::string word(unsigned value) {
  return {static_cast<char>(value & 0xFFU), static_cast<char>(value >> 8U)};
}

class HostileHeaders : public testing::Test {
 protected:
  fs::path file(int number) const { return folder_ / ("s" + std::to_string(number) + ".dcm"); }
  void write_all(int count = slices, double step_mm = 4, int side = 64) const {
    for (int i = 1; i <= count; ++i) write(file(i), i, step_mm * i, side);
  }
  /// The lie in one slice, or in all.
  void lie(bool everywhere, std::uint16_t group, std::uint16_t element, const std::string& vr,
           const std::string& value) const {
    for (int i = everywhere ? 1 : 9; i <= (everywhere ? slices : 9); ++i)
      put(file(i), group, element, vr, value);
  }
  /// The sentence of a refusal, or "a report".
  std::string answer() {
    const dicom::Codecs codecs;
    AnalysisContext context;
    context.code_version = "test";
    const auto outcome =
        analyse({tests::files_under(folder_.path())}, context, [](const std::string&, double) {});
    const auto* refused = std::get_if<Unsuitable>(&outcome);
    if (refused != nullptr) return refused->reason;
    steps_ = std::get<AnalysedStudy>(outcome).version.provenance.steps;
    return "a report";
  }

  tests::TempFolder folder_;
  std::vector<std::string> steps_;
};

TEST_F(HostileHeaders, AreNotInTheGoodStudy) {
  write_all();
  EXPECT_EQ(answer(), "a report");
}

TEST_F(HostileHeaders, OneSliceIsNoVolume) {
  write_all(1);
  EXPECT_THAT(answer(), testing::EndsWith("only one slice: a volume needs more"));
}

TEST_F(HostileHeaders, FiveThousandSlicesAreNoPatient) {
  write_all(5000, 1, 16);
  EXPECT_EQ(answer(), "the slices span more than 3 m");
}

TEST_F(HostileHeaders, NumbersThatAreNoneAreRefused) {
  const auto refused = [&](std::uint16_t element_group, std::uint16_t element,
                           const std::string& before, const std::string& after,
                           const std::string& sentence) {
    for (const char* number : {"nan", "inf", "-inf", "1e999", "", "abc", "1,5", "0x10"}) {
      SCOPED_TRACE(sentence + " \"" + number + "\"");
      lie(true, element_group, element, "DS", before + number + after);
      EXPECT_EQ(answer(), sentence);
    }
  };
  // Each lie hides behind the next, so that one study does for all.
  write_all();
  refused(0x0028, 0x1053, "", "", "no rescale to Hounsfield units");
  lie(true, 0x0028, 0x1053, "DS", "1");
  refused(0x0028, 0x1052, "", "", "no rescale to Hounsfield units");
  refused(0x0028, 0x0030, R"(2\)", "", "no pixel spacing");
  refused(0x0020, 0x0037, R"(1\0\0\0\)", R"(\0)", "no image orientation");
  refused(0x0020, 0x0032, R"(-64\-64\)", "", "no image position");
}

TEST_F(HostileHeaders, NumbersThatNoScannerWritesAreRefused) {
  struct Lie {
    std::uint16_t group, element;
    const char* value;
    const char* sentence;
  };
  const char* frame = "the image orientation is not a pair of perpendicular unit vectors";
  const char* spacing = "the pixel spacing is missing or impossible";
  const char* values =
      "the values are not Hounsfield units: 100 % of them are denser than any metal";
  for (const Lie& one : std::vector<Lie>{
           {0x0020, 0x0032, R"(-64\-64\1e300)", "an image position is impossible"},
           {0x0020, 0x0037, R"(1e300\0\0\0\1\0)", frame},
           {0x0020, 0x0037, R"(1\0\0\1\0\0)", frame},
           {0x0020, 0x0037, R"(0\0\0\0\0\0)", frame},
           {0x0020, 0x0037, R"(1\0\0\0\0\-1)",
            "all images lie at one position: a volume needs more"},
           {0x0028, 0x0030, R"(0\2)", spacing},
           {0x0028, 0x0030, R"(-2\2)", spacing},
           {0x0028, 0x0030, R"(1e300\2)", spacing},
           {0x0028, 0x0030, R"(0.02\0.02)", "an image is narrower than 1 cm"},
           {0x0028, 0x0030, R"(40\40)", "an image is wider than 1 m"},
           {0x0028, 0x1053, "1e300", values},
           {0x0028, 0x1053, "0", "impossible rescale to Hounsfield units"},
           {0x0028, 0x1053, "-1",
            "the values are not Hounsfield units: nothing has the density of soft tissue"},
           {0x0028, 0x1052, "1e300", values},
           {0x0028, 0x1052, "0",
            "the values are not Hounsfield units: no air is seen, and 50 % is as dense as bone"}}) {
    SCOPED_TRACE(one.value);
    write_all();
    lie(true, one.group, one.element, "DS", one.value);
    EXPECT_EQ(answer(), one.sentence);
  }
}

TEST_F(HostileHeaders, OfOneSliceLeaveItOutAndNameTheHole) {
  struct Lie {
    std::uint16_t group, element;
    const char* value;
    const char* step;
  };
  const char* other = "1 image left out: another orientation, matrix, kernel or acquisition";
  for (const Lie& one : std::vector<Lie>{
           {0x0020, 0x0032, R"(-64\nan\36)", "1 image left out: no image position"},
           {0x0020, 0x0037, R"(0\1\0\1\0\0)", other},
           {0x0028, 0x0030, R"(0.2\0.2)", other},
           {0x0028, 0x1053, "nan", "1 image left out: no rescale to Hounsfield units"}}) {
    SCOPED_TRACE(one.value);
    write_all();
    lie(false, one.group, one.element, "DS", one.value);
    EXPECT_EQ(answer(), "a report");
    EXPECT_THAT(steps_, testing::Contains(one.step));
    EXPECT_THAT(steps_, testing::Contains(
                            "1 slice missing between image 8 and image 10 (z 32.0 to 40.0 mm); "
                            "not assessed for that: volumes, nodules, calcium"));
  }
}

TEST_F(HostileHeaders, SizesThatTheFilesDoNotHoldCostNoMemory) {
  struct Size {
    unsigned rows, columns;
    const char* sentence;
  };
  const char* beyond = "nothing to read: 24 files left out: rows or columns beyond 16384";
  for (const Size& size : std::vector<Size>{{65535, 64, beyond},
                                            {64, 65535, beyond},
                                            {65535, 65535, beyond},
                                            {16384, 16384, "an image is wider than 1 m"},
                                            {490, 490, "slice 1 cannot be decoded"},
                                            {0, 64, "no pixel data"}}) {
    SCOPED_TRACE(std::to_string(size.rows) + " x " + std::to_string(size.columns));
    write_all();
    lie(true, 0x0028, 0x0010, "US", word(size.rows));
    lie(true, 0x0028, 0x0011, "US", word(size.columns));
    EXPECT_THAT(answer(), testing::StartsWith(size.sentence));
  }
  rusage usage{};
  ASSERT_EQ(::getrusage(RUSAGE_SELF, &usage), 0);
  EXPECT_LT(usage.ru_maxrss, 1024 * 1024) << "KiB";
}

}  // namespace
}  // namespace tomoscribe::pipeline
