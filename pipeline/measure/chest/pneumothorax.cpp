// Gas between lung and ribs (QUANTIFICATION A): as pure as the air in the trachea, along the ribs
// above the lung's middle as the patient lies, with lung behind it. Thin layers are seen through a
// low rank of their neighbours, which the chest wall beside them does not blur.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/chest/cage.h"
#include "pipeline/measure/chest/lying.h"
#include "pipeline/measure/crop.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"

namespace tomoscribe::pipeline::measure {
namespace {

using reporting::Finding;

constexpr std::int16_t gas_hu = -500, maybe_hu = -900;
constexpr int low_rank = 8;               // of 27 voxels: one layer of gas is enough
constexpr int above_air_hu = 30;          // of that voxel, over the trachea's air
constexpr double mean_above_air_hu = 22;  // of the whole pocket: bullae hold less pure gas
constexpr double least_ml = 6, least_wall = 0.12, least_lung = 0.15, most_wall_mm = 80;
// Layers thinner than the working grid sees, added to the volume: truth minus count on eight
// phantoms of 37 to 450 mL (9 to 24 mL, SD 6), whatever the volume. Real lungs fall back otherwise:
// twice that SD.
constexpr double thin_layers_ml = 15, thin_layers_sd_ml = 12, border_share = 0.05;
constexpr int look = 3;  // voxels over which a border is blurred

using Steps = std::array<std::ptrdiff_t, 27>;

Steps box_of_27(const Grid& grid) {
  Steps steps{};
  std::size_t i = 0;
  const std::ptrdiff_t columns = grid.size[0], plane = columns * grid.size[1];
  for (std::ptrdiff_t z = -1; z <= 1; ++z)
    for (std::ptrdiff_t y = -1; y <= 1; ++y)
      for (std::ptrdiff_t x = -1; x <= 1; ++x) steps[i++] = z * plane + y * columns + x;
  return steps;
}

std::int16_t low_of_27(const std::vector<std::int16_t>& hu, std::size_t at, const Steps& steps) {
  std::array<std::int16_t, 27> values{};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(at) + steps[i];
    const bool inside = to >= 0 && to < static_cast<std::ptrdiff_t>(hu.size());
    values[i] = inside ? hu[static_cast<std::size_t>(to)] : std::int16_t{0};
  }
  std::ranges::nth_element(values, values.begin() + low_rank);
  return values[low_rank];
}

/// Air inside the trachea, HU; -1000 where too little of it is seen.
double air_of(const Scene& scene, const Steps& steps) {
  std::vector<std::int16_t> values;
  for (std::size_t at = 0; at < scene.labels.size(); ++at)
    if (scene.labels[at] == airway && scene.work.hu[at] < maybe_hu)
      values.push_back(low_of_27(scene.work.hu, at, steps));
  if (values.size() < 200) return -1000;
  // A low quantile: the median of thin bronchi is no pure air.
  const auto low = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
  std::ranges::nth_element(values, low);
  return *low;
}

/// Gas as pure as air, outside the airway.
Mask pure_gas(const Scene& scene, double air, const Steps& steps) {
  Mask gas(scene.labels.size(), 0);
  for (std::size_t at = 0; at < gas.size(); ++at) {
    if (scene.body[at] == 0 || scene.labels[at] == airway || scene.work.hu[at] > maybe_hu) continue;
    gas[at] = low_of_27(scene.work.hu, at, steps) <= air + above_air_hu ? 1 : 0;
  }
  return gas;
}

struct Pocket {
  double voxels = 0, hu = 0;     ///< sums: low rank of the neighbours
  double columns = 0, rows = 0;  ///< sums
  double faces = 0, wall = 0, lung = 0, right = 0;
};

class Pleura {
 public:
  explicit Pleura(const Scene& scene)
      : scene_(scene), cages_{Cage(scene, right_lung, 0), Cage(scene, left_lung, 0)} {
    faces_ = face_steps(scene.work.grid);
  }

