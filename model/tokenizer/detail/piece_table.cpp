#include "model/tokenizer/detail/piece_table.h"

#include <algorithm>
#include <cstring>

namespace tomoscribe::model::detail {

namespace {

std::uint64_t load(const char* from, std::size_t count) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, count);
  return word;
}

/// Multiply and fold, eight bytes at a time. The vocabulary comes from the operator, not a
/// stranger.
std::uint32_t hash_of(std::string_view bytes) {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;
  std::uint64_t hash = bytes.size() * odd;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    hash = (hash ^ load(at, 8)) * odd;
    hash ^= hash >> 29U;
  }
  if (left > 0) hash = (hash ^ load(at, left)) * odd;
  return static_cast<std::uint32_t>(hash >> 32U);
}

}  // namespace

std::size_t PieceTable::slot_of(std::string_view bytes, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const Entry& entry = entries_[slots_[slot] - 1];
    if (entry.hash == hash && entry.length == bytes.size() &&
        std::memcmp(bytes_.data() + entry.begin, bytes.data(), bytes.size()) == 0)
      break;
  }
  return slot;
}

void PieceTable::grow() {
  slots_.assign(slots_.size() * 2, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t slot = entries_[i].hash & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

bool PieceTable::add(std::string_view bytes, std::uint32_t id, std::uint32_t rank) {
  if (2 * (entries_.size() + 1) > slots_.size()) grow();
  const std::uint32_t hash = hash_of(bytes);
  const std::size_t slot = slot_of(bytes, hash);
  if (slots_[slot] != 0) return false;
  entries_.push_back({.id = id,
                      .rank = rank,
                      .hash = hash,
                      .begin = static_cast<std::uint32_t>(bytes_.size()),
                      .length = static_cast<std::uint32_t>(bytes.size())});
  slots_[slot] = static_cast<std::uint32_t>(entries_.size());
  bytes_ += bytes;
  longest_ = std::max(longest_, bytes.size());
  return true;
}

const PieceTable::Entry* PieceTable::find(std::string_view bytes) const {
  if (bytes.size() > longest_) return nullptr;
  const std::uint32_t found = slots_[slot_of(bytes, hash_of(bytes))];
  return found == 0 ? nullptr : &entries_[found - 1];
}

}  // namespace tomoscribe::model::detail
