#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "model/phantom/phantom.h"
#include "model/phantom/request.h"

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

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

template <std::size_t count>
std::string word_of(const std::array<const char*, count>& words, std::size_t which) {
  return '"' + std::string(words.at(which)) + '"';
}

constexpr std::array bodies{"thorax", "head", "abdomen"};
constexpr std::array kernels{"smooth", "sharp"};
constexpr std::array phases{"none", "arterial", "venous", "delayed"};
constexpr std::array lyings{"supine", "prone", "right-side", "left-side"};
constexpr std::array sides{"any", "right", "left"};
constexpr std::array courses{"stable", "changing", "appeared", "resolved"};
constexpr std::array densities{"usual",      "part-solid", "ground-glass",
                               "spiculated", "calcified",  "juxtapleural"};
constexpr std::array roles{"structure", "finding", "distractor"};

template <class Enum>
std::size_t index(Enum value) {
  return static_cast<std::size_t>(value);
}

std::string finding_json(const Settings& s, const Finding& f) {
  const KindRow* row = row_of(s.body, f.kind);
  std::string json = "{\"kind\": " + quoted(row == nullptr ? "" : std::string(row->word)) +
                     ", \"side\": " + word_of(sides, index(f.side)) +
                     ", \"size\": " + number(f.size) +
                     ", \"density\": " + word_of(densities, index(f.density));
  if (!f.level.empty()) json += ", \"level\": " + quoted(f.level);
  json += ", \"course\": " + word_of(courses, index(f.course));
  if (f.course == Course::changing) json += ", \"doubling_days\": " + number(f.doubling_days);
  return json + "}";
}

std::string quantities_json(const Truth& t) {
  std::string json = "{";
  for (const auto& [name, value] : t.quantities)
    json += (json.size() > 1 ? ", " : "") + quoted(name) + ": " + number(value);
  return json + "}";
}

std::string boxes_json(const Truth& t) {
  std::string json = "[";
  for (const auto& box : t.boxes) {
    json += json.size() == 1 ? "[" : ", [";
    for (std::size_t k = 0; k < 5; ++k) json += (k == 0 ? "" : ", ") + std::to_string(box[k]);
    json += "]";
  }
  return json + "]";
}

std::string runs_json(const Truth& t) {
  std::string json = "[";
  for (const Run& run : t.runs)
    json += (json.size() == 1 ? "" : ",") + std::to_string(run.slice) + "," +
            std::to_string(run.row) + "," + std::to_string(run.column) + "," +
            std::to_string(run.length);
  return json + "]";
}

/// What only a finding has.
std::string finding_fields(const Truth& t) {
  return ",\n     \"role\": " + word_of(roles, index(t.role)) + ", \"kind\": " + quoted(t.kind) +
         ", \"observation\": " + quoted(t.observation) + ", \"site\": " + quoted(t.site) +
         ", \"density\": " + quoted(t.density) + ", \"level\": " + quoted(t.level) +
         ", \"zone\": " + quoted(t.zone) + ", \"course\": " + quoted(t.course) +
         ",\n     \"asked_size\": " + number(t.asked_size) + ", \"unit\": " + quoted(t.unit) +
         ", \"diameter_mm\": " + number(t.diameter_mm) +
         ", \"long_axis_mm\": " + number(t.long_axis_mm) +
         ", \"contrast_to_noise\": " + number(t.contrast_to_noise) +
         ", \"size_pixels\": " + number(t.size_pixels) +
         ", \"detectability\": " + number(t.detectability) +
         ", \"expected\": " + (t.expected ? "true" : "false");
}

std::string structure_json(const Truth& t) {
  std::string json =
      R"(    {"name": ")" + t.name + R"(", "side": ")" + t.side + R"(", "volume_ml": )" +
      number(t.volume_ml) + ", \"mean_hu\": " + number(t.mean_hu) +
      ",\n     \"centre_mm\": " + triple(t.centre_mm) + ", \"size_mm\": " + triple(t.size_mm) +
      ", \"fraction_below_950\": " + number(t.fraction_below_950) +
      ", \"quantities\": " + quantities_json(t);
  if (t.role != Truth::Role::structure)
    json += finding_fields(t);
  else if (!t.level.empty())
    json += ", \"level\": " + quoted(t.level);
  json += ",\n     \"boxes\": " + boxes_json(t);
  if (!t.runs.empty()) json += ",\n     \"runs\": " + runs_json(t);
  return json + "}";
}

