#include "model/generator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include "model/detail/answer.h"
#include "model/detail/feature_cache.h"
#include "model/folder_text.h"
#include "model/footprint.h"
#include "model/refused.h"

namespace tomoscribe::model {

namespace {

bool admits(const std::vector<std::uint64_t>& mask, std::size_t id) {
  return id / 64 < mask.size() && (mask[id / 64] >> (id % 64) & 1U) != 0;
}

/// The logarithm of the sum of exponentials of the logits whose bit is set.
double log_sum(const std::vector<float>& logits, const std::vector<std::uint64_t>* mask) {
  float most = -std::numeric_limits<float>::infinity();
  for (const float logit : logits)
    if (std::isfinite(logit)) most = std::max(most, logit);
  double sum = 0;
  for (std::size_t id = 0; id < logits.size(); ++id)
    if (std::isfinite(logits[id]) && (mask == nullptr || admits(*mask, id)))
      sum += std::exp(static_cast<double>(logits[id] - most));
  return static_cast<double>(most) + std::log(sum);
}

/// Others become impossible, and what is no number.
std::vector<float> admitted_logits(std::vector<float> logits,
                                   const std::vector<std::uint64_t>& mask) {
  bool possible = false;
  for (std::size_t id = 0; id < logits.size(); ++id) {
    if (!admits(mask, id) || !std::isfinite(logits[id]))
      logits[id] = -std::numeric_limits<float>::infinity();
    else
      possible = true;
  }
  if (!possible) throw Refused("the model computes no numbers (NaN): are its weights sound?");
  return logits;
}

void say(const GenerateProgress& progress, const char* stage, double fraction) {
  if (progress) progress(stage, fraction);
}

/// Comparisons that are false for what is no number.
void check(const Sampling& sampling) {
  const auto share = [](double value) { return value >= 0 && value <= 1; };
  if (!(sampling.temperature >= 0 && sampling.temperature <= 1e6) || !share(sampling.top_p) ||
      !share(sampling.min_p) || !share(sampling.typical_p) ||
      !(sampling.repetition_penalty > 0 && sampling.repetition_penalty <= 1e6))
    throw Refused("temperature, top_p, min_p, typical_p or repetition penalty is out of range");
}

/// The loop: what is forced is taken, what is not is chosen; the decoder runs only before a choice.
class Writer {
 public:
  Writer(Sequence& sequence, std::vector<TokenId> context, const GenerateOptions& options,
         detail::Admission& admission, detail::Answer& answer, TokenId end)
      : sequence_(sequence),
        context_(std::move(context)),
        options_(options),
        admission_(admission),
        answer_(answer),
        end_(end),
        random_(options.seed) {}

  Ended write(const GenerateProgress& progress) {
    while (written_ < options_.most_tokens) {
      say(progress, "writing",
          static_cast<double>(written_) / static_cast<double>(options_.most_tokens));
      const Step step = next();
      if (step == Step::end) return Ended::by_itself;
      if (step == Step::too_long) break;
    }
    for (const TokenId id : admission_.closing())
      answer_.add({.id = id, .forced = true, .closing = true}, {});
    return Ended::by_budget;
  }

 private:
  enum class Step : std::uint8_t { taken, end, too_long };

  Step next() {
    for (const TokenId id : admission_.forced()) put({.id = id, .forced = true}, {});
    const std::vector<std::uint64_t>& mask = admission_.mask();
    if (const auto only = admission_.only()) return take({.id = *only, .forced = true}, {});
    if (!pending_.empty()) sequence_.append(std::exchange(pending_, {}));
    const std::vector<float>& logits = sequence_.logits();
    const TokenId id = choose(admitted_logits(logits, mask), options_.sampling, context_, random_);
    const auto logit = static_cast<double>(logits[static_cast<std::size_t>(id)]);
    return take({.id = id,
                 .log_probability = static_cast<float>(logit - log_sum(logits, nullptr)),
                 .log_probability_admitted = static_cast<float>(logit - log_sum(logits, &mask))},
                sequence_.attention());
  }

  Step take(const GeneratedToken& token, const std::vector<float>& attention) {
    if (token.id == end_) return Step::end;
    if (!admission_.take(token.id, options_.most_tokens - written_ - 1)) return Step::too_long;
    put(token, attention);
    return Step::taken;
  }

  void put(const GeneratedToken& token, const std::vector<float>& attention) {
    answer_.add(token, attention);
    pending_.push_back(token.id);
    context_.push_back(token.id);
    ++written_;
  }

  Sequence& sequence_;
  std::vector<TokenId> context_;
  const GenerateOptions& options_;
  detail::Admission& admission_;
  detail::Answer& answer_;
  TokenId end_;
  Random random_;
  std::vector<TokenId> pending_;  ///< taken, not yet seen by the decoder
  std::size_t written_ = 0;
};

}  // namespace

struct Generator::Parts {
  Network network;
  std::unique_ptr<Tokenizer> tokenizer;
  Chat chat;
  TokenTrie trie;
  ImageRule rule;
  detail::FeatureCache features;
  std::vector<std::filesystem::path> files;

