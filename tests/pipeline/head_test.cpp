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
using tests::HeadRecipe;
using tests::HeadTruth;

Findings measured(const Volume& volume) {
  Scene scene = make_scene(volume);
  Findings findings;
  for (const Step& step : steps()) step.run(scene, findings);
  return findings;
}

[[maybe_unused]] const Finding* find(const Findings& findings, const std::string& id) {
  const auto found = std::ranges::find(findings, id, &Finding::id);
  return found == findings.end() ? nullptr : &*found;
}

[[maybe_unused]] const Measurement* measurement(const Findings& findings, const std::string& id) {
  for (const Finding& finding : findings)
    for (const Measurement& one : finding.measurements)
      if (one.id == id) return &one;
  return nullptr;
}

void dump(const Findings& findings) {
  for (const Finding& f : findings) {
    if (!f.id.starts_with("head")) continue;
    std::printf("%s | %s | %s | %s\n", f.id.c_str(), f.title.c_str(), f.not_assessed.c_str(), f.verification.reason.c_str());
    for (const auto& m : f.measurements) std::printf("    %s %s +- %.1f %s\n", m.id.c_str(), reporting::value_text(m).c_str(), m.uncertainty.value_or(-1), m.not_assessed.c_str());
  }
}

TEST(HeadTry, One) {
  HeadRecipe recipe;
  recipe.lesions = {{{30, -5, 15}, {13, 11, 12}, 68}, {{-40, 10, 30}, {8, 8, 8}, 62}};
  HeadTruth truth;
  const Volume volume = tests::head_volume(recipe, &truth);
  std::printf("truth icv %.1f vent %.1f lesion %.2f %.2f\n", truth.intracranial_ml, truth.ventricles_ml, truth.lesions_ml[0], truth.lesions_ml[1]);
  dump(measured(volume));
}

TEST(HeadTry, Shift) {
  HeadRecipe recipe;
  recipe.shift_mm = 8;
  recipe.yaw_deg = 9;
  recipe.lesions = {{{-35, -20, 28}, {20, 22, 16}, 23}};
  HeadTruth truth;
  const Volume volume = tests::head_volume(recipe, &truth);
  std::printf("truth icv %.1f vent %.1f lesion %.2f\n", truth.intracranial_ml, truth.ventricles_ml, truth.lesions_ml[0]);
  dump(measured(volume));
}

TEST(HeadTry, Crescent) {
  HeadRecipe recipe;
  recipe.crescent = {false, 9, 66};
  HeadTruth truth;
  const Volume volume = tests::head_volume(recipe, &truth);
  std::printf("truth icv %.1f vent %.1f crescent %.2f\n", truth.intracranial_ml, truth.ventricles_ml, truth.crescent_ml);
  dump(measured(volume));
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
