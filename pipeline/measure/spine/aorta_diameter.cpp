// Largest diameter of the descending thoracic and of the abdominal aorta (QUANTIFICATION A): outer
// wall, square to the course. Neither the arch nor the passage through the diaphragm is measured:
// the first is not beside the spine, in the second the crura lie against the wall. A wide one is a
// candidate: what has grown together with bowel or thrombus of the same density is judged by eye.
#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/measure/excluded.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "pipeline/measure/spine/aorta_largest.h"
#include "reporting/knowledge/rules.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr double wide_thoracic_mm = 40, aneurysm_mm = 30;
constexpr double arch_margin_mm = 25, dome_margin_mm = 40, bifurcation_margin_mm = 12;
constexpr double apex_over_arch_mm = 75;  // no more chest than that lies above an arch
constexpr double slope_reach_mm = 12, arch_slope = 0.45, arch_search_mm = 80;
constexpr double least_followed_mm = 50;  // of an abdomen of twice that or more
constexpr int l1 = 20, l4 = 23;

/// One of the two parts.
struct Part {
  std::string id, title, wide_title, doubt_title, name;
  reporting::Code site;
  double wide_mm = 0;
  std::vector<std::string_view> rules;  ///< the strictest first; the first one that holds is said
  int from = 0, to = -1;                ///< working slices
  bool cut = false;                     ///< the scan or the track ends within it
  bool in_abdomen = false;
  std::vector<std::string> conditions;
};

/// Ends of the track.
std::pair<int, int> track_of(const Scene& scene) {
  int first = -1, last = -2;
  for (int i = 0; i < static_cast<int>(scene.aorta.at.size()); ++i)
    if (scene.aorta.covers(i)) {
      if (first < 0) first = i;
      last = i;
    }
  return {first, last};
}

/// The lowest slice with lung, 0 without.
int lowest_lung(const Scene& scene) {
  const auto plane = scene.work.grid.offset(0, 0, 1);
  const auto at = std::ranges::find_if(
      scene.labels, [](std::uint8_t label) { return label == right_lung || label == left_lung; });
  return at == scene.labels.end()
             ? 0
             : static_cast<int>(static_cast<std::size_t>(at - scene.labels.begin()) / plane);
}

/// How far the aorta moves to the front for each millimetre further up, against the spine, around a
/// working slice: a straight line through 24 mm of the track. 0 where too little was followed.
double forward_slope(const Scene& scene, int slice) {
  const int reach = static_cast<int>(slope_reach_mm / working_mm);
  double n = 0, z = 0, zz = 0, sum = 0, with_z = 0;
  for (int i = slice - reach; i <= slice + reach; ++i) {
    if (!scene.aorta.covers(i) || !scene.spine.covers(i)) continue;
    const auto at = static_cast<std::size_t>(i);
    const double front = scene.spine.at[at].body_row - scene.aorta.at[at].row, d = i - slice;
    n += 1, z += d, zz += d * d, sum += front, with_z += d * front;
  }
  const double spread = n * zz - z * z;
  return n < 4 || spread <= 0 ? 0 : (n * with_z - z * sum) / spread;
}

/// Where the arch begins: the lowest slice of the track's upper end from which the aorta leaves the
/// spine for the front. Sections there are cut along the arch and look too wide.
int arch_from(const Scene& scene, int first, int last) {
  const int low = std::max(first, last - static_cast<int>(arch_search_mm / working_mm));
  for (int i = low; i <= last; ++i)
    if (scene.aorta.covers(i) && forward_slope(scene, i) > arch_slope) return i;
  return last + 1;
}

