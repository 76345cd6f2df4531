#include "pipeline/measure/lung_pieces.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double least_piece_ml = 1, least_rib_contact = 0.35, rib_distance_mm = 12;
// Fluid and consolidation may lie between a lung and most of its ribs; the gas of stomach (rim:
// 0.18) and bowel (none) has less contact and is purer.
constexpr double large_piece_ml = 150, least_large_contact = 0.22;
// A lung full of emphysema above fluid has less still; no stomach reaches up beside the other
// lung's apex.
constexpr double least_contact_beside = 0.1, apices_apart_mm = 60;
constexpr double trachea_mm = 35;  // nearer to the midline may be the trachea
constexpr int least_median_hu = -930, most_median_hu = -600;
constexpr int most_pieces = 12;
constexpr std::int16_t bone_hu = 180;

/// Millimetres to the nearest bone on a grid twice as coarse: only "within 12 mm" is asked.
struct BoneDistance {
  Grid grid;
  std::vector<float> mm;
  double at(int column, int row, int slice) const {
    return mm[grid.offset(std::min(column / 2, grid.size[0] - 1),
                          std::min(row / 2, grid.size[1] - 1),
                          std::min(slice / 2, grid.size[2] - 1))];
  }
};

BoneDistance bone_distance(const Scene& scene) {
  const Grid& fine = scene.work.grid;
  BoneDistance bone{.grid = fine, .mm = {}};
  for (std::size_t i = 0; i < 3; ++i) {
    bone.grid.size[i] = (fine.size[i] + 1) / 2;
    for (double& step : bone.grid.step_mm[i]) step *= 2;
  }
  Mask mask(bone.grid.voxels(), 0);
  std::size_t at = 0;
  for (int slice = 0; slice < fine.size[2]; ++slice)
    for (int row = 0; row < fine.size[1]; ++row)
      for (int column = 0; column < fine.size[0]; ++column, ++at)
        if (scene.body[at] != 0 && scene.work.hu[at] > bone_hu)
          mask[bone.grid.offset(column / 2, row / 2, slice / 2)] = 1;
  bone.mm = depth_mm(mask, bone.grid);
  for (float& value : bone.mm) value = -value;
  return bone;
}

struct Piece {
  std::size_t voxels = 0, right = 0;
  std::size_t surface = 0, near_bone = 0;
  int top_slice = 0;
  std::vector<std::uint32_t> histogram = std::vector<std::uint32_t>(1025, 0);  // HU -1024..0
  int median_hu() const {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < histogram.size(); ++i)
      if ((seen += histogram[i]) * 2 >= voxels) return static_cast<int>(i) - 1024;
    return 0;
  }
  double rib_contact() const {
    return surface == 0 ? 0 : static_cast<double>(near_bone) / static_cast<double>(surface);
  }
  double right_share() const { return static_cast<double>(right) / static_cast<double>(voxels); }
  bool is_large() const {
    return static_cast<double>(voxels) * std::pow(working_mm, 3) / 1000 >= large_piece_ml;
  }
  bool has_lung_density() const {
    const int median = median_hu();
    return median >= least_median_hu && median <= most_median_hu;
  }
  bool is_lung() const {
    return rib_contact() >= (is_large() ? least_large_contact : least_rib_contact) &&
           has_lung_density();
  }
};

/// First and last column of each piece in one row; -1 where it has none.
void find_ends(const Components& found, const Grid& grid, int row, int slice,
               std::vector<std::array<int, 2>>& ends) {
  std::ranges::fill(ends, std::array<int, 2>{-1, -1});
  for (int column = 0; column < grid.size[0]; ++column) {
    const std::uint16_t label = found.labels[grid.offset(column, row, slice)];
    if (label == 0 || label > ends.size()) continue;
    auto& [first, last] = ends[label - 1];
    if (first < 0) first = column;
    last = column;
  }
}

