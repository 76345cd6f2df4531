// Fluid and gas of the pleura in patients who do not lie on the back.
#include "pipeline/measure/chest/lying.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pipeline/gates_phantom.h"

namespace tomoscribe::pipeline::measure {
namespace {

using model::phantom::Kind;
using model::phantom::Side;
using testing::HasSubstr;

/// A field of view that holds the couch on any side of the patient.
model::phantom::Settings lying(model::phantom::Lying how) {
  auto settings = tests::small_chest();
  settings.pixel_mm = 2;
  settings.nodule = false;
  settings.lying = how;
  return settings;
}

Findings measured(const Volume& volume) {
  Scene scene = make_scene(volume);
  Findings findings;
  for (const Step& step : steps()) {
    const std::string_view name = step.name;
    if (name == "opacity" || name == "nodules") continue;
    step.run(scene, findings);
    if (name == "pneumothorax") break;
  }
  return findings;
}

const reporting::Finding& one(const Findings& findings, std::string_view id) {
  const auto found = std::ranges::find(findings, id, &reporting::Finding::id);
  if (found == findings.end()) throw std::runtime_error("no finding " + std::string(id));
  return *found;
}

struct Fluid {
  model::phantom::Phantom phantom;
  Findings findings;
};

/// Fluid on one side, gas on the other.
Fluid fluid_and_gas(model::phantom::Lying how, Side fluid, Side gas, const char* header) {
  auto settings = lying(how);
  settings.findings = {{.kind = Kind::effusion, .side = fluid, .size = 350},
                       {.kind = Kind::pneumothorax, .side = gas, .size = 250}};
  Fluid result{.phantom = model::phantom::make(settings), .findings = {}};
  Volume volume = tests::chest_volume(result.phantom);
  volume.header.patient_position = header;
  result.findings = measured(volume);
  return result;
}

void expect_inside(const Fluid& seen, const std::string& id, const std::string& truth) {
  const auto& volume = one(seen.findings, id).measurements.front();
  EXPECT_NEAR(*volume.value, tests::truth_of(seen.phantom, truth).volume_ml,
              1.5 * *volume.uncertainty)
      << id;
}

TEST(LyingPhantom, ProneGasIsFoundBehindAndTheSearchForFluidSaysWhatItMisses) {
  const Fluid seen = fluid_and_gas(model::phantom::Lying::prone, Side::right, Side::left, "HFP");
  expect_inside(seen, "pneumothorax.left", "pneumothorax.1");
  EXPECT_THAT(one(seen.findings, "pneumothorax.left").title,
              HasSubstr("searched as lying prone by the header and the table"));
  const auto fluid = std::ranges::find(seen.findings, "effusion", &reporting::Finding::id);
  if (fluid == seen.findings.end())
    return expect_inside(seen, "effusion.right", "effusion.1");  // found all the same
  EXPECT_THAT(fluid->verification.reason, HasSubstr("fluid in front, where no ribs are"));
}

TEST(LyingPhantom, OnTheLeftSideFluidIsFoundInTheLeftPleuraAndGasInTheRight) {
  const Fluid seen =
      fluid_and_gas(model::phantom::Lying::left_side, Side::left, Side::right, "HFS");
  expect_inside(seen, "effusion.left", "effusion.1");
  expect_inside(seen, "pneumothorax.right", "pneumothorax.1");
  EXPECT_THAT(
      one(seen.findings, "pneumothorax.right").title,
      HasSubstr("on the left side by the table in the images, against the header (supine)"));
}

TEST(LyingPhantom, ThePositionIsTakenFromTheTableThenTheHeaderAndElseSaidToBeUnknown) {
  auto settings = lying(model::phantom::Lying::right_side);
  settings.columns = settings.rows = 160;
  settings.pixel_mm = 3.2;
  settings.slices = 60;
  Volume volume = tests::chest_volume(model::phantom::make(settings));
  Scene scene = gates::body_of(volume);
  EXPECT_EQ(lying_of(scene).down, gates::Side::right);
  EXPECT_TRUE(lying_of(scene).sure);
  volume.header.patient_position = "FFDL";
  EXPECT_EQ(lying_of(scene).down, gates::Side::right) << "the patient lies on the table";
  EXPECT_FALSE(lying_of(scene).sure);
  scene.native.labels.clear();  // no table is seen
  EXPECT_EQ(lying_of(scene).down, gates::Side::left);
  EXPECT_TRUE(lying_of(scene).sure);
  volume.header.patient_position = "";
  EXPECT_EQ(lying_of(scene).down, gates::Side::back);
  EXPECT_TRUE(lying_of(scene).unusual()) << "to be said";
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
