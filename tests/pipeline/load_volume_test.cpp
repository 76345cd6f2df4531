// From files to a volume: what scanners and de-identifiers do to values and positions. A water
// sphere in air, written as DICOM, then spoilt in place.

#include "pipeline/series/load_volume.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <numbers>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dicom/ct_writer.h"
#include "pipeline/gates/hounsfield.h"
#include "tests/pipeline/disc_header.h"
#include "tests/support/files.h"

namespace tomoscribe::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr int side = 64;
constexpr double pixel_mm = tests::disc_pixel_mm, radius_mm = 40;

double hu_at(double x_mm, double y_mm, double z_mm) {
  return std::hypot(x_mm, y_mm, z_mm) < radius_mm ? 30 : -1000;
}

/// Stored words of the slice at `z_mm`: HU = slope * (word - offset).
struct Coding {
  double slope = 1;
  int offset = 1024;
};

std::vector<std::uint16_t> words_at(double z_mm, const Coding& coding = {}) {
  std::vector<std::uint16_t> words;
  words.reserve(std::size_t{side} * side);
  for (int row = 0; row < side; ++row)
    for (int column = 0; column < side; ++column) {
      constexpr int middle = side / 2;
      const double hu = hu_at((column - middle) * pixel_mm, (row - middle) * pixel_mm, z_mm);
      words.push_back(static_cast<std::uint16_t>(static_cast<int>(std::lround(hu / coding.slope)) +
                                                 coding.offset));
    }
  return words;
}

dicom::InstanceHeader header_at(int number, double z_mm) {
  return tests::disc_header(number, z_mm, side);
}

/// Replaces the value of an element (Explicit VR Little Endian, short length) in place; the new
/// value must fit.
void patch(const fs::path& file, std::uint16_t group, std::uint16_t element, std::string value) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const std::string tag{static_cast<char>(group & 0xFF), static_cast<char>(group >> 8),
                        static_cast<char>(element & 0xFF), static_cast<char>(element >> 8)};
  const std::size_t at = bytes.find(tag);
  ASSERT_NE(at, std::string::npos);
  const auto length = static_cast<std::size_t>(static_cast<unsigned char>(bytes[at + 6]));
  ASSERT_LE(value.size(), length);
  value.resize(length, ' ');
  bytes.replace(at + 8, length, value);
  std::ofstream(file, std::ios::binary) << bytes;
}

void patch_word(const fs::path& file, std::uint16_t element, int value) {
  patch(file, 0x0028, element, {static_cast<char>(value & 0xFF), static_cast<char>(value >> 8)});
}

class LoadVolume : public testing::Test {
 protected:
  fs::path file(int number) const { return folder_ / ("s" + std::to_string(number)); }
  void write(int number, double z_mm, const Coding& coding = {}) const {
    dicom::write_ct_slice(file(number), header_at(number, z_mm), words_at(z_mm, coding));
  }
  /// Slices at these positions, numbered from 1.
  void write_all(const std::vector<double>& positions, const Coding& coding = {}) const {
    for (std::size_t i = 0; i < positions.size(); ++i)
      write(static_cast<int>(i) + 1, positions[i], coding);
  }
  std::variant<Volume, Unsuitable> load() const {
    std::vector<InstanceFile> instances;
    for (const fs::path& path : tests::files_under(folder_.path()))
      instances.push_back({path, dicom::read_header(path)});
    auto selected = select_series(instances);
    if (auto* fault = std::get_if<Unsuitable>(&selected)) return std::move(*fault);
    return load_volume(instances, std::get<SeriesChoice>(selected).main, {});
  }
  Volume loaded() const {
    auto outcome = load();
    if (const auto* fault = std::get_if<Unsuitable>(&outcome)) {
      ADD_FAILURE() << fault->reason;
      return {.header = header_at(1, 0)};
    }
    return std::move(std::get<Volume>(outcome));
  }
  std::string refusal() const {
    const auto outcome = load();
    const auto* fault = std::get_if<Unsuitable>(&outcome);
    return fault != nullptr ? fault->reason : "a volume";
  }

  tests::TempFolder folder_;
};

std::vector<double> every(double step_mm, double from_mm, double to_mm) {
  std::vector<double> positions;
  const auto count = static_cast<std::size_t>(std::lround((to_mm - from_mm) / step_mm)) + 1;
  positions.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    positions.push_back(from_mm + static_cast<double>(i) * step_mm);
  return positions;
}

double sphere_ml(const Volume& volume) {
  const auto inside = std::ranges::count_if(volume.hu, [](std::int16_t hu) { return hu > -485; });
  return static_cast<double>(inside) * volume.grid.voxel_ml();
}

constexpr double true_ml = 4.0 / 3 * std::numbers::pi * radius_mm * radius_mm * radius_mm / 1000;

bool shows_sphere(const Volume& volume) {
  return volume.grid.size == std::array{side, side, 29} && volume.at(32, 32, 14) == 30 &&
         volume.at(0, 0, 0) == -1000 && volume.at(2, 32, 14) == -1000;
}

