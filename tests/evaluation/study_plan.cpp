#include "tests/evaluation/study_plan.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tomoscribe::evaluation {
namespace {

using model::phantom::BodyPart;
using model::phantom::Kind;
using model::phantom::Settings;
using model::phantom::Side;

/// SplitMix64: a stream of numbers for each study.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  double between(double low, double high) { return low + (high - low) * next(); }
  bool with_chance(double chance) { return next() < chance; }

 private:
  double next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return static_cast<double>((z ^ (z >> 31U)) >> 11U) * 0x1.0p-53;
  }
  std::uint64_t state_;
};

struct Chance {
  Kind kind;
  double chance, least, most;
};

/// What a study that is not normal may show; sizes in the kind's unit, spread evenly over their
/// logarithm.
const std::vector<Chance>& chances(BodyPart body) {
  static const std::vector<Chance> thorax{{Kind::nodule, 0.5, 4, 25},
                                          {Kind::nodule, 0.3, 6, 20},
                                          {Kind::effusion, 0.3, 30, 900},
                                          {Kind::pneumothorax, 0.25, 20, 600},
                                          {Kind::consolidation, 0.15, 30, 300},
                                          {Kind::emphysema, 0.2, 3, 30},
                                          {Kind::coronary_calcium, 0.4, 10, 1500},
                                          {Kind::aneurysm, 0.2, 32, 60},
                                          {Kind::compression, 0.15, 25, 60}};
  static const std::vector<Chance> head{
      {Kind::haemorrhage, 0.35, 1, 80},   {Kind::epidural, 0.15, 5, 100},
      {Kind::subdural, 0.2, 8, 120},      {Kind::infarct, 0.25, 5, 200},
      {Kind::midline_shift, 0.35, 2, 12}, {Kind::hydrocephalus, 0.15, 50, 200}};
  static const std::vector<Chance> abdomen{
      {Kind::aneurysm, 0.35, 30, 70},   {Kind::stone, 0.4, 3, 15},
      {Kind::steatosis, 0.3, 0, 40},    {Kind::cyst, 0.3, 10, 60},
      {Kind::ascites, 0.15, 100, 1500}, {Kind::free_air, 0.15, 10, 300},
      {Kind::compression, 0.2, 25, 60}};
  return body == BodyPart::thorax ? thorax : body == BodyPart::head ? head : abdomen;
}

const std::vector<Kind>& distractors(BodyPart body) {
  static const std::vector<Kind> thorax{Kind::granuloma, Kind::leads, Kind::blanket,
                                        Kind::dependent_atelectasis},
      head{Kind::physiological_calcification}, abdomen{Kind::phlebolith};
  return body == BodyPart::thorax ? thorax : body == BodyPart::head ? head : abdomen;
}

/// Rarer findings of the harder studies, as chances().
const std::vector<Chance>& rarer(BodyPart body) {
  static const std::vector<Chance> thorax{{Kind::loculated_effusion, 0.5, 20, 400}}, head{},
      abdomen{{Kind::liver_cyst, 0.4, 8, 50}};
  return body == BodyPart::thorax ? thorax : body == BodyPart::head ? head : abdomen;
}

double length_mm(BodyPart body) {
  return body == BodyPart::thorax ? 410 : body == BodyPart::head ? 180 : 450;
}

bool is_normal(int number) {
  return number % 4 == 3;
}

/// A size in steps of 0.1, spread evenly over its logarithm where it cannot be 0.
double size_between(Dice& dice, double least, double most) {
  const double size =
      least > 0 ? least * std::pow(most / least, dice.between(0, 1)) : dice.between(least, most);
  return std::round(size * 10) / 10;
}

void add_findings(Settings& settings, const std::vector<Chance>& table, Dice& dice) {
  for (const Chance& one : table) {
    if (!dice.with_chance(one.chance)) continue;
    const double size = size_between(dice, one.least, one.most);
    const bool right = dice.with_chance(0.5);
    const bool sided = model::phantom::row_of(settings.body, one.kind)->sided;
    settings.findings.push_back({.kind = one.kind,
                                 .side = !sided  ? Side::any
                                         : right ? Side::right
                                                 : Side::left,
                                 .size = size});
  }
}

