#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "model/network/network.h"

namespace tomoscribe::model::detail {

/// Encoded images by their pixels, which are kept to be compared: equal hashes of different images
/// do no harm. The one used longest ago goes first.
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
    const std::size_t bytes = 2 * pixels.size() + features.bytes();
    if (bytes > most_bytes_ || places_.find(pixels) != places_.end()) return;
    entries_.push_front({pixels, features, bytes});
    places_.emplace(std::move(pixels), entries_.begin());
    used_bytes_ += bytes;
    while (used_bytes_ > most_bytes_) {
      used_bytes_ -= entries_.back().bytes;
      places_.erase(entries_.back().pixels);
      entries_.pop_back();
    }
  }

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string pixels;
    ImageFeatures features;
    std::size_t bytes;
  };
  std::size_t most_bytes_, used_bytes_ = 0;
  std::list<Entry> entries_;
  std::unordered_map<std::string, std::list<Entry>::iterator> places_;
};

}  // namespace tomoscribe::model::detail
