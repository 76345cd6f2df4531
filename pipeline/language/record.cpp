#include "pipeline/language/record.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace tomoscribe::pipeline::language {

namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t most_cells = 8;

Json looked_json(const model::ViewPlan& plan, const std::vector<Looked>& cells) {
  Json list = Json::array();
  for (const Looked& cell : cells) {
    const model::View& view = plan.views[cell.view];
    const double x = cell.pixels.x + cell.pixels.width / 2.0,
                 y = cell.pixels.y + cell.pixels.height / 2.0;
    Json entry{{"view", view.id},
               {"pixels", {cell.pixels.x, cell.pixels.y, cell.pixels.width, cell.pixels.height}},
               {"share", cell.share},
               {"excess", cell.excess}};
    if (const auto point = model::patient_mm(view, x, y)) entry["patient_mm"] = *point;
    if (const auto slices = model::source_slices(view, x, y)) entry["slice"] = slices->middle;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

std::string record_json(const model::ViewPlan& plan, const model::Generation& generation,
                        const std::vector<reporting::Proposal>& proposals,
                        const model::ImageRule& rule) {
  Json json;
  json["format"] = "tomoscribe-model-draft-1";
  json["note"] =
      "Written by a language model, not checked by a person. Attention says where the model "
      "looked, not "
      "why: an attribution, not a proof.";
  json["text"] = generation.text;
  json["prompt_tokens"] = generation.prompt_tokens;
  json["ended"] = generation.ended == model::Ended::by_itself ? "by itself" : "by budget";
  json["claims"] = Json::array();
  for (const reporting::Proposal& proposal : proposals) {
    Json claim{{"begin", proposal.begin}, {"end", proposal.end}, {"view", proposal.view}};
    if (proposal.box)
      claim["box"] = {proposal.box->left, proposal.box->top, proposal.box->right,
                      proposal.box->bottom};
    if (const model::Passage* passage = passage_at(generation, proposal.begin)) {
      claim["log_probability"] = passage->log_probability;
      claim["chosen_tokens"] = passage->chosen;
      claim["attention"] =
          looked_json(plan, most_looked_at(plan, generation, *passage, rule, most_cells));
    }
    json["claims"].push_back(std::move(claim));
  }
  json["tokens"] = Json::array();
  for (const model::GeneratedToken& token : generation.tokens) {
    Json entry{{"id", token.id}, {"begin", token.begin}};
    if (token.closing) entry["closing"] = true;
    if (token.forced)
      entry["forced"] = true;
    else
      entry["log_probability"] = token.log_probability,
      entry["log_probability_admitted"] = token.log_probability_admitted;
    json["tokens"].push_back(std::move(entry));
  }
  json["plan"] = Json::parse(model::to_json(plan));
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tomoscribe::pipeline::language
