#include "model/phantom/detail/trunk_findings.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "model/phantom/detail/trunk_details.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr double aneurysm_half_mm = 36;  ///< of its length that counts as the aneurysm
constexpr double healthy_liver_hu = 56;

/// Mean of the aneurysm's widths along x and y in the scanner's frame.
double painted_width(const Trunk& trunk, double z) {
  const Station here = trunk.aorta(z);
  const auto across = [&](const Point& half) {
    return length(trunk.to_scanner(here.at + half) - trunk.to_scanner(here.at - half));
  };
  return (across({here.radius_mm, 0, 0}) + across({0, here.radius_mm, 0})) / 2;
}

std::size_t vertebra_of(const std::string& level, Counter& random) {
  constexpr std::size_t first = 1;  // the lowest thoracic bodies are whole in every scan
  if (level.empty())
    return first + static_cast<std::size_t>(random.between(0, 1) *
                                            static_cast<double>(trunk_vertebrae.size() - first));
  for (std::size_t i = first; i < trunk_vertebrae.size(); ++i)
    if (level == trunk_vertebrae[i].name) return i;
  throw std::invalid_argument("a phantom of the abdomen has compressions at T11 to L5");
}

class Placing {
 public:
  Placing(const Settings& settings, const Trunk& trunk, Plan& plan, Painting& painting)
      : settings_(settings),
        trunk_(trunk),
        plan_(plan),
        painting_(painting),
        details_(trunk, painting) {
    found_.liver_hu = healthy_liver_hu;
  }
  TrunkFindings all() {
    for (std::size_t i = 0; i < settings_.findings.size(); ++i) add(settings_.findings[i], i);
    return std::move(found_);
  }

 private:
  /// Adds one finding's truth, and paints it when it has a size in this scan.
  void add(const Finding& finding, std::size_t index) {
    truth_ = finding_truth(settings_, finding, ++counts_[finding.kind]);
    Counter random(settings_.seed, 500 + index);
    left_ = finding.side == Side::any ? random.uniform() < 0.5 : finding.side == Side::left;
    if (row_of(BodyPart::abdomen, finding.kind)->sided) truth_.side = left_ ? "left" : "right";
    owner_ = static_cast<std::uint8_t>(plan_.findings.size() + 1);
    size_ = truth_.asked_size;
    if (paint(finding, random))
      plan_.findings.push_back(truth_);
    else
      plan_.missing.push_back(truth_.name);
  }

  bool paint(const Finding& finding, Counter& random) {
    switch (finding.kind) {
      case Kind::aneurysm: return aneurysm();
      case Kind::compression: return compression();
      case Kind::steatosis: return steatosis();
      case Kind::stone: return stone(random);
      case Kind::cyst: return cyst(random);
      case Kind::lesion: return in_liver(finding, random, lesion_hu(), 4);
      case Kind::liver_cyst: return in_liver(finding, random, 6, 2);
      case Kind::free_air: return free_air();
      case Kind::ascites: return ascites();
      case Kind::hydronephrosis: return hydronephrosis();
      case Kind::aortic_calcium: return aortic_calcium(random);
      case Kind::phlebolith: return phlebolith(random);
      case Kind::metal: return metal();
      default: return false;
    }
  }

  int material(float hu, float texture_hu, TrunkPart part) {
    return details_.material(hu, texture_hu, part, owner_);
  }
  /// A material of the healthy anatomy, owned by the finding.
  int owned(TrunkPart part) {
    Material copy = painting_.materials[static_cast<std::size_t>(part)];
    copy.owner = owner_;
    painting_.materials.push_back(copy);
    return static_cast<int>(painting_.materials.size()) - 1;
  }
  int channel(TrunkRegion region) {
    found_.regions.push_back(std::move(region));
    return trunk_channels + static_cast<int>(found_.regions.size()) - 1;
  }
  void repaint(TrunkPart part, TrunkChannel what, float offset, int within) {
    found_.after_organs.push_back({owned(part), static_cast<int>(what), offset, -1, within, 0});
  }
  Point mirrored(const Point& p) const { return {left_ ? p.x : -p.x, p.y, p.z}; }

