#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

#include "model/phantom/detail/acquisition.h"
#include "model/phantom/detail/texture.h"
#include "model/phantom/detail/trunk_details.h"
#include "model/phantom/detail/trunk_findings.h"
#include "model/phantom/detail/truths.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr std::array<double, 3> scan_centre_mm{0, 8, -40};
constexpr double node_spacing_mm = 3;

std::uint64_t bits(std::initializer_list<TrunkPart> parts) {
  std::uint64_t set = 0;
  for (const TrunkPart part : parts) set |= std::uint64_t{1} << static_cast<unsigned>(part);
  return set;
}

std::vector<Structure> structures() {
  using enum TrunkPart;
  constexpr std::uint64_t known = (std::uint64_t{1} << static_cast<unsigned>(TrunkPart::count)) - 1;
  return {{"body", "", known & ~bits({air, table})},
          {"bone", "", bits({bone, trabecular})},
          {"lung.right", "right", bits({lung_right})},
          {"lung.left", "left", bits({lung_left})},
          {"liver", "right", bits({liver})},
          {"spleen", "left", bits({spleen})},
          {"pancreas", "", bits({pancreas})},
          {"kidney.right", "right", bits({kidney_right})},
          {"kidney.left", "left", bits({kidney_left})},
          {"aorta", "", bits({aorta, thrombus})},
          {"inferior_vena_cava", "", bits({vein})},
          {"bladder", "", bits({bladder})},
          {"bowel_gas", "", bits({bowel_gas})},
          {"muscle", "", bits({muscle, psoas})},
          {"psoas", "", bits({psoas})},
          {"subcutaneous_fat", "", bits({subcutaneous_fat})},
          {"visceral_fat", "", bits({visceral_fat})},
          {"calcification", "", bits({calcification})}};
}

/// The couch: a shallow trough under the back. Scanner's frame.
class Couch {
 public:
  explicit Couch(const Trunk& trunk) {
    for (int z = -230; z <= 170; z += 20)
      for (const double x : {-60.0, 0.0, 60.0}) {
        double inside = 40, outside = 260;
        for (int i = 0; i < 24; ++i) {
          const double middle = (inside + outside) / 2;
          (trunk.skin({x, middle, static_cast<double>(z)}) < 0 ? inside : outside) = middle;
        }
        const double y = trunk.to_scanner({x, inside, static_cast<double>(z)}).y;
        top_y_ = std::max(top_y_, y - x * x / 900 + 6);
      }
  }
  void distances(const Point& p, float* out) const {
    const double below = p.y - (top_y_ + 4 - p.x * p.x / 900);
    // Two shells with foam between: a band around each is one around the foam's border.
    out[static_cast<int>(TrunkChannel::table)] = static_cast<float>(std::abs(below - 11) - 11);
    out[static_cast<int>(TrunkChannel::table_end)] = static_cast<float>(std::abs(p.x) - 205);
  }

 private:
  double top_y_ = 0;
};

class AbdomenShapes final : public Shapes {
 public:
  AbdomenShapes(const Trunk& trunk, const std::vector<TrunkRegion>& regions)
      : trunk_(trunk), regions_(regions), couch_(trunk) {}
  int channels() const override { return trunk_channels + static_cast<int>(regions_.size()); }
  void distances(const Point& scanner, float* out) const override {
    if (std::abs(scanner.x) > reach_x_mm || std::abs(scanner.y) > reach_y_mm) {
      std::fill(out, out + channels(), static_cast<float>(far_mm));
      couch_.distances(scanner, out);
      return;
    }
    const Point p = trunk_.to_canonical(scanner);
    trunk_.distances(p, out);
    couch_.distances(scanner, out);
    const bool inside = out[static_cast<int>(TrunkChannel::envelope)] < 4;
    for (std::size_t i = 0; i < regions_.size(); ++i)
      out[static_cast<std::size_t>(trunk_channels) + i] =
          static_cast<float>(inside ? regions_[i](p) : far_mm);
  }

