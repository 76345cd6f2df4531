#pragma once

#include <cstdint>
#include <vector>

#include "model/phantom/detail/acquisition.h"

namespace tomoscribe::model::phantom {

/// Counts the structures that were painted, slice by slice, before noise.
class Tally {
 public:
  Tally(const Settings& settings, std::vector<Structure> structures);
  void add(int slice, const std::vector<std::uint8_t>& labels, const std::vector<float>& hu);
  /// Those with at least one voxel.
  std::vector<Truth> truths(const Phantom& phantom) const;

 private:
  struct Sum {
    double voxels = 0, hu = 0, below_950 = 0, hazy = 0, aerated = 0, column = 0, row = 0, slice = 0;
    std::vector<std::uint32_t> values;  ///< voxels by whole HU
    std::vector<std::array<int, 5>> boxes;
  };
  static void note_value(Sum& sum, float hu);
  static double median_hu(const Sum& sum);  ///< to 1 HU; borders do not move it
  void add_runs(int slice, const std::vector<std::uint8_t>& labels);
  Truth truth(std::size_t structure, const Phantom& phantom) const;

  const Settings& settings_;
  std::vector<Structure> structures_;
  std::vector<Sum> sums_;               ///< per label
  std::vector<std::vector<Run>> runs_;  ///< per structure, when asked for
};

}  // namespace tomoscribe::model::phantom
