// Components of the density of fresh blood (QUANTIFICATION A, "hyperdense candidate").
#include "pipeline/measure/head/blob.h"

#include <algorithm>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double low_hu = 52, high_hu = 95, calcium_hu = 100;
constexpr double rim_mm = 1.0;  // of bone, blurred into the brain
constexpr double sinus_mm = 12, sinus_side_mm = 8;
constexpr double least_ml = 1.0, least_seed_ml = 0.3;
constexpr double around_mm = 12;  // of a component, for its surroundings
constexpr std::size_t most_blobs = 40;

/// What lies against the vault in the midline: the sagittal sinus, the falx, the torcula.
bool in_midline_sinus(const Cranium& cranium, const Vec3& point, double depth) {
  return depth < sinus_mm && cranium.plane &&
         std::abs(cranium.plane->side_mm(point)) < sinus_side_mm;
}

/// z of the top of the space inside the skull.
double top_mm(const Cranium& cranium) {
  double top = -1e9;
  for_each_voxel(cranium.image.grid, [&](std::size_t at, int column, int row, int slice) {
    if (cranium.inside[at] != 0) top = std::max(top, cranium.point(column, row, slice)[2]);
  });
  return top;
}

/// The density from which the posterior fossa is searched: well above its own spread, which holds
/// the bands of beam hardening. Nothing when those are as dense as blood, or little of it is seen.
std::optional<double> posterior_hu(const Cranium& cranium) {
  constexpr double from_bone_mm = 8, spreads = 4, most_hu = 60;
  constexpr std::size_t least_voxels = 3000;  // 10 mL
  std::vector<double> values;
  for_each_voxel(cranium.image.grid, [&](std::size_t at, int column, int row, int slice) {
    if (static_cast<double>(cranium.depth[at]) > from_bone_mm &&
        cranium.posterior_fossa(cranium.point(column, row, slice)))
      values.push_back(cranium.fine[at]);
  });
  if (values.size() < least_voxels) return std::nullopt;
  const auto upper = values.begin() + static_cast<std::ptrdiff_t>(3 * values.size() / 4);
  std::ranges::nth_element(values, upper);
  const double quartile = *upper, middle = median_of(values);
  constexpr double quartiles_per_sd = 0.674;
  const double limit = middle + spreads * (quartile - middle) / quartiles_per_sd;
  if (limit > most_hu) return std::nullopt;
  return std::max(low_hu, limit);
}

/// 1 where the density is that of blood and the place is searched.
Mask searched_band(const Cranium& cranium, std::optional<double> posterior_from_hu) {
  // Under the cap of the vault slices mix bone with brain, and beams are hardest. Sigmoid and
  // transverse sinus lie along the bone of the posterior fossa.
  constexpr double cap_mm = 12, sinuses_mm = 6, never_hu = 1e4;
  const double highest = cranium.vertex_missing ? 1e9 : top_mm(cranium) - cap_mm;
  const Grid& grid = cranium.image.grid;
  Mask band(grid.voxels());
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    const auto depth = static_cast<double>(cranium.depth[at]);
    if (cranium.fine[at] < low_hu || cranium.fine[at] > high_hu || depth < rim_mm) return;
    const Vec3 point = grid.point_mm(column, row, slice);
    if (cranium.posterior_fossa(point)) {
      if (cranium.fine[at] >= posterior_from_hu.value_or(never_hu) && depth > sinuses_mm)
        band[at] = 1;
    } else if (point[2] < highest && !in_midline_sinus(cranium, point, depth)) {
      band[at] = 1;
    }
  });
  return band;
}

/// Sums over the voxels of one component.
struct Sums {
  Vec3 centre{};
  double voxels = 0, contact = 0, symmetric = 0;
  double calcium = 0;  // beside it too
  float deepest = 0;
  std::vector<double> depths;
};

/// `band` on the grid `whole`.
Sums sums_of(const Blob& blob, const Mask& band, const Grid& whole) {
  const Cranium& cranium = blob.around;
  const Grid& grid = cranium.image.grid;
  const std::vector<float> own = depth_mm(blob.mask, grid);
  Sums sums;
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (own[at] < -3) return;
    if (cranium.image.hu[at] > calcium_hu && cranium.depth[at] > 3) ++sums.calcium;
    if (blob.mask[at] == 0) return;
    const Vec3 point = grid.point_mm(column, row, slice);
    for (std::size_t i = 0; i < 3; ++i) sums.centre[i] += point[i];
    ++sums.voxels;
    sums.deepest = std::max(sums.deepest, own[at]);
    if (cranium.depth[at] < rim_mm + 1.6) ++sums.contact;
    sums.depths.push_back(static_cast<double>(cranium.depth[at]));
    if (cranium.plane && value_at(band, whole, cranium.plane->mirrored(point)) > 0.4)
      ++sums.symmetric;
  });
  return sums;
}