  bool aneurysm() {
    const double middle = trunk_.changes().aneurysm_z;
    truth_.quantities["aorta_diameter_mm"] = size_ > 0 ? painted_width(trunk_, middle) : 0;
    if (size_ <= 0) return true;
    const int within =
        channel([middle](const Point& p) { return std::abs(p.z - middle) - aneurysm_half_mm; });
    repaint(TrunkPart::thrombus, TrunkChannel::aorta, 0, within);
    repaint(TrunkPart::aorta, TrunkChannel::lumen, 0, within);
    return true;
  }

  bool compression() {
    const int index = trunk_.changes().fractured;
    if (index < 0 || counts_[Kind::compression] > 1) return false;
    const Vertebra& v = trunk_vertebrae[static_cast<std::size_t>(index)];
    truth_.level = v.name;
    const double height = v.height_mm * trunk_.latent().scale.z;
    truth_.quantities["height_loss_percent"] = size_;
    truth_.quantities["posterior_height_mm"] = height;
    truth_.quantities["anterior_height_mm"] = height * (1 - size_ / 100);
    const int within =
        channel([v](const Point& p) { return std::abs(p.z - v.z) - v.height_mm / 2 - 3; });
    repaint(TrunkPart::bone, TrunkChannel::vertebra, 0, within);
    repaint(TrunkPart::trabecular, TrunkChannel::vertebra, 1.4F, within);
    return true;
  }

  bool steatosis() {
    if (settings_.weeks_before == 0 || truth_.course != "appeared") found_.liver_hu = size_;
    truth_.side = "";
    return true;
  }

  bool stone(Counter& random) {
    const bool in_ureter = random.uniform() < 0.35;
    const double share = random.between(0.1, 0.9);
    const auto hu = static_cast<float>(random.between(450, 1200));
    const Point c = Trunk::kidney_centre(left_);
    const std::array<Point, 4> calyces{{{4, 0, 22}, {8, 2, -4}, {2, 2, -26}, {-14, -6, 0}}};
    const Point calyx = calyces[random.bits() % calyces.size()];
    const Point side = left_ ? calyx : Point{-calyx.x, calyx.y, calyx.z};
    const Point at = in_ureter ? ureter(share, left_) : c + side;
    truth_.site = in_ureter ? "ureter" : "kidney";
    truth_.quantities["hu"] = static_cast<double>(hu);
    if (size_ > 0)
      details_.ball(trunk_.to_scanner(at), size_ / 2, material(hu, 15, TrunkPart::finding));
    return true;
  }

  bool cyst(Counter& random) {
    // On the kidney's surface, where it presses least into the wall of the body.
    const Point c = Trunk::kidney_centre(left_);
    Point best;
    double least = far_mm;
    for (int tries = 0; tries < 40; ++tries) {
      const Point direction = mirrored(
          {random.between(0.1, 0.9), random.between(-0.9, 0.5), random.between(-0.9, 0.9)});
      double surface = 0;
      while (surface < 90 && trunk_.kidney(left_, c + direction * surface) < 0) surface += 0.5;
      const Point at = c + direction * (surface + 0.15 * size_ / length(direction));
      const double beyond = std::max(trunk_.cavity(at) + size_ / 2, 0.0);
      if (beyond >= least) continue;
      best = at;
      least = beyond;
    }
    if (size_ > 0)
      details_.ball(trunk_.to_scanner(best), size_ / 2, material(8, 2, TrunkPart::finding));
    return true;
  }

  float lesion_hu() const {
    const std::array<float, 4> under{-22, -30, -42, -25};
    return static_cast<float>(found_.liver_hu - healthy_liver_hu) +
           painting_.materials[static_cast<std::size_t>(TrunkPart::liver)].hu +
           under[static_cast<std::size_t>(settings_.phase)];
  }

