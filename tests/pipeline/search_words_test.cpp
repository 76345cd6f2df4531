// What a search says of itself beside the candidates that it proposes, and of each side.
#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "pipeline/normalise.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

using model::phantom::Kind;
using model::phantom::Side;
using reporting::Finding;
using reporting::Outcome;
using reporting::Presence;
using testing::HasSubstr;
using testing::StartsWith;

TEST(SearchOutcome, SaysTheSameLimitsWithACandidateAndWithout) {
  const auto outcome = [](bool proposed) {
    return search_outcome("nodules", "Solid lung nodules", codes::nodule, codes::lung, proposed,
                          "smaller ones are not excluded");
  };
  const Finding without = outcome(false), with = outcome(true);
  EXPECT_EQ(without.title, "Solid lung nodules");
  EXPECT_EQ(without.verification.reason,
            "no candidate passed detection; smaller ones are not excluded");
  EXPECT_EQ(with.title, "Further solid lung nodules");
  EXPECT_EQ(with.verification.reason,
            "no other candidate passed detection; smaller ones are not excluded");
  for (const Finding* one : {&without, &with}) {
    EXPECT_EQ(one->presence, Presence::indeterminate);
    EXPECT_EQ(one->verification.outcome, Outcome::consistent);
  }
}

/// The working grid's last slice lies up to a voxel before the volume's.
TEST(ScanEnd, IsReachedOnThinSlicesWhateverTheirNumber) {
  auto settings = tests::small_chest();
  settings.columns = settings.rows = 16;
  settings.slices = 3;
  Volume volume = tests::chest_volume(model::phantom::make(settings));
  for (const int slices : {161, 162, 163, 164, 165, 166}) {
    volume.grid.size = {8, 8, slices};
    volume.grid.step_mm = {{{1.5, 0, 0}, {0, 1.5, 0}, {0, 0, 1.25}}};
    Scene scene{.volume = volume};
    scene.work.grid = patient_grid(volume.grid, working_mm);
    Mask mask(scene.work.grid.voxels());
    mask.back() = 1;
    EXPECT_TRUE(reaches_scan_end(scene, mask)) << slices;
    std::ranges::fill(mask, 0);
    mask[scene.work.grid.offset(0, 0, scene.work.grid.size[2] / 2)] = 1;
    EXPECT_FALSE(reaches_scan_end(scene, mask)) << slices;
  }
}

const Finding& of(const Findings& findings, std::string_view id) {
  const auto found = std::ranges::find(findings, id, &Finding::id);
  if (found == findings.end()) throw std::runtime_error("no finding " + std::string(id));
  return *found;
}

/// Fluid on the right, gas and a nodule on the left.
class SearchedChest : public testing::Test {
 protected:
  struct Held {
    explicit Held(Volume of) : volume(std::move(of)), scene(make_scene(volume)) {
      for (const Step& step : steps()) step.run(scene, findings);
    }
    Volume volume;
    Scene scene;
    Findings findings;
  };
  static void SetUpTestSuite() {
    auto settings = tests::small_chest();
    settings.slices = 120;
    settings.noise_hu = 10;
    settings.nodule = false;
    settings.findings = {{.kind = Kind::effusion, .side = Side::right, .size = 300},
                         {.kind = Kind::nodule, .side = Side::left, .size = 14},
                         {.kind = Kind::pneumothorax, .side = Side::left, .size = 150}};
    held() = std::make_unique<Held>(tests::chest_volume(model::phantom::make(settings)));
  }
  static void TearDownTestSuite() { held().reset(); }
  static const Findings& findings() { return held()->findings; }
  static Scene scene() { return held()->scene; }

 private:
  static std::unique_ptr<Held>& held() {
    static std::unique_ptr<Held> one;
    return one;
  }
};

TEST_F(SearchedChest, SaysWhatIsMissedBesideANodule) {
  ASSERT_TRUE(of(findings(), "nodule.1").measurements.front().value);
  const Finding& further = of(findings(), "nodules");
  EXPECT_THAT(further.title, StartsWith("Further solid lung nodules of 6 mm or more"));
  EXPECT_THAT(further.verification.reason, HasSubstr("smaller, of ground glass or joined"));
}