 private:
  static constexpr double reach_x_mm = 250, reach_y_mm = 190;  ///< nobody is wider or deeper

  const Trunk& trunk_;
  const std::vector<TrunkRegion>& regions_;
  Couch couch_;
};

/// Areas of the layer nearest to a height.
class SliceAreas {
 public:
  explicit SliceAreas(double z) : z_(z) {}
  void look(double z, const Layer& layer, double pixel_cm2) {
    if (std::abs(z - z_) >= away_) return;
    away_ = std::abs(z - z_);
    areas_.fill(0);
    for (const std::uint8_t label : layer.label) areas_[label] += pixel_cm2;
  }
  bool seen_within(double mm) const { return away_ <= mm; }
  double cm2(std::initializer_list<TrunkPart> parts) const {
    double sum = 0;
    for (const TrunkPart part : parts) sum += areas_[static_cast<std::size_t>(part)];
    return sum;
  }

 private:
  double z_, away_ = 1e9;
  std::array<double, 64> areas_{};
};

/// Mean of the marrow painted in the core of each vertebral body: 5 mm and more inside the bone.
class Marrow {
 public:
  Marrow(const Trunk& trunk, const Settings& settings, const Frame& frame)
      : settings_(settings), frame_(frame) {
    for (std::size_t i = 0; i < trunk_vertebrae.size(); ++i) {
      const Vertebra& v = trunk_vertebrae[i];
      cores_[i].centre = trunk.to_scanner({trunk.spine_x(v.z), Trunk::spine_y(v.z), v.z});
      cores_[i].half_z = trunk.latent().scale.z * v.height_mm / 2 - 6.4;
    }
  }
  void look(double z, const Layer& layer) {
    for (Core& core : cores_)
      if (std::abs(z - core.centre.z) <= core.half_z) add(core, layer);
  }
  const Point& centre(std::size_t vertebra) const { return cores_[vertebra].centre; }
  /// Nothing where less than the whole core was scanned.
  std::optional<double> mean_hu(std::size_t vertebra) const {
    const Core& core = cores_[vertebra];
    if (core.centre.z - core.half_z < frame_.low_z || core.centre.z + core.half_z > frame_.high_z ||
        core.pixels <= 0)
      return std::nullopt;
    return core.sum_hu / core.pixels;
  }

 private:
  static constexpr double half_x = 15, half_y = 8.5;

  struct Core {
    Point centre;
    double half_z = 0, sum_hu = 0, pixels = 0;
  };

  void add(Core& core, const Layer& layer) const {
    constexpr auto marrow = static_cast<std::uint8_t>(TrunkPart::trabecular);
    std::size_t at = 0;
    for (int row = 0; row < settings_.rows; ++row) {
      const double y = frame_.first_y + row * settings_.pixel_mm - core.centre.y;
      for (int column = 0; column < settings_.columns; ++column, ++at) {
        const double x = frame_.first_x + column * settings_.pixel_mm - core.centre.x;
        if (x * x / (half_x * half_x) + y * y / (half_y * half_y) > 1 || layer.label[at] != marrow)
          continue;
        core.sum_hu += static_cast<double>(layer.hu[at]);
        core.pixels += 1;
      }
    }
  }

  const Settings& settings_;
  const Frame& frame_;
  std::array<Core, trunk_vertebrae.size()> cores_{};
};

void add_vertebrae(Phantom& phantom, const Trunk& trunk, const Frame& frame, const Marrow& marrow) {
  for (std::size_t i = 0; i < trunk_vertebrae.size(); ++i) {
    const Vertebra& v = trunk_vertebrae[i];
    const Point& at = marrow.centre(i);
    if (at.z < frame.low_z || at.z > frame.high_z) continue;
    Truth truth;
    truth.name = std::string("vertebra.") + v.name;
    truth.level = v.name;
    truth.centre_mm = {at.x + frame.pose_mm.x, at.y + frame.pose_mm.y, at.z + frame.pose_mm.z};
    truth.size_mm = {0, 0, v.height_mm * trunk.latent().scale.z};
    if (const auto hu = marrow.mean_hu(i)) truth.quantities["trabecular_hu"] = *hu;
    phantom.truth.push_back(std::move(truth));
  }
}

