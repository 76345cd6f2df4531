// Pleural fluid (QUANTIFICATION A): between lung and ribs, of the density of fluid, lying along the
// chest wall on the side that is down and against the lung. Fluid in stomach or gallbladder has no
// such contacts; collapsed lung is denser or uneven.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "pipeline/measure/chest/cage.h"
#include "pipeline/measure/chest/lying.h"
#include "pipeline/measure/crop.h"
#include "pipeline/measure/excluded.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;

constexpr std::int16_t least_hu = -15, most_hu = 38;  // smoothed; fluid of the pleura -10..35
constexpr std::int16_t rim_hu = -300;                 // half way from fluid to lung: its border
constexpr double below_lung_mm = 75;
constexpr double seed_depth_mm = 1.4;  // two voxels inside: 4.5 mm thick or more
constexpr int regrow_steps = 3;
constexpr double least_ml = 15;
constexpr double wall_mm = 6, least_wall = 0.12, least_lung = 0.06;
// A large pool also lies on diaphragm and mediastinum: along this much wall less lung will do.
constexpr double large_ml = 300, long_wall = 0.3, least_lung_there = 0.03;
constexpr double least_below = 0.55;  // of the voxels lie lower than the lung's middle
constexpr double most_unevenness = 1.8;
// Layers too thin for a seed, where the fluid runs out along the wall: truth minus count on
// phantoms of 90 to 550 mL was -5 to 48 mL, thin fluid being missed most.
constexpr double thin_layers_ml = 20, thin_layers_sd_ml = 25, volume_share = 0.15;
constexpr double small_mm = 30, large_mm = 100;  // depth: Moy 2013, Chest 143:1054

/// What may be fluid, inside the ribs of one side. The box is that of the cage.
Mask fluid_of(const Scene& scene, const Cage& cage, const Crop& box, int low_hu, int high_hu) {
  Mask fluid(box.grid.voxels(), 0);
  for_each_voxel(box.grid, [&](std::size_t in, int column, int row, int slice) {
    const int z = box.low[2] + slice;
    const std::size_t at = scene.work.grid.offset(column, row, z);
    if (scene.body[at] == 0 || scene.labels[at] > body) return;
    if (scene.smooth[at] < low_hu || scene.smooth[at] > high_hu) return;
    const auto to_ribs = cage.to_ribs_mm(column, row, z);
    fluid[in] = to_ribs && *to_ribs > 0 ? 1 : 0;
  });
  return fluid;
}

/// One piece of what may be fluid.
struct Pool {
  std::size_t voxels = 0, below = 0, shell = 0, wall = 0, lung = 0;
  double hu = 0, rough = 0;  ///< sums: smoothed HU, squared differences from it
  double depth_mm = 0;       ///< greatest distance of a voxel from the ribs
  static double share(std::size_t part, std::size_t of) {
    return of == 0 ? 0 : static_cast<double>(part) / static_cast<double>(of);
  }
  double mean_hu() const { return hu / static_cast<double>(std::max<std::size_t>(1, voxels)); }
  double unevenness() const {
    return std::sqrt(rough / static_cast<double>(std::max<std::size_t>(1, voxels)));
  }
};

class Side {
 public:
  Side(const Scene& scene, Label lung, const Lying& lying)
      : scene_(scene), lung_(lung), down_(lying.direction()), cage_(scene, lung, below_lung_mm) {
    if (cage_.empty()) return;
    const Grid& grid = scene.work.grid;
    box_ = Crop{.low = {0, 0, cage_.first()}, .grid = grid};
    box_->grid.size[2] = static_cast<int>(cage_.slices().size());
    box_->grid.origin_mm = grid.point_mm(0, 0, cage_.first());
  }
  bool has_ribs() const { return box_.has_value(); }

  /// Fluid of this side on the working grid; empty when there is none.
  Mask fluid(int shift_hu, double noise) {
    const Mask candidates = fluid_of(scene_, cage_, *box_, least_hu - shift_hu, most_hu + shift_hu);
    Mask seeds = deeper_than(depth_mm(candidates, box_->grid), seed_depth_mm);
    grow(seeds, candidates);
    const auto least = static_cast<std::size_t>(least_ml / box_->grid.voxel_ml());
    const Components pieces = components(seeds, box_->grid, least);
    if (pieces.voxels.empty()) return {};
    const std::vector<Pool> pools = judge(pieces);
    Mask whole(scene_.labels.size(), 0);
    bool any = false;
    for_each_in(*box_, scene_.work.grid, [&](std::size_t at, std::size_t in) {
      const std::uint16_t piece = pieces.labels[in];
      if (piece == 0 || !is_fluid(pools[piece - 1], noise)) return;
      whole[at] = 1;
      any = true;
    });
    return any ? whole : Mask{};
  }

