#include "model/phantom/phantom.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>

#include "model/phantom/detail/anatomy.h"
#include "model/phantom/detail/field.h"
#include "model/phantom/detail/tally.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr double lungs_middle = -40;  ///< canonical z between apices and costophrenic recesses
constexpr double centre_y = 13;       ///< the couch must be in the picture too

void check(const Settings& s) {
  const auto within = [](double value, double low, double high) {
    return value >= low && value <= high;
  };
  if (!within(s.columns, 16, 4096) || !within(s.rows, 16, 4096))
    throw std::invalid_argument("a phantom has 16 to 4096 columns and rows");
  if (!within(s.slices, 1, 4000)) throw std::invalid_argument("a phantom has 1 to 4000 slices");
  if (!within(s.pixel_mm, 0.1, 10) || !within(s.slice_mm, 0.1, 20))
    throw std::invalid_argument("voxels are 0.1 to 10 mm wide and 0.1 to 20 mm thick");
  if (!within(s.noise_hu, 0, 200)) throw std::invalid_argument("noise is 0 to 200 HU");
  if (s.nodule && !within(s.nodule_diameter_mm, 2, 40))
    throw std::invalid_argument("a nodule is 2 to 40 mm wide");
}

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

/// Soft-tissue and parenchymal texture, continuous from slice to slice.
class Texture {
 public:
  explicit Texture(const Settings& s)
      : seed_(s.seed),
        blur_(s.columns, s.rows, 1.7 / s.pixel_mm),
        keep_(exponential_of_minus(s.slice_mm / 3.5)),
        fresh_(static_cast<std::size_t>(s.columns) * static_cast<std::size_t>(s.rows)),
        field_(fresh_.size()) {}
  const std::vector<float>& next() {
    white_noise(fresh_, seed_, 50, slice_);
    blur_.apply(fresh_);
    const auto keep = static_cast<float>(slice_ == 0 ? 0 : keep_);
    const auto add = static_cast<float>(
        std::sqrt(1 - static_cast<double>(keep) * static_cast<double>(keep)) / blur_.noise_gain());
    for (std::size_t i = 0; i < field_.size(); ++i) field_[i] = keep * field_[i] + add * fresh_[i];
    ++slice_;
    return field_;
  }

 private:
  std::uint64_t seed_;
  Blur blur_;
  double keep_;
  std::vector<float> fresh_, field_;
  int slice_ = 0;
};

void paint_slice(Canvas& canvas, const Anatomy& anatomy, const Nodule& nodule, double top_y) {
  for (const Ellipsoid& organ : anatomy.organs) canvas.paint(organ);
  for (const Bulla& bulla : anatomy.bullae)
    for (const Label side : {Label::lung_right, Label::lung_left})
      canvas.paint(Tube{bulla.centre, bulla.centre, bulla.radius_mm, -980, side, set_of(side)});
  for (const Tube& tube : anatomy.vessels) canvas.paint(tube);
  for (const Tube& tube : anatomy.airways) canvas.paint(tube);
  canvas.paint_spine(anatomy.vertebral_levels);
  for (const Tube& tube : anatomy.bones) canvas.paint(tube);
  if (nodule.radius_mm > 0) canvas.paint_ball(nodule.centre, nodule.radius_mm, 38, Label::nodule);
  canvas.paint_table(top_y);
}

}  // namespace

Phantom thorax(const Settings& settings) {
  check(settings);
  const Body body(settings.seed);
  Phantom phantom;
  phantom.settings = settings;
  const double pixel = settings.pixel_mm;
  phantom.first_voxel_mm = {
      -(settings.columns - 1) * pixel / 2, centre_y - (settings.rows - 1) * pixel / 2,
      body.to_scanner({0, 0, lungs_middle}).z - (settings.slices - 1) * settings.slice_mm / 2};
  const double low_z = phantom.first_voxel_mm[2],
               high_z = low_z + (settings.slices - 1) * settings.slice_mm;
  const Anatomy parts = anatomy(body, settings.seed);
  Nodule nodule;
  if (settings.nodule)
    nodule =
        place_nodule(body, parts, settings.seed, settings.nodule_diameter_mm / 2, low_z, high_z);

  Canvas canvas({settings.columns, settings.rows, phantom.first_voxel_mm[0],
                 phantom.first_voxel_mm[1], pixel, settings.slice_mm},
                body);
  Tally tally(settings);
  Texture texture(settings);
  Blur point_spread(settings.columns, settings.rows, 0.55 / pixel),
      noise_blur(settings.columns, settings.rows, 0.6 / pixel);
  const std::size_t pixels =
      static_cast<std::size_t>(settings.columns) * static_cast<std::size_t>(settings.rows);
  std::vector<float> noise(pixels);
  phantom.hu.resize(pixels * static_cast<std::size_t>(settings.slices));
  const double top_y = table_top(body, low_z, high_z);
  for (int slice = 0; slice < settings.slices; ++slice) {
    canvas.begin(low_z + slice * settings.slice_mm, texture.next());
    paint_slice(canvas, parts, nodule, top_y);
    point_spread.apply(canvas.hu());
    tally.add(slice, canvas.labels(), canvas.hu());
    white_noise(noise, settings.seed, 60, slice);
    noise_blur.apply(noise);
    const auto scale = static_cast<float>(settings.noise_hu / noise_blur.noise_gain());
    std::int16_t* out = &phantom.hu[pixels * static_cast<std::size_t>(slice)];
    for (std::size_t i = 0; i < pixels; ++i) {
      const float value = std::clamp(canvas.hu()[i] + scale * noise[i], -1024.0F, 3071.0F);
      out[i] = static_cast<std::int16_t>(static_cast<int>(value + 4096.5F) - 4096);
    }
  }
  phantom.truth = tally.truths(phantom.first_voxel_mm, nodule.left);
  return phantom;
}

}  // namespace tomoscribe::model::phantom
