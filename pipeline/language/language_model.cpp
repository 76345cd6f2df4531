#include "pipeline/language/language_model.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "dicom/blob_store.h"
#include "model/generator.h"
#include "model/refused.h"
#include "model/views/plan.h"
#include "pipeline/language/packet.h"
#include "pipeline/language/pointing.h"
#include "pipeline/language/record.h"

namespace tomoscribe::pipeline {

namespace {

namespace fs = std::filesystem;

/// Shares of the drafter's work.
constexpr double drawn = 0.1, encoded = 0.4, read = 0.6;

model::GeneratorOptions generator_options(const LanguageModelOptions& options) {
  model::GeneratorOptions generator;
  generator.network.device = options.device;
  generator.network.threads = options.threads;
  generator.network.type = model::compute_type_of(options.type);
  return generator;
}

/// One hash for what a model is made of: of the files' names and the hashes of their bytes.
std::string checksum_of(std::vector<fs::path> files, const Progress& progress) {
  std::ranges::sort(files);
  std::string lines;
  for (std::size_t i = 0; i < files.size(); ++i) {
    progress("checking the weights", static_cast<double>(i) / static_cast<double>(files.size()));
    lines += dicom::sha256_of_file(files[i]).str() + "  " + files[i].filename().string() + "\n";
  }
  return dicom::sha256(lines).str();
}

/// The folder's name as reports may print it: plain letters, at most 64 of them (VR LO).
std::string printable_name(const fs::path& folder) {
  constexpr std::size_t longest = 64;
  std::string name;
  for (const char c : fs::canonical(folder).filename().string().substr(0, longest)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
    name += plain ? c : '_';
  }
  return name;
}

std::string short_number(double value) {
  std::ostringstream text;
  text << std::setprecision(3) << value;
  return text.str();
}

/// Leaves out the claim that the budget cut: its end, perhaps its choices, are the grammar's, not
/// the model's. True where the budget ended the draft.
bool drop_cut(std::vector<reporting::Proposal>& proposals, const model::Generation& generation) {
  if (generation.ended != model::Ended::by_budget) return false;
  const auto closing = std::ranges::find_if(generation.tokens, &model::GeneratedToken::closing);
  const std::size_t end =
      closing == generation.tokens.end() ? generation.text.size() : closing->begin;
  std::erase_if(proposals, [&](const reporting::Proposal& proposal) { return proposal.end > end; });
  return true;
}

/// A claim that was made before, in other words, is no second finding; how many there were.
std::size_t drop_repeated(std::vector<reporting::Proposal>& proposals) {
  std::vector<reporting::Proposal> kept;
  for (reporting::Proposal& proposal : proposals) {
    const auto same = [&](const reporting::Proposal& other) {
      return other.statement.section == proposal.statement.section &&
             other.finding.observation == proposal.finding.observation &&
             other.finding.site == proposal.finding.site &&
             other.finding.laterality == proposal.finding.laterality &&
             other.finding.presence == proposal.finding.presence && other.view == proposal.view &&
             other.box == proposal.box;
    };
    if (std::ranges::none_of(kept, same)) kept.push_back(std::move(proposal));
  }
  const std::size_t repeated = proposals.size() - kept.size();
  proposals = std::move(kept);
  return repeated;
}

class LanguageModel : public Drafter {
 public:
  LanguageModel(const LanguageModelOptions& options, const Progress& progress)
      : options_(options),
        name_(printable_name(options.folder)),
        generator_(options.folder, generator_options(options),
                   [&](double done) { progress("loading the model", done); }),
        checksum_(checksum_of(generator_.files(), progress)) {}

  std::variant<ModelDraft, NoDraft> draft(const Volume& volume, const ScanMap& map,
                                          const reporting::ReportVersion& measured,
                                          const Progress& progress,
                                          const std::stop_token& stop) override {
    try {
      return write(volume, map, measured, progress, stop);
    } catch (const model::Refused& why) {
      return NoDraft{why.what()};
    } catch (const model::ComputeFailed& why) {
      return NoDraft{std::string("the computation failed: ") + why.what()};
    } catch (const std::bad_alloc&) {
      return NoDraft{"the memory was not enough"};
    } catch (const Cancelled&) {
      throw;
    } catch (const std::exception&) {
      return NoDraft{"an unexpected fault"};  // its words may be the report's
    }
  }

 private:
  ModelDraft write(const Volume& volume, const ScanMap& map,
                   const reporting::ReportVersion& measured, const Progress& progress,
                   const std::stop_token& stop);
  model::Generation generate(const model::Prompt& prompt, const model::Grammar& grammar,
                             const Progress& progress, const std::stop_token& stop);
  void add_evidence(reporting::Proposal& proposal, const Volume& volume,
                    const model::ViewPlan& plan, const model::Generation& generation) const;
  std::map<std::string, std::string> options_used(const model::ViewPlan& plan,
                                                  const model::Generation& generation) const;

