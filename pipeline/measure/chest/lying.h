#pragma once
// Which way is down in the chest: fluid sinks there, gas rises against it.

#include <array>
#include <string>

#include "pipeline/gates/sides.h"

namespace tomoscribe::pipeline::measure {

struct Lying {
  gates::Side down = gates::Side::back;  ///< the side of the patient that lies lowest
  bool sure = false;                     ///< seen or stated, and nothing contradicts it
  /// For people: "supine by the header and the table in the images".
  std::string words;

  /// Unit vector: columns and rows of the working grid.
  std::array<double, 2> direction() const;
  /// Where the side of the patient that is up can be told from the side that is down: lying on a
  /// side, the middle of the chest lies between the lungs' own sides.
  bool on_a_side() const { return down == gates::Side::right || down == gates::Side::left; }
  /// Neither sure nor supine as most scans are: to be said with what was found.
  bool unusual() const { return !sure || down != gates::Side::back; }
};

/// The table in the images, else the header, else as if supine. Where the two contradict each other
/// the table is taken: whichever of them is wrong, the patient lies on it.
/// Source: QUANTIFICATION B, "rotation/prone"; PS3.3 C.7.3.1.1.2.
Lying lying_of(const Scene& scene);

}  // namespace tomoscribe::pipeline::measure
