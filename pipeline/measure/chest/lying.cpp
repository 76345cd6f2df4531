#include "pipeline/measure/chest/lying.h"

namespace tomoscribe::pipeline::measure {

using gates::Side;

std::array<double, 2> Lying::direction() const {
  switch (down) {
    case Side::front: return {0, -1};
    case Side::back: return {0, 1};
    case Side::right: return {-1, 0};
    case Side::left: return {1, 0};
  }
  return {0, 1};
}

Lying lying_of(const Scene& scene) {
  const auto seen = gates::table_side(scene);
  const auto stated = gates::stated_side(scene.volume.header.patient_position);
  if (seen && stated && *seen != *stated)
    return {.down = *seen,
            .sure = false,
            .words = gates::lying_on(*seen) + " by the table in the images, against the header (" +
                     gates::lying_on(*stated) + ")"};
  if (seen)
    return {.down = *seen,
            .sure = true,
            .words = gates::lying_on(*seen) + (stated ? " by the header and the table in the images"
                                                      : " by the table in the images")};
  if (stated)
    return {.down = *stated,
            .sure = true,
            .words = gates::lying_on(*stated) + " by the header alone; no table is seen"};
  return {.down = Side::back,
          .sure = false,
          .words = "supine as most patients: neither the header nor a table in the images says it"};
}

}  // namespace tomoscribe::pipeline::measure
