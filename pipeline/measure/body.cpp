// Body apart from table and surroundings (QUANTIFICATION A, S3): denser than -400 HU, opened by
// 3 mm so that sheets and straps come off, largest piece, holes filled slice by slice, plates that
// touch it taken off; all on a 3 mm grid, then refined.
#include <algorithm>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t body_hu = -400;
constexpr double opening_mm = 3.0;             // one voxel of the coarse grid
constexpr double thick_mm = 10, trim_mm = 20;  // depth of what is no plate; reach around it
constexpr int margin_voxels = 4;
constexpr double least_body_ml = 100;  // after taking 3 mm off all round

struct Box {
  std::array<int, 3> low{}, high{};
};

Box box_of(const Mask& mask, const Grid& grid) {
  Box box{.low = grid.size, .high = {-1, -1, -1}};
  std::size_t at = 0;
  for (int slice = 0; slice < grid.size[2]; ++slice)
    for (int row = 0; row < grid.size[1]; ++row)
      for (int column = 0; column < grid.size[0]; ++column, ++at) {
        if (mask[at] == 0) continue;
        const std::array<int, 3> index{column, row, slice};
        for (std::size_t i = 0; i < 3; ++i) {
          box.low[i] = std::min(box.low[i], index[i]);
          box.high[i] = std::max(box.high[i], index[i]);
        }
      }
  return box;
}

template <class T>
std::vector<T> cut(const std::vector<T>& values, const Grid& from, const Box& box, const Grid& to) {
  std::vector<T> result(to.voxels());
  std::size_t at = 0;
  for (int slice = box.low[2]; slice <= box.high[2]; ++slice)
    for (int row = box.low[1]; row <= box.high[1]; ++row) {
      const auto first =
          values.begin() + static_cast<std::ptrdiff_t>(from.offset(box.low[0], row, slice));
      std::copy_n(first, to.size[0], result.begin() + static_cast<std::ptrdiff_t>(at));
      at += static_cast<std::size_t>(to.size[0]);
    }
  return result;
}

/// Keeps only the surroundings of the body: every later step is faster for it. Slices stay.
void cut_to_body(Scene& scene) {
  const Grid grid = scene.work.grid;
  Box box = box_of(scene.body, grid);
  for (std::size_t i = 0; i < 2; ++i) {
    box.low[i] = std::max(0, box.low[i] - margin_voxels);
    box.high[i] = std::min(grid.size[i] - 1, box.high[i] + margin_voxels);
  }
  box.low[2] = 0;
  box.high[2] = grid.size[2] - 1;
  Grid smaller = grid;
  smaller.origin_mm = grid.point_mm(box.low[0], box.low[1], box.low[2]);
  for (std::size_t i = 0; i < 3; ++i) smaller.size[i] = box.high[i] - box.low[i] + 1;
  scene.work.hu = cut(scene.work.hu, grid, box, smaller);
  scene.body = cut(scene.body, grid, box, smaller);
  scene.work.grid = smaller;
}

/// Share of slices on which the body reaches the first or last column of the whole field of view.
double cut_at_side(const Mask& body, const Grid& grid) {
  int touching = 0;
  for (int slice = 0; slice < grid.size[2]; ++slice) {
    int rows_touching = 0;
    for (int row = 0; row < grid.size[1]; ++row)
      if (body[grid.offset(1, row, slice)] != 0 ||
          body[grid.offset(grid.size[0] - 2, row, slice)] != 0)
        ++rows_touching;
    if (rows_touching * working_mm > 10) ++touching;
  }
  return static_cast<double>(touching) / std::max(1, grid.size[2]);
}

/// The image at twice the spacing, block means: deciding what is body needs no more.
GridImage halved(const GridImage& fine) {
  GridImage coarse{.grid = fine.grid, .hu = {}};
  for (std::size_t i = 0; i < 3; ++i) {
    coarse.grid.size[i] = (fine.grid.size[i] + 1) / 2;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      coarse.grid.origin_mm[axis] += fine.grid.step_mm[i][axis] / 2;
      coarse.grid.step_mm[i][axis] *= 2;
    }
  }
  std::vector<std::int32_t> sums(coarse.grid.voxels(), 0);
  std::vector<std::uint8_t> counts(sums.size(), 0);
  std::size_t at = 0;
  for (int slice = 0; slice < fine.grid.size[2]; ++slice)
    for (int row = 0; row < fine.grid.size[1]; ++row)
      for (int column = 0; column < fine.grid.size[0]; ++column, ++at) {
        const std::size_t to = coarse.grid.offset(column / 2, row / 2, slice / 2);
        sums[to] += fine.hu[at];
        ++counts[to];
      }
  coarse.hu.resize(sums.size());
  std::ranges::transform(sums, counts, coarse.hu.begin(), [](std::int32_t sum, std::uint8_t count) {
    return static_cast<std::int16_t>(sum / count);
  });
  return coarse;
}

