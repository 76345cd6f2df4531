// Heights of vertebral bodies, against the phantom's known wedge and against boxes painted here.
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/measure.h"
#include "pipeline/measure/spine/body_heights.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A chest of which nothing but the spine was measured; the volume outlives the scene.
struct Spined {
  explicit Spined(const model::phantom::Phantom& phantom)
      : volume(tests::chest_volume(phantom)), scene(make_scene(volume)) {
    for (const Step& step : steps()) {
      step.run(scene, findings);
      if (step.name == std::string_view("levels")) break;
    }
  }
  Spined(const Spined&) = delete;
  Spined& operator=(const Spined&) = delete;
  ~Spined() = default;
  Findings heights() {
    Findings found;
    vertebral_heights(scene, found);
    return found;
  }
  Volume volume;
  Scene scene;
  Findings findings;
};

model::phantom::Settings chest() {
  model::phantom::Settings settings = tests::small_chest();
  settings.slices = 165;  // down to L1
  settings.thickness_mm = settings.slice_mm;
  settings.nodule = false;
  return settings;
}

TEST(VertebralHeights, ACompressedBodyIsProposedWithItsLoss) {
  model::phantom::Settings settings = chest();
  settings.findings = {{.kind = model::phantom::Kind::compression, .size = 50, .level = "T8"}};
  Spined spine(model::phantom::make(settings));
  const Findings found = spine.heights();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_THAT(found[1].title, HasSubstr("Further vertebral bodies"));
  EXPECT_THAT(found[1].verification.reason, HasSubstr("fractures without loss of height"));
  EXPECT_EQ(found[0].id, "spine.height.1");
  EXPECT_EQ(found[0].presence, reporting::Presence::indeterminate);
  EXPECT_THAT(found[0].title, HasSubstr("T8 in front"));
  ASSERT_EQ(found[0].measurements.size(), 4U);
  EXPECT_THAT(found[0].title, HasSubstr("Genant grade"));
  EXPECT_NEAR(*found[0].measurements[0].value, 50, *found[0].measurements[0].uncertainty);
  EXPECT_FALSE(found[0].evidence.empty());
  // Where adult norms do not hold (a child) there is no grade and no rule.
  spine.scene.gates.results.push_back({.gate = "age",
                                       .outcome = gates::Outcome::restrict,
                                       .uses = {gates::Use::norms},
                                       .reason = "the patient is 7 years old",
                                       .slices = {}});
  const Findings of_child = spine.heights();
  ASSERT_EQ(of_child.size(), 2U);
  EXPECT_THAT(of_child[0].title, Not(HasSubstr("Genant")));
  EXPECT_EQ(of_child[0].recommendation, "");
}

TEST(VertebralHeights, OfAHealthySpineNothingIsProposedAndThickSlicesAreRefused) {
  Spined spine(model::phantom::make(chest()));
  const Findings found = spine.heights();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, "spine.height");
  EXPECT_EQ(found[0].presence, reporting::Presence::indeterminate);
  EXPECT_THAT(found[0].verification.reason, HasSubstr("judged: T1, T2, T3"));

  spine.volume.header.planes[0].slice_thickness_mm = 5;
  const Findings thick = spine.heights();
  ASSERT_EQ(thick.size(), 1U);
  EXPECT_THAT(thick[0].not_assessed, HasSubstr("slices of 5.0 mm"));
}

/// Bodies of marrow no denser than the discs, behind plates of 2 mm; 24 mm from disc to disc, discs
/// of 4 mm. The lower of two boxes lies 24 mm below the upper.
BodyBox painted(double low_mm, double lost_in_front) {
  constexpr double pitch_mm = 24, height_mm = 20, plate_mm = 2, half_depth_mm = 14;
  BodyBox box;
  box.plane = {.body = {0, 0, low_mm / working_mm},
               .canal = {},
               .across = {1, 0, 0},
               .forward = {0, -1, 0},
               .up = {0, 0, 1},
               .half_depth_mm = half_depth_mm,
               .half_width_mm = 16};
  box.half_height_mm = pitch_mm / 2;
  box.hu.resize(index_of(BodyBox::across_count * BodyBox::forward_count) *
                index_of(BodyBox::up_count));
  for (int k = -BodyBox::half_up; k <= BodyBox::half_up; ++k)
    for (int y = -BodyBox::half_forward; y <= BodyBox::half_forward; ++y)
      for (int x = -BodyBox::half_across; x <= BodyBox::half_across; ++x) {
        const double z = k * BodyBox::up_mm + low_mm, body = std::round(z / pitch_mm);
        const double lost =
            body == 0 ? height_mm * lost_in_front * (y + half_depth_mm) / (2 * half_depth_mm) : 0;
        const double up = z - body * pitch_mm;
        const double inside = std::min(up + height_mm / 2, height_mm / 2 - lost - up);
        box.hu[BodyBox::at(x, y, k)] = inside > 0 && inside < plate_mm ? 300 : 90;
      }
  return box;
}

TEST(VertebralHeights, ANeighboursEndplateIsNotTakenForTheBodysOwn) {
  for (const double lost : {0.0, 0.3}) {
    const auto all = body_heights({painted(-24, lost), painted(0, lost), painted(24, lost)});
    ASSERT_EQ(all.size(), 3U);
    EXPECT_FALSE(all[0].not_assessed.empty());
    ASSERT_EQ(all[1].not_assessed, "");
    EXPECT_NEAR(all[1].back_mm, 20, 1);
    EXPECT_NEAR(all[1].front_mm, 20 * (1 - lost), 1);
    EXPECT_NEAR(all[1].middle_mm, 20 * (1 - lost / 2), 1);
  }
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
