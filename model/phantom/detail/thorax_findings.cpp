#include "model/phantom/detail/thorax_findings.h"

#include <algorithm>
#include <cmath>

#include "model/phantom/detail/nodule_shapes.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr std::uint64_t first_stream = 1000, streams_each = 10;
constexpr double pi = 3.14159265358979323846;

}  // namespace

Aneurysm aneurysm_asked(const Settings& settings, const Body& body) {
  Aneurysm aneurysm;
  for (const Finding& finding : settings.findings) {
    if (finding.kind != Kind::aneurysm) continue;
    const double now = size_now(settings, finding);
    if (now <= descending_aorta_mm(body)) continue;
    Counter random(settings.seed, 45);
    aneurysm.diameter_mm = now;
    aneurysm.middle_z = random.between(-75, -45);
    aneurysm.length_mm = random.between(90, 130);
  }
  return aneurysm;
}

ThoraxFindings::ThoraxFindings(const Settings& settings, const Body& body, Anatomy& anatomy,
                               const Frame& frame, Plan& plan)
    : settings_(settings), body_(body), anatomy_(anatomy), frame_(frame), plan_(plan) {
  std::map<Kind, int> numbers;
  std::vector<Asked> asked;
  if (settings.nodule)
    asked.push_back({{.kind = Kind::nodule, .size = settings.nodule_diameter_mm},
                     ++numbers[Kind::nodule],
                     40,
                     0,
                     0});
  std::uint64_t stream = first_stream;
  for (const Finding& finding : settings.findings) {
    asked.push_back({finding, ++numbers[finding.kind], stream, 0, 0});
    stream += streams_each;
  }
  // What fills much first; balls look for a place in what is left.
  const auto is_ball = [](const Asked& a) {
    return a.finding.kind == Kind::nodule || a.finding.kind == Kind::granuloma ||
           a.finding.kind == Kind::mass;
  };
  std::stable_partition(asked.begin(), asked.end(), [&](const Asked& a) { return !is_ball(a); });
  // A thrombus lies in an aneurysm.
  std::stable_partition(asked.begin(), asked.end(),
                        [](const Asked& a) { return a.finding.kind != Kind::mural_thrombus; });
  for (Asked& one : asked) {
    one.at_place = size_at_place(settings, one.finding);
    one.now = size_now(settings, one.finding);
    add(one);
  }
}

void ThoraxFindings::add(const Asked& asked) {
  switch (asked.finding.kind) {
    case Kind::nodule:
    case Kind::granuloma: return add_nodule(asked);
    case Kind::mass: return add_mass(asked);
    case Kind::consolidation:
    case Kind::ground_glass:
    case Kind::effusion:
    case Kind::loculated_effusion:
    case Kind::pneumothorax: return add_region(asked);
    case Kind::emphysema: return add_emphysema(asked);
    case Kind::coronary_calcium:
    case Kind::aortic_calcium: return add_calcium(asked);
    case Kind::aneurysm: return add_aneurysm(asked);
    case Kind::compression: return add_compression(asked);
    case Kind::dependent_atelectasis: return add_dependent(asked);
    case Kind::leads: return add_leads(asked);
    case Kind::mural_thrombus: return add_thrombus(asked);
    case Kind::apical_cap: return add_cap(asked);
    case Kind::calcified_node: return add_calcified_node(asked);
    case Kind::central_line: return add_devices(asked, central_line(body_), "");
    case Kind::pacemaker:
      return add_devices(asked, pacemaker(body_, left_side(asked)), side_word(left_side(asked)));
    case Kind::blanket: blanket_ = claim(asked, "", ""); return;
    default: return;
  }
}

std::uint8_t ThoraxFindings::claim(const Asked& asked, const std::string& side,
                                   const std::string& density, double piece_mm) {
  Truth truth = finding_truth(settings_, asked.finding, asked.number);
  truth.side = side;
  truth.density = density;
  plan_.findings.push_back(std::move(truth));
  plan_.piece_mm.push_back(piece_mm);
  return static_cast<std::uint8_t>(plan_.findings.size());
}

