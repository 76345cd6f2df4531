#pragma once
// Blood between brain and vault as one layer: all that hangs together on one side.

#include <optional>

#include "pipeline/measure/head/blob.h"

namespace tomoscribe::pipeline::measure {

/// The layer on one side: the components that lie against the vault there, and what continues them
/// along the inner table down to half way between brain and blood where the other side is not as
/// dense. Nothing when no component is 4 mm thick and asymmetric. The cranium must have its plane.
std::optional<Blob> layer_on_side(const Cranium& cranium, const Blobs& blobs, bool left);

}  // namespace tomoscribe::pipeline::measure