  /// Greatest thickness along the rays, mm.
  double depth_of(const Mask& fluid) const {
    double deepest = 0;
    const Grid& grid = scene_.work.grid;
    for (int slice = box_->low[2]; slice < box_->low[2] + box_->grid.size[2]; ++slice)
      for (int row = 0; row < grid.size[1]; ++row)
        for (int column = 0; column < grid.size[0]; ++column)
          if (fluid[grid.offset(column, row, slice)] != 0)
            deepest = std::max(deepest, cage_.to_ribs_mm(column, row, slice).value_or(0));
    return deepest;
  }

 private:
  void grow(Mask& seeds, const Mask& through) const {
    const auto faces = face_steps(box_->grid);
    const auto count = static_cast<std::ptrdiff_t>(seeds.size());
    for (int step = 0; step < regrow_steps; ++step) {
      const Mask before = seeds;
      for (std::ptrdiff_t at = 0; at < count; ++at) {
        const auto index = static_cast<std::size_t>(at);
        if (before[index] != 0 || through[index] == 0) continue;
        const bool touches = std::ranges::any_of(faces, [&](std::ptrdiff_t face) {
          const std::ptrdiff_t to = at + face;
          return to >= 0 && to < count && before[static_cast<std::size_t>(to)] != 0;
        });
        seeds[index] = touches ? 1 : 0;
      }
    }
  }

  std::vector<Pool> judge(const Components& pieces) const {
    std::vector<Pool> pools(pieces.voxels.size());
    const Grid& grid = scene_.work.grid;
    const auto faces = face_steps(grid);
    std::size_t in = 0;
    for (int slice = box_->low[2]; slice < box_->low[2] + box_->grid.size[2]; ++slice)
      for (int row = 0; row < grid.size[1]; ++row)
        for (int column = 0; column < grid.size[0]; ++column, ++in) {
          const std::uint16_t piece = pieces.labels[in];
          if (piece == 0) continue;
          Pool& pool = pools[piece - 1];
          const std::size_t at = grid.offset(column, row, slice);
          ++pool.voxels;
          if (cage_.beyond_centre_mm(column, row, slice, down_) > 0) ++pool.below;
          pool.hu += scene_.smooth[at];
          const double away = scene_.work.hu[at] - scene_.smooth[at];
          pool.rough += away * away;
          look_around(pool, pieces, in, at, faces,
                      cage_.to_ribs_mm(column, row, slice).value_or(99));
        }
    return pools;
  }

  /// Faces to other voxels: to what lies near the ribs, to aerated lung.
  void look_around(Pool& pool, const Components& pieces, std::size_t in, std::size_t at,
                   const std::array<std::ptrdiff_t, 6>& faces, double to_ribs) const {
    for (const std::ptrdiff_t face : faces) {
      const std::ptrdiff_t near = static_cast<std::ptrdiff_t>(in) + face;
      if (near < 0 || near >= static_cast<std::ptrdiff_t>(pieces.labels.size())) continue;
      if (pieces.labels[static_cast<std::size_t>(near)] != 0) continue;
      ++pool.shell;
      // Between fluid and lung label lies their common border, up to two voxels wide.
      const bool aerated = lung_within(at, face, 3);
      if (aerated) ++pool.lung;
      if (!aerated && to_ribs <= wall_mm) ++pool.wall;
    }
  }

  bool lung_within(std::size_t at, std::ptrdiff_t face, int steps) const {
    for (int step = 1; step <= steps; ++step) {
      const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(at) + face * step;
      if (to < 0 || to >= static_cast<std::ptrdiff_t>(scene_.labels.size())) return false;
      if (scene_.labels[static_cast<std::size_t>(to)] == lung_) return true;
    }
    return false;
  }

