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

/// A whole head on a grid that takes a second.
Settings coarse(std::uint64_t seed, std::vector<Finding> findings = {}) {
  Settings settings;
  settings.seed = seed;
  settings.body = BodyPart::head;
  settings.columns = settings.rows = 112;
  settings.pixel_mm = 2.4;
  settings.slices = 62;
  settings.slice_mm = 3;
  settings.noise_hu = 3;
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
      sum +=
          phantom
              .hu[(static_cast<std::size_t>(run.slice) * rows + static_cast<std::size_t>(run.row)) *
                      columns +
                  static_cast<std::size_t>(run.column + i)];
      ++count;
    }
  return count > 0 ? sum / count : -2000;
}

/// Signed distance of a point from the symmetry plane, to the left.
double left_of_plane(const Phantom& phantom, const std::array<double, 3>& at) {
  const auto& q = truth_of(phantom, "intracranial").quantities;
  return (at[0] - q.at("symmetry_point_x")) * q.at("symmetry_normal_x") +
         (at[1] - q.at("symmetry_point_y")) * q.at("symmetry_normal_y") +
         (at[2] - q.at("symmetry_point_z")) * q.at("symmetry_normal_z");
}

TEST(Head, IsTheSameByteForByteForOneSeedAndDiffersFromSeedToSeed) {
  std::set<std::uint64_t> hashes;
  for (const std::uint64_t seed : {1, 2, 1}) {
    Settings settings = coarse(seed, {finding(Kind::haemorrhage, 20)});
    settings.slices = 12;
    settings.slice_mm = 12;
    const Phantom phantom = make(settings);
    hashes.insert(fnv1a(phantom.hu) ^ std::hash<std::string>{}(truth_json(phantom)));
  }
  EXPECT_EQ(hashes.size(), 2U);
}

TEST(Head, IsTheSameOnEveryMachine) {
  Settings settings = coarse(1, {finding(Kind::subdural, 40, Side::left)});
  settings.slices = 20;
  settings.slice_mm = 9;
  // Changes only with the anatomy itself: then look at the pictures again before writing the new
  // number here.
  EXPECT_EQ(fnv1a(make(settings).hu), 11009576597824513164ULL);
}

TEST(Head, HasTheVolumesOfAnAdult) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    const Phantom phantom = make(coarse(seed));
    EXPECT_GT(truth_of(phantom, "intracranial").volume_ml, 1150);
    EXPECT_LT(truth_of(phantom, "intracranial").volume_ml, 1800);
    EXPECT_GT(truth_of(phantom, "ventricles").volume_ml, 8);
    EXPECT_LT(truth_of(phantom, "ventricles").volume_ml, 60);
    EXPECT_LT(truth_of(phantom, "ventricles").quantities.at("evans_index"), 0.31);
    EXPECT_NEAR(truth_of(phantom, "brain").mean_hu, 33, 4);
    EXPECT_NEAR(truth_of(phantom, "intracranial").quantities.at("septum_shift_mm"), 0, 0.05);
  }
}

TEST(Head, LiesSymmetricallyAboutThePlaneItTells) {
  for (const std::uint64_t seed : {1, 2}) {
    const Phantom phantom = make(coarse(seed));
    for (const char* name : {"bone", "eyes", "intracranial", "body"})
      EXPECT_NEAR(left_of_plane(phantom, truth_of(phantom, name).centre_mm), 0, 0.8) << name;
    // Left is positive x in LPS; the eyes look to the front.
    EXPECT_GT(truth_of(phantom, "ventricle.left").centre_mm[0],
              truth_of(phantom, "ventricle.right").centre_mm[0] + 15);
    EXPECT_LT(truth_of(phantom, "eyes").centre_mm[1],
              truth_of(phantom, "intracranial").centre_mm[1] - 50);
    EXPECT_LT(truth_of(phantom, "fourth_ventricle").centre_mm[2],
              truth_of(phantom, "third_ventricle").centre_mm[2]);
  }
}

TEST(Head, HoldsTheBloodThatWasAskedForOnItsSide) {
  struct Case {
    Kind kind;
    const char* name;
    double ml;
  };
  for (const Case& c :
       {Case{Kind::haemorrhage, "haemorrhage.1", 30}, Case{Kind::epidural, "epidural.1", 40},
        Case{Kind::subdural, "subdural.1", 70}})
    for (const Side side : {Side::left, Side::right}) {
      SCOPED_TRACE(c.name);
      const Phantom phantom = make(coarse(5, {finding(c.kind, c.ml, side)}));
      const Truth& blood = truth_of(phantom, c.name);
      EXPECT_NEAR(blood.volume_ml, c.ml, 0.12 * c.ml);
      EXPECT_EQ(blood.side, side == Side::left ? "left" : "right");
      EXPECT_EQ(left_of_plane(phantom, blood.centre_mm) > 8, side == Side::left);
      EXPECT_GT(mean_in_mask(phantom, blood), 52);
      EXPECT_LT(mean_in_mask(phantom, blood), 105);  // bone beside it blurs in at this pixel size
      EXPECT_TRUE(blood.expected);
      EXPECT_FALSE(blood.boxes.empty());
    }
}