void ThoraxFindings::miss(const Asked& asked) {
  if (asked.now > 0)
    plan_.missing.push_back(finding_truth(settings_, asked.finding, asked.number).name);
}

bool ThoraxFindings::left_side(const Asked& asked) const {
  if (asked.finding.side != Side::any) return asked.finding.side == Side::left;
  return Counter(settings_.seed, asked.stream + 5).uniform() < 0.5;
}

LungSpace& ThoraxFindings::space(bool left) {
  auto& made = spaces_[left ? 1 : 0];
  if (!made) made = std::make_unique<LungSpace>(body_, anatomy_.organs, left);
  return *made;
}

bool ThoraxFindings::taken(bool left, const Point& canonical, const Point& centre,
                           double radius_mm) const {
  const Spot spot{canonical,
                  Body::pleural_depth(body_.section(canonical.z), canonical.x, canonical.y)};
  const bool in_region = std::ranges::any_of(reserved_, [&](const Region& region) {
    return region.left == left && region.potential(spot) - region.level > -radius_mm - 8;
  });
  return in_region || std::ranges::any_of(places_, [&](const Place& place) {
           const Point d = place.centre - centre;
           return std::sqrt(dot(d, d)) < place.radius_mm + radius_mm + 5;
         });
}

Place ThoraxFindings::place(const Asked& asked, const Wish& wish) {
  Wish full = wish;
  if (asked.finding.side != Side::any) full.left = asked.finding.side == Side::left;
  full.taken = [&](bool left, const Point& canonical, const Point& centre) {
    return taken(left, canonical, centre, wish.radius_mm);
  };
  const Place found =
      place_ball(body_, anatomy_, settings_.seed, full, frame_.low_z, frame_.high_z);
  if (found.radius_mm > 0)
    places_.push_back(found);
  else
    miss(asked);
  return found;
}

void ThoraxFindings::add_nodule(const Asked& asked) {
  const bool granuloma = asked.finding.kind == Kind::granuloma;
  const Density density = granuloma ? Density::calcified : asked.finding.density;
  Wish wish;
  wish.radius_mm = asked.at_place / 2;
  wish.stream = asked.stream;
  if (density == Density::juxtapleural) wish.where = Wish::Where::at_pleura;
  const Place found = place(asked, wish);
  if (found.radius_mm <= 0 || asked.now <= 0) return;
  const std::uint8_t owner = claim(asked, side_word(found.left), density_word(density));
  const double radius = asked.now / 2;
  for (const Ball& part : nodule_balls(found.centre, radius, density, owner))
    balls_.push_back(part);
  if (density != Density::spiculated) return;
  const auto rays = spicules_of(found.centre, radius, settings_.seed, asked.stream, owner);
  spicules_.insert(spicules_.end(), rays.begin(), rays.end());
}

void ThoraxFindings::add_mass(const Asked& asked) {
  Wish wish;
  wish.radius_mm = asked.at_place / 2;
  wish.stream = asked.stream;
  wish.where = Wish::Where::anywhere;
  const Place found = place(asked, wish);
  if (found.radius_mm <= 0 || asked.now <= 0) return;
  const std::uint8_t owner = claim(asked, side_word(found.left), "solid");
  for (const Ball& lobe :
       mass_balls(found.centre, asked.now / 2, settings_.seed, asked.stream, owner))
    balls_.push_back(lobe);
}

