#include "pipeline/gates/gate.h"

#include <algorithm>
#include <stdexcept>

namespace tomoscribe::pipeline::gates {

std::string_view to_text(Use use) {
  switch (use) {
    case Use::volume: return "volumes";
    case Use::size: return "sizes";
    case Use::density: return "density";
    case Use::tissue: return "density against published limits";
    case Use::bone: return "density of bone";
    case Use::low_attenuation: return "low attenuation";
    case Use::nodules: return "nodules";
    case Use::calcium: return "calcium";
    case Use::fat: return "fat and muscle";
    case Use::laterality: return "left and right";
    case Use::symmetry: return "comparison of the sides";
    case Use::norms: return "limits published for adults";
    case Use::proportions: return "heart against chest";
    case Use::blood: return "fresh blood in the head";
  }
  throw std::logic_error("unmapped Use");
}

const std::vector<Use>& all_uses() {
  static const std::vector<Use> all{
      Use::volume,          Use::size,    Use::density,     Use::tissue, Use::bone,
      Use::low_attenuation, Use::nodules, Use::calcium,     Use::fat,    Use::laterality,
      Use::symmetry,        Use::norms,   Use::proportions, Use::blood};
  return all;
}

Answer Gates::allowed(Use use) const {
  for (const Result& result : results)
    if (result.outcome == Outcome::stop ||
        (result.outcome == Outcome::restrict &&
         std::ranges::find(result.uses, use) != result.uses.end()))
      return {result.reason};
  return {};
}

bool Gates::excludes(int slice) const {
  return std::ranges::any_of(results, [slice](const Result& result) {
    return std::ranges::binary_search(result.slices, slice);
  });
}

std::vector<std::string> Gates::sentences() const {
  std::vector<std::string> said;
  said.reserve(results.size());
  for (const Result& result : results) {
    if (result.reason.empty()) continue;
    std::string sentence = result.reason;
    if (result.outcome == Outcome::stop) sentence += ": nothing is measured";
    if (result.outcome == Outcome::restrict) {
      sentence += "; not assessed for that: ";
      for (std::size_t i = 0; i < result.uses.size(); ++i)
        sentence += (i == 0 ? "" : ", ") + std::string(to_text(result.uses[i]));
    }
    said.push_back(std::move(sentence));
  }
  return said;
}

}  // namespace tomoscribe::pipeline::gates
