// The head: what can go wrong with the shape of it, and what must refuse. Made of ellipsoids, so
// that every number is known; phantoms of people are in head_phantom_test.cpp.
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/measure.h"
#include "tests/pipeline/head_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;
using reporting::Laterality;
using reporting::Measurement;
using reporting::Presence;
using testing::HasSubstr;
using tests::HeadRecipe;
using tests::HeadTruth;

Findings measured(const Volume& volume) {
  Scene scene = make_scene(volume);
  Findings findings;
  for (const Step& step : steps()) step.run(scene, findings);
  return findings;
}

/// What the gates say of it.
gates::Gates gates_of(const Volume& volume) {
  Scene scene = make_scene(volume);
  Findings findings;
  for (const Step& step : steps()) {
    step.run(scene, findings);
    if (std::string_view(step.name) == "gates") break;
  }
  return scene.gates;
}

const Finding* find(const Findings& findings, const std::string& id) {
  const auto found = std::ranges::find(findings, id, &Finding::id);
  return found == findings.end() ? nullptr : &*found;
}

const Measurement& measurement(const Findings& findings, const std::string& id) {
  for (const Finding& finding : findings)
    for (const Measurement& one : finding.measurements)
      if (one.id == id) return one;
  throw std::runtime_error("no measurement " + id);
}

/// Coarse enough for a test of a second.
HeadRecipe coarse() {
  HeadRecipe recipe;
  recipe.pixel_mm = 1.5;
  recipe.slice_mm = 3;
  return recipe;
}

TEST(Head, WithoutALesionGivesVolumesAndNoCandidate) {
  HeadTruth truth;
  const Findings findings = measured(tests::head_volume(coarse(), &truth));
  const Measurement& volume = measurement(findings, "head.intracranial.volume");
  ASSERT_TRUE(volume.value) << volume.not_assessed;
  EXPECT_NEAR(*volume.value, truth.intracranial_ml, 0.05 * truth.intracranial_ml);
  EXPECT_FALSE(volume.lower_bound);
  for (const Finding& finding : findings) EXPECT_FALSE(finding.critical) << finding.id;
  for (const char* id :
       {"head.hyperdense", "head.extra-axial", "head.midline-shift", "head.low-density"}) {
    ASSERT_NE(find(findings, id), nullptr) << id;
    EXPECT_EQ(find(findings, id)->presence, Presence::indeterminate) << id;
    EXPECT_THAT(find(findings, id)->verification.reason, HasSubstr("not excluded")) << id;
  }
}

TEST(Head, BloodIsMeasuredOnTheRightSideAndMarkedAsACandidate) {
  HeadRecipe recipe = coarse();
  recipe.lesions = {{{30, -5, 15}, {13, 11, 12}, 68}, {{-40, 10, 30}, {8, 8, 8}, 64}};
  HeadTruth truth;
  const Findings findings = measured(tests::head_volume(recipe, &truth));
  for (const auto& [id, lesion, side] : {std::tuple{"head.hyperdense.1", 0, Laterality::left},
                                         {"head.hyperdense.2", 1, Laterality::right}}) {
    const Finding* finding = find(findings, id);
    ASSERT_NE(finding, nullptr) << id;
    EXPECT_TRUE(finding->critical);
    EXPECT_EQ(finding->laterality, side);
    EXPECT_EQ(finding->presence, Presence::indeterminate);
    EXPECT_THAT(finding->title, testing::StartsWith("Candidate, to be confirmed"));
    const double ml = truth.lesions_ml[static_cast<std::size_t>(lesion)];
    EXPECT_NEAR(*measurement(findings, std::string(id) + ".volume").value, ml, 0.1 * ml);
    EXPECT_NEAR(*measurement(findings, std::string(id) + ".abc2").value, ml, 0.4 * ml);
    ASSERT_FALSE(finding->evidence.empty());
    EXPECT_FALSE(finding->evidence.front().regions.empty());
    const auto& wanted = recipe.lesions[static_cast<std::size_t>(lesion)].centre;
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_NEAR((*finding->evidence.front().point_mm)[i], wanted[i], 2) << id;
  }
}

