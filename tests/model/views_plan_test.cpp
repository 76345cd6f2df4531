// The router: what a budget buys.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/views/plan.h"
#include "tests/model/views_support.h"

namespace tomoscribe::model {
namespace {

using testing::HasSubstr;
using testing::Not;

/// 400 mm across, 300 mm from head to feet, as a chest is.
VolumeGeometry chest() {
  return upright(512, 512, 120, 0.78, 2.5);
}

PlanRequest busy(std::int64_t budget, const ImageRule& rule = pixtral) {
  PlanRequest request = chest_request(chest(), budget);
  request.rule = rule;
  request.candidates = {candidate("c1", {-80, 20, 100}, 0.9), candidate("c2", {60, -40, 20}, 0.4),
                        candidate("c3", {50, 30, -60}, 0.1)};
  for (int i = 1; i <= 9; ++i)
    request.rows.push_back({.id = "m" + std::to_string(i),
                            .name = "diameter",
                            .value = std::to_string(10 + i) + " mm (u 0.4 mm)",
                            .words = i == 4 ? "above the usual range" : ""});
  request.rows[3].where = BoxMm{.centre_mm = {0, 0, -90}, .size_mm = {30, 30, 30}};
  request.exam.question = "Pulmonary nodule?";
  return request;
}

std::int64_t counted(const ViewPlan& plan, const ImageRule& rule) {
  auto tokens = std::int64_t(plan.legend.size() + plan.table.size());
  for (const View& view : plan.views) {
    const ImageGrid grid = token_grid(view.width, view.height, rule);
    tokens += std::int64_t{grid.rows} * (grid.columns + 1) + std::int64_t(caption(view).size());
  }
  return tokens;
}

/// Image tokens of slabs within 20 mm of a height.
int tokens_near(const ViewPlan& plan, double z_mm) {
  int tokens = 0;
  for (const View& view : plan.views)
    if (view.kind == ViewKind::systematic && view.z_mm[0] > z_mm - 20 && view.z_mm[1] < z_mm + 20)
      tokens += view.image_tokens;
  return tokens;
}

const std::vector<std::int64_t> budgets{2000,   2500,   3000,   4000,   5500,   8000,   12'000,
                                        17'000, 24'000, 39'000, 60'000, 90'000, 150'000};

TEST(PlanViews, NeverExceedsItsBudget) {
  for (const ImageRule& rule : {pixtral, mistral3})
    for (const std::int64_t budget : budgets) {
      const ViewPlan plan = plan_views(busy(budget, rule));
      EXPECT_LE(plan.tokens, budget);
      EXPECT_LE(counted(plan, rule), plan.tokens);
      std::int64_t sum = plan.legend_tokens + plan.table_tokens;
      for (const View& view : plan.views) sum += view.image_tokens + view.text_tokens;
      EXPECT_EQ(sum, plan.tokens);
    }
}

TEST(PlanViews, UsesMostOfItsBudget) {
  for (const std::int64_t budget : {5500, 12'000, 39'000})
    EXPECT_GT(plan_views(busy(budget)).tokens, budget - 2000);
}

/// The same view, whatever its size.
bool same_place(const View& a, const View& b) {
  const auto corner = [](const View& view) { return view.tiles.front(); };
  return a.kind == b.kind && a.preset.name == b.preset.name && corner(a).first == corner(b).first &&
         corner(a).last == corner(b).last && a.candidate == b.candidate &&
         position_of(corner(a), patient_mm(corner(b), 0, 0)).depth == 0;
}

TEST(PlanViews, ShowsWithMoreTokensAllThatItShowsWithFewer) {
  for (const ImageRule& rule : {pixtral, mistral3}) {
    ViewPlan before = plan_views(busy(2000, rule));
    for (std::int64_t budget = 2250; budget < 60'000; budget += 250 + budget / 20) {
      ViewPlan plan = plan_views(busy(budget, rule));
      for (const View& view : before.views)
        EXPECT_TRUE(std::ranges::any_of(plan.views,
                                        [&](const View& other) {
                                          return same_place(view, other) &&
                                                 other.width >= view.width;
                                        }))
            << view.id << " of " << before.budget_tokens << " is lost with " << budget;
      EXPECT_TRUE(std::ranges::includes(plan.rows, before.rows));
      EXPECT_GE(plan.axial_mm, before.axial_mm - 1e-9);
      EXPECT_GE(plan.tokens, before.tokens);
      before = std::move(plan);
    }
  }
}

TEST(PlanViews, HoldsEveryMillimetreOfTheRegionInTheScout) {
  for (const auto& [name, geometry] : all_geometries()) {
    const ViewPlan plan = plan_views(chest_request(geometry, 1600));
    ASSERT_EQ(plan.views.size(), 1U);
    const auto upward = [&](const Vec3& step) { return std::abs(step[2]); };
    const auto body = std::size_t(std::ranges::max_element(geometry.step_mm, {}, upward) -
                                  geometry.step_mm.begin());
    const int voxels = geometry.size[body];
    for (int i = 0; i <= 300; ++i) {
      Vec3 index{};
      for (std::size_t k = 0; k < 3; ++k) index[k] = (geometry.size[k] - 1) / 2.0;
      index[body] = -0.5 + voxels * i / 300.0;
      for (const Tile& tile : plan.views[0].tiles) {
        if (tile.plane == Plane::axial) continue;
        const TilePosition at = position_of(tile, point_mm(geometry, index));
        EXPECT_GE(at.y, tile.pixels.y - 1e-6) << name;
        EXPECT_LE(at.y, tile.pixels.y + tile.pixels.height + 1e-6) << name;
        EXPECT_LE(std::abs(at.depth), (tile.last - tile.first + 1) / 2.0 + 1e-6) << name;
      }
    }
  }
}

TEST(PlanViews, LeavesNoMillimetreOutOfAxialTilesWhenTheBudgetIsLarge) {
  for (const auto& [name, geometry] : all_geometries()) {
    const ViewPlan plan = plan_views(chest_request(geometry, 100'000));
    EXPECT_TRUE(plan.not_shown.axial_gaps_mm.empty()) << name;
    EXPECT_NEAR(plan.axial_mm, plan.region_mm, 1e-6);
  }
}

TEST(PlanViews, SaysWhatIsNotInAxialTiles) {
  const ViewPlan plan = plan_views(chest_request(chest(), 2000));
  ASSERT_FALSE(plan.not_shown.axial_gaps_mm.empty());
  double gaps = 0;
  for (const auto& [head, feet] : plan.not_shown.axial_gaps_mm) {
    EXPECT_GT(head, feet);
    gaps += head - feet;
  }
  EXPECT_NEAR(plan.axial_mm + gaps, plan.region_mm, 1e-6);
  EXPECT_NEAR(plan.region_mm, 300, 1e-6);
}

TEST(PlanViews, IsTheSameForTheSameRequestAndSeed) {
  EXPECT_EQ(to_json(plan_views(busy(20'000))), to_json(plan_views(busy(20'000))));
  PlanRequest other = busy(20'000);
  other.seed = 12;
  EXPECT_NE(to_json(plan_views(other)), to_json(plan_views(busy(20'000))));
}

TEST(PlanViews, SpendsTokensNearCandidates) {
  PlanRequest request = chest_request(chest(), 12'000);
  const int without = tokens_near(plan_views(request), 100);
  request.candidates = {candidate("c1", {-80, 20, 100}, 1)};
  EXPECT_GT(tokens_near(plan_views(request), 100), 2 * without);
}

TEST(PlanViews, SpendsTokensNearMeasurementsOutOfRange) {
  PlanRequest request = chest_request(chest(), 7000);
  request.rows = {{.id = "m1",
                   .name = "ascending aorta",
                   .value = "47 mm (u 1 mm)",
                   .where = BoxMm{.centre_mm = {0, 0, 40}, .size_mm = {50, 50, 20}},
                   .words = "within the usual range"}};
  const int usual = tokens_near(plan_views(request), 40);
  request.rows[0].words = "above the usual range";
  EXPECT_GT(tokens_near(plan_views(request), 40), usual);
}

TEST(PlanViews, ChoosesColoursAndPlacesByTheQuestion) {
  const auto bone_views = [](const std::string& question) {
    PlanRequest request = chest_request(chest(), 30'000);
    request.exam.question = question;
    const ViewPlan plan = plan_views(request);
    return std::ranges::count_if(plan.views,
                                 [](const View& view) { return view.preset.name == "bone"; });
  };
  EXPECT_GT(bone_views("Rib fracture?"), 5);
  EXPECT_EQ(bone_views("Cough. No fracture, no trauma."), 0);
  EXPECT_GT(bone_views("Rule out fractures"), 5);

  PlanRequest request = chest_request(chest(), 12'000);
  request.regions = {{.region = Region::abdomen, .z_mm = {}},
                     {.region = Region::pelvis, .z_mm = {}}};
  const ViewPlan plain = plan_views(request);
  request.exam.indication = "Appendicitis?";
  const ViewPlan asked = plan_views(request);
  EXPECT_THAT(asked.question_words, testing::ElementsAre("appendicitis"));
  EXPECT_GT(tokens_near(asked, 0), tokens_near(plain, 0));
}

TEST(PlanViews, DrawsControlsAwayFromCandidatesAndNeverAlone) {
  for (const View& view : plan_views(chest_request(chest(), 60'000)).views)
    EXPECT_NE(view.kind, ViewKind::control);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    PlanRequest request = busy(60'000);
    request.seed = seed;
    int controls = 0;
    for (const View& view : plan_views(request).views) {
      if (view.kind != ViewKind::control) continue;
      ++controls;
      const PixelRect& rect = view.tiles[0].pixels;
      const Vec3 p =
          patient_mm(view.tiles[0], rect.x + rect.width / 2.0, rect.y + rect.height / 2.0);
      for (const Candidate& other : request.candidates) {
        const Vec3& c = other.box.centre_mm;
        EXPECT_GT(std::hypot(p[0] - c[0], p[1] - c[1], p[2] - c[2]), 75);
      }
    }
    EXPECT_EQ(controls, control_crops);
  }
}

TEST(PlanViews, TellsTheModelNothingThatSetsCandidatesApart) {
  const ViewPlan plan = plan_views(busy(60'000));
  for (const View& view : plan.views) {
    EXPECT_THAT(caption(view), Not(HasSubstr("candidate")));
    EXPECT_THAT(caption(view), Not(HasSubstr("control")));
    EXPECT_THAT(caption(view), Not(HasSubstr("c1")));
  }
}

TEST(PlanViews, CutsAtTwelveCropsAndSaysWhichCandidatesHaveNone) {
  PlanRequest request = chest_request(chest(), 100'000);
  for (int i = 0; i < 20; ++i)
    request.candidates.push_back(
        candidate("c" + std::to_string(i), {-150.0 + 15 * i, 0, 190.0 - 14 * i}, 1 - i / 100.0));
  const ViewPlan plan = plan_views(request);
  EXPECT_EQ(std::ranges::count(plan.views, ViewKind::candidate, &View::kind), most_candidate_crops);
  EXPECT_THAT(plan.not_shown.candidates, testing::Contains("c19"));
  EXPECT_THAT(plan.not_shown.candidates, Not(testing::Contains("c0")));
}

TEST(PlanViews, LooksOnceAtCandidatesThatLieTogetherAndNeverOutsideTheVolume) {
  PlanRequest request = chest_request(chest(), 100'000);
  request.candidates = {candidate("a", {0, 0, 0}, 0.5), candidate("b", {4, 0, 3}, 0.9),
                        candidate("far", {0, 0, 5000}, 1)};
  const ViewPlan plan = plan_views(request);
  EXPECT_EQ(std::ranges::count(plan.views, ViewKind::candidate, &View::kind), 1);
  EXPECT_THAT(plan.not_shown.candidates, testing::ElementsAre("far"));
}

TEST(PlanViews, ListsRemarkedMeasurementsFirstAndBoundsTheTable) {
  PlanRequest request = chest_request(chest(), 60'000);
  for (int i = 0; i < 300; ++i)
    request.rows.push_back({.id = "m" + std::to_string(i), .name = "size", .value = "1 mm"});
  request.rows.back().words = "enlarged";
  const ViewPlan plan = plan_views(request);
  EXPECT_EQ(plan.rows.size(), std::size_t{most_table_rows});
  EXPECT_EQ(plan.not_shown.rows, 300U - most_table_rows);
  EXPECT_THAT(plan.table, HasSubstr("m299 | size | 1 mm | enlarged\n"));
  EXPECT_THAT(plan.table, HasSubstr("Not listed: 236 more\n"));
}

TEST(PlanViews, LetsNoValueBreakTheTable) {
  PlanRequest request = chest_request(chest(), 60'000);
  request.rows = {{.id = "m1\nm2 | x | 9 mm",
                   .name = "a\r\n\tb\x07\xE2\x80\xAE"
                           "c\xC0\xAF",
                   .value = "12 mm (u 0.4 mm) \xC2\xB1",
                   .words = std::string(500, 'w')}};
  const std::string table = plan_views(request).table;
  EXPECT_EQ(std::ranges::count(table, '\n'), 2);
  EXPECT_THAT(table, HasSubstr("m1 m2 x 9 mm | a b c?? | 12 mm (u 0.4 mm) \xC2\xB1 | www"));
  EXPECT_LT(table.size(), 250U);
}

TEST(PlanViews, GivesEachRegionItsColours) {
  PlanRequest request = chest_request(chest(), 60'000);
  request.regions = {{.region = Region::abdomen, .z_mm = {{-110, 40}}},
                     {.region = Region::chest, .z_mm = {{40, 180}}}};
  const ViewPlan plan = plan_views(request);
  for (const View& view : plan.views) {
    if (view.kind != ViewKind::systematic) continue;
    const double middle = (view.z_mm[0] + view.z_mm[1]) / 2;
    const bool of_chest = view.preset.name == "chest" || view.preset.name == "lung_slab";
    EXPECT_EQ(of_chest, middle > 40) << middle;
    EXPECT_EQ(view.preset.name == "body", middle < 40) << middle;
  }
  ASSERT_EQ(plan.not_shown.outside_region_mm.size(), 1U);
  EXPECT_NEAR(plan.not_shown.outside_region_mm[0][1], 180, 1e-6);
  EXPECT_NEAR(plan.region_mm, 281.25, 1e-6);  // the volume ends at -101.25

  request.preset = "medgemma";
  for (const View& view : plan_views(request).views) EXPECT_EQ(view.preset.name, "medgemma");
  request.preset.clear();
  request.regions.clear();
  EXPECT_EQ(plan_views(request).views[1].preset.name, "medgemma");
}

TEST(PlanViews, CountsTextAsItIsTold) {
  PlanRequest request = busy(12'000);
  const std::size_t by_bytes = plan_views(request).views.size();
  request.text_tokens = [](const std::string& text) { return std::int64_t(text.size() + 2) / 3; };
  EXPECT_GT(plan_views(request).views.size(), by_bytes);
  request.text_tokens = [](const std::string&) { return std::int64_t{-1}; };
  EXPECT_THROW(plan_views(request), std::invalid_argument);
}

TEST(CompleteViews, AreThoseWhoseSlicesAreThere) {
  const ViewPlan plan = plan_views(busy(39'000));
  std::vector<bool> present(120, false);
  EXPECT_TRUE(complete_views(plan, present).empty());
  std::fill(present.begin() + 60, present.end(), true);  // the upper half
  for (const std::size_t i : complete_views(plan, present))
    for (const SliceRange& range : slices_of(plan.views[i])) EXPECT_GE(range.first, 60);
  EXPECT_FALSE(complete_views(plan, present).empty());
  present.assign(120, true);
  EXPECT_EQ(complete_views(plan, present).size(), plan.views.size());
}

TEST(ToJson, RecordsEveryViewWithItsReasonAndWhatIsMissing) {
  PlanRequest request = busy(6000);
  request.candidates[0].id = "c\xFF\n1";
  const auto json = nlohmann::json::parse(to_json(plan_views(request)));
  const auto& scout = json["views"][0];
  EXPECT_EQ(scout["id"], "V1");
  EXPECT_EQ(scout["kind"], "scout");
  EXPECT_EQ(scout["tiles"].size(), 18U);
  EXPECT_EQ(json["budget_tokens"], 6000);
  EXPECT_FALSE(json["not_shown"]["axial_gaps_mm"].empty());
  EXPECT_EQ(json["presets"][0]["green"]["low_hu"], -160);
  for (const auto& view : json["views"]) {
    EXPECT_FALSE(view["why"].get<std::string>().empty());
    EXPECT_FALSE(view["slices"].empty());
  }
}

}  // namespace
}  // namespace tomoscribe::model
