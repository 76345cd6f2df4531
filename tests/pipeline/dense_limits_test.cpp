// What is said of dense lung where the scan, the posture or the tissue do not allow more.
#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/measure.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

using model::phantom::Kind;
using model::phantom::Side;
using reporting::Finding;
using testing::Contains;
using testing::HasSubstr;

model::phantom::Settings chest_with(std::vector<model::phantom::Finding> findings,
                                    std::uint64_t seed) {
  auto settings = tests::small_chest();
  settings.seed = seed;
  settings.nodule = false;
  settings.findings = std::move(findings);
  return settings;
}

/// The steps up to "opacity"; `before` may change the scene on the way.
Findings measured(const Volume& volume,
                  const std::function<void(std::string_view step, Scene& scene)>& before = {}) {
  Scene scene = make_scene(volume);
  Findings findings;
  for (const Step& step : steps()) {
    if (before) before(step.name, scene);
    step.run(scene, findings);
    if (step.name == std::string_view("opacity")) break;
  }
  return findings;
}

const Finding& one(const Findings& findings, std::string_view id) {
  const auto found = std::ranges::find(findings, id, &Finding::id);
  if (found == findings.end()) throw std::runtime_error("no finding " + std::string(id));
  return *found;
}

const reporting::Measurement& number(const Findings& findings, std::string_view id) {
  for (const Finding& finding : findings)
    for (const auto& measurement : finding.measurements)
      if (measurement.id == id) return measurement;
  throw std::runtime_error("no measurement " + std::string(id));
}

bool proposes(const Findings& findings, std::string_view prefix) {
  return std::ranges::any_of(findings, [&](const Finding& finding) {
    return finding.id.starts_with(prefix) && !finding.evidence.empty();
  });
}

/// The volume from slice `first` to `last`.
Volume part_of(const Volume& whole, int first, int last) {
  Volume part = whole;
  const auto plane = static_cast<std::ptrdiff_t>(whole.grid.offset(0, 0, 1));
  part.hu.assign(whole.hu.begin() + first * plane, whole.hu.begin() + (last + 1) * plane);
  const auto keep = [&](auto& list) {
    list.erase(list.begin() + last + 1, list.end());
    list.erase(list.begin(), list.begin() + first);
  };
  keep(part.instances), keep(part.frames), keep(part.images);
  part.grid.size[2] = last - first + 1;
  part.grid.origin_mm = whole.grid.point_mm(0, 0, first);
  return part;
}

TEST(DenseLung, FatBesideTheHeartIsNoMass) {
  auto settings = chest_with({{.kind = Kind::nodule, .side = Side::left, .size = 8}}, 4);
  settings.slices = 130;
  settings.noise_hu = 15;
  const Findings findings = measured(tests::chest_volume(model::phantom::make(settings)));
  EXPECT_FALSE(proposes(findings, "mass."));
  EXPECT_FALSE(proposes(findings, "consolidation"));
}

TEST(DenseLung, FluidThatWasNotRecognisedIsNoConsolidation) {
  const auto phantom =
      model::phantom::make(chest_with({{.kind = Kind::effusion, .side = Side::left, .size = 700},
                                       {.kind = Kind::effusion, .side = Side::right, .size = 300}},
                                      94));
  Volume volume = tests::chest_volume(phantom);
  // Whatever the search for fluid finds is taken from it.
  const Findings findings = measured(volume, [](std::string_view step, Scene& scene) {
    if (step == "opacity") scene.fluid.clear();
  });
  // A pool of that size lies more on diaphragm and mediastinum than against lung.
  EXPECT_TRUE(proposes(findings, "effusion.left"));
  EXPECT_FALSE(proposes(findings, "consolidation."));
  const Finding& seen = one(findings, "consolidation-or-fluid.left");
  EXPECT_THAT(seen.title, HasSubstr("pleural fluid or consolidation, left lung"));
  EXPECT_NE(seen.observation.value, "95436008");
  EXPECT_THAT(seen.measurements.front().conditions, Contains(HasSubstr("no bronchi: fluid")));
  const auto& share = number(findings, "opacity.left.consolidation");
  EXPECT_FALSE(share.value);
  EXPECT_THAT(share.not_assessed, HasSubstr("pleural fluid or consolidation"));
}

