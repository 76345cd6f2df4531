#pragma once
// Where a study was searched for lesions of the lung: only there does it mean something that none
// was found.

#include "pipeline/prior/lungs.h"

namespace tomoscribe::pipeline::prior {

inline constexpr double look_mm = 3;  ///< radius in which a place is looked at

/// A study as far as it was searched.
struct Searched {
  const reporting::Study& study;
  const measure::Findings& findings;
  const LungImage& lungs;
};

/// Why it means nothing that the study proposes no lesion at a place of its own (LPS mm); empty:
/// nodules were looked for there, one like `lesion` would have been listed, and aerated lung lies
/// there. A clause.
std::string why_not_searched(const Searched& there, const Vec3& place_mm,
                             const reporting::Finding& lesion);

/// The series in which lungs were searched: of two reconstructions that were read the
/// edge-enhancing one; null where none was read.
const reporting::SeriesUse* searched_series(const reporting::Study& study);

/// The volume that a lesion's measurement gives, mm3; nullopt without one.
std::optional<double> volume_mm3(const reporting::Finding& lesion);

}  // namespace tomoscribe::pipeline::prior
