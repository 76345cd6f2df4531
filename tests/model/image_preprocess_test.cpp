#include "model/image_preprocess.h"

#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/detail/resample.h"

namespace tomoscribe::model {
namespace {

constexpr ImageRule pixtral{};
constexpr ImageRule small{.patch = 14, .longest_edge = 1540, .spatial_merge = 2};

std::string refusal(int width, int height) {
  try {
    token_grid(width, height, pixtral);
  } catch (const UnfitImage& why) {
    return why.what();
  }
  return "accepted";
}

TEST(TokenGrid, ASliceOfAComputedTomography) {
  EXPECT_EQ(token_grid(512, 512, pixtral), (ImageGrid{.rows = 32, .columns = 32}));
  EXPECT_EQ(token_grid(512, 512, small), (ImageGrid{.rows = 19, .columns = 19}));
  EXPECT_EQ(token_grid(1, 1, pixtral), (ImageGrid{.rows = 1, .columns = 1}));
}

TEST(TokenGrid, OnlyLargerImagesAreScaledDown) {
  EXPECT_EQ(token_grid(4096, 1024, pixtral), (ImageGrid{.rows = 16, .columns = 64}));
  EXPECT_EQ(token_grid(1024, 1024, pixtral), (ImageGrid{.rows = 64, .columns = 64}));
}

TEST(TokenGrid, RoundsHalvesToEvenOrTruncates) {
  ImageRule rule{.patch = 1, .longest_edge = 2};
  EXPECT_EQ(token_grid(4, 5, rule).columns, 2);                               // 1.6
  EXPECT_EQ(token_grid(5, 20, {.patch = 1, .longest_edge = 10}).columns, 2);  // 2.5 to even
  rule.preprocessing = Preprocessing::hugging_face;
  EXPECT_EQ(token_grid(4, 5, rule).columns, 1);
}

TEST(TokenGrid, RefusesWithASentence) {
  EXPECT_EQ(refusal(0, 5), "an image of 0 by 5 pixels is empty");
  EXPECT_EQ(refusal(5, -1), "an image of 5 by -1 pixels is empty");
  EXPECT_EQ(refusal(50000, 50000),
            "an image of 50000 by 50000 pixels is larger than 32768 pixels a side");
  EXPECT_EQ(refusal(1, 30000),
            "an image of 1 by 30000 pixels has no width or height left when 1024 pixels are its "
            "longer side");
  EXPECT_THROW(token_grid(5, 5, {.patch = 0}), std::invalid_argument);
  EXPECT_THROW(token_grid(5, 5, {.patch = 32768, .spatial_merge = 2}), std::invalid_argument);
}

TEST(PrepareImage, AnImageOfWholeTokensKeepsItsValues) {
  const std::vector<std::uint8_t> grey(std::size_t{16} * 32, 255);
  for (const auto preprocessing : {Preprocessing::mistral_common, Preprocessing::hugging_face}) {
    const auto image = prepare_image(
        {.width = 32, .height = 16, .channels = 1, .values = grey.data(), .size = grey.size()},
        {.preprocessing = preprocessing});
    EXPECT_EQ(image.tokens, (ImageGrid{.rows = 1, .columns = 2}));
    ASSERT_EQ(image.values.size(), 3U * 16 * 32);
    EXPECT_NEAR(image.values.front(), (1 - 0.48145466) / 0.26862954, 1e-6);
    EXPECT_NEAR(image.values.back(), (1 - 0.40821073) / 0.27577711, 1e-6);
  }
}

TEST(PrepareImage, AConstantImageStaysConstantAtAnySize) {
  const std::vector<std::uint8_t> rgb(std::size_t{100} * 37 * 3, 200);
  for (const auto preprocessing : {Preprocessing::mistral_common, Preprocessing::hugging_face}) {
    const auto image =
        prepare_image({.width = 100, .height = 37, .values = rgb.data(), .size = rgb.size()},
                      {.patch = 14, .longest_edge = 56, .preprocessing = preprocessing});
    EXPECT_EQ(image.width, 56);
    EXPECT_EQ(image.height, 28);
    const float expected = (200 / 255.0F - 0.48145466F) / 0.26862954F;
    for (std::size_t i = 0; i < std::size_t{56} * 28; ++i)
      ASSERT_NEAR(image.values[i], expected, 1e-5);
  }
}

TEST(PillowBicubic, ScalesRowsFirstWhereManyOfThemGo) {
  using detail::SizePx;
  const auto order = [](SizePx from, SizePx to) {
    std::vector<std::uint8_t> noise(std::size_t(from.width) * std::size_t(from.height) * 3);
    std::uint32_t state = 1;
    for (auto& value : noise) value = std::uint8_t((state = state * 1664525 + 1013904223) >> 24U);
    const auto step = [](const auto& rgb, SizePx a, SizePx b) {
      return detail::resample_pillow_bicubic(rgb, a, b);
    };
    const SizePx rows{.width = from.width, .height = to.height};
    const SizePx columns{.width = to.width, .height = from.height};
    const auto result = step(noise, from, to);
    if (result == step(step(noise, from, rows), rows, to)) return "rows first";
    return result == step(step(noise, from, columns), columns, to) ? "columns first" : "neither";
  };
  // What Pillow 13.0.0 does at these sizes.
  EXPECT_STREQ(order({58, 290}, {28, 140}), "rows first");
  EXPECT_STREQ(order({100, 210}, {64, 128}), "rows first");
  EXPECT_STREQ(order({100, 200}, {64, 128}), "columns first");
  EXPECT_STREQ(order({300, 100}, {128, 48}), "columns first");
  EXPECT_STREQ(order({123, 207}, {140, 224}), "columns first");
}

TEST(PrepareImage, TransparencyIsWhiteOrIgnored) {
  std::vector<std::uint8_t> rgba;
  for (int i = 0; i < 256; ++i) rgba.insert(rgba.end(), {10, 10, 10, 0});
  const Pixels pixels{
      .width = 16, .height = 16, .channels = 4, .values = rgba.data(), .size = rgba.size()};
  EXPECT_GT(prepare_image(pixels, pixtral).values[0], 1.9F);
  EXPECT_LT(prepare_image(pixels, {.preprocessing = Preprocessing::hugging_face}).values[0], -1.6F);
}

TEST(PrepareImage, RefusesBytesThatAreNotTheImage) {
  const std::vector<std::uint8_t> bytes(10);
  EXPECT_THROW(
      prepare_image({.width = 2, .height = 2, .values = bytes.data(), .size = bytes.size()},
                    pixtral),
      UnfitImage);
  EXPECT_THROW(
      prepare_image(
          {.width = 5, .height = 1, .channels = 2, .values = bytes.data(), .size = bytes.size()},
          pixtral),
      UnfitImage);
}

}  // namespace
}  // namespace tomoscribe::model
