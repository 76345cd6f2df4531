// Every measurement asks the gates that concern it: phantoms that are sound, a gate that forbids,
// and what the findings say then.
#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "reporting/knowledge/rules.h"
#include "tests/pipeline/chest_volume.h"
#include "tests/pipeline/head_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

using gates::Use;
using model::phantom::Kind;
using model::phantom::Side;
using reporting::Finding;
using reporting::Measurement;
using reporting::Presence;
using testing::Contains;
using testing::HasSubstr;

constexpr const char* because = "for the sake of the test";

/// A scan measured as far as the gates; the rest a test runs as it likes.
struct Checked {
  explicit Checked(Volume of) : volume(std::move(of)), scene(make_scene(volume)) {
    for (const Step& step : steps()) {
      step.run(scene, findings);
      if (std::string_view(step.name) == "gates") return;
    }
  }
  Checked(const Checked&) = delete;
  Checked& operator=(const Checked&) = delete;
  ~Checked() = default;
  Volume volume;
  Scene scene;
  Findings findings;
};

/// A copy of it, with what a gate says besides.
struct Asked {
  explicit Asked(const Checked& checked) : scene(checked.scene), findings(checked.findings) {}
  void forbid(std::initializer_list<Use> uses) {
    scene.gates.results.push_back(
        {.gate = "test", .outcome = gates::Outcome::restrict, .uses = uses, .reason = because});
  }
  /// Slices of the volume, both included.
  void exclude(int first, int last) {
    gates::Result result{.gate = "test", .reason = because};
    for (int slice = first; slice <= last; ++slice) result.slices.push_back(slice);
    scene.gates.results.push_back(std::move(result));
  }
  void run(std::initializer_list<std::string_view> names) {
    for (const Step& step : steps())
      if (std::ranges::find(names, step.name) != names.end()) step.run(scene, findings);
  }
  const Finding* find(std::string_view id) const {
    const auto found = std::ranges::find(findings, id, &Finding::id);
    return found == findings.end() ? nullptr : &*found;
  }
  const Measurement& number(std::string_view id) const {
    for (const Finding& finding : findings)
      for (const Measurement& one : finding.measurements)
        if (one.id == id) return one;
    throw std::runtime_error("no measurement " + std::string(id));
  }
  Scene scene;
  Findings findings;
};

/// Fluid on the right, gas on the left, a wide aorta, calcium, and the first lumbar vertebra.
class AskedChest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto settings = tests::small_chest();
    settings.slices = 165;
    settings.thickness_mm = settings.slice_mm;
    settings.noise_hu = 10;
    settings.trabecular_hu = 90;
    settings.nodule = false;
    settings.findings = {{.kind = Kind::effusion, .side = Side::right, .size = 300},
                         {.kind = Kind::pneumothorax, .side = Side::left, .size = 150},
                         {.kind = Kind::coronary_calcium, .size = 300},
                         {.kind = Kind::aneurysm, .size = 50}};
    held() = std::make_unique<Checked>(tests::chest_volume(model::phantom::make(settings)));
  }
  static void TearDownTestSuite() { held().reset(); }
  static Checked& checked() { return *held(); }

 private:
  static std::unique_ptr<Checked>& held() {
    static std::unique_ptr<Checked> one;
    return one;
  }
};

TEST_F(AskedChest, GivesFluidAndGasWithoutAVolumeWhereVolumesAreForbidden) {
  Asked chest(checked());
  chest.forbid({Use::volume});
  chest.run({"effusion", "pneumothorax", "held-back"});
  EXPECT_TRUE(chest.number("effusion.right.depth").value);
  const Finding* gas = chest.find("pneumothorax.left");
  ASSERT_NE(gas, nullptr);
  EXPECT_TRUE(gas->critical);
  for (const char* id : {"effusion.right.volume", "pneumothorax.left.volume"}) {
    EXPECT_FALSE(chest.number(id).value) << id;
    EXPECT_EQ(chest.number(id).not_assessed, because) << id;
  }
}

TEST_F(AskedChest, SaysNothingOfThirtyMillilitresOfGasWhereVolumesAreForbidden) {
  Asked chest(checked());
  for (auto& slice : chest.scene.sections.of) slice[left_pleural_gas] = {};
  Asked forbidden = chest;
  chest.run({"pneumothorax"});
  EXPECT_EQ(chest.find("pneumothorax")->presence, Presence::indeterminate);
  forbidden.forbid({Use::volume});
  forbidden.run({"pneumothorax"});
  EXPECT_EQ(forbidden.find("pneumothorax")->presence, Presence::not_assessed);
  EXPECT_EQ(forbidden.find("pneumothorax")->not_assessed, because);
}

