#include <algorithm>

#include <nlohmann/json.hpp>

#include "model/views/plan.h"

namespace tomoscribe::model {

namespace {

using Json = nlohmann::ordered_json;

Json of(const Channel& channel) {
  return {{"name", channel.name},
          {"low_hu", channel.low_hu},
          {"high_hu", channel.high_hu},
          {"projection", name_of(channel.projection)}};
}

Json of(const WindowPreset& preset) {
  return {{"name", preset.name},
          {"red", of(preset.red)},
          {"green", of(preset.green)},
          {"blue", of(preset.blue)}};
}

Json of(const Tile& tile) {
  return {{"index", tile.index},
          {"plane", name_of(tile.plane)},
          {"pixels", {tile.pixels.x, tile.pixels.y, tile.pixels.width, tile.pixels.height}},
          {"slices", {tile.slices.first, tile.slices.last}},
          {"corner_mm", tile.corner_mm},
          {"x_mm", tile.x_mm},
          {"y_mm", tile.y_mm},
          {"deep_mm", tile.deep_mm}};
}

Json of(const View& view) {
  Json json{{"id", view.id},
            {"kind", name_of(view.kind)},
            {"width", view.width},
            {"height", view.height},
            {"preset", view.preset.name},
            {"image_tokens", view.image_tokens},
            {"text_tokens", view.text_tokens},
            {"z_mm", view.z_mm},
            {"relevance", view.relevance},
            {"why", view.why},
            {"slices", Json::array()},
            {"tiles", Json::array()}};
  if (!view.candidate.empty()) json["candidate"] = view.candidate;
  for (const SliceRange& range : slices_of(view))
    json["slices"].push_back({range.first, range.last});
  for (const Tile& tile : view.tiles) json["tiles"].push_back(of(tile));
  return json;
}

}  // namespace

std::string to_json(const ViewPlan& plan) {
  Json json{{"budget_tokens", plan.budget_tokens},
            {"tokens", plan.tokens},
            {"seed", plan.seed},
            {"legend", plan.legend},
            {"legend_tokens", plan.legend_tokens},
            {"table", plan.table},
            {"table_tokens", plan.table_tokens},
            {"question_words", plan.question_words},
            {"region_mm", plan.region_mm},
            {"axial_mm", plan.axial_mm},
            {"presets", Json::array()},
            {"views", Json::array()},
            {"not_shown",
             {{"axial_gaps_mm", plan.not_shown.axial_gaps_mm},
              {"outside_region_mm", plan.not_shown.outside_region_mm},
              {"candidates", plan.not_shown.candidates},
              {"measurements", plan.not_shown.rows}}}};
  std::vector<std::string> named;
  for (const View& view : plan.views) {
    json["views"].push_back(of(view));
    if (std::find(named.begin(), named.end(), view.preset.name) != named.end()) continue;
    named.push_back(view.preset.name);
    json["presets"].push_back(of(view.preset));
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tomoscribe::model