/// What the scanner and foreign bodies do.
void add_artefacts(Settings& settings, Dice& dice) {
  const bool head = settings.body == BodyPart::head, thorax = settings.body == BodyPart::thorax;
  if (dice.with_chance(0.5)) {
    settings.findings.push_back({.kind = thorax ? Kind::pacemaker : Kind::metal});
    settings.artefacts.streak_hu = std::round(dice.between(100, 600));
  }
  if (dice.with_chance(0.4))
    settings.artefacts.motion_mm = std::round(dice.between(1, head ? 4 : 8) * 10) / 10;
  if (dice.with_chance(0.4)) {
    settings.artefacts.cupping_hu = std::round(dice.between(5, head ? 12 : 40));
    settings.artefacts.noise_fall = 0.4;
  }
  if (!thorax) return;
  for (const Kind kind : {Kind::central_line, Kind::calcified_node, Kind::apical_cap})
    if (dice.with_chance(0.4)) settings.findings.push_back({.kind = kind});
}

/// A thrombus needs an aneurysm, and contrast agent to be seen.
void add_thrombus(Settings& settings, Dice& dice) {
  const double width = size_between(dice, 42, 70), thickness = size_between(dice, 5, 20);
  if (std::ranges::find(settings.findings, Kind::aneurysm, &model::phantom::Finding::kind) ==
      settings.findings.end())
    settings.findings.push_back({.kind = Kind::aneurysm, .size = width});
  settings.findings.push_back({.kind = Kind::mural_thrombus, .size = thickness});
  if (dice.with_chance(0.7)) settings.phase = model::phantom::Phase::arterial;
}

/// Draws of their own: the plan of a study that is not harder is the same with and without this.
void make_harder(Settings& settings, int number) {
  Dice dice(2000003 * (static_cast<std::uint64_t>(number) + 1) +
            static_cast<std::uint64_t>(settings.body));
  add_artefacts(settings, dice);
  if (is_normal(number)) return;
  add_findings(settings, rarer(settings.body), dice);
  if (settings.body == BodyPart::thorax && dice.with_chance(0.5)) add_thrombus(settings, dice);
}

}  // namespace

bool is_harder(int number) {
  constexpr int all_plain_up_to = 60;
  return number > all_plain_up_to && (number % 4 == 1 || number % 8 == 7);
}

const char* name_of(BodyPart body) {
  return body == BodyPart::thorax ? "thorax" : body == BodyPart::head ? "head" : "abdomen";
}

namespace {

Settings plain(BodyPart body, int number) {
  static constexpr std::array thickness_mm{1.0, 2.5, 5.0};
  static constexpr std::array noise_hu{10.0, 20.0, 30.0};
  const auto index = static_cast<std::size_t>(number);
  const auto part = static_cast<std::uint64_t>(body);
  Dice dice(1000003 * (index + 1) + part);
  Settings settings;
  settings.body = body;
  settings.seed = 7000 + 1000 * part + index;
  settings.slice_mm = settings.thickness_mm = thickness_mm[index % 3];
  settings.slices = static_cast<int>(length_mm(body) / settings.slice_mm);
  const bool head = body == BodyPart::head;
  settings.pixel_mm = head ? 0.48 : body == BodyPart::abdomen ? 0.85 : 0.8;
  settings.noise_hu = noise_hu[index / 3 % 3] * (head ? 0.25 : 1);
  if (index % 5 == 4) settings.kernel = model::phantom::Kernel::sharp;
  if (!head && index % 7 == 6) settings.phase = model::phantom::Phase::venous;
  settings.trabecular_hu = std::round(dice.between(70, 220));
  settings.nodule = false;
  settings.structure_masks = false;
  for (const Kind kind : distractors(body))
    if (dice.with_chance(0.4)) settings.findings.push_back({.kind = kind});
  if (is_normal(number)) return settings;
  add_findings(settings, chances(body), dice);
  return settings;
}

}  // namespace

Settings planned(BodyPart body, int number) {
  Settings settings = plain(body, number);
  if (is_harder(number)) make_harder(settings, number);
  return settings;
}

const char* size_class(const std::string& kind, double size) {
  if (kind == "nodule")
    return size < 6 ? "below 6 mm" : size < 10 ? "6 to 10 mm" : "10 mm and more";
  if (kind == "effusion") return size < 50 ? "below 50 mL" : "50 mL and more";
  if (kind == "pneumothorax") return size < 30 ? "below 30 mL" : "30 mL and more";
  if (kind == "haemorrhage" || kind == "epidural" || kind == "subdural")
    return size < 2 ? "below 2 mL" : size < 10 ? "2 to 10 mL" : "10 mL and more";
  if (kind == "midline-shift") return size < 5 ? "3 to 5 mm" : "5 mm and more";
  if (kind == "stone") return size < 4 ? "below 4 mm" : "4 mm and more";
  return "all";
}

}  // namespace tomoscribe::evaluation