  std::vector<Pocket> judge(const Components& pieces) const {
    std::vector<Pocket> pockets(pieces.voxels.size());
    const Grid& grid = scene_.work.grid;
    std::size_t at = 0;
    for (int slice = 0; slice < grid.size[2]; ++slice)
      for (int row = 0; row < grid.size[1]; ++row)
        for (int column = 0; column < grid.size[0]; ++column, ++at) {
          const std::uint16_t piece = pieces.labels[at];
          if (piece == 0) continue;
          Pocket& pocket = pockets[piece - 1];
          ++pocket.voxels, pocket.columns += column, pocket.rows += row;
          pocket.hu += low_of_27(scene_.work.hu, at, steps_);
          look_around(pocket, pieces.labels, at, faces_chest_wall(column, row, slice));
        }
    return pockets;
  }

 private:
  /// Straight outward, away from the middle of a lung, nothing but chest wall lies before the skin.
  bool faces_chest_wall(int column, int row, int slice) const {
    return std::ranges::any_of(cages_, [&](const Cage& cage) {
      const int index = slice - cage.first();
      if (index < 0 || index >= static_cast<int>(cage.slices().size())) return false;
      const auto& centre = cage.slices()[static_cast<std::size_t>(index)].centre;
      return wall_and_skin(column, row, slice, {column - centre[0], row - centre[1]});
    });
  }

  bool wall_and_skin(int column, int row, int slice, std::array<double, 2> outward) const {
    const Grid& grid = scene_.work.grid;
    const double length = std::hypot(outward[0], outward[1]);
    if (length < 1) return false;
    int wall = 0;
    for (int step = 1; step * working_mm <= most_wall_mm; ++step) {
      const int c = static_cast<int>(std::lround(column + outward[0] / length * step));
      const int r = static_cast<int>(std::lround(row + outward[1] / length * step));
      if (c < 0 || r < 0 || c >= grid.size[0] || r >= grid.size[1]) return false;
      const std::size_t at = grid.offset(c, r, slice);
      if (scene_.body[at] == 0) return wall > 0;
      const bool soft = scene_.work.hu[at] > gas_hu;
      if (!soft && wall > look) return false;  // gas again: not the chest wall
      wall += soft ? 1 : 0;
    }
    return false;
  }

  void look_around(Pocket& pocket, const std::vector<std::uint16_t>& labels, std::size_t at,
                   bool outward) const {
    for (const std::ptrdiff_t face : faces_) {
      const std::ptrdiff_t next = static_cast<std::ptrdiff_t>(at) + face;
      if (next < 0 || next >= static_cast<std::ptrdiff_t>(labels.size())) continue;
      if (labels[static_cast<std::size_t>(next)] != 0) continue;
      ++pocket.faces;
      switch (behind(at, face)) {
        case right_lung: ++pocket.lung, ++pocket.right; break;
        case left_lung: ++pocket.lung; break;
        case body: pocket.wall += outward ? 1 : 0; break;
        default: break;
      }
    }
  }

  /// What lies behind the blurred border: soft tissue (`body`), a lung, or neither.
  std::uint8_t behind(std::size_t at, std::ptrdiff_t face) const {
    std::uint8_t seen = nothing;
    for (int step = 1; step <= look; ++step) {
      const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(at) + face * step;
      if (to < 0 || to >= static_cast<std::ptrdiff_t>(scene_.labels.size())) return seen;
      const auto index = static_cast<std::size_t>(to);
      if (scene_.work.hu[index] > gas_hu) return body;
      if (scene_.labels[index] == right_lung || scene_.labels[index] == left_lung)
        seen = scene_.labels[index];
    }
    return seen;
  }

