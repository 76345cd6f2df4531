#include "model/phantom/detail/canvas.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace tomoscribe::model::phantom {

namespace {

constexpr double warp_reach_mm = 16;  ///< more than any displacement
constexpr double table_mm = 22;       ///< thickness of the couch top

struct Stretch {
  Point from, to;
};

/// What of a line's stretch lies within half_mm of height z.
std::optional<Stretch> within_slab(const Point& from, const Point& to, double z, double half_mm) {
  const Point d = to - from;
  double enter = 0, leave = 1;
  if (d.z * d.z > 1e-12) {
    const double t0 = (z - half_mm - from.z) / d.z, t1 = (z + half_mm - from.z) / d.z;
    enter = std::max(enter, std::min(t0, t1));
    leave = std::min(leave, std::max(t0, t1));
  } else if (std::abs(from.z - z) > half_mm) {
    return std::nullopt;
  }
  if (enter >= leave || dot(d, d) <= 0) return std::nullopt;
  return Stretch{from + d * enter, from + d * leave};
}

/// Where on a line the point nearest to another lies: 0 at its start, 1 at its end.
double share_of_line(double along, double squared_length) {
  return squared_length > 0 ? std::clamp(along / squared_length, 0.0, 1.0) : 0.0;
}

/// Mattress, then foam between two shells.
float table_hu(double below_mm) {
  if (below_mm < 0) return -900;
  const bool shell = below_mm < 1.4 || below_mm > table_mm - 1.4;
  return shell ? -150.0F : -930.0F;
}

}  // namespace

Canvas::Canvas(const Raster& raster, const Body& body) : raster_(raster), body_(body) {
  const auto pixels =
      static_cast<std::size_t>(raster.columns) * static_cast<std::size_t>(raster.rows);
  hu_.resize(pixels);
  x_.resize(pixels);
  y_.resize(pixels);
  dz_.resize(pixels);
  labels_.resize(pixels);
  marrow_.resize(32);
  owner_.resize(pixels);
}

Canvas::Box Canvas::box(double x0, double y0, double x1, double y1) const {
  const auto pixel = [&](double mm, double first) { return (mm - first) / raster_.pixel_mm; };
  const auto low = [](double at) { return std::max(0, static_cast<int>(std::max(at, 0.0))); };
  const auto high = [](double at, int size) {
    return at < 0 ? -1 : std::min(size - 1, static_cast<int>(std::min(at, 1e6)) + 1);
  };
  return {low(pixel(x0, raster_.first_x)), low(pixel(y0, raster_.first_y)),
          high(pixel(x1, raster_.first_x), raster_.columns),
          high(pixel(y1, raster_.first_y), raster_.rows)};
}

void Canvas::blend(std::size_t i, float hu, Label label, float share, LabelSet over) {
  if (share <= 0.0F || (set_of(labels_[i]) & over) == 0) return;
  if (share >= 1.0F)
    hu_[i] = hu;
  else
    hu_[i] += (hu - hu_[i]) * share;
  if (share < 0.5F) return;
  labels_[i] = label;
  owner_[i] = painting_for_;
}

void Canvas::warp_slice() {
  // The warp is smooth over 55 mm: exact on every 16th pixel, linear between.
  constexpr int step = 16;
  const int across = (raster_.columns - 1) / step + 2, down = (raster_.rows - 1) / step + 2;
  const auto node_index = [across](int i, int j) {
    return static_cast<std::size_t>(j) * static_cast<std::size_t>(across) +
           static_cast<std::size_t>(i);
  };
  std::vector<Point> node(static_cast<std::size_t>(across) * static_cast<std::size_t>(down));
  for (int j = 0; j < down; ++j)
    for (int i = 0; i < across; ++i)
      node[node_index(i, j)] =
          body_.to_canonical({raster_.first_x + i * step * raster_.pixel_mm,
                              raster_.first_y + j * step * raster_.pixel_mm, z_});
  const auto z = static_cast<double>(section_.z);
  for (int row = 0; row < raster_.rows; ++row) {
    const int j = row / step;
    const double v = static_cast<double>(row % step) / step;
    for (int i = 0; i + 1 < across; ++i) {
      const Point* n = &node[node_index(i, j)];
      const Point left = n[0] * (1 - v) + n[across] * v;
      const Point right = n[1] * (1 - v) + n[across + 1] * v;
      for (int column = i * step; column < std::min((i + 1) * step, raster_.columns); ++column) {
        const double u = static_cast<double>(column - i * step) / step;
        const Point p = left * (1 - u) + right * u;
        const std::size_t at = index(column, row);
        x_[at] = static_cast<float>(p.x);
        y_[at] = static_cast<float>(p.y);
        dz_[at] = static_cast<float>(p.z - z);
      }
    }
  }
}

