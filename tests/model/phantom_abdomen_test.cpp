#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

#include "model/phantom/phantom.h"
#include "tests/model/phantom_support.h"

namespace tomoscribe::model::phantom {
namespace {

/// Abdomen and pelvis on a grid that takes a second or two.
Settings coarse(std::uint64_t seed, std::vector<Finding> findings = {}) {
  Settings settings;
  settings.seed = seed;
  settings.body = BodyPart::abdomen;
  settings.columns = settings.rows = 136;
  settings.pixel_mm = 3;
  settings.slices = 84;
  settings.slice_mm = 5;
  settings.noise_hu = 8;
  settings.findings = std::move(findings);
  return settings;
}

/// Mean of the pixels in the mask of a finding.
double mean_in_mask(const Phantom& phantom, const Truth& truth) {
  const auto columns = static_cast<std::size_t>(phantom.settings.columns),
             rows = static_cast<std::size_t>(phantom.settings.rows);
  double sum = 0, count = 0;
  for (const Run& run : truth.runs)
    for (int i = 0; i < run.length; ++i) {
      const std::size_t row =
          static_cast<std::size_t>(run.slice) * rows + static_cast<std::size_t>(run.row);
      sum += phantom.hu[row * columns + static_cast<std::size_t>(run.column + i)];
      ++count;
    }
  return count > 0 ? sum / count : -2000;
}

TEST(Abdomen, IsTheSameByteForByteForOneSeedAndDiffersFromSeedToSeed) {
  std::set<std::uint64_t> hashes;
  for (const std::uint64_t seed : {1, 2, 1}) {
    Settings settings = coarse(seed, {finding(Kind::stone, 8)});
    settings.slices = 14;
    settings.slice_mm = 20;
    const Phantom phantom = make(settings);
    hashes.insert(fnv1a(phantom.hu) ^ std::hash<std::string>{}(truth_json(phantom)));
  }
  EXPECT_EQ(hashes.size(), 2U);
}

TEST(Abdomen, IsTheSameOnEveryMachine) {
  Settings settings = coarse(1, {finding(Kind::aneurysm, 50), finding(Kind::free_air, 60)});
  settings.slices = 28;
  settings.slice_mm = 15;
  // Changes only with the anatomy itself: then look at the pictures again before writing the new
  // number here.
  EXPECT_EQ(fnv1a(make(settings).hu), 12284875820673253448ULL);
}

TEST(Abdomen, PutsOrgansOfAdultSizeOnTheirSides) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    const Phantom phantom = make(coarse(seed));
    const auto& liver = truth_of(phantom, "liver");
    const auto& spleen = truth_of(phantom, "spleen");
    EXPECT_LT(liver.centre_mm[0], -20);
    EXPECT_GT(spleen.centre_mm[0], 60);
    EXPECT_GT(liver.volume_ml, 1000);
    EXPECT_LT(liver.volume_ml, 2000);
    EXPECT_GT(spleen.volume_ml, 70);
    EXPECT_LT(spleen.volume_ml, 320);
    for (const char* side : {"right", "left"}) {
      const auto& kidney = truth_of(phantom, std::string("kidney.") + side);
      EXPECT_GT(kidney.volume_ml, 80);
      EXPECT_LT(kidney.volume_ml, 220);
      EXPECT_EQ(kidney.centre_mm[0] > 0, kidney.side == "left");
    }
    EXPECT_GT(truth_of(phantom, "kidney.left").centre_mm[2],
              truth_of(phantom, "kidney.right").centre_mm[2]);
    EXPECT_LT(truth_of(phantom, "bladder").centre_mm[2], truth_of(phantom, "aorta").centre_mm[2]);
    EXPECT_LT(truth_of(phantom, "bowel_gas").centre_mm[1], truth_of(phantom, "bone").centre_mm[1]);
  }
}

TEST(Abdomen, TellsTheVertebraeInOrderAndTheAreasAtTheThirdLumbarOne) {
  const Phantom phantom = make(coarse(2));
  double above = 1e9;
  for (const char* level : {"T11", "T12", "L1", "L2", "L3", "L4", "L5"}) {
    const Truth& vertebra = truth_of(phantom, std::string("vertebra.") + level);
    EXPECT_LT(vertebra.centre_mm[2], above - 20) << level;
    EXPECT_NEAR(vertebra.quantities.at("trabecular_hu"), phantom.settings.trabecular_hu, 12);
    above = vertebra.centre_mm[2];
  }
  const auto& areas = truth_of(phantom, "body").quantities;
  EXPECT_GT(areas.at("l3_subcutaneous_fat_cm2"), 40);
  EXPECT_LT(areas.at("l3_subcutaneous_fat_cm2"), 400);
  EXPECT_GT(areas.at("l3_visceral_fat_cm2"), 50);
  EXPECT_LT(areas.at("l3_visceral_fat_cm2"), 250);
  EXPECT_GT(areas.at("l3_muscle_cm2"), 80);
  EXPECT_LT(areas.at("l3_muscle_cm2"), 220);
}

TEST(Abdomen, HasTheTrabecularDensityThatWasAskedForInItsVertebrae) {
  Settings settings = coarse(3);
  settings.trabecular_hu = 90;
  settings.pixel_mm = 1;
  settings.columns = settings.rows = 400;
  settings.slices = 3;
  settings.slice_mm = 20;  // the middle slice lies in the fourth lumbar vertebra
  settings.noise_hu = 0;
  const Phantom phantom = make(settings);
  const Truth& vertebra = truth_of(phantom, "vertebra.L4");
  const auto column =
      static_cast<int>(std::lround(vertebra.centre_mm[0] - phantom.first_voxel_mm[0]));
  const auto row = static_cast<int>(std::lround(vertebra.centre_mm[1] - phantom.first_voxel_mm[1]));
  double sum = 0;
  for (int j = -5; j <= 5; ++j)
    for (int i = -8; i <= 8; ++i)
      sum += phantom.hu[(std::size_t{400} + static_cast<std::size_t>(row + j)) * 400 +
                        static_cast<std::size_t>(column + i)];
  EXPECT_NEAR(sum / 187, 90, 15);
}

