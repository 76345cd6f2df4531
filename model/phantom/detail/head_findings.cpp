#include "model/phantom/detail/head_findings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

namespace tomoscribe::model::phantom {

namespace {

constexpr double never = 1e6;
constexpr double dura_mm = 0.9;  ///< between blood and bone

float channel(const float* around, HeadChannel which) {
  return around[static_cast<int>(which)];
}

/// In the fluid between pia and arachnoid.
bool in_subarachnoid_space(const float* around, double sulcus_mm) {
  const auto within = [&](HeadChannel sheet, HeadChannel reach, double width) {
    return std::abs(channel(around, sheet)) < static_cast<float>(sulcus_mm * width) &&
           channel(around, reach) < 0;
  };
  return channel(around, HeadChannel::subarachnoid) < 0 ||
         within(HeadChannel::lateral_fissure, HeadChannel::lateral_fissure_reach,
                lateral_fissure_width) ||
         within(HeadChannel::insula, HeadChannel::insula_reach, insula_width) ||
         within(HeadChannel::folds, HeadChannel::folds_reach, 1);
}

bool outside_brain(Kind kind) {
  return kind == Kind::epidural || kind == Kind::subdural;
}

Point side_of(const HeadLesion& lesion, const Point& p) {
  return lesion.left ? p : Point{-p.x, p.y, p.z};
}

/// Lens and crescent lie on the inner table, thickest over their centre, thinner towards the rim.
double lens(double depth, double from_centre, double width_per_mm) {
  const double reach = from_centre / width_per_mm;
  return (depth + std::sqrt(depth * depth + 4 * reach * reach)) / 2;
}
double crescent(double depth, double from_centre, double half_width) {
  const double u = from_centre / half_width;
  return u < 0.999 ? depth / (1 - u * u) : never;
}

/// How far out a point lies in the lesion's shape, millimetres; never: it cannot belong to it.
double measure(const Head& head, const HeadLesion& lesion, const Point& p) {
  const Point mine = side_of(lesion, p);  // as if the lesion were on the left
  const Point off = mine - lesion.centre;
  if (lesion.kind == Kind::epidural) {
    if (mine.x < 3) return never;
    return lens(-head.vault(p), length(off), 2.6);
  }
  if (lesion.kind == Kind::subdural) {
    if (mine.x < 2.5) return never;
    return crescent(-head.vault(p), length(off), 92);
  }
  if (lesion.kind == Kind::infarct) {
    // A wedge that opens outward from the basal ganglia: its angle, as an arc at 40 mm.
    if (mine.x < 6) return never;
    const Point apex{16, -4, 6}, axis{0.97, lesion.centre.y, lesion.centre.z};
    const Point v = mine - apex;
    const double far = length(v);
    const double along = far > 1 ? dot(v, axis) / (far * length(axis)) : 0;
    return 40 * std::sqrt(std::max(0.0, 2 - 2 * along)) + 2.2 * head.wander(p) + (far < 12 ? 9 : 0);
  }
  return length({off.x, off.y * 0.82, off.z * 1.08}) * (1 + 0.13 * head.wander(p));
}

/// Where a lesion may be at all; signed distance.
double allowed(const Head& head, const HeadLesion& lesion, const Point& p) {
  if (outside_brain(lesion.kind))
    return std::max(head.cavity(p) + dura_mm, 1 - Head::posterior_fossa(p));
  if (lesion.kind == Kind::infarct)
    return std::max(head.cerebrum(p), 1.5 - Head::ventricle(p, head.latent().ventricles));
  return head.cavity(p) + 2.5;
}

/// Calls visit(p) for canonical points on a grid of the scanner's frame around a centre.
template <class Visit>
void for_grid(const Head& head, const Point& centre, double reach_mm, double cell_mm,
              const Visit& visit) {
  const Point middle = head.to_scanner(centre);
  const int count = static_cast<int>(reach_mm / cell_mm) + 1;
  for (int k = -count; k <= count; ++k)
    for (int j = -count; j <= count; ++j)
      for (int i = -count; i <= count; ++i)
        visit(head.to_canonical(middle + Point{i * cell_mm, j * cell_mm, k * cell_mm}));
}

/// The limit below which the shape holds that volume; 0 when the head has no room for it.
double limit_for(const Head& head, const HeadLesion& lesion, double volume_ml) {
  const bool wide = outside_brain(lesion.kind) || lesion.kind == Kind::infarct;
  const double radius = cube_root(volume_ml * 1000 / 4.19);
  const double reach = wide ? 98 : radius * 1.6 + 3;
  const double cell = wide ? std::clamp(radius / 7, 1.4, 2.6) : std::max(radius / 9, 0.3);
  std::vector<double> found;
  const Point around =
      wide ? Point{lesion.left ? 40.0 : -40.0, 0, 15} : side_of(lesion, lesion.centre);
  for_grid(head, around, reach, cell, [&](const Point& p) {
    const bool other_side = wide && (p.x > 0) != lesion.left;
    if (other_side || head.vault(p) > 0) return;
    const double value = measure(head, lesion, p);
    if (value < never && allowed(head, lesion, p) < 0) found.push_back(value);
  });
  return limit_of(found, volume_ml, cell);
}

/// How far blood between pia and arachnoid reaches, to be that much.
double reach_for(const Head& head, const HeadLesion& lesion, double volume_ml) {
  constexpr double cell = 2.6;
  std::vector<float> around(static_cast<std::size_t>(head_channels));
  std::vector<double> found;
  for_grid(head, lesion.centre, 78, cell, [&](const Point& p) {
    if (head.cavity(p) > 0) return;
    head.distances(p, {}, head.latent().ventricles, around.data());
    if (in_subarachnoid_space(around.data(), head.latent().sulcus_mm))
      found.push_back(measure(head, lesion, p));
  });
  return limit_of(found, volume_ml, cell);
}

/// The size of the ventricles that makes them that large.
double ventricles_for(const Head& head, double volume_ml) {
  constexpr double cell = 2.4;
  std::vector<Point> points;
  for_grid(head, {0, 10, 0}, 76, cell, [&](const Point& p) {
    if (Head::ventricle(p, 5) < 0 && head.cavity(p) < -1.5) points.push_back(p);
  });
  double low = 0.5, high = 5;
  for (int i = 0; i < 9; ++i) {
    const double middle = (low + high) / 2;
    double voxels = 0;
    for (const Point& p : points)
      voxels += std::clamp(0.5 - Head::ventricle(p, middle) / cell, 0.0, 1.0);
    (voxels * cell * cell * cell / 1000 < volume_ml ? low : high) = middle;
  }
  return (low + high) / 2;
}

/// Where haemorrhages and masses like to be; on the left.
struct Site {
  const char* name;
  Point at;
};
std::vector<Site> sites(Kind kind) {
  std::vector<Site> list{{"frontal lobe", {33, -42, 16}},
                         {"parietal lobe", {38, 21, 24}},
                         {"temporal lobe", {41, -4, -21}},
                         {"occipital lobe", {32, 50, 13}},
                         {"cerebellum", {24, 48, -40}}};
  if (kind == Kind::haemorrhage) {
    list.push_back({"basal ganglia", {27, -3, 2}});
    list.push_back({"thalamus", {13, 8, 3}});
  }
  return list;
}

class Placing {
 public:
  Placing(const Settings& settings, const Head& head, Plan& plan)
      : settings_(settings), head_(head), plan_(plan) {
    found_.ventricles = head.latent().ventricles;
  }
  HeadFindings all() {
    add_physiological();
    // Lesions first: a shift goes away from them.
    for (const bool shifts : {false, true})
      for (std::size_t i = 0; i < settings_.findings.size(); ++i) {
        const Finding& finding = settings_.findings[i];
        if ((finding.kind == Kind::midline_shift) == shifts) add(finding, i);
      }
    return std::move(found_);
  }