TEST(Head, PairedAndCalcifiedAndThinThingsAreNotBlood) {
  HeadRecipe recipe = coarse();
  recipe.lesions = {{{25, 0, 10}, {8, 8, 8}, 66},
                    {{-25, 0, 10}, {8, 8, 8}, 66},        // paired
                    {{35, 30, 25}, {8, 8, 8}, 140},       // calcified
                    {{-40, 25, 30}, {1.4, 25, 25}, 66}};  // a sheet
  const Findings findings = measured(tests::head_volume(recipe));
  ASSERT_NE(find(findings, "head.hyperdense"), nullptr);
  EXPECT_THAT(find(findings, "head.hyperdense")->verification.reason,
              testing::StartsWith("no candidate passed detection"));
}

TEST(Head, ALargeHaematomaNamesTheRuleAndItsSource) {
  HeadRecipe recipe = coarse();
  recipe.lesions = {{{32, 0, 22}, {20, 24, 21}, 66}};
  const Findings findings = measured(tests::head_volume(recipe));
  const Finding* finding = find(findings, "head.hyperdense.1");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->recommendation, HasSubstr("30 mL or more"));
  ASSERT_EQ(finding->citations.size(), 1U);
  EXPECT_EQ(finding->citations.front().id, "hemphill-2001");
  EXPECT_FALSE(finding->citations.front().verified);
}

TEST(Head, ALayerAgainstTheSkullIsNotCalledBrain) {
  HeadRecipe recipe = coarse();
  recipe.crescent = {false, 11, 66};
  const Findings findings = measured(tests::head_volume(recipe));
  const Finding* layer = find(findings, "head.extra-axial.1");
  ASSERT_NE(layer, nullptr);
  EXPECT_EQ(layer->laterality, Laterality::right);
  EXPECT_TRUE(layer->critical);
  EXPECT_NEAR(*measurement(findings, "head.extra-axial.1.thickness").value, 11, 2.5);
  EXPECT_EQ(find(findings, "head.hyperdense.1"), nullptr);
}

TEST(Head, AThinLayerIsFoundByItsDensityAlone) {
  HeadRecipe recipe = coarse();
  recipe.crescent = {true, 4.5, 66};
  HeadTruth truth;
  const Findings findings = measured(tests::head_volume(recipe, &truth));
  const Finding* layer = find(findings, "head.extra-axial.1");
  ASSERT_NE(layer, nullptr);
  EXPECT_EQ(layer->laterality, Laterality::left);
  const Measurement& volume = measurement(findings, "head.extra-axial.1.volume");
  EXPECT_NEAR(*volume.value, truth.crescent_ml, *volume.uncertainty + 0.1 * truth.crescent_ml);
  EXPECT_GE(*volume.uncertainty, 0.16 * *volume.value) << "two SD on phantoms are 16 %";
  EXPECT_EQ(find(findings, "head.extra-axial.2"), nullptr);
}

TEST(Head, LayersOnBothSidesAreFoundEachByItself) {
  HeadRecipe recipe = coarse();
  recipe.crescent = {.thickness_mm = 7, .hu = 66, .both = true};
  const Findings findings = measured(tests::head_volume(recipe));
  const Finding* one = find(findings, "head.extra-axial.1");
  const Finding* other = find(findings, "head.extra-axial.2");
  ASSERT_NE(one, nullptr);
  ASSERT_NE(other, nullptr);
  EXPECT_NE(one->laterality, other->laterality);
}

/// A thigh: muscle with its bone in the middle.
Volume limb() {
  HeadRecipe recipe = coarse();
  Volume volume = tests::head_volume(recipe);
  const Grid& grid = volume.grid;
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    const auto point = grid.point_mm(column, row, slice);
    const double out = std::hypot(point[0], point[1]);
    const bool cortex = out < 24 && out > 9;  // 9 % of the section, as in a head
    volume.hu[at] = static_cast<std::int16_t>(out > 75 ? -1000 : cortex ? 1000 : 45);
  });
  return volume;
}