/// The slices of the chest above the diaphragm's domes and below the arch.
Part thoracic(const Scene& scene) {
  Part part{.id = "aorta.thoracic",
            .title = "Descending thoracic aorta",
            .wide_title = "wide descending thoracic aorta (40 mm or more)",
            .doubt_title = "descending thoracic aorta, outer wall not certain",
            .name = "largest diameter",
            .site = codes::thoracic_aorta,
            .wide_mm = wide_thoracic_mm,
            .rules = {"aorta.thoracic-40"}};
  const auto [first, last] = track_of(scene);
  const auto is_chest = [&](int i) {
    return scene.regions[static_cast<std::size_t>(i)] == BodyRegion::chest;
  };
  part.cut = last >= scene.work.grid.size[2] - 4;  // then the arch is not in the scan
  part.to = part.cut ? last : last - static_cast<int>(arch_margin_mm / working_mm);
  const int arch = arch_from(scene, first, last);
  part.to = std::min(part.to, arch - 1);
  part.from = first;
  while (part.from <= part.to && !is_chest(part.from)) ++part.from;
  int lowest = 0;
  while (lowest < part.from && !is_chest(lowest)) ++lowest;
  // Lost before the arch, or further above the lungs' bases than the
  // diaphragm's passage.
  int highest = static_cast<int>(scene.regions.size()) - 1;
  while (highest > last && !is_chest(highest)) --highest;
  part.cut = part.cut || part.from - lowest > static_cast<int>(dome_margin_mm / working_mm) ||
             (arch > last && highest - last > static_cast<int>(apex_over_arch_mm / working_mm));
  part.conditions.emplace_back(
      "arch, ascending aorta and the passage through the diaphragm are "
      "not measured");
  return part;
}

/// From L1 to L4, or what of the abdomen lies well below the lungs where levels are not known.
Part abdominal(const Scene& scene) {
  Part part{.id = "aorta.abdominal",
            .title = "Abdominal aorta",
            .wide_title = "aneurysm of the abdominal aorta (30 mm or more)",
            .name = "largest diameter",
            .site = codes::abdominal_aorta,
            .wide_mm = aneurysm_mm,
            .rules = {"aorta.abdominal-55", "aorta.abdominal-50", "aorta.abdominal-40",
                      "aorta.abdominal-30"},
            .in_abdomen = true};
  const auto [first, last] = track_of(scene);
  const int margin = static_cast<int>(bifurcation_margin_mm / working_mm);
  const Vertebra* top = scene.vertebrae.find(l1);
  const Vertebra* bottom = scene.vertebrae.find(l4);
  part.from = bottom != nullptr ? static_cast<int>(bottom->middle()) : first + margin;
  if (bottom == nullptr && first < 4) part.from = first;  // the scan ends before the bifurcation
  part.to =
      top != nullptr
          ? static_cast<int>(top->middle())
          : std::min(last, lowest_lung(scene) - static_cast<int>(dome_margin_mm / working_mm));
  for (int i = std::max(part.from, 0); i <= part.to; ++i)
    if (scene.regions[static_cast<std::size_t>(i)] == BodyRegion::chest) part.to = i - 1;
  if (bottom == nullptr && first < 0) part.to = part.from - 1;  // no bifurcation to end at
  part.cut = top == nullptr || bottom == nullptr;
  part.conditions.emplace_back(scene.vertebrae.named ? "levels estimated" : scene.vertebrae.reason);
  return part;
}

std::string level_of(const Scene& scene, double slice) {
  for (const Vertebra& one : scene.vertebrae.all)
    if (slice >= one.lower_disc && slice < one.upper_disc && one.number > 0)
      return " at " + one.name() + " (estimated)";
  return {};
}

/// "image 120 at L3 (estimated)"
std::string place_words(const Scene& scene, int slice) {
  return image_words(scene, slice) + level_of(scene, slice);
}

/// Where it was lost before the end of what was to be measured; empty: nowhere.
std::string lost_words(const Scene& scene, const Part& part, const Largest& largest) {
  const int margin = static_cast<int>(bifurcation_margin_mm / working_mm);
  std::string words;
  if (largest.first > part.from + margin) words = "lost below " + place_words(scene, largest.first);
  if (largest.last < part.to - margin)
    words += (words.empty() ? "lost above " : ", and above ") + place_words(scene, largest.last);
  return words;
}

reporting::Measurement measurement_of(const Scene& scene, const Part& part,
                                      const Largest& largest) {
  const AortaSection& section = largest.section;
  const std::string lost = lost_words(scene, part, largest);
  reporting::Measurement result{.id = part.id + ".diameter",
                                .name = part.name + level_of(scene, section.slice),
                                .concept_name = codes::diameter,
                                .value = std::round(section.longest_mm),
                                .unit = codes::millimetre,
                                .decimals = 0,
                                .uncertainty = std::ceil(largest.uncertainty_mm - 0.05),
                                .method = largest.method,
                                .conditions = part.conditions,
                                .not_assessed = {},
                                .lower_bound = part.cut || largest.at_least || !lost.empty()};
  result.conditions.push_back(
      "measured on " + std::to_string(largest.sections) + " sections from " +
      place_words(scene, largest.first) + " to " + place_words(scene, largest.last) +
      "; at the largest the wall is seen in " + number_text(100 * section.seen, 0) +
      " % of the directions, shortest " + number_text(section.shortest_mm, 0) + " mm");
  if (!largest.doubt.empty())
    result.conditions.push_back("outer wall not certain: " + largest.doubt);
  if (!lost.empty()) result.conditions.push_back(lost);
  if (part.cut) result.conditions.emplace_back("only part of it is in the scan or was followed");
  result.conditions.emplace_back("flagged: to be confirmed on the images");
  return result;
}