  const Scene& scene_;
  std::array<Cage, 2> cages_;
  Steps steps_ = box_of_27(scene_.work.grid);
  std::array<std::ptrdiff_t, 6> faces_{};
};

/// How low the lungs' voxels lie on average, as the patient lies.
class Heights {
 public:
  Heights(const Scene& scene, const Lying& lying)
      : direction_(lying.direction()), on_a_side_(lying.on_a_side()) {
    for_each_voxel(scene.work.grid, [&](std::size_t at, int column, int row, int) {
      const std::uint8_t label = scene.labels[at];
      if (label != right_lung && label != left_lung) return;
      const std::size_t side = label == right_lung ? 0 : 1;
      sums_[side] += low(column, row), ++counts_[side];
    });
  }
  /// True for what lies higher than the middle of both lungs; for a patient on a side, of its own.
  bool is_up(const Pocket& pocket) const {
    const bool right = 2 * pocket.right >= pocket.lung;
    const double here = low(pocket.columns / pocket.voxels, pocket.rows / pocket.voxels);
    if (!on_a_side_) return here <= (sums_[0] + sums_[1]) / std::max(1.0, counts_[0] + counts_[1]);
    const std::size_t side = right ? 0 : 1;
    return here <= sums_[side] / std::max(1.0, counts_[side]);
  }

 private:
  double low(double column, double row) const {
    return column * direction_[0] + row * direction_[1];
  }

  std::array<double, 2> direction_;
  bool on_a_side_;
  std::array<double, 2> sums_{}, counts_{};  ///< right, left
};

bool is_pleural(const Pocket& pocket, double voxel_ml, double air, const Heights& heights) {
  return pocket.voxels * voxel_ml >= least_ml && pocket.wall >= least_wall * pocket.faces &&
         pocket.lung >= least_lung * pocket.faces &&
         pocket.hu / pocket.voxels <= air + mean_above_air_hu && heights.is_up(pocket);
}

/// Whether soft tissue lies within so many voxels in any of the six directions.
bool near_soft_tissue(const Scene& scene, std::ptrdiff_t at,
                      const std::array<std::ptrdiff_t, 6>& faces, int voxels) {
  const auto count = static_cast<std::ptrdiff_t>(scene.work.hu.size());
  return std::ranges::any_of(faces, [&](std::ptrdiff_t face) {
    for (int step = 1; step <= voxels; ++step) {
      const std::ptrdiff_t to = at + face * step;
      if (to >= 0 && to < count && scene.work.hu[static_cast<std::size_t>(to)] > gas_hu)
        return true;
    }
    return false;
  });
}

/// The blurred border belongs to the gas: half way to the densest of what lies beyond it (chest
/// wall, line of the pleura, lung). Where the gas thins out along the chest wall it is followed for
/// some steps more.
class Border {
 public:
  Border(const Scene& scene, double air, Mask& gas, const Mask& allowed)
      : scene_(scene),
        air_(air),
        gas_(gas),
        allowed_(allowed),
        faces_(face_steps(scene.work.grid)),
        count_(static_cast<std::ptrdiff_t>(gas.size())) {}

  void add() {
    constexpr int steps = 6;  // 9 mm along the wall
    std::vector<std::ptrdiff_t> front;
    for (std::ptrdiff_t at = 0; at < count_; ++at)
      if (gas_[static_cast<std::size_t>(at)] != 0) front.push_back(at);
    for (int round = 0; round < steps; ++round) front = next(front, round == 0);
  }

