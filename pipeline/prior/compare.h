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
  /// Lesions of studies before it that its own report did not find ("earlier.nodule.1"), as that
  /// report placed them in it.
  measure::Findings lost;
};

/// Why a study cannot be the earlier one of another; empty when it can: of one patient
/// (reporting/same_patient.h), another study, of an earlier day. A sentence without names or
/// numbers of patients.
std::string why_no_prior(const reporting::Study& current, const reporting::Study& earlier);

/// Registers the lungs (rigid), matches nodules and masses that lie within 15 mm (or within the
/// larger of the two), and says in `version` what was found: the finding "comparison" (interval,
/// residual; not assessed above 5 mm, nor without a frame of reference), change and doubling time
/// of matched lesions, which take the earlier tracking UID, what was not seen in the earlier study,
/// and a finding "earlier.nodule.N" for each that is not seen now. A lesion that only studies
/// before the earlier one show takes its tracking UID from EarlierStudy::lost.
void compare(const EarlierStudy& earlier, const measure::Scene& scene,
             reporting::ReportVersion& version);

/// The finding "comparison" of a study that was compared with none although some are held:
/// "the study of 2024-07-17: its draft shows no chest", each its reason.
reporting::Finding nothing_compared(const std::vector<std::string>& held);

}  // namespace tomoscribe::pipeline::prior