TEST(Head, MovesTheMiddleByTheMillimetresAskedFor) {
  for (const double mm : {5.0, 13.0})
    for (const Side side : {Side::left, Side::right}) {
      const Phantom phantom = make(coarse(3, {finding(Kind::midline_shift, mm, side)}));
      const double sign = side == Side::left ? 1 : -1;
      const auto& q = truth_of(phantom, "intracranial").quantities;
      EXPECT_NEAR(q.at("septum_shift_mm"), sign * mm, 0.2);
      EXPECT_NEAR(truth_of(phantom, "midline-shift.1").quantities.at("shift_mm"), mm, 0.2);
      // What was painted agrees; further down the shift is less.
      const double third = sign * q.at("third_ventricle_shift_mm");
      EXPECT_GT(third, 0.45 * mm);
      EXPECT_LT(third, 1.05 * mm);
      // The skull stays where it was.
      EXPECT_NEAR(left_of_plane(phantom, truth_of(phantom, "bone").centre_mm), 0, 0.8);
    }
}

TEST(Head, FillsTheCisternsWithSubarachnoidBlood) {
  const Phantom phantom = make(coarse(3, {finding(Kind::subarachnoid, 25)}));
  const Truth& blood = truth_of(phantom, "subarachnoid.1");
  EXPECT_NEAR(blood.volume_ml, 25, 5);
  EXPECT_EQ(blood.side, "");
  EXPECT_NEAR(left_of_plane(phantom, blood.centre_mm), 0, 6);
  EXPECT_LT(blood.centre_mm[2], truth_of(phantom, "brain").centre_mm[2]);
  EXPECT_GT(mean_in_mask(phantom, blood), truth_of(phantom, "brain").mean_hu + 8);
}

TEST(Head, GrowsInItsPlaceSinceThePrior) {
  Finding growing = finding(Kind::mass, 30, Side::left);
  growing.course = Course::changing;
  growing.doubling_days = 100;
  Settings settings = coarse(2, {growing});
  const Truth now = truth_of(make(settings), "mass.1");
  settings.weeks_before = 100.0 / 7;
  const Truth before = truth_of(make(settings), "mass.1");
  EXPECT_NEAR(now.volume_ml, 2 * before.volume_ml, 0.2 * before.volume_ml);
  EXPECT_EQ(now.site, before.site);
  for (std::size_t axis = 0; axis < 3; ++axis)
    EXPECT_NEAR(now.centre_mm[axis], before.centre_mm[axis], 2);
}

TEST(Head, ShiftsAwayFromTheBlood) {
  const Phantom phantom =
      make(coarse(4, {finding(Kind::midline_shift, 8), finding(Kind::subdural, 90, Side::left)}));
  EXPECT_LT(truth_of(phantom, "intracranial").quantities.at("septum_shift_mm"), -7);
}

TEST(Head, EnlargesTheVentricles) {
  const Phantom phantom = make(coarse(2, {finding(Kind::hydrocephalus, 120)}));
  const Truth& enlarged = truth_of(phantom, "hydrocephalus.1");
  EXPECT_NEAR(enlarged.volume_ml, 120, 12);
  EXPECT_GT(enlarged.quantities.at("evans_index"), 0.31);
  EXPECT_NEAR(enlarged.mean_hu, 5, 4);
}

TEST(Head, DarkensTheTerritoryOfAnInfarctAndCountsCalcificationAsADistractor) {
  const Phantom phantom = make(coarse(
      6, {finding(Kind::infarct, 60, Side::right), finding(Kind::physiological_calcification, 8)}));
  const Truth& infarct = truth_of(phantom, "infarct.1");
  EXPECT_NEAR(infarct.volume_ml, 60, 12);
  EXPECT_LT(mean_in_mask(phantom, infarct), truth_of(phantom, "brain").mean_hu - 5);
  EXPECT_LT(left_of_plane(phantom, infarct.centre_mm), -20);
  EXPECT_EQ(truth_of(phantom, "calcification.1").role, Truth::Role::distractor);
}

TEST(Head, NamesAFindingThatLiesOutsideTheScan) {
  Settings settings =
      coarse(1, {finding(Kind::hydrocephalus, 100), finding(Kind::subarachnoid, 2)});
  settings.slices = 1;
  const Phantom phantom = make(settings);
  EXPECT_EQ(phantom.missing, std::vector<std::string>{"subarachnoid.1"});
  EXPECT_FALSE(truth_of(phantom, "subarachnoid.1").expected);
  EXPECT_GT(truth_of(phantom, "hydrocephalus.1").volume_ml, 0);
}

}  // namespace
}  // namespace tomoscribe::model::phantom