/// `band` on the grid `whole`.
void describe(const Mask& band, const Grid& whole, Blob& blob) {
  const Cranium& cranium = blob.around;
  const Grid& grid = cranium.image.grid;
  Sums sums = sums_of(blob, band, whole);
  const double voxel_mm = grid.step_mm[0][0];
  for (std::size_t i = 0; i < 3; ++i) blob.centre_mm[i] = sums.centre[i] / sums.voxels;
  blob.ml = sums.voxels * grid.voxel_ml();
  blob.thickest_mm = 2 * static_cast<double>(sums.deepest) + voxel_mm;
  blob.depth_mm = value_at(cranium.depth, grid, blob.centre_mm);
  blob.contact_mm = std::sqrt(sums.contact) * voxel_mm;
  blob.symmetric = sums.symmetric / sums.voxels;
  blob.calcified = sums.calcium / sums.voxels;
  if (cranium.plane) blob.side_mm = cranium.plane->side_mm(blob.centre_mm);
  const auto high = sums.depths.begin() +
                    static_cast<std::ptrdiff_t>(0.98 * static_cast<double>(sums.depths.size() - 1));
  std::ranges::nth_element(sums.depths, high);
  // Depth counts from the centre of the outermost voxel to the centre of the innermost one.
  blob.thickness_mm = *high + voxel_mm;
}

using Corners = std::array<std::array<int, 3>, 2>;  // first voxel, one past the last

/// Where each piece lies, widened by `mm` but within the grid.
std::vector<Corners> boxes_of(const Components& pieces, std::size_t count, const Grid& grid,
                              double mm) {
  std::vector<Corners> boxes(count, Corners{grid.size, {0, 0, 0}});
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    const std::size_t number = pieces.labels[at];
    if (number == 0 || number > count) return;
    auto& [first, end] = boxes[number - 1];
    const std::array<int, 3> index{column, row, slice};
    for (std::size_t i = 0; i < 3; ++i) {
      first[i] = std::min(first[i], index[i]);
      end[i] = std::max(end[i], index[i] + 1);
    }
  });
  const int margin = static_cast<int>(std::ceil(mm / grid.step_mm[0][0]));
  for (auto& [first, end] : boxes)
    for (std::size_t i = 0; i < 3; ++i) {
      first[i] = std::max(0, first[i] - margin);
      end[i] = std::min(grid.size[i], end[i] + margin);
    }
  return boxes;
}

template <class T>
std::vector<T> cut(const std::vector<T>& values, const Grid& grid, const Corners& box) {
  const auto& [first, end] = box;
  std::vector<T> result;
  result.reserve(static_cast<std::size_t>(end[0] - first[0]) *
                 static_cast<std::size_t>(end[1] - first[1]) *
                 static_cast<std::size_t>(end[2] - first[2]));
  for (int slice = first[2]; slice < end[2]; ++slice)
    for (int row = first[1]; row < end[1]; ++row) {
      const auto from =
          values.begin() + static_cast<std::ptrdiff_t>(grid.offset(first[0], row, slice));
      result.insert(result.end(), from, from + (end[0] - first[0]));
    }
  return result;
}

/// The same cranium, arrays of a part of its box.
Cranium cut(const Cranium& whole, const Corners& box) {
  const Grid& grid = whole.image.grid;
  Cranium part;
  part.plane = whole.plane;
  part.base_mm = whole.base_mm;
  part.petrous_mm = whole.petrous_mm;
  part.petrous_y_mm = whole.petrous_y_mm;
  part.brain_hu = whole.brain_hu;
  part.noise_hu = whole.noise_hu;
  part.deepest_mm = whole.deepest_mm;
  for (std::size_t i = 0; i < 3; ++i) {
    part.first[i] = whole.first[i] + box[0][i];
    part.image.grid.size[i] = box[1][i] - box[0][i];
  }
  part.image.grid.step_mm = grid.step_mm;
  part.image.grid.origin_mm = grid.point_mm(box[0][0], box[0][1], box[0][2]);
  part.image.hu = cut(whole.image.hu, grid, box);
  part.fine = cut(whole.fine, grid, box);
  part.inside = cut(whole.inside, grid, box);
  part.depth = cut(whole.depth, grid, box);
  return part;
}

