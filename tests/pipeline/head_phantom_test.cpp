#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/measure.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::measure {
namespace {

namespace phantom = model::phantom;
using reporting::Finding;
using reporting::Measurement;
using tests::truth_of;

phantom::Settings head_settings(std::uint64_t seed, std::vector<phantom::Finding> findings) {
  phantom::Settings settings;
  settings.seed = seed;
  settings.body = phantom::BodyPart::head;
  settings.columns = settings.rows = 256;
  settings.pixel_mm = 0.94;
  settings.slice_mm = getenv("SL") ? atof(getenv("SL")) : 2.5;
  settings.thickness_mm = getenv("SL") ? settings.slice_mm : 0;
  settings.slices = static_cast<int>(190 / settings.slice_mm);
  settings.noise_hu = getenv("NOISE") ? atof(getenv("NOISE")) : 5;
  settings.findings = std::move(findings);
  return settings;
}

double num(const char* name, double d) {
  const char* v = getenv(name);
  return v ? atof(v) : d;
}

TEST(HeadSweep, Table) {
  const std::map<std::string, phantom::Kind> kinds{{"haemorrhage", phantom::Kind::haemorrhage},
                                                   {"subdural", phantom::Kind::subdural},
                                                   {"epidural", phantom::Kind::epidural},
                                                   {"infarct", phantom::Kind::infarct},
                                                   {"midline_shift", phantom::Kind::midline_shift},
                                                   {"hydrocephalus", phantom::Kind::hydrocephalus},
                                                   {"mass", phantom::Kind::mass}};
  for (int seed = static_cast<int>(num("FROM", 1)); seed <= static_cast<int>(num("TO", 2));
       ++seed) {
    std::vector<phantom::Finding> wanted;
    for (const char* name : {"K1", "K2"})
      if (const char* kind = getenv(name)) {
        phantom::Finding f;
        f.kind = kinds.at(kind);
        f.size = num(name[1] == '1' ? "S1" : "S2", 0);
        wanted.push_back(f);
      }
    const auto settings = head_settings(static_cast<std::uint64_t>(seed), wanted);
    const auto t0 = std::chrono::steady_clock::now();
    const auto made = phantom::make(settings);
    const auto t1 = std::chrono::steady_clock::now();
    const Volume volume = tests::chest_volume(made);
    Scene scene = make_scene(volume);
    Findings findings;
    std::string times;
    for (const Step& step : steps()) {
      const auto a = std::chrono::steady_clock::now();
      step.run(scene, findings);
      times +=
          std::string(" ") + step.name + " " +
          std::to_string(static_cast<int>(
              std::chrono::duration<double>(std::chrono::steady_clock::now() - a).count() * 1000));
    }
    const auto& q = truth_of(made, "intracranial").quantities;
    std::printf(
        "seed %d make %.1f s; truth icv %.0f vent %.1f evans %.2f shift %.1f normal %.3f %.3f "
        "%.3f\n",
        seed, std::chrono::duration<double>(t1 - t0).count(),
        truth_of(made, "intracranial").volume_ml, truth_of(made, "ventricles").volume_ml,
        truth_of(made, "ventricles").quantities.at("evans_index"), q.at("septum_shift_mm"),
        q.at("symmetry_normal_x"), q.at("symmetry_normal_y"), q.at("symmetry_normal_z"));
    if (getenv("TIMES")) std::printf(" %s\n", times.c_str());
    for (const auto& t : made.truth)
      if (t.role == phantom::Truth::Role::finding)
        std::printf("  TRUTH %s %s %.2f mL hu %.0f at %.0f %.0f %.0f\n", t.name.c_str(),
                    t.side.c_str(), t.volume_ml, t.mean_hu, t.centre_mm[0], t.centre_mm[1],
                    t.centre_mm[2]);
    for (const auto& m : made.missing) std::printf("  MISSING %s\n", m.c_str());
    if (scene.cranium && scene.cranium->plane) {
      const auto& pl = *scene.cranium->plane;
      const Vec3 c{q.at("symmetry_point_x"), q.at("symmetry_point_y"), q.at("symmetry_point_z")};
      std::printf("  plane off %.2f normal %.3f %.3f %.3f res %.2f sd %.2f brain %.0f noise %.1f\n",
                  pl.side_mm(c), pl.normal[0], pl.normal[1], pl.normal[2], pl.residual_mm,
                  pl.offset_sd_mm, scene.cranium->brain_hu, scene.cranium->noise_hu);
    }
    for (const Finding& f : findings) {
      if (!f.id.starts_with("head.")) continue;
      if (f.measurements.empty() && f.not_assessed.starts_with("no method")) continue;
      std::printf("  %s%s [%s]", f.id.c_str(), f.critical ? "!" : "", f.title.c_str());
      if (f.measurements.empty())
        std::printf(" %s", f.not_assessed.empty() ? "-" : f.not_assessed.c_str());
      for (const auto& m : f.measurements)
        std::printf(" %s %s+-%.2f%s", m.name.c_str(), reporting::value_text(m).c_str(),
                    m.uncertainty.value_or(-1), m.not_assessed.c_str());
      if (!f.evidence.empty() && f.evidence[0].point_mm)
        std::printf(" at %.0f %.0f %.0f", (*f.evidence[0].point_mm)[0],
                    (*f.evidence[0].point_mm)[1], (*f.evidence[0].point_mm)[2]);
      std::printf("\n");
    }
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace tomoscribe::pipeline::measure