std::string list_json(const Phantom& phantom, bool findings) {
  std::string json;
  for (const Truth& truth : phantom.truth)
    if ((truth.role != Truth::Role::structure) == findings)
      json += (json.empty() ? "" : ",\n") + structure_json(truth);
  return json;
}

std::string request_json(const Request& request) {
  std::string history;
  for (const std::string& fact : request.history)
    history += (history.empty() ? "" : ", ") + quoted(fact);
  return "{\"indication\": " + quoted(request.indication) + ", \"history\": [" + history +
         "], \"irrelevant\": " + (request.irrelevant ? "true" : "false") +
         ", \"contradictory\": " + (request.contradictory ? "true" : "false") + "}";
}

std::string missing_json(const Phantom& phantom) {
  std::string json;
  for (const std::string& name : phantom.missing) json += (json.empty() ? "" : ", ") + quoted(name);
  return json;
}

}  // namespace

std::string settings_json(const Settings& s) {
  std::string json =
      "{\"seed\": " + std::to_string(s.seed) + ", \"body\": " + word_of(bodies, index(s.body)) +
      ", \"columns\": " + std::to_string(s.columns) + ", \"rows\": " + std::to_string(s.rows) +
      ", \"slices\": " + std::to_string(s.slices) + ", \"pixel_mm\": " + number(s.pixel_mm) +
      ", \"slice_mm\": " + number(s.slice_mm) + ", \"thickness_mm\": " + number(s.thickness_mm) +
      ", \"noise_hu\": " + number(s.noise_hu) +
      ", \"kernel\": " + word_of(kernels, index(s.kernel)) +
      ", \"tilt_degrees\": " + number(s.tilt_degrees) +
      ", \"padding_circle_mm\": " + number(s.padding_circle_mm) +
      ", \"noise_fall\": " + number(s.artefacts.noise_fall) +
      ", \"cupping_hu\": " + number(s.artefacts.cupping_hu) +
      ", \"motion_mm\": " + number(s.artefacts.motion_mm) +
      ", \"streak_hu\": " + number(s.artefacts.streak_hu) +
      ", \"phase\": " + word_of(phases, index(s.phase)) +
      ", \"trabecular_hu\": " + number(s.trabecular_hu) + ", \"scan\": " + std::to_string(s.scan) +
      ", \"weeks_before\": " + number(s.weeks_before) +
      ", \"nodule\": " + (s.nodule ? "true" : "false");
  if (s.lying != Lying::supine) json += ", \"lying\": " + word_of(lyings, index(s.lying));
  if (s.every_second_from > 0)
    json += ", \"every_second_from\": " + std::to_string(s.every_second_from);
  if (s.nodule) json += ", \"nodule_diameter_mm\": " + number(s.nodule_diameter_mm);
  json += ", \"findings\": [";
  for (std::size_t i = 0; i < s.findings.size(); ++i)
    json += (i == 0 ? "" : ", ") + finding_json(s, s.findings[i]);
  return json + "]}";
}

std::string truth_json(const Phantom& phantom) {
  return "{\n  \"schema\": 2,\n  \"settings\": " + settings_json(phantom.settings) +
         ",\n  \"first_voxel_mm\": " + triple(phantom.first_voxel_mm) +
         ", \"row_step\": " + triple(phantom.row_step) +
         ",\n  \"note\": \"painted voxels before noise; lungs: aerated voxels without vessels, "
         "airways and what fills them; boxes: slice, column0, row0, column1, row1, inclusive, "
         "slice "
         "0 lowest; runs: slice, row, column, length, one after another\",\n  "
         "\"structures\": [\n" +
         list_json(phantom, false) + "\n  ],\n  \"findings\": [\n" + list_json(phantom, true) +
         "\n  ],\n  \"request\": " + request_json(request_of(phantom)) + ",\n  \"missing\": [" +
         missing_json(phantom) + "]\n}\n";
}

}  // namespace tomoscribe::model::phantom
