#pragma once
// How a nodule's size changed between two studies.

#include <string>
#include <vector>

#include "reporting/report.h"

namespace tomoscribe::pipeline::prior {

/// A change below these is none (Callister 2015, doi 10.1136/thoraxjnl-2015-207168), nor one within
/// its own uncertainty.
inline constexpr double least_change_percent = 25;

inline constexpr const char* larger = "larger";
inline constexpr const char* smaller = "smaller";
inline constexpr const char* stable = "stable within measurement error";

struct Growth {
  std::string outcome;                               ///< one of these, or why none
  std::vector<reporting::Measurement> measurements;  ///< change of volume and diameter, doubling
};

/// Volumes and mean diameters are the measurements whose ids end in ".volume" and ".diameter"; the
/// uncertainty of a change combines both studies'. A nodule that grew has a doubling time: days *
/// ln 2 / ln(ratio of the volumes) (Schwartz 1961, Cancer 14:1272).
///
/// `days` lie between the studies, more than 0. `why_not` says why the studies' sizes cannot be
/// compared; empty: they can.
Growth growth(const reporting::Finding& now, const reporting::Finding& then, double days,
              const std::string& why_not);

/// Why sizes measured on two series cannot be compared: another class of slice thickness (up to
/// 1.5, 2.5, 5 mm) or of kernel, or one of them not known. Empty: they can.
std::string why_sizes_differ(const reporting::SeriesHealth& now,
                             const reporting::SeriesHealth& then);

}  // namespace tomoscribe::pipeline::prior