void ThoraxFindings::add_region(const Asked& asked) {
  const bool left = left_side(asked);
  LungSpace& where = space(left);
  Region region;
  switch (asked.finding.kind) {
    case Kind::consolidation:
      region = consolidation(where, left, settings_.seed, asked.stream);
      break;
    case Kind::ground_glass:
      region = ground_glass(where, left, settings_.seed, asked.stream);
      break;
    case Kind::effusion: region = effusion(left, down_of(settings_.lying)); break;
    case Kind::loculated_effusion:
      region = loculated_effusion(where, left, settings_.seed, asked.stream);
      break;
    default: region = pneumothorax(left, down_of(settings_.lying));
  }
  const auto level = where.level_for(region.potential, asked.now);
  const auto reserved = where.level_for(region.potential, asked.at_place);
  if (!reserved || (asked.now > 0 && !level)) return miss(asked);
  region.level = *reserved;
  reserved_.push_back(region);
  if (level) {
    region.level = *level;
    region.owner = claim(asked, side_word(left), "");
    regions_.push_back(region);
  }
  if (level && asked.finding.kind == Kind::consolidation) {
    const auto bronchi = air_bronchograms([&](const Point& p) { return body_.to_scanner(p); },
                                          where, region, settings_.seed, asked.stream);
    bronchograms_.insert(bronchograms_.end(), bronchi.begin(), bronchi.end());
  }
  where.take(region.potential, *reserved);
}

void ThoraxFindings::add_dependent(const Asked& asked) {
  if (asked.now <= 0) return;
  const std::uint8_t owner = claim(asked, "", "");
  for (const bool left : {false, true}) {
    regions_.push_back(dependent_atelectasis(left, asked.now, down_of(settings_.lying)));
    regions_.back().owner = owner;
  }
}

void ThoraxFindings::add_calcium(const Asked& asked) {
  if (asked.now <= 0) return;
  const bool coronary = asked.finding.kind == Kind::coronary_calcium;
  const std::uint8_t owner = claim(asked, "", "", 3);
  // Contrast medium is as bright as calcium: no score then.
  if (settings_.phase == Phase::none) plan_.findings.back().quantities["agatston"] = 0;
  std::vector<Ball> plaques =
      coronary ? coronary_calcium(body_, anatomy_, settings_.seed, asked.stream, asked.now)
               : aortic_calcium(anatomy_, settings_.seed, asked.stream, asked.now);
  for (Ball& plaque : plaques) {
    plaque.owner = owner;
    balls_.push_back(plaque);
  }
  if (!coronary) return;
  for (const auto& path : coronary_arteries(body_, anatomy_))
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      Tube artery;
      artery.from = path[i];
      artery.to = path[i + 1];
      artery.radius_mm = 1.8;
      artery.hu = 40;
      artery.label = Label::great_vessel;
      artery.over = set_of(Label::mediastinum, Label::heart, Label::lung_left, Label::lung_right);
      arteries_.push_back(artery);
    }
}

void ThoraxFindings::add_aneurysm(const Asked& asked) {
  if (asked.now <= 0) return;
  const Aneurysm aneurysm = aneurysm_asked(settings_, body_);
  if (aneurysm.diameter_mm <= 0) return miss(asked);
  const std::uint8_t owner = aneurysm_ = claim(asked, "", "");
  plan_.findings.back().quantities["aorta_diameter_mm"] = aneurysm.diameter_mm;
  for (Tube& tube : anatomy_.vessels)
    if (tube.label == Label::descending_aorta &&
        tube.radius_mm > 1.15 * descending_aorta_mm(body_) / 2)
      tube.owner = owner;
}

void ThoraxFindings::add_thrombus(const Asked& asked) {
  if (asked.now <= 0) return;
  if (aneurysm_ == 0) return miss(asked);
  const std::size_t whole = aneurysm_ - 1U;
  const std::uint8_t owner = claim(asked, "", "");
  plan_.part_of[owner - 1U] = whole;
  const double turn = Counter(settings_.seed, asked.stream).between(0, 2 * pi);
  const Thrombus made =
      mural_thrombus(anatomy_, body_, aneurysm_, owner, asked.now, turn, settings_.phase);
  streams_.insert(streams_.end(), made.stream.begin(), made.stream.end());
  plan_.findings.back().quantities["thickness_mm"] = made.thickness_mm;
  plan_.findings[whole].quantities["stream_diameter_mm"] = made.stream_diameter_mm;
}

