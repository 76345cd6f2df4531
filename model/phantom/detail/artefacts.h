#pragma once

#include <vector>

#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

/// What a scanner adds to one slice beside blur and even noise (Settings::artefacts): the painted
/// truth stays what it was. Shape: [rows, columns], HU.
void add_artefacts(const Settings& settings, int slice, std::vector<float>& hu);

/// Noise of each pixel, as a share of Settings::noise_hu. Empty: 1 everywhere.
std::vector<float> noise_shares(const Settings& settings);

}  // namespace tomoscribe::model::phantom