  bool in_liver(const Finding& finding, Counter& random, float hu, float texture_hu) {
    const double radius = size_at_place(settings_, finding) / 2;
    for (int tries = 0; tries < 800; ++tries) {
      const Point p{random.between(-130, 50), random.between(-75, 70), random.between(15, 155)};
      if (trunk_.liver(p) > -radius - 2) continue;
      truth_.side = "";
      if (size_ > 0)
        details_.ball(trunk_.to_scanner(p), size_ / 2,
                      material(hu, texture_hu, TrunkPart::finding));
      return true;
    }
    return false;
  }

  /// The limit of `measure` below which it holds that volume, counted in the scanner's frame.
  double limit_for(double volume_ml, const std::function<double(const Point&)>& measure) const {
    constexpr double cell = 3;
    std::vector<double> found;
    for (int k = -80; k <= 60; ++k)
      for (int j = -38; j <= 38; ++j)
        for (int i = -48; i <= 48; ++i) {
          const double value = measure(trunk_.to_canonical({i * cell, j * cell, k * cell}));
          if (value < far_mm) found.push_back(value);
        }
    return limit_of(found, volume_ml, cell);
  }

  bool free_air() {
    // Gas rises: everything in front of a level, between the wall and what lies under it.
    const auto place = [&trunk = trunk_](const Point& p) {
      return std::max(
          {trunk.cavity(p) + 2, std::abs(p.x) - 90, -95 - p.z, p.z - trunk.dome_z(p.x, p.y) + 6});
    };
    if (size_ <= 0) return true;
    const double level =
        limit_for(size_,
                  [&](const Point& p) { return p.y < 0 && place(p) < 0 ? p.y + 200 : far_mm; }) -
        200;
    const int within = channel([place, level](const Point& p) {
      return p.y > 10 ? far_mm : std::max(place(p), p.y - level);
    });
    found_.after_organs.push_back({material(-985, 3, TrunkPart::free_gas), within, 0, -1, -1, 0});
    return true;
  }

  bool ascites() {
    // Fluid lies along the flanks, around the liver, and in the pelvis; between the organs.
    const auto depth = [&trunk = trunk_](const Point& p) {
      const double from_wall = -trunk.peritoneum(p);
      const double low = 0.12 * std::max(0.0, p.z + 120);
      return from_wall + 0.16 * std::max(0.0, -p.y) - 0.10 * std::abs(p.x) + low + 60;
    };
    const auto place = [&trunk = trunk_](const Point& p) {
      return std::max({trunk.peritoneum(p), p.y - 30, p.z - trunk.dome_z(p.x, p.y) + 4});
    };
    if (size_ <= 0) return true;
    std::vector<float> here(static_cast<std::size_t>(trunk_channels));
    const double limit = limit_for(size_, [&](const Point& p) {
      if (place(p) > 0) return far_mm;
      trunk_.distances(p, here.data());
      return free_of_organs(here) ? depth(p) : far_mm;
    });
    if (limit <= 0) return false;
    const int within = channel(
        [place, depth, limit](const Point& p) { return std::max(place(p), depth(p) - limit); });
    found_.before_organs.push_back({material(9, 3, TrunkPart::finding), within, 0, -1,
                                    static_cast<int>(TrunkChannel::envelope), 9});
    return true;
  }

  static bool free_of_organs(const std::vector<float>& here) {
    for (int c = static_cast<int>(TrunkChannel::wall); c < trunk_channels; ++c) {
      const bool limits_only = c == static_cast<int>(TrunkChannel::flank) ||
                               c == static_cast<int>(TrunkChannel::ilium) ||
                               c == static_cast<int>(TrunkChannel::ilium_end) ||
                               c == static_cast<int>(TrunkChannel::bubbles) ||
                               c == static_cast<int>(TrunkChannel::table) ||
                               c == static_cast<int>(TrunkChannel::table_end) ||
                               c == static_cast<int>(TrunkChannel::liver_vein);
      if (!limits_only && here[static_cast<std::size_t>(c)] < 0) return false;
    }
    return true;
  }

