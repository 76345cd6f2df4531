#include "pipeline/series/health_card.h"

#include <cmath>

#include "pipeline/gates/texture.h"

namespace tomoscribe::pipeline {
namespace {

/// By the header's name; where it names none that is known, by the pixels.
std::string kernel_class(const measure::Scene& scene) {
  const dicom::InstanceHeader& header = scene.volume.header;
  if (const auto sharp = kernel_is_sharp(header.manufacturer, header.convolution_kernel))
    return *sharp ? "sharp" : "smooth";
  if (const auto sharp = gates::looks_sharp(scene))
    return *sharp ? "sharp by its pixels" : "smooth by its pixels";
  return "unknown";
}

bool applies(gates::Use use, const measure::Scene& scene, Measured measured) {
  const bool of_lungs = use == gates::Use::nodules || use == gates::Use::low_attenuation;
  return !of_lungs ||
         (measured != Measured::all_but_lungs && scene.shows(measure::BodyRegion::chest));
}

double rounded(double value, double unit) {
  return std::round(value / unit) * unit;
}

}  // namespace

reporting::SeriesHealth health_card(const SeriesSlices& slices, const measure::Scene& scene,
                                    Measured measured) {
  const Volume& volume = scene.volume;
  const Stack& stack = slices.stack;
  const dicom::InstanceHeader& header = volume.header;
  const std::array<double, 3> step_mm = volume.grid.spacing_mm();
  reporting::SeriesHealth card{
      .images = static_cast<int>(stack.order.size()),
      .columns = volume.grid.size[0],
      .rows = volume.grid.size[1],
      .pixel_mm = rounded(step_mm[0], 1e-4),
      .spacing_mm = rounded(stack.spacing_mm, 1e-3),
      .jitter_mm = rounded(stack.jitter_mm, 1e-3),
      .tilt_degrees = rounded(stack.tilt_degrees, 0.1),
      .coverage_mm = rounded(step_mm[2] * volume.grid.size[2], 0.1),
      .thickness_mm = header.planes.front().slice_thickness_mm,
      .gaps = volume.missing,
      .resampled = stack.resampled,
      .kernel = header.convolution_kernel.substr(0, header.convolution_kernel.find('\\')),
      .kernel_class = kernel_class(scene),
      .kvp = header.kvp,
      .contrast = header.contrast_agent,
      .lossy = header.lossy,
      .verdicts = {}};
  for (const gates::Use use :
       {gates::Use::volume, gates::Use::nodules, gates::Use::density, gates::Use::low_attenuation})
    if (applies(use, scene, measured))
      card.verdicts.push_back({std::string(gates::to_text(use)), scene.gates.allowed(use).reason});
  return card;
}

}  // namespace tomoscribe::pipeline
