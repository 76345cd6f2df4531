#include "model/grammar/detail/stacks.h"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace tomoscribe::model::grammar {

namespace {

constexpr std::uint32_t most_height = 4096;

}  // namespace

Stacks::Stacks(const Automaton& automaton) : automaton_{&automaton}, sets_(2), table_(64) {
  sets_[none].closed = none;
  sets_[bottom].closed = bottom;
  sets_[bottom].has_empty = true;
}

Stacks::Id Stacks::upon(std::uint32_t state, Id below) {
  // A state that can only end its rule adds nothing: what lies below goes on by itself.
  if (automaton_->only_ends(state)) return below;
  const Frame frame{state, below};
  return intern({&frame, 1}, false);
}

Stacks::Id Stacks::next(Id set, std::uint8_t byte) {
  const Id from = closed(set);
  std::vector<Frame> frames;
  bool has_empty = false;
  for (std::size_t i = 0; i < sets_[from].count; ++i) {
    const Frame frame = frames_[sets_[from].first + i];
    const std::uint32_t state = automaton_->next(frame.state, byte);
    if (state == no_state) continue;
    if (!automaton_->only_ends(state)) {
      frames.push_back({state, frame.below});
      continue;
    }
    const auto below = this->frames(frame.below);
    frames.insert(frames.end(), below.begin(), below.end());
    has_empty = has_empty || sets_[frame.below].has_empty;
  }
  return set_of(frames, has_empty);
}

// Canonical sets -----------------------------------------------------------------------------

Stacks::Id Stacks::set_of(std::vector<Frame>& frames, bool has_empty) {
  std::ranges::sort(frames);
  std::size_t kept = 0;
  for (const Frame& frame : frames) {
    if (kept > 0 && frames[kept - 1].state == frame.state)
      frames[kept - 1].below = united(frames[kept - 1].below, frame.below);
    else
      frames[kept++] = frame;
  }
  return intern({frames.data(), kept}, has_empty);
}

Stacks::Id Stacks::united(Id a, Id b) {
  if (a == b || b == none) return a;
  if (a == none) return b;
  const auto pair = std::minmax(a, b);
  if (const auto found = unions_.find(pair); found != unions_.end()) return found->second;
  std::vector<Frame> all;
  for (const Id set : {a, b}) {
    const auto part = frames(set);
    all.insert(all.end(), part.begin(), part.end());
  }
  const Id result = set_of(all, has_empty(a) || has_empty(b));
  unions_.emplace(pair, result);
  return result;
}

std::size_t Stacks::hash(std::span<const Frame> frames, bool has_empty) const {
  std::uint64_t value = has_empty ? 1 : 0;
  for (const Frame& frame : frames) {
    value = (value ^ (std::uint64_t{frame.state} << 32U | frame.below)) * 0x9E3779B97F4A7C15U;
    value ^= value >> 29U;
  }
  return value & (table_.size() - 1);
}

Stacks::Id Stacks::intern(std::span<const Frame> frames, bool has_empty) {
  if (frames.empty()) return has_empty ? bottom : none;
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = hash(frames, has_empty);; at = (at + 1) & mask) {
    const Id id = table_[at];
    if (id == none) break;
    if (sets_[id].has_empty == has_empty && std::ranges::equal(this->frames(id), frames)) return id;
  }
  return add(frames, has_empty);
}

Stacks::Id Stacks::add(std::span<const Frame> frames, bool has_empty) {
  Set set{.first = static_cast<std::uint32_t>(frames_.size()),
          .count = static_cast<std::uint32_t>(frames.size()),
          .has_empty = has_empty};
  std::uint64_t shortest = has_empty ? 0 : unknown;
  for (const Frame& frame : frames) {
    const std::uint64_t way =
        std::uint64_t{automaton_->states[frame.state].shortest} + sets_[frame.below].shortest;
    shortest = std::min(shortest, way);
    set.height = std::max(set.height, sets_[frame.below].height + 1);
  }
  if (set.height > most_height)
    throw std::length_error("the rules of the grammar are nested deeper than " +
                            std::to_string(most_height));
  set.shortest = static_cast<std::uint32_t>(shortest);
  frames_.insert(frames_.end(), frames.begin(), frames.end());
  sets_.push_back(set);
  if (2 * sets_.size() > table_.size()) grow_table();
  const auto id = static_cast<Id>(sets_.size() - 1);
  std::size_t at = hash(this->frames(id), has_empty);
  while (table_[at] != none && table_[at] != id) at = (at + 1) & (table_.size() - 1);
  table_[at] = id;
  return id;
}