TEST_F(AskedChest, RefusesTheDensityOfL1AtAnotherEnergyOrScale) {
  Asked chest(checked());
  chest.run({"trabecular"});
  ASSERT_TRUE(chest.number("spine.trabecular.L1").value);
  EXPECT_THAT(chest.find("spine.density")->recommendation, HasSubstr("osteoporosis"));
  Asked forbidden(checked());
  forbidden.forbid({Use::bone});
  forbidden.run({"trabecular"});
  EXPECT_EQ(forbidden.find("spine.density")->not_assessed, because);
}

TEST_F(AskedChest, GivesL1WithoutItsLimitWhereContrastWasMeasured) {
  Asked enhanced(checked());
  enhanced.scene.contrast = {.phase = ContrastPhase::enhanced, .blood_hu = 180};
  enhanced.run({"trabecular"});
  EXPECT_TRUE(enhanced.number("spine.trabecular.L1").value);
  EXPECT_EQ(enhanced.find("spine.density")->recommendation, "");
  EXPECT_THAT(enhanced.number("spine.trabecular.L1").conditions,
              Contains(HasSubstr("not compared with published limits: the blood measures 180")));
  Asked unknown(checked());
  unknown.scene.contrast = {};
  unknown.run({"trabecular"});
  EXPECT_TRUE(unknown.number("spine.trabecular.L1").value);
  EXPECT_EQ(unknown.find("spine.density")->recommendation, "");
}

TEST_F(AskedChest, HoldsNoChildAgainstTheLimitsOfAdults) {
  const std::initializer_list<std::string_view> names{"coronary-calcium", "trabecular", "aorta",
                                                      "cardiothoracic", "held-back"};
  Asked adult(checked()), child(checked());
  child.forbid({Use::norms});
  adult.run(names);
  child.run(names);
  for (const char* id : {"coronary.calcium", "spine.density", "aorta.thoracic"}) {
    EXPECT_NE(adult.find(id)->recommendation, "") << id;
    EXPECT_EQ(child.find(id)->recommendation, "") << id;
    EXPECT_TRUE(child.find(id)->citations.empty()) << id;
    const Measurement& first = child.find(id)->measurements.front();
    EXPECT_EQ(first.value, adult.find(id)->measurements.front().value) << id;
    EXPECT_THAT(first.conditions, Contains(HasSubstr(because))) << id;
  }
  const auto classed =
      testing::AnyOf(HasSubstr("severe"), HasSubstr("moderate"), HasSubstr("mild"));
  EXPECT_THAT(adult.find("coronary.calcium")->title, classed);
  EXPECT_THAT(child.find("coronary.calcium")->title, testing::Not(classed));
  EXPECT_THAT(adult.find("aorta.thoracic")->title, HasSubstr("wide"));
  EXPECT_THAT(child.find("aorta.thoracic")->title, testing::Not(HasSubstr("wide")));
  EXPECT_THAT(child.number("heart.width.ratio").conditions, Contains(HasSubstr(because)));
}

TEST_F(AskedChest, HoldsNoHeartAgainstAChestThatIsBreathedOut) {
  Asked chest(checked());
  chest.forbid({Use::proportions});
  chest.run({"cardiothoracic"});
  EXPECT_TRUE(chest.number("heart.width.ratio").value);
  EXPECT_THAT(chest.number("heart.width.ratio").conditions,
              Contains(HasSubstr("not compared with the limit of 0.5")));
}

TEST_F(AskedChest, RefusesCalciumAndSizesWhereTheyAreForbidden) {
  Asked chest(checked());
  chest.scene.contrast = {};
  chest.forbid({Use::size});
  chest.run({"coronary-calcium", "aorta"});
  EXPECT_THAT(chest.find("coronary.calcium")->not_assessed, HasSubstr("contrast agent"));
  EXPECT_EQ(chest.find("aorta.thoracic")->not_assessed, because);
}

TEST_F(AskedChest, WithdrawsTheDensityOfTheBloodWhereDensitiesAreForbidden) {
  checked().volume.header.model_name = "On-Board Imager";
  Asked cone(checked());
  cone.run({"gates"});
  checked().volume.header.model_name.clear();
  EXPECT_THAT(cone.find("contrast")->not_assessed, HasSubstr("cone beam CT"));
  EXPECT_TRUE(cone.find("contrast")->measurements.empty());
  EXPECT_EQ(cone.scene.contrast.phase, ContrastPhase::unknown);
}

