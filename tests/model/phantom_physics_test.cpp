#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {
namespace {

Settings slab(int slices, double spacing_mm, double thickness_mm) {
  Settings settings;
  settings.seed = 3;
  settings.columns = settings.rows = 128;
  settings.pixel_mm = 3.2;
  settings.slices = slices;
  settings.slice_mm = spacing_mm;
  settings.thickness_mm = thickness_mm;
  settings.noise_hu = 0;
  settings.nodule = false;
  return settings;
}

std::size_t voxel(const Phantom& p, int column, int row, int slice) {
  return (static_cast<std::size_t>(slice) * static_cast<std::size_t>(p.settings.rows) +
          static_cast<std::size_t>(row)) *
             static_cast<std::size_t>(p.settings.columns) +
         static_cast<std::size_t>(column);
}

/// Root mean square between neighbours in a row, of air: how fine the noise is.
double between_neighbours(const Phantom& p) {
  double squares = 0, count = 0;
  for (int row = 2; row < 20; ++row)
    for (int column = 2; column + 1 < p.settings.columns; ++column) {
      const double d = p.hu[voxel(p, column, row, 0)] - p.hu[voxel(p, column + 1, row, 0)];
      squares += d * d;
      count += 1;
    }
  return std::sqrt(squares / count);
}

double sd_in_air(const Phantom& p) {
  double sum = 0, squares = 0, count = 0;
  for (int row = 2; row < 20; ++row)
    for (int column = 2; column + 1 < p.settings.columns; ++column) {
      const double hu = p.hu[voxel(p, column, row, 0)];
      sum += hu;
      squares += hu * hu;
      count += 1;
    }
  return std::sqrt(squares / count - sum * sum / count / count);
}

TEST(PhantomPhysics, MakesThickSlicesAsMeansOfThinOnes) {
  const Phantom thin = make(slab(16, 1.25, 1.25)), thick = make(slab(4, 5, 5));
  EXPECT_NEAR(thick.first_voxel_mm[2], thin.first_voxel_mm[2] + 1.875, 1e-9);
  constexpr std::size_t pixels = std::size_t{128} * 128,
                        body = std::size_t{128} * 84;  // the couch lies as the scan needs it
  for (std::size_t slice = 0; slice < 4; ++slice)
    for (std::size_t i = 0; i < body; ++i) {
      double mean = 0;
      for (std::size_t k = 0; k < 4; ++k) mean += thin.hu[(4 * slice + k) * pixels + i] / 4.0;
      ASSERT_NEAR(thick.hu[slice * pixels + i], mean, 1.3) << slice << ' ' << i;
    }
}

TEST(PhantomPhysics, TakesThicknessAndSpacingApart) {
  const Phantom overlapping = make(slab(7, 2.5, 5)), apart = make(slab(4, 5, 5));
  constexpr std::size_t pixels = std::size_t{128} * 128;
  double difference = 0;
  for (std::size_t i = 0; i < pixels; ++i)
    difference += std::abs(overlapping.hu[2 * pixels + i] - apart.hu[pixels + i]);
  EXPECT_LT(difference / pixels, 6);  // only the texture is another one
  const Phantom gaps = make(slab(3, 10, 1));
  EXPECT_EQ(gaps.hu.size(), 3 * pixels);
}

TEST(PhantomPhysics, CountsAFindingInThickSlicesByItsShares) {
  Settings settings = slab(30, 5, 5);
  settings.columns = settings.rows = 256;
  settings.pixel_mm = 1.6;
  settings.findings = {{.kind = Kind::nodule, .size = 12}};
  const Phantom phantom = make(settings);
  ASSERT_TRUE(phantom.missing.empty());
  for (const Truth& truth : phantom.truth)
    if (truth.name == "nodule.1") {
      EXPECT_NEAR(truth.volume_ml, 0.905, 0.09);
      return;
    }
  FAIL() << "no nodule";
}

TEST(PhantomPhysics, RaisesNoiseAndSharpensEdgesWithTheSharpKernel) {
  Settings settings = slab(1, 1, 0);
  settings.columns = settings.rows = 512;
  settings.pixel_mm = 0.8;
  settings.noise_hu = 8;
  Settings sharp = settings;
  sharp.kernel = Kernel::sharp;
  const Phantom soft = make(settings), hard = make(sharp);
  EXPECT_NEAR(sd_in_air(soft), 8, 0.8);
  EXPECT_GT(sd_in_air(hard), 1.6 * sd_in_air(soft));
  EXPECT_GT(between_neighbours(hard) / sd_in_air(hard),
            1.15 * between_neighbours(soft) / sd_in_air(soft));
  // Overshoot: the brightest bone is brighter.
  settings.noise_hu = sharp.noise_hu = 0;
  const Phantom calm_soft = make(settings), calm_hard = make(sharp);
  EXPECT_GT(*std::max_element(calm_hard.hu.begin(), calm_hard.hu.end()),
            *std::max_element(calm_soft.hu.begin(), calm_soft.hu.end()) + 50);
}

TEST(PhantomPhysics, TiltsTheSlicesAndSaysHow) {
  Settings settings = slab(12, 2.5, 0);
  settings.tilt_degrees = 20;
  settings.findings = {};
  const Phantom tilted = make(settings);
  EXPECT_NEAR(tilted.row_step[1], std::cos(20 * 3.14159265358979 / 180), 1e-12);
  EXPECT_NEAR(tilted.row_step[2], std::sin(20 * 3.14159265358979 / 180), 1e-12);
  // A tilted voxel shows what the straight scan has there.
  Settings straight_settings = slab(160, 1.25, 1.25);
  const Phantom straight = make(straight_settings);
  double difference = 0, count = 0;
  for (int row = 20; row < 110; row += 3)
    for (int column = 20; column < 110; column += 3) {
      const double y = tilted.first_voxel_mm[1] + row * 3.2 * tilted.row_step[1],
                   z = tilted.first_voxel_mm[2] + row * 3.2 * tilted.row_step[2] + 6 * 2.5;
      const int there_row = static_cast<int>(std::lround((y - straight.first_voxel_mm[1]) / 3.2)),
                there = static_cast<int>(std::lround((z - straight.first_voxel_mm[2]) / 1.25));
      if (there < 0 || there >= 160) continue;
      difference += std::abs(tilted.hu[voxel(tilted, column, row, 6)] -
                             straight.hu[voxel(straight, column, there_row, there)]);
      count += 1;
    }
  ASSERT_GT(count, 500);
  EXPECT_LT(difference / count, 70);  // half a pixel of 3.2 mm at every edge
}

TEST(PhantomPhysics, PadsOutsideTheCircle) {
  Settings settings = slab(1, 2.5, 0);
  settings.padding_circle_mm = 380;
  const Phantom phantom = make(settings);
  EXPECT_EQ(phantom.hu[voxel(phantom, 0, 0, 0)], -1024);
  EXPECT_NE(phantom.hu[voxel(phantom, 64, 8, 0)], -1024);
}

TEST(PhantomPhysics, BrightensBloodByPhase) {
  const auto heart = [](Phase phase) {
    Settings settings = slab(20, 10, 0);
    settings.phase = phase;
    for (const Truth& truth : make(settings).truth)
      if (truth.name == "aorta.descending") return truth.mean_hu;
    throw std::runtime_error("no aorta");
  };
  const double none = heart(Phase::none), arterial = heart(Phase::arterial),
               venous = heart(Phase::venous), delayed = heart(Phase::delayed);
  EXPECT_LT(none, 50);
  EXPECT_GT(arterial, venous + 60);
  EXPECT_GT(venous, delayed + 20);
  EXPECT_GT(delayed, none + 30);
}

}  // namespace
}  // namespace tomoscribe::model::phantom