  LanguageModelOptions options_;
  std::string name_;
  model::Generator generator_;
  std::string checksum_;
};

model::Generation LanguageModel::generate(const model::Prompt& prompt,
                                          const model::Grammar& grammar, const Progress& progress,
                                          const std::stop_token& stop) {
  model::GenerateOptions options;
  options.sampling.temperature = options_.temperature;
  options.seed = options_.seed;
  options.most_tokens = static_cast<std::size_t>(options_.answer_tokens);
  options.grammar = &grammar;
  return generator_.generate(prompt, options, [&](const std::string& stage, double done) {
    if (stop.stop_requested()) throw Cancelled();
    const double share = stage == "encoding images"      ? drawn + (encoded - drawn) * done
                         : stage == "reading the prompt" ? encoded + (read - encoded) * done
                                                         : read + (1 - read) * done;
    progress("language model: " + stage, share);
  });
}

/// Where the claim points, and where the model looked more than for its other claims.
void LanguageModel::add_evidence(reporting::Proposal& proposal, const Volume& volume,
                                 const model::ViewPlan& plan,
                                 const model::Generation& generation) const {
  const auto view = std::ranges::find(plan.views, proposal.view, &model::View::id);
  if (view != plan.views.end())
    if (auto evidence = language::pointed_at(volume, *view, proposal.box))
      proposal.finding.evidence.push_back(std::move(*evidence));
  const model::Passage* passage = language::passage_at(generation, proposal.begin);
  if (passage == nullptr || passage->chosen == 0) return;
  const double mean = std::exp(passage->log_probability / static_cast<double>(passage->chosen));
  std::string& reason = proposal.finding.verification.reason;
  reason += (reason.empty() ? "" : " ") + std::string("Mean probability of its words: ") +
            short_number(100 * mean) + " %.";
  proposal.statement.verification.reason = reason;
  for (const language::Looked& cell :
       language::most_looked_at(plan, generation, *passage, generator_.image_rule(), 1))
    if (auto evidence = language::evidence_at(
            volume, plan.views[cell.view], cell.pixels,
            "view " + plan.views[cell.view].id +
                ", where the model looked most beyond its other claims (" +
                short_number(100 * cell.share) +
                " % of its attention to images): an attribution, not a proof")) {
      evidence->regions.clear();  // a place, no outline of anything
      proposal.finding.evidence.push_back(std::move(*evidence));
    }
}

std::map<std::string, std::string> LanguageModel::options_used(
    const model::ViewPlan& plan, const model::Generation& generation) const {
  return {{"model.device", generator_.network().device()},
          {"model.threads", std::to_string(model::Network::threads())},
          {"model.libtorch", model::Network::library()},
          {"model.type", model::name_of(generator_.network().type())},
          {"model.temperature", short_number(options_.temperature)},
          {"model.budget_tokens", std::to_string(options_.budget_tokens)},
          {"model.answer_tokens", std::to_string(options_.answer_tokens)},
          {"model.views", std::to_string(plan.views.size())},
          {"model.prompt_tokens", std::to_string(generation.prompt_tokens)},
          {"model.draft_language", std::to_string(reporting::draft_language_version)}};
}

ModelDraft LanguageModel::write(const Volume& volume, const ScanMap& map,
                                const reporting::ReportVersion& measured, const Progress& progress,
                                const std::stop_token& stop) {
  const model::ViewPlan plan = model::plan_views(language::plan_request(
      volume, map, measured, generator_, options_.budget_tokens, options_.seed));
  const std::vector<model::Image> images = language::draw(
      volume, plan, [&](const std::string& stage, double done) { progress(stage, drawn * done); },
      stop);
  const reporting::DraftContext context =
      reporting::draft_context(measured, language::draft_views(plan));
  const model::Grammar grammar = model::Grammar::parse(reporting::draft_grammar(context));
  const model::Generation generation =
      generate(language::prompt(plan, images, context, measured.order), grammar, progress, stop);
  auto read_back = reporting::read_draft(generation.text, context);
  if (const auto* fault = std::get_if<std::string>(&read_back))
    throw model::Refused("the draft could not be read: " + *fault);
  ModelDraft draft;
  draft.proposals = std::move(std::get<reporting::Draft>(read_back).proposals);
  const bool cut = drop_cut(draft.proposals, generation);
  const std::size_t repeated = drop_repeated(draft.proposals);
  for (reporting::Proposal& proposal : draft.proposals)
    add_evidence(proposal, volume, plan, generation);
  draft.model_name = name_;
  draft.weights_checksum = checksum_;
  draft.seed = options_.seed;
  draft.options = options_used(plan, generation);
  draft.notes = language::coverage_notes(plan);
  if (cut)
    draft.notes.emplace_back(
        "the language model's draft was cut when its budget was used up: what it had begun is left "
        "out");
  if (repeated > 0)
    draft.notes.push_back("the language model repeated " + std::to_string(repeated) +
                          " of its claims: said once here");
  if (draft.proposals.empty())
    draft.notes.emplace_back(
        "the language model proposed nothing, which does not mean that there is nothing");
  draft.record = {"model-draft.json", language::record_json(plan, generation, draft.proposals,
                                                            generator_.image_rule())};
  return draft;
}

class NoLanguageModel : public Drafter {
 public:
  explicit NoLanguageModel(std::string reason) : reason_(std::move(reason)) {}
  std::variant<ModelDraft, NoDraft> draft(const Volume&, const ScanMap&,
                                          const reporting::ReportVersion&, const Progress&,
                                          const std::stop_token&) override {
    return NoDraft{reason_};
  }

 private:
  std::string reason_;
};

}  // namespace

std::unique_ptr<Drafter> without_language_model(const std::string& reason) {
  return std::make_unique<NoLanguageModel>(reason);
}

std::unique_ptr<Drafter> load_language_model(const LanguageModelOptions& options,
                                             const Progress& progress) {
  return std::make_unique<LanguageModel>(options, progress);
}

}  // namespace tomoscribe::pipeline