/// What of the band lies within 2.6 mm of one numbered piece.
Mask grown(Mask band, const std::vector<std::uint16_t>& labels, std::size_t number,
           const Grid& grid) {
  constexpr float reach_mm = 2.6F;
  Mask piece(labels.size());
  std::ranges::transform(labels, piece.begin(),
                         [number](std::uint16_t label) { return label == number ? 1 : 0; });
  const std::vector<float> away = depth_mm(piece, grid);
  for (std::size_t i = 0; i < band.size(); ++i)
    if (away[i] < -reach_mm) band[i] = 0;
  return band;
}

/// A number between -1 and 1 that depends on the place alone.
double hashed(std::size_t at) {
  std::uint64_t x = at * 0x9E3779B97F4A7C15U + 0x632BE59BD9B4E019U;
  x ^= x >> 32, x *= 0xD6E8FEB86659FD93U, x ^= x >> 29;
  return static_cast<double>(x >> 11) / 4503599627370496.0 - 1;
}

/// Between surroundings and core: a little under the middle, because voxels of 1.5 mm round off the
/// edges of what is small (phantoms).
constexpr double half = 0.45;

/// A component with its surroundings, and how its volume is counted.
class Neighbourhood {
 public:
  explicit Neighbourhood(const Blob& blob)
      : cranium_{blob.around}, away_{depth_mm(blob.mask, blob.around.image.grid)} {
    std::vector<double> core, ring;
    constexpr float ring_from = -9, ring_to = -4.5;
    const float deep = static_cast<float>(blob.thickest_mm) / 2 - 0.75F;
    for (std::size_t i = 0; i < away_.size(); ++i) {
      if (away_[i] >= std::min(3.0F, 0.5F * deep)) core.push_back(cranium_.image.hu[i]);
      if (away_[i] > ring_from && away_[i] < ring_to && cranium_.depth[i] > 4)
        ring.push_back(cranium_.image.hu[i]);
      if (away_[i] >= reach && cranium_.inside[i] != 0) near_.push_back(i);
    }
    core_hu_ = median_of(core);
    ring_hu_ = ring.size() > 50 ? median_of(ring) : cranium_.brain_hu;
  }
  double core_hu() const { return core_hu_; }
  /// Above `half` between surroundings and core.
  Mask mask() const {
    Mask result(away_.size());
    for (const std::size_t at : near_)
      if (cranium_.image.hu[at] > ring_hu_ + half * (core_hu_ - ring_hu_)) result[at] = 1;
    return result;
  }
  /// Counted above a level between surroundings (0) and core (1); `shift` in voxels along each
  /// axis, `noise` in HU.
  double ml(double level, double shift, double noise) const {
    const Grid& grid = cranium_.image.grid;
    const double limit = ring_hu_ + level * (core_hu_ - ring_hu_);
    std::size_t count = 0;
    for (const std::size_t at : near_) {
      double hu = cranium_.image.hu[at];
      if (shift != 0) hu = shifted(at, shift);
      if (noise != 0) hu += noise * 1.7 * hashed(at);
      if (hu > limit) ++count;
    }
    return static_cast<double>(count) * grid.voxel_ml();
  }

 private:
  static constexpr float reach = -4.5;
  double shifted(std::size_t at, double shift) const {
    const Grid& grid = cranium_.image.grid;
    const auto columns = static_cast<std::size_t>(grid.size[0]);
    const std::size_t plane = columns * static_cast<std::size_t>(grid.size[1]);
    const std::size_t column = at % columns, row = at % plane / columns, slice = at / plane;
    const Vec3 point =
        grid.point_mm(static_cast<double>(column) + shift, static_cast<double>(row) + shift,
                      static_cast<double>(slice) + shift);
    return value_at(cranium_.image.hu, grid, point);
  }
  const Cranium& cranium_;
  std::vector<float> away_;
  std::vector<std::size_t> near_;
  double core_hu_ = 0, ring_hu_ = 0;
};

double extent_along(const std::vector<std::array<double, 2>>& points, int degrees) {
  const double angle = degrees * 3.14159265358979 / 180, c = std::cos(angle), s = std::sin(angle);
  double low = 1e9, high = -1e9;
  for (const auto& point : points) {
    const double along = c * point[0] + s * point[1];
    low = std::min(low, along), high = std::max(high, along);
  }
  return high - low;
}