  bool is_fluid(const Pool& pool, double noise) const {
    const double wall = Pool::share(pool.wall, pool.shell);
    const bool large = static_cast<double>(pool.voxels) * box_->grid.voxel_ml() >= large_ml;
    return wall >= least_wall &&
           Pool::share(pool.lung, pool.shell) >=
               (large && wall >= long_wall ? least_lung_there : least_lung) &&
           Pool::share(pool.below, pool.voxels) >= least_below &&
           pool.unevenness() <= most_unevenness * noise;
  }

  const Scene& scene_;
  Label lung_;
  std::array<double, 2> down_;
  Cage cage_;
  std::optional<Crop> box_;
};

double millilitres(const Mask& mask, const Grid& grid) {
  return static_cast<double>(std::ranges::count(mask, 1)) * grid.voxel_ml();
}

/// The border to the lung lies where the density is half way; the mask, made by a threshold near
/// fluid, stops short of it.
void add_rim(const Scene& scene, Mask& fluid) {
  const auto faces = face_steps(scene.work.grid);
  const Mask before = fluid;
  const auto count = static_cast<std::ptrdiff_t>(fluid.size());
  for (std::ptrdiff_t at = 0; at < count; ++at) {
    if (before[static_cast<std::size_t>(at)] == 0) continue;
    for (const std::ptrdiff_t face : faces) {
      const std::ptrdiff_t to = at + face;
      if (to < 0 || to >= count) continue;
      const auto index = static_cast<std::size_t>(to);
      const std::int16_t hu = scene.smooth[index];
      if (scene.body[index] != 0 && hu >= rim_hu && hu < least_hu) fluid[index] = 1;
    }
  }
}

/// By its depth; of fluid that the scan cuts, its part.
std::string size_words(double depth_mm, bool cut) {
  if (depth_mm > large_mm) return "large";
  return std::string(depth_mm < small_mm ? "small" : "moderate") +
         (cut ? " in the scanned part" : "");
}

Finding finding_of(const Scene& scene, Label lung, Side& side, Mask fluid, double noise,
                   const Lying& lying) {
  const bool right = lung == right_lung;
  const std::string word = right ? "right" : "left", id = "effusion." + word;
  const double depth = side.depth_of(fluid);
  const Mask narrow = side.fluid(-10, noise), wide = side.fluid(10, noise);
  const std::optional<double> hu = mean_hu(scene, fluid);
  add_rim(scene, fluid);
  const double ml = millilitres(fluid, scene.work.grid) + thin_layers_ml;
  const double spread =
      std::abs(millilitres(wide, scene.work.grid) - millilitres(narrow, scene.work.grid)) / 2;
  const bool cut = reaches_scan_end(scene, fluid);
  Finding finding =
      candidate_finding(id,
                        std::string("pleural fluid, ") + word + ", " + size_words(depth, cut) +
                            (lying.unusual() ? " (searched as lying " + lying.words + ")" : ""),
                        {"60046008", "SCT", "Pleural effusion"}, codes::chest,
                        right ? reporting::Laterality::right : reporting::Laterality::left);
  const auto add = [&](const char* part, const char* name, const reporting::Code& concept_name,
                       const reporting::Code& unit, double value, double uncertainty) {
    finding.measurements.push_back(
        {.id = id + '.' + part,
         .name = name,
         .concept_name = concept_name,
         .value = std::round(value),
         .unit = unit,
         .decimals = 0,
         .uncertainty = std::max(1.0, std::round(uncertainty)),
         .method = "density of fluid between lung and ribs, along the chest wall; depth from the "
                   "inner face of the ribs; small, moderate, large by 3 and 10 cm (Moy 2013, Chest "
                   "143:1054)",
         .conditions = {"searched as lying " + lying.words, "ribs on this side are in the image",
                        "collapsed lung of equal density cannot be told from fluid",
                        "thin layers along the wall are not seen: 20 mL of the volume are added "
                        "for them, as phantoms showed"},
         .not_assessed = {},
         .lower_bound = false});
  };
  add("volume", "volume", codes::volume, codes::millilitre, ml,
      std::hypot(spread, volume_share * ml, thin_layers_sd_ml));
  add("depth", "greatest depth", {"410668003", "SCT", "Length"}, codes::millimetre, depth, 3);
  add("attenuation", "mean attenuation", codes::attenuation, codes::hounsfield, hu.value_or(0), 5);
  if (!hu) withhold(finding.measurements.back(), left_out_words(scene));
  bound_at_scan_end(scene, fluid, finding);
  if (auto evidence = mask_section(scene, fluid, id + ".section", "largest section of the fluid"))
    finding.evidence.push_back(std::move(*evidence));
  return finding;
}

