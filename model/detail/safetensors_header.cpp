#include "model/detail/safetensors_header.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "model/refused.h"

namespace tomoscribe::model::detail {

namespace {

using Json = nlohmann::json;

constexpr std::size_t most_dimensions = 16;

struct Word {
  std::string_view word;
  Dtype dtype;
};

constexpr std::array words{Word{"BOOL", Dtype::boolean},    Word{"U8", Dtype::u8},
                           Word{"I8", Dtype::i8},           Word{"I16", Dtype::i16},
                           Word{"U16", Dtype::u16},         Word{"F16", Dtype::f16},
                           Word{"BF16", Dtype::bf16},       Word{"I32", Dtype::i32},
                           Word{"U32", Dtype::u32},         Word{"F32", Dtype::f32},
                           Word{"F64", Dtype::f64},         Word{"I64", Dtype::i64},
                           Word{"U64", Dtype::u64},         Word{"C64", Dtype::c64},
                           Word{"F8_E4M3", Dtype::f8_e4m3}, Word{"F8_E5M2", Dtype::f8_e5m2},
                           Word{"F8_E8M0", Dtype::f8_e8m0}, Word{"F6_E2M3", Dtype::f6_e2m3},
                           Word{"F6_E3M2", Dtype::f6_e3m2}, Word{"F4", Dtype::f4}};

/// The format is one object of objects; whatever comes in another place is refused at once.
class Reader : public nlohmann::json_sax<Json> {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  Header take() { return std::move(header_); }

  bool null() override { return misplaced("null"); }
  bool boolean(bool) override { return misplaced("true or false"); }
  bool number_float(double, const std::string& digits) override {
    return misplaced("the number " + in_quotes(digits));
  }
  bool binary(Json::binary_t&) override { return misplaced("binary data"); }
  bool number_integer(std::int64_t value) override {
    return misplaced("the negative number " + std::to_string(value));
  }

  bool number_unsigned(std::uint64_t value) override {
    if (place_ == Place::shape) {
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        refuse_entry("has a dimension of " + std::to_string(value));
      if (entry_.shape.size() == most_dimensions)
        refuse_entry("has more than " + std::to_string(most_dimensions) + " dimensions");
      entry_.shape.push_back(static_cast<std::int64_t>(value));
      return true;
    }
    if (place_ != Place::offsets) return misplaced("the number " + std::to_string(value));
    if (offsets_ == 2) refuse_entry("has more than two data_offsets");
    (offsets_ == 0 ? entry_.begin : entry_.end) = value;
    ++offsets_;
    return true;
  }

  bool string(std::string& value) override {
    if (place_ == Place::metadata && !key_.empty()) {
      header_.metadata[key_] = value;
      return true;
    }
    if (place_ != Place::entry || key_ != "dtype") return misplaced("the text " + in_quotes(value));
    const auto* const found = std::find_if(words.begin(), words.end(),
                                           [&](const Word& word) { return word.word == value; });
    if (found == words.end()) refuse_entry("has the unknown dtype " + in_quotes(value));
    entry_.dtype = found->dtype;
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) {
      place_ = Place::top;
    } else if (place_ == Place::top) {
      place_ = key_ == "__metadata__" ? Place::metadata : Place::entry;
      entry_ = HeaderEntry();
      entry_.name = key_;
      key_.clear();
      keys_.clear();
      offsets_ = 0;
    } else {
      return misplaced("an object");
    }
    return true;
  }

  bool key(std::string& value) override {
    key_ = value;
    if (place_ == Place::top) {
      if (!names_.insert(value).second)
        refuse("names " + (value == "__metadata__" ? value : "tensor " + in_quotes(value)) +
               " twice");
      return true;
    }
    if (!keys_.insert(value).second) refuse_entry("has the key " + in_quotes(value) + " twice");
    if (place_ == Place::entry && value != "dtype" && value != "shape" && value != "data_offsets")
      refuse_entry("has the unknown key " + in_quotes(value));
    return true;
  }

  bool end_object() override {
    if (place_ == Place::entry) {
      for (const char* const needed : {"dtype", "shape", "data_offsets"})
        if (keys_.count(needed) == 0) refuse_entry(std::string("has no ") + needed);
      header_.entries.push_back(std::move(entry_));
    }
    place_ = place_ == Place::top ? Place::outside : Place::top;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ == Place::entry && key_ == "shape")
      place_ = Place::shape;
    else if (place_ == Place::entry && key_ == "data_offsets")
      place_ = Place::offsets;
    else
      return misplaced("a list");
    return true;
  }

  bool end_array() override {
    if (place_ == Place::offsets && offsets_ != 2)
      refuse_entry("has " + std::to_string(offsets_) + " data_offsets where two are needed");
    place_ = Place::entry;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    refuse("has a header that is not JSON (byte " + std::to_string(position) + " of it)");
  }

 private:
  enum class Place { outside, top, entry, metadata, shape, offsets };

  [[noreturn]] void refuse(const std::string& why) const { throw Refused(file_ + " " + why); }
  [[noreturn]] void refuse_entry(const std::string& why) const {
    refuse(place_ == Place::metadata ? "has __metadata__ that " + why
                                     : "holds tensor " + in_quotes(entry_.name) + ", which " + why);
  }
  /// Never returns; bool for the callers' sake.
  bool misplaced(const std::string& what) const {
    if (place_ == Place::outside) refuse("has a header that is not an object");
    if (place_ == Place::metadata)
      refuse("has __metadata__ whose " + in_quotes(key_) + " is " + what + ", not text");
    if (place_ == Place::top) refuse("describes tensor " + in_quotes(key_) + " by " + what);
    refuse_entry("has " + what + " as " + key_);
  }

  std::string file_;
  Header header_;
  Place place_ = Place::outside;
  HeaderEntry entry_;
  std::string key_;
  int offsets_ = 0;
  std::set<std::string> names_, keys_;
};

}  // namespace

std::string in_quotes(std::string_view name) {
  constexpr std::size_t most = 80;
  std::string shown = "'";
  for (const char c : name.substr(0, most)) shown += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  return shown + (name.size() > most ? "…'" : "'");
}

Header parse_header(std::string_view json, const std::string& file) {
  // The parser would take a null byte for the end, and pass over a byte order mark.
  if (json.find('\0') != std::string_view::npos)
    throw Refused(file + " has a null byte in its header");
  const std::size_t first = json.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || json[first] != '{')
    throw Refused(file + " has a header that is not a JSON object");
  Reader reader(file);
  Json::sax_parse(json.begin(), json.end(), &reader);
  return reader.take();
}

}  // namespace tomoscribe::model::detail
