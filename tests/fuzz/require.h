#pragma once

#include <cstdio>
#include <cstdlib>

namespace tomoscribe::tests {

/// Ends the program with a line, as a fuzzer wants it, unless something holds.
inline void require(bool truth, const char* what) {
  if (truth) return;
  std::fputs(what, stderr);
  std::abort();
}

}  // namespace tomoscribe::tests
