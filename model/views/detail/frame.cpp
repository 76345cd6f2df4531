#include "model/views/detail/frame.h"

#include <algorithm>
#include <cmath>

#include "model/views/detail/vector.h"

namespace tomoscribe::model::detail {

namespace {

constexpr double rounding = 1e-6;  ///< voxels: faces that agree but for arithmetic are one

/// Voxels around a pixel's own that interpolation reads, of pixels `scale` voxels wide.
int reach(double scale) {
  return static_cast<int>(std::ceil(std::max(scale, 1.0))) + 1;
}

}  // namespace

Frame::Frame(const VolumeGeometry& geometry, const std::optional<BoxMm>& field)
    : geometry_(geometry) {
  for (std::size_t i = 0; i < 3; ++i) {
    field_middle_[i] = (geometry.size[i] - 1) / 2.0;
    field_voxels_[i] = geometry.size[i];
  }
  std::array<int, 3> order{0, 1, 2};
  double best = -1;
  do {
    double product = 1;
    for (std::size_t i = 0; i < 3; ++i) {
      const Vec3& step = geometry.step_mm[static_cast<std::size_t>(order[i])];
      product *= std::abs(step[i]) / length(step);
    }
    if (product > best + rounding) {
      best = product;
      for (std::size_t i = 0; i < 3; ++i)
        of_patient_[i] = {
            .axis = order[i],
            .sense = geometry.step_mm[static_cast<std::size_t>(order[i])][i] < 0 ? -1.0 : 1.0};
    }
  } while (std::ranges::next_permutation(order).found);
  if (field) set_field(*field);
  slice_mm_ = depth_mm(Plane::axial);
  body_mm_ = slice_mm_ * geometry_.size[static_cast<std::size_t>(of_patient_[2].axis)];
  head_z_mm_ = point_mm(geometry_, middle_at(0))[2];
  z_per_body_ = (point_mm(geometry_, middle_at(body_mm_))[2] - head_z_mm_) / body_mm_;
}

/// The voxels that hold the box's corners, across and from front to back, cut at the volume's edge.
void Frame::set_field(const BoxMm& box) {
  for (const Way& way : {of_patient_[0], of_patient_[1]}) {
    const auto axis = static_cast<std::size_t>(way.axis);
    double low = geometry_.size[axis], high = -1;
    for (const unsigned corner : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U}) {
      Vec3 point = box.centre_mm;
      for (unsigned i = 0; i < 3; ++i)
        point[i] += ((corner >> i & 1U) != 0 ? 0.5 : -0.5) * box.size_mm[i];
      const double index = index_at(geometry_, point)[axis];
      low = std::min(low, index);
      high = std::max(high, index);
    }
    low = std::max(low, -0.5);
    high = std::min(high, geometry_.size[axis] - 0.5);
    if (high - low < 1) continue;  // beside the volume: the plane as it is
    field_middle_[axis] = (low + high) / 2;
    field_voxels_[axis] = high - low;
  }
}

std::array<Frame::Way, 3> Frame::ways(Plane plane) const {
  const auto& [x, y, z] = of_patient_;
  const Way to_feet{.axis = z.axis, .sense = -z.sense};
  switch (plane) {
    case Plane::axial: return {x, y, z};
    case Plane::coronal: return {x, to_feet, y};
    case Plane::sagittal: return {y, to_feet, x};
  }
  return {x, y, z};
}

double Frame::depth_mm(Plane plane) const {
  const auto [right, down, deep] = ways(plane);
  const auto step = [this](const Way& way) {
    return geometry_.step_mm[static_cast<std::size_t>(way.axis)];
  };
  return std::abs(determinant(geometry_.step_mm)) / length(cross(step(right), step(down)));
}

std::array<double, 2> Frame::extent_mm(Plane plane) const {
  const auto [right, down, deep] = ways(plane);
  const auto extent = [this](const Way& way) {
    const auto axis = static_cast<std::size_t>(way.axis);
    return length(geometry_.step_mm[axis]) * field_voxels_[axis];
  };
  return {extent(right), extent(down)};
}

Vec3 Frame::middle_at(double body_mm) const {
  Vec3 index = field_middle_;
  const auto axis = static_cast<std::size_t>(of_patient_[2].axis);
  const double steps = body_mm / slice_mm_;
  index[axis] = of_patient_[2].sense > 0 ? geometry_.size[axis] - 0.5 - steps : steps - 0.5;
  return index;
}

double Frame::body_at(const Vec3& index) const {
  const auto axis = static_cast<std::size_t>(of_patient_[2].axis);
  return slice_mm_ *
         (of_patient_[2].sense > 0 ? geometry_.size[axis] - 0.5 - index[axis] : index[axis] + 0.5);
}

double Frame::z_at(double body_mm) const {
  return head_z_mm_ + z_per_body_ * body_mm;
}

