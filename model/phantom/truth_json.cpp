#include <array>
#include <cmath>
#include <cstdio>

#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

namespace {

/// Shortest of a few fixed forms; independent of the locale because the decimal comma cannot occur
/// in "%d.%04d".
std::string number(double value) {
  const bool negative = value < 0;
  const long long scaled = std::llround((negative ? -value : value) * 10000);
  std::array<char, 48> text{};
  (void)std::snprintf(text.data(), text.size(), "%s%lld.%04lld", negative && scaled > 0 ? "-" : "",
                      scaled / 10000, scaled % 10000);
  std::string shortened = text.data();
  while (shortened.back() == '0') shortened.pop_back();
  if (shortened.back() == '.') shortened.pop_back();
  return shortened;
}

std::string triple(const std::array<double, 3>& v) {
  return "[" + number(v[0]) + ", " + number(v[1]) + ", " + number(v[2]) + "]";
}

std::string settings_json(const Settings& s) {
  std::string json =
      "{\"seed\": " + std::to_string(s.seed) + ", \"columns\": " + std::to_string(s.columns) +
      ", \"rows\": " + std::to_string(s.rows) + ", \"slices\": " + std::to_string(s.slices) +
      ", \"pixel_mm\": " + number(s.pixel_mm) + ", \"slice_mm\": " + number(s.slice_mm) +
      ", \"noise_hu\": " + number(s.noise_hu) + ", \"nodule\": " + (s.nodule ? "true" : "false");
  if (s.nodule) json += ", \"nodule_diameter_mm\": " + number(s.nodule_diameter_mm);
  return json + "}";
}

std::string structure_json(const Truth& t) {
  std::string json =
      R"(    {"name": ")" + t.name + R"(", "side": ")" + t.side + R"(", "volume_ml": )" +
      number(t.volume_ml) + ", \"mean_hu\": " + number(t.mean_hu) +
      ",\n     \"centre_mm\": " + triple(t.centre_mm) + ", \"size_mm\": " + triple(t.size_mm) +
      ", \"fraction_below_950\": " + number(t.fraction_below_950) + ",\n     \"boxes\": [";
  for (std::size_t i = 0; i < t.boxes.size(); ++i) {
    json += i == 0 ? "[" : ", [";
    for (std::size_t k = 0; k < 5; ++k)
      json += (k == 0 ? "" : ", ") + std::to_string(t.boxes[i][k]);
    json += "]";
  }
  return json + "]}";
}

}  // namespace

std::string truth_json(const Phantom& phantom) {
  std::string json = "{\n  \"schema\": 1,\n  \"settings\": " + settings_json(phantom.settings) +
                     ",\n  \"first_voxel_mm\": " + triple(phantom.first_voxel_mm) +
                     ",\n  \"note\": \"painted voxels before noise; lungs: aerated voxels without "
                     "vessels, airways and nodule; "
                     "boxes: slice, column0, row0, column1, row1, inclusive, slice 0 lowest\",\n  "
                     "\"structures\": [\n";
  for (std::size_t i = 0; i < phantom.truth.size(); ++i)
    json += structure_json(phantom.truth[i]) + (i + 1 < phantom.truth.size() ? ",\n" : "\n");
  return json + "  ]\n}\n";
}

}  // namespace tomoscribe::model::phantom
