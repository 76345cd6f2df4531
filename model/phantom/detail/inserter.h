#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "model/phantom/background.h"
#include "model/phantom/detail/acquisition.h"
#include "model/phantom/detail/regions.h"

namespace tomoscribe::model::phantom {

/// The lungs of a real scan as the space that findings of the phantom know.
class RealLungs {
 public:
  explicit RealLungs(const Background& background);

  /// 0, 1 right, 2 left: the lung with the vessels in it.
  std::uint8_t side(std::size_t voxel) const { return side_[voxel]; }
  Spot spot(int column, int row, int slice) const;
  LungSpace& space(bool left) { return *spaces_[left ? 1 : 0]; }
  Point scanner(int column, int row, int slice) const;
  Point to_scanner(const Point& canonical) const;
  Point to_canonical(const Point& scanner) const;
  double noise_hu() const { return noise_hu_; }
  /// A voxel where a ball fits as wished; nothing: none was found.
  struct Seat {
    Point scanner, canonical;
    bool left = false;
  };
  std::optional<Seat> seat(Counter& random, std::optional<bool> left, double least_depth_mm,
                           double most_depth_mm, double clear_mm) const;

 private:
  void close_gaps();
  /// Adds 1 to the gaps of a line of lung.
  void fill_line(const std::uint8_t* from, std::uint8_t* to, int count, std::size_t step) const;
  void take_border();
  void measure_depth();
  void relax(int column, int row, int slice, int direction);
  void bound();
  void sample();
  void measure_noise();
  bool clear(int column, int row, int slice, double radius_mm) const;
  std::size_t index(int column, int row, int slice) const;

  const Background& background_;
  std::vector<std::uint8_t> side_;
  std::vector<std::uint8_t> depth_;  ///< half millimetres below the lung's border, 255 at most
  std::array<std::unique_ptr<LungSpace>, 2> spaces_;
  double middle_x_ = 0, middle_y_ = 0, low_z_ = 0, high_z_ = 0, noise_hu_ = 0;
};

}  // namespace tomoscribe::model::phantom