void Canvas::begin(double z, const std::vector<float>& texture) {
  z_ = z;
  texture_ = &texture;
  section_ = body_.section(z / body_.latent().scale_z);
  warp_slice();
  std::fill(owner_.begin(), owner_.end(), std::uint8_t{0});
  painting_for_ = 0;
  for (std::size_t i = 0; i < hu_.size(); ++i) {
    const Tissue tissue = body_.tissue(section_, x_[i], y_[i], dz_[i], texture[i]);
    labels_[i] = tissue.label;
    hu_[i] = tissue.hu;
  }
}

void Canvas::paint_thin(const Tube& tube) {
  // Thinner than the slice: its part inside the slab, projected; contrast falls with the share of
  // the slab it fills.
  const std::optional<Stretch> inside = within_slab(tube.from, tube.to, z_, raster_.slice_mm / 2);
  if (!inside) return;
  const auto& [a, b] = *inside;
  const double r = tube.radius_mm;
  const Point d = tube.to - tube.from;
  const double flat = std::sqrt(d.x * d.x + d.y * d.y) / std::sqrt(dot(d, d));
  const double filled =
      flat * raster_.slice_mm > 1.6 * r ? 1.6 * r / (flat * raster_.slice_mm) : 1.0;
  const double dx = b.x - a.x, dy = b.y - a.y, squared = dx * dx + dy * dy;
  const double reach = r + raster_.pixel_mm;
  const Box area = box(std::min(a.x, b.x) - reach, std::min(a.y, b.y) - reach,
                       std::max(a.x, b.x) + reach, std::max(a.y, b.y) + reach);
  // A vessel narrower than a pixel fills only a part of it.
  const double narrow = std::min(1.0, 2 * r / raster_.pixel_mm);
  for (int row = area.row0; row <= area.row1; ++row)
    for (int column = area.column0; column <= area.column1; ++column) {
      const double px = raster_.first_x + column * raster_.pixel_mm - a.x,
                   py = raster_.first_y + row * raster_.pixel_mm - a.y;
      const double t = share_of_line(px * dx + py * dy, squared);
      const double ox = px - t * dx, oy = py - t * dy;
      const double edge = std::max(r, raster_.pixel_mm / 2);
      const double share =
          std::clamp((edge - std::sqrt(ox * ox + oy * oy)) / raster_.pixel_mm + 0.5, 0.0, 1.0) *
          narrow * filled;
      const std::size_t i = index(column, row);
      // Overlapping pieces of one vessel must not add up.
      if ((set_of(labels_[i]) & tube.over) == 0) continue;
      const float wanted = -860.0F + (tube.hu + 860.0F) * static_cast<float>(share);
      if (wanted > hu_[i]) hu_[i] = wanted;
      if (share < 0.5) continue;
      labels_[i] = tube.label;
      owner_[i] = painting_for_;
    }
}

void Canvas::paint(const Tube& tube) {
  painting_for_ = tube.owner;
  const double r = tube.radius_mm, reach_z = r / tube.flatten_z + raster_.slice_mm;
  if (z_ < std::min(tube.from.z, tube.to.z) - reach_z ||
      z_ > std::max(tube.from.z, tube.to.z) + reach_z)
    return;
  if (r < 0.8 * raster_.slice_mm &&
      (tube.label == Label::vessel_left || tube.label == Label::vessel_right)) {
    paint_thin(tube);
    return;
  }
  const double flatten = tube.flatten_z;
  const Point a{tube.from.x, tube.from.y, tube.from.z * flatten},
      b{tube.to.x, tube.to.y, tube.to.z * flatten};
  const Point d = b - a;
  const double squared = dot(d, d), height = z_ * flatten, reach = r + raster_.pixel_mm;
  const Box area = box(std::min(a.x, b.x) - reach, std::min(a.y, b.y) - reach,
                       std::max(a.x, b.x) + reach, std::max(a.y, b.y) + reach);
  for (int row = area.row0; row <= area.row1; ++row)
    for (int column = area.column0; column <= area.column1; ++column) {
      const Point p = Point{raster_.first_x + column * raster_.pixel_mm,
                            raster_.first_y + row * raster_.pixel_mm, height} -
                      a;
      const double t = share_of_line(dot(p, d), squared);
      const Point off = p - d * t;
      const double inside = r - std::sqrt(dot(off, off));
      if (inside < -raster_.pixel_mm) continue;
      const double share = std::clamp(inside / raster_.pixel_mm + 0.5, 0.0, 1.0);
      blend(index(column, row), tube.hu, tube.label, static_cast<float>(share), tube.over);
    }
}

