#pragma once
// Which hyperdense components are reported, and as what. Shared by the steps for blood in the brain
// and between brain and skull.

#include <string>
#include <vector>

#include "pipeline/measure/head/blob.h"
#include "pipeline/measure/head/head_parts.h"

namespace tomoscribe::pipeline::measure {

/// Why blood cannot be told by its density; empty when it can. As `no_scale`, and contrast agent
/// and metal.
std::string no_density(const Scene& scene);

/// The components of the cranium with their kinds: by shape, symmetry and place; and the layers
/// against the vault. What lies in a layer is against the vault.
Blobs find_blobs(const Cranium& cranium, const Volume& volume);

/// `slice_mm` apart the slices; where that is much, what is small is under-measured.
reporting::Measurement blob_volume(const std::string& id, const BlobVolume& volume,
                                   double slice_mm);
reporting::Measurement blob_density(const std::string& id, const Blob& blob,
                                    const BlobVolume& volume);

}  // namespace tomoscribe::pipeline::measure