TEST(Region, ALimbIsNoHead) {
  const Findings findings = measured(limb());
  const Finding* region = find(findings, "region");
  ASSERT_NE(region, nullptr);
  EXPECT_THAT(region->not_assessed, HasSubstr("region not recognised"));
  EXPECT_THAT(region->not_assessed, HasSubstr("without a closed skull round brain"));
  EXPECT_EQ(find(findings, "head.intracranial"), nullptr);
}

TEST(Head, TheShiftIsMeasuredFromTheSkullHoweverItIsTurned) {
  for (const double yaw : {0.0, 12.0}) {
    HeadRecipe recipe = coarse();
    recipe.shift_mm = 9;
    recipe.yaw_deg = yaw;
    const Findings findings = measured(tests::head_volume(recipe));
    const Finding* shift = find(findings, "head.midline-shift");
    ASSERT_NE(shift, nullptr);
    ASSERT_EQ(shift->presence, Presence::indeterminate) << shift->not_assessed;
    EXPECT_EQ(shift->laterality, Laterality::left);
    // The shift falls off from the middle: at the septum about 0.83 of it is left.
    EXPECT_NEAR(*measurement(findings, "head.midline-shift.distance").value, 7.5, 1.5) << yaw;
    EXPECT_TRUE(shift->critical);
    ASSERT_EQ(shift->evidence.size(), 1U);
  }
}

TEST(Head, ADarkerAreaIsFoundOnItsSideWithoutAnAge) {
  HeadRecipe recipe = coarse();
  recipe.lesions = {{{-36, -15, 28}, {18, 22, 18}, 18}};
  const Findings findings = measured(tests::head_volume(recipe));
  const Finding* area = find(findings, "head.low-density.1");
  ASSERT_NE(area, nullptr);
  EXPECT_EQ(area->laterality, Laterality::right);
  EXPECT_THAT(area->title, HasSubstr("age indeterminate"));
  EXPECT_FALSE(area->critical);
}

TEST(Head, AnOpenSkullIsNotAssessed) {
  HeadRecipe recipe = coarse();
  recipe.bone_flap_missing = true;
  recipe.lesions = {{{30, 0, 15}, {12, 12, 12}, 68}};
  const Findings findings = measured(tests::head_volume(recipe));
  for (const char* id : {"head.intracranial", "head.hyperdense", "head.extra-axial",
                         "head.ventricles", "head.midline-shift", "head.low-density"}) {
    ASSERT_NE(find(findings, id), nullptr) << id;
    EXPECT_THAT(find(findings, id)->not_assessed, HasSubstr("the vault of the skull is open"));
  }
}

TEST(Head, WhatTheScanCutsIsALowerBound) {
  HeadRecipe recipe = coarse();
  recipe.high_mm = 40;
  const Findings findings = measured(tests::head_volume(recipe));
  const Measurement& volume = measurement(findings, "head.intracranial.volume");
  ASSERT_TRUE(volume.value) << volume.not_assessed;
  EXPECT_TRUE(volume.lower_bound);
  EXPECT_THAT(volume.conditions, testing::Contains(HasSubstr("vertex is not in the scan")));
}

TEST(Head, CutAtItsBaseIsALowerBoundAndSaysSo) {
  HeadRecipe recipe = coarse();
  recipe.low_mm = -20;
  recipe.lesions = {{{30, 0, -16}, {12, 12, 12}, 68}};
  const Volume volume = tests::head_volume(recipe);
  const Findings findings = measured(volume);
  for (const char* id : {"head.intracranial.volume", "head.hyperdense.1.volume"}) {
    const Measurement& ml = measurement(findings, id);
    ASSERT_TRUE(ml.value) << id << ": " << ml.not_assessed;
    EXPECT_TRUE(ml.lower_bound) << id;
  }
  EXPECT_THAT(gates_of(volume).sentences(),
              testing::Contains(HasSubstr("foramen magnum is not in the scan")));
}

