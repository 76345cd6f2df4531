#pragma once
// What the measuring steps share: the volume, its working grid along the patient's axes, and the
// masks that earlier steps left there.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/gates/gate.h"
#include "pipeline/measure/filters.h"
#include "pipeline/normalise.h"
#include "pipeline/volume.h"
#include "reporting/report.h"

namespace tomoscribe::pipeline::measure {

enum class BodyRegion : std::uint8_t { none, head, chest, abdomen, pelvis };

/// Values of Scene::labels (working grid) and Scene::native (the volume's own grid).
enum Label : std::uint8_t { nothing = 0, body = 1, right_lung = 2, left_lung = 3, airway = 4 };

/// What one label covers on one native slice: voxels and the sums of their columns and rows.
struct Section {
  std::uint64_t voxels = 0, columns = 0, rows = 0;
};

/// Every section of the volume, counted once.
struct Sections {
  std::vector<std::array<Section, 5>> of;  ///< [slice][Label]
  std::size_t voxels(Label label) const;
};

struct Scene {
  const Volume& volume;
  GridImage work;                       ///< 1.5 mm along the patient's axes; cut to the body
  std::vector<std::int16_t> smooth;     ///< of `work`, sigma 1.5 mm
  Mask body;                            ///< working grid, lungs and bowel gas included
  double border_share = 0;              ///< share of slices where the body is cut at the side
  std::vector<BodyRegion> regions;      ///< per working slice, feet first
  bool skull_without_brain = false;     ///< a shell of bone with no tissue of brain density in it
  Mask labels;                          ///< Label per working voxel
  std::vector<std::string> lung_notes;  ///< what had to be decided, for the conditions
  LabelMap native;                      ///< Label per voxel of the volume; filled by label_native
  Sections sections;                    ///< of `native`
  gates::Gates gates;                   ///< what may be measured; filled by the step "gates"
  const reporting::Order* order = nullptr;  ///< what was asked for, where that is known

  double share(BodyRegion region) const;  ///< of the slices
  bool shows(BodyRegion region) const { return share(region) > 0; }
};

inline constexpr double working_mm = 1.5;
using Findings = std::vector<reporting::Finding>;

/// The finding with that id; it must have been made by an earlier step.
reporting::Finding& finding(Findings& findings, std::string_view id);

/// Working labels carried to the native grid; the border of lung and airway is drawn there by HU.
/// Fills `native` and `sections`.
void label_native(Scene& scene);

}  // namespace tomoscribe::pipeline::measure
