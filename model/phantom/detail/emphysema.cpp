#include <algorithm>

#include "model/phantom/detail/thorax_findings.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr double pi = 3.14159265358979323846;

/// How many holes of emphysema lie at a height of the lung (0..1): more above.
double blobs_at(double height) {
  return 0.35 + 0.65 * height;
}

/// Volume of holes to throw, as a share of the lung, so that what they cover together is `share`:
/// they overlap.
double thrown_for(double share) {
  constexpr int heights = 50;
  const auto covered = [](double thrown) {
    double sum = 0;
    for (int k = 0; k < heights; ++k)
      sum += 1 - exponential_of_minus(thrown * blobs_at((k + 0.5) / heights) / blobs_at(0.5));
    return sum / heights;
  };
  double low = 0, high = 4;
  for (int i = 0; i < 40; ++i) {
    const double middle = (low + high) / 2;
    (covered(middle) < share ? low : high) = middle;
  }
  return low;
}

}  // namespace

void ThoraxFindings::add_emphysema(const Asked& asked) {
  if (asked.now <= 0) return;
  const double volume =
      (space(false).volume_ml() + space(true).volume_ml()) * 1000 * thrown_for(asked.now / 100);
  const std::uint8_t owner = claim(asked, "", "", 6);
  Counter random(settings_.seed, asked.stream);
  double made = 0;
  constexpr int most_tries = 400000;
  constexpr double edge_mm = 0.7;  ///< where the blur lifts a hole's rim above -950 HU
  for (int tries = 0; made < volume && tries < most_tries; ++tries) {
    const auto& spots = space(random.uniform() < 0.5).spots();
    if (spots.empty()) continue;
    const Spot& spot =
        spots[static_cast<std::size_t>(random.uniform() * static_cast<double>(spots.size()))];
    const bool left = spot.canonical.x > 0;
    const double height =
        (spot.canonical.z - space(left).low_z()) / (space(left).high_z() - space(left).low_z());
    const double radius = std::min(2.6 / cube_root(random.uniform() + 1e-3), 10.0);
    if (random.uniform() > blobs_at(height)) continue;
    Tube blob;
    blob.from = blob.to =
        body_.to_scanner(spot.canonical + Point{random.between(-2, 2), random.between(-2, 2),
                                                random.between(-2, 2)});
    blob.radius_mm = radius;
    blob.hu = -1000;
    blob.label = left ? Label::lung_left : Label::lung_right;
    blob.over = set_of(blob.label);
    blob.owner = owner;
    blobs_.push_back(blob);
    const double dark = radius - edge_mm;
    made += 4.0 / 3 * pi * dark * dark * dark;
  }
}

}  // namespace tomoscribe::model::phantom