TEST_F(SearchedChest, SaysOfTheOtherSideThatNothingWasFound) {
  ASSERT_TRUE(of(findings(), "effusion.right").measurements.front().value);
  const Finding& fluid = of(findings(), "effusion.left");
  EXPECT_EQ(fluid.title, "Pleural fluid of 15 mL or more, left");
  EXPECT_EQ(fluid.laterality, reporting::Laterality::left);
  EXPECT_EQ(fluid.verification.outcome, Outcome::consistent);
  EXPECT_THAT(fluid.verification.reason, StartsWith("no candidate passed detection"));
  EXPECT_THAT(fluid.verification.reason,
              HasSubstr("encapsulated fluid on either side is not excluded"));
  ASSERT_TRUE(of(findings(), "pneumothorax.left").measurements.front().value);
  EXPECT_EQ(of(findings(), "pneumothorax.right").title, "Pneumothorax of 30 mL or more, right");
}

TEST_F(SearchedChest, SaysThatNothingWasFoundWhereTheOtherSideWasNotAssessed) {
  Scene blind = scene();
  std::ranges::replace(blind.labels, std::uint8_t{right_lung}, std::uint8_t{body});
  Findings said;
  effusion(blind, said);
  EXPECT_EQ(of(said, "effusion.right").presence, Presence::not_assessed);
  EXPECT_EQ(of(said, "effusion.left").title, "Pleural fluid of 15 mL or more, left");
  EXPECT_EQ(said.size(), 2U);
}

TEST_F(SearchedChest, GivesGasThatTheScanCutsAsAtLeast) {
  Scene cut = scene();
  Findings said{of(findings(), "lungs")};
  cut.sections.of.back()[left_pleural_gas].voxels = 1;
  pneumothorax(cut, said);
  const auto& volume = of(said, "pneumothorax.left").measurements.front();
  EXPECT_TRUE(volume.lower_bound);
  EXPECT_THAT(volume.conditions, testing::Contains(HasSubstr("cut by the last slice")));
  EXPECT_FALSE(of(findings(), "pneumothorax.left").measurements.front().lower_bound);
}

TEST_F(SearchedChest, SaysOfALungThatIsCutThatOnlyAPartWasSearched) {
  Scene cut = scene();
  cut.sections.of.front()[right_lung].voxels = 2000;
  Findings said{of(findings(), "lungs")};
  pneumothorax(cut, said);
  EXPECT_THAT(of(said, "pneumothorax.right").verification.reason,
              HasSubstr("only a part of the lungs is in the scan"));
  cut.sections.of.front()[right_lung].voxels = 0;
  for (auto& slice : cut.sections.of) slice[right_lung].voxels = 0;
  said.erase(said.begin() + 1, said.end());
  pneumothorax(cut, said);
  const Finding& right = of(said, "pneumothorax.right");
  EXPECT_EQ(right.presence, Presence::not_assessed);
  EXPECT_EQ(right.not_assessed, "no aerated lung was found on this side");
  EXPECT_EQ(right.laterality, reporting::Laterality::right);
}

TEST_F(SearchedChest, DoesNotCallTheWholeScanAPart) {
  const Finding& aorta = of(findings(), "aorta.abdominal");
  ASSERT_EQ(aorta.presence, Presence::not_assessed);
  EXPECT_THAT(aorta.not_assessed, HasSubstr("neither levels nor a course"));
  EXPECT_THAT(aorta.not_assessed, testing::Not(HasSubstr("followed only from")));
}

TEST(CutChest, HasFluidOfAtLeastThatMuch) {
  auto settings = tests::small_chest();
  settings.slices = 120;
  settings.noise_hu = 10;
  settings.nodule = false;
  settings.findings = {{.kind = Kind::effusion, .side = Side::right, .size = 500}};
  Volume volume = tests::chest_volume(model::phantom::make(settings));
  constexpr int off = 45;  // slices below are not in the scan
  volume.grid.origin_mm = volume.grid.point_mm(0, 0, off);
  volume.grid.size[2] -= off;
  const auto plane = static_cast<std::ptrdiff_t>(volume.grid.offset(0, 0, 1));
  volume.hu.erase(volume.hu.begin(), volume.hu.begin() + off * plane);
  volume.instances.erase(volume.instances.begin(), volume.instances.begin() + off);
  volume.images.erase(volume.images.begin(), volume.images.begin() + off);
  volume.frames.resize(volume.images.size());
  Scene scene = make_scene(volume);
  Findings findings;
  for (const Step& step : steps()) {
    step.run(scene, findings);
    if (std::string_view(step.name) == "effusion") break;
  }
  const Finding& fluid = of(findings, "effusion.right");
  ASSERT_FALSE(fluid.measurements.empty()) << fluid.verification.reason;
  EXPECT_THAT(fluid.title, HasSubstr("in the scanned part"));
  EXPECT_TRUE(fluid.measurements.front().lower_bound);
  EXPECT_FALSE(fluid.measurements.back().lower_bound) << "a density is not cut";
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
