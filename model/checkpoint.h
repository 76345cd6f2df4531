#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/model_config.h"
#include "model/safetensors.h"

namespace tomoscribe::model {

/// How a folder names its files and tensors.
enum class Layout {
  hugging_face,  ///< config.json, model.safetensors or shards with model.safetensors.index.json
  mistral        ///< params.json, consolidated.safetensors or shards with their index
};

/// The order of the rows of query and key weights (text and vision), per head of dimension d.
enum class RotaryRows {
  halves,  ///< Hugging Face: row j turns with row j + d/2
  pairs    ///< Mistral: row 2j turns with row 2j + 1
};

/// One tensor that a model of that shape has, by our own name.
struct ExpectedTensor {
  std::string name;     ///< e.g. "text.layers.0.attention.q", "vision.patches", "projector.in.bias"
  std::string mistral;  ///< its name in Mistral's layout
  std::string hugging_face;  ///< its name in Hugging Face's, as on the hub
  std::vector<std::int64_t> shape;
};

/// All of them, in the order of use. A tied head is not among them: it is "text.embedding".
std::vector<ExpectedTensor> expected_tensors(const ModelConfig& config, bool tied_head);

/// Hugging Face's newer module names ("model.language_model…") as the hub's; others as they are.
std::string hub_name(std::string_view name);

/// A model folder, opened and compared with what its config says: headers are read, weights are
/// mapped and not touched. Views live as long as this. Const members are thread-safe.
class Checkpoint {
 public:
  /// Where both layouts lie side by side, Hugging Face's is opened if its weights are there.
  /// \throws Refused       when the folder holds no model, or one that cannot be read at all
  /// \throws runtime_error when a file cannot be opened
  static Checkpoint open(const std::filesystem::path& folder);

  Layout layout() const { return layout_; }
  RotaryRows rotary_rows() const {
    return layout_ == Layout::mistral ? RotaryRows::pairs : RotaryRows::halves;
  }
  const ModelConfig& config() const { return config_; }
  /// The output head is the embedding: no head is in the file, and the config does not deny it.
  bool tied_head() const { return tied_head_; }
  /// By our own name; nullptr when the folder has none.
  const TensorView* find(std::string_view name) const;

  /// All that keeps the weights from being used: tensors missing, unexpected, of a wrong shape or
  /// type, a sentence each. Empty: every tensor is there as expected.
  const std::vector<std::string>& problems() const { return problems_; }

  const std::vector<std::string>& files() const { return weights_.files(); }
  std::int64_t weight_bytes() const;             ///< of all tensors in the files
  std::map<Dtype, std::int64_t> dtypes() const;  ///< elements of each type

 private:
  explicit Checkpoint(Safetensors weights) : weights_(std::move(weights)) {}
  using ByFileName = std::map<std::string, const TensorView*, std::less<>>;
  ByFileName by_file_name();
  void compare();
  void match(const ExpectedTensor& expected, const TensorView* found);

  Layout layout_ = Layout::hugging_face;
  ModelConfig config_;
  bool tied_head_ = false;
  Safetensors weights_;
  std::map<std::string, const TensorView*, std::less<>> by_name_;
  std::vector<std::string> problems_;
};

}  // namespace tomoscribe::model