 private:
  void add(const Finding& finding, std::size_t index) {
    Truth truth = finding_truth(settings_, finding, ++counts_[finding.kind]);
    Counter random(settings_.seed, 400 + index);
    const bool left =
        finding.side == Side::any ? random.uniform() < 0.5 : finding.side == Side::left;
    switch (finding.kind) {
      case Kind::hydrocephalus: return add_hydrocephalus(std::move(truth));
      case Kind::midline_shift: return add_shift(std::move(truth), finding, left);
      case Kind::physiological_calcification:
        return add_calcification(std::move(truth), left, random);
      case Kind::metal: return add_clip(std::move(truth), left, random);
      default: return add_lesion(std::move(truth), finding, left, random);
    }
  }

  void add_hydrocephalus(Truth truth) {
    if (truth.asked_size > 0) found_.ventricles = ventricles_for(head_, truth.asked_size);
    plan_.findings.push_back(std::move(truth));
  }

  void add_shift(Truth truth, const Finding& finding, bool left) {
    const auto lesion = std::ranges::find_if(
        found_.lesions, [](const HeadLesion& l) { return l.kind != Kind::infarct; });
    if (finding.side == Side::any && lesion != found_.lesions.end()) left = !lesion->left;
    const double wanted = (left ? 1 : -1) * truth.asked_size;
    found_.shift.mm = wanted;
    for (int i = 0; i < 12 && wanted != 0; ++i)
      found_.shift.mm *= wanted / head_.moved_mm(found_.shift, Head::septum);
    truth.side = left ? "left" : "right";
    plan_.findings.push_back(std::move(truth));
  }