TEST_F(AskedChest, LeavesExcludedSlicesOutOfSharesAndDensities) {
  Volume& volume = checked().volume;
  const int last = volume.grid.size[2] - 1, from = last / 2;
  const auto first_voxel = static_cast<std::ptrdiff_t>(volume.grid.offset(0, 0, from));
  const std::vector<std::int16_t> before = volume.hu;
  std::replace_if(  // streaks: all lung there is as dark as air
      volume.hu.begin() + first_voxel, volume.hu.end(), [](std::int16_t hu) { return hu < -600; },
      std::int16_t{-1000});
  Asked streaks(checked()), excluded(checked());
  excluded.exclude(from, last);
  for (Asked* one : {&streaks, &excluded})
    one->run({"lung-volume", "laa950", "effusion", "opacity"});
  volume.hu = before;
  EXPECT_GT(*streaks.number("lung.laa950.right").value, 30);
  EXPECT_LT(*excluded.number("lung.laa950.right").value, 10);
  EXPECT_THAT(excluded.number("lung.laa950.right").conditions, Contains(HasSubstr("not counted")));
  EXPECT_THAT(excluded.number("opacity.right.high-attenuation").conditions,
              Contains(HasSubstr("slices are left out")));
  EXPECT_TRUE(excluded.number("effusion.right.attenuation").value);
}

TEST_F(AskedChest, MeasuresNoDensityWhereEverySliceIsExcluded) {
  Asked chest(checked());
  chest.exclude(0, checked().volume.grid.size[2] - 1);
  chest.run({"effusion", "trabecular", "aorta", "liver"});
  EXPECT_FALSE(chest.number("effusion.right.attenuation").value);
  EXPECT_THAT(chest.number("effusion.right.attenuation").not_assessed, HasSubstr("left out"));
  EXPECT_THAT(chest.find("spine.density")->not_assessed, HasSubstr("left out"));
  EXPECT_EQ(chest.find("aorta.thoracic")->presence, Presence::not_assessed);
  EXPECT_EQ(chest.find("liver")->presence, Presence::not_assessed);
}

TEST_F(AskedChest, MeasuresTheBloodAgainWithoutSlicesNearMetal) {
  Volume& volume = checked().volume;
  const std::vector<std::int16_t> before = volume.hu;
  const int middle = volume.grid.size[2] / 2;
  for (int row = 150; row < 155; ++row)
    for (int column = 60; column < 65; ++column)
      volume.hu[volume.grid.offset(column, row, middle)] = 3000;
  Asked chest(checked());
  chest.run({"gates"});
  volume.hu = before;
  ASSERT_TRUE(chest.scene.gates.excludes(middle));
  EXPECT_THAT(chest.number("contrast.blood").conditions, Contains(HasSubstr("left out")));
  EXPECT_TRUE(chest.scene.contrast.blood_hu);
}

TEST(AskedNodule, HasNoDensityNearMetal) {
  const Checked checked(tests::chest_volume(model::phantom::thorax(tests::small_chest())));
  Asked chest(checked);
  chest.exclude(0, checked.volume.grid.size[2] - 1);
  chest.run({"lung-volume", "opacity", "nodules"});
  EXPECT_TRUE(chest.number("nodule.1.diameter").value);
  EXPECT_FALSE(chest.number("nodule.1.attenuation").value);
  EXPECT_THAT(chest.number("nodule.1.attenuation").not_assessed, HasSubstr("left out"));
}

tests::HeadRecipe coarse_head() {
  tests::HeadRecipe recipe;
  recipe.pixel_mm = 1.5;
  recipe.slice_mm = 3;
  return recipe;
}

TEST(AskedHead, IsNotComparedSideWithSideWhereThatIsForbidden) {
  const Checked checked(tests::head_volume(coarse_head()));
  const std::initializer_list<std::string_view> names{"hyperdense", "extra-axial", "ventricles",
                                                      "midline-shift", "low-density"};
  Asked sound(checked), turned(checked);
  turned.forbid({Use::symmetry});
  sound.run(names);
  turned.run(names);
  for (const char* id : {"head.midline-shift", "head.low-density"}) {
    EXPECT_EQ(sound.find(id)->presence, Presence::indeterminate) << sound.find(id)->not_assessed;
    EXPECT_EQ(turned.find(id)->presence, Presence::not_assessed) << id;
    EXPECT_EQ(turned.find(id)->not_assessed, because) << id;
  }
  EXPECT_EQ(turned.find("head.ventricles")->presence, Presence::present);
  // Blood against the vault is searched on each side by itself.
  EXPECT_EQ(turned.find("head.extra-axial")->presence, Presence::indeterminate);
}

