#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "model/chat/chat.h"
#include "model/grammar/grammar.h"
#include "model/image_preprocess.h"
#include "model/network/network.h"
#include "model/sampling.h"

namespace tomoscribe::model {

/// A picture with its own bytes. Shape: [H,W,C], as Pixels.
struct Image {
  int width = 0, height = 0, channels = 3;
  std::vector<std::uint8_t> values;
};

/// One turn of a conversation: texts and pictures in order.
struct Turn {
  Role role = Role::user;
  std::vector<std::variant<std::string, const Image*>> content;  ///< images are not owned
};
using Prompt = std::vector<Turn>;

struct GenerateOptions {
  Sampling sampling;
  std::uint64_t seed = 0;
  std::size_t most_tokens = 1024;    ///< of the answer
  const Grammar* grammar = nullptr;  ///< every answer is a text of it; none: any text
};

struct GeneratedToken {
  TokenId id = 0;
  std::size_t begin = 0;  ///< its first byte in the answer
  /// Natural logarithm of the probability at temperature 1: among all tokens, and among those that
  /// the grammar admitted. 0 and 0 for a forced token: the grammar left no choice, no logit was
  /// looked at.
  float log_probability = 0, log_probability_admitted = 0;
  bool forced = false;
  bool closing = false;  ///< of the shortest end that was written when the budget was used up:
                         ///< forced too, but the model might have gone on otherwise
};

/// One line of the answer and where the model looked while it wrote it. An attribution, no proof.
struct Passage {
  std::size_t begin = 0, end = 0;      ///< bytes of the answer, without the line's end
  double log_probability = 0;          ///< of all its tokens that were chosen: a sum
  std::size_t chosen = 0;              ///< how many they were
  std::vector<float> image_attention;  ///< of each image token of the prompt, images in order, row
                                       ///< by row; mean over the chosen tokens
};

enum class Ended : std::uint8_t {
  by_itself,  ///< the model ended its answer
  by_budget,  ///< most_tokens were used up; with a grammar, the shortest end was taken in time
};

struct Generation {
  std::string text;
  std::vector<GeneratedToken> tokens;
  std::vector<Passage> passages;
  std::vector<ImageGrid> images;  ///< of the prompt, in order: what image_attention is laid out by
  std::size_t prompt_tokens = 0;
  Ended ended = Ended::by_itself;
};

/// Where the work is: "encoding images", "reading the prompt", "writing", and the share done. May
/// throw to stop the work.
using GenerateProgress = std::function<void(const std::string& stage, double fraction)>;

struct GeneratorOptions {
  NetworkOptions network;
  Preprocessing preprocessing = Preprocessing::mistral_common;
  std::size_t feature_cache_bytes = std::size_t{1}
                                    << 30U;  ///< encoded images kept, oldest go first
};

/// A model folder, resident: text and images in, text out. Deterministic: the same folder, machine,
/// options and prompt give the same answer. Not thread-safe.
class Generator {
 public:
  /// \throws Refused when the folder, its tokenizer or its weights cannot be used: nothing is
  /// half-loaded. \throws std::runtime_error when a file cannot be opened.
  Generator(const std::filesystem::path& folder, const GeneratorOptions& options,
            const Fraction& progress = {});
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  const Network& network() const;
  const Tokenizer& tokenizer() const;
  const ImageRule& image_rule() const;
  /// What it was read from: config, vocabulary, weights.
  const std::vector<std::filesystem::path>& files() const;

  /// Tokens of context that the prompt takes. \throws as generate.
  std::size_t count(const Prompt& prompt) const;

  /// Encodes an image and keeps its features, so that a later prompt with the same pixels need not.
  /// \throws UnfitImage
  void prepare(const Image& image);
  std::size_t cached_images() const;

  /// \throws Refused, UnfitImage, BadGrammar, std::invalid_argument: nothing was generated, and
  /// why.
  Generation generate(const Prompt& prompt, const GenerateOptions& options,
                      const GenerateProgress& progress = {});

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tomoscribe::model
