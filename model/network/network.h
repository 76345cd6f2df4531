#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "model/checkpoint.h"
#include "model/image_preprocess.h"
#include "model/tokenizer/tokenizer.h"

namespace tomoscribe::model {

/// What numbers are computed with.
enum class ComputeType : std::uint8_t { f32, bf16, f16 };

const char* name_of(ComputeType type);                              ///< "f32", "bf16", "f16"
std::optional<ComputeType> compute_type_of(std::string_view name);  ///< nothing for other words

struct NetworkOptions {
  std::string device = "cpu";       ///< or "cuda", "cuda:1"
  std::optional<ComputeType> type;  ///< none: as stored; float16 on a CPU is computed as float32
  int threads = 0;                  ///< of LibTorch, for the whole process; 0: one per processor
};

/// LibTorch gave up: no memory, a device that failed. what() is its first line.
struct ComputeFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Share done, 0 to 1. What it throws ends the work, and the object that worked is as before.
using Fraction = std::function<void(double)>;

/// One image as the decoder takes it. Opaque, immutable, cheap to copy; stays on the device.
class ImageFeatures {
 public:
  struct Value;
  explicit ImageFeatures(std::shared_ptr<const Value> value) : value_(std::move(value)) {}
  const Value& value() const { return *value_; }
  const ImageGrid& grid() const;
  std::size_t bytes() const;

 private:
  std::shared_ptr<const Value> value_;
};

/// One conversation: the tokens so far and their keys and values. Moves; not thread-safe. The
/// network must outlive it.
class Sequence {
 public:
  Sequence(Sequence&&) noexcept;
  Sequence& operator=(Sequence&&) noexcept;
  Sequence(const Sequence&) = delete;
  Sequence& operator=(const Sequence&) = delete;
  ~Sequence();

  /// Runs the decoder over more tokens; each run of image ids takes the next image's rows.
  /// \throws std::invalid_argument when images and their ids do not agree, or an id is none;
  /// std::length_error when there is no room: nothing is appended then.
  void append(const std::vector<TokenId>& ids, const std::vector<ImageFeatures>& images = {},
              const Fraction& progress = {});

  /// What follows the last token: a logit for each id.
  const std::vector<float>& logits() const;

  /// Attention that the last token gave each position so far, a mean over heads and layers (sum 1).
  /// An attribution, no proof. Empty when it was appended with more than 63 others: a prompt.
  const std::vector<float>& attention() const;

  std::size_t length() const;
  std::size_t capacity() const;

 private:
  friend class Network;
  struct State;
  explicit Sequence(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A model of the Pixtral family on one device, resident. Const members may be called by one thread
/// at a time.
class Network {
 public:
  /// Loads the weights: mapped on a CPU where they are of the type computed with, else copied.
  /// \throws Refused when the checkpoint has problems, the device is none or absent, or the type is
  /// not computed there.
  Network(Checkpoint checkpoint, const NetworkOptions& options, const Fraction& progress = {});
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  ~Network();

  const Checkpoint& checkpoint() const;
  const std::string& device() const;
  ComputeType type() const;
  static int threads();          ///< of LibTorch: sums depend on how they are shared out
  static std::string library();  ///< LibTorch's version, for the same reason

  /// Vision encoder and projector. Progress is told after each layer, and may stop the work there.
  /// \throws std::invalid_argument when the image was prepared for another patch size.
  ImageFeatures encode(const PreparedImage& image, const Fraction& progress = {}) const;

  /// An empty conversation with room for that many tokens (memory: capacity x
  /// kv_bytes_per_token()). \param image_id  whose embedding rows the images replace.
  Sequence begin(std::size_t capacity, TokenId image_id) const;

  struct Parts;
  const Parts& parts() const { return *parts_; }  ///< LibTorch's side, for tests of each layer

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace tomoscribe::model
