#pragma once
// A smooth and a sharp reconstruction of one acquisition: which is measured, and which for the
// lungs.

#include <string>
#include <vector>

#include "pipeline/series/candidate.h"

namespace tomoscribe::pipeline {

using Candidates = std::vector<Candidate>;

/// What is measured; the end when none can be read. Of a smooth and a sharp reconstruction of one
/// acquisition the smooth one, as long as its slices are no overview: densities, soft tissue and
/// the brain need it.
Candidates::iterator main_of(Candidates& candidates);

/// The sharp reconstruction of `main`, where lungs are better measured; the end when there is none.
Candidates::iterator lung_of(Candidates& candidates, const Candidate& main);

/// Why a series that could be read was not, and what it would serve.
/// \param name  of the chosen one: "series 3".
std::string why_left(const Candidate& left, const Candidate& chosen, const std::string& name);

}  // namespace tomoscribe::pipeline
