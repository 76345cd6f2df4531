#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/grammar/detail/automaton.h"

namespace tomoscribe::model::grammar {

/// Classes of states, by state: two of one class go the same ways for as many bytes as `length`,
/// so that no token up to that length tells them apart.
std::vector<std::uint32_t> alike(const Automaton& automaton, std::size_t length);

}  // namespace tomoscribe::model::grammar