/// Millimetres of the scan that show the abdomen.
double abdomen_mm(const Scene& scene) {
  return working_mm * static_cast<double>(std::ranges::count(scene.regions, BodyRegion::abdomen));
}

/// Why a short stretch says nothing of the whole; empty when it does.
std::string too_short(const Scene& scene, const Part& part, const Largest& largest) {
  const double followed = (largest.last - largest.first) * working_mm;
  if (!part.in_abdomen || followed >= least_followed_mm ||
      abdomen_mm(scene) < 2 * least_followed_mm)
    return {};
  return "followed only from " + place_words(scene, largest.first) + " to " +
         place_words(scene, largest.last) + " (" + number_text(followed, 0) +
         " mm); below and above it was lost";
}

/// Why no diameter was found.
std::string not_seen_words(const Scene& scene, const Part& part) {
  if (part.from > part.to) {
    std::string reason = "neither levels nor a course beside the spine say where it lies";
    constexpr int margin = 7;  // 10 mm: then the spine was followed as far as the scan goes
    if (scene.spine.first < margin && scene.spine.last >= scene.work.grid.size[2] - margin)
      return reason;
    return reason + ": the spine was followed only from " + image_words(scene, scene.spine.first) +
           " to " + image_words(scene, scene.spine.last);
  }
  return "its wall was not seen well enough beside the spine from " +
         place_words(scene, part.from) + " to " + place_words(scene, part.to);
}

/// The first of the part's rules that holds.
void add_rule(const Part& part, reporting::Finding& finding) {
  const auto rule = std::ranges::find_if(part.rules, [&](std::string_view id) {
    return reporting::knowledge::reached(reporting::knowledge::rule(id),
                                         finding.measurements.front());
  });
  if (rule != part.rules.end())
    reporting::knowledge::recommend(finding, reporting::knowledge::rule(*rule));
}

void add(const Scene& scene, const Part& part, Findings& findings) {
  const auto absent = [&](std::string reason) {
    findings.push_back(
        not_assessed_finding(part.id, part.title, codes::presence, part.site, std::move(reason)));
  };
  if (const auto may = scene.gates.allowed(gates::Use::size); !may) return absent(may.reason);
  if (!scene.spine.found()) return absent("no spine to follow it along");
  const std::optional<Largest> largest =
      part.in_abdomen ? largest_of_chain(scene, abdominal_field, part.from, part.to)
                      : largest_in_chest(scene, part.from, part.to);
  if (!largest) return absent(not_seen_words(scene, part));
  const bool wide = scene.gates.allowed(gates::Use::norms) &&
                    std::round(largest->section.longest_mm) >= part.wide_mm;
  if (!wide)
    if (std::string reason = too_short(scene, part, *largest); !reason.empty())
      return absent(std::move(reason));
  const bool sure = !wide && largest->doubt.empty();
  reporting::Finding finding =
      sure ? measured_finding(part.id, part.title, codes::presence, part.site)
           : candidate_finding(part.id, wide ? part.wide_title : part.doubt_title, codes::presence,
                               part.site);
  finding.measurements.push_back(measurement_of(scene, part, *largest));
  add_rule(part, finding);
  const Grid& grid = scene.work.grid;
  const auto point = [&](const Vec3& index) { return grid.point_mm(index[0], index[1], index[2]); };
  if (auto evidence =
          line_on_image(scene, point(largest->section.longest_from),
                        point(largest->section.longest_to), part.id + ".line", "largest diameter"))
    finding.evidence.push_back(std::move(*evidence));
  findings.push_back(std::move(finding));
}

}  // namespace

void aorta_diameter(Scene& scene, Findings& findings) {
  if (scene.labels.empty()) return;
  if (scene.shows(BodyRegion::chest)) add(scene, thoracic(scene), findings);
  if (scene.shows(BodyRegion::abdomen)) add(scene, abdominal(scene), findings);
}

}  // namespace tomoscribe::pipeline::measure
