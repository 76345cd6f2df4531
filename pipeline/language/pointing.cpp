#include "pipeline/language/pointing.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "pipeline/language/packet.h"

namespace tomoscribe::pipeline::language {

namespace {

/// Columns and rows of one slice that a box of patient millimetres covers, cut at the image's edge.
std::optional<reporting::Region2D> on_slice(const Volume& volume, const model::BoxMm& box) {
  std::array<double, 2> least{1e9, 1e9}, most{-1e9, -1e9};
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 point = box.centre_mm;
    for (std::size_t axis = 0; axis < 3; ++axis)
      point[axis] += ((corner >> axis & 1) != 0 ? 0.5 : -0.5) * box.size_mm[axis];
    const Vec3 index = volume.grid.index_at(point);
    for (std::size_t axis = 0; axis < 2; ++axis) {
      least[axis] = std::min(least[axis], index[axis] + 0.5);
      most[axis] = std::max(most[axis], index[axis] + 0.5);
    }
  }
  for (std::size_t axis = 0; axis < 2; ++axis) {
    least[axis] = std::max(least[axis], 0.0);
    most[axis] = std::min(most[axis], static_cast<double>(volume.grid.size[axis]));
    if (!(most[axis] - least[axis] >= 1)) return std::nullopt;
  }
  return reporting::Region2D{
      {{least[0], least[1]}, {most[0], least[1]}, {most[0], most[1]}, {least[0], most[1]}}};
}

/// Of each image token, its part of all attention that the line's words gave to images; empty when
/// they gave none that is known.
std::vector<double> shares(const model::Passage& passage) {
  const double all =
      std::accumulate(passage.image_attention.begin(), passage.image_attention.end(), 0.0);
  std::vector<double> result;
  if (!(all > 0)) return result;
  result.reserve(passage.image_attention.size());
  for (const float mass : passage.image_attention)
    result.push_back(static_cast<double>(mass) / all);
  return result;
}

/// The mean share of each token over all lines; zeros where there is one line only.
std::vector<double> usual_shares(const model::Generation& generation, std::size_t tokens) {
  std::vector<double> sum(tokens, 0.0);
  double lines = 0;
  for (const model::Passage& passage : generation.passages)
    if (const auto share = shares(passage); share.size() == tokens) {
      ++lines;
      std::ranges::transform(sum, share, sum.begin(), std::plus<>());
    }
  for (double& value : sum) value = lines > 1 ? value / lines : 0;
  return sum;
}

}  // namespace

std::optional<reporting::Evidence> evidence_at(const Volume& volume, const model::View& view,
                                               const model::PixelRect& rect, std::string caption) {
  const double x = rect.x + rect.width / 2.0, y = rect.y + rect.height / 2.0;
  const auto slices = model::source_slices(view, x, y);
  const auto point = model::patient_mm(view, x, y);
  const auto box = model::box_mm(view, rect);
  if (!slices || !point || !box) return std::nullopt;
  const auto slice =
      static_cast<std::size_t>(std::clamp(slices->middle, 0, volume.grid.size[2] - 1));
  reporting::Evidence evidence{.id = {},
                               .series = volume.header.series,
                               .instance = volume.instances[slice],
                               .sop_class = volume.header.sop_class,
                               .frame = volume.frames[slice],
                               .image = volume.images[slice],
                               .regions = {},
                               .point_mm = std::nullopt,
                               .frame_of_reference = volume.header.frame_of_reference,
                               .mask = std::nullopt,
                               .caption = std::move(caption)};
  if (auto region = on_slice(volume, *box)) evidence.regions.push_back(std::move(*region));
  if (evidence.frame_of_reference) {
    Vec3 rounded{};
    std::ranges::transform(*point, rounded.begin(),
                           [](double mm) { return std::round(mm * 10) / 10; });
    evidence.point_mm = rounded;
  }
  return evidence;
}

std::optional<reporting::Evidence> pointed_at(const Volume& volume, const model::View& view,
                                              const std::optional<reporting::PixelBox>& box) {
  if (box)
    return evidence_at(volume, view,
                       {box->left, box->top, box->right - box->left, box->bottom - box->top},
                       "where the model points (view " + view.id + ")");
  if (view.tiles.size() != 1) return std::nullopt;
  auto evidence = evidence_at(volume, view, view.tiles.front().pixels,
                              "the view that the model names (" + view.id + ")");
  if (evidence) evidence->regions.clear();
  return evidence;
}

std::vector<Looked> most_looked_at(const model::ViewPlan& plan, const model::Generation& generation,
                                   const model::Passage& passage, const model::ImageRule& rule,
                                   std::size_t most) {
  const std::vector<double> here = shares(passage);
  if (here.empty()) return {};
  const std::vector<double> usual = usual_shares(generation, here.size());
  std::vector<Looked> cells;
  std::size_t at = 0;
  const std::size_t views = std::min(generation.images.size(), plan.views.size());
  for (std::size_t view = 0; view < views; ++view) {
    const model::ImageGrid& grid = generation.images[view];
    for (int cell = 0; cell < grid.rows * grid.columns; ++cell, ++at)
      if (here[at] > usual[at])
        cells.push_back({.view = view,
                         .pixels = model::token_pixels(plan.views[view], cell / grid.columns,
                                                       cell % grid.columns, rule),
                         .share = here[at],
                         .excess = here[at] - usual[at]});
  }
  std::ranges::stable_sort(cells, std::ranges::greater(), &Looked::excess);
  cells.resize(std::min(cells.size(), most));
  return cells;
}

const model::Passage* passage_at(const model::Generation& generation, std::size_t byte) {
  const auto found = std::ranges::find_if(generation.passages, [&](const model::Passage& passage) {
    return passage.begin <= byte && byte < passage.end;
  });
  return found == generation.passages.end() ? nullptr : &*found;
}

}  // namespace tomoscribe::pipeline::language