  void add_calcification(Truth truth, bool left, Counter& random) {
    const double side = left ? 1 : -1;
    const Point at = head_.to_scanner({side * random.between(19, 24), random.between(-10, 2), 0});
    truth.side = left ? "left" : "right";
    add_bead(at, at + Point{0, 0, 0.1}, truth.asked_size / 2,
             static_cast<float>(random.between(150, 400)), HeadPart::calcification,
             static_cast<std::uint8_t>(plan_.findings.size() + 1));
    plan_.findings.push_back(std::move(truth));
  }

  /// The clip of an aneurysm where the middle cerebral artery divides.
  void add_clip(Truth truth, bool left, Counter& random) {
    const double side = left ? 1 : -1;
    const Point at =
        head_.to_scanner({side * random.between(26, 34), random.between(-16, -8), -14});
    truth.side = left ? "left" : "right";
    if (truth.asked_size > 0)
      add_bead(at, at + Point{0.4 * side * truth.asked_size, 0, truth.asked_size},
               truth.asked_size / 2, 3000, HeadPart::calcification,
               static_cast<std::uint8_t>(plan_.findings.size() + 1));
    plan_.findings.push_back(std::move(truth));
  }

  void add_lesion(Truth truth, const Finding& finding, bool left, Counter& random) {
    HeadLesion lesion;
    lesion.kind = finding.kind;
    lesion.left = left;
    const double size = size_at_place(settings_, finding);
    const bool by_width = finding.kind == Kind::mass;
    const double volume = by_width ? size * size * size / 1910 : size;
    lesion.hu = hu_of(finding.kind, random);
    if (!place(lesion, truth, cube_root(volume * 1000 / 4.19), random)) {
      plan_.missing.push_back(truth.name);
      return;
    }
    const double now = truth.asked_size;
    const double volume_now = by_width ? now * now * now / 1910 : now;
    if (now > 0)
      lesion.limit_mm = finding.kind == Kind::subarachnoid ? reach_for(head_, lesion, volume_now)
                                                           : limit_for(head_, lesion, volume_now);
    if (now > 0 && lesion.limit_mm <= 0) {
      plan_.missing.push_back(truth.name);
      return;
    }
    if (finding.kind == Kind::haemorrhage) lesion.oedema_mm = random.between(3, 7);
    if (finding.kind == Kind::mass) lesion.oedema_mm = random.between(4, 14);
    lesion.owner = static_cast<std::uint8_t>(plan_.findings.size() + 1);
    if (row_of(BodyPart::head, finding.kind)->sided) truth.side = left ? "left" : "right";
    truth.quantities["hu"] = static_cast<double>(lesion.hu);
    plan_.findings.push_back(std::move(truth));
    found_.lesions.push_back(lesion);
  }

  static float hu_of(Kind kind, Counter& random) {
    switch (kind) {
      case Kind::haemorrhage: return static_cast<float>(random.between(58, 76));
      case Kind::mass: return static_cast<float>(random.between(40, 50));
      case Kind::subarachnoid: return static_cast<float>(random.between(48, 62));
      case Kind::infarct: return static_cast<float>(random.between(17, 25));
      default: return static_cast<float>(random.between(60, 70));
    }
  }

