#pragma once
// Completing the truths after a scan.

#include <string>

#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

/// nullptr when there is none of that name.
Truth* named(Phantom& phantom, const std::string& name);

/// For a finding that changes a structure and owns no voxels itself: its place, size and density
/// are the structure's.
void take_place_of(Truth& finding, const Truth& structure);

/// Names the findings that lie above or below the scan in Phantom::missing.
void note_missing(Phantom& phantom);

}  // namespace tomoscribe::model::phantom
