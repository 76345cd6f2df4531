#include "pipeline/measure/head/inner_table.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double before_mm = 5, after_mm = 3;  // of the outermost voxel: where its bone may end
constexpr double least_bone_hu = 300;
constexpr auto step = InnerTable::step_mm;

double dot(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/// Reads the volume along straight lines.
class Line {
 public:
  Line(const Volume& volume, const Vec3& from_mm, const Vec3& direction)
      : volume_{volume}, from_{volume.grid.index_at(from_mm)} {
    Vec3 ahead{};
    for (std::size_t i = 0; i < 3; ++i) ahead[i] = from_mm[i] + direction[i];
    const Vec3 there = volume.grid.index_at(ahead);
    for (std::size_t i = 0; i < 3; ++i) per_mm_[i] = there[i] - from_[i];
  }
  /// Linear between voxels; nothing outside the volume.
  std::optional<double> hu(double mm) const {
    std::array<int, 3> low{};
    Vec3 share{};
    for (std::size_t i = 0; i < 3; ++i) {
      const double at = from_[i] + mm * per_mm_[i];
      if (at < 0 || at > volume_.grid.size[i] - 1) return std::nullopt;
      low[i] = std::min(static_cast<int>(at), volume_.grid.size[i] - 2);
      share[i] = at - low[i];
    }
    const std::size_t first = volume_.grid.offset(low[0], low[1], low[2]);
    const auto columns = static_cast<std::size_t>(volume_.grid.size[0]);
    const std::size_t plane = columns * static_cast<std::size_t>(volume_.grid.size[1]);
    const auto row = [&](std::size_t at) {
      return volume_.hu[at] * (1 - share[0]) + volume_.hu[at + 1] * share[0];
    };
    const auto slice = [&](std::size_t at) {
      return row(at) * (1 - share[1]) + row(at + columns) * share[1];
    };
    return slice(first) * (1 - share[2]) + slice(first + plane) * share[2];
  }

 private:
  const Volume& volume_;
  Vec3 from_;
  Vec3 per_mm_{};
};

/// How far along the line the bone ends: the innermost place as dense as half its peak.
std::optional<double> bone_edge_mm(const Line& line) {
  constexpr int first = static_cast<int>(-before_mm / step);
  constexpr int last = static_cast<int>(after_mm / step), end = last - first;
  double peak = least_bone_hu;
  int peak_at = end;
  for (int i = first; i <= last; ++i)
    if (const auto hu = line.hu(i * step); hu && *hu >= peak) peak = *hu, peak_at = i;
  double before = peak;
  for (int i = peak_at + 1; i <= end; ++i) {
    const auto hu = line.hu(i * step);
    if (!hu) return std::nullopt;
    if (*hu < peak / 2) return step * (i - (peak / 2 - *hu) / std::max(1.0, before - *hu));
    before = *hu;
  }
  return std::nullopt;
}

/// Directions inwards: the slope of the smoothed space inside the skull.
class Slope {
 public:
  explicit Slope(const Cranium& cranium) : grid_{cranium.image.grid} {
    constexpr double sigma_mm = 3;
    constexpr std::int16_t scale = 8192;
    GridImage space{grid_, std::vector<std::int16_t>(cranium.inside.size())};
    std::ranges::transform(cranium.inside, space.hu.begin(),
                           [](std::uint8_t in) { return in != 0 ? scale : std::int16_t{0}; });
    space_ = smoothed(space, sigma_mm);
  }
  Vec3 inward(const std::array<int, 3>& voxel) const {
    Vec3 slope{};
    for (std::size_t i = 0; i < 3; ++i) {
      std::array<int, 3> low = voxel, high = voxel;
      low[i] = std::max(0, voxel[i] - 1);
      high[i] = std::min(grid_.size[i] - 1, voxel[i] + 1);
      slope[i] = space_[grid_.offset(high[0], high[1], high[2])] -
                 space_[grid_.offset(low[0], low[1], low[2])];
    }
    const double length = std::max(1.0, std::sqrt(dot(slope, slope)));
    for (double& part : slope) part /= length;
    return slope;
  }

 private:
  const Grid& grid_;
  std::vector<std::int16_t> space_;
};

/// Behind the petrous bones and below their top: sigmoid and transverse sinus run along the wall.
/// The wall beside and in front of the petrous bones belongs to the middle fossa.
bool in_posterior_fossa(const Cranium& cranium, const Vec3& point) {
  constexpr double above_mm = 5, behind_mm = 5;
  return cranium.petrous_mm && point[2] < *cranium.petrous_mm + above_mm &&
         point[1] > cranium.petrous_y_mm + behind_mm;
}

/// Whether the wall is searched there: no floor, no posterior fossa, no sinus of the midline.
bool is_vault(const Cranium& cranium, const Vec3& point, const Vec3& inward, double middle_x) {
  constexpr double most_upward = 0.7;                  // inward and up: the floor of a fossa
  constexpr double sinus_mm = 8, unsure_midline = 20;  // without a plane the middle of the space
  if (inward[2] > most_upward || in_posterior_fossa(cranium, point)) return false;
  if (cranium.plane) return std::abs(cranium.plane->side_mm(point)) > sinus_mm;
  return std::abs(point[0] - middle_x) > unsure_midline;
}

double middle_x_mm(const Cranium& cranium) {
  double sum = 0, count = 0;
  for_each_voxel(cranium.image.grid, [&](std::size_t at, int column, int row, int slice) {
    if (cranium.inside[at] != 0) sum += cranium.point(column, row, slice)[0], ++count;
  });
  return count == 0 ? 0 : sum / count;
}

/// The density along one ray from the edge of the bone on; what lies outside the volume repeats the
/// last value.
void append_profile(const Line& line, double edge_mm, std::vector<float>& profiles) {
  double last = 0;
  for (std::size_t i = 0; i < InnerTable::samples; ++i) {
    last = line.hu(edge_mm + static_cast<double>(i) * step).value_or(last);
    profiles.push_back(static_cast<float>(last));
  }
}

/// From which depth on bone no longer reaches into an averaged profile: three times the distance
/// from half of its edge (a Gaussian's) to one SD further in.
double clear_of_bone_mm(const float* profile, double brain_hu) {
  constexpr double one_sd = 0.1587, spreads = 3, least_mm = 1, most_mm = 6;
  const double bone_hu = 2 * static_cast<double>(profile[0]) - brain_hu;
  const double limit = brain_hu + one_sd * (bone_hu - brain_hu);
  for (std::size_t i = 1; i < InnerTable::samples; ++i) {
    const auto before = static_cast<double>(profile[i - 1]);
    const auto here = static_cast<double>(profile[i]);
    if (here > limit) continue;
    const double sd =
        step * (static_cast<double>(i) - (before > here ? (limit - here) / (before - here) : 0));
    return std::clamp(spreads * sd, least_mm, most_mm);
  }
  return most_mm;
}

/// Which ray begins at a voxel: its number + 1, or 0.
class RaysByVoxel {
 public:
  RaysByVoxel(const InnerTable& table, const Grid& grid) : grid_{grid}, of_voxel_(grid.voxels()) {
    for (std::size_t i = 0; i < table.rays.size(); ++i) {
      const auto& [column, row, slice] = table.rays[i].voxel;
      of_voxel_[grid.offset(column, row, slice)] = static_cast<std::uint32_t>(i + 1);
    }
  }
  std::uint32_t at(const std::array<int, 3>& voxel) const {
    for (std::size_t i = 0; i < 3; ++i)
      if (voxel[i] < 0 || voxel[i] >= grid_.size[i]) return 0;
    return of_voxel_[grid_.offset(voxel[0], voxel[1], voxel[2])];
  }

 private:
  const Grid& grid_;
  std::vector<std::uint32_t> of_voxel_;
};

/// Offsets of the voxels of a ball.
std::vector<std::array<int, 3>> ball_of(int reach) {
  std::vector<std::array<int, 3>> ball;
  ball.reserve(index_of((2 * reach + 1) * (2 * reach + 1) * (2 * reach + 1)));
  for (int k = -reach; k <= reach; ++k)
    for (int j = -reach; j <= reach; ++j)
      for (int i = -reach; i <= reach; ++i)
        if (i * i + j * j + k * k <= reach * reach) ball.push_back({i, j, k});
  return ball;
}

/// Every profile becomes the mean of those beside it.
void average(InnerTable& table, const Cranium& cranium) {
  constexpr double reach_mm = 5;
  const auto near = beside(table, cranium, reach_mm);
  std::vector<float> mean(table.profiles.size());
  for (std::size_t ray = 0; ray < table.rays.size(); ++ray) {
    float* own = &mean[ray * InnerTable::samples];
    for (const std::uint32_t other : near[ray])
      for (std::size_t i = 0; i < InnerTable::samples; ++i) own[i] += table.hu(other, i);
    for (std::size_t i = 0; i < InnerTable::samples; ++i)
      own[i] /= static_cast<float>(near[ray].size());
    table.rays[ray].clear_mm = clear_of_bone_mm(own, cranium.brain_hu);
  }
  table.profiles = std::move(mean);
}

}  // namespace

