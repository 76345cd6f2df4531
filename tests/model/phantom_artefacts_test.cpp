#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>

#include <gtest/gtest.h>

#include "tests/model/phantom_support.h"

namespace tomoscribe::model::phantom {
namespace {

Settings one_slice(BodyPart body) {
  Settings settings;
  settings.seed = 3;
  settings.body = body;
  settings.columns = settings.rows = 128;
  settings.pixel_mm = 3.2;
  settings.slices = 1;
  settings.noise_hu = 0;
  settings.nodule = false;
  return settings;
}

int hu_at(const Phantom& p, int column, int row) {
  return p.hu[static_cast<std::size_t>(row) * static_cast<std::size_t>(p.settings.columns) +
              static_cast<std::size_t>(column)];
}

double sd(const Phantom& noisy, const Phantom& calm, int first, int last) {
  double squares = 0, count = 0;
  for (int row = first; row < last; ++row)
    for (int column = first; column < last; ++column) {
      const double d = hu_at(noisy, column, row) - hu_at(calm, column, row);
      squares += d * d;
      count += 1;
    }
  return std::sqrt(squares / count);
}

TEST(PhantomArtefacts, NoiseFallsTowardsTheEdge) {
  Settings settings = one_slice(BodyPart::abdomen);
  const Phantom calm = make(settings);
  settings.noise_hu = 20;
  settings.artefacts.noise_fall = 0.6;
  const Phantom noisy = make(settings);
  EXPECT_NEAR(sd(noisy, calm, 50, 78), 20, 3);
  EXPECT_LT(sd(noisy, calm, 2, 16), 12) << "the corner has 40 % of it";
}

TEST(PhantomArtefacts, CuppingDarkensTheMiddleAndNotTheSkin) {
  Settings settings = one_slice(BodyPart::abdomen);
  const Phantom flat = make(settings);
  settings.artefacts.cupping_hu = 40;
  const Phantom cupped = make(settings);
  int deepest = 0;
  for (int row = 40; row < 90; ++row)
    for (int column = 40; column < 90; ++column)
      deepest = std::max(deepest, hu_at(flat, column, row) - hu_at(cupped, column, row));
  EXPECT_GE(deepest, 38);
  EXPECT_LE(deepest, 90) << "bone hardens more";
  EXPECT_EQ(hu_at(flat, 1, 1), hu_at(cupped, 1, 1));
  EXPECT_EQ(truth_of(flat, "body").mean_hu, truth_of(cupped, "body").mean_hu)
      << "truth is what was painted";
}

TEST(PhantomArtefacts, MotionDoublesTheFront) {
  Settings settings = one_slice(BodyPart::thorax);
  const Phantom still = make(settings);
  settings.artefacts.motion_mm = 6.4;  // two pixels
  const Phantom moved = make(settings);
  for (int row = 0; row < 120; ++row)
    EXPECT_NEAR(hu_at(moved, 64, row), (hu_at(still, 64, row) + hu_at(still, 64, row + 2)) / 2.0,
                1.1);
}

TEST(PhantomArtefacts, MetalThrowsStreaksAndNothingElseDoes) {
  Settings settings = one_slice(BodyPart::abdomen);
  settings.slices = 20;
  settings.slice_mm = 20;
  settings.artefacts.streak_hu = 300;
  const Phantom plain = make(settings);
  settings.artefacts.streak_hu = 0;
  EXPECT_EQ(make(settings).hu, plain.hu) << "no metal, no streaks";
  settings.findings = {finding(Kind::metal, 50, Side::left)};
  const Phantom clean = make(settings);
  settings.artefacts.streak_hu = 300;
  const Phantom streaked = make(settings);
  ASSERT_TRUE(clean.missing.empty());
  double changed = 0;
  for (std::size_t i = 0; i < clean.hu.size(); ++i)
    changed += std::abs(clean.hu[i] - streaked.hu[i]) > 20 ? 1 : 0;
  EXPECT_GT(changed, 500);
  EXPECT_EQ(streaked.hu, make(settings).hu);
}

TEST(PhantomArtefacts, RefusesWhatNoScannerDoes) {
  Settings settings = one_slice(BodyPart::head);
  settings.artefacts.motion_mm = -1;
  EXPECT_THROW(check(settings), std::invalid_argument);
  settings.artefacts = {.noise_fall = 1};
  EXPECT_THROW(check(settings), std::invalid_argument);
}

}  // namespace
}  // namespace tomoscribe::model::phantom
