#pragma once
// From where a model pointed or looked to images of the study.

#include <optional>
#include <vector>

#include "model/generator.h"
#include "model/views/plan.h"
#include "pipeline/volume.h"
#include "reporting/draft_language.h"

namespace tomoscribe::pipeline::language {

/// The image of the study behind a rectangle of a view, with the rectangle on it; nothing when the
/// rectangle lies between tiles. On views that are no axial slices: the image at the rectangle's
/// middle, and what of it the rectangle's box covers.
std::optional<reporting::Evidence> evidence_at(const Volume& volume, const model::View& view,
                                               const model::PixelRect& rect, std::string caption);

/// Evidence of what a claim points at: its box; without one the image in the middle of its view,
/// where that shows one slab only.
std::optional<reporting::Evidence> pointed_at(const Volume& volume, const model::View& view,
                                              const std::optional<reporting::PixelBox>& box);

/// The image tokens that got more attention than from the average line, the greatest excess first:
/// some tokens attract attention whatever is written.
struct Looked {
  std::size_t view = 0;  ///< place in the plan
  model::PixelRect pixels;
  double share = 0;   ///< of all attention that this line's words gave to images, 0 to 1
  double excess = 0;  ///< over the mean share of all lines
};
std::vector<Looked> most_looked_at(const model::ViewPlan& plan, const model::Generation& generation,
                                   const model::Passage& passage, const model::ImageRule& rule,
                                   std::size_t most);

/// The passage that holds a byte of the answer; nullptr when there is none.
const model::Passage* passage_at(const model::Generation& generation, std::size_t byte);

}  // namespace tomoscribe::pipeline::language
