// Body apart from table and surroundings (QUANTIFICATION A, S3): denser than -400 HU, opened by
// 3 mm so that sheets and straps come off, largest piece, holes filled slice by slice.
#include <algorithm>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr std::int16_t body_hu = -400;
constexpr double opening_mm = 3.0;
constexpr int margin_voxels = 4;
constexpr double least_body_ml = 200;

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

}  // namespace

void body_and_table(Scene& scene, Findings& findings) {
  const Grid& grid = scene.work.grid;
  Mask dense(scene.work.hu.size());
  std::ranges::transform(scene.work.hu, dense.begin(),
                         [](std::int16_t hu) { return hu > body_hu ? 1 : 0; });
  const auto least = static_cast<std::size_t>(least_body_ml / grid.voxel_ml());
  const Components pieces = components(opened(dense, grid, opening_mm), grid, least);
  if (pieces.voxels.empty()) {
    scene.body.assign(dense.size(), 0);
    findings.push_back(not_assessed_finding("body", codes::presence, codes::chest_abdomen_pelvis,
                                            "nothing of the size of a body part in the volume"));
    return;
  }
  scene.body.resize(dense.size());
  std::ranges::transform(pieces.labels, scene.body.begin(),
                         [](std::uint16_t label) { return label == 1 ? 1 : 0; });
  fill_holes_by_slice(scene.body, grid);
  scene.border_share = cut_at_side(scene.body, grid);
  cut_to_body(scene);
  scene.smooth = smoothed(scene.work, 1.5);
  scene.labels.resize(scene.body.size());
  std::ranges::transform(scene.body, scene.labels.begin(), [](std::uint8_t in) {
    return in != 0 ? static_cast<std::uint8_t>(Label::body) : std::uint8_t{0};
  });
  findings.push_back(measured_finding("body", codes::presence, codes::chest_abdomen_pelvis));
}

}  // namespace tomoscribe::pipeline::measure
