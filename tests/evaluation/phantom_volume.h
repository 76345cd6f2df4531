#pragma once
// A phantom as the volume that the pipeline reads: no file in between.

#include "model/phantom/phantom.h"
#include "pipeline/volume.h"

namespace tomoscribe::evaluation {

pipeline::Volume volume_of(const model::phantom::Phantom& phantom);

}  // namespace tomoscribe::evaluation
