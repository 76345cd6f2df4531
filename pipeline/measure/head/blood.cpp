#include "pipeline/measure/head/blood.h"

#include <algorithm>
#include <cmath>

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Measurement;

constexpr double sheet_mm = 6;  // falx and tentorium are thinner, blood of 1 mL seldom is
constexpr double flat = 0.4;    // thickness over width of what lies against the vault

/// Another component of like size where this one's mirror image lies: choroid plexus, basal
/// ganglia.
bool has_twin(const Blob& blob, const std::vector<Blob>& all) {
  const auto& plane = blob.around.plane;
  if (!plane) return false;
  const Vec3 mirror = plane->mirrored(blob.centre_mm);
  return std::ranges::any_of(all, [&](const Blob& other) {
    if (&other == &blob || other.ml > 2.5 * blob.ml || blob.ml > 2.5 * other.ml) return false;
    double square = 0;
    for (std::size_t i = 0; i < 3; ++i)
      square += (other.centre_mm[i] - mirror[i]) * (other.centre_mm[i] - mirror[i]);
    return square < 10 * 10;
  });
}

/// More than half of the component lies in a layer against the vault.
bool in_a_layer(const Cranium& cranium, const Blob& blob, const Layers& layers) {
  const Grid& grid = cranium.image.grid;
  std::array<int, 3> off{};
  for (std::size_t i = 0; i < 3; ++i) off[i] = blob.around.first[i] - cranium.first[i];
  std::size_t voxels = 0, within = 0;
  for_each_voxel(blob.around.image.grid, [&](std::size_t at, int column, int row, int slice) {
    if (blob.mask[at] == 0) return;
    const std::size_t there = grid.offset(column + off[0], row + off[1], slice + off[2]);
    ++voxels;
    if (std::ranges::any_of(layers.all, [&](const Layer& one) { return one.mask[there] != 0; }))
      ++within;
  });
  return 2 * within > voxels;
}

Judged judged(const Blob& blob, const std::vector<Blob>& all) {
  if (blob.calcified > 0.15) return {BlobKind::not_blood, "calcified"};
  if (has_twin(blob, all)) return {BlobKind::not_blood, "the same on both sides"};
  const bool layer = blob.contact_mm > 10 && blob.thickness_mm < flat * blob.contact_mm;
  if (blob.symmetric > 0.5 && (layer || blob.thickest_mm < 2 * sheet_mm))
    return {BlobKind::not_blood, "the same on both sides"};
  if (layer) return {BlobKind::against_the_vault, {}};
  if (blob.thickest_mm < sheet_mm) return {BlobKind::not_blood, "a thin sheet or a vessel"};
  if (blob.depth_mm < 5) return {BlobKind::not_blood, "along the inner table"};
  return {BlobKind::in_the_brain, {}};
}

}  // namespace

std::string no_density(const Scene& scene) {
  if (std::string reason = no_scale(scene); !reason.empty()) return reason;
  const Cranium& cranium = *scene.cranium;
  for (const gates::Use use : {gates::Use::density, gates::Use::blood})
    if (const gates::Answer may = scene.gates.allowed(use); !may) return may.reason;
  std::size_t metal = 0;
  for (std::size_t i = 0; i < cranium.depth.size(); ++i)
    if (cranium.depth[i] > -10 && cranium.image.hu[i] > 2600) ++metal;
  constexpr std::size_t most_metal_voxels = 60;  // 0.2 mL
  return metal > most_metal_voxels ? "metal at the skull: its streaks look like blood" : "";
}

Blobs find_blobs(const Cranium& cranium, const Volume& volume) {
  Blobs blobs = hyperdense_blobs(cranium);
  blobs.layers = find_layers(cranium, volume);
  blobs.kinds.reserve(blobs.all.size());
  for (const Blob& blob : blobs.all)
    blobs.kinds.push_back(in_a_layer(cranium, blob, blobs.layers)
                              ? Judged{BlobKind::against_the_vault, {}}
                              : judged(blob, blobs.all));
  return blobs;
}

Measurement blob_volume(const std::string& id, const BlobVolume& volume, double slice_mm) {
  constexpr double thick_mm = 3.5, of_method = 0.06, of_thick_slices = 0.2;
  const bool thick = slice_mm > thick_mm;
  Measurement result{
      .id = id + ".volume",
      .name = "volume",
      .concept_name = codes::volume,
      .unit = codes::millilitre,
      .decimals = 1,
      .method =
          "above 0.45 of the way from the density of its surroundings to that of the component, "
          "counted at 1.5 mm; uncertainty: threshold moved by a tenth of the contrast, grid by "
          "half "
          "a voxel, noise of one SD, and 6 % of the method"};
  if (thick)
    result.conditions.push_back("slices " + number_text(slice_mm, 1) +
                                " mm apart: flagged, small volumes come out too small; 20 % added");
  const double method = (thick ? of_thick_slices : of_method) * volume.ml;
  set_value(result, volume.ml, std::hypot(volume.spread_ml, method), 0.45 * volume.ml);
  return result;
}

Measurement blob_density(const std::string& id, const Blob& blob, const BlobVolume& volume) {
  return {.id = id + ".density",
          .name = "median density",
          .concept_name = codes::attenuation,
          .value = std::round(volume.mean_hu),
          .unit = codes::hounsfield,
          .decimals = 0,
          .uncertainty = std::max(2.0, std::round(blob.around.noise_hu)),
          .method = "median of the component's inner half; uncertainty: the scale, 2 HU, or noise"};
}

}  // namespace tomoscribe::pipeline::measure
