#pragma once
// An earlier study of the same patient: which nodules are the same, how they changed, what is not
// found in one of the two.

#include <optional>
#include <string>

#include "pipeline/measure/scene.h"
#include "pipeline/prior/lungs.h"
#include "reporting/report.h"

namespace tomoscribe::pipeline::prior {

/// What is kept of the earlier study: no voxels of its own grid.
struct EarlierStudy {
  reporting::Study study;          ///< the series that was read has its card
  std::optional<LungImage> lungs;  ///< none: no lung was found
  measure::Findings findings;      ///< all, with their tracking UIDs
};

/// Why a study cannot be the earlier one of another; empty when it can: same Patient ID (and
/// nothing that speaks against it: issuer, birth date, sex), another study, of an earlier day. A
/// sentence without names or numbers of patients.
std::string why_no_prior(const reporting::Study& current, const reporting::Study& earlier);

/// Registers the lungs (rigid), matches nodules ("nodule.N") that lie within 15 mm, and says in
/// `version` what was found: the finding "comparison" (interval, residual; not assessed above 5
/// mm), change and doubling time of matched nodules, which take the earlier tracking UID, what was
/// not seen in the earlier study, and a finding "earlier.nodule.N" for each that is not seen now.
void compare(const EarlierStudy& earlier, const measure::Scene& scene,
             reporting::ReportVersion& version);

}  // namespace tomoscribe::pipeline::prior
