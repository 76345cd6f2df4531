#pragma once
// Which images and lines of text a model gets for its context: decided before a pixel is drawn.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/image_preprocess.h"
#include "model/views/ct_volume.h"
#include "model/views/presets.h"
#include "model/views/view.h"

namespace tomoscribe::model {

enum class Region : std::uint8_t { head, neck, chest, abdomen, pelvis };

const char* name_of(Region region);
std::optional<Region> region_of(const std::string& name);

/// A region that the volume shows. Without `z_mm` the regions share the volume from head to feet.
struct RegionSpan {
  Region region = Region::chest;
  std::optional<std::array<double, 2>> z_mm;  ///< both ends, in any order
};

/// A place that somebody should look at.
struct Candidate {
  std::string id;
  BoxMm box;
  double weight = 0.5;  ///< 0 to 1
  std::string words;    ///< "solid nodule"; may be empty
};

/// A measurement as the model is to read it.
struct MeasurementRow {
  std::string id, name;
  std::string value;  ///< with unit and uncertainty: "12.1 mm (u 0.4 mm)"
  std::optional<BoxMm> where;
  std::string words;  ///< "above the usual range"; may be empty
};

/// What the order says.
struct ExamText {
  std::string indication, question;
};

struct PlanRequest {
  VolumeGeometry geometry;
  std::vector<RegionSpan> regions;  ///< empty: unknown
  /// Where the body is: whole-plane pictures are drawn so that it fills them. Nothing: the whole
  /// plane.
  std::optional<BoxMm> body;
  std::vector<Candidate> candidates;
  std::vector<MeasurementRow> rows;
  ExamText exam;
  ImageRule rule;
  std::int64_t budget_tokens = 0;  ///< for images, captions and the table
  std::uint64_t seed = 0;          ///< of the control crops
  std::vector<WindowPreset> presets = standard_presets();
  std::string preset;  ///< name of one for all views; empty: by region and question
  /// Tokens of a text; empty: one for each byte, which no byte-level vocabulary exceeds.
  std::function<std::int64_t(const std::string&)> text_tokens;
};

inline constexpr int most_candidate_crops = 12;
inline constexpr int control_crops = 2;
inline constexpr int most_table_rows = 64;

/// What the packet leaves out, in words and numbers.
struct NotShown {
  std::vector<std::array<double, 2>> axial_gaps_mm;      ///< z, head end first: in no axial tile
  std::vector<std::array<double, 2>> outside_region_mm;  ///< z of the volume, head end first
  std::vector<std::string> candidates;                   ///< ids without a crop
  std::size_t rows = 0;                                  ///< measurements not in the table
};

struct ViewPlan {
  std::vector<View> views;  ///< in the order of the packet
  std::string legend;       ///< what the colours mean: stands before the views
  int legend_tokens = 0;
  std::vector<std::size_t> rows;  ///< places in the request of the table's lines, in order
  std::string table;              ///< the text of the table; empty without measurements
  int table_tokens = 0;
  std::int64_t tokens = 0;  ///< all: never over the budget
  std::int64_t budget_tokens = 0;
  std::uint64_t seed = 0;
  std::vector<std::string> question_words;  ///< what of the order was understood
  double axial_mm = 0, region_mm = 0;       ///< along the body: in axial tiles, and in all
  NotShown not_shown;
};

/// Chooses the packet. Each step adds a view, a line of the table, or pixels to a view; the steps'
/// order does not depend on the budget and the plan is as many of them as fit. So a larger budget
/// shows all that a smaller one shows, at the same size or larger. The first step is the scout: its
/// coronal and sagittal tiles hold every millimetre of the region along the body.
/// Equal requests give equal plans.
/// \throws UnfitViews when the geometry cannot be used, numbers are not finite, a preset is
/// missing, or the scout does not fit the budget or the rule's largest image; UnfitImage,
/// std::invalid_argument as token_grid.
ViewPlan plan_views(const PlanRequest& request);

/// The line of text that stands before a view: what it shows, not why.
std::string caption(const View& view);

/// Places in `views` of those that can be drawn: all slices they need are there.
/// `present`: per slice of the volume (slice_at).
std::vector<std::size_t> complete_views(const ViewPlan& plan, const std::vector<bool>& present);

/// The plan for the record, with all views, what each shows, costs and why, and what is not shown.
/// Control crops are named: this text is not for the model.
std::string to_json(const ViewPlan& plan);

}  // namespace tomoscribe::model
