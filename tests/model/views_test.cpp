// Where pixels lie: tiles of volumes that stand in every way.

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/phantom/phantom.h"
#include "model/views/view.h"
#include "tests/model/views_support.h"

namespace tomoscribe::model {
namespace {

Vec3 middle(const VolumeGeometry& geometry) {
  return point_mm(geometry, {(geometry.size[0] - 1) / 2.0, (geometry.size[1] - 1) / 2.0,
                             (geometry.size[2] - 1) / 2.0});
}

ViewPlan large_plan(const VolumeGeometry& geometry) {
  PlanRequest request = chest_request(geometry, 200'000);
  request.candidates = {candidate("c1", middle(geometry), 1)};
  return plan_views(request);
}

class Views : public testing::TestWithParam<NamedGeometry> {};

INSTANTIATE_TEST_SUITE_P(Ways, Views, testing::ValuesIn(all_geometries()),
                         [](const auto& instance) {
                           std::string name = instance.param.name;
                           std::erase_if(name, [](char c) { return c == ',' || c == ' '; });
                           return name;
                         });

TEST_P(Views, LeadFromAPixelToThePatientAndBack) {
  const VolumeGeometry& geometry = GetParam().geometry;
  for (const View& view : large_plan(geometry).views)
    for (const Tile& tile : view.tiles)
      for (const double part : {0.01, 0.3, 0.99}) {
        const double x = tile.pixels.x + part * tile.pixels.width,
                     y = tile.pixels.y + (1 - part) * tile.pixels.height;
        const auto point = patient_mm(view, x, y);
        ASSERT_TRUE(point) << view.id;
        const TilePosition back = position_of(tile, *point);
        EXPECT_NEAR(back.x, x, 1e-6);
        EXPECT_NEAR(back.y, y, 1e-6);
        EXPECT_NEAR(back.depth, 0, 1e-6);
        // The same by way of the voxels that are drawn there.
        const Vec3 index = index_at(geometry, *point);
        for (std::size_t i = 0; i < 3; ++i)
          EXPECT_NEAR(index[i],
                      tile.voxel_at_corner[i] + x * tile.voxel_per_x[i] + y * tile.voxel_per_y[i],
                      1e-6);
        const auto source = source_slices(view, x, y);
        ASSERT_TRUE(source);
        const double slice = std::clamp(index[2], 0.0, geometry.size[2] - 1.0);
        EXPECT_LE(std::abs(source->middle - slice), 0.5 + 1e-6) << view.id;
        EXPECT_GE(source->all.first, tile.slices.first);
        EXPECT_LE(source->all.last, tile.slices.last);
      }
}

TEST_P(Views, ShowThePatientsRightOnTheLeftAndTheFrontOrTheHeadAbove) {
  for (const View& view : large_plan(GetParam().geometry).views)
    for (const Tile& tile : view.tiles) {
      const bool sagittal = tile.plane == Plane::sagittal, axial = tile.plane == Plane::axial;
      const Vec3 &x = tile.x_mm, &y = tile.y_mm;
      const double right = sagittal ? x[1] : x[0], down = axial ? y[1] : -y[2];
      EXPECT_GT(right, 0.8 * std::hypot(x[0], x[1], x[2]));
      EXPECT_GT(down, 0.8 * std::hypot(y[0], y[1], y[2]));
    }
}

TEST_P(Views, GoFromTheHeadToTheFeet) {
  double before = 1e9;
  for (const View& view : large_plan(GetParam().geometry).views) {
    EXPECT_GT(view.z_mm[0], view.z_mm[1]);
    if (view.kind != ViewKind::systematic) continue;
    const double middle_mm = (view.z_mm[0] + view.z_mm[1]) / 2;
    EXPECT_LT(middle_mm, before);
    before = middle_mm;
  }
}

TEST_P(Views, AreTheirVoxelsWhateverTheWay) {
  // Grey grows to the patient's left, back and head: every pixel can be foretold from its place.
  const OwnVolume volume = painted(GetParam().geometry, [](const Vec3& p) {
    return std::clamp(p[0] + p[1] + p[2], -1000.0, 1000.0);
  });
  PlanRequest request = chest_request(volume.geometry, 200'000);
  request.preset = "medgemma";  // red: -1024 to 1024, mean
  request.candidates = {candidate("c1", middle(volume.geometry), 1)};
  const ViewPlan plan = plan_views(request);
  for (const View& view :
       {plan.views.front(), plan.views[plan.views.size() / 2], plan.views.back()}) {
    const RgbImage image = render(volume.view(), view);
    for (const Tile& tile : view.tiles)
      for (int y = tile.pixels.y + 40; y < tile.pixels.y + tile.pixels.height; y += 7)
        for (int x = tile.pixels.x; x < tile.pixels.x + tile.pixels.width; x += 5) {
          const Vec3 p = patient_mm(tile, x + 0.5, y + 0.5), index = index_at(volume.geometry, p);
          const bool deep_inside =
              std::ranges::all_of(std::array{0UL, 1UL, 2UL}, [&](std::size_t i) {
                return index[i] > 2 && index[i] < volume.geometry.size[i] - 3;
              });
          if (!deep_inside) continue;
          const double grey = (p[0] + p[1] + p[2] + 1024) / 2048 * 255;
          EXPECT_NEAR(
              image.values[3 * (std::size_t(y) * std::size_t(image.width) + std::size_t(x))], grey,
              1.1)
              << view.id << " tile " << tile.index << " at " << x << ", " << y;
        }
  }
}

TEST(ViewsOfAVolume, AreTheSamePixelsHoweverItsVoxelsAreArranged) {
  const auto lump = [](const Vec3& p) {
    return 900 * std::sin(p[0] / 23) * std::cos(p[1] / 31 + 1) + p[2];
  };
  const OwnVolume plain = painted(upright(), lump);
  const ViewPlan plan = large_plan(plain.geometry);
  for (const std::array<bool, 3>& back : {std::array{true, false, true}, {false, true, false}}) {
    const OwnVolume other = painted(arranged(plain.geometry, {1, 2, 0}, back), lump);
    const ViewPlan other_plan = large_plan(other.geometry);
    ASSERT_EQ(other_plan.views.size(), plan.views.size());
    for (std::size_t i = 0; i < plan.views.size(); i += 5) {
      const RgbImage a = render(plain.view(), plan.views[i]),
                     b = render(other.view(), other_plan.views[i]);
      ASSERT_EQ(a.values.size(), b.values.size());
      int most = 0;
      for (std::size_t k = 0; k < a.values.size(); ++k)
        most = std::max(most, std::abs(int(a.values[k]) - int(b.values[k])));
      EXPECT_LE(most, 1) << plan.views[i].id;
    }
  }
}

/// The middle of what is brighter than half in red around a point of a tile, or nothing.
std::optional<Vec3> bright_middle(const RgbImage& image, const Tile& tile, const Vec3& around,
                                  double radius_mm) {
  double sum = 0, sum_x = 0, sum_y = 0;
  for (int y = tile.pixels.y; y < tile.pixels.y + tile.pixels.height; ++y)
    for (int x = tile.pixels.x; x < tile.pixels.x + tile.pixels.width; ++x) {
      const Vec3 p = patient_mm(tile, x + 0.5, y + 0.5);
      const Vec3 away{p[0] - around[0], p[1] - around[1], p[2] - around[2]};
      if (std::hypot(away[0], away[1], away[2]) > radius_mm) continue;
      const double grey =
          image.values[3 * (std::size_t(y) * std::size_t(image.width) + std::size_t(x))];
      if (grey < 140) continue;
      sum += 1;
      sum_x += x + 0.5;
      sum_y += y + 0.5;
    }
  if (sum == 0) return std::nullopt;
  return patient_mm(tile, sum_x / sum, sum_y / sum);
}

TEST(ViewsOfAPhantom, ShowTheNoduleOfTheRightLungOnTheLeftAndLeadBackToIt) {
  phantom::Settings settings;
  settings.noise_hu = 5;
  const phantom::Phantom chest = phantom::thorax(settings);
  const auto nodule = std::ranges::find(chest.truth, "nodule.1", &phantom::Truth::name);
  ASSERT_NE(nodule, chest.truth.end());
  ASSERT_EQ(nodule->side, "right");
  PlanRequest request = chest_request({.size = {settings.columns, settings.rows, settings.slices},
                                       .origin_mm = chest.first_voxel_mm,
                                       .step_mm = {{{settings.pixel_mm, 0, 0},
                                                    {0, settings.pixel_mm, 0},
                                                    {0, 0, settings.slice_mm}}}},
                                      100'000);
  request.candidates = {{.id = "c1",
                         .box = {.centre_mm = nodule->centre_mm, .size_mm = nodule->size_mm},
                         .weight = 1}};
  const ViewPlan plan = plan_views(request);
  const CtVolume volume{request.geometry, chest.hu.data(), chest.hu.size()};

  const auto away = [&](const View& view) {
    const bool fits = view.kind == ViewKind::systematic && view.preset.name == "chest";
    return fits ? std::abs((view.z_mm[0] + view.z_mm[1]) / 2 - nodule->centre_mm[2]) : 1e9;
  };
  const auto slab = std::ranges::min_element(plan.views, {}, away);
  ASSERT_LE(away(*slab), 5);
  ASSERT_EQ(slab->width, 512);
  EXPECT_LT(position_of(slab->tiles[0], nodule->centre_mm).x, 256);
  const auto seen = bright_middle(render(volume, *slab), slab->tiles[0], nodule->centre_mm, 9);
  ASSERT_TRUE(seen);
  const double half_pixel_mm = slab->tiles[0].x_mm[0] / 2;
  EXPECT_NEAR((*seen)[0], nodule->centre_mm[0], half_pixel_mm);
  EXPECT_NEAR((*seen)[1], nodule->centre_mm[1], half_pixel_mm);

  const auto crop = std::ranges::find(plan.views, ViewKind::candidate, &View::kind);
  ASSERT_NE(crop, plan.views.end());
  EXPECT_EQ(crop->candidate, "c1");
  const RgbImage image = render(volume, *crop);
  for (std::size_t i = 0; i < 3; ++i) {
    const Tile& tile = crop->tiles[i];
    const auto close = bright_middle(image, tile, nodule->centre_mm, 9);
    ASSERT_TRUE(close);
    // Half a pixel of the volume: the truth is made of its voxels.
    for (std::size_t k = 0; k < 3; ++k)
      EXPECT_NEAR((*close)[k], nodule->centre_mm[k],
                  (k == 2 ? settings.slice_mm : settings.pixel_mm) / 2)
          << "tile " << tile.index;
  }
}

TEST(TokenPixels, TileThePictureWithoutGapOrOverlap) {
  for (const ImageRule& rule : {pixtral, mistral3}) {
    PlanRequest request = chest_request(upright(), 100'000);
    request.rule = rule;
    for (const View& view : plan_views(request).views) {
      const ImageGrid grid = token_grid(view.width, view.height, rule);
      const int side = rule.patch * rule.spatial_merge;
      int area = 0;
      for (int row = 0; row < grid.rows; ++row)
        for (int column = 0; column < grid.columns; ++column) {
          const PixelRect rect = token_pixels(view, row, column, rule);
          EXPECT_EQ(rect.width, side);
          EXPECT_EQ(rect.x, column * side);
          EXPECT_EQ(rect.y, row * side);
          area += rect.width * rect.height;
        }
      EXPECT_EQ(area, view.width * view.height);
      EXPECT_THROW(token_pixels(view, grid.rows, 0, rule), std::invalid_argument);
      EXPECT_THROW(token_pixels(view, 0, -1, rule), std::invalid_argument);
    }
  }
}

TEST(BoxMm, HoldsTheSlabAndIsCutAtTheTile) {
  const ViewPlan plan = large_plan(upright());  // 320 mm across
  const View& slab = plan.views[1];
  ASSERT_EQ(slab.width, 512);
  const auto box = box_mm(slab, {.x = 0, .y = 0, .width = 512, .height = 256});
  ASSERT_TRUE(box);
  EXPECT_NEAR(box->size_mm[0], 320, 1e-6);
  EXPECT_NEAR(box->size_mm[1], 160, 1e-6);
  EXPECT_NEAR(box->size_mm[2], 5, 1e-6);
  EXPECT_NEAR(box->centre_mm[1], -80, 1e-6);
  const auto cut = box_mm(slab, {.x = 500, .y = 500, .width = 20, .height = 20});
  ASSERT_TRUE(cut);
  EXPECT_NEAR(cut->size_mm[0], 7.5, 1e-6);
  EXPECT_FALSE(box_mm(slab, {.x = 600, .y = 0, .width = 4, .height = 4}));
}

TEST(SliceAt, FindsTheSliceOfAnImagePosition) {
  for (const auto& [name, geometry] : all_geometries()) {
    EXPECT_EQ(slice_at(geometry, point_mm(geometry, {0, 0, 7})), 7) << name;
    EXPECT_EQ(slice_at(geometry, point_mm(geometry, {5, 3, 7.05})), 7) << name;
    EXPECT_FALSE(slice_at(geometry, point_mm(geometry, {0, 0, 7.5}))) << name;
    EXPECT_FALSE(slice_at(geometry, point_mm(geometry, {0, 0, -1}))) << name;
    EXPECT_FALSE(slice_at(geometry, {0, std::nan(""), 0})) << name;
  }
}

TEST(PatientMm, IsNothingBetweenTiles) {
  const View scout = large_plan(upright()).views.front();
  const PixelRect& first = scout.tiles.front().pixels;
  EXPECT_TRUE(patient_mm(scout, first.x + first.width - 0.5, 3));
  EXPECT_FALSE(patient_mm(scout, first.x + first.width + 0.5, 3));
  EXPECT_FALSE(patient_mm(scout, -1, 3));
  EXPECT_FALSE(patient_mm(scout, std::nan(""), 3));
}

TEST(Field, FillsThePictureWithTheBody) {
  PlanRequest request = chest_request(upright(), 100'000);
  request.body = BoxMm{.centre_mm = {20, -10, 0}, .size_mm = {200, 150, 10}};
  const View slab = plan_views(request).views[1];
  EXPECT_NEAR(slab.tiles[0].x_mm[0], 200.0 / slab.width, 1e-9);
  const auto centre = patient_mm(slab, slab.width / 2.0, slab.height / 2.0);
  ASSERT_TRUE(centre);
  EXPECT_NEAR((*centre)[0], 20, 1e-6);
  EXPECT_NEAR((*centre)[1], -10, 1e-6);
}

}  // namespace
}  // namespace tomoscribe::model