/// The outer hull of a piece decides on rib contact: along each row of a slice its first and last
/// voxel. Vessels inside do not count.
void count_hull(const Components& found, const Grid& grid, const BoneDistance& bone, double core_mm,
                std::vector<Piece>& pieces) {
  std::vector<std::array<int, 2>> ends(pieces.size());
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int row = 0; row < grid.size[1]; ++row) {
      find_ends(found, grid, row, slice, ends);
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (ends[i][0] < 0) continue;
        pieces[i].surface += 2;
        pieces[i].near_bone +=
            static_cast<std::size_t>(std::ranges::count_if(ends[i], [&](int column) {
              return bone.at(column, row, slice) <= rib_distance_mm + core_mm;
            }));
      }
    }
}

std::vector<Piece> judge(const Scene& scene, const Components& found, const BoneDistance& bone,
                         double midline, double core_mm) {
  const Grid& grid = scene.work.grid;
  std::vector<Piece> pieces(std::min<std::size_t>(found.voxels.size(), most_pieces));
  std::size_t at = 0;
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column, ++at) {
        const std::uint16_t label = found.labels[at];
        if (label == 0 || label > pieces.size()) continue;
        Piece& piece = pieces[label - 1];
        ++piece.voxels;
        piece.top_slice = slice;
        if (column < midline) ++piece.right;  // columns run to the patient's left
        const int bin = std::clamp<int>(scene.work.hu[at], -1024, 0) + 1024;
        ++piece.histogram[static_cast<std::size_t>(bin)];
      }
  count_hull(found, grid, bone, core_mm, pieces);
  return pieces;
}

bool spans_midline(const Piece& piece) {
  return piece.right_share() > 0.12 && piece.right_share() < 0.88;
}

std::uint8_t side_of(const Piece& piece) {
  return piece.right_share() >= 0.5 ? right_lung : left_lung;
}

/// Which pieces are lung; beside one lung also a large piece of the other side that reaches as
/// high.
std::vector<std::uint8_t> lungs_among(const std::vector<Piece>& pieces) {
  std::vector<std::uint8_t> lung(pieces.size(), 0);
  std::array<int, 2> top{-1, -1};  // right, left
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!pieces[i].is_lung()) continue;
    lung[i] = 1;
    if (spans_midline(pieces[i])) {
      top = {pieces[i].top_slice, pieces[i].top_slice};
      continue;
    }
    int& here = top.at(side_of(pieces[i]) == right_lung ? 0 : 1);
    here = std::max(here, pieces[i].top_slice);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    const std::size_t side = side_of(piece) == right_lung ? 0 : 1;
    if (top.at(side) < 0 && top.at(1 - side) >= 0 && !spans_midline(piece) && piece.is_large() &&
        piece.has_lung_density() && piece.rib_contact() >= least_contact_beside &&
        (top.at(1 - side) - piece.top_slice) * working_mm <= apices_apart_mm)
      lung[i] = 1;
  }
  return lung;
}

/// Labels pieces by the side where most of each lies.
void label_sides(const Components& found, const std::vector<Piece>& pieces, Mask& seeds) {
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const std::uint16_t label = found.labels[i];
    if (label == 0 || label > pieces.size()) continue;
    seeds[i] = side_of(pieces[label - 1]);
  }
}

/// Parts lungs that touch: by cores deep enough to lie on one side each, else at the midline.
void part(const Scene& scene, const std::vector<float>& depth, const Mask& joined,
          const BoneDistance& bone, double midline, Mask& seeds, std::vector<std::string>& notes) {
  const Grid& grid = scene.work.grid;
  const auto least = static_cast<std::size_t>(least_piece_ml / grid.voxel_ml());
  for (const double mm : {4.0, 5.5, 7.0, 9.0, 11.0, 13.0}) {
    Mask core = deeper_than(depth, mm);
    std::ranges::transform(core, joined, core.begin(), std::bit_and{});
    const Components parts = components(core, grid, least);
    const std::vector<Piece> judged = judge(scene, parts, bone, midline, mm);
    if (judged.empty()) break;
    if (std::ranges::any_of(judged, spans_midline)) continue;
    label_sides(parts, judged, seeds);
    notes.emplace_back("both lungs touch: parted by their cores");
    return;
  }
  const auto columns = static_cast<std::size_t>(grid.size[0]);
  for (std::size_t i = 0; i < seeds.size(); ++i)
    if (joined[i] != 0)
      seeds[i] = static_cast<double>(i % columns) < midline ? right_lung : left_lung;
  notes.emplace_back("both lungs touch: parted at the midline");
}

