#include <algorithm>
#include <cmath>
#include <cstddef>

#include "model/phantom/detail/acquisition.h"
#include "model/phantom/detail/regions.h"
#include "model/phantom/detail/texture.h"
#include "model/phantom/detail/thorax_findings.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr double lungs_middle = -40;  ///< canonical z between apices and costophrenic recesses
constexpr double centre_y = 13;       ///< the couch must be in the picture too

/// How far the patient's lowest place lies in the direction `down`, with a mattress' thickness.
double table_top(const Body& body, const Point& down, double z0, double z1) {
  double lowest = -1000;
  // NOLINTNEXTLINE(cert-flp30-c,clang-analyzer-security.FloatLoopCounter): the voxels' bits hold it
  for (double z = z0; z <= z1; z += 10) {
    const Section s = body.section(z / body.latent().scale_z);
    for (const double across : {-60.0, 0.0, 60.0}) {
      const float x = static_cast<float>(down.x) * s.body_x,
                  y = s.body_centre + static_cast<float>(down.y) * s.body_y;
      const Point skin{x + std::abs(down.y) * across, y + std::abs(down.x) * across,
                       static_cast<double>(s.z)};
      lowest = std::max(lowest, dot(body.to_scanner(skin), down));
    }
  }
  return lowest + 11;
}

std::vector<Structure> structures() {
  constexpr LabelSet known = set_of(Label::count) - 1U;
  return {{"body", "", known & ~set_of(Label::air, Label::table)},
          {"lung.right", "right", set_of(Label::lung_right)},
          {"lung.left", "left", set_of(Label::lung_left)},
          {"vessels.right", "right", set_of(Label::vessel_right)},
          {"vessels.left", "left", set_of(Label::vessel_left)},
          {"trachea", "", set_of(Label::trachea)},
          {"bronchi", "", set_of(Label::bronchus)},
          {"aorta.descending", "", set_of(Label::descending_aorta)},
          {"heart", "", set_of(Label::heart)},
          {"bone", "", set_of(Label::bone)},
          {"liver", "right", set_of(Label::liver)},
          {"spleen", "left", set_of(Label::spleen)},
          {"bowel_gas", "left", set_of(Label::bowel_gas)}};
}

void paint_slice(Canvas& canvas, const Anatomy& anatomy, const ThoraxFindings& findings,
                 const Point& down, double top_mm) {
  for (const Ellipsoid& organ : anatomy.organs) canvas.paint(organ);
  for (const Bulla& bulla : anatomy.bullae)
    for (const Label side : {Label::lung_right, Label::lung_left})
      canvas.paint(Tube{bulla.centre, bulla.centre, bulla.radius_mm, -980, side, set_of(side)});
  findings.paint_in_lung(canvas);
  for (const Tube& tube : anatomy.vessels) canvas.paint(tube);
  for (const Tube& tube : anatomy.airways) canvas.paint(tube);
  canvas.paint_spine(anatomy.spine);
  for (const Tube& tube : anatomy.bones) canvas.paint(tube);
  findings.paint_over(canvas);
  canvas.paint_table(down, top_mm);
  findings.paint_on_skin(canvas);
}

void copy(const Canvas& canvas, Layer& layer) {
  layer.hu = canvas.hu();
  layer.owner = canvas.owner();
  std::ranges::transform(canvas.labels(), layer.label.begin(),
                         [](Label label) { return static_cast<std::uint8_t>(label); });
}

/// Third of the lungs' height.
std::string zone_at(const Body& body, double canonical_z) {
  const double apex = Body::apex_z, base = body.latent().dome_right - 30,
               share = (canonical_z - base) / (apex - base);
  if (share > 2.0 / 3) return "upper";
  return share > 1.0 / 3 ? "middle" : "lower";
}

void locate(Truth& truth, const Point& centre, const Body& body, const Anatomy& anatomy) {
  const double z = centre.z / body.latent().scale_z;
  truth.level = vertebra_name(vertebra_at(anatomy.spine.levels, z));
  if (truth.site == "lung" && !truth.side.empty()) truth.zone = zone_at(body, z);
  if (truth.site == "thoracic spine" && truth.level[0] == 'L') truth.site = "lumbar spine";
}

/// Trabecular bone of each vertebra that the scan shows whole.
void add_vertebrae(Phantom& phantom, const Canvas& canvas, const Body& body, const Anatomy& anatomy,
                   const Frame& frame) {
  const auto& levels = anatomy.spine.levels;
  for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
    const Canvas::Marrow& marrow = canvas.marrow()[i];
    const double scale = body.latent().scale_z;
    if (marrow.pixels <= 0 || levels[i] * scale < frame.low_z ||
        levels[i + 1] * scale > frame.high_z)
      continue;
    const double z = levels[i] + 0.4 * (levels[i + 1] - levels[i]);
    const Point centre = body.to_scanner(body.spine(z)) + frame.pose_mm;
    Truth truth;
    truth.level = vertebra_name(static_cast<int>(i));
    truth.name = "vertebra." + truth.level;
    truth.site = truth.level[0] == 'L' ? "lumbar spine" : "thoracic spine";
    truth.mean_hu = marrow.hu / marrow.pixels;
    truth.centre_mm = {centre.x, centre.y, centre.z};
    truth.quantities["trabecular_hu"] = truth.mean_hu;
    phantom.truth.push_back(std::move(truth));
  }
}

/// Low-attenuation share of both lungs together, which an emphysema is.
void add_lung_shares(Phantom& phantom) {
  double low = 0, volume = 0;
  for (const Truth& truth : phantom.truth)
    if (truth.name.starts_with("lung.")) {
      low += truth.fraction_below_950 * truth.volume_ml;
      volume += truth.volume_ml;
    }
  for (Truth& truth : phantom.truth)
    if (truth.kind == "emphysema" && volume > 0)
      truth.quantities["laa950_percent"] = 100 * low / volume;
}

}  // namespace

Phantom thorax(const Settings& settings) {
  check(settings);
  const Body body(settings.seed);
  Anatomy parts = anatomy(body, settings.seed, aneurysm_asked(settings, body));
  enhance(parts, settings.phase);
  parts.spine.marrow_hu = settings.trabecular_hu;
  Plan plan;
  plan.centre_mm = {0, centre_y, body.to_scanner({0, 0, lungs_middle}).z};
  plan.structures = structures();
  plan.locate = [&](Truth& truth, const Point& centre) { locate(truth, centre, body, parts); };
  const Frame frame = frame_of(settings, plan.centre_mm);
  const ThoraxFindings findings(settings, body, parts, frame, plan);
  Canvas canvas({settings.columns, settings.rows, frame.first_x, frame.first_y, settings.pixel_mm,
                 frame.layer_mm},
                body);
  Texture texture(settings.columns, settings.rows, settings.pixel_mm, frame.layer_mm,
                  settings.seed);
  const Point down = down_of(settings.lying);
  const double top_mm = table_top(body, down, frame.low_z, frame.high_z);
  Phantom phantom = acquire(settings, plan, [&](double z, Layer& layer) {
    canvas.begin(z, texture.next());
    paint_slice(canvas, parts, findings, down, top_mm);
    copy(canvas, layer);
  });
  add_lung_shares(phantom);
  add_vertebrae(phantom, canvas, body, parts, frame);
  for (Truth& truth : phantom.truth)
    if (truth.name == "aorta.descending")
      truth.quantities["diameter_mm"] =
          std::max(descending_aorta_mm(body), aneurysm_asked(settings, body).diameter_mm);
  return phantom;
}

}  // namespace tomoscribe::model::phantom