  ImageFeatures encoded(const Image& image, const Fraction& progress);
  std::vector<TokenId> prompt_ids(const Prompt& prompt) const;
};

Generator::Generator(const std::filesystem::path& folder, const GeneratorOptions& options,
                     const Fraction& progress) {
  Checkpoint checkpoint = Checkpoint::open(folder);
  FolderText text = open_folder_text(folder, checkpoint);
  Chat chat(*text.tokenizer, text.format);
  TokenTrie trie(token_bytes(*text.tokenizer), chat.end_of_sequence());
  std::vector<std::filesystem::path> files{
      folder / (checkpoint.layout() == Layout::mistral ? "params.json" : "config.json"), text.file};
  for (const std::string& name : checkpoint.files()) files.push_back(folder / name);
  const ImageRule rule = model::image_rule(checkpoint.config(), options.preprocessing);
  // NOLINTNEXTLINE(modernize-make-unique): an aggregate, whose network cannot move
  parts_ = std::unique_ptr<Parts>(new Parts{{std::move(checkpoint), options.network, progress},
                                            std::move(text.tokenizer),
                                            chat,
                                            std::move(trie),
                                            rule,
                                            detail::FeatureCache(options.feature_cache_bytes),
                                            std::move(files)});
}

Generator::~Generator() = default;
const Network& Generator::network() const {
  return parts_->network;
}
const Tokenizer& Generator::tokenizer() const {
  return *parts_->tokenizer;
}
const ImageRule& Generator::image_rule() const {
  return parts_->rule;
}
const std::vector<std::filesystem::path>& Generator::files() const {
  return parts_->files;
}
std::size_t Generator::cached_images() const {
  return parts_->features.size();
}
void Generator::prepare(const Image& image) {
  (void)parts_->encoded(image, {});
}

ImageFeatures Generator::Parts::encoded(const Image& image, const Fraction& progress) {
  std::string key = std::to_string(image.width) + "x" + std::to_string(image.height) + "x" +
                    std::to_string(image.channels) + ":";
  key.append(image.values.begin(), image.values.end());
  if (auto known = features.find(key)) return *known;
  const PreparedImage prepared = prepare_image(
      {image.width, image.height, image.channels, image.values.data(), image.values.size()}, rule);
  ImageFeatures made = network.encode(prepared, progress);
  features.add(std::move(key), made);
  return made;
}

std::vector<TokenId> Generator::Parts::prompt_ids(const Prompt& prompt) const {
  std::vector<Message> messages;
  for (const Turn& turn : prompt) {
    messages.push_back({turn.role, {}});
    for (const auto& chunk : turn.content)
      if (const auto* text = std::get_if<std::string>(&chunk)) {
        messages.back().content.emplace_back(*text);
      } else {
        const Image& image = *std::get<const Image*>(chunk);
        messages.back().content.emplace_back(token_grid(image.width, image.height, rule));
      }
  }
  return chat.encode(messages);
}

std::size_t Generator::count(const Prompt& prompt) const {
  return parts_->prompt_ids(prompt).size();
}

Generation Generator::generate(const Prompt& prompt, const GenerateOptions& options,
                               const GenerateProgress& progress) {
  check(options.sampling);
  const std::vector<TokenId> ids = parts_->prompt_ids(prompt);
  const std::size_t needed = ids.size() + options.most_tokens;
  if (const auto& most = parts_->network.checkpoint().config().text.positions;
      most && static_cast<std::int64_t>(needed) > *most)
    throw Refused("the prompt has " + std::to_string(ids.size()) + " tokens and the answer up to " +
                  std::to_string(options.most_tokens) + ", the model's longest context is " +
                  std::to_string(*most));
  detail::Admission admission(*parts_->tokenizer, parts_->trie, options.grammar,
                              parts_->chat.end_of_sequence(), options.most_tokens);
  std::vector<const Image*> images;
  for (const Turn& turn : prompt)
    for (const auto& chunk : turn.content)
      if (const auto* image = std::get_if<const Image*>(&chunk)) images.push_back(*image);
  std::vector<ImageFeatures> features;
  features.reserve(images.size());
  for (const Image* image : images) {
    features.push_back(parts_->encoded(*image, [&](double done) {
      say(progress, "encoding images",
          (static_cast<double>(features.size()) + done) / static_cast<double>(images.size()));
    }));
  }
  Sequence sequence = parts_->network.begin(needed, parts_->chat.image());
  sequence.append(ids, features, [&](double done) { say(progress, "reading the prompt", done); });
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] == parts_->chat.image()) places.push_back(i);
  detail::Answer answer(*parts_->tokenizer, std::move(places), options.grammar != nullptr);
  const Ended ended =
      Writer(sequence, ids, options, admission, answer, parts_->chat.end_of_sequence())
          .write(progress);
  Generation generation = answer.finish();
  generation.prompt_tokens = ids.size();
  generation.ended = ended;
  for (const ImageFeatures& image : features) generation.images.push_back(image.grid());
  return generation;
}

}  // namespace tomoscribe::model
