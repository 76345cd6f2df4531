#include "pipeline/measure/head/layer.h"

#include <algorithm>
#include <cmath>

#include "pipeline/measure/head/inner_table.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double fresh_hu = 65, least_limit_hu = 49;  // blood; cortex is 37 to 41 HU
constexpr double calcified_hu = 95;
constexpr double thin_mm = 4, thin_bone_hu = 80;  // thin and denser: bone blurred into the profile
constexpr double dura_mm = 0.55;  // 0.9 mm of dura, 0.35 mm nearer because bone's edge is blurred
constexpr double not_reached = 1.07;  // edges and corners that no ray meets, as on phantoms
constexpr double flat = 0.4;          // thickness over width
constexpr double least_ml = 1.0, least_wide_cm2 = 2.0;
constexpr double unclear_mm = 6, mm2_per_cm2 = 100;
constexpr auto step = InnerTable::step_mm;

/// How far the profile stays above a limit, from where the bone's blur ends on; 0: not even there.
double bright_to_mm(const InnerTable& table, std::size_t ray, double limit_hu) {
  const double clear_mm = table.rays[ray].clear_mm;
  if (clear_mm >= unclear_mm) return 0;
  constexpr double begins_mm = 2;  // sharp kernels draw a dark line along the bone
  auto sample = static_cast<std::size_t>(std::ceil(clear_mm / step));
  const auto last = sample + static_cast<std::size_t>(begins_mm / step);
  while (sample <= last && static_cast<double>(table.hu(ray, sample)) < limit_hu) ++sample;
  if (sample > last) return 0;
  for (++sample; sample < InnerTable::samples; ++sample) {
    const auto here = static_cast<double>(table.hu(ray, sample));
    if (here >= limit_hu) continue;
    const auto before = static_cast<double>(table.hu(ray, sample - 1));
    return step * (static_cast<double>(sample) - (limit_hu - here) / (before - here));
  }
  return step * InnerTable::samples;
}

/// Densest place of the profile between the bone's blur and `to_mm`.
double densest_hu(const InnerTable& table, std::size_t ray, double to_mm) {
  double most = -1e9;
  const auto first = static_cast<std::size_t>(std::ceil(table.rays[ray].clear_mm / step));
  const auto last = std::min(InnerTable::samples - 1, static_cast<std::size_t>(to_mm / step));
  for (std::size_t i = first; i <= last; ++i)
    most = std::max(most, static_cast<double>(table.hu(ray, i)));
  return most;
}

std::vector<double> thicknesses(const InnerTable& table, double limit_hu) {
  std::vector<double> all(table.rays.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = bright_to_mm(table, i, limit_hu);
  return all;
}

/// Pieces of the inner table: rays beside each other that have a thickness, by a number from 1.
std::vector<std::size_t> pieces_of(const std::vector<double>& thick,
                                   const std::vector<std::vector<std::uint32_t>>& near) {
  std::vector<std::size_t> piece(thick.size());
  std::vector<std::uint32_t> open;
  std::size_t number = 0;
  for (std::size_t start = 0; start < thick.size(); ++start) {
    if (thick[start] == 0 || piece[start] != 0) continue;
    piece[start] = ++number;
    open.assign(1, static_cast<std::uint32_t>(start));
    while (!open.empty()) {
      const std::uint32_t ray = open.back();
      open.pop_back();
      for (const std::uint32_t other : near[ray])
        if (thick[other] > 0 && piece[other] == 0) piece[other] = number, open.push_back(other);
    }
  }
  return piece;
}

/// The value that a share of the others lies below; reorders its argument, which is not empty.
double ranked(std::vector<double>& values, double share) {
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + rank);
  return values[static_cast<std::size_t>(rank)];
}

/// Sums over the rays of one piece.
struct Piece {
  double area_cm2 = 0, wide_cm2 = 0;  ///< wide: with such rays on nearly all sides within 8 mm
  std::vector<double> thick, hu;
  bool layer = false;  ///< as wide as no sinus, flat, and as dense as blood
};

bool is_layer(Piece& piece) {
  constexpr double mm_per_cm = 10;
  if (piece.wide_cm2 < least_wide_cm2) return false;
  const double thick_mm = ranked(piece.thick, 0.98);
  if (thick_mm > flat * std::sqrt(piece.area_cm2) * mm_per_cm) return false;
  return median_of(piece.hu) < (thick_mm < thin_mm ? thin_bone_hu : calcified_hu);
}

