#pragma once
// The same lesion over time keeps its tracking UID: by its place, never by its rank.

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::prior {

/// A nodule or a mass that a detector proposed: one that grows beyond 30 mm changes its kind.
bool is_lesion(const reporting::Finding& finding);
/// Of an earlier study and not found in this one: "earlier.nodule.2".
bool is_of_earlier(const reporting::Finding& finding);

/// Where its evidence lies, LPS mm; nullopt without evidence, or without a frame of reference.
std::optional<Vec3> place_of(const reporting::Finding& finding);

/// Its mean diameter; 0 where none was measured.
double diameter_mm(const reporting::Finding& finding);

/// False where both name a side and not the same.
bool may_share_a_side(const reporting::Finding& one, const reporting::Finding& other);

/// New tracking UIDs: of a lesion or another numbered candidate from the study and the place, to
/// the millimetre; of the others from the study and the id.
void name_by_place(measure::Findings& findings, const dicom::StudyUid& study);

/// Lesions take the tracking UIDs that an older report of the same images gave them: the nearest
/// within 5 mm, or within the lesion, one to one.
void keep_tracking(measure::Findings& findings, const measure::Findings& stored);

}  // namespace tomoscribe::pipeline::prior