double Frame::body_at_z(double z_mm) const {
  return (z_mm - head_z_mm_) / z_per_body_;
}

bool Frame::holds(const Vec3& index) const {
  for (std::size_t i = 0; i < 3; ++i)
    if (!(index[i] >= -0.5 - rounding && index[i] <= geometry_.size[i] - 0.5 + rounding))
      return false;
  return true;
}

/// A voxel whose centre is on a face belongs to the slab on the patient's left, back or head side,
/// so that it is the same voxel however the volume is stored.
SliceRange Frame::within(const Way& way, double first_face, double last_face) const {
  const int last_voxel = geometry_.size[static_cast<std::size_t>(way.axis)] - 1;
  const auto clamped = [&](double value) {
    return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(last_voxel)));
  };
  const auto after = [&](double face) {
    return way.sense > 0 ? std::ceil(face - rounding) : std::floor(face + rounding) + 1;
  };
  const double first = after(first_face), last = after(last_face) - 1;
  if (last < first || last < 0 || first > last_voxel) {
    const double middle = (first_face + last_face) / 2;
    const int nearest = clamped(way.sense > 0 ? std::floor(middle + 0.5) : std::ceil(middle - 0.5));
    return {.first = nearest, .last = nearest};
  }
  return {.first = clamped(first), .last = clamped(last)};
}

SliceRange Frame::slab(Plane plane, const Vec3& centre_index, double thickness_mm) const {
  const Way deep = ways(plane)[2];
  const double centre = centre_index[static_cast<std::size_t>(deep.axis)],
               half = thickness_mm / depth_mm(plane) / 2;
  return within(deep, centre - half, centre + half);
}

SliceRange Frame::axial_slab(const BodyRange& range) const {
  const Way& deep = of_patient_[2];
  const auto face = [&](double body_mm) {
    return middle_at(body_mm)[static_cast<std::size_t>(deep.axis)];
  };
  const double a = face(range.from_mm), b = face(range.to_mm);
  return within(deep, std::min(a, b), std::max(a, b));
}

BodyRange Frame::body_of(const SliceRange& slab) const {
  const auto at = [this](double value) { return body_at({value, value, value}); };
  const double a = at(slab.first - 0.5), b = at(slab.last + 0.5);
  return {.from_mm = std::min(a, b), .to_mm = std::max(a, b)};
}

Tile Frame::tile(Plane plane, const PixelRect& pixels, const Vec3& centre_index,
                 const std::array<double, 2>& across_down_mm, const SliceRange& slab) const {
  Tile tile{.plane = plane, .pixels = pixels, .first = slab.first, .last = slab.last};
  const auto [right, down, deep] = ways(plane);
  tile.axis = {right.axis, down.axis, deep.axis};
  const double mm_per_pixel =
      std::max(across_down_mm[0] / pixels.width, across_down_mm[1] / pixels.height);
  const auto voxels_per_pixel = [&](const Way& way) {
    return way.sense * mm_per_pixel / length(geometry_.step_mm[static_cast<std::size_t>(way.axis)]);
  };
  tile.voxel_per_x[static_cast<std::size_t>(right.axis)] = voxels_per_pixel(right);
  tile.voxel_per_y[static_cast<std::size_t>(down.axis)] = voxels_per_pixel(down);
  Vec3 centre = centre_index;
  centre[static_cast<std::size_t>(deep.axis)] = (slab.first + slab.last) / 2.0;
  tile.voxel_at_corner = centre - (pixels.x + pixels.width / 2.0) * tile.voxel_per_x -
                         (pixels.y + pixels.height / 2.0) * tile.voxel_per_y;
  tile.corner_mm = point_mm(geometry_, tile.voxel_at_corner);
  for (std::size_t i = 0; i < 3; ++i) {
    tile.x_mm = tile.x_mm + tile.voxel_per_x[i] * geometry_.step_mm[i];
    tile.y_mm = tile.y_mm + tile.voxel_per_y[i] * geometry_.step_mm[i];
  }
  tile.deep_mm = geometry_.step_mm[static_cast<std::size_t>(deep.axis)];
  if (deep.axis == 2) {
    tile.slices = slab;
    return tile;
  }
  const bool across = right.axis == 2;
  const int from = across ? pixels.x : pixels.y, extent = across ? pixels.width : pixels.height;
  const double step = across ? tile.voxel_per_x[2] : tile.voxel_per_y[2];
  const double a = tile.voxel_at_corner[2] + from * step,
               b = tile.voxel_at_corner[2] + (from + extent) * step;
  tile.slices = within(across ? right : down, std::min(a, b) - reach(std::abs(step)),
                       std::max(a, b) + reach(std::abs(step)));
  return tile;
}

}  // namespace tomoscribe::model::detail