void ThoraxFindings::add_cap(const Asked& asked) {
  if (asked.now <= 0) return;
  regions_.push_back(apical_cap(left_side(asked), asked.now));
  regions_.back().owner = claim(asked, side_word(left_side(asked)), "");
}

void ThoraxFindings::add_calcified_node(const Asked& asked) {
  if (asked.now <= 0) return;
  balls_.push_back(calcified_node(body_, settings_.seed, asked.stream, asked.now));
  balls_.back().owner = claim(asked, "", "calcified");
}

void ThoraxFindings::add_devices(const Asked& asked, std::vector<Tube> tubes,
                                 const std::string& side) {
  const std::uint8_t owner = claim(asked, side, "");
  for (Tube& tube : tubes) {
    tube.owner = owner;
    devices_.push_back(tube);
  }
}

void ThoraxFindings::add_compression(const Asked& asked) {
  if (asked.now <= 0) return;
  Spine& spine = anatomy_.spine;
  std::vector<int> levels;
  for (int i = 0; i + 1 < static_cast<int>(spine.levels.size()); ++i) {
    const auto k = static_cast<std::size_t>(i);
    const double scale = body_.latent().scale_z;
    const bool seen =
        spine.levels[k] * scale > frame_.low_z && spine.levels[k + 1] * scale < frame_.high_z;
    const std::string name = vertebra_name(i);
    const bool wanted = asked.finding.level.empty() ? name[0] != 'C' : name == asked.finding.level;
    if (seen && wanted) levels.push_back(i);
  }
  if (levels.empty() || spine.crushed >= 0) return miss(asked);
  Counter random(settings_.seed, asked.stream);
  const auto which =
      static_cast<std::size_t>(random.uniform() * static_cast<double>(levels.size()));
  const int level = levels[which];
  const double height = (spine.levels[static_cast<std::size_t>(level) + 1] -
                         spine.levels[static_cast<std::size_t>(level)]) *
                        0.8;
  const std::uint8_t owner = claim(asked, "", "", height * asked.now / 100);
  spine.crushed = level;
  spine.loss = asked.now / 100;
  spine.owner = owner;
  plan_.findings.back().quantities["height_loss_percent"] = asked.now;
}

void ThoraxFindings::add_leads(const Asked& asked) {
  const std::uint8_t owner = claim(asked, "", "", 6);
  Leads made = leads(body_);
  for (Ball& electrode : made.electrodes) {
    electrode.owner = owner;
    electrodes_.push_back(electrode);
  }
  for (Tube& wire : made.wires) {
    wire.owner = owner;
    wires_.push_back(wire);
  }
}

void ThoraxFindings::paint_in_lung(Canvas& canvas) const {
  for (const Tube& blob : blobs_) canvas.paint(blob);
  for (const Region& region : regions_) canvas.paint(region);
}

void ThoraxFindings::paint_over(Canvas& canvas) const {
  for (const Tube& stream : streams_) canvas.paint(stream);
  for (const Tube& bronchus : bronchograms_) canvas.paint(bronchus);
  for (const Tube& artery : arteries_) canvas.paint(artery);
  for (const Tube& spicule : spicules_) canvas.paint(spicule);
  for (const Ball& one : balls_) canvas.paint(one);
  for (const Tube& tube : devices_) canvas.paint(tube);
}

void ThoraxFindings::paint_on_skin(Canvas& canvas) const {
  if (blanket_ != 0) canvas.paint_blanket(blanket_);
  for (const Tube& wire : wires_) canvas.paint(wire);
  for (const Ball& electrode : electrodes_) canvas.paint(electrode);
}

}  // namespace tomoscribe::model::phantom
