#include "model/phantom/detail/finding_book.h"

#include <algorithm>
#include <cmath>

#include "model/phantom/detail/calcium.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr double degree = 3.14159265358979323846 / 180;
constexpr double beside_mm = 2.5;  ///< how far away the surroundings are looked at
constexpr double rose = 5;         ///< contrast to noise over a whole section that an eye needs
constexpr double least_pixels = 2;
constexpr double quantum_hu = 0.29;  ///< SD of rounding to whole HU: no picture has less noise

/// Largest extent of the runs over all directions of the plane, and the extent across it; pixels.
std::array<double, 2> axes_of(const Run* runs, std::size_t count) {
  constexpr int directions = 36;
  std::array<double, directions> extent{};
  for (int k = 0; k < directions; ++k) {
    const double cx = cosine(k * 180.0 / directions * degree),
                 cy = sine(k * 180.0 / directions * degree);
    double low = 1e9, high = -1e9;
    for (std::size_t i = 0; i < count; ++i) {
      const double y = runs[i].row * cy, x0 = runs[i].column * cx,
                   x1 = (runs[i].column + runs[i].length - 1) * cx;
      low = std::min({low, x0 + y, x1 + y});
      high = std::max({high, x0 + y, x1 + y});
    }
    extent[static_cast<std::size_t>(k)] = high - low + 1;  // between the pixels' middles, and one
  }
  const auto longest = std::ranges::max_element(extent) - extent.begin();
  const auto across = static_cast<std::size_t>(longest + directions / 2) % directions;
  return {extent[static_cast<std::size_t>(longest)], extent[across]};
}

}  // namespace

FindingBook::FindingBook(const Settings& settings, const Plan& plan)
    : settings_(settings), plan_(plan), pages_(plan.findings.size()) {}

void FindingBook::note_run(Page& page, const Run& run, const std::vector<std::uint8_t>& owner,
                           const std::vector<float>& hu, std::uint8_t around) const {
  const std::size_t first =
      static_cast<std::size_t>(run.row) * static_cast<std::size_t>(settings_.columns) +
      static_cast<std::size_t>(run.column);
  const double length = run.length;
  page.voxels += length;
  page.column += length * (run.column + (length - 1) / 2);
  page.row += length * run.row;
  page.slice += length * run.slice;
  for (std::size_t i = first; i < first + static_cast<std::size_t>(run.length); ++i) {
    page.hu += static_cast<double>(hu[i]);
    if (hu[i] < -950.0F) page.below_950 += 1;
  }
  const int away = 1 + static_cast<int>(beside_mm / settings_.pixel_mm);
  for (const int column : {run.column - away, run.column + run.length - 1 + away}) {
    if (column < 0 || column >= settings_.columns) continue;
    const std::size_t i =
        first - static_cast<std::size_t>(run.column) + static_cast<std::size_t>(column);
    if (owner[i] != around) continue;
    page.beside_hu += static_cast<double>(hu[i]);
    page.beside += 1;
  }
  if (page.boxes.empty() || page.boxes.back()[0] != run.slice)
    page.boxes.push_back({run.slice, run.column, run.row, run.column + run.length - 1, run.row});
  auto& box = page.boxes.back();
  box = {run.slice, std::min(box[1], run.column), box[2],
         std::max(box[3], run.column + run.length - 1), run.row};
  page.runs.push_back(run);
}

void FindingBook::note_owned(std::size_t finding, const Run& run,
                             const std::vector<std::uint8_t>& owner, const std::vector<float>& hu) {
  const auto whole = plan_.part_of.find(finding);
  if (whole == plan_.part_of.end()) return note_run(pages_[finding], run, owner, hu, 0);
  note_run(pages_[finding], run, owner, hu, static_cast<std::uint8_t>(whole->second + 1));
  note_run(pages_[whole->second], run, owner, hu, 0);
}

void FindingBook::close_slice(Page& page) {
  const std::size_t count = page.runs.size() - page.first_run;
  if (count == 0) return;
  const Run* runs = &page.runs[page.first_run];
  double area = 0;
  for (std::size_t i = 0; i < count; ++i) area += runs[i].length;
  const auto [longest, across] = axes_of(runs, count);
  page.longest = std::max(page.longest, longest);
  if (area > page.area) {
    page.area = area;
    page.long_axis = longest;
    page.short_axis = across;
  }
}

void FindingBook::score(Page& page, const std::vector<float>& hu) const {
  const std::span<const Run> runs(page.runs.data() + page.first_run,
                                  page.runs.size() - page.first_run);
  page.agatston += agatston_of_slice(runs, hu, settings_.columns, settings_.rows,
                                     settings_.pixel_mm * settings_.pixel_mm);
}

