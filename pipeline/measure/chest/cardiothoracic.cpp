// Cardiothoracic ratio (QUANTIFICATION A): the heart's greatest width above the diaphragm over the
// inner width of the chest. Descriptive: lying on the back the heart looks wider than in the
// radiograph for which the ratio's limit was published.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/chest/heart_space.h"
#include "pipeline/measure/crop.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr const char* id = "heart.width";
constexpr double border_mm = working_mm, rim_mm = 4.5;
constexpr double slab_mm = 6, wide_ratio = 0.5;
const reporting::Code heart{"80891009", "SCT", "Heart"};
const reporting::Code width_code{"103355008", "SCT", "Width"};

/// Columns, both included, and the row in the middle of the section.
struct Width {
  int low = 1 << 30, high = -1, slice = 0;
  double row = 0;
  double mm() const { return high < low ? 0 : (high - low + 1) * working_mm; }
};

/// The heart's region without what is thinner than 12 mm: vessels at the hilum, folds of the
/// pleura. All widths are those of its core, and the rim that was taken off.
struct Core {
  Crop box;
  Mask mask;
};

std::optional<Core> core_of(const Scene& scene, const HeartSpace& space) {
  const Grid& grid = scene.work.grid;
  const auto box = crop_around(space.mask, grid, 3, [](std::uint8_t one) { return one != 0; });
  if (!box) return std::nullopt;
  Mask mask(box->grid.voxels());
  for_each_in(*box, grid, [&](std::size_t at, std::size_t in) { mask[in] = space.mask[at]; });
  return Core{.box = *box, .mask = deeper_than(depth_mm(mask, box->grid), rim_mm)};
}

/// The core's largest piece in one slice, side to side, and the rim.
Width heart_width(const Core& core, int slice) {
  const int last = core.box.low[2] + core.box.grid.size[2] - 1;
  if (slice < core.box.low[2] || slice > last) return {.slice = slice};  // no heart there
  Grid flat = core.box.grid;
  flat.size[2] = 1;
  const auto first =
      static_cast<std::ptrdiff_t>(core.box.grid.offset(0, 0, slice - core.box.low[2]));
  const Mask section(core.mask.begin() + first,
                     core.mask.begin() + first + static_cast<std::ptrdiff_t>(flat.voxels()));
  const Components pieces = components(section, flat, 100);
  Width width;
  width.slice = slice;
  double rows = 0, n = 0;
  for_each_voxel(flat, [&](std::size_t at, int column, int row, int) {
    if (pieces.labels[at] != 1) return;
    width.low = std::min(width.low, core.box.low[0] + column);
    width.high = std::max(width.high, core.box.low[0] + column);
    rows += core.box.low[1] + row, n += 1;
  });
  if (n == 0) return width;
  width.row = rows / n;
  constexpr int rim = static_cast<int>(rim_mm / working_mm) + 1;
  width.low -= rim, width.high += rim;
  return width;
}

/// From the outer border of one lung to that of the other in one slice.
Width chest_width(const Scene& scene, int slice) {
  const Grid& grid = scene.work.grid;
  Width width;
  width.slice = slice;
  for (int row = 0; row < grid.size[1]; ++row)
    for (int column = 0; column < grid.size[0]; ++column) {
      const std::uint8_t label = scene.labels[grid.offset(column, row, slice)];
      if (label != right_lung && label != left_lung) continue;
      width.low = std::min(width.low, column), width.high = std::max(width.high, column);
    }
  return width;
}

struct Ratio {
  Width heart, chest;
  double spread_mm = 0;  ///< of the heart's width in neighbouring slices
  double value() const { return heart.mm() / chest.mm(); }
};