/// The superior sagittal sinus along the vault, behind the middle.
std::vector<tests::Lesion> sagittal_sinus(double hu) {
  std::vector<tests::Lesion> sinus;
  sinus.reserve(12);
  for (int degrees = 0; degrees < 120; degrees += 10) {
    const double angle = degrees * 3.14159265358979 / 180;
    sinus.push_back({{0, 80 * std::sin(angle), 68 * std::cos(angle)}, {5, 10, 10}, hu});
  }
  return sinus;
}

TEST(Head, EnhancedVesselsForbidBloodThoughTheHeaderIsSilent) {
  HeadRecipe recipe = coarse();
  recipe.lesions = sagittal_sinus(62);
  EXPECT_TRUE(gates_of(tests::head_volume(recipe)).allowed(gates::Use::blood));
  recipe.lesions = sagittal_sinus(170);
  const Findings findings = measured(tests::head_volume(recipe));
  for (const char* id : {"head.hyperdense", "head.extra-axial"}) {
    ASSERT_NE(find(findings, id), nullptr) << id;
    EXPECT_THAT(find(findings, id)->not_assessed, HasSubstr("the sagittal sinus looks enhanced"));
  }
  recipe.lesions.clear();
  for (const double side : {-1.0, 1.0})
    for (const double y : {-25.0, -15.0, 5.0})
      recipe.lesions.push_back({{side * 24, y, 0}, {18, 2.2, 2.2}, 330});
  EXPECT_THAT(gates_of(tests::head_volume(recipe)).allowed(gates::Use::blood).reason,
              HasSubstr("arteries of the brain look enhanced"));
}

TEST(Head, CalcifiedLumpsAreNotTakenForVessels) {
  HeadRecipe recipe = coarse();
  recipe.lesions = {{{22, 0, 5}, {7, 9, 7}, 330}, {{-22, 0, 5}, {7, 9, 7}, 330}};
  EXPECT_TRUE(gates_of(tests::head_volume(recipe)).allowed(gates::Use::blood));
}

TEST(Head, BloodIsFoundOnThickSlicesToo) {
  HeadRecipe recipe = coarse();
  recipe.slice_mm = 5;
  recipe.layers = 4;
  recipe.lesions = {{{30, -5, 15}, {12, 12, 12}, 68}};
  HeadTruth truth;
  const Findings findings = measured(tests::head_volume(recipe, &truth));
  ASSERT_NE(find(findings, "head.hyperdense.1"), nullptr);
  EXPECT_NEAR(*measurement(findings, "head.hyperdense.1.volume").value, truth.lesions_ml[0],
              0.3 * truth.lesions_ml[0]);
}

TEST(Head, DensitiesAreNotComparedWithContrastNorOnAWrongScaleNorInNoise) {
  HeadRecipe recipe = coarse();
  recipe.lesions = {{{30, -5, 15}, {12, 12, 12}, 68}};
  Volume volume = tests::head_volume(recipe);
  volume.header.contrast_agent = "Iohexol";
  const Findings with_agent = measured(volume);
  EXPECT_THAT(find(with_agent, "head.hyperdense")->not_assessed, HasSubstr("contrast agent"));
  EXPECT_NE(find(with_agent, "head.ventricles")->presence, Presence::not_assessed);

  recipe.contrast_hu = -16;
  EXPECT_THAT(find(measured(tests::head_volume(recipe)), "head.hyperdense")->not_assessed,
              HasSubstr("the scale does not allow densities to be compared"));
  recipe.contrast_hu = 0;
  recipe.noise_hu = 18;
  EXPECT_THAT(find(measured(tests::head_volume(recipe)), "head.hyperdense")->not_assessed,
              HasSubstr("too noisy"));
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
