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

class Phantom : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto settings = tests::small_chest();
    settings.columns = settings.rows = 160;
    settings.pixel_mm = 2.5;
    good_ = new Volume(tests::chest_volume(model::phantom::thorax(settings)));
    scene_ = new Scene(scene_of(*good_));
  }
  static void TearDownTestSuite() {
    delete scene_;
    delete good_;
  }
  static Volume good() { return *good_; }
  /// The sound scene; where only the header is wrong, with that header.
  static const Scene& scene() { return *scene_; }
  template <class Change>
  static Result with_header(Result (*gate)(const Scene&), const Change& change) {
    const dicom::InstanceHeader before = good_->header;
    change(good_->header);
    const Result result = gate(*scene_);
    good_->header = before;
    return result;
  }

  inline static Volume* good_ = nullptr;
  inline static Scene* scene_ = nullptr;
};
inline void expect_forbids(const Result& result, std::initializer_list<Use> uses) {
  EXPECT_EQ(result.outcome, Outcome::restrict) << result.reason;
  EXPECT_EQ(result.uses, std::vector<Use>(uses)) << result.reason;
}

}  // namespace tomoscribe::pipeline::gates