  /// A site where no other lesion is; false when there is none.
  bool place(HeadLesion& lesion, Truth& truth, double radius_mm, Counter& random) {
    if (lesion.kind == Kind::infarct) {
      lesion.centre = {0, random.between(-0.35, 0.35), random.between(0.05, 0.4)};
      return true;
    }
    if (lesion.kind == Kind::subarachnoid) {
      lesion.centre = {random.between(-4, 4), -9, -18};  // about the arteries' ring
      return true;
    }
    if (outside_brain(lesion.kind)) {
      const bool high = lesion.kind == Kind::subdural;
      lesion.centre = on_inner_table({1, random.between(-0.35, 0.25), high ? 0.5 : 0.1});
      return true;
    }
    std::vector<Site> order = sites(lesion.kind);
    const auto first = static_cast<std::ptrdiff_t>(random.bits() % order.size());
    std::rotate(order.begin(), order.begin() + first, order.end());
    for (const Site& site : order) {
      const Point at =
          site.at + Point{random.between(-3, 3), random.between(-4, 4), random.between(-3, 3)};
      const bool taken = std::ranges::any_of(found_.lesions, [&](const HeadLesion& other) {
        return !outside_brain(other.kind) && other.kind != Kind::subarachnoid &&
               other.left == lesion.left &&
               length(other.centre - at) < radius_mm + other.limit_mm + 6;
      });
      if (taken) continue;
      lesion.centre = at;
      truth.site = site.name;
      return true;
    }
    return false;
  }

  Point on_inner_table(const Point& direction) const {
    double inside = 0, outside = 120;
    for (int i = 0; i < 30; ++i) {
      const double middle = (inside + outside) / 2;
      (head_.vault(direction * middle) < 0 ? inside : outside) = middle;
    }
    return direction * inside;
  }

  /// Most adults have a calcified pineal gland and choroid plexus; and vessels at the base.
  void add_physiological() {
    Counter random(settings_.seed, 399);
    const auto spot = [&](const Point& at, double radius, float hu) {
      const Point there = head_.to_scanner(at);
      add_bead(there, there + Point{0, 0, radius}, radius, hu, HeadPart::calcification, 0);
    };
    const auto hu = static_cast<float>(random.between(90, 220));
    if (random.uniform() < 0.7) spot({0, 24, 0}, random.between(1.2, 2.4), hu);
    if (random.uniform() < 0.75)
      for (const double side : {-1.0, 1.0})
        spot({side * 23, 33, 4}, random.between(1.2, 3.2), hu * 0.8F);
    for (const double side : {-1.0, 1.0})
      add_bead(head_.to_scanner({side * 31, -90.5, -33}), head_.to_scanner({side * 35, -90.5, -33}),
               1.9, 85, HeadPart::lens, 0);
    const float blood = settings_.phase == Phase::none ? 43.0F : 240.0F;
    const auto vessel = [&](const Point& from, const Point& to, double radius) {
      add_bead(head_.to_scanner(from), head_.to_scanner(to), radius, blood, HeadPart::artery, 0);
    };
    vessel({0, 0.5, -44}, {0, -1, -22}, 1.7);
    for (const double side : {-1.0, 1.0}) {
      vessel({side * 7, -10, -24}, {side * 7, -9, -19}, 2.0);
      vessel({side * 7, -9, -19}, {side * 20, -8, -17}, 1.3);
      vessel({side * 20, -8, -17}, {side * 36, -12, -12}, 1.2);
      vessel({side * 7, -9, -19}, {side * 1.5, -19, -15}, 1.0);
    }
  }

  void add_bead(const Point& from, const Point& to, double radius, float hu, HeadPart part,
                std::uint8_t owner) {
    if (radius <= 0) return;
    found_.beads.push_back({from, to, radius, static_cast<int>(found_.materials.size())});
    found_.materials.push_back({hu, 6, static_cast<std::uint8_t>(part), owner});
  }

  const Settings& settings_;
  const Head& head_;
  Plan& plan_;
  HeadFindings found_;
  std::map<Kind, int> counts_;
};

}  // namespace

void lesion_distances(const Head& head, const HeadLesion& lesion, const Point& p,
                      const float* around, float* found) {
  const double value = measure(head, lesion, p) - lesion.limit_mm;
  if (lesion.kind != Kind::subarachnoid) {
    found[0] = static_cast<float>(std::max(value, allowed(head, lesion, p)));
    return;
  }
  const auto reach = static_cast<float>(value);
  found[0] = reach;
  found[1] = std::max(reach, channel(around, HeadChannel::lateral_fissure_reach));
  found[2] = std::max(reach, channel(around, HeadChannel::insula_reach));
  found[3] = std::max(reach, channel(around, HeadChannel::folds_reach));
}

HeadFindings place_findings(const Settings& settings, const Head& head, Plan& plan) {
  return Placing(settings, head, plan).all();
}

}  // namespace tomoscribe::model::phantom