/// What the columns of the working grid hold.
struct Profile {
  double body_middle = 0;
  std::vector<std::uint32_t> bone;  ///< voxels of bone in the back half
};

Profile profile_of(const Scene& scene) {
  const Grid& grid = scene.work.grid;
  Profile profile{.bone = std::vector<std::uint32_t>(static_cast<std::size_t>(grid.size[0]), 0)};
  double sum = 0, count = 0;
  std::size_t at = 0;
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column, ++at) {
        if (scene.body[at] == 0) continue;
        sum += column;
        ++count;
        profile.bone[static_cast<std::size_t>(column)] +=
            static_cast<std::uint32_t>(row > grid.size[1] / 2 && scene.work.hu[at] > bone_hu);
      }
  profile.body_middle = count > 0 ? sum / count : grid.size[0] / 2.0;
  return profile;
}

}  // namespace

double midline_column(const Scene& scene) {
  const int columns = scene.work.grid.size[0];
  const Profile profile = profile_of(scene);
  // The spine is the densest 40 mm wide column of bone in the back half, near the middle.
  const int half = static_cast<int>(20 / working_mm), reach = static_cast<int>(60 / working_mm);
  const int middle = static_cast<int>(profile.body_middle);
  double best = profile.body_middle;
  std::uint64_t most = 0;
  for (int centre = middle - reach; centre <= middle + reach; ++centre) {
    std::uint64_t sum = 0;
    for (int column = std::max(0, centre - half); column <= std::min(columns - 1, centre + half);
         ++column)
      sum += profile.bone[static_cast<std::size_t>(column)];
    if (sum > most) most = sum, best = centre;
  }
  return best;
}

Mask along_ribs(const Scene& scene, const Mask& gas) {
  const Grid& grid = scene.work.grid;
  const BoneDistance bone = bone_distance(scene);
  const double midline = midline_column(scene);
  Mask result(gas.size(), 0);
  std::size_t at = 0;
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column, ++at)
        result[at] = gas[at] != 0 && std::abs(column - midline) * working_mm >= trachea_mm &&
                             bone.at(column, row, slice) <= rib_distance_mm
                         ? 1
                         : 0;
  return result;
}

Mask lung_cores(const Scene& scene, const std::vector<float>& depth,
                std::vector<std::string>& notes) {
  const Grid& grid = scene.work.grid;
  const auto least = static_cast<std::size_t>(least_piece_ml / grid.voxel_ml());
  const BoneDistance bone = bone_distance(scene);
  const double midline = midline_column(scene);
  const Components found = components(deeper_than(depth, core_depth_mm), grid, least);
  const std::vector<Piece> pieces = judge(scene, found, bone, midline, core_depth_mm);

  const std::vector<std::uint8_t> is_lung = lungs_among(pieces);
  Mask seeds(depth.size(), nothing), joined(depth.size(), 0);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const std::uint16_t label = found.labels[i];
    if (label == 0 || label > pieces.size() || is_lung[label - 1U] == 0) continue;
    if (spans_midline(pieces[label - 1]))
      joined[i] = 1;
    else
      seeds[i] = side_of(pieces[label - 1]);
  }
  if (std::ranges::count(joined, 1) > 0) part(scene, depth, joined, bone, midline, seeds, notes);
  return seeds;
}

}  // namespace tomoscribe::pipeline::measure