std::vector<std::vector<std::uint32_t>> beside(const InnerTable& table, const Cranium& cranium,
                                               double mm) {
  constexpr double facing = 0.7;
  const RaysByVoxel by_voxel(table, cranium.image.grid);
  const auto ball = ball_of(static_cast<int>(mm / cranium.image.grid.step_mm[0][0]));
  std::vector<std::vector<std::uint32_t>> result(table.rays.size());
  for (std::size_t ray = 0; ray < table.rays.size(); ++ray) {
    const WallRay& own = table.rays[ray];
    for (const auto& off : ball) {
      const std::uint32_t other =
          by_voxel.at({own.voxel[0] + off[0], own.voxel[1] + off[1], own.voxel[2] + off[2]});
      if (other != 0 && dot(own.inward, table.rays[other - 1].inward) > facing)
        result[ray].push_back(other - 1);
    }
  }
  return result;
}

InnerTable inner_table(const Cranium& cranium, const Volume& volume) {
  InnerTable table;
  const Slope slope(cranium);
  const Grid& grid = cranium.image.grid;
  const double middle_x = middle_x_mm(cranium), voxel_mm = grid.step_mm[0][0];
  for_each_voxel(grid, [&](std::size_t at, int column, int row, int slice) {
    if (cranium.inside[at] == 0 || cranium.depth[at] > 0) return;
    const Vec3 point = grid.point_mm(column, row, slice);
    const Vec3 inward = slope.inward({column, row, slice});
    if (!is_vault(cranium, point, inward, middle_x)) return;
    const Line line(volume, point, inward);
    const auto edge = bone_edge_mm(line);
    if (!edge) return;
    WallRay ray{.voxel = {column, row, slice}, .inward = inward};
    double steepest = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      ray.edge_mm[i] = point[i] + *edge * inward[i];
      steepest = std::max(steepest, std::abs(inward[i]));
    }
    // Outermost voxels of a digital plane: one for each face of the axis it is most square to.
    ray.area_mm2 = voxel_mm * voxel_mm / std::max(0.5, steepest);
    table.rays.push_back(ray);
    append_profile(line, *edge, table.profiles);
  });
  average(table, cranium);
  return table;
}

}  // namespace tomoscribe::pipeline::measure