Mask denser_than(const std::vector<std::int16_t>& hu, std::int16_t limit) {
  Mask mask(hu.size());
  std::ranges::transform(hu, mask.begin(),
                         [limit](std::int16_t value) { return value > limit ? 1 : 0; });
  return mask;
}

/// What of `mask` lies no further than `mm` from `core`.
Mask near_core(const Mask& mask, const Mask& core, const Grid& grid, double mm) {
  const std::vector<float> depth = depth_mm(core, grid);
  Mask result(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i) result[i] = mask[i] != 0 && depth[i] >= -mm ? 1 : 0;
  return result;
}

/// Plates on which the patient lies touch the body without being thick: what is further than
/// `trim_mm` from its thick parts goes. Slices where the body is cut at the side stay as they are:
/// a lung open to the border leaves its wall thin.
void trim_plates(Mask& body, const Grid& grid) {
  const Mask thick = deeper_than(depth_mm(body, grid), thick_mm);
  if (std::ranges::count(thick, 1) == 0) return;
  const Mask kept = near_core(body, thick, grid, trim_mm);
  for (int slice = 0; slice < grid.size[2]; ++slice) {
    bool cut = false;
    for (int row = 0; row < grid.size[1]; ++row)
      cut = cut || body[grid.offset(0, row, slice)] != 0 ||
            body[grid.offset(grid.size[0] - 1, row, slice)] != 0;
    if (cut) continue;
    const auto first = static_cast<std::ptrdiff_t>(grid.offset(0, 0, slice));
    std::copy_n(kept.begin() + first, static_cast<std::ptrdiff_t>(grid.offset(0, 0, 1)),
                body.begin() + first);
  }
}

/// The mask without its outermost voxels, in pieces of some size.
Components opened_pieces(const Mask& mask, const Grid& grid) {
  const auto least = static_cast<std::size_t>(least_body_ml / grid.voxel_ml());
  return components(deeper_than(depth_mm(mask, grid), opening_mm / 2), grid, least);
}

/// The body on the coarse grid; nothing set when no piece is large enough.
Mask coarse_body(const GridImage& image) {
  const Grid& grid = image.grid;
  Mask dense = denser_than(image.hu, body_hu);
  Components pieces = opened_pieces(dense, grid);
  if (pieces.voxels.empty()) {  // a hollow thing may be too thin to be opened
    fill_holes_by_slice(dense, grid);
    pieces = opened_pieces(dense, grid);
  }
  if (pieces.voxels.empty()) return {};
  Mask largest(dense.size());
  std::ranges::transform(pieces.labels, largest.begin(),
                         [](std::uint16_t label) { return label == 1 ? 1 : 0; });
  Mask body = near_core(dense, largest, grid, opening_mm + working_mm);
  fill_holes_by_slice(body, grid);
  trim_plates(body, grid);
  return body;
}

/// Dense voxels of the fine grid that belong to the coarse body or lie against it.
Mask refined(const Mask& coarse, const Grid& coarse_grid, const GridImage& fine) {
  const Mask near = deeper_than(depth_mm(coarse, coarse_grid), -2 * working_mm - 0.1);
  Mask body(fine.hu.size());
  std::size_t at = 0;
  for (int slice = 0; slice < fine.grid.size[2]; ++slice)
    for (int row = 0; row < fine.grid.size[1]; ++row)
      for (int column = 0; column < fine.grid.size[0]; ++column, ++at)
        body[at] =
            fine.hu[at] > body_hu && near[coarse_grid.offset(column / 2, row / 2, slice / 2)] != 0
                ? 1
                : 0;
  fill_holes_by_slice(body, fine.grid);
  return body;
}

}  // namespace

void body_and_table(Scene& scene, Findings& findings) {
  const GridImage coarse = halved(scene.work);
  const Mask found = coarse_body(coarse);
  if (std::ranges::count(found, 1) == 0) {
    scene.body.assign(scene.work.hu.size(), 0);
    findings.push_back(not_assessed_finding("body", "Body", codes::presence,
                                            codes::chest_abdomen_pelvis,
                                            "nothing of the size of a body part in the volume"));
    return;
  }
  scene.body = refined(found, coarse.grid, scene.work);
  scene.border_share = cut_at_side(scene.body, scene.work.grid);
  cut_to_body(scene);
  scene.smooth = smoothed(scene.work, 1.5);
  scene.labels.resize(scene.body.size());
  std::ranges::transform(scene.body, scene.labels.begin(), [](std::uint8_t in) {
    return in != 0 ? static_cast<std::uint8_t>(Label::body) : std::uint8_t{0};
  });
  findings.push_back(
      measured_finding("body", "Body", codes::presence, codes::chest_abdomen_pelvis));
}

}  // namespace tomoscribe::pipeline::measure