 private:
  std::vector<std::ptrdiff_t> next(const std::vector<std::ptrdiff_t>& front, bool first) {
    std::vector<std::ptrdiff_t> added;
    for (const std::ptrdiff_t at : front)
      for (const std::ptrdiff_t face : faces_) {
        const std::ptrdiff_t to = at + face, last = at + 3 * face;
        if (last < 0 || last >= count_ || !is_open(to)) continue;
        if (first ? !is_half_way(to, face) : !is_thin_layer(to)) continue;
        gas_[static_cast<std::size_t>(to)] = gas_[static_cast<std::size_t>(at)];
        added.push_back(to);
      }
    return added;
  }
  int hu(std::ptrdiff_t at) const { return scene_.work.hu[static_cast<std::size_t>(at)]; }
  bool is_open(std::ptrdiff_t at) const {
    const auto index = static_cast<std::size_t>(at);
    return gas_[index] == 0 && allowed_[index] != 0 && hu(at) <= gas_hu;
  }
  /// Beside the gas: nearly air, or below the middle between air and what lies beyond.
  bool is_half_way(std::ptrdiff_t at, std::ptrdiff_t face) const {
    constexpr double half_to_lung_hu = 70;  // over air
    if (hu(at) < air_ + half_to_lung_hu) return true;
    return hu(at) <= (air_ + std::max(hu(at + face), hu(at + 2 * face))) / 2;
  }
  /// Farther on: nearly air near the chest wall.
  bool is_thin_layer(std::ptrdiff_t at) const {
    constexpr double nearly_air_hu = 70, thin_layer_hu = 100;  // over air
    if (hu(at) < air_ + nearly_air_hu && near_soft_tissue(scene_, at, faces_, look)) return true;
    return hu(at) < air_ + thin_layer_hu && near_soft_tissue(scene_, at, faces_, 1);
  }

  const Scene& scene_;
  double air_;
  Mask& gas_;
  const Mask& allowed_;
  std::array<std::ptrdiff_t, 6> faces_;
  std::ptrdiff_t count_;
};

const reporting::Code& pneumothorax_code() {
  static const reporting::Code code{"36118008", "SCT", "Pneumothorax"};
  return code;
}

Finding finding_of(const Scene& scene, Label gas, const Lying& lying) {
  const bool right = gas == right_pleural_gas;
  const std::string word = right ? "right" : "left", id = "pneumothorax." + word;
  Finding finding = candidate_finding(
      id,
      "pneumothorax, " + word + (lying.unusual() ? " (searched as lying " + lying.words + ")" : ""),
      pneumothorax_code(), codes::chest,
      right ? reporting::Laterality::right : reporting::Laterality::left);
  finding.critical = true;
  const double counted =
      static_cast<double>(scene.sections.voxels(gas)) * scene.volume.grid.voxel_ml();
  const double ml = counted + thin_layers_ml;
  finding.measurements.push_back(
      {.id = id + ".volume",
       .name = "volume of gas",
       .concept_name = codes::volume,
       .value = std::round(ml),
       .unit = codes::millilitre,
       .decimals = 0,
       .uncertainty = std::round(std::hypot(border_share * ml, thin_layers_sd_ml)),
       .method = "gas as pure as the trachea's between lung and ribs, above the lung's middle "
                 "as the patient lies; shell at least 12 % chest wall and 15 % lung",
       .conditions = {"searched as lying " + lying.words,
                      "a bulla that lies against the ribs cannot be told from it",
                      "layers thinner than about 2 mm are not seen: 15 mL are added for them, as "
                      "phantoms showed"},
       .not_assessed = {},
       .lower_bound = false});
  const int end = scene.volume.grid.size[2] - 1;
  const bool at_first = scene.sections.of.front()[gas].voxels > 0;
  const bool at_last = scene.sections.of.back()[gas].voxels > 0;
  bound_at_scan_end(scene, at_first ? 0 : 1, at_last ? end : end - 1, finding);
  if (auto evidence = largest_section(scene, {gas}, id + ".section", "largest section of the gas"))
    finding.evidence.push_back(std::move(*evidence));
  return finding;
}

/// What the search for gas is limited by.
std::string search_limits(const Scene& scene, const Lying& lying) {
  std::string words =
      "searched as lying " + lying.words + "; less gas and gas where the ribs are out of the image";
  if (lying.on_a_side()) words += ", and gas between the lower lung and the mediastinum";
  words += " are not excluded";
  for (const auto& [lung, word] : {std::pair{right_lung, "right"}, std::pair{left_lung, "left"}})
    if (scene.sections.voxels(lung) == 0)
      words += std::string("; not searched on the ") + word + ", where no aerated lung was found";
  return words + part_words(scene, {right_lung, left_lung}, "lungs");
}

/// What the search says besides its candidates: of the side without one, or of both. Gas is looked
/// for round an aerated lung: a side without one was not searched.
Finding rest_of_search(const Scene& scene, std::size_t proposed, const Lying& lying) {
  const bool right = scene.sections.voxels(right_pleural_gas) > 0;
  const std::string side = proposed != 1 ? "" : right ? "left" : "right";
  const std::string id = "pneumothorax" + (side.empty() ? "" : "." + side);
  const std::string of_side = side.empty() ? "" : ", " + side;
  const auto refused = [&](std::string reason) {
    return not_assessed_finding(id, "pneumothorax" + of_side, pneumothorax_code(), codes::chest,
                                std::move(reason));
  };
  if (!side.empty() && scene.sections.voxels(right ? left_lung : right_lung) == 0)
    return refused("no aerated lung was found on this side");
  if (const auto may = scene.gates.allowed(gates::Use::volume); !may && proposed < 2)
    return refused(may.reason);
  return search_outcome(id, "Pneumothorax of 30 mL or more" + of_side, pneumothorax_code(),
                        codes::chest, proposed == 2, search_limits(scene, lying));
}

void say_rest(const Scene& scene, std::size_t proposed, const Lying& lying, Findings& findings) {
  Finding rest = rest_of_search(scene, proposed, lying);
  if (proposed == 1)
    rest.laterality = scene.sections.voxels(right_pleural_gas) > 0 ? reporting::Laterality::left
                                                                   : reporting::Laterality::right;
  findings.push_back(std::move(rest));
}

}  // namespace

