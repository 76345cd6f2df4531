#pragma once
// What of a context a draft may name: ids that cannot break out of a grammar or a sentence.

#include <string>
#include <string_view>
#include <vector>

#include "reporting/draft_language.h"

namespace tomoscribe::reporting::detail {

/// A number that was measured, and of what.
struct Slot {
  const Finding* finding = nullptr;
  const Measurement* measurement = nullptr;
};

/// "lung.volume.right": a small letter, then small letters, digits, dots, hyphens, underscores; at
/// most 64.
bool is_slot_id(std::string_view);

/// Every measurement whose id is one, the first of each id, in the context's order; proposals of a
/// model measure nothing.
std::vector<Slot> named_measurements(const DraftContext&);
/// Those with a value.
std::vector<Slot> slots_of(const DraftContext&);

/// "2431 mL (right lung: aerated volume)": a number in another organ's sentence is seen at once.
std::string filled(const Slot&);

/// A view that can be named, and the cells of the grid on it; none where no box can lie.
struct NamedView {
  const DraftView* view = nullptr;
  int columns = 0, rows = 0;  ///< in cells of grid_px
};
std::vector<NamedView> views_of(const DraftContext&);

}  // namespace tomoscribe::reporting::detail