TEST_F(LoadVolume, ReadsTheSphere) {
  write_all(every(4, -56, 56));
  const Volume volume = loaded();
  EXPECT_TRUE(shows_sphere(volume));
  EXPECT_TRUE(volume.kinds.empty());
  EXPECT_NEAR(sphere_ml(volume), true_ml, 0.02 * true_ml);
}

TEST_F(LoadVolume, CountsImagesByPositionWhereAllCarryOneNumber) {
  const std::vector<double> positions = every(4, -56, 56);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    dicom::InstanceHeader header = header_at(static_cast<int>(i) + 1, positions[i]);
    header.instance_number = 1;
    dicom::write_ct_slice(file(static_cast<int>(i) + 1), header, words_at(positions[i]));
  }
  const Volume volume = loaded();
  EXPECT_EQ(volume.images.front(), 1);
  EXPECT_EQ(volume.images.at(11), 12);
  EXPECT_THAT(volume.notes, testing::Contains(testing::HasSubstr("image 1 to 29 from the feet")));
}

TEST_F(LoadVolume, InterpolatesAMissingSliceAndMarksIt) {
  write_all(every(4, -56, 56));
  fs::remove(file(12));  // z -12
  const Volume volume = loaded();
  EXPECT_TRUE(shows_sphere(volume));
  EXPECT_EQ(volume.kind(11), SliceKind::invented);
  EXPECT_EQ(std::ranges::count(volume.kinds, SliceKind::image), 28);
  EXPECT_EQ(volume.missing,
            std::vector<std::string>{
                "1 slice missing between image 11 and image 13 (z -16.0 to -8.0 mm)"});
  EXPECT_EQ(volume.image_slice(11), 10);
  const int edge = 32 + 19;  // inside at z -8, where the sphere is wider, not at z -16
  EXPECT_EQ(volume.at(edge, 32, 12), 30);
  EXPECT_EQ(volume.at(edge, 32, 10), -1000);
  EXPECT_EQ(volume.at(edge, 32, 11), -485);
  for (int slice : {10, 11, 12}) {
    const auto at = static_cast<std::size_t>(slice);
    EXPECT_EQ(volume.kind(volume.slice_of(volume.instances[at], 1)), SliceKind::image);
  }
}

TEST_F(LoadVolume, OfMixedSpacingHasTheTrueVolume) {
  std::vector<double> positions = every(4, -56, 0);
  for (const double z : every(7, 7, 56)) positions.push_back(z);
  write_all(positions);
  const Volume volume = loaded();
  EXPECT_TRUE(volume.missing.empty());
  EXPECT_NEAR(volume.grid.spacing_mm()[2], 4, 1e-9);
  EXPECT_NEAR(sphere_ml(volume), true_ml, 0.03 * true_ml);  // equal slices of 4 mm would give -20 %
  EXPECT_EQ(std::ranges::count(volume.kinds, SliceKind::image), 23);
  EXPECT_EQ(std::ranges::count(volume.kinds, SliceKind::invented), 0);
}

TEST_F(LoadVolume, OfJitteredSlicesHasTheTrueVolume) {
  std::vector<double> positions = every(4, -56, 56);
  for (std::size_t i = 1; i + 1 < positions.size(); ++i)
    positions[i] += i % 3 == 0 ? 0.8 : i % 3 == 1 ? -0.6 : 0;
  write_all(positions);
  EXPECT_NEAR(sphere_ml(loaded()), true_ml, 0.03 * true_ml);
}

TEST_F(LoadVolume, LeavesACopyOutAndRefusesADifferentImageAtItsPlace) {
  write_all(every(4, -56, 56));
  dicom::write_ct_slice(file(90), header_at(90, 0), words_at(0));
  EXPECT_TRUE(shows_sphere(loaded()));
  dicom::write_ct_slice(file(90), header_at(90, 0), words_at(20));
  EXPECT_EQ(refusal(), "two different images lie at the position of slice 15");
}

TEST_F(LoadVolume, RescalesEachSliceByItsOwnSlope) {
  const auto positions = every(4, -56, 56);
  for (int i = 0; i < 29; ++i) {
    const bool doubled = i % 2 == 1;
    write(i + 1, positions[static_cast<std::size_t>(i)],
          doubled ? Coding{.slope = 2, .offset = 512} : Coding{});
    if (doubled) patch(file(i + 1), 0x0028, 0x1053, "2");
  }
  EXPECT_TRUE(shows_sphere(loaded()));
}

TEST_F(LoadVolume, ReadsAnInterceptOfMinus8192) {
  write_all(every(4, -56, 56), {.slope = 1, .offset = 8192});
  for (int i = 1; i <= 29; ++i) {
    patch(file(i), 0x0028, 0x1052, "-8192");
    patch_word(file(i), 0x0101, 16);
    patch_word(file(i), 0x0102, 15);
  }
  EXPECT_TRUE(shows_sphere(loaded()));
}