void Canvas::paint(const Ellipsoid& shape) {
  painting_for_ = 0;
  const Point half{shape.half_axes.x + shape.grow_mm, shape.half_axes.y + shape.grow_mm,
                   shape.half_axes.z + shape.grow_mm};
  if (half.x <= 0 || half.y <= 0 || half.z <= 0) return;
  const double largest = std::max({half.x, half.y, half.z}),
               smallest = std::min({half.x, half.y, half.z});
  const Latent& latent = body_.latent();
  if (std::abs(z_ - shape.centre.z * latent.scale_z) > largest * latent.scale_z + warp_reach_mm)
    return;
  const double x = shape.centre.x * latent.scale_x, y = shape.centre.y * latent.scale_y,
               reach = largest * 1.1 + warp_reach_mm;
  const Box area = box(x - reach, y - reach, x + reach, y + reach);
  for (int row = area.row0; row <= area.row1; ++row)
    for (int column = area.column0; column <= area.column1; ++column) {
      const std::size_t i = index(column, row);
      if ((set_of(labels_[i]) & shape.over) == 0 || static_cast<double>(y_[i]) > shape.above_y)
        continue;
      const Point p = Point{static_cast<double>(x_[i]), static_cast<double>(y_[i]),
                            static_cast<double>(section_.z + dz_[i])} -
                      shape.centre;
      const double u = dot(p, shape.axes[0]) / half.x, v = dot(p, shape.axes[1]) / half.y,
                   w = dot(p, shape.axes[2]) / half.z;
      const double f = u * u + v * v + w * w;
      if (f > 1.6) continue;
      const double share =
          std::clamp((1 - std::sqrt(f)) * smallest / raster_.pixel_mm + 0.5, 0.0, 1.0);
      blend(i, shape.hu + shape.texture_hu * (*texture_)[i], shape.label, static_cast<float>(share),
            shape.over);
    }
}

float Canvas::share_in_ball(int column, int row, const Point& centre, double radius_mm) const {
  constexpr int across = 4, deep = 8;
  int inside = 0;
  for (int k = 0; k < deep; ++k)
    for (int j = 0; j < across; ++j)
      for (int i = 0; i < across; ++i) {
        const double x =
            raster_.first_x + (column + (i + 0.5) / across - 0.5) * raster_.pixel_mm - centre.x;
        const double y =
            raster_.first_y + (row + (j + 0.5) / across - 0.5) * raster_.pixel_mm - centre.y;
        const double z = z_ + ((k + 0.5) / deep - 0.5) * raster_.slice_mm - centre.z;
        if (x * x + y * y + z * z <= radius_mm * radius_mm) ++inside;
      }
  return static_cast<float>(inside) / (across * across * deep);
}

void Canvas::paint(const Ball& ball) {
  const Point& centre = ball.centre;
  const double reach = ball.radius_mm + raster_.pixel_mm, half = raster_.slice_mm / 2;
  if (std::abs(z_ - centre.z) > ball.radius_mm + half) return;
  painting_for_ = ball.owner;
  const Box area = box(centre.x - reach, centre.y - reach, centre.x + reach, centre.y + reach);
  for (int row = area.row0; row <= area.row1; ++row)
    for (int column = area.column0; column <= area.column1; ++column) {
      const std::size_t i = index(column, row);
      const float hu = ball.hu + ball.texture_hu * (*texture_)[i];
      blend(i, ball.adds ? hu_[i] + hu : hu, ball.adds ? labels_[i] : ball.label,
            share_in_ball(column, row, centre, ball.radius_mm), ball.over);
    }
}

void Canvas::paint_table(const Point& down, double top_mm) {
  // A curved couch top: foam between two thin shells, under the patient.
  constexpr double curvature = 1.0 / 900, half_width = 205;
  for (int row = 0; row < raster_.rows; ++row)
    for (int column = 0; column < raster_.columns; ++column) {
      const double x = raster_.first_x + column * raster_.pixel_mm,
                   y = raster_.first_y + row * raster_.pixel_mm;
      const double along = x * down.x + y * down.y,
                   across = x * std::abs(down.y) + y * std::abs(down.x);
      if (std::abs(across) > half_width) continue;
      const double below = along - (top_mm - across * across * curvature);
      const std::size_t i = index(column, row);
      if (below < -9 || below > table_mm || labels_[i] != Label::air) continue;
      labels_[i] = Label::table;
      hu_[i] = table_hu(below);
    }
}

}  // namespace tomoscribe::model::phantom
