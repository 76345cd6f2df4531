#include "model/phantom/detail/tally.h"

#include <algorithm>
#include <map>

namespace tomoscribe::model::phantom {

namespace {
constexpr std::size_t label_count = 64;
constexpr int least_hu = -1100, most_hu = 400;
}  // namespace

void Tally::note_value(Sum& sum, float hu) {
  if (sum.values.empty()) sum.values.resize(most_hu - least_hu + 1);
  const int whole = std::clamp(static_cast<int>(hu), least_hu, most_hu);
  ++sum.values[static_cast<std::size_t>(whole - least_hu)];
}

double Tally::median_hu(const Sum& sum) {
  double seen = 0;
  for (std::size_t i = 0; i < sum.values.size(); ++i)
    if ((seen += sum.values[i]) >= sum.voxels / 2) return least_hu + static_cast<double>(i);
  return most_hu;
}

Tally::Tally(const Settings& settings, std::vector<Structure> structures)
    : settings_(settings),
      structures_(std::move(structures)),
      sums_(label_count),
      runs_(structures_.size()) {}

namespace {

/// One label in one slice.
struct Here {
  double voxels = 0, hu = 0, below = 0, hazy = 0, aerated = 0, column = 0, row = 0;
  int column0 = 1 << 20, row0 = 1 << 20, column1 = -1, row1 = -1;

  void add(int at_column, int at_row, float value) {
    voxels += 1;
    hu += static_cast<double>(value);
    if (value < -950.0F) below += 1;
    if (value >= -600.0F && value < -250.0F) hazy += 1;
    if (value < -400.0F) aerated += 1;
    column += at_column;
    row += at_row;
    column0 = std::min(column0, at_column);
    column1 = std::max(column1, at_column);
    row0 = std::min(row0, at_row);
    row1 = at_row;
  }
};

}  // namespace

void Tally::add(int slice, const std::vector<std::uint8_t>& labels, const std::vector<float>& hu) {
  std::array<Here, label_count> here{};
  std::size_t i = 0;
  for (int row = 0; row < settings_.rows; ++row)
    for (int column = 0; column < settings_.columns; ++column, ++i) {
      here[labels[i]].add(column, row, hu[i]);
      if (labels[i] != 0) note_value(sums_[labels[i]], hu[i]);
    }
  for (std::size_t label = 0; label < label_count; ++label) {
    const Here& h = here[label];
    if (h.voxels <= 0) continue;
    Sum& sum = sums_[label];
    sum.voxels += h.voxels;
    sum.hu += h.hu;
    sum.below_950 += h.below;
    sum.hazy += h.hazy;
    sum.aerated += h.aerated;
    sum.column += h.column;
    sum.row += h.row;
    sum.slice += slice * h.voxels;
    sum.boxes.push_back({slice, h.column0, h.row0, h.column1, h.row1});
  }
  if (settings_.structure_masks) add_runs(slice, labels);
}

void Tally::add_runs(int slice, const std::vector<std::uint8_t>& labels) {
  const int columns = settings_.columns;
  for (std::size_t k = 0; k < structures_.size(); ++k) {
    const auto inside = [&](std::uint8_t label) {
      return (structures_[k].labels >> label & 1U) != 0;
    };
    for (int row = 0; row < settings_.rows; ++row) {
      const std::uint8_t* line =
          &labels[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns)];
      for (int column = 0; column < columns; ++column) {
        const int start = column;
        while (column < columns && inside(line[column])) ++column;
        if (column > start) runs_[k].push_back({slice, row, start, column - start});
      }
    }
  }
}

Truth Tally::truth(std::size_t structure, const Phantom& phantom) const {
  const std::uint64_t labels = structures_[structure].labels;
  Truth result;
  result.name = structures_[structure].name;
  result.side = structures_[structure].side;
  result.runs = runs_[structure];
  Sum all;
  all.values.resize(most_hu - least_hu + 1);
  std::map<int, std::array<int, 5>> boxes;
  for (std::size_t label = 0; label < label_count; ++label) {
    if ((labels >> label & 1U) == 0) continue;
    const Sum& sum = sums_[label];
    all.voxels += sum.voxels;
    all.hu += sum.hu;
    all.below_950 += sum.below_950;
    all.hazy += sum.hazy;
    all.aerated += sum.aerated;
    for (std::size_t i = 0; i < sum.values.size(); ++i) all.values[i] += sum.values[i];
    all.column += sum.column;
    all.row += sum.row;
    all.slice += sum.slice;
    for (const auto& box : sum.boxes) {
      auto& known = boxes.emplace(box[0], box).first->second;
      known = {box[0], std::min(known[1], box[1]), std::min(known[2], box[2]),
               std::max(known[3], box[3]), std::max(known[4], box[4])};
    }
  }
  if (all.voxels <= 0) return result;
  const double pixel = settings_.pixel_mm;
  result.volume_ml = all.voxels * pixel * pixel * settings_.slice_mm * phantom.row_step[1] / 1000;
  result.mean_hu = all.hu / all.voxels;
  result.fraction_below_950 = all.below_950 / all.voxels;
  if (result.name.starts_with("lung.")) {
    result.quantities["laa950_percent"] = 100 * all.below_950 / all.voxels;
    result.quantities["haa_percent"] = 100 * all.hazy / all.voxels;  // -600 to -250 HU
    result.quantities["aerated_ml"] = result.volume_ml * all.aerated / all.voxels;
  }
  if (result.name == "liver" || result.name == "spleen")
    result.quantities["median_hu"] = median_hu(all);
  const auto& first = phantom.first_voxel_mm;
  const double down = all.row / all.voxels * pixel;
  result.centre_mm = {
      first[0] + all.column / all.voxels * pixel, first[1] + down * phantom.row_step[1],
      first[2] + down * phantom.row_step[2] + all.slice / all.voxels * settings_.slice_mm};
  int column0 = 1 << 20, row0 = 1 << 20, column1 = -1, row1 = -1;
  for (const auto& [slice, box] : boxes) {
    result.boxes.push_back(box);
    column0 = std::min(column0, box[1]);
    row0 = std::min(row0, box[2]);
    column1 = std::max(column1, box[3]);
    row1 = std::max(row1, box[4]);
  }
  const int slices = result.boxes.back()[0] - result.boxes.front()[0] + 1;
  result.size_mm = {(column1 - column0 + 1) * pixel, (row1 - row0 + 1) * pixel,
                    slices * settings_.slice_mm};
  return result;
}

std::vector<Truth> Tally::truths(const Phantom& phantom) const {
  std::vector<Truth> found;
  found.reserve(structures_.size());
  for (std::size_t k = 0; k < structures_.size(); ++k) {
    Truth truth = this->truth(k, phantom);
    if (!truth.boxes.empty()) found.push_back(std::move(truth));
  }
  return found;
}

}  // namespace tomoscribe::model::phantom
