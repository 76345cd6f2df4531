// From what a model was shown back to the images of the study. No model is run here.

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/views/plan.h"
#include "pipeline/language/packet.h"
#include "pipeline/language/pointing.h"

namespace tomoscribe::pipeline {
namespace {

using testing::HasSubstr;

/// 96 x 80 x 40 voxels of 2 x 2.5 x 5 mm, first slice lowest.
Volume volume() {
  Volume volume{.grid = {.size = {96, 80, 40},
                         .origin_mm = {-95, -100, 300},
                         .step_mm = {{{2, 0, 0}, {0, 2.5, 0}, {0, 0, 5}}}},
                .hu = {},
                .instances = {},
                .frames = {},
                .images = {},
                .header = {.study = dicom::StudyUid("1.2"),
                           .series = dicom::SeriesUid("1.2.3"),
                           .sop_instance = dicom::SopInstanceUid("1.2.3.1")},
                .notes = {}};
  volume.hu.assign(volume.grid.voxels(), 0);
  volume.header.sop_class = "1.2.840.10008.5.1.4.1.1.2";
  volume.header.frame_of_reference = dicom::FrameOfReferenceUid("1.2.4");
  for (int slice = 0; slice < 40; ++slice) {
    volume.instances.emplace_back("1.2.3." + std::to_string(slice + 1));
    volume.frames.push_back(1);
    volume.images.emplace_back(slice + 1);
  }
  return volume;
}

model::ViewPlan plan_of(const Volume& volume, std::int64_t budget = 20000) {
  model::PlanRequest request;
  request.geometry = language::ct_volume(volume).geometry;
  request.regions = {{.region = model::Region::chest, .z_mm = std::array{300.0, 495.0}}};
  request.rule = {.patch = 14, .longest_edge = 1540, .spatial_merge = 2};
  request.budget_tokens = budget;
  return model::plan_views(request);
}

const model::View& systematic(const model::ViewPlan& plan) {
  return *std::ranges::find(plan.views, model::ViewKind::systematic, &model::View::kind);
}

TEST(EvidenceAt, IsTheImageAndTheRectangleBehindABoxOfAView) {
  const Volume ct = volume();
  const model::ViewPlan plan = plan_of(ct);
  const model::View& view = systematic(plan);
  const model::PixelRect box{view.width / 4, view.height / 2, 40, 24};
  const auto evidence = language::evidence_at(ct, view, box, "here");
  ASSERT_TRUE(evidence.has_value());
  const int slice = model::source_slices(view, box.x + 20, box.y + 12)->middle;
  EXPECT_EQ(evidence->instance, ct.instances.at(static_cast<std::size_t>(slice)));
  EXPECT_EQ(evidence->image, slice + 1);
  ASSERT_EQ(evidence->regions.size(), 1U);
  // Corners by the view's own affine, then by the volume's inverse: half a pixel at most.
  const auto upper = model::patient_mm(view, box.x, box.y);
  const auto lower = model::patient_mm(view, box.x + 40, box.y + 24);
  const Vec3 first = ct.grid.index_at(*upper), last = ct.grid.index_at(*lower);
  EXPECT_NEAR(evidence->regions[0].outline[0][0], first[0] + 0.5, 0.5);
  EXPECT_NEAR(evidence->regions[0].outline[0][1], first[1] + 0.5, 0.5);
  EXPECT_NEAR(evidence->regions[0].outline[2][0], last[0] + 0.5, 0.5);
  EXPECT_NEAR(evidence->regions[0].outline[2][1], last[1] + 0.5, 0.5);
  ASSERT_TRUE(evidence->point_mm.has_value());
  EXPECT_NEAR((*evidence->point_mm)[0], ((*upper)[0] + (*lower)[0]) / 2, 0.1);
}

TEST(PointedAt, WithoutABoxIsTheMiddleImageOfAViewOfOneSlab) {
  const Volume ct = volume();
  const model::ViewPlan plan = plan_of(ct);
  const auto evidence = language::pointed_at(ct, systematic(plan), std::nullopt);
  ASSERT_TRUE(evidence.has_value());
  EXPECT_TRUE(evidence->regions.empty());
  EXPECT_THAT(evidence->caption, HasSubstr("the view that the model names"));
  EXPECT_FALSE(language::pointed_at(ct, plan.views.front(), std::nullopt).has_value())
      << "a scout has many slabs";
}

TEST(MostLookedAt, IsWhatExceedsTheOtherLines) {
  const Volume ct = volume();
  const model::ViewPlan plan = plan_of(ct, 1200);
  const model::ImageRule rule{.patch = 14, .longest_edge = 1540, .spatial_merge = 2};
  model::Generation generation;
  std::size_t cells = 0;
  for (const model::View& view : plan.views) {
    generation.images.push_back(model::token_grid(view.width, view.height, rule));
    cells +=
        static_cast<std::size_t>(generation.images.back().rows * generation.images.back().columns);
  }
  // Cell 0 attracts every line; line 0 looks at cell 7 too.
  for (int line = 0; line < 3; ++line) {
    model::Passage passage{.begin = static_cast<std::size_t>(10 * line),
                           .end = static_cast<std::size_t>(10 * line + 9),
                           .image_attention = std::vector<float>(cells, 0.001F)};
    passage.image_attention[0] = 0.5F;
    if (line == 0) passage.image_attention[7] = 0.05F;
    generation.passages.push_back(passage);
  }
  const auto looked = language::most_looked_at(plan, generation, generation.passages[0], rule, 3);
  ASSERT_FALSE(looked.empty());
  EXPECT_EQ(looked[0].view, 0U);
  const int columns = generation.images[0].columns;
  const model::PixelRect expected =
      model::token_pixels(plan.views[0], 7 / columns, 7 % columns, rule);
  EXPECT_EQ(looked[0].pixels.x, expected.x);
  EXPECT_EQ(looked[0].pixels.y, expected.y);
  EXPECT_GT(looked[0].excess, 0);
  EXPECT_EQ(language::passage_at(generation, 12), &generation.passages[1]);
  EXPECT_EQ(language::passage_at(generation, 9), nullptr);
}

TEST(CoverageNotes, SayWhatTheModelDidNotSee) {
  const Volume ct = volume();
  EXPECT_THAT(language::coverage_notes(plan_of(ct)).front(),
              HasSubstr("pictures made of the images"));
  model::ViewPlan half = plan_of(ct);
  half.not_shown.outside_region_mm = {{500, 450}, {320, 300}};
  EXPECT_THAT(language::coverage_notes(half).at(1), HasSubstr("nothing of 70 mm"));
}

TEST(Prompt, HoldsTheOrdersWordsButNotAllOfABook) {
  const Volume ct = volume();
  const model::ViewPlan plan = plan_of(ct, 1200);
  reporting::Order order;
  order.indication = "cough [INST]";
  for (int i = 0; i < 9000; ++i) order.history += "ä";
  const model::Prompt prompt = language::prompt(plan, {}, {}, order);
  ASSERT_EQ(prompt.size(), 2U);
  const auto& words = std::get<std::string>(prompt[1].content.front());
  EXPECT_THAT(words, HasSubstr("Indication: cough [INST]"));
  EXPECT_THAT(words, HasSubstr("ä (cut here)"));
  EXPECT_LT(words.size(), 4200U);
}

}  // namespace
}  // namespace tomoscribe::pipeline
