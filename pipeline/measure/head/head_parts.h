#pragma once
// Codes, wording and evidence of the findings of the head.

#include <optional>
#include <string>
#include <vector>

#include "pipeline/measure/finding_parts.h"

namespace tomoscribe::pipeline::measure {

namespace codes {
inline const Code brain{"12738006", "SCT", "Brain"};
inline const Code ventricle{"35764002", "SCT", "Brain ventricle"};
inline const Code haemorrhage{"1386000", "SCT", "Intracranial hemorrhage"};
inline const Code lesion{"52988006", "SCT", "Lesion"};
inline const Code midline_shift{"midline-shift", "99TOMO", "Midline shift"};
inline const Code length{"410668003", "SCT", "Length"};
}  // namespace codes

/// Why densities inside the skull cannot be compared at all: no cranium, scale, noise. Empty when
/// they can.
std::string no_scale(const Scene& scene);

/// The value with its uncertainty; "unreliable" in place of the value when that is larger than
/// `tolerance`.
void set_value(reporting::Measurement& measurement, double value, double uncertainty,
               double tolerance);

/// Makes a volume a lower bound where the mask (of `part`, a part of `whole`) reaches the first or
/// last slice of the scan.
void bound_below_at_scan_end(const Cranium& whole, const Cranium& part, const Mask& mask,
                             reporting::Measurement& volume);

/// "; only a part of the head is in the scan" for what a search says, else empty.
std::string part_of_head_words(const Cranium& cranium);

/// A mask of a cranium's box (the scene's, or a part of it), outlined on the native image where it
/// is largest.
std::optional<reporting::Evidence> box_section(const Scene& scene, const Cranium& cranium,
                                               const Mask& box_mask, std::string id,
                                               std::string caption);

reporting::Laterality side_of(double to_the_left_mm, double midline_mm);

/// "left " with a blank, or "".
std::string side_words(reporting::Laterality side);

}  // namespace tomoscribe::pipeline::measure
