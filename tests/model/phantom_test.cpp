#include "model/phantom/phantom.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomoscribe::model::phantom {
namespace {

/// The default chest on a coarse grid: quick, and covers the same millimetres.
Settings coarse(std::uint64_t seed) {
  Settings settings;
  settings.seed = seed;
  settings.columns = settings.rows = 128;
  settings.pixel_mm = 3.2;
  return settings;
}

const Truth& truth_of(const Phantom& phantom, const std::string& name) {
  const auto found = std::find_if(phantom.truth.begin(), phantom.truth.end(),
                                  [&](const Truth& t) { return t.name == name; });
  if (found == phantom.truth.end()) throw std::runtime_error("no truth of " + name);
  return *found;
}

bool has(const Phantom& phantom, const std::string& name) {
  return std::any_of(phantom.truth.begin(), phantom.truth.end(),
                     [&](const Truth& t) { return t.name == name; });
}

std::uint64_t fnv1a(const std::vector<std::int16_t>& values) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const std::int16_t value : values)
    for (const int shift : {0, 8})
      hash = (hash ^ (static_cast<std::uint16_t>(value) >> shift & 0xFFU)) * 0x100000001B3ULL;
  return hash;
}

std::int16_t at(const Phantom& p, int column, int row, int slice) {
  const auto columns = static_cast<std::size_t>(p.settings.columns),
             rows = static_cast<std::size_t>(p.settings.rows);
  return p.hu[(static_cast<std::size_t>(slice) * rows + static_cast<std::size_t>(row)) * columns +
              static_cast<std::size_t>(column)];
}

TEST(Thorax, IsTheSameByteForByteForOneSeed) {
  Settings settings = coarse(7);
  settings.slices = 12;
  EXPECT_EQ(thorax(settings).hu, thorax(settings).hu);
  EXPECT_EQ(truth_json(thorax(settings)), truth_json(thorax(settings)));
}

TEST(Thorax, IsTheSameOnEveryMachine) {
  Settings settings = coarse(1);
  settings.slices = 20;
  settings.slice_mm = 15;
  // Changes only with the anatomy itself: then look at the pictures again before writing the new
  // number here.
  EXPECT_EQ(fnv1a(thorax(settings).hu), 18103160157708657028ULL);
}

TEST(Thorax, DiffersFromSeedToSeed) {
  std::set<std::uint64_t> hashes;
  std::set<long> volumes;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Settings settings = coarse(seed);
    settings.noise_hu = 0;
    const Phantom phantom = thorax(settings);
    hashes.insert(fnv1a(phantom.hu));
    volumes.insert(std::lround(truth_of(phantom, "lung.right").volume_ml));
  }
  EXPECT_EQ(hashes.size(), 4U);
  EXPECT_EQ(volumes.size(), 4U);
}

TEST(Thorax, HoldsWholeLungsOfAdultVolumeWithMarginsByDefault) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    const Phantom phantom = thorax(coarse(seed));
    for (const char* name : {"lung.right", "lung.left"}) {
      const Truth& lung = truth_of(phantom, name);
      EXPECT_GE(lung.boxes.front()[0], 2);
      EXPECT_LE(lung.boxes.back()[0], phantom.settings.slices - 3);
      EXPECT_GT(lung.volume_ml, 1500);
      EXPECT_LT(lung.volume_ml, 3500);
      EXPECT_NEAR(lung.mean_hu, -840, 30);
      EXPECT_GT(lung.fraction_below_950, 0.0002);  // partial volume at 3.2 mm hides small bullae
      EXPECT_LT(lung.fraction_below_950, 0.08);
    }
    EXPECT_GT(truth_of(phantom, "lung.right").volume_ml,
              0.85 * truth_of(phantom, "lung.left").volume_ml);
  }
}

TEST(Thorax, PutsOrgansOnTheirSidesInLps) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Phantom phantom = thorax(coarse(seed));
    EXPECT_LT(truth_of(phantom, "lung.right").centre_mm[0], -30);
    EXPECT_GT(truth_of(phantom, "lung.left").centre_mm[0], 30);
    EXPECT_LT(truth_of(phantom, "liver").centre_mm[0], 0);
    EXPECT_GT(truth_of(phantom, "spleen").centre_mm[0], 40);
    EXPECT_GT(truth_of(phantom, "heart").centre_mm[0], 0);
    EXPECT_LT(truth_of(phantom, "heart").centre_mm[1], truth_of(phantom, "bone").centre_mm[1]);
    EXPECT_GT(truth_of(phantom, "trachea").centre_mm[2], truth_of(phantom, "liver").centre_mm[2]);
  }
}