/// Where fluid of a patient who does not lie on the back is missed.
std::string beyond_search(const Lying& lying) {
  if (lying.on_a_side()) return "and fluid between the upper lung and the mediastinum ";
  // Cartilage, which is no bone, and the heart bound the pleura there.
  return lying.down == gates::Side::front ? "and fluid in front, where no ribs are, " : "";
}

/// How the search ended on each side, right first.
enum class Outcome : std::uint8_t { no_ribs, nothing, proposed };

constexpr std::array<Label, 2> both_lungs{right_lung, left_lung};

const char* word_of(Label lung) {
  return lung == right_lung ? "right" : "left";
}

const reporting::Code& fluid_code() {
  static const reporting::Code code{"60046008", "SCT", "Pleural effusion"};
  return code;
}

/// Proposes the fluid of one side, or says why it was not looked for.
Outcome search_side(Scene& scene, Label lung, double noise, const Lying& lying,
                    Findings& findings) {
  Side side(scene, lung, lying);
  if (!side.has_ribs()) {
    const std::string word = word_of(lung);
    findings.push_back(not_assessed_finding("effusion." + word, "pleural fluid, " + word,
                                            fluid_code(), codes::chest,
                                            "no aerated lung inside visible ribs on this side"));
    return Outcome::no_ribs;
  }
  Mask fluid = side.fluid(0, noise);
  if (fluid.empty()) return Outcome::nothing;
  scene.fluid.resize(fluid.size(), 0);
  for (std::size_t i = 0; i < fluid.size(); ++i)
    if (fluid[i] != 0) scene.fluid[i] = 1;
  findings.push_back(finding_of(scene, lung, side, std::move(fluid), noise, lying));
  return Outcome::proposed;
}

/// The sides on which nothing was found; with fluid on both, what else there may be. A volume is
/// what the search promises: where none may be measured it promises nothing of these sides.
void say_rest(const Scene& scene, const std::array<Outcome, 2>& sides, const Lying& lying,
              Findings& findings) {
  const auto empty = std::ranges::count(sides, Outcome::nothing);
  const bool proposed = std::ranges::find(sides, Outcome::proposed) != sides.end();
  if (empty == 0 && !proposed) return;
  std::string id = "effusion", of_side, where;
  if (empty == 1) {
    const std::string word = word_of(both_lungs[sides[0] == Outcome::nothing ? 0 : 1]);
    id += "." + word, of_side = ", " + word;
    if (proposed) where = "on either side ";
  }
  if (const auto may = scene.gates.allowed(gates::Use::volume); !may && empty > 0)
    findings.push_back(not_assessed_finding(id, "pleural fluid" + of_side, fluid_code(),
                                            codes::chest, may.reason));
  else
    findings.push_back(search_outcome(
        id, "Pleural fluid of 15 mL or more" + of_side, fluid_code(), codes::chest, empty == 0,
        "searched as lying " + lying.words + "; thin or encapsulated fluid " + where +
            beyond_search(lying) + "is not excluded" +
            part_words(scene, {right_lung, left_lung}, "lungs")));
  if (of_side == ", right") findings.back().laterality = reporting::Laterality::right;
  if (of_side == ", left") findings.back().laterality = reporting::Laterality::left;
}

}  // namespace

void effusion(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::chest)) return;
  if (const auto may = scene.gates.allowed(gates::Use::density); !may) {
    findings.push_back(
        not_assessed_finding("effusion", "pleural fluid", fluid_code(), codes::chest, may.reason));
    return;
  }
  const double noise = noise_hu(scene);
  const Lying lying = lying_of(scene);
  std::array<Outcome, 2> sides{};
  for (std::size_t i = 0; i < sides.size(); ++i)
    sides[i] = search_side(scene, both_lungs[i], noise, lying, findings);
  say_rest(scene, sides, lying, findings);
}

}  // namespace tomoscribe::pipeline::measure
