#include "model/phantom/detail/regions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

namespace tomoscribe::model::phantom {

namespace {

/// A free place of a lung, away from its hilum; the lung's middle when nothing is free.
Point place(const LungSpace& space, Counter& random, double deepest_mm) {
  const auto& spots = space.spots();
  for (int tries = 0; tries < 400 && !spots.empty(); ++tries) {
    const auto i = static_cast<std::size_t>(random.uniform() * static_cast<double>(spots.size()));
    if (space.is_free(i) && spots[i].depth_mm < deepest_mm && spots[i].depth_mm > 4)
      return spots[i].canonical;
  }
  return spots.empty() ? Point{} : spots[spots.size() / 2].canonical;
}

double distance(const Point& a, const Point& b) {
  const Point d = a - b;
  return std::sqrt(dot(d, d));
}

/// Bumps about 25 mm wide.
std::shared_ptr<const Warp> bumps(std::uint64_t seed, std::uint64_t stream, double sd_mm) {
  return std::make_shared<const Warp>(mixed(seed ^ mixed(stream)), sd_mm);
}
double bump_at(const Warp& warp, const Point& p) {
  return warp.at(p * 2.0).x;
}

}  // namespace

Region consolidation(const LungSpace& space, bool left, std::uint64_t seed, std::uint64_t stream) {
  Counter random(seed, stream);
  const Point seat = place(space, random, 30);
  Region region;
  region.left = left;
  region.hu = 38;
  region.texture_hu = 7;
  region.soft_mm = 3;
  region.potential = [seat, wobble = bumps(seed, stream, 14.0)](const Spot& spot) {
    // Lies along the pleura: nearer in depth than along the chest wall.
    return -distance(spot.canonical, seat) - 0.35 * spot.depth_mm +
           bump_at(*wobble, spot.canonical);
  };
  return region;
}

Region ground_glass(const LungSpace& space, bool left, std::uint64_t seed, std::uint64_t stream) {
  Counter random(seed, stream);
  std::array<Point, 4> seats;
  for (Point& seat : seats) seat = place(space, random, 25);
  Region region;
  region.left = left;
  region.keeps_label = true;
  region.adds = true;
  region.hu = 330;
  region.texture_hu = 35;
  region.soft_mm = 8;
  region.potential = [seats, wobble = bumps(seed, stream, 13.0)](const Spot& spot) {
    double nearest = 1e9;
    for (const Point& seat : seats) nearest = std::min(nearest, distance(spot.canonical, seat));
    return -nearest - 0.25 * spot.depth_mm + bump_at(*wobble, spot.canonical);
  };
  return region;
}

Point down_of(Lying lying) {
  switch (lying) {
    case Lying::prone: return {0, -1, 0};
    case Lying::right_side: return {-1, 0, 0};
    case Lying::left_side: return {1, 0, 0};
    default: return {0, 1, 0};
  }
}

Region effusion(bool left, const Point& down) {
  Region region;
  region.left = left;
  region.label = Label::pleural_fluid;
  region.hu = 8;
  region.texture_hu = 3;
  region.rim_mm = 6;
  region.rim_hu = 42;
  region.rim_is_solid = true;
  region.potential = [down](const Spot& spot) {
    // Level fluid at the lowest place, which climbs along the chest wall and is deeper at the base.
    const double depth = std::max(spot.depth_mm, 0.0);
    return dot(spot.canonical, down) + 26 * exponential_of_minus(depth / 9) -
           0.14 * spot.canonical.z;
  };
  return region;
}

Region loculated_effusion(const LungSpace& space, bool left, std::uint64_t seed,
                          std::uint64_t stream) {
  constexpr double at_wall_mm = 6, hindmost_mm = 15, curvature_mm = 38;
  Counter random(seed, stream);
  const double height = space.high_z() - space.low_z();
  const double low = space.low_z() + 0.3 * height, high = space.low_z() + 0.75 * height;
  const auto& spots = space.spots();
  Point seat = spots.empty() ? Point{} : spots.front().canonical;
  for (int tries = 0; tries < 4000 && !spots.empty(); ++tries) {
    const auto i = static_cast<std::size_t>(random.uniform() * static_cast<double>(spots.size()));
    const Spot& spot = spots[i];
    const bool beside = spot.depth_mm < at_wall_mm && spot.canonical.y < hindmost_mm;
    if (!space.is_free(i) || !beside || spot.canonical.z < low || spot.canonical.z > high) continue;
    seat = spot.canonical;
    break;
  }
  Region region;
  region.left = left;
  region.label = Label::pleural_fluid;
  region.hu = 14;
  region.texture_hu = 3;
  region.rim_mm = 2.5;  // its membrane
  region.rim_hu = 46;
  region.rim_is_solid = true;
  region.potential = [seat](const Spot& spot) {
    // Thickest at the seat, thinner with the square of the way along the wall.
    const double depth = std::max(spot.depth_mm, 0.0);
    const Point way = spot.canonical - seat;
    return -depth - std::max(dot(way, way) - depth * depth, 0.0) / (2 * curvature_mm);
  };
  return region;
}

Region pneumothorax(bool left, const Point& down) {
  Region region;
  region.left = left;
  region.label = Label::pleural_gas;
  region.hu = -1000;
  region.texture_hu = 0;
  region.rim_mm = 1.3;
  region.rim_hu = -420;
  region.potential = [down](const Spot& spot) {
    // The lung falls back from the wall that is up and at the apex.
    const double apex = std::max(spot.canonical.z - 30, 0.0);
    return -spot.depth_mm - 0.45 * dot(spot.canonical, down) + 0.25 * apex;
  };
  return region;
}

Region dependent_atelectasis(bool left, double depth_mm, const Point& down) {
  Region region;
  region.left = left;
  region.keeps_label = true;
  region.adds = true;
  region.hu = 420;
  region.texture_hu = 60;
  region.soft_mm = 4;
  region.level = 0;
  region.potential = [depth_mm, down](const Spot& spot) {
    const double behind = std::clamp((dot(spot.canonical, down) - 40) / 30, -1.0, 1.0);
    return depth_mm * behind - std::max(spot.depth_mm, 0.0);
  };
  return region;
}

Region apical_cap(bool left, double thickness_mm) {
  Region region;
  region.left = left;
  region.hu = 34;
  region.texture_hu = 12;
  region.soft_mm = 1.5;
  region.level = 0;
  region.potential = [thickness_mm](const Spot& spot) {
    constexpr double from_z = 34, whole_z = 56;  // of the apex, which reaches up to 70
    const double there = std::clamp((spot.canonical.z - from_z) / (whole_z - from_z), -1.0, 1.0);
    return thickness_mm * there - std::max(spot.depth_mm, 0.0);
  };
  return region;
}

std::vector<Tube> air_bronchograms(const std::function<Point(const Point&)>& to_scanner,
                                   const LungSpace& space, const Region& region, std::uint64_t seed,
                                   std::uint64_t stream) {
  const Point hilum = region.left ? Point{42, 20, -36} : Point{-38, 14, -34};
  std::vector<Point> inside;
  for (const Spot& spot : space.spots())
    if (region.potential(spot) - region.level > 3) inside.push_back(spot.canonical);
  std::vector<Tube> tubes;
  if (inside.empty()) return tubes;
  const Point root =
      *std::ranges::min_element(inside, {}, [&](const Point& p) { return distance(p, hilum); });
  Counter random(seed, stream + 1000);
  const int branches = 4 + static_cast<int>(inside.size() / 250);
  for (int branch = 0; branch < std::min(branches, 14); ++branch) {
    const Point end =
        inside[static_cast<std::size_t>(random.uniform() * static_cast<double>(inside.size()))];
    const Point middle = (root + end) * 0.5 +
                         Point{random.between(-4, 4), random.between(-4, 4), random.between(-4, 4)};
    Tube tube;
    tube.hu = -940;
    tube.label = Label::bronchus;
    tube.over = set_of(Label::solid_lung, Label::bronchus);
    tube.radius_mm = 1.5;
    tube.from = to_scanner(root);
    tube.to = to_scanner(middle);
    tubes.push_back(tube);
    tube.radius_mm = 1.0;
    tube.from = tube.to;
    tube.to = to_scanner(middle + (end - middle) * 0.8);
    tubes.push_back(tube);
  }
  return tubes;
}

}  // namespace tomoscribe::model::phantom