/// The median of three neighbouring widths, where it is largest.
Ratio widest(const Scene& scene, const HeartSpace& space, const Core& core) {
  std::vector<Width> hearts;
  hearts.reserve(index_of(space.to - space.dome + 1));
  Ratio ratio;
  for (int slice = space.dome; slice <= space.to; ++slice) {
    hearts.push_back(heart_width(core, slice));
    const Width chest = chest_width(scene, slice);
    if (chest.mm() > ratio.chest.mm()) ratio.chest = chest;
  }
  const int reach = static_cast<int>(slab_mm / working_mm) / 2;
  for (int i = reach; i + reach < static_cast<int>(hearts.size()); ++i) {
    std::vector<Width> near(hearts.begin() + i - reach, hearts.begin() + i + reach + 1);
    std::ranges::sort(near, {}, &Width::mm);
    const Width& middle = near[near.size() / 2];
    if (middle.mm() <= ratio.heart.mm()) continue;
    ratio.heart = middle;
    ratio.spread_mm = (near.back().mm() - near.front().mm()) / 2;
  }
  return ratio;
}

reporting::Measurement measurement(const char* part, const char* name, double value,
                                   double uncertainty, bool ratio) {
  return {.id = std::string(id) + '.' + part,
          .name = name,
          .concept_name = ratio ? codes::ratio : width_code,
          .value = value,
          .unit = ratio ? codes::no_unit : codes::millimetre,
          .decimals = ratio ? 2 : 0,
          .uncertainty = uncertainty,
          .method =
              "widest section between the lungs in front of the spine, from the dome of the "
              "right diaphragm to the carina, with pericardial fat; chest: from the outer "
              "border of one lung to that of the other; uncertainty: one voxel of 1.5 mm at "
              "each border, neighbouring slices, 0.03 of the method",
          .conditions = {"descriptive: lying on the back the heart is wider than in a radiograph, "
                         "for which the limit of 0.5 was published",
                         "neither gated nor in full inspiration"},
          .not_assessed = {},
          .lower_bound = false};
}

}  // namespace

void cardiothoracic(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::chest)) return;
  const char* title = "Width of the heart";
  const auto absent = [&](std::string reason) {
    findings.push_back(not_assessed_finding(id, title, codes::presence, heart, std::move(reason)));
  };
  if (const auto may = scene.gates.allowed(gates::Use::size); !may) return absent(may.reason);
  const HeartSpace space = heart_space(scene);
  if (!space.found()) return absent(space.missing);
  const std::optional<Core> core = core_of(scene, space);
  if (!core) return absent("the heart was not found");
  const Ratio ratio = widest(scene, space, *core);
  if (ratio.heart.mm() <= 0 || ratio.chest.mm() <= 0) return absent("the heart was not found");
  const double heart_u = std::hypot(border_mm, ratio.spread_mm);
  const double value = std::round(100 * ratio.value()) / 100;
  std::string no_limit = scene.gates.allowed(gates::Use::norms).reason;
  if (no_limit.empty()) no_limit = scene.gates.allowed(gates::Use::proportions).reason;
  reporting::Finding finding = measured_finding(
      id,
      no_limit.empty() && value > wide_ratio ? "Heart wide against the chest (descriptive)" : title,
      codes::presence, heart);
  finding.measurements.push_back(measurement("heart", "greatest width of the heart",
                                             std::round(ratio.heart.mm()),
                                             std::max(3.0, std::round(heart_u)), false));
  const double ratio_u = std::hypot(0.03, heart_u / ratio.chest.mm());
  finding.measurements.push_back(
      measurement("ratio", "cardiothoracic ratio", value, std::round(100 * ratio_u) / 100, true));
  if (!no_limit.empty())
    finding.measurements.back().conditions.push_back("not compared with the limit of 0.5: " +
                                                     no_limit);
  const Grid& grid = scene.work.grid;
  const Width& width = ratio.heart;
  if (auto evidence = line_on_image(scene, grid.point_mm(width.low - 0.5, width.row, width.slice),
                                    grid.point_mm(width.high + 0.5, width.row, width.slice),
                                    std::string(id) + ".line", "greatest width of the heart"))
    finding.evidence.push_back(std::move(*evidence));
  findings.push_back(std::move(finding));
}

}  // namespace tomoscribe::pipeline::measure