/// A x B x C / 2 on axial slices: largest diameter, the one across it, and the height. On slices of
/// 1.5 mm none counts half: that weighting belongs to thick ones.
double abc2_ml(const Mask& mask, const Grid& grid) {
  std::vector<std::vector<std::array<double, 2>>> sections(static_cast<std::size_t>(grid.size[2]));
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (mask[at] != 0)
      sections[static_cast<std::size_t>(slice)].push_back(
          {column * grid.step_mm[0][0], row * grid.step_mm[0][0]});
  });
  const auto most =
      std::ranges::max_element(sections, {}, [](const auto& one) { return one.size(); });
  const auto slices = static_cast<double>(
      std::ranges::count_if(sections, [](const auto& one) { return !one.empty(); }));
  double longest = 0, across = 0;
  for (int degrees = 0; degrees < 180; degrees += 3) {
    const double here = extent_along(*most, degrees);
    if (here > longest) longest = here, across = extent_along(*most, degrees + 90);
  }
  const double voxel_mm = grid.step_mm[0][0];
  return (longest + voxel_mm) * (across + voxel_mm) * slices * grid.step_mm[2][2] / 2000;
}

BlobVolume volume_of(const Blob& blob) {
  const Neighbourhood near(blob);
  const double noise = blob.around.noise_hu;
  BlobVolume result;
  result.ml = near.ml(half, 0, 0);
  result.mean_hu = near.core_hu();
  result.mask = near.mask();
  std::array<double, 6> others{near.ml(half - 0.1, 0, 0), near.ml(half + 0.1, 0, 0),
                               near.ml(half, 0.5, 0),     near.ml(half, -0.5, 0),
                               near.ml(half, 0, noise),   near.ml(half, 0, -noise)};
  const auto [low, high] = std::ranges::minmax(others);
  result.spread_ml = (std::max(high, result.ml) - std::min(low, result.ml)) / 2;
  result.abc2_ml = abc2_ml(result.mask, blob.around.image.grid);
  return result;
}

}  // namespace

Blob blob_of(const Cranium& cranium, const Mask& mask) {
  const Grid& grid = cranium.image.grid;
  Components whole;
  whole.labels.assign(mask.begin(), mask.end());
  const Corners box = boxes_of(whole, 1, grid, around_mm).front();
  Blob blob;
  blob.around = cut(cranium, box);
  blob.mask = cut(mask, grid, box);
  describe(mask, grid, blob);
  blob.volume = volume_of(blob);
  return blob;
}

Blobs hyperdense_blobs(const Cranium& cranium) {
  const Grid& grid = cranium.image.grid;
  Blobs result;
  result.posterior_hu = posterior_hu(cranium);
  const Mask band = searched_band(cranium, result.posterior_hu);
  // Sheets (falx, tentorium) and vessels do not survive the loss of one voxel on each side. Where
  // something lies against the bone that side is the bone's.
  Mask padded = band;
  for (std::size_t i = 0; i < padded.size(); ++i)
    if (static_cast<double>(cranium.depth[i]) < rim_mm) padded[i] = 1;
  Mask core = deeper_than(depth_mm(padded, grid), 0.1);
  for (std::size_t i = 0; i < core.size(); ++i) core[i] &= band[i];
  const auto least = static_cast<std::size_t>(0.03 / grid.voxel_ml());
  const Components pieces = components(core, grid, least);
  std::vector<Blob>& blobs = result.all;
  const std::size_t count = std::min(pieces.voxels.size(), most_blobs);
  blobs.reserve(count);
  const std::vector<Corners> boxes = boxes_of(pieces, count, grid, around_mm);
  for (std::size_t i = 0; i < count; ++i) {
    Blob blob;
    blob.around = cut(cranium, boxes[i]);
    blob.mask = grown(cut(band, grid, boxes[i]), cut(pieces.labels, grid, boxes[i]), i + 1,
                      blob.around.image.grid);
    describe(band, grid, blob);
    if (blob.ml < least_seed_ml) continue;
    blob.volume = volume_of(blob);
    if (blob.volume.ml >= least_ml) blobs.push_back(std::move(blob));
  }
  std::ranges::stable_sort(blobs, std::ranges::greater{},
                           [](const Blob& blob) { return blob.volume.ml; });
  return result;
}

}  // namespace tomoscribe::pipeline::measure
