#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {
namespace {

/// A whole chest on a grid that is quick; only what is asked for is in it.
Settings chest(std::uint64_t seed, std::vector<Finding> findings) {
  Settings settings;
  settings.seed = seed;
  settings.columns = settings.rows = 160;
  settings.pixel_mm = 2.56;
  settings.slices = 100;
  settings.slice_mm = 3.5;
  settings.nodule = false;
  settings.noise_hu = 0;
  settings.findings = std::move(findings);
  return settings;
}

/// For what is small.
Settings fine_chest(std::uint64_t seed, std::vector<Finding> findings) {
  Settings settings = chest(seed, std::move(findings));
  settings.columns = settings.rows = 256;
  settings.pixel_mm = 1.6;
  settings.slices = 140;
  settings.slice_mm = 2.5;
  return settings;
}

const Truth& truth_of(const Phantom& phantom, const std::string& name) {
  const auto found = std::ranges::find(phantom.truth, name, &Truth::name);
  if (found == phantom.truth.end()) throw std::runtime_error("no truth of " + name);
  return *found;
}

double mean_in(const Phantom& p, const std::vector<Run>& runs) {
  double sum = 0, count = 0;
  for (const Run& run : runs)
    for (int k = 0; k < run.length; ++k) {
      sum += p.hu[(static_cast<std::size_t>(run.slice) * static_cast<std::size_t>(p.settings.rows) +
                   static_cast<std::size_t>(run.row)) *
                      static_cast<std::size_t>(p.settings.columns) +
                  static_cast<std::size_t>(run.column + k)];
      count += 1;
    }
  return sum / count;
}

double voxels(const std::vector<Run>& runs) {
  double count = 0;
  for (const Run& run : runs) count += run.length;
  return count;
}

TEST(PhantomFindings, FillsThePleuralSpaceAndTheLungWithTheVolumeAskedFor) {
  const Phantom phantom =
      make(chest(6, {{.kind = Kind::effusion, .side = Side::right, .size = 300},
                     {.kind = Kind::effusion, .side = Side::left, .size = 90},
                     {.kind = Kind::pneumothorax, .side = Side::left, .size = 250},
                     {.kind = Kind::consolidation, .side = Side::right, .size = 60}}));
  for (const auto& [name, side, asked] : {std::tuple{"effusion.1", "right", 300.0},
                                          {"effusion.2", "left", 90.0},
                                          {"pneumothorax.1", "left", 250.0},
                                          {"consolidation.1", "right", 60.0}}) {
    SCOPED_TRACE(name);
    const Truth& truth = truth_of(phantom, name);
    EXPECT_EQ(truth.side, side);
    EXPECT_NEAR(truth.volume_ml, asked, 0.1 * asked);
    EXPECT_EQ(truth.centre_mm[0] < 0, truth.side == "right");
    EXPECT_TRUE(truth.expected);
  }
}

TEST(PhantomFindings, LetsFluidSinkAndGasRise) {
  const Phantom phantom =
      make(chest(3, {{.kind = Kind::effusion, .side = Side::right, .size = 400},
                     {.kind = Kind::pneumothorax, .side = Side::right, .size = 300}}));
  const Truth& fluid = truth_of(phantom, "effusion.1");
  const Truth& gas = truth_of(phantom, "pneumothorax.1");
  EXPECT_GT(fluid.centre_mm[1], 40);  // behind: the patient lies on the back
  EXPECT_LT(gas.centre_mm[1], -20);
  EXPECT_NEAR(mean_in(phantom, fluid.runs), 8, 8);
  EXPECT_LT(mean_in(phantom, gas.runs), -960);
}

TEST(PhantomFindings, KeepsAMaskThatIsThePicturesOwn) {
  const Phantom phantom =
      make(fine_chest(2, {{.kind = Kind::nodule, .side = Side::left, .size = 12},
                          {.kind = Kind::mass, .side = Side::right, .size = 45}}));
  for (const char* name : {"nodule.1", "mass.1"}) {
    SCOPED_TRACE(name);
    const Truth& truth = truth_of(phantom, name);
    EXPECT_NEAR(mean_in(phantom, truth.runs), truth.mean_hu, 1);  // no noise: rounding only
    EXPECT_NEAR(voxels(truth.runs) * 1.6 * 1.6 * 2.5 / 1000, truth.volume_ml, 1e-9);
    EXPECT_EQ(truth.boxes.front()[0], truth.runs.front().slice);
    EXPECT_EQ(truth.boxes.back()[0], truth.runs.back().slice);
  }
}

TEST(PhantomFindings, MeasuresADiameterInTheLargestSection) {
  for (const double asked : {8.0, 24.0}) {
    const Phantom phantom = make(fine_chest(4, {{.kind = Kind::nodule, .size = asked}}));
    EXPECT_NEAR(truth_of(phantom, "nodule.1").diameter_mm, asked, 1.7);  // a pixel
  }
  const Phantom phantom = make(fine_chest(4, {{.kind = Kind::mass, .size = 50}}));
  EXPECT_NEAR(truth_of(phantom, "mass.1").diameter_mm, 50, 6);  // its lobes are not round
}

TEST(PhantomFindings, PaintsEachDensityOfANoduleAsItIsCalled) {
  const Phantom phantom =
      make(fine_chest(5, {{.kind = Kind::nodule, .size = 16},
                          {.kind = Kind::nodule, .size = 16, .density = Density::part_solid},
                          {.kind = Kind::nodule, .size = 16, .density = Density::ground_glass},
                          {.kind = Kind::nodule, .size = 16, .density = Density::calcified},
                          {.kind = Kind::nodule, .size = 16, .density = Density::spiculated},
                          {.kind = Kind::nodule, .size = 16, .density = Density::juxtapleural}}));
  ASSERT_TRUE(phantom.missing.empty());
  const auto hu = [&](int number) {
    return truth_of(phantom, "nodule." + std::to_string(number)).mean_hu;
  };
  EXPECT_GT(hu(4), 300);
  EXPECT_LT(hu(1), 40);
  EXPECT_GT(hu(1), hu(2));
  EXPECT_GT(hu(2), hu(3) + 30);
  EXPECT_LT(hu(3), -480);
  EXPECT_EQ(truth_of(phantom, "nodule.2").density, "part-solid");
  EXPECT_GT(truth_of(phantom, "nodule.5").long_axis_mm, 18);  // its rays
  EXPECT_LT(truth_of(phantom, "nodule.6").volume_ml, truth_of(phantom, "nodule.1").volume_ml);
}

TEST(PhantomFindings, MakesTheLungsAsEmphysematousAsAskedFor) {
  for (const double asked : {10.0, 25.0}) {
    Settings settings = chest(2, {{.kind = Kind::emphysema, .size = asked}});
    settings.columns = settings.rows = 320;
    settings.pixel_mm = 1;
    settings.slices = 70;
    settings.slice_mm = 5;
    const Phantom phantom = make(settings);
    EXPECT_NEAR(truth_of(phantom, "emphysema.1").quantities.at("laa950_percent"), asked,
                0.3 * asked);  // coarse pixels hide small holes
  }
}

TEST(PhantomFindings, RaisesTheHazyShareWithGroundGlass) {
  const Phantom clear = make(chest(2, {})),
                hazy = make(
                    chest(2, {{.kind = Kind::ground_glass, .side = Side::right, .size = 300}}));
  const auto share = [](const Phantom& p, const char* lung) {
    return truth_of(p, lung).quantities.at("haa_percent");
  };
  EXPECT_GT(share(hazy, "lung.right"), share(clear, "lung.right") + 5);
  EXPECT_NEAR(share(hazy, "lung.left"), share(clear, "lung.left"), 0.01);
  EXPECT_NEAR(truth_of(hazy, "ground-glass.1").mean_hu, -550, 80);
}

TEST(PhantomFindings, CountsCollapsedLungAsLungButNotAsAerated) {
  const auto airless = [](const std::vector<Finding>& findings) {
    const Phantom phantom = make(chest(2, findings));
    double all = 0;
    for (const char* lung : {"lung.right", "lung.left"}) {
      const Truth& truth = truth_of(phantom, lung);
      all += truth.volume_ml - truth.quantities.at("aerated_ml");
    }
    return all;
  };
  EXPECT_GT(airless({{.kind = Kind::dependent_atelectasis}}), airless({}) + 20);
}

TEST(PhantomFindings, ScoresCalciumOnTheNoiseFreeImage) {
  const auto score = [](double mm3, double noise) {
    Settings settings = chest(2, {{.kind = Kind::coronary_calcium, .size = mm3}});
    settings.noise_hu = noise;
    settings.columns = settings.rows = 256;
    settings.pixel_mm = 1.0;
    settings.slices = 60;
    settings.slice_mm = 2.5;
    return truth_of(make(settings), "coronary-calcium.1").quantities.at("agatston");
  };
  const double little = score(60, 0), much = score(600, 0);
  EXPECT_GT(little, 20);
  EXPECT_GT(much, 3 * little);
  EXPECT_LT(much, 2000);
  EXPECT_EQ(score(60, 40), little);
}

TEST(PhantomFindings, GivesNoCalciumScoreUnderContrast) {
  Settings settings = chest(2, {{.kind = Kind::coronary_calcium}});
  settings.phase = Phase::arterial;
  EXPECT_EQ(truth_of(make(settings), "coronary-calcium.1").quantities.count("agatston"), 0U);
}

TEST(PhantomFindings, WidensTheDescendingAorta) {
  const Phantom plain = make(chest(2, {})),
                wide = make(chest(2, {{.kind = Kind::aneurysm, .size = 52}}));
  const Truth& aorta = truth_of(wide, "aneurysm.1");
  EXPECT_NEAR(aorta.diameter_mm, 52, 4);
  EXPECT_EQ(truth_of(wide, "aorta.descending").quantities.at("diameter_mm"), 52);
  EXPECT_LT(truth_of(plain, "aorta.descending").quantities.at("diameter_mm"), 26);
  EXPECT_GT(aorta.centre_mm[0], 0);
}

TEST(PhantomFindings, CrushesTheVertebraThatIsNamed) {
  const Phantom phantom = make(chest(2, {{.kind = Kind::compression, .size = 50, .level = "T9"}}));
  const Truth& crushed = truth_of(phantom, "compression.1");
  EXPECT_EQ(crushed.level, "T9");
  EXPECT_EQ(crushed.site, "thoracic spine");
  const Phantom whole = make(chest(2, {{.kind = Kind::compression, .size = 10, .level = "T9"}}));
  EXPECT_LT(crushed.volume_ml, 0.85 * truth_of(whole, "compression.1").volume_ml);
}

TEST(PhantomFindings, NamesTheVertebraeDownToL1AndKnowsTheirTrabecularBone) {
  Settings settings = chest(1, {});
  settings.slices = 122;
  settings.trabecular_hu = 90;
  const Phantom phantom = make(settings);
  double above = 1e9;
  for (const char* name : {"vertebra.T4", "vertebra.T8", "vertebra.T12", "vertebra.L1"}) {
    SCOPED_TRACE(name);
    const Truth& vertebra = truth_of(phantom, name);
    EXPECT_NEAR(vertebra.quantities.at("trabecular_hu"), 90, 12);
    EXPECT_LT(vertebra.centre_mm[2], above);
    above = vertebra.centre_mm[2];
  }
  settings.slices = 40;
  EXPECT_THROW(truth_of(make(settings), "vertebra.L1"), std::runtime_error);
}

TEST(PhantomFindings, MarksDistractorsAsSuch) {
  const Phantom phantom = make(chest(2, {{.kind = Kind::granuloma},
                                         {.kind = Kind::leads},
                                         {.kind = Kind::blanket},
                                         {.kind = Kind::dependent_atelectasis}}));
  for (const char* name : {"granuloma.1", "leads.1", "blanket.1", "dependent-atelectasis.1"}) {
    EXPECT_EQ(truth_of(phantom, name).role, Truth::Role::distractor) << name;
    EXPECT_EQ(truth_of(phantom, name).observation, "") << name;
  }
  // Wires and blanket lie on the body, not in it.
  EXPECT_NEAR(truth_of(phantom, "body").volume_ml, truth_of(make(chest(2, {})), "body").volume_ml,
              5);
}

TEST(PhantomFindings, SaysWhatNobodyCanSee) {
  Settings settings = chest(2, {{.kind = Kind::nodule, .size = 2, .density = Density::ground_glass},
                                {.kind = Kind::nodule, .size = 12}});
  settings.noise_hu = 60;
  const Phantom phantom = make(settings);
  EXPECT_FALSE(truth_of(phantom, "nodule.1").expected);
  EXPECT_LT(truth_of(phantom, "nodule.1").detectability, 1);
  EXPECT_TRUE(truth_of(phantom, "nodule.2").expected);
}

TEST(PhantomFindings, LetsAPriorBeTheSamePersonBefore) {
  Settings now = fine_chest(
      7, {{.kind = Kind::nodule,
           .side = Side::left,
           .size = 14,
           .course = Course::changing,
           .doubling_days = 182},
          {.kind = Kind::nodule, .side = Side::right, .size = 10},
          {.kind = Kind::nodule, .size = 9, .course = Course::appeared},
          {.kind = Kind::effusion, .side = Side::right, .size = 200, .course = Course::resolved}});
  Settings before = now;
  before.weeks_before = 26;
  before.scan = 1;
  const Phantom today = make(now), earlier = make(before);
  const Truth &grown = truth_of(today, "nodule.1"), &small = truth_of(earlier, "nodule.1");
  EXPECT_NEAR(grown.volume_ml / small.volume_ml, 2, 0.3);  // one doubling time ago
  EXPECT_NEAR(truth_of(today, "nodule.2").volume_ml, truth_of(earlier, "nodule.2").volume_ml, 0.1);
  EXPECT_THROW(truth_of(earlier, "nodule.3"), std::runtime_error);
  EXPECT_THROW(truth_of(today, "effusion.1"), std::runtime_error);
  EXPECT_NEAR(truth_of(earlier, "effusion.1").volume_ml, 200, 20);
  // Another pose, the same place in the body.
  const std::array<double, 3> shift{grown.centre_mm[0] - small.centre_mm[0],
                                    grown.centre_mm[1] - small.centre_mm[1],
                                    grown.centre_mm[2] - small.centre_mm[2]};
  const Truth &heart = truth_of(today, "heart"), &heart_before = truth_of(earlier, "heart");
  for (std::size_t axis = 0; axis < 3; ++axis) {
    EXPECT_LT(std::abs(shift[axis]), 8);
    EXPECT_NEAR(shift[axis], heart.centre_mm[axis] - heart_before.centre_mm[axis], 1.5);
  }
  EXPECT_NE(today.hu, earlier.hu);
}

TEST(PhantomFindings, SaysWhichFindingsFoundNoPlace) {
  Settings settings = chest(2, {{.kind = Kind::nodule, .size = 10}});
  settings.slices = 2;
  settings.slice_mm = 2;
  EXPECT_THAT(make(settings).missing, testing::ElementsAre("nodule.1"));
}

TEST(PhantomFindings, RefusesWhatABodyDoesNotHave) {
  const auto refused = [](const Finding& finding) {
    try {
      (void)make(chest(1, {finding}));
    } catch (const std::invalid_argument& reason) {
      return std::string(reason.what());
    }
    return std::string();
  };
  EXPECT_THAT(refused({.kind = Kind::stone}), testing::HasSubstr("thorax has no finding"));
  EXPECT_EQ(refused({.kind = Kind::nodule, .size = 200}),
            "a finding of kind nodule measures 2 to 30 mm");
  EXPECT_THAT(refused({.kind = Kind::emphysema, .side = Side::left}),
              testing::HasSubstr("no side"));
  EXPECT_THAT(refused({.kind = Kind::effusion, .density = Density::calcified}),
              testing::HasSubstr("no density"));
  EXPECT_THAT(refused({.kind = Kind::nodule, .course = Course::changing}),
              testing::HasSubstr("doubling time"));
}

}  // namespace
}  // namespace tomoscribe::model::phantom
