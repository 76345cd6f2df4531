#include <algorithm>
#include <cstddef>

#include "model/phantom/detail/acquisition.h"
#include "model/phantom/detail/anatomy.h"
#include "model/phantom/detail/texture.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr double lungs_middle = -40;  ///< canonical z between apices and costophrenic recesses
constexpr double centre_y = 13;       ///< the couch must be in the picture too

double table_top(const Body& body, double z0, double z1) {
  double lowest = -1000;
  // NOLINTNEXTLINE(cert-flp30-c,clang-analyzer-security.FloatLoopCounter): the voxels' bits hold it
  for (double z = z0; z <= z1; z += 10) {
    const Section s = body.section(z / body.latent().scale_z);
    for (const double x : {-60.0, 0.0, 60.0})
      lowest = std::max(lowest, body.to_scanner({x, static_cast<double>(s.body_centre + s.body_y),
                                                 static_cast<double>(s.z)})
                                    .y);
  }
  return lowest + 11;
}

std::vector<Structure> structures() {
  const auto bits = [](LabelSet labels) { return static_cast<std::uint64_t>(labels); };
  constexpr LabelSet known = (1U << static_cast<unsigned>(Label::count)) - 1U;
  return {{"body", "", bits(known & ~set_of(Label::air, Label::table))},
          {"lung.right", "right", bits(set_of(Label::lung_right))},
          {"lung.left", "left", bits(set_of(Label::lung_left))},
          {"vessels.right", "right", bits(set_of(Label::vessel_right))},
          {"vessels.left", "left", bits(set_of(Label::vessel_left))},
          {"trachea", "", bits(set_of(Label::trachea))},
          {"bronchi", "", bits(set_of(Label::bronchus))},
          {"heart", "", bits(set_of(Label::heart))},
          {"bone", "", bits(set_of(Label::bone))},
          {"liver", "right", bits(set_of(Label::liver))},
          {"spleen", "left", bits(set_of(Label::spleen))},
          {"bowel_gas", "left", bits(set_of(Label::bowel_gas))}};
}

void paint_slice(Canvas& canvas, const Anatomy& anatomy, const Nodule& nodule, double top_y) {
  for (const Ellipsoid& organ : anatomy.organs) canvas.paint(organ);
  for (const Bulla& bulla : anatomy.bullae)
    for (const Label side : {Label::lung_right, Label::lung_left})
      canvas.paint(Tube{bulla.centre, bulla.centre, bulla.radius_mm, -980, side, set_of(side)});
  for (const Tube& tube : anatomy.vessels) canvas.paint(tube);
  for (const Tube& tube : anatomy.airways) canvas.paint(tube);
  canvas.paint_spine(anatomy.vertebral_levels);
  for (const Tube& tube : anatomy.bones) canvas.paint(tube);
  if (nodule.radius_mm > 0) {
    canvas.paint_for(1);
    canvas.paint_ball(nodule.centre, nodule.radius_mm, 38, Label::nodule);
    canvas.paint_for(0);
  }
  canvas.paint_table(top_y);
}

void copy(const Canvas& canvas, Layer& layer) {
  layer.hu = canvas.hu();
  layer.owner = canvas.owner();
  std::ranges::transform(canvas.labels(), layer.label.begin(),
                         [](Label label) { return static_cast<std::uint8_t>(label); });
}

}  // namespace

Phantom thorax(const Settings& settings) {
  check(settings);
  const Body body(settings.seed);
  const Anatomy parts = anatomy(body, settings.seed);
  Plan plan;
  plan.centre_mm = {0, centre_y, body.to_scanner({0, 0, lungs_middle}).z};
  plan.structures = structures();
  const Frame frame = frame_of(settings, plan.centre_mm);
  Nodule nodule;
  if (settings.nodule)
    nodule = place_nodule(body, parts, settings.seed, settings.nodule_diameter_mm / 2, frame.low_z,
                          frame.high_z);
  if (nodule.radius_mm > 0) {
    Truth truth =
        finding_truth(settings, {.kind = Kind::nodule, .size = settings.nodule_diameter_mm}, 1);
    truth.side = nodule.left ? "left" : "right";
    truth.density = "solid";
    plan.findings.push_back(std::move(truth));
  } else if (settings.nodule) {
    plan.missing.push_back("nodule.1");
  }
  Canvas canvas({settings.columns, settings.rows, frame.first_x, frame.first_y, settings.pixel_mm,
                 frame.layer_mm},
                body);
  Texture texture(settings.columns, settings.rows, settings.pixel_mm, frame.layer_mm,
                  settings.seed);
  const double top_y = table_top(body, frame.low_z, frame.high_z);
  return acquire(settings, plan, [&](double z, Layer& layer) {
    canvas.begin(z, texture.next());
    paint_slice(canvas, parts, nodule, top_y);
    copy(canvas, layer);
  });
}

}  // namespace tomoscribe::model::phantom
