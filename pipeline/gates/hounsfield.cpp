// Hounsfield units: air outside at -1000, soft tissue or fat where they belong; and what kind of CT
// makes numbers that only look like HU (cone beam, megavoltage, attenuation correction).
// Source: QUANTIFICATION B, "not HU".
#include "pipeline/gates/hounsfield.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"

namespace tomoscribe::pipeline {
namespace {

constexpr std::int16_t beyond_metal_hu = 31000;  // extended scales end at 30000

constexpr int clip_hu = -1024, tissue_from_hu = -400;

/// How often each value of gas occurs, HU from -1024; the first counts what the scale cuts off.
using GasCounts = std::vector<std::size_t>;

/// Adds `length` pixels of a row. Where noise is cut off at -1024 the pixels there stand between
/// others in short runs, and count; padding fills the row to the end of the image, or much of it.
void add_run(const Volume& volume, const std::array<int, 3>& from, int length, GasCounts& counts) {
  constexpr int longest_clipped = 16;
  const auto [column, row, slice] = from;
  const bool at_end = column == 0 || column + length == volume.grid.size[0];
  if (volume.at(column, row, slice) > clip_hu)
    ++counts[static_cast<unsigned>(volume.at(column, row, slice) - clip_hu)];
  else if (!at_end && length <= longest_clipped)
    counts[0] += static_cast<unsigned>(length);
}

/// Of one row the columns from `begin` to before `end`.
void add_row(const Volume& volume, const std::array<int, 2>& columns, int row, int slice,
             GasCounts& counts) {
  for (int column = columns[0]; column < columns[1];) {
    const int value = volume.at(column, row, slice);
    int next = column + 1;
    if (value <= clip_hu)
      while (next < columns[1] && volume.at(next, row, slice) <= clip_hu) ++next;
    if (value < tissue_from_hu) add_run(volume, {column, row, slice}, next - column, counts);
    column = next;
  }
}

/// Of the outermost pixels in plane.
GasCounts border_gas(const Volume& volume) {
  GasCounts counts(tissue_from_hu - clip_hu, 0);
  const auto [columns, rows, slices] = volume.grid.size;
  const int wide = columns / 16, high = rows / 16;
  for (int slice = 0; slice < slices; ++slice)
    for (int row = 0; row < rows; ++row) {
      if (row < high || row >= rows - high) {
        add_row(volume, {0, columns}, row, slice, counts);
        continue;
      }
      add_row(volume, {0, wide}, row, slice, counts);
      add_row(volume, {columns - wide, columns}, row, slice, counts);
    }
  return counts;
}

/// Share of the values within two bounds, every seventh looked at.
double share_within(const Volume& volume, int low_hu, int high_hu) {
  const std::size_t looked_at = (volume.hu.size() + 6) / 7;
  std::size_t within = 0;
  for (std::size_t i = 0; i < volume.hu.size(); i += 7)
    if (volume.hu[i] >= low_hu && volume.hu[i] <= high_hu) ++within;
  return static_cast<double>(within) / static_cast<double>(looked_at);
}

}  // namespace

std::optional<int> outside_air_hu(const Volume& volume) {
  const GasCounts counts = border_gas(volume);
  std::size_t total = 0;
  for (const std::size_t count : counts) total += count;
  // What is at -1024 throughout is padding: the rest must be enough.
  if (static_cast<double>(total - counts[0]) < 0.002 * static_cast<double>(volume.hu.size()))
    return std::nullopt;
  std::size_t below = 0, value = 0;
  while (value < counts.size() && (below += counts[value]) * 2 < total) ++value;
  return static_cast<int>(value) + clip_hu;
}

std::optional<std::string> why_not_hounsfield(const Volume& volume) {
  if (volume.hu.empty()) return "the volume holds no values";
  // Soft tissue and fat lie between -150 and 150 HU in every patient.
  const double soft = share_within(volume, -150, 150), gas = share_within(volume, -1024, -301);
  const double dense = share_within(volume, 601, 32767);
  const double beyond = share_within(volume, beyond_metal_hu + 1, 32767);
  const auto percent = [](double share) { return std::to_string(static_cast<int>(100 * share)); };
  // Signed values read as unsigned, or a scale far off: air where metal ends.
  if (beyond > 0.02)
    return "the values are not Hounsfield units: " + percent(beyond) +
           " % of them are denser than any metal";
  if (soft < 0.01)
    return "the values are not Hounsfield units: nothing has the density of soft tissue";
  // Stored values without their intercept: air reads as tissue, tissue as bone.
  if (gas < 0.001 && dense > 0.05)
    return "the values are not Hounsfield units: no air is seen, and " + percent(dense) +
           " % is as dense as bone";
  if (const auto air = outside_air_hu(volume); air && *air > -900)
    return "the values are not Hounsfield units: the air around the patient measures " +
           std::to_string(*air) + " HU instead of -1000";
  return std::nullopt;
}

namespace gates {
namespace {

constexpr int air_off_hu = 40;

/// The most frequent density between -200 and 200 HU within the body, in bins of 10 HU; nullopt
/// where there is no body.
std::optional<int> tissue_peak_hu(const measure::Scene& scene) {
  constexpr int lowest = -200, width = 10;
  std::array<std::size_t, 40> counts{};
  for (std::size_t i = 0; i < scene.body.size(); ++i) {
    const int hu = scene.work.hu[i];
    if (scene.body[i] != 0 && hu >= lowest && hu < lowest + width * 40)
      ++counts[static_cast<std::size_t>((hu - lowest) / width)];
  }
  const auto most = std::ranges::max_element(counts);
  if (*most == 0) return std::nullopt;
  return lowest + width * static_cast<int>(most - counts.begin()) + width / 2;
}

/// What the header says of the series, field by field: a phrase does not run from one to the next.
std::array<std::string, 3> fields_of(const dicom::InstanceHeader& header) {
  std::string type;
  for (const std::string& word : header.image_type) type += word + " ";
  return {header.series_description, header.protocol_name, std::move(type)};
}

/// "CTAC", "CT AC": of PET and SPECT. AC also stands for a joint (acromioclavicular), and in French
/// for a contrast agent that was given (avec contraste): then it is none.
bool for_attenuation_correction(const dicom::InstanceHeader& header, const std::string& field) {
  if (says(field, {"CTAC", "ATTENUATION CORR*", "ATTENUATIONCORR*", "ATT CORR*",
                   "CORRECTION D ATT\u00c9NUATION", "SCHW\u00c4CHUNGSKORR*"}))
    return true;
  if (!header.contrast_agent.empty() ||
      says(field, {"AC JOINT*", "AC JT*", "AC GELENK*", "ACROMIO*", "AC ARTIC*"}))
    return false;
  return says(field, {"AC CT", "CT AC", "CT FOR AC", "CT WB AC"});
}

/// What the header says that makes the numbers no HU, or no diagnostic ones.
void add_by_header(const dicom::InstanceHeader& header, std::vector<Result>& faults) {
  const auto fields = fields_of(header);
  const auto where_says = [&](std::initializer_list<const char*> phrases) {
    return std::ranges::any_of(fields, [&](const std::string& one) { return says(one, phrases); });
  };
  const std::string machine = header.manufacturer + " " + header.model_name;
  const std::initializer_list<Use> no_units{Use::density,         Use::tissue,  Use::bone,
                                            Use::low_attenuation, Use::calcium, Use::fat};
  if (where_says({"CBCT", "CONE BEAM", "CONEBEAM"}) ||
      says(machine, {"CBCT", "ON BOARD IMAGER", "XVI", "NEWTOM", "I CAT", "PLANMECA", "PROMAX"}))
    faults.push_back(
        restricted(no_units, "cone beam CT: its values are no calibrated Hounsfield units"));
  if (where_says({"MVCT", "MEGAVOLT*"}) || says(machine, {"TOMOTHERAPY"}) ||
      header.kvp.value_or(120) > 400)
    faults.push_back(
        restricted(no_units, "megavoltage CT: its values are no diagnostic Hounsfield units"));
  if (std::ranges::any_of(
          fields, [&](const std::string& one) { return for_attenuation_correction(header, one); }))
    faults.push_back(restricted({Use::low_attenuation, Use::nodules, Use::calcium},
                                "CT for attenuation correction: low dose, free breathing"));
}

}  // namespace

Result hounsfield(const measure::Scene& scene) {
  if (auto why = why_not_hounsfield(scene.volume)) return stopped(std::move(*why));
  std::vector<Result> faults;
  add_by_header(scene.volume.header, faults);
  if (const auto air = outside_air_hu(scene.volume); air && std::abs(*air + 1000) > air_off_hu)
    faults.push_back(restricted(
        {Use::density, Use::tissue, Use::bone, Use::low_attenuation, Use::calcium, Use::fat},
        "the air around the patient measures " + std::to_string(*air) + " HU instead of -1000"));
  // Fat, or soft tissue from water to enhanced organs.
  if (const auto peak = tissue_peak_hu(scene);
      peak && !(*peak >= -135 && *peak <= -50) && !(*peak >= -15 && *peak <= 120))
    faults.push_back(restricted({Use::density, Use::tissue, Use::bone, Use::calcium, Use::fat},
                                "the most frequent density in the body is " +
                                    std::to_string(*peak) + " HU: neither fat nor soft tissue"));
  return together(std::move(faults));
}

}  // namespace gates
}  // namespace tomoscribe::pipeline
