#pragma once
// What the tests of every phantom need.

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

inline Finding finding(Kind kind, double size, Side side = Side::any) {
  Finding made;
  made.kind = kind;
  made.size = size;
  made.side = side;
  return made;
}

inline const Truth& truth_of(const Phantom& phantom, const std::string& name) {
  const auto found = std::ranges::find(phantom.truth, name, &Truth::name);
  if (found == phantom.truth.end()) throw std::runtime_error("no truth of " + name);
  return *found;
}

inline std::uint64_t fnv1a(const std::vector<std::int16_t>& values) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const std::int16_t value : values)
    for (const int shift : {0, 8})
      hash = (hash ^ (static_cast<std::uint16_t>(value) >> shift & 0xFFU)) * 0x100000001B3ULL;
  return hash;
}

}  // namespace tomoscribe::model::phantom
