// Exact Euclidean distances in three passes of lower envelopes (Maurer 2003, doi
// 10.1109/TPAMI.2003.1177156). The arithmetic is that of ITK's SignedMaurerDistanceMap, which it
// replaces: the same values, in a fraction of the time and with a third of the memory.
#include <algorithm>
#include <cmath>
#include <limits>

#include "pipeline/measure/filters.h"
#include "pipeline/measure/two_threads.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr float unreached = std::numeric_limits<float>::max();
constexpr std::size_t together = 16;  ///< neighbouring lines share their cache lines
constexpr std::size_t worth_two = std::size_t{1} << 20;  ///< voxels; callers may be threads

/// Lines along one axis, `together` neighbours at a time.
struct Axis {
  std::size_t length = 0, stride = 0;
  std::vector<float> mm;  ///< of each position
};

/// Whether the middle one of three parabolas is nowhere the lowest.
bool hidden(float low, float middle, float high, float at_low, float at_middle, float at_high) {
  const float a = at_middle - at_low, b = at_high - at_middle, c = at_high - at_low;
  return c * middle - b * low - a * high - a * b * c > 0;
}

/// Squared distances along one line, from those across it. In place.
class Envelope {
 public:
  explicit Envelope(const Axis& axis) : axis_(axis), height_(axis.length), at_(axis.length) {}
  void operator()(float* line) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < axis_.length; ++i) {
      if (line[i] == unreached) continue;
      while (count > 1 && hidden(height_[count - 2], height_[count - 1], line[i], at_[count - 2],
                                 at_[count - 1], axis_.mm[i]))
        --count;
      height_[count] = line[i], at_[count] = axis_.mm[i];
      ++count;
    }
    if (count == 0) return;
    std::size_t lowest = 0;
    for (std::size_t i = 0; i < axis_.length; ++i) {
      float here = value(lowest, axis_.mm[i]);
      for (; lowest + 1 < count; ++lowest) {
        const float next = value(lowest + 1, axis_.mm[i]);
        if (here <= next) break;
        here = next;
      }
      line[i] = here;
    }
  }

 private:
  float value(std::size_t parabola, float mm) const {
    return height_[parabola] + (at_[parabola] - mm) * (at_[parabola] - mm);
  }
  const Axis& axis_;
  std::vector<float> height_, at_;
};

/// The envelopes of `lines` neighbouring lines (1 apart) that begin at `first`.
void neighbouring(float* first, std::size_t lines, const Axis& axis) {
  Envelope envelope(axis);
  std::vector<float> block(together * axis.length);
  for (std::size_t from = 0; from < lines; from += together) {
    const std::size_t width = std::min(together, lines - from);
    for (std::size_t i = 0; i < axis.length; ++i)
      for (std::size_t line = 0; line < width; ++line)
        block[line * axis.length + i] = first[from + line + i * axis.stride];
    for (std::size_t line = 0; line < width; ++line) envelope(block.data() + line * axis.length);
    for (std::size_t i = 0; i < axis.length; ++i)
      for (std::size_t line = 0; line < width; ++line)
        first[from + line + i * axis.stride] = block[line * axis.length + i];
  }
}

template <class Work>
void each(std::size_t count, bool two, const Work& work) {
  if (two)
    shared_by_two(count, work);
  else
    for (std::size_t i = 0; i < count; ++i) work(i);
}

/// 1 where the mask and all 26 neighbours in the grid are not 0: three passes of a minimum of
/// three.
class Eroded {
 public:
  Eroded(const Mask& mask, const std::array<std::size_t, 3>& size)
      : columns_(size[0]),
        plane_(size[0] * size[1]),
        slices_(size[2]),
        mask_(mask),
        flat_(plane_) {}
  /// One slice: `result` has the size of a slice.
  void slice(std::size_t z, Mask& result) {
    const std::uint8_t* here = mask_.data() + z * plane_;
    const std::uint8_t* below = z > 0 ? here - plane_ : here;
    const std::uint8_t* above = z + 1 < slices_ ? here + plane_ : here;
    for (std::size_t i = 0; i < plane_; ++i)
      flat_[i] = here[i] != 0 && below[i] != 0 && above[i] != 0 ? 1 : 0;
    result = flat_;
    for (std::size_t i = columns_; i < plane_; ++i) result[i] &= flat_[i - columns_];
    for (std::size_t i = columns_; i < plane_; ++i) result[i - columns_] &= flat_[i];
    flat_ = result;
    for (std::size_t row = 0; row < plane_; row += columns_)
      for (std::size_t i = row + 1; i < row + columns_; ++i) {
        result[i] &= flat_[i - 1];
        result[i - 1] &= flat_[i];
      }
  }

 private:
  std::size_t columns_, plane_, slices_;
  const Mask& mask_;
  Mask flat_;
};

/// The positions along one index of a grid.
Axis axis_of(const Grid& grid, std::size_t index, std::size_t stride) {
  Axis axis{.length = index_of(grid.size[index]), .stride = stride, .mm = {}};
  const double spacing = grid.spacing_mm()[index];
  axis.mm.resize(axis.length);
  for (std::size_t at = 0; at < axis.length; ++at)
    axis.mm[at] = static_cast<float>(static_cast<double>(at) * spacing);
  return axis;
}

}  // namespace

std::vector<float> depth_mm(const Mask& mask, const Grid& grid) {
  std::vector<float> depth(mask.size());
  if (mask.empty()) return depth;
  const std::array<std::size_t, 3> size{index_of(grid.size[0]), index_of(grid.size[1]),
                                        index_of(grid.size[2])};
  const std::size_t plane = size[0] * size[1];
  const Axis along_row = axis_of(grid, 0, 1), along_column = axis_of(grid, 1, size[0]),
             along_slices = axis_of(grid, 2, plane);
  const bool two = mask.size() >= worth_two;
  // Slice by slice: the outermost voxels of the mask, then along its rows and columns.
  each(size[2], two, [&](std::size_t z) {
    Mask inner;
    Eroded(mask, size).slice(z, inner);
    const std::uint8_t* here = mask.data() + z * plane;
    float* values = depth.data() + z * plane;
    std::transform(
        here, here + plane, inner.begin(), values,
        [](std::uint8_t in, std::uint8_t deep) { return in != 0 && deep == 0 ? 0 : unreached; });
    Envelope envelope(along_row);
    for (std::size_t row = 0; row < size[1]; ++row) envelope(values + row * size[0]);
    neighbouring(values, size[0], along_column);
  });
  each(size[1], two,
       [&](std::size_t row) { neighbouring(depth.data() + row * size[0], size[0], along_slices); });
  std::ranges::transform(depth, mask, depth.begin(), [](float squared, std::uint8_t in) {
    return in != 0 ? std::sqrt(squared) : -std::sqrt(squared);
  });
  return depth;
}

}  // namespace tomoscribe::pipeline::measure
