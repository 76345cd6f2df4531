#pragma once
// What the measuring steps share: the volume, its working grid along the patient's axes, and the
// masks that earlier steps left there.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/gates/gate.h"
#include "pipeline/measure/filters.h"
#include "pipeline/measure/head/blob.h"
#include "pipeline/measure/head/cranium.h"
#include "pipeline/normalise.h"
#include "pipeline/volume.h"
#include "reporting/report.h"

namespace tomoscribe::pipeline::measure {

enum class BodyRegion : std::uint8_t { none, head, chest, abdomen, pelvis };

/// Values of Scene::labels (working grid) and Scene::native (the volume's own grid).
enum Label : std::uint8_t {
  nothing = 0,
  body = 1,
  right_lung = 2,
  left_lung = 3,
  airway = 4,
  right_pleural_gas = 5,  ///< pure gas between lung and ribs
  left_pleural_gas = 6
};
inline constexpr std::size_t label_count = 7;

/// Values of Scene::opaque.
enum Opacity : std::uint8_t {
  ground_glass_here = 1,
  consolidation_here = 2,
  mass_here = 3,
  mediastinum_here = 4
};

/// What one label covers on one native slice: voxels and the sums of their columns and rows.
struct Section {
  std::uint64_t voxels = 0, columns = 0, rows = 0;
};

/// Every section of the volume, counted once.
struct Sections {
  std::vector<std::array<Section, label_count>> of;  ///< [slice][Label]
  std::size_t voxels(Label label) const;
};

/// The spine on one working slice, as columns and rows of the working grid (fractions allowed).
struct SpineSlice {
  double canal_column = 0, canal_row = 0;  ///< middle of the spinal canal
  double body_column = 0, body_row = 0;    ///< middle of the vertebral body or disc
  double half_depth_mm = 0;                ///< of the body, front to back
  double half_width_mm = 0;                ///< of the body, side to side
  double score = 0;                        ///< how much the slice looks like a spine, 0 to 1
};

/// The spine as far as it was followed.
struct Spine {
  int first = 0, last = -1;    ///< working slices, both included
  std::vector<SpineSlice> at;  ///< per working slice; means something from first to last only
  bool found() const { return last >= first; }
  bool covers(int slice) const { return slice >= first && slice <= last; }
};

/// One vertebra between its discs, along the curve of the vertebral bodies.
struct Vertebra {
  double lower_disc = 0, upper_disc = 0;  ///< middles of the discs, working slices with fractions
  int number = 0;                         ///< C1 is 1, T1 is 8, L1 is 20; 0 while it is not known
  bool whole = false;                     ///< both discs were seen
  double middle() const { return (lower_disc + upper_disc) / 2; }
  std::string name() const;  ///< "L1"; empty while it is not known
};

/// The vertebrae that the scan shows whole, from below.
struct Vertebrae {
  std::vector<Vertebra> all;
  bool named = false;                  ///< two landmarks agree
  std::string reason;                  ///< why they are not named
  std::vector<std::string> landmarks;  ///< "lowest rib at T12"
  const Vertebra* find(int number) const;
};

/// The descending aorta on one working slice, as columns and rows of the working grid.
struct AortaSlice {
  double column = 0, row = 0;
  double radius_mm = 0;
  double score = 0;  ///< share of directions in which its edge was seen; 0: not followed here
  double hu = 0;     ///< median of its core
};

/// Thoracic below the arch and abdominal, beside the spine.
struct Aorta {
  std::vector<AortaSlice> at;  ///< per working slice; empty without a spine
  bool covers(int slice) const;
};

/// By the density of the blood, not by the header.
enum class ContrastPhase : std::uint8_t {
  unknown,        ///< no vessel was found to measure
  unenhanced,     ///< below 70 HU
  indeterminate,  ///< 70 to 130 HU
  enhanced,       ///< above 130 HU
  arterial        ///< above 250 HU
};

struct Contrast {
  ContrastPhase phase = ContrastPhase::unknown;
  std::optional<double> blood_hu;
  /// Enhanced or arterial.
  bool given() const {
    return phase == ContrastPhase::enhanced || phase == ContrastPhase::arterial;
  }
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
  std::int16_t lung_border_hu = -400;   ///< half way from lung to soft tissue; by the step "lungs"
  LabelMap native;                      ///< Label per voxel of the volume; filled by label_native
  Sections sections;                    ///< of `native`
  Mask bone;                            ///< working grid; empty without a body
  Spine spine;
  Vertebrae vertebrae;
  Aorta aorta;
  Contrast contrast;

  Mask recess;  ///< working grid: thin recesses of the lungs, no place of nodules
  Mask fluid;   ///< working grid: pleural fluid that was proposed; empty where none was
  Mask opaque;  ///< working grid: Opacity; empty before the step "opacity"

  std::optional<Cranium> cranium;           ///< skull and intracranial space, where a head is shown
  std::optional<Blobs> blobs;               ///< hyperdense components of the brain; "hyperdense"
  std::string no_cranium;                   ///< why there is none
  gates::Gates gates;                       ///< what may be measured; filled by the step "gates"
  const reporting::Order* order = nullptr;  ///< what was asked for, where that is known

  double share(BodyRegion region) const;  ///< of the slices
  bool shows(BodyRegion region) const { return share(region) > 0; }
};

inline constexpr double working_mm = 1.5;
using Findings = std::vector<reporting::Finding>;

/// The finding with that id; it must have been made by an earlier step.
reporting::Finding& finding(Findings& findings, std::string_view id);

/// Standard deviation of what smoothing takes away in soft tissue: the scan's noise on the working
/// grid, HU.
double noise_hu(const Scene& scene);

/// Working labels carried to the native grid; the border of lung and airway is drawn there by HU.
/// Fills `native` and `sections`.
void label_native(Scene& scene);

}  // namespace tomoscribe::pipeline::measure
