#pragma once

#include <deque>
#include <vector>

#include "model/phantom/detail/acquisition.h"

namespace tomoscribe::model::phantom {

/// Slices from layers: the mean over the slice's thickness, along the gantry's tilt. Holds only the
/// layers that one slice reaches through.
class LayerStack {
 public:
  LayerStack(const Settings& settings, const Frame& frame, const Painter& paint);

  /// Slices are asked for in rising order.
  void make(int slice);
  std::vector<float>& hu() { return slice_.hu; }
  const std::vector<std::uint8_t>& label() const { return slice_.label; }  ///< of the middle layer
  const std::vector<std::uint8_t>& owner() const {
    return slice_.owner;
  }  ///< of half of it or more
  /// Voxels of this slice that each owner fills, parts counted as parts. Index: owner.
  const std::vector<double>& filled() const { return filled_; }

 private:
  /// One row's layers: the first, and the weight of each.
  struct Reach {
    int first = 0;
    std::vector<float> weights;
  };
  Reach reach(double z) const;
  double layer_z(int layer) const;
  double row_height(int row) const;  ///< of a row above the slice's middle
  const Layer& layer(int number) const {
    return layers_[static_cast<std::size_t>(number - first_layer_)];
  }
  void hold(int first, int last);
  void mean_row(int row, const Reach& reach);
  void own_row(int row, const Reach& reach);

  const Settings& settings_;
  const Frame& frame_;
  const Painter& paint_;
  double sine_ = 0, cosine_ = 1;
  Layer slice_;
  std::vector<double> filled_;
  std::deque<Layer> layers_;
  int first_layer_ = 0;
};

}  // namespace tomoscribe::model::phantom
