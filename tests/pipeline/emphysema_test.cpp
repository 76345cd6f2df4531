// Lungs full of holes: they keep their sides and are both found.

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include <gtest/gtest.h>

#include "pipeline/measure/measure.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

using model::phantom::Kind;
using model::phantom::Side;

double volume_ml(const Findings& findings, std::string_view id) {
  for (const reporting::Finding& finding : findings)
    for (const reporting::Measurement& one : finding.measurements)
      if (one.id == id && one.value) return *one.value;
  throw std::runtime_error("no volume " + std::string(id));
}

/// Fluid takes much of the left lung's contact with ribs; a quarter of both lungs are holes,
/// through which one lung's gas was once given to the other, 400 mL of it.
TEST(Emphysema, LeavesBothLungsTheirGas) {
  for (const std::uint64_t seed : {7021U, 7025U}) {
    auto settings = tests::small_chest();
    settings.seed = seed;
    settings.slices = 164;
    settings.nodule = false;
    settings.findings = {{.kind = Kind::effusion, .side = Side::left, .size = 525.6},
                         {.kind = Kind::emphysema, .size = 26.5}};
    const auto phantom = model::phantom::make(settings);
    const Volume volume = tests::chest_volume(phantom);
    Scene scene = make_scene(volume);
    Findings findings;
    for (const Step& step : steps()) {
      step.run(scene, findings);
      if (std::string_view(step.name) == "lung-volume") break;
    }
    for (const std::string side : {"right", "left"}) {
      const double truth = tests::truth_of(phantom, "lung." + side).quantities.at("aerated_ml");
      EXPECT_NEAR(volume_ml(findings, "lung.volume." + side), truth, 0.08 * truth)
          << seed << ' ' << side;
    }
  }
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
