#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/views/render.h"
#include "tests/model/views_support.h"

namespace tomoscribe::model {
namespace {

std::array<int, 3> colour(const RgbImage& image, int x, int y) {
  const std::size_t at = 3 * (std::size_t(y) * std::size_t(image.width) + std::size_t(x));
  return {image.values[at], image.values[at + 1], image.values[at + 2]};
}

PlanRequest with_candidate(const VolumeGeometry& geometry) {
  PlanRequest request = chest_request(geometry, 100'000);
  request.candidates = {candidate("c1", {0, 0, 20}, 1)};
  return request;
}

TEST(Render, WindowsEachColourByItsPreset) {
  const OwnVolume volume = painted(upright(), [](const Vec3&) { return 40; });
  const View slab = plan_views(chest_request(volume.geometry, 100'000)).views[1];
  ASSERT_EQ(slab.preset.name, "chest");
  // Lung -1350 to 150, mediastinum -160 to 240, bone -450 to 1050.
  EXPECT_THAT(colour(render(volume.view(), slab), 200, 200), testing::ElementsAre(236, 128, 83));
}

TEST(Render, ShowsBrightestMeanAndDarkestOfASlab) {
  const OwnVolume volume = painted(upright(64, 64, 120, 5, 2), [](const Vec3& p) {
    return std::lround(p[2]) % 4 == 0 ? -850 : -950;
  });
  PlanRequest request = chest_request(volume.geometry, 100'000);
  request.preset = "lung_slab";
  const View slab = plan_views(request).views[5];
  ASSERT_GT(slab.tiles[0].last, slab.tiles[0].first);
  const auto [red, green, blue] = colour(render(volume.view(), slab), 200, 200);
  EXPECT_EQ(red, 85);    // -850 in -1350 to 150
  EXPECT_GT(green, 68);  // between -950 and -850
  EXPECT_LT(green, 85);
  EXPECT_EQ(blue, 64);  // -950 in -1050 to -650
}

TEST(Render, IsBlackWhereTheVolumeIsNot) {
  const OwnVolume volume = painted(upright(40, 64, 60), [](const Vec3&) { return 40; });
  const View slab = plan_views(chest_request(volume.geometry, 100'000)).views[1];
  const RgbImage image = render(volume.view(), slab);
  EXPECT_THAT(colour(image, 5, 256), testing::ElementsAre(0, 0, 0));
  EXPECT_GT(colour(image, 256, 256)[0], 200);
}

TEST(Render, ReadsNoSliceButThoseOfTheView) {
  for (const auto& [name, geometry] : all_geometries()) {
    const OwnVolume volume = painted(
        geometry, [](const Vec3& p) { return 300 * std::sin(p[0] / 17 + p[1] / 29 + p[2] / 11); });
    const std::size_t slice_size = std::size_t(geometry.size[0]) * std::size_t(geometry.size[1]);
    PlanRequest request = with_candidate(geometry);
    const ViewPlan plan = plan_views(request);
    for (std::size_t i = 0; i < plan.views.size(); i += 4) {
      OwnVolume other = volume;
      std::vector<bool> needed(std::size_t(geometry.size[2]), false);
      for (const SliceRange& range : slices_of(plan.views[i]))
        std::fill(needed.begin() + range.first, needed.begin() + range.last + 1, true);
      for (std::size_t slice = 0; slice < needed.size(); ++slice)
        if (!needed[slice])
          std::fill_n(other.hu.begin() + std::ptrdiff_t(slice * slice_size), slice_size,
                      std::int16_t{3000});
      EXPECT_EQ(render(volume.view(), plan.views[i]).values,
                render(other.view(), plan.views[i]).values)
          << name << " " << plan.views[i].id;
    }
  }
}

TEST(Render, KeepsTheMeanWhenPixelsAreLargerThanVoxels) {
  // Every second column is bright: small pixels show stripes, large ones their mean and no moire.
  const OwnVolume volume = painted(upright(512, 512, 20, 0.5, 5), [](const Vec3& p) {
    return std::lround(p[0] * 2 + 1000.5) % 2 == 0 ? 0 : 400;
  });
  PlanRequest request = chest_request(volume.geometry, 1500);
  request.preset = "medgemma";
  const View scout = plan_views(request).views[0];
  const RgbImage image = render(volume.view(), scout);
  const PixelRect& rect = scout.tiles[3].pixels;
  for (int x = rect.x + 10; x < rect.x + rect.width - 10; ++x)
    EXPECT_NEAR(colour(image, x, rect.y + 50)[0], (200 + 1024) / 2048.0 * 255, 6);
}

TEST(Render, DrawsNothingButDigitsOverThePicture) {
  const OwnVolume volume = painted(upright(), [](const Vec3&) { return -3000; });
  for (const View& view : plan_views(with_candidate(volume.geometry)).views) {
    const RgbImage image = render(volume.view(), view);
    const auto lit = std::ranges::count_if(image.values, [](auto value) { return value != 0; });
    if (view.tiles.size() == 1)
      EXPECT_EQ(lit, 0) << view.id;
    else
      EXPECT_GT(lit, 0) << view.id;
    const auto white = std::ranges::count(image.values, std::uint8_t{255});
    EXPECT_EQ(lit, white);
  }
}

TEST(Render, NumbersTiles) {
  const OwnVolume volume = painted(upright(), [](const Vec3&) { return -3000; });
  const View scout = plan_views(chest_request(volume.geometry, 1500)).views[0];
  const RgbImage image = render(volume.view(), scout);
  const auto drawn = [&](const PixelRect& rect) {
    std::string rows;
    for (int y = 1; y < 8; ++y) {
      for (int x = 1; x < 12; ++x) rows += colour(image, rect.x + x, rect.y + y)[0] > 0 ? '#' : ' ';
      rows += '\n';
    }
    return rows;
  };
  EXPECT_EQ(drawn(scout.tiles[13].pixels),
            "  #      #\x20\n"
            " ##     ##\x20\n"
            "  #    # #\x20\n"
            "  #   #  #\x20\n"
            "  #   #####\n"
            "  #      #\x20\n"
            " ###     #\x20\n");
}

TEST(RgbImage, IsWhatPrepareImageTakes) {
  const OwnVolume volume = painted(upright(), [](const Vec3& p) { return p[0]; });
  for (const ImageRule& rule : {pixtral, mistral3}) {
    PlanRequest request = chest_request(volume.geometry, 20'000);
    request.rule = rule;
    for (const View& view : plan_views(request).views) {
      const RgbImage image = render(volume.view(), view);
      const PreparedImage prepared = prepare_image(image.pixels(), rule);
      // Drawn at whole tokens: nothing is resampled a second time.
      EXPECT_EQ(prepared.width, view.width);
      EXPECT_EQ(prepared.height, view.height);
      EXPECT_EQ(prepared.tokens.rows * (prepared.tokens.columns + 1), view.image_tokens);
    }
  }
}

}  // namespace
}  // namespace tomoscribe::model
