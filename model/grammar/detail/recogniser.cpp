#include "model/grammar/detail/recogniser.h"

#include <stdexcept>

namespace tomoscribe::model::grammar {

namespace {

constexpr std::size_t most_bytes = std::size_t{16} << 20U;

/// Sets that may lie about before the first cleaning.
constexpr std::size_t some_sets = 128;

}  // namespace

Recogniser::Recogniser(const Automaton& automaton)
    : automaton_{&automaton},
      stacks_{automaton},
      at_{stacks_.upon(automaton.start, Stacks::bottom)} {
  stacks_.closed(at_);
}

std::size_t Recogniser::take(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const Stacks::Id next = stacks_.next(at_, static_cast<std::uint8_t>(bytes[i]));
    if (next == Stacks::none) return i;
    if (taken_ == most_bytes) throw std::length_error("the text is longer than 16 MiB");
    stacks_.closed(next);  // now, so that only this function throws
    at_ = next;
    ++taken_;
    if (stacks_.size() < some_sets + 4 * kept_) continue;
    at_ = stacks_.keep(at_);
    kept_ = stacks_.size();
    stacks_.closed(at_);
  }
  return bytes.size();
}

int Recogniser::forced_byte() {
  const Stacks::Id closed = stacks_.closed(at_);
  if (stacks_.has_empty(closed)) return -1;
  int only = -1;
  for (const Stacks::Frame& frame : stacks_.frames(closed)) {
    for (const Automaton::Edge& edge : automaton_->edges_of(frame.state)) {
      if (edge.first != edge.last || (only >= 0 && only != edge.first)) return -1;
      only = edge.first;
    }
  }
  return only;
}

std::string Recogniser::forced_bytes() const {
  Recogniser ahead = *this;
  std::string bytes;
  for (int byte = ahead.forced_byte(); byte >= 0; byte = ahead.forced_byte()) {
    bytes += static_cast<char>(byte);
    ahead.take({&bytes.back(), 1});
  }
  return bytes;
}

}  // namespace tomoscribe::model::grammar