TEST(Thorax, PutsTheNoduleInsideItsLungOnEitherSide) {
  std::set<std::string> sides;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    const Phantom phantom = thorax(coarse(seed));
    const Truth& nodule = truth_of(phantom, "nodule.1");
    sides.insert(nodule.side);
    EXPECT_EQ(nodule.side, nodule.centre_mm[0] < 0 ? "right" : "left");
    const Truth& lung = truth_of(phantom, "lung." + nodule.side);
    for (const auto& box : nodule.boxes) {
      const auto around = std::find_if(lung.boxes.begin(), lung.boxes.end(),
                                       [&](const auto& b) { return b[0] == box[0]; });
      ASSERT_NE(around, lung.boxes.end());
      EXPECT_LE((*around)[1], box[1]);
      EXPECT_LE((*around)[2], box[2]);
      EXPECT_GE((*around)[3], box[3]);
      EXPECT_GE((*around)[4], box[4]);
    }
  }
  EXPECT_THAT(sides, testing::ElementsAre("left", "right"));
}

TEST(Thorax, PaintsTheNoduleAsLargeAsAsked) {
  for (const double diameter : {10.0, 20.0}) {
    Settings settings;
    settings.columns = settings.rows = 256;
    settings.pixel_mm = 1.6;
    settings.nodule_diameter_mm = diameter;
    settings.noise_hu = 0;
    const Phantom phantom = thorax(settings);
    const Truth& nodule = truth_of(phantom, "nodule.1");
    EXPECT_NEAR(nodule.volume_ml, 3.14159265 / 6 * diameter * diameter * diameter / 1000,
                0.06 * nodule.volume_ml);
    EXPECT_NEAR(nodule.size_mm[0], diameter, 2.5);
    EXPECT_NEAR(nodule.size_mm[2], diameter, 2.6);
  }
}

TEST(Thorax, LeavesTheNoduleOutWhenAsked) {
  Settings settings = coarse(3);
  settings.nodule = false;
  const Phantom without = thorax(settings);
  EXPECT_FALSE(has(without, "nodule.1"));
  EXPECT_EQ(truth_json(without).find("nodule.1"), std::string::npos);
}

TEST(Thorax, KeepsItsTruthWhateverTheNoise) {
  Settings quiet = coarse(5), loud = coarse(5);
  quiet.noise_hu = 0;
  loud.noise_hu = 40;
  EXPECT_EQ(truth_of(thorax(quiet), "lung.left").volume_ml,
            truth_of(thorax(loud), "lung.left").volume_ml);
  EXPECT_EQ(truth_of(thorax(quiet), "lung.left").fraction_below_950,
            truth_of(thorax(loud), "lung.left").fraction_below_950);
}

TEST(Thorax, HasAirAroundTheBodyAndInTheTrachea) {
  Settings settings;
  settings.slices = 15;
  settings.slice_mm = 20;
  const Phantom phantom = thorax(settings);
  double sum = 0, squares = 0;
  for (int row = 0; row < 20; ++row)
    for (int column = 0; column < 512; ++column) {
      const double hu = at(phantom, column, row, 1);
      sum += hu;
      squares += hu * hu;
    }
  const double count = 20.0 * 512, mean = sum / count;
  EXPECT_NEAR(mean, -1000, 3);
  EXPECT_NEAR(std::sqrt(squares / count - mean * mean), settings.noise_hu,
              3);  // -1024 cuts the lower tail
  EXPECT_LT(truth_of(phantom, "trachea").mean_hu, -900);
}

TEST(Thorax, LiesOnATableThatIsNotPartOfTheBody) {
  Settings settings = coarse(1);
  settings.noise_hu = 0;
  settings.slices = 1;
  const Phantom phantom = thorax(settings);
  const int below = truth_of(phantom, "body").boxes.front()[4];
  int table_voxels = 0;
  for (int row = below + 1; row < settings.rows; ++row)
    table_voxels += at(phantom, settings.columns / 2, row, 0) > -995 ? 1 : 0;
  EXPECT_GT(table_voxels, 3);
}

TEST(Thorax, RefusesSettingsThatNoScannerHas) {
  Settings settings;
  settings.columns = 0;
  EXPECT_THROW(thorax(settings), std::invalid_argument);
  settings = {};
  settings.slice_mm = -1;
  EXPECT_THROW(thorax(settings), std::invalid_argument);
  settings = {};
  settings.nodule_diameter_mm = 400;
  EXPECT_THROW(thorax(settings), std::invalid_argument);
}

TEST(TruthJson, CarriesSettingsAndEveryStructure) {
  const Phantom phantom = thorax(coarse(2));
  const std::string json = truth_json(phantom);
  EXPECT_THAT(json, testing::HasSubstr("\"seed\": 2"));
  for (const Truth& truth : phantom.truth)
    EXPECT_THAT(json, testing::HasSubstr("\"name\": \"" + truth.name + "\""));
  EXPECT_EQ(std::count(json.begin(), json.end(), '{'), std::count(json.begin(), json.end(), '}'));
  EXPECT_EQ(std::count(json.begin(), json.end(), '['), std::count(json.begin(), json.end(), ']'));
}

}  // namespace
}  // namespace tomoscribe::model::phantom
