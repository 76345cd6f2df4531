#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/safetensors.h"

namespace tomoscribe::model::detail {

/// One entry of a header as written there, types and limits checked, offsets not.
struct HeaderEntry {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;  ///< bytes from the start of the data
};

struct Header {
  std::vector<HeaderEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// Reads the JSON of a header in one pass, without building a tree of it.
/// \throws Refused naming `file` and the tensor or cause.
Header parse_header(std::string_view json, const std::string& file);

/// The tensor's name as a sentence may show it: at most 80 characters, no control characters.
std::string in_quotes(std::string_view name);

}  // namespace tomoscribe::model::detail
