#include "model/phantom/detail/artefacts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "model/phantom/detail/steady.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr float tissue_hu = -500, metal_hu = 2000;
constexpr std::size_t rays = 96, most_pieces = 8;
constexpr double piece_mm = 25;  ///< dense pixels nearer than this belong to one piece of metal

std::size_t pixel(const Settings& s, int column, int row) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(s.columns) +
         static_cast<std::size_t>(column);
}

/// Breathing: half of the views saw the body that much further in front.
void double_by_motion(const Settings& s, std::vector<float>& hu) {
  const double shift = s.artefacts.motion_mm / s.pixel_mm;
  const int low = static_cast<int>(shift);
  const auto part = static_cast<float>(shift - low);
  const std::vector<float> still = hu;
  for (int row = 0; row < s.rows; ++row) {
    const int near = std::min(row + low, s.rows - 1), far = std::min(near + 1, s.rows - 1);
    for (int column = 0; column < s.columns; ++column) {
      const float a = still[pixel(s, column, near)], b = still[pixel(s, column, far)];
      hu[pixel(s, column, row)] = 0.5F * (still[pixel(s, column, row)] + a + (b - a) * part);
    }
  }
}

/// Hardening of the beam: the middle of the body is too dark, its edge is not.
void cup(const Settings& s, std::vector<float>& hu) {
  int left = s.columns, right = -1, front = s.rows, back = -1;
  for (int row = 0; row < s.rows; ++row)
    for (int column = 0; column < s.columns; ++column)
      if (hu[pixel(s, column, row)] > tissue_hu) {
        left = std::min(left, column), right = std::max(right, column);
        front = std::min(front, row), back = std::max(back, row);
      }
  if (right < left) return;
  const float centre_x = 0.5F * static_cast<float>(left + right),
              centre_y = 0.5F * static_cast<float>(front + back),
              half_x = 0.5F * static_cast<float>(right - left + 1),
              half_y = 0.5F * static_cast<float>(back - front + 1);
  const auto deepest = static_cast<float>(s.artefacts.cupping_hu);
  for (int row = front; row <= back; ++row)
    for (int column = left; column <= right; ++column) {
      const float x = (static_cast<float>(column) - centre_x) / half_x,
                  y = (static_cast<float>(row) - centre_y) / half_y;
      const float depth = 1 - x * x - y * y;
      float& here = hu[pixel(s, column, row)];
      if (depth > 0) here -= deepest * depth * std::max(0.0F, here + 1000) / 1000;
    }
}

struct Piece {
  double column = 0, row = 0, pixels = 0;  ///< centroid; of how many pixels
};

std::vector<Piece> pieces_of_metal(const Settings& s, const std::vector<float>& hu) {
  std::vector<Piece> pieces;
  const double near = piece_mm / s.pixel_mm;
  for (int row = 0; row < s.rows; ++row)
    for (int column = 0; column < s.columns; ++column) {
      if (hu[pixel(s, column, row)] < metal_hu) continue;
      auto found = std::ranges::find_if(pieces, [&](const Piece& piece) {
        const double x = column - piece.column, y = row - piece.row;
        return x * x + y * y < near * near;
      });
      if (found == pieces.end()) {
        if (pieces.size() == most_pieces) continue;
        found = pieces.insert(pieces.end(), Piece{});
      }
      found->pixels += 1;
      found->column += (column - found->column) / found->pixels;
      found->row += (row - found->row) / found->pixels;
    }
  return pieces;
}

/// Of a direction: [0, 4), rising with its angle; exact arithmetic where an arc tangent is not.
double turn(double x, double y) {
  const double sum = std::abs(x) + std::abs(y);
  const double share = sum > 0 ? y / sum : 0;
  return x < 0 ? 2 - share : share < 0 ? 4 + share : share;
}

/// Bright and dark rays from metal, weaker with the distance.
void fan(const Settings& s, int slice, std::vector<float>& hu) {
  std::uint64_t number = 0;
  for (const Piece& piece : pieces_of_metal(s, hu)) {
    Counter random(s.seed ^ mixed(s.scan), 80 + mixed(static_cast<std::uint64_t>(slice)) + number);
    ++number;
    std::array<double, rays> strength{};
    for (double& one : strength) one = random.normal();
    const double radius = std::sqrt(piece.pixels / 3.14159265358979323846) + 0.5;
    for (int row = 0; row < s.rows; ++row)
      for (int column = 0; column < s.columns; ++column) {
        const double x = column - piece.column, y = row - piece.row;
        const double distance = std::sqrt(x * x + y * y);
        if (distance <= radius) continue;
        const double at = turn(x, y) * (rays / 4.0);
        const auto ray = static_cast<std::size_t>(at);
        const double part = at - static_cast<double>(ray);
        const double value =
            strength[ray % rays] + (strength[(ray + 1) % rays] - strength[ray % rays]) * part;
        hu[pixel(s, column, row)] +=
            static_cast<float>(s.artefacts.streak_hu * value * radius / distance);
      }
  }
}

}  // namespace

void add_artefacts(const Settings& settings, int slice, std::vector<float>& hu) {
  if (settings.artefacts.motion_mm > 0) double_by_motion(settings, hu);
  if (settings.artefacts.cupping_hu > 0) cup(settings, hu);
  if (settings.artefacts.streak_hu > 0) fan(settings, slice, hu);
}

std::vector<float> noise_shares(const Settings& s) {
  std::vector<float> shares;
  if (s.artefacts.noise_fall <= 0) return shares;
  shares.resize(static_cast<std::size_t>(s.columns) * static_cast<std::size_t>(s.rows));
  const double middle_x = (s.columns - 1) / 2.0, middle_y = (s.rows - 1) / 2.0,
               edge = std::min(s.columns, s.rows) / 2.0;
  for (int row = 0; row < s.rows; ++row)
    for (int column = 0; column < s.columns; ++column) {
      const double x = (column - middle_x) / edge, y = (row - middle_y) / edge;
      shares[pixel(s, column, row)] =
          static_cast<float>(1 - s.artefacts.noise_fall * std::min(1.0, x * x + y * y));
    }
  return shares;
}

}  // namespace tomoscribe::model::phantom