void Stacks::grow_table() {
  table_.assign(2 * table_.size(), none);
  for (Id id = bottom + 1; id < sets_.size(); ++id) {
    std::size_t at = hash(frames(id), sets_[id].has_empty);
    while (table_[at] != none) at = (at + 1) & (table_.size() - 1);
    table_[at] = id;
  }
}

Stacks::Id Stacks::keep(Id set) {
  std::vector<bool> wanted(sets_.size());
  wanted[set] = true;
  // What lies below was made before: its id is lower.
  for (Id id = set; id > bottom; --id)
    if (wanted[id])
      for (const Frame& frame : frames(id)) wanted[frame.below] = true;
  Stacks fresh(*automaton_);
  std::vector<Id> now(std::size_t{set} + 2);
  now[bottom] = bottom;
  for (Id id = bottom + 1; id <= set; ++id) {
    if (!wanted[id]) continue;
    std::vector<Frame> moved(frames(id).begin(), frames(id).end());
    for (Frame& frame : moved) frame.below = now[frame.below];
    now[id] = fresh.set_of(moved, sets_[id].has_empty);
  }
  *this = std::move(fresh);
  return now[set];
}

// Calls and returns --------------------------------------------------------------------------

/// Makes returns first, down the stacks; then calls, rule by rule in the order of their ranks, so
/// that all calls of a rule meet before it is entered.
class Stacks::Closing {
 public:
  explicit Closing(Stacks& stacks) : stacks_{stacks}, automaton_{*stacks.automaton_} {}

  Id run(Id set) {
    returns(set);
    for (std::size_t done = 0; done < open_.size();) {
      const Frame frame = open_[done++];
      call_all(frame);
      if (automaton_.states[frame.state].final) returns(frame.below);
    }
    while (!called_.empty()) {
      const auto [rule, below] = called_.begin()->second;
      called_.erase(called_.begin());
      const Frame frame{automaton_.begin[rule], below};
      open_.push_back(frame);
      call_all(frame);
    }
    std::erase_if(open_, [this](const Frame& f) { return automaton_.edges_of(f.state).empty(); });
    return stacks_.set_of(open_, has_empty_);
  }

 private:
  struct Called {
    std::uint32_t rule = 0;
    Id below = none;
  };

  void returns(Id set) {
    has_empty_ = has_empty_ || stacks_.has_empty(set);
    for (const Frame& frame : stacks_.frames(set))
      if (seen_.insert(frame).second) open_.push_back(frame);
  }

  void call_all(const Frame& frame) {
    for (const auto& call : automaton_.calls_of(frame.state)) {
      Called& called = called_[automaton_.rank[call.rule]];
      called.rule = call.rule;
      called.below = stacks_.united(called.below, stacks_.upon(call.to, frame.below));
    }
  }

  Stacks& stacks_;
  const Automaton& automaton_;
  std::vector<Frame> open_;
  std::set<Frame> seen_;
  std::map<std::uint32_t, Called> called_;  ///< by rank
  bool has_empty_ = false;
};

Stacks::Id Stacks::closed(Id set) {
  if (sets_[set].closed != unknown) return sets_[set].closed;
  const Id result = Closing(*this).run(set);
  sets_[set].closed = result;
  return result;
}

// The shortest way ---------------------------------------------------------------------------

namespace {

/// The byte to take where several are as good: the lowest that can be read.
std::uint8_t readable(const Automaton::Edge& edge) {
  constexpr std::uint8_t blank = 0x20;
  return edge.first < blank && edge.last >= blank ? blank : edge.first;
}

}  // namespace

std::string Stacks::shortest_way(Id set) const {
  std::string bytes;
  while (!has_empty(set)) {
    const auto best = std::ranges::min(frames(set), {}, [this](const Frame& frame) {
      return automaton_->states[frame.state].shortest + sets_[frame.below].shortest;
    });
    std::vector<std::uint32_t> open{best.state};  // and what its calls go on with
    while (!open.empty()) shortest_step(open, bytes);
    set = best.below;
  }
  return bytes;
}

void Stacks::shortest_step(std::vector<std::uint32_t>& open, std::string& bytes) const {
  const std::uint32_t state = open.back();
  open.pop_back();
  const auto length = [this](std::uint32_t s) { return automaton_->states[s].shortest; };
  const std::uint32_t left = length(state);
  if (left == 0) return;
  for (const auto& edge : automaton_->edges_of(state)) {
    if (length(edge.to) + 1 != left) continue;
    bytes += static_cast<char>(readable(edge));
    open.push_back(edge.to);
    return;
  }
  for (const auto& call : automaton_->calls_of(state)) {
    const std::uint32_t begin = automaton_->begin[call.rule];
    if (length(begin) == 0 || length(begin) + length(call.to) != left) continue;
    open.push_back(call.to);
    open.push_back(begin);
    return;
  }
}

}  // namespace tomoscribe::model::grammar
