#pragma once
// The phantom before the gates: scenes of sound and of spoilt volumes.

#include <initializer_list>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/gates/gates.h"
#include "pipeline/measure/measure.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::gates {

using measure::Scene;

/// The scene as the gates find it.
inline Scene scene_of(const Volume& volume) {
  Scene scene = measure::make_scene(volume);
  measure::Findings findings;
  for (const measure::Step& step : measure::steps()) {
    if (std::string_view(step.name) == "gates") break;
    step.run(scene, findings);
  }
  return scene;
}

/// The same without lungs, airway and what they are for: seconds faster.
inline Scene body_of(const Volume& volume) {
  Scene scene = measure::make_scene(volume);
  measure::Findings findings;
  measure::body_and_table(scene, findings);
  measure::body_region(scene, findings);
  measure::label_native(scene);
  return scene;
}

/// Slices from `low` to `high`, inclusive.
inline Volume slab(const Volume& whole, int low, int high) {
  Volume volume = whole;
  volume.grid.size[2] = high - low + 1;
  volume.grid.origin_mm = whole.grid.point_mm(0, 0, low);
  const auto plane = static_cast<std::ptrdiff_t>(whole.grid.offset(0, 0, 1));
  volume.hu.assign(whole.hu.begin() + plane * low, whole.hu.begin() + plane * (high + 1));
  volume.instances = {whole.instances.begin() + low, whole.instances.begin() + high + 1};
  volume.frames.resize(volume.instances.size());
  volume.images = {whole.images.begin() + low, whole.images.begin() + high + 1};
  return volume;
}

class Phantom : public testing::Test {
 protected:
  static Volume good() { return sound().volume; }
  /// 100 mm of it: enough for most, and faster.
  static Volume part() { return slab(sound().volume, 60, 99); }
  /// The sound scene; where only the header is wrong, with that header.
  static Scene& scene() { return sound().scene; }
  template <class Change>
  static Result with_header(Result (*gate)(const Scene&), const Change& change) {
    const dicom::InstanceHeader before = sound().volume.header;
    change(sound().volume.header);
    Result result = gate(sound().scene);
    sound().volume.header = before;
    return result;
  }

 private:
  /// The sound phantom, measured once a program.
  struct Sound {
    Volume volume = tests::chest_volume(model::phantom::thorax(coarse()));
    Scene scene = scene_of(volume);
  };
  static model::phantom::Settings coarse() {
    auto settings = tests::small_chest();
    settings.columns = settings.rows = 160;
    settings.pixel_mm = 2.5;
    return settings;
  }
  static Sound& sound() {
    static Sound sound;
    return sound;
  }
};
inline void expect_forbids(const Result& result, std::initializer_list<Use> uses) {
  EXPECT_EQ(result.outcome, Outcome::restrict) << result.reason;
  EXPECT_EQ(result.uses, std::vector<Use>(uses)) << result.reason;
}

}  // namespace tomoscribe::pipeline::gates