void pleural_gas(Scene& scene, Findings& findings) {
  if (finding(findings, "lungs").presence != reporting::Presence::present) return;
  const Grid& grid = scene.work.grid;
  const Steps steps = box_of_27(grid);
  const double air = air_of(scene, steps);
  const Heights heights(scene, lying_of(scene));
  const auto least = static_cast<std::size_t>(least_ml / grid.voxel_ml());
  const Components pieces = components(pure_gas(scene, air, steps), grid, least);
  if (pieces.voxels.empty()) return;
  const std::vector<Pocket> pockets = Pleura(scene).judge(pieces);
  Mask gas(scene.labels.size(), 0), allowed(scene.labels.size(), 0);
  bool any = false;
  for (std::size_t at = 0; at < gas.size(); ++at) {
    allowed[at] = scene.body[at] != 0 && scene.labels[at] != airway ? 1 : 0;
    const std::uint16_t piece = pieces.labels[at];
    if (piece == 0 || !is_pleural(pockets[piece - 1], grid.voxel_ml(), air, heights)) continue;
    const Pocket& pocket = pockets[piece - 1];
    gas[at] = 2 * pocket.right >= pocket.lung ? right_pleural_gas : left_pleural_gas;
    any = true;
  }
  if (!any) return;
  Border(scene, air, gas, allowed).add();
  for (std::size_t at = 0; at < gas.size(); ++at)
    if (gas[at] != 0) scene.labels[at] = gas[at];
  label_native(scene);
}

void pneumothorax(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::chest)) return;
  const Finding& lungs = finding(findings, "lungs");
  if (lungs.presence != reporting::Presence::present) {
    findings.push_back(not_assessed_finding("pneumothorax", "pneumothorax", pneumothorax_code(),
                                            codes::chest, lungs.not_assessed));
    return;
  }
  const Lying lying = lying_of(scene);
  std::size_t proposed = 0;
  for (const Label gas : {right_pleural_gas, left_pleural_gas}) {
    if (scene.sections.voxels(gas) == 0) continue;
    findings.push_back(finding_of(scene, gas, lying));
    ++proposed;
  }
  say_rest(scene, proposed, lying, findings);
}

}  // namespace tomoscribe::pipeline::measure