TEST_F(LoadVolume, ClearsOverlayBitsAboveTheHighBit) {
  const auto positions = every(4, -56, 56);
  for (int i = 0; i < 29; ++i) {
    auto words = words_at(positions[static_cast<std::size_t>(i)]);
    for (std::size_t at = 0; at < words.size(); at += 3)
      words[at] = static_cast<std::uint16_t>(words[at] | 0xF000U);
    dicom::write_ct_slice(file(i + 1), header_at(i + 1, positions[static_cast<std::size_t>(i)]),
                          words);
  }
  EXPECT_TRUE(shows_sphere(loaded()));
}

TEST_F(LoadVolume, RefusesSignedValuesThatTheHeaderCallsUnsigned) {
  write_all(every(4, -56, 56), {.slope = 1, .offset = 0});  // -1000 is stored as 64536
  for (int i = 1; i <= 29; ++i) {
    patch(file(i), 0x0028, 0x1052, "0");
    patch_word(file(i), 0x0101, 16);
    patch_word(file(i), 0x0102, 15);
  }
  EXPECT_THAT(refusal(), testing::MatchesRegex("the values are not Hounsfield units: [0-9]+ % of "
                                               "them are denser than any metal"));
  for (int i = 1; i <= 29; ++i) patch_word(file(i), 0x0103, 1);  // said rightly
  EXPECT_TRUE(shows_sphere(loaded()));
}

TEST_F(LoadVolume, RefusesAnInterceptGivenTwice) {
  write_all(every(4, -56, 56), {.slope = 1, .offset = 0});
  for (int i = 1; i <= 29; ++i) {  // HU already, signed, and -1024 once more
    patch_word(file(i), 0x0101, 16);
    patch_word(file(i), 0x0102, 15);
    patch_word(file(i), 0x0103, 1);
  }
  EXPECT_EQ(refusal(),
            "the values are not Hounsfield units: nothing has the density of soft tissue");
}

TEST_F(LoadVolume, RefusesOtherQuantities) {
  write_all(every(4, -56, 56));
  for (int i = 1; i <= 29; ++i) patch(file(i), 0x0028, 0x1054, "ED");
  EXPECT_EQ(refusal(), "values are not Hounsfield units (rescale type ED)");
}

TEST_F(LoadVolume, TakesTheThickestSliceForTheSeries) {
  write_all(every(4, -56, 56));
  patch(file(7), 0x0018, 0x0050, "9");
  EXPECT_EQ(loaded().header.planes.front().slice_thickness_mm, 9);
  for (int i = 1; i <= 29; ++i) patch(file(i), 0x0018, 0x0050, "0");
  const Volume volume = loaded();
  EXPECT_FALSE(volume.header.planes.front().slice_thickness_mm);
  EXPECT_THAT(volume.notes, testing::Contains("slice thickness is not stated"));
}

TEST_F(LoadVolume, KeepsTheWidestStepOfThinAndThickParts) {
  std::vector<double> positions = every(2, -56, 0);
  for (double z_mm : {7.0, 14.0, 21.0, 28.0, 35.0, 42.0, 49.0, 56.0, 63.0, 70.0, 77.0, 84.0})
    positions.push_back(z_mm);
  write_all(positions);
  EXPECT_NEAR(loaded().widest_step_mm, 7, 0.01);
}

TEST_F(LoadVolume, HasNoWidestStepWhereTheStepsAreEqual) {
  write_all(every(4, -56, 56));
  EXPECT_EQ(loaded().widest_step_mm, 0);
}

TEST_F(LoadVolume, ReadsSlicesStoredFeetFirstOrHeadFirstAlike) {
  std::vector<double> positions = every(4, -56, 56);
  write_all({positions.rbegin(), positions.rend()});
  const Volume volume = loaded();
  EXPECT_TRUE(shows_sphere(volume));
  EXPECT_EQ(volume.images.front(), 29);
  EXPECT_EQ(volume.grid.origin_mm[2], -56);
}

TEST(Padding, IsReadInTheSignOfThePixels) {
  dicom::InstanceHeader header = header_at(1, 0);
  header.bits_stored = 16;
  header.planes[0].rescale_slope = 1;
  header.planes[0].rescale_intercept = 0;
  const dicom::StoredFrame frame{.rows = 1, .columns = 2, .values = {-2000, 40}};
  std::array<std::int16_t, 2> hu{};
  header.pixel_is_signed = true;
  header.pixel_padding_value = 63536;  // -2000 written as unsigned
  rescale(frame, header, header.planes[0], hu.data());
  EXPECT_EQ(hu, (std::array<std::int16_t, 2>{-1024, 40}));
  header.pixel_padding_value = 30;
  header.pixel_padding_range_limit = 50;
  rescale(frame, header, header.planes[0], hu.data());
  EXPECT_EQ(hu[1], padding_hu);
}

}  // namespace
}  // namespace tomoscribe::pipeline
