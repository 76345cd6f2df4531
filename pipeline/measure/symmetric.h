#pragma once
// Small symmetric matrices: shapes and curvatures.

#include <array>

namespace tomoscribe::pipeline::measure {

/// Eigenvalues of a symmetric 3x3 matrix, in no order (trigonometric form of the characteristic
/// polynomial's roots; Smith 1961, doi 10.1145/355578.366316).
std::array<double, 3> eigenvalues(const std::array<std::array<double, 3>, 3>& m);

}  // namespace tomoscribe::pipeline::measure