  bool hydronephrosis() {
    if (size_ <= 0) return true;
    const Point c = Trunk::kidney_centre(left_);
    const int urine =
        material(settings_.phase == Phase::delayed ? 200.0F : 7.0F, 2, TrunkPart::finding);
    const auto at = [&](double x, double y, double z) { return c + mirrored({x, y, z}); };
    const double pelvis = size_ / 2, calyx = 1.5 + size_ * 0.25;
    details_.chain({at(-12, -6, 0), at(-20, -8, -6)}, pelvis, urine);
    for (const double up : {-24.0, 0.0, 24.0}) {
      details_.chain({at(-12, -6, 0), at(2 - 0.22 * up, 2 - 0.16 * up, up)}, calyx * 0.6, urine);
      details_.chain({at(2 - 0.22 * up, 2 - 0.16 * up, up), at(7 - 0.22 * up, 4 - 0.16 * up, up)},
                     calyx, urine);
    }
    std::vector<Point> course{at(-20, -8, -6)};
    course.reserve(6);
    for (int i = 1; i <= 5; ++i) course.push_back(ureter(0.06 * i, left_));
    details_.chain(course, 2.2 + size_ * 0.12, urine);
    return true;
  }

  bool aortic_calcium(Counter& random) {
    truth_.quantities["agatston"] = 0;
    const int calcium = material(600, 40, TrunkPart::calcification);
    double left_mm3 = size_;
    for (int tries = 0; left_mm3 > 0.5 && tries < 400; ++tries) {
      const double radius = std::min(random.between(1.0, 2.8), cube_root(left_mm3 / 4.19));
      const double z = random.between(bifurcation_z + 6, 88), angle = random.between(-3.1, 3.1);
      const Station here = trunk_.aorta(z);
      const double r = here.radius_mm - 0.6;
      details_.ball(trunk_.to_scanner(here.at + Point{r * sine(angle), r * cosine(angle), 0}),
                    radius, calcium);
      left_mm3 -= 4.19 * radius * radius * radius;
    }
    return true;
  }

  bool phlebolith(Counter& random) {
    const Point at =
        mirrored({random.between(36, 54), random.between(6, 26), random.between(-218, -202)});
    if (size_ > 0)
      details_.ball(trunk_.to_scanner(at), size_ / 2, material(500, 20, TrunkPart::calcification));
    return true;
  }

  bool metal() {
    const int steel = material(3000, 0, TrunkPart::calcification);
    if (size_ <= 0) return true;
    details_.chain({mirrored({90, 6, -196}), mirrored({91, 6.5, -196.5})}, size_ / 2, steel);
    details_.chain({mirrored({92, 8, -198}), mirrored({124, 16, -230})}, 6, steel);
    details_.chain({mirrored({124, 16, -230}), mirrored({124, 10, -330})}, 6, steel);
    return true;
  }

  const Settings& settings_;
  const Trunk& trunk_;
  Plan& plan_;
  Painting& painting_;
  TrunkDetails details_;
  TrunkFindings found_;
  std::map<Kind, int> counts_;
  Truth truth_;  ///< of the finding being placed
  bool left_ = false;
  double size_ = 0;
  std::uint8_t owner_ = 0;
};

}  // namespace

TrunkChanges changes_of(const Settings& settings) {
  TrunkChanges changes;
  for (std::size_t i = 0; i < settings.findings.size(); ++i) {
    const Finding& finding = settings.findings[i];
    const double size = size_now(settings, finding);
    Counter random(settings.seed, 600 + i);
    if (finding.kind == Kind::compression && changes.fractured < 0) {
      changes.fractured = static_cast<int>(vertebra_of(finding.level, random));
      changes.height_loss = size / 100;
    }
    if (finding.kind != Kind::aneurysm || changes.aneurysm_mm > 0) continue;
    changes.aneurysm_z = random.between(-10, 2);
    changes.aneurysm_mm = size;
    // The warp stretches and presses: aim at the width in the scanner's frame.
    for (int k = 0; k < 4 && size > 0; ++k)
      changes.aneurysm_mm *=
          size / painted_width(Trunk(settings.seed, changes), changes.aneurysm_z);
  }
  return changes;
}

TrunkFindings place_findings(const Settings& settings, const Trunk& trunk, Plan& plan,
                             Painting& painting) {
  return Placing(settings, trunk, plan, painting).all();
}

}  // namespace tomoscribe::model::phantom