std::vector<Piece> described(const InnerTable& table, const std::vector<double>& thick,
                             const std::vector<std::size_t>& piece,
                             const std::vector<std::vector<std::uint32_t>>& near) {
  constexpr double surrounded = 0.75;
  std::vector<Piece> all(piece.empty() ? 0 : *std::ranges::max_element(piece));
  for (std::size_t ray = 0; ray < thick.size(); ++ray) {
    if (piece[ray] == 0) continue;
    Piece& one = all[piece[ray] - 1];
    const double area = table.rays[ray].area_mm2 / mm2_per_cm2;
    const auto same = std::ranges::count_if(
        near[ray], [&](std::uint32_t other) { return piece[other] == piece[ray]; });
    one.area_cm2 += area;
    if (static_cast<double>(same) > surrounded * static_cast<double>(near[ray].size()))
      one.wide_cm2 += area;
    one.thick.push_back(thick[ray]);
    one.hu.push_back(densest_hu(table, ray, thick[ray]));
  }
  for (Piece& one : all) one.layer = is_layer(one);
  return all;
}

/// Where the rays run in the cranium's grid: which share of each voxel the layer fills.
class Painting {
 public:
  explicit Painting(const Grid& grid)
      : grid_{grid}, inner_(grid.voxels()), outer_(grid.voxels()), count_(grid.voxels()) {}
  void add(const WallRay& ray, double thick_mm) {
    const double beyond_mm = grid_.step_mm[0][0];
    const auto steps = static_cast<int>((thick_mm - dura_mm + 2 * beyond_mm) / step);
    for (int i = 0; i <= steps; ++i) {
      const double mm = dura_mm - beyond_mm + i * step;
      std::array<int, 3> voxel{};
      bool within = true;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const double point = ray.edge_mm[axis] + mm * ray.inward[axis] - grid_.origin_mm[axis];
        voxel[axis] = static_cast<int>(std::lround(point / grid_.step_mm[axis][axis]));
        within = within && voxel[axis] >= 0 && voxel[axis] < grid_.size[axis];
      }
      if (!within) return;
      const std::size_t at = grid_.offset(voxel[0], voxel[1], voxel[2]);
      inner_[at] += static_cast<float>(thick_mm - mm);
      outer_[at] += static_cast<float>(mm - dura_mm);
      count_[at] += 1;
    }
  }
  double share(std::size_t at) const {
    if (count_[at] == 0) return 0;
    const double voxel_mm = grid_.step_mm[0][0];
    const auto part = [&](float sum_mm) {
      return std::clamp(static_cast<double>(sum_mm / count_[at]) / voxel_mm + 0.5, 0.0, 1.0);
    };
    return std::max(0.0, part(inner_[at]) + part(outer_[at]) - 1);
  }
  double ml() const {
    double sum = 0;
    for (std::size_t at = 0; at < count_.size(); ++at) sum += share(at);
    return sum * grid_.voxel_ml();
  }
  Mask mask() const {
    Mask result(count_.size());
    for (std::size_t at = 0; at < result.size(); ++at) result[at] = share(at) > 0.4 ? 1 : 0;
    return result;
  }

 private:
  const Grid& grid_;
  std::vector<float> inner_, outer_, count_;
};

/// Side of a ray, mm from the midline, positive to the left; without a plane from the middle of the
/// rays.
std::vector<double> sides_of(const Cranium& cranium, const InnerTable& table) {
  std::vector<double> sides(table.rays.size());
  double middle = 0;
  for (const WallRay& ray : table.rays) middle += ray.edge_mm[0];
  middle /= static_cast<double>(std::max<std::size_t>(1, table.rays.size()));
  std::ranges::transform(table.rays, sides.begin(), [&](const WallRay& ray) {
    return cranium.plane ? cranium.plane->side_mm(ray.edge_mm) : ray.edge_mm[0] - middle;
  });
  return sides;
}

/// The vault's rays, which touch, and on which side they lie.
struct Wall {
  InnerTable table;
  std::vector<std::vector<std::uint32_t>> touching;
  std::vector<double> sides;
};

/// A layer's rays and how far each is bright.
struct Covered {
  std::vector<std::size_t> rays;
  std::vector<double> thick_mm;  ///< of each of `rays`
};

/// What hangs together with the seeds along the wall, on their side, above a limit.
Covered covered(const Wall& wall, const std::vector<std::size_t>& seeds, double limit_hu) {
  const std::vector<double> thick = thicknesses(wall.table, limit_hu);
  const std::vector<std::size_t> piece = pieces_of(thick, wall.touching);
  std::vector<bool> wanted(thick.size() + 1);
  for (const std::size_t ray : seeds) wanted[piece[ray]] = piece[ray] != 0;
  wanted[0] = false;
  const bool left = wall.sides[seeds.front()] > 0;
  Covered result;
  result.rays.reserve(thick.size());
  result.thick_mm.reserve(thick.size());
  for (std::size_t ray = 0; ray < thick.size(); ++ray)
    if (wanted[piece[ray]] && (wall.sides[ray] > 0) == left) {
      result.rays.push_back(ray);
      result.thick_mm.push_back(thick[ray]);
    }
  return result;
}