TEST(AskedHead, GivesNoVolumeAndNoRuleOfItWhereVolumesAreForbidden) {
  tests::HeadRecipe recipe = coarse_head();
  recipe.lesions = {{.centre = {32, 5, 15}, .radii = {22, 22, 22}, .hu = 68}};  // 45 mL
  const Checked checked(tests::head_volume(recipe));
  Asked sound(checked), forbidden(checked);
  forbidden.forbid({Use::volume});
  for (Asked* one : {&sound, &forbidden}) one->run({"hyperdense", "ventricles", "held-back"});
  EXPECT_THAT(sound.find("head.hyperdense.1")->recommendation, HasSubstr("ICH score"));
  EXPECT_EQ(forbidden.find("head.hyperdense.1")->recommendation, "");
  EXPECT_TRUE(forbidden.find("head.hyperdense.1")->critical);
  for (const char* id :
       {"head.hyperdense.1.volume", "head.hyperdense.1.abc2", "head.ventricles.volume"})
    EXPECT_EQ(forbidden.number(id).not_assessed, because) << id;
  EXPECT_TRUE(forbidden.number("head.hyperdense.1.density").value);
}

TEST(AskedHead, IsNotSearchedByDensityWhereDensitiesAreForbidden) {
  const Checked checked(tests::head_volume(coarse_head()));
  Asked head(checked);
  head.forbid({Use::density});
  head.run({"hyperdense", "extra-axial", "ventricles", "midline-shift", "low-density"});
  for (const char* id : {"head.hyperdense", "head.extra-axial", "head.ventricles",
                         "head.midline-shift", "head.low-density"})
    EXPECT_EQ(head.find(id)->not_assessed, because) << id;
}

TEST(HeldBack, TakesARuleForAdultsOffEveryFindingAndKeepsTheValue) {
  const Volume volume{.header = tests::chest_header({.settings = tests::small_chest()}, 0)};
  Scene scene{.volume = volume};
  Findings findings(1, {.id = "composition.l3", .tracking = dicom::TrackingUid("1.2.3")});
  findings.front().measurements = {{.id = "composition.l3.muscle-index", .value = 28.8}};
  reporting::knowledge::recommend(findings.front(),
                                  reporting::knowledge::rule("muscle.index-female"));
  adult_limits(scene, findings);
  EXPECT_THAT(findings.front().recommendation, HasSubstr("sarcopenia"));
  scene.gates.results = {{.gate = "age-and-surgery",
                          .outcome = gates::Outcome::restrict,
                          .uses = {Use::norms},
                          .reason = "the patient is 8 years old"}};
  adult_limits(scene, findings);
  EXPECT_EQ(findings.front().recommendation, "");
  EXPECT_EQ(findings.front().measurements.front().value, 28.8);
  EXPECT_THAT(
      findings.front().measurements.front().conditions,
      testing::ElementsAre("not compared with limits published for adults: the patient is 8 "
                           "years old"));
  // After a comparison with an earlier study the limits are looked at once more.
  reporting::knowledge::recommend(findings.front(),
                                  reporting::knowledge::rule("muscle.index-female"));
  adult_limits(scene, findings);
  EXPECT_THAT(findings.front().measurements.front().conditions, testing::SizeIs(1));
}

TEST(HeldBack, LeavesNoNumberOfWhatItTakesBackInTheConditions) {
  const Volume volume{.header = tests::chest_header({.settings = tests::small_chest()}, 0)};
  Scene scene{.volume = volume};
  scene.gates.results = {{.gate = "missing-slices",
                          .outcome = gates::Outcome::restrict,
                          .uses = {Use::volume},
                          .reason = because}};
  Findings findings(1, {.id = "lungs", .tracking = dicom::TrackingUid("1.2.3")});
  findings.front().measurements = {
      {.id = "lung.volume.right",
       .concept_name = codes::volume,
       .value = 2431,
       .conditions = {"aerated lung only", "2431 mL of 2500 mL in the rib cage"}}};
  held_back(scene, findings);
  const auto& held = findings.front().measurements.front();
  EXPECT_FALSE(held.value);
  EXPECT_EQ(held.not_assessed, because);
  EXPECT_THAT(held.conditions, testing::ElementsAre("aerated lung only"));
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
