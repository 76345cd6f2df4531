#pragma once
// What nodules and masses are made of, in the scanner's frame.

#include <string>
#include <vector>

#include "model/phantom/detail/canvas.h"
#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

std::string side_word(bool left);
std::string density_word(Density density);

/// How the balls of a nodule lie around its centre.
std::vector<Ball> nodule_balls(const Point& centre, double radius, Density density,
                               std::uint8_t owner);
/// Rays of a spiculated nodule.
std::vector<Tube> spicules_of(const Point& centre, double radius, std::uint64_t seed,
                              std::uint64_t stream, std::uint8_t owner);
/// A core with lobes.
std::vector<Ball> mass_balls(const Point& centre, double radius, std::uint64_t seed,
                             std::uint64_t stream, std::uint8_t owner);

}  // namespace tomoscribe::model::phantom
