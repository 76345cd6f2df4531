#include "pipeline/measure/chest/diaphragm.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/measure/crop.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr int below_half = 6, above_half = 20;  // slices of the lung's middle section
constexpr double least_share = 0.4;             // of them with lung in a column
constexpr int edge = 5;                         // voxels at the section's border that are left out
constexpr std::size_t least_columns = 150;      // 3.4 cm2
constexpr int fits = 12;
constexpr double least_spread = 3, most_below = 3;
constexpr double unit = 30;  // voxels: keeps the equations well scaled
constexpr std::size_t terms = 6;

using Terms = std::array<double, terms>;

struct Foot {
  int column = 0, row = 0;
  double slice = 0;
  bool used = true;
};

/// Lowest slice with lung in each column of the lung's middle section.
class Feet {
 public:
  Feet(const Scene& scene, Label lung, const Crop& box)
      : scene_(scene), lung_(lung), box_(box), half_(box.low[2] + box.grid.size[2] / 2) {}

  std::vector<Foot> all() const {
    std::vector<Foot> feet;
    for (int row = edge; row + edge < box_.grid.size[1]; ++row)
      for (int column = edge; column + edge < box_.grid.size[0]; ++column) {
        const int c = box_.low[0] + column, r = box_.low[1] + row;
        if (!well_inside(c, r)) continue;
        if (const int slice = lowest(c, r); slice >= 0)
          feet.push_back({.column = c, .row = r, .slice = double(slice)});
      }
    return feet;
  }

 private:
  bool is_lung(int column, int row, int slice) const {
    return scene_.labels[scene_.work.grid.offset(column, row, slice)] == lung_;
  }
  bool in_section(int column, int row) const {
    const int last = std::min(half_ + above_half, scene_.work.grid.size[2]);
    double lung = 0;
    for (int slice = std::max(0, half_ - below_half); slice < last; ++slice)
      lung += is_lung(column, row, slice) ? 1 : 0;
    return lung >= least_share * (below_half + above_half);
  }
  bool well_inside(int column, int row) const {
    return in_section(column, row) && in_section(column - edge, row) &&
           in_section(column + edge, row) && in_section(column, row - edge) &&
           in_section(column, row + edge);
  }
  int lowest(int column, int row) const {
    for (int slice = box_.low[2]; slice < box_.low[2] + box_.grid.size[2]; ++slice)
      if (is_lung(column, row, slice)) return slice;
    return -1;
  }

  const Scene& scene_;
  Label lung_;
  const Crop& box_;
  int half_;
};

/// Takes column i out of every other row.
void eliminate(std::size_t i, std::array<Terms, terms>& m, Terms& v) {
  for (std::size_t j = 0; j < terms; ++j) {
    if (j == i) continue;
    const double by = m[j][i] / m[i][i];
    for (std::size_t k = i; k < terms; ++k) m[j][k] -= by * m[i][k];
    v[j] -= by * v[i];
  }
}

/// Solves m x = v (Gauss and Jordan, largest pivot first); nullopt when m is singular.
std::optional<Terms> solved(std::array<Terms, terms> m, Terms v) {
  for (std::size_t i = 0; i < terms; ++i) {
    std::size_t pivot = i;
    for (std::size_t j = i + 1; j < terms; ++j)
      if (std::abs(m[j][i]) > std::abs(m[pivot][i])) pivot = j;
    if (std::abs(m[pivot][i]) < 1e-9) return std::nullopt;
    std::swap(m[i], m[pivot]), std::swap(v[i], v[pivot]);
    eliminate(i, m, v);
  }
  for (std::size_t i = 0; i < terms; ++i) v[i] /= m[i][i];
  return v;
}

/// A paraboloid over columns and rows.
class Surface {
 public:
  explicit Surface(const std::vector<Foot>& feet) {
    for (const Foot& foot : feet) column_ += foot.column, row_ += foot.row;
    column_ /= static_cast<double>(feet.size()), row_ /= static_cast<double>(feet.size());
  }
  /// Through the feet that are used; false when they do not determine it.
  bool fit(const std::vector<Foot>& feet) {
    std::array<Terms, terms> m{};
    Terms v{};
    for (const Foot& foot : feet) {
      if (!foot.used) continue;
      const Terms t = terms_at(foot.column, foot.row);
      for (std::size_t i = 0; i < terms; ++i) {
        for (std::size_t j = 0; j < terms; ++j) m[i][j] += t[i] * t[j];
        v[i] += t[i] * foot.slice;
      }
    }
    const auto found = solved(m, v);
    if (found) weights_ = *found;
    return found.has_value();
  }
  double at(int column, int row) const {
    const Terms t = terms_at(column, row);
    double sum = 0;
    for (std::size_t i = 0; i < terms; ++i) sum += weights_[i] * t[i];
    return sum;
  }

 private:
  Terms terms_at(int column, int row) const {
    const double x = (column - column_) / unit, y = (row - row_) / unit;
    return {1, x, y, x * x, x * y, y * y};
  }
  double column_ = 0, row_ = 0;
  Terms weights_{};
};

double percentile(std::vector<double> values, double share) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at;
}

/// Uses the feet that lie close to the surface.
void choose(const Surface& surface, std::vector<Foot>& feet) {
  std::vector<double> away;
  away.reserve(feet.size());
  for (const Foot& foot : feet)
    if (foot.used) away.push_back(std::abs(foot.slice - surface.at(foot.column, foot.row)));
  if (away.empty()) return;
  const double spread = std::max(least_spread, 1.4826 * percentile(std::move(away), 0.5));
  for (Foot& foot : feet) {
    const double above = foot.slice - surface.at(foot.column, foot.row);
    foot.used = above < spread && above > -most_below * spread;
  }
}

}  // namespace

std::optional<Diaphragm> diaphragm(const Scene& scene, Label lung) {
  const auto box = crop_around(scene.labels, scene.work.grid, 0,
                               [lung](std::uint8_t label) { return label == lung; });
  if (!box) return std::nullopt;
  std::vector<Foot> feet = Feet(scene, lung, *box).all();
  if (feet.size() < least_columns) return std::nullopt;
  Surface surface(feet);
  for (int i = 0; i < fits; ++i) {
    if (!surface.fit(feet)) return std::nullopt;
    choose(surface, feet);
  }
  const auto columns = index_of(scene.work.grid.size[0]);
  Diaphragm result;
  result.height.assign(columns * index_of(scene.work.grid.size[1]), 0);
  std::vector<double> heights;
  heights.reserve(feet.size());
  for (const Foot& foot : feet) {
    heights.push_back(surface.at(foot.column, foot.row));
    result.height[index_of(foot.row) * columns + index_of(foot.column)] =
        static_cast<float>(std::max(1.0, heights.back()));
  }
  result.top = percentile(std::move(heights), 0.95);
  return result;
}

}  // namespace tomoscribe::pipeline::measure