Painting painted(const Cranium& cranium, const Wall& wall, const Covered& layer) {
  Painting painting(cranium.image.grid);
  for (std::size_t i = 0; i < layer.rays.size(); ++i)
    painting.add(wall.table.rays[layer.rays[i]], layer.thick_mm[i]);
  return painting;
}

/// The seeds of one side, grown along the wall with the limit that their own density gives.
Layer grown_layer(const Cranium& cranium, const Wall& wall, const std::vector<std::size_t>& seeds,
                  const std::vector<double>& seed_thick) {
  std::vector<double> hu;
  hu.reserve(seeds.size());
  for (const std::size_t ray : seeds) hu.push_back(densest_hu(wall.table, ray, seed_thick[ray]));
  Layer layer;
  layer.mean_hu = std::round(median_of(hu));
  const auto above = [&](double level) {
    return covered(wall, seeds, cranium.brain_hu + level * (layer.mean_hu - cranium.brain_hu));
  };
  Covered half = above(0.5);
  const Painting painting = painted(cranium, wall, half);
  layer.mask = painting.mask();
  layer.ml = not_reached * painting.ml();
  layer.spread_ml =
      not_reached *
      std::abs(painted(cranium, wall, above(0.4)).ml() - painted(cranium, wall, above(0.6)).ml()) /
      2;
  for (const std::size_t ray : half.rays) {
    const double area_cm2 = wall.table.rays[ray].area_mm2 / mm2_per_cm2;
    layer.area_cm2 += area_cm2;
    layer.side_mm += area_cm2 * wall.sides[ray];
  }
  if (half.rays.empty()) return layer;
  layer.side_mm /= layer.area_cm2;
  layer.thickness_mm = std::max(0.0, ranked(half.thick_mm, 0.98) - dura_mm);
  return layer;
}

/// Thin layers on both sides that hardening of the beam and cortex make too: fainter than fresh
/// blood, or round most of the vault.
bool is_rim(const Layers& layers) {
  constexpr double most_share = 0.6, faint_hu = 58;
  if (layers.all.size() != 2) return false;
  double area_cm2 = 0;
  for (const Layer& one : layers.all) area_cm2 += one.area_cm2;
  const bool round = area_cm2 > most_share * layers.searched_cm2;
  return std::ranges::all_of(layers.all, [&](const Layer& one) {
    return one.thickness_mm < thin_mm && (round || one.mean_hu < faint_hu);
  });
}

/// The rays of all pieces that are layers, right and left.
std::array<std::vector<std::size_t>, 2> seeds_of(const Cranium& cranium, const Wall& wall,
                                                 const std::vector<double>& thick) {
  constexpr double around_mm = 8;
  const std::vector<std::size_t> piece = pieces_of(thick, wall.touching);
  const std::vector<Piece> pieces =
      described(wall.table, thick, piece, beside(wall.table, cranium, around_mm));
  std::array<std::vector<std::size_t>, 2> seeds;
  for (std::size_t ray = 0; ray < thick.size(); ++ray)
    if (piece[ray] != 0 && pieces[piece[ray] - 1].layer)
      seeds[wall.sides[ray] > 0 ? 1 : 0].push_back(ray);
  return seeds;
}

}  // namespace

Layers find_layers(const Cranium& cranium, const Volume& volume) {
  constexpr double beside_mm = 2.7;
  Wall wall{inner_table(cranium, volume), {}, {}};
  wall.touching = beside(wall.table, cranium, beside_mm);
  wall.sides = sides_of(cranium, wall.table);
  Layers layers;
  for (const WallRay& ray : wall.table.rays)
    if (ray.clear_mm < unclear_mm) layers.searched_cm2 += ray.area_mm2 / mm2_per_cm2;
  const double limit =
      std::max(least_limit_hu, cranium.brain_hu + 0.5 * (fresh_hu - cranium.brain_hu));
  const std::vector<double> thick = thicknesses(wall.table, limit);
  for (const std::vector<std::size_t>& side : seeds_of(cranium, wall, thick)) {
    if (side.empty()) continue;
    Layer layer = grown_layer(cranium, wall, side, thick);
    if (layer.ml >= least_ml) layers.all.push_back(std::move(layer));
  }
  layers.rim_all_round = is_rim(layers);
  if (layers.rim_all_round) layers.all.clear();
  return layers;
}

}  // namespace tomoscribe::pipeline::measure