void FindingBook::note_row(int slice, int row, const std::vector<std::uint8_t>& owner,
                           const std::vector<float>& hu) {
  const std::uint8_t* line =
      &owner[static_cast<std::size_t>(row) * static_cast<std::size_t>(settings_.columns)];
  int column = 0;
  while (column < settings_.columns) {
    const std::uint8_t who = line[column];
    const int start = column++;
    while (column < settings_.columns && line[column] == who) ++column;
    if (who != 0) note_owned(who - 1U, {slice, row, start, column - start}, owner, hu);
  }
}

void FindingBook::add(int slice, const std::vector<std::uint8_t>& owner,
                      const std::vector<double>& filled, const std::vector<float>& hu) {
  if (pages_.empty()) return;
  for (std::size_t k = 0; k < pages_.size(); ++k) {
    pages_[k].filled += filled[k + 1];
    pages_[k].first_run = pages_[k].runs.size();
  }
  for (const auto& [part, whole] : plan_.part_of) pages_[whole].filled += filled[part + 1];
  for (int row = 0; row < settings_.rows; ++row) note_row(slice, row, owner, hu);
  for (std::size_t k = 0; k < pages_.size(); ++k) {
    close_slice(pages_[k]);
    if (plan_.findings[k].quantities.contains("agatston")) score(pages_[k], hu);
  }
}

Truth FindingBook::truth(std::size_t finding, const Phantom& phantom, const Frame& frame,
                         double noise_hu) const {
  const Page& page = pages_[finding];
  Truth t = plan_.findings[finding];
  const double pixel = settings_.pixel_mm;
  const double height = settings_.slice_mm * phantom.row_step[1];  // of a voxel, along the normal
  t.volume_ml = page.filled * pixel * pixel * height / 1000;
  if (t.quantities.contains("agatston"))
    t.quantities["agatston"] = page.agatston * height / 3;  // defined for 3 mm slices
  t.boxes = page.boxes;
  t.runs = page.runs;
  if (page.voxels <= 0) {  // outside the scan, or smaller than half a voxel everywhere
    t.expected = false;
    return t;
  }
  t.mean_hu = page.hu / page.voxels;
  t.fraction_below_950 = page.below_950 / page.voxels;
  const double column = page.column / page.voxels, row = page.row / page.voxels,
               slice = page.slice / page.voxels;
  t.centre_mm = {
      phantom.first_voxel_mm[0] + column * pixel,
      phantom.first_voxel_mm[1] + row * pixel * phantom.row_step[1],
      phantom.first_voxel_mm[2] + row * pixel * phantom.row_step[2] + slice * settings_.slice_mm};
  int column0 = settings_.columns, row0 = settings_.rows, column1 = -1, row1 = -1;
  for (const auto& box : page.boxes) {
    column0 = std::min(column0, box[1]);
    row0 = std::min(row0, box[2]);
    column1 = std::max(column1, box[3]);
    row1 = std::max(row1, box[4]);
  }
  t.size_mm = {(column1 - column0 + 1) * pixel, (row1 - row0 + 1) * pixel,
               (page.boxes.back()[0] - page.boxes.front()[0] + 1) * settings_.slice_mm};
  t.long_axis_mm = page.longest * pixel;
  t.diameter_mm = (page.long_axis + page.short_axis) / 2 * pixel;
  const double noise = std::max(noise_hu, quantum_hu);
  const double contrast = page.beside > 0 ? t.mean_hu - page.beside_hu / page.beside : 0;
  const double piece = plan_.piece_mm.empty() ? 0 : plan_.piece_mm[finding];
  const double across = piece > 0 ? piece : t.diameter_mm;
  const double section = piece > 0 ? 0.785 * piece * piece / (pixel * pixel) : page.area;
  t.contrast_to_noise = std::abs(contrast) / noise;
  t.size_pixels = across / pixel;
  t.detectability =
      std::min(t.contrast_to_noise * std::sqrt(section) / rose, t.size_pixels / least_pixels);
  t.expected = t.detectability >= 1;
  if (plan_.locate)
    plan_.locate(t, {t.centre_mm[0] - frame.pose_mm.x, t.centre_mm[1] - frame.pose_mm.y,
                     t.centre_mm[2] - frame.pose_mm.z});
  return t;
}

std::vector<Truth> FindingBook::truths(const Phantom& phantom, const Frame& frame,
                                       double noise_hu) const {
  std::vector<Truth> found;
  found.reserve(pages_.size());
  for (std::size_t k = 0; k < pages_.size(); ++k)
    found.push_back(truth(k, phantom, frame, noise_hu));
  return found;
}

}  // namespace tomoscribe::model::phantom
