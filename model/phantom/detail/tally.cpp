#include "model/phantom/detail/tally.h"

#include <algorithm>
#include <map>

namespace tomoscribe::model::phantom {

namespace {
constexpr auto label_count = static_cast<std::size_t>(Label::count);
constexpr LabelSet not_body = set_of(Label::air, Label::table);
}  // namespace

Tally::Tally(const Settings& settings) : settings_(settings), sums_(label_count) {}

void Tally::add(int slice, const std::vector<Label>& labels, const std::vector<float>& hu) {
  struct Here {
    double voxels = 0, hu = 0, below = 0, column = 0, row = 0;
    int column0 = 1 << 20, row0 = 1 << 20, column1 = -1, row1 = -1;
  };
  std::array<Here, label_count> here{};
  std::size_t i = 0;
  for (int row = 0; row < settings_.rows; ++row)
    for (int column = 0; column < settings_.columns; ++column, ++i) {
      if ((set_of(labels[i]) & not_body) != 0) continue;
      Here& h = here[static_cast<std::size_t>(labels[i])];
      h.voxels += 1;
      h.hu += static_cast<double>(hu[i]);
      if (hu[i] < -950.0F) h.below += 1;
      h.column += column;
      h.row += row;
      h.column0 = std::min(h.column0, column);
      h.column1 = std::max(h.column1, column);
      h.row0 = std::min(h.row0, row);
      h.row1 = row;
    }
  for (std::size_t label = 0; label < label_count; ++label) {
    const Here& h = here[label];
    if (h.voxels <= 0) continue;
    Sum& sum = sums_[label];
    sum.voxels += h.voxels;
    sum.hu += h.hu;
    sum.below_950 += h.below;
    sum.column += h.column;
    sum.row += h.row;
    sum.slice += slice * h.voxels;
    sum.boxes.push_back({slice, h.column0, h.row0, h.column1, h.row1});
  }
}

Truth Tally::truth(const char* name, const char* side, LabelSet labels,
                   const std::array<double, 3>& first_voxel_mm) const {
  Truth result;
  result.name = name;
  result.side = side;
  Sum all;
  std::map<int, std::array<int, 5>> boxes;
  for (std::size_t label = 0; label < label_count; ++label) {
    if ((labels >> label & 1U) == 0) continue;
    const Sum& sum = sums_[label];
    all.voxels += sum.voxels;
    all.hu += sum.hu;
    all.below_950 += sum.below_950;
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
  result.volume_ml = all.voxels * pixel * pixel * settings_.slice_mm / 1000;
  result.mean_hu = all.hu / all.voxels;
  result.fraction_below_950 = all.below_950 / all.voxels;
  result.centre_mm = {first_voxel_mm[0] + all.column / all.voxels * pixel,
                      first_voxel_mm[1] + all.row / all.voxels * pixel,
                      first_voxel_mm[2] + all.slice / all.voxels * settings_.slice_mm};
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

std::vector<Truth> Tally::truths(const std::array<double, 3>& first, bool nodule_left) const {
  std::vector<Truth> found{
      truth("body", "", ~not_body, first),
      truth("lung.right", "right", set_of(Label::lung_right), first),
      truth("lung.left", "left", set_of(Label::lung_left), first),
      truth("vessels.right", "right", set_of(Label::vessel_right), first),
      truth("vessels.left", "left", set_of(Label::vessel_left), first),
      truth("trachea", "", set_of(Label::trachea), first),
      truth("bronchi", "", set_of(Label::bronchus), first),
      truth("heart", "", set_of(Label::heart), first),
      truth("bone", "", set_of(Label::bone), first),
      truth("liver", "right", set_of(Label::liver), first),
      truth("spleen", "left", set_of(Label::spleen), first),
      truth("bowel_gas", "left", set_of(Label::bowel_gas), first),
      truth("nodule.1", nodule_left ? "left" : "right", set_of(Label::nodule), first)};
  found.erase(
      std::remove_if(found.begin(), found.end(), [](const Truth& t) { return t.boxes.empty(); }),
      found.end());
  return found;
}

}  // namespace tomoscribe::model::phantom