void add_areas(Phantom& phantom, const SliceAreas& section, double layer_mm) {
  Truth* body = named(phantom, "body");
  if (body == nullptr || !section.seen_within(layer_mm)) return;
  using enum TrunkPart;
  body->quantities["l3_subcutaneous_fat_cm2"] = section.cm2({subcutaneous_fat});
  body->quantities["l3_visceral_fat_cm2"] = section.cm2({visceral_fat});
  body->quantities["l3_muscle_cm2"] = section.cm2({muscle, psoas});
}

/// A fatty liver owns no voxels: its truth is that of the liver.
void add_steatosis(Phantom& phantom) {
  const Truth* liver = named(phantom, "liver");
  if (liver == nullptr) return;
  for (Truth& truth : phantom.truth) {
    if (truth.kind != "steatosis" || truth.asked_size == 0) continue;
    take_place_of(truth, *liver);
    truth.expected = truth.asked_size <= 40;
  }
}

/// The vertebra at whose height something lies.
std::string level_at(double canonical_z) {
  const Vertebra* nearest = trunk_vertebrae.data();
  for (const Vertebra& v : trunk_vertebrae)
    if (std::abs(v.z - canonical_z) < std::abs(nearest->z - canonical_z)) nearest = &v;
  return canonical_z < promontory_z ? "S1" : nearest->name;
}

}  // namespace

Phantom abdomen(const Settings& settings) {
  check(settings);
  const Trunk trunk(settings.seed, changes_of(settings));
  Plan plan;
  plan.centre_mm = scan_centre_mm;
  plan.structures = structures();
  plan.locate = [&trunk](Truth& truth, const Point& centre) {
    if (truth.level.empty()) truth.level = level_at(trunk.to_canonical(centre).z);
  };
  Painting painting{trunk_materials(settings.phase, settings.trabecular_hu), {}, {}};
  TrunkDetails details(trunk, painting);
  details.add_ribs();
  details.add_vessels(settings.seed, settings.phase);
  details.add_calcifications(settings.seed);
  const TrunkFindings findings = place_findings(settings, trunk, plan, painting);
  painting.materials[static_cast<std::size_t>(TrunkPart::liver)].hu +=
      static_cast<float>(findings.liver_hu - 56);
  painting.coats = trunk_fat_coats();
  for (const auto& more : {findings.before_organs, trunk_organ_coats(), findings.after_organs})
    painting.coats.insert(painting.coats.end(), more.begin(), more.end());
  const AbdomenShapes shapes(trunk, findings.regions);
  const Frame frame = frame_of(settings, plan.centre_mm);
  LatticePainter painter({.columns = settings.columns,
                          .rows = settings.rows,
                          .first_x = frame.first_x,
                          .first_y = frame.first_y,
                          .pixel_mm = settings.pixel_mm,
                          .spacing_mm = node_spacing_mm,
                          .layer_mm = frame.layer_mm},
                         shapes, painting);
  Texture texture(settings.columns, settings.rows, settings.pixel_mm, frame.layer_mm,
                  settings.seed);
  SliceAreas third_lumbar(trunk.to_scanner({0, Trunk::spine_y(0), 0}).z);
  Marrow marrow(trunk, settings, frame);
  const double pixel_cm2 = settings.pixel_mm * settings.pixel_mm / 100;
  Phantom phantom = acquire(settings, plan, [&](double z, Layer& layer) {
    painter.paint(z, texture.next(), layer);
    third_lumbar.look(z, layer, pixel_cm2);
    marrow.look(z, layer);
  });
  add_vertebrae(phantom, trunk, frame, marrow);
  add_areas(phantom, third_lumbar, frame.layer_mm);
  add_steatosis(phantom);
  note_missing(phantom);
  return phantom;
}

}  // namespace tomoscribe::model::phantom
