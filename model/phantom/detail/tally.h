#pragma once

#include <vector>

#include "model/phantom/detail/body.h"
#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

/// Counts what was painted, slice by slice, before noise.
class Tally {
 public:
  explicit Tally(const Settings& settings);
  void add(int slice, const std::vector<Label>& labels, const std::vector<float>& hu);
  std::vector<Truth> truths(const std::array<double, 3>& first_voxel_mm, bool nodule_left) const;

 private:
  struct Sum {
    double voxels = 0, hu = 0, below_950 = 0, column = 0, row = 0, slice = 0;
    std::vector<std::array<int, 5>> boxes;
  };
  Truth truth(const char* name, const char* side, LabelSet labels,
              const std::array<double, 3>& first_voxel_mm) const;

  Settings settings_;
  std::vector<Sum> sums_;
};

}  // namespace tomoscribe::model::phantom
