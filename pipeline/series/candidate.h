#pragma once
// A series of the study on the way to being chosen.

#include <optional>
#include <string>
#include <vector>

#include "pipeline/series/select_series.h"

namespace tomoscribe::pipeline {

/// What one series gives: a stack with a score, or the reason why not.
struct Candidate {
  std::vector<FrameRef> frames;
  std::optional<Stack> stack;
  std::string reason;  ///< why it is left; empty with a stack
  std::string words;   ///< "axial, 120 slices of 1.25 mm, kernel B"
  std::vector<std::string> notes;
  double score = 0;
  std::optional<bool> sharp = {};  ///< the kernel
  std::string frame_of_reference;  ///< empty: not named
  std::string agent;               ///< contrast, by the header
  std::optional<int> acquisition = {};
  std::optional<double> acquired_s = {}, kvp = {};  ///< of the first image
};

}  // namespace tomoscribe::pipeline
