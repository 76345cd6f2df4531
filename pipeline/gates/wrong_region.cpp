// What was ordered against what the pixels show. The header's body part is often a copy of the
// protocol: it is compared, and the pixels are believed.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "pipeline/gates/gates.h"
#include "pipeline/gates/parts.h"

namespace tomoscribe::pipeline::gates {
namespace {

using measure::BodyRegion;

constexpr double least_share = 0.05;
constexpr double least_scan_mm = 75;  // a slab shorter than this shows too little of any region
constexpr std::array<BodyRegion, 4> downwards{BodyRegion::head, BodyRegion::chest,
                                              BodyRegion::abdomen, BodyRegion::pelvis};
constexpr std::array<const char*, 4> words{"head", "chest", "abdomen", "pelvis"};
using Which = std::array<bool, 4>;  ///< of `downwards`

/// The head of a person; bones and organs have heads too, and patients lie head first or with their
/// arms over the head. In doubt it is none: a wrong stop leaves a study unread.
bool names_head(const std::string& text) {
  if (says(text, {"brain", "skull", "cranium", "cranial ct", "ct cranial"})) return true;
  if (says(text, {"cerebr*"}) && !says(text, {"cerebrospinal", "cerebral palsy"})) return true;
  return says(text, {"head"}) &&
         !says(text,
               {"head of", "head first", "over head", "above head", "over the head", "femor*",
                "femur",   "humer*",     "radial",    "radius",     "ulna*",         "fibula*",
                "tibia*",  "talar",      "talus",     "metatars*",  "metacarp*",     "mandib*",
                "condyl*", "pancrea*",   "hip",       "hips",       "shoulder*",     "elbow*",
                "biceps",  "necrosis",   "arthro*",   "prosthe*"});
}

Which named_in(const std::string& text) {
  return {names_head(text), says(text, {"chest", "thorax", "thorac*", "lung*", "pulmon*"}),
          says(text, {"abdom*", "liver", "kidney*", "renal", "pancrea*"}),
          says(text, {"pelvi*", "bladder", "prostat*"}) && !says(text, {"gall bladder"})};
}

Which seen_in(const measure::Scene& scene) {
  Which seen{};
  for (std::size_t i = 0; i < seen.size(); ++i) seen[i] = scene.share(downwards[i]) >= least_share;
  return seen;
}

bool any(const Which& which) {
  return which[0] || which[1] || which[2] || which[3];
}

std::string list(const Which& which) {
  std::string text;
  for (std::size_t i = 0; i < which.size(); ++i)
    if (which[i]) text += (text.empty() ? "" : ", ") + std::string(words[i]);
  return text;
}

/// How many regions lie from one set to the other; 0: they overlap. The head is a region away from
/// everything: nobody mistakes it.
int distance(const Which& named, const Which& seen) {
  int least = 9;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      if (!named[static_cast<std::size_t>(i)] || !seen[static_cast<std::size_t>(j)]) continue;
      const int apart = std::abs(i - j);
      least = std::min(least, apart > 0 && (i == 0 || j == 0) ? apart + 1 : apart);
    }
  return least;
}

}  // namespace

Result wrong_region(const measure::Scene& scene) {
  const Which seen = seen_in(scene);
  const double scan_mm = measure::working_mm * static_cast<double>(scene.regions.size());
  if (!any(seen) || scan_mm < least_scan_mm) return passed();
  if (scene.order != nullptr) {
    const Which ordered = named_in(scene.order->procedure.meaning);
    if (any(ordered) && distance(ordered, seen) >= 2)
      return stopped("ordered: " + list(ordered) + "; the images show: " + list(seen) +
                     ": order and images do not belong together");
  }
  const Which stated = named_in(scene.volume.header.body_part_examined);
  if (any(stated) && distance(stated, seen) >= 2)
    return passed("the header names " + list(stated) + " as body part; the images show " +
                  list(seen));
  return passed();
}

}  // namespace tomoscribe::pipeline::gates