TEST(DenseLung, WhatIsDependentFollowsTheTableAsFluidDoes) {
  auto settings = chest_with({}, 14);
  settings.pixel_mm = 2;  // a field of view that holds the couch
  settings.lying = model::phantom::Lying::prone;
  Volume volume = tests::chest_volume(model::phantom::make(settings));
  volume.header.patient_position = "HFS";
  const Findings findings = measured(volume);
  EXPECT_THAT(number(findings, "opacity.right.high-attenuation").conditions,
              Contains(HasSubstr("lying prone by the table in the images, against the header")));
}

TEST(DenseLung, WhatTheScanCutsIsALowerBound) {
  const auto phantom =
      model::phantom::make(chest_with({{.kind = Kind::mass, .side = Side::right, .size = 45}}, 6));
  const Volume whole = tests::chest_volume(phantom);
  const auto& truth = tests::truth_of(phantom, "mass.1");
  const int middle = static_cast<int>(whole.grid.index_at(truth.centre_mm)[2]);
  const bool low = middle < whole.grid.size[2] / 2;
  const Findings findings =
      measured(low ? part_of(whole, middle, whole.grid.size[2] - 1) : part_of(whole, 0, middle));
  const std::string id =
      proposes(findings, "mass.") ? "mass.1.volume" : "consolidation.right.volume";
  EXPECT_TRUE(number(findings, id).lower_bound);
  EXPECT_THAT(number(findings, id).conditions, Contains(HasSubstr("cut by the")));
}

TEST(DenseLung, ALungWithoutAirHasItsOwnLine) {
  const auto phantom = model::phantom::make(chest_with({}, 14));
  const Volume volume = tests::chest_volume(phantom);
  const Findings findings = measured(volume, [](std::string_view step, Scene& scene) {
    if (step == "opacity")
      std::ranges::replace(scene.labels, std::uint8_t{left_lung}, std::uint8_t{body});
  });
  const Finding& left = one(findings, "opacity.left");
  EXPECT_EQ(left.presence, reporting::Presence::not_assessed);
  EXPECT_THAT(left.not_assessed, HasSubstr("no aerated lung was found on this side"));
  EXPECT_EQ(left.laterality, reporting::Laterality::left);
  EXPECT_THAT(one(findings, "consolidation").verification.reason,
              HasSubstr("the left lung was not found and not searched"));
}

TEST(DenseLung, WhereAThirdWasNotSeenNoShareIsGiven) {
  const auto phantom = model::phantom::make(chest_with({}, 14));
  const Volume volume = tests::chest_volume(phantom);
  const int top = volume.grid.size[2];
  const Findings findings = measured(volume, [top](std::string_view step, Scene& scene) {
    if (step != "opacity") return;
    gates::Result metal{.gate = "metal", .uses = {}, .reason = {}, .slices = {}};
    for (int slice = top * 55 / 100; slice < top; ++slice) metal.slices.push_back(slice);
    scene.gates.results.push_back(metal);
  });
  const auto& share = number(findings, "opacity.right.ground-glass");
  EXPECT_FALSE(share.value);
  EXPECT_THAT(share.not_assessed, HasSubstr("upper third of the lung's height was not seen"));
  EXPECT_THAT(share.conditions, Contains(HasSubstr("upper third not assessed")));
}

TEST(DenseLung, ThatNoneWasFoundIsSaidOfBothLungs) {
  const auto phantom = model::phantom::make(chest_with({}, 14));
  const Findings findings = measured(tests::chest_volume(phantom));
  EXPECT_THAT(number(findings, "opacity.right.consolidation").not_assessed,
              HasSubstr("none was found in the right lung"));
  EXPECT_THAT(number(findings, "opacity.left.consolidation").not_assessed,
              HasSubstr("none was found in the left lung"));
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
