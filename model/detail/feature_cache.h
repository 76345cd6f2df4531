#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "model/network/network.h"

namespace tomoscribe::model::detail {

/// Encoded images by their pixels themselves: no two images share a place. The one used longest ago
/// goes first.
class FeatureCache {
 public:
  explicit FeatureCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  std::optional<ImageFeatures> find(const std::string& pixels) {
    const auto found = places_.find(pixels);
    if (found == places_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->features;
  }

  void add(std::string pixels, const ImageFeatures& features) {
    const std::size_t bytes = pixels.size() + features.bytes();
    if (bytes > most_bytes_ || places_.find(pixels) != places_.end()) return;
    entries_.push_front({features, bytes, {}});
    entries_.front().place = places_.emplace(std::move(pixels), entries_.begin()).first;
    used_bytes_ += bytes;
    while (used_bytes_ > most_bytes_) {
      used_bytes_ -= entries_.back().bytes;
      places_.erase(entries_.back().place);
      entries_.pop_back();
    }
  }

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry;
  using Entries = std::list<Entry>;
  using Places = std::map<std::string, Entries::iterator>;
  struct Entry {
    ImageFeatures features;
    std::size_t bytes;
    Places::iterator place;
  };
  std::size_t most_bytes_, used_bytes_ = 0;
  Entries entries_;
  Places places_;
};

}  // namespace tomoscribe::model::detail
