#pragma once
// CT phantoms whose every number is known: pixels and truth from one seed. Standard library only;
// names no DICOM.

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tomoscribe::model::phantom {

enum class BodyPart { thorax, head, abdomen };

/// What can be asked for; each body part knows some of them (kinds()).
enum class Kind : std::uint8_t {
  nodule,
  mass,
  consolidation,
  ground_glass,
  effusion,
  pneumothorax,
  emphysema,
  coronary_calcium,
  aortic_calcium,
  aneurysm,
  compression,
  haemorrhage,
  epidural,
  subdural,
  subarachnoid,
  infarct,
  midline_shift,
  hydrocephalus,
  stone,
  cyst,
  lesion,
  steatosis,
  free_air,
  ascites,
  hydronephrosis,
  loculated_effusion,
  mural_thrombus,
  liver_cyst,
  // Distractors: what must not be reported as one of the above.
  granuloma,
  leads,
  blanket,
  dependent_atelectasis,
  physiological_calcification,
  phlebolith,
  metal,
  pacemaker,
  central_line,
  calcified_node,
  apical_cap
};

enum class Side { any, right, left };
/// How a nodule or lesion is built; `usual` is the kind's own.
enum class Density { usual, part_solid, ground_glass, spiculated, calcified, juxtapleural };
/// Between a prior and the current scan.
enum class Course { stable, changing, appeared, resolved };

struct Finding {
  Kind kind = Kind::nodule;
  Side side = Side::any;
  double size = 0;  ///< in the kind's unit (kinds()); 0: the kind's usual size
  Density density = Density::usual;
  std::string level;  ///< vertebra "T4" to "L5", for kinds that lie at one; empty: any
  Course course = Course::stable;
  double doubling_days = 0;  ///< of the volume, for Course::changing; below 0: it shrinks
};

/// One row per body part and kind.
struct KindRow {
  BodyPart body;
  Kind kind;
  std::string_view word;         ///< on the command line and in truth.json: "nodule"
  std::string_view observation;  ///< in the draft vocabulary; empty for a distractor
  std::string_view site;         ///< in the draft vocabulary
  std::string_view unit;         ///< of its size: "mm", "mL", "mm3", "%", "HU", "" (no size)
  double usual, least, most;
  bool sided;
  bool distractor;
};
std::span<const KindRow> kinds();
/// nullptr when that body part does not know the kind.
const KindRow* row_of(BodyPart body, Kind kind);

enum class Kernel { smooth, sharp };
enum class Phase { none, arterial, venous, delayed };

/// On the back, on the front, on a side; head first.
enum class Lying { supine, prone, right_side, left_side };

/// What a scanner adds that no patient has; all 0: nothing.
struct Artefacts {
  double noise_fall = 0;  ///< noise at the edge of the picture is weaker than in its middle by that
                          ///< share, 0 to 0.9
  double cupping_hu = 0;  ///< the middle of the body is too dark by that, hardening of the beam
  double motion_mm = 0;   ///< half of the views saw the body that much further in front
  double streak_hu = 0;   ///< SD of the rays at the surface of metal, falling with the distance
};

struct Settings {
  std::uint64_t seed = 1;  ///< another seed is another person
  BodyPart body = BodyPart::thorax;
  int columns = 512, rows = 512, slices = 140;
  double pixel_mm = 0.8,
         slice_mm =
             2.5;  ///< spacing; the defaults hold the whole chest with margins above and below
  double thickness_mm = 0;  ///< each slice is the mean of thin layers over that height; 0: one
                            ///< layer of the spacing, quick
  double noise_hu = 20;     ///< SD behind the smooth kernel; the sharp one raises it
  Kernel kernel = Kernel::smooth;
  double tilt_degrees = 0;       ///< of the gantry; positive: the top of the picture lies lower,
                                 ///< as in DICOM for a patient lying head first, supine
  double padding_circle_mm = 0;  ///< pixels outside that circle are padding (-1024); 0: none
  int every_second_from = 0;     ///< above that slice every second one is left out of the files: a
                                 ///< series of mixed spacing; 0: none
  Artefacts artefacts;
  Phase phase = Phase::none;
  Lying lying = Lying::supine;  ///< thorax: where table, fluid and pleural gas are; nothing else
                                ///< moves
  double trabecular_hu = 165;   ///< of the vertebral bodies' marrow
  std::uint64_t scan = 0;   ///< another scan of the same person: other noise, slightly other pose
  double weeks_before = 0;  ///< how long before the current scan; findings follow their course
  bool nodule = true;       ///< thorax: one solid nodule beside the findings, "nodule.1"
  double nodule_diameter_mm = 12;
  std::vector<Finding> findings;
  bool structure_masks = false;  ///< mask runs of organs too, not only of findings
};

/// Voxels of one row: from `column`, `length` of them.
struct Run {
  std::int32_t slice, row, column, length;
};

/// Truth of one structure or finding, from the voxels painted, before noise.
struct Truth {
  enum class Role { structure, finding, distractor };

  std::string name;  ///< "lung.right", "trachea", "nodule.1"; the same in prior and current scan
  std::string side;  ///< "right", "left" or ""
  double volume_ml = 0;
  double mean_hu = 0;
  std::array<double, 3> centre_mm{};  ///< LPS
  std::array<double, 3> size_mm{};    ///< along x, y, z
  double fraction_below_950 = 0;      ///< lungs: of the painted voxels
  std::vector<std::array<int, 5>>
      boxes;  ///< per slice: slice, column0, row0, column1, row1 (inclusive)

  Role role = Role::structure;
  std::string kind;         ///< KindRow::word; empty for a structure
  std::string observation;  ///< KindRow::observation
  std::string site;         ///< KindRow::site, or a finer one
  std::string density;      ///< "solid", "part-solid", …; empty where it says nothing
  std::string level;        ///< vertebra at the centre's height, "T8"
  std::string zone;         ///< "upper", "middle", "lower" third of the lung
  std::string course;       ///< "stable", "changing", "appeared", "resolved"
  double asked_size = 0;    ///< in KindRow::unit, of this scan
  std::string unit;
  double diameter_mm = 0;        ///< mean of long and short axis where the axial section is largest
  double long_axis_mm = 0;       ///< longest axial extent
  std::vector<Run> runs;         ///< the mask on the voxel grid
  double contrast_to_noise = 0;  ///< against what lies beside it in its rows
  double size_pixels = 0;        ///< diameter in pixels, or in slices where that is less
  double detectability = 0;      ///< below 1 nobody can be expected to see it
  bool expected = true;          ///< detectability at least 1; false too where no voxel is its own
  std::map<std::string, double> quantities;  ///< "agatston", "trabecular_hu", "height_loss_percent"
};

/// Shape: [slices, rows, columns], columns fastest. Units: HU. Axes: LPS; slice 0 is the most
/// inferior. Voxel (column, row, slice) lies at first_voxel_mm + column * pixel_mm * (1, 0, 0) +
/// row
/// * pixel_mm * row_step + slice * slice_mm * (0, 0, 1).
struct Phantom {
  Settings settings;
  std::vector<std::int16_t> hu;
  std::array<double, 3> first_voxel_mm{};   ///< LPS centre of voxel (0,0,0)
  std::array<double, 3> row_step{0, 1, 0};  ///< unit vector down the rows: tilted with the gantry
  std::vector<Truth> truth;
  std::vector<std::string> missing;  ///< findings that found no place in the scan, by name
};

/// \throws std::invalid_argument in one sentence when no scanner or body has such settings.
void check(const Settings& settings);

/// The phantom that the settings describe. Byte-identical for equal settings. Speed goal:
/// 512x512x300 in 10 s on one core.
/// \throws std::invalid_argument as check() does.
Phantom make(const Settings& settings);

/// A thorax: body, table, both lungs with vessels, trachea and main bronchi, ribs, spine, heart,
/// upper abdomen, findings.
Phantom thorax(const Settings& settings);
Phantom head(const Settings& settings);
Phantom abdomen(const Settings& settings);

/// The settings as JSON: equal text, equal phantom.
std::string settings_json(const Settings& settings);

/// truth.json: settings and truths.
std::string truth_json(const Phantom& phantom);

}  // namespace tomoscribe::model::phantom
