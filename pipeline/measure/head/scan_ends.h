#pragma once
// Where the scan cuts a head: its first and last slice, which a tilted gantry lays across the
// working grid.

#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

/// Says of a cranium how its scan lies, and of tilted slices whether vertex or foramen magnum are
/// missing: bone then encloses 5 cm2 of soft tissue on the last slice, or more than
/// the foramen on the first. Of slices along the
/// working grid's axes the cranium knows already.
void look_at_scan_ends(const Volume& volume, Cranium& cranium);

/// Whether a point (LPS mm) lies within two working voxels of the first or last slice.
bool at_scan_end(const Grid& scan, const Vec3& point_mm);

}  // namespace tomoscribe::pipeline::measure
