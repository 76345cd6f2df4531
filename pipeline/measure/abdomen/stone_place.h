#pragma once
// Where a dense thing lies: in a kidney, in the course of a ureter, or where bowel lies.

#include "pipeline/measure/abdomen/stone_blobs.h"
#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

enum class StonePlace : std::uint8_t { kidney, ureter, not_told, bowel };

/// By its place to the vertebra and by what lies 10 to 16 mm around it: a kidney is soft tissue of
/// 10 to 50 HU beside the vertebra; the ureter runs in fat in front of the psoas, within 55 mm of
/// the canal; soft tissue farther in front is bowel. A guess for the sentence, no segmentation.
/// Precondition: the spine was found, no contrast agent.
StonePlace stone_place(const Scene& scene, const StoneBlob& blob);

}  // namespace tomoscribe::pipeline::measure
