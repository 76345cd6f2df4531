#pragma once
// What a ward might have written when it asked for a phantom's scan.

#include <string>
#include <vector>

#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

/// Why the scan was asked for. Plain English of ASCII letters and punctuation; no digits that a
/// report could take for a measurement.
struct Request {
  std::string indication;
  std::vector<std::string> history;
  bool irrelevant = false;     ///< one fact has nothing to do with the scan (one request in five)
  bool contradictory = false;  ///< it names the side that is not the finding's (one in twenty)
};

/// About the first finding that can be expected to be seen; a sound body is asked about too. A
/// function of the settings and what was painted: pixels outrank it.
Request request_of(const Phantom& phantom);

}  // namespace tomoscribe::model::phantom
