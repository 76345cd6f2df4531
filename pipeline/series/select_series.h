#pragma once
// Which series of a study is read, and a stated reason for each one taken or left.

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dicom/instance_header.h"
#include "pipeline/analyse.h"
#include "pipeline/series/stack_slices.h"
#include "reporting/report.h"

namespace tomoscribe::pipeline {

struct InstanceFile {
  std::filesystem::path file;
  dicom::InstanceHeader header;
};

/// One frame of one instance.
struct FrameRef {
  std::size_t instance = 0;  ///< index in the list given to select_series
  int frame = 0;             ///< from 0
};

/// What of one series makes a volume.
struct SeriesSlices {
  std::size_t series = 0;        ///< index in SeriesChoice::series
  std::vector<FrameRef> frames;  ///< Stack::order points in here
  Stack stack;
  std::vector<std::string> notes;  ///< what was left out of the series, and doubts
};

struct SeriesChoice {
  std::vector<reporting::SeriesUse> series;  ///< every series of the study, by number, then UID
  SeriesSlices main;                         ///< measured; `used` among `series`
  /// The edge-enhancing reconstruction of the same acquisition, where its slices are so much
  /// thinner that lungs are better measured there. Not `used` until somebody does; its reason then
  /// is `lung_reason`.
  std::optional<SeriesSlices> lung;
  std::string lung_reason;
};

/// Fewer slices than this are no volume to measure.
inline constexpr std::size_t least_slices = 12;

/// Groups by series, drops what is no slice, splits what does not belong together, stacks, scores,
/// takes the best; of a smooth and a sharp reconstruction of one acquisition the smooth one is
/// `main`. Pure. `instances` must not be empty. Unsuitable when the instances belong to two
/// patients or two studies (named by study UID), when two different images share one SOP Instance
/// UID, or when no series can be read (with the reasons).
std::variant<SeriesChoice, Unsuitable> select_series(const std::vector<InstanceFile>& instances);

/// True: an edge-enhancing reconstruction (lung, bone); false: smooth to standard; nullopt:
/// unknown.
std::optional<bool> kernel_is_sharp(const std::string& manufacturer, const std::string& kernel);

}  // namespace tomoscribe::pipeline
