#pragma once

#include <vector>

#include "model/phantom/detail/acquisition.h"

namespace tomoscribe::model::phantom {

/// Keeps the truth of the findings, slice by slice, before noise.
class FindingBook {
 public:
  FindingBook(const Settings& settings, const Plan& plan);
  /// `filled`: voxels that each owner fills, by owner.
  void add(int slice, const std::vector<std::uint8_t>& owner, const std::vector<double>& filled,
           const std::vector<float>& hu);
  /// \param noise_hu SD of the picture's noise.
  std::vector<Truth> truths(const Phantom& phantom, const Frame& frame, double noise_hu) const;

 private:
  struct Page {
    double voxels = 0, filled = 0, hu = 0, below_950 = 0, column = 0, row = 0, slice = 0;
    double beside_hu = 0, beside = 0;                ///< what lies beside it in its rows
    double area = 0, long_axis = 0, short_axis = 0;  ///< of its largest section, in pixels
    double longest = 0;
    double agatston = 0;  ///< per mm of slice spacing and mm2 of pixel
    std::vector<std::array<int, 5>> boxes;
    std::vector<Run> runs;
    std::size_t first_run = 0;  ///< of the slice being added
  };
  /// `around`: the owner whose voxels are the surroundings, 0 for nobody's.
  void note_run(Page& page, const Run& run, const std::vector<std::uint8_t>& owner,
                const std::vector<float>& hu, std::uint8_t around) const;
  void note_row(int slice, int row, const std::vector<std::uint8_t>& owner,
                const std::vector<float>& hu);
  void note_owned(std::size_t finding, const Run& run, const std::vector<std::uint8_t>& owner,
                  const std::vector<float>& hu);
  static void close_slice(Page& page);
  void score(Page& page, const std::vector<float>& hu) const;
  Truth truth(std::size_t finding, const Phantom& phantom, const Frame& frame,
              double noise_hu) const;

  const Settings& settings_;
  const Plan& plan_;
  std::vector<Page> pages_;
};

}  // namespace tomoscribe::model::phantom