TEST(Abdomen, WidensTheAortaToTheMillimetresAskedFor) {
  for (const double mm : {35.0, 60.0}) {
    Settings settings = coarse(4, {finding(Kind::aneurysm, mm)});
    settings.columns = settings.rows = 320;
    settings.pixel_mm = 1.2;
    const Phantom phantom = make(settings);
    const Truth& aneurysm = truth_of(phantom, "aneurysm.1");
    EXPECT_NEAR(aneurysm.quantities.at("aorta_diameter_mm"), mm, 0.1);
    EXPECT_NEAR(aneurysm.diameter_mm, mm, 2.0);
    EXPECT_TRUE(aneurysm.level == "L3" || aneurysm.level == "L2" || aneurysm.level == "L4");
  }
}

TEST(Abdomen, PutsStonesAndCystsOnTheirSideWithTheirSize) {
  for (const Side side : {Side::left, Side::right}) {
    Settings settings = coarse(5, {finding(Kind::stone, 10, side), finding(Kind::cyst, 40, side)});
    settings.slice_mm = 2;
    settings.slices = 200;
    settings.columns = settings.rows = 200;
    settings.pixel_mm = 2;
    const Phantom phantom = make(settings);
    const Truth& stone = truth_of(phantom, "stone.1");
    const Truth& cyst = truth_of(phantom, "cyst.1");
    EXPECT_EQ(stone.side, side == Side::left ? "left" : "right");
    EXPECT_EQ(stone.centre_mm[0] > 0, side == Side::left);
    EXPECT_TRUE(stone.site == "kidney" || stone.site == "ureter");
    EXPECT_NEAR(stone.volume_ml, 0.524, 0.09);
    EXPECT_GT(mean_in_mask(phantom, stone), 250);
    EXPECT_EQ(cyst.centre_mm[0] > 0, side == Side::left);
    EXPECT_NEAR(cyst.volume_ml, 33.5, 2);
    EXPECT_NEAR(mean_in_mask(phantom, cyst), 8, 5);
  }
}

TEST(Abdomen, LowersTheLiverToTheDensityAskedFor) {
  const Phantom fatty = make(coarse(6, {finding(Kind::steatosis, 15)}));
  EXPECT_NEAR(truth_of(fatty, "liver").mean_hu, 15, 3);
  EXPECT_NEAR(truth_of(fatty, "steatosis.1").mean_hu, 15, 3);
  EXPECT_NEAR(truth_of(fatty, "spleen").mean_hu, 43, 6);
  EXPECT_NEAR(truth_of(make(coarse(6)), "liver").mean_hu, 55, 3);
}

TEST(Abdomen, HoldsFreeAirInFrontAndAscitesBetweenTheOrgans) {
  const Phantom phantom =
      make(coarse(7, {finding(Kind::free_air, 80), finding(Kind::ascites, 800)}));
  const Truth& air = truth_of(phantom, "free-air.1");
  EXPECT_NEAR(air.volume_ml, 80, 16);
  EXPECT_LT(mean_in_mask(phantom, air), -700);
  EXPECT_LT(air.centre_mm[1], truth_of(phantom, "liver").centre_mm[1] - 30);
  const Truth& fluid = truth_of(phantom, "ascites.1");
  EXPECT_NEAR(fluid.volume_ml, 800, 120);
  EXPECT_NEAR(mean_in_mask(phantom, fluid), 8, 8);
  EXPECT_NEAR(truth_of(phantom, "liver").volume_ml, truth_of(make(coarse(7)), "liver").volume_ml,
              60);
}

TEST(Abdomen, LowersTheFrontOfAVertebra) {
  Finding fracture = finding(Kind::compression, 50);
  fracture.level = "L2";
  const Phantom phantom = make(coarse(8, {fracture}));
  const Truth& truth = truth_of(phantom, "compression.1");
  EXPECT_EQ(truth.level, "L2");
  EXPECT_NEAR(truth.quantities.at("anterior_height_mm"),
              truth.quantities.at("posterior_height_mm") / 2, 0.01);
  EXPECT_NEAR(truth.centre_mm[2], truth_of(phantom, "vertebra.L2").centre_mm[2], 8);
  fracture.level = "T4";
  EXPECT_THROW(make(coarse(8, {fracture})), std::invalid_argument);
}

TEST(Abdomen, EnhancesWithThePhase) {
  Settings settings = coarse(9);
  double liver = 0, aorta = 0;
  for (const Phase phase : {Phase::none, Phase::venous}) {
    settings.phase = phase;
    const Phantom phantom = make(settings);
    EXPECT_GT(truth_of(phantom, "liver").mean_hu, liver + 30);
    EXPECT_GT(truth_of(phantom, "aorta").mean_hu, aorta + 25);
    liver = truth_of(phantom, "liver").mean_hu;
    aorta = truth_of(phantom, "aorta").mean_hu;
  }
  settings.phase = Phase::arterial;
  const Phantom arterial = make(settings);
  EXPECT_GT(truth_of(arterial, "aorta").mean_hu, aorta + 80);
  EXPECT_LT(truth_of(arterial, "liver").mean_hu, liver - 20);
}

}  // namespace
}  // namespace tomoscribe::model::phantom
