#include "model/network/detail/weights.h"

#include <cstdint>
#include <string>

#include "model/refused.h"

namespace tomoscribe::model::network {

namespace {

at::ScalarType scalar_type(const TensorView& view) {
  switch (view.dtype) {
    case Dtype::f32: return at::kFloat;
    case Dtype::f16: return at::kHalf;
    case Dtype::bf16: return at::kBFloat16;
    default: throw Refused("tensor \"" + view.name + "\" is of a type that is not computed with");
  }
}

/// Takes tensors from a checkpoint, one by one, and says how far it is.
class Taker {
 public:
  Taker(const Checkpoint& checkpoint, at::ScalarType type, const at::Device& device,
        const std::function<void(double)>& progress)
      : checkpoint_(checkpoint),
        type_(type),
        device_(device),
        progress_(progress),
        all_(static_cast<double>(checkpoint.weight_bytes())) {}

  at::Tensor operator()(const std::string& name) {
    at::Tensor taken = optional(name);
    if (!taken.defined()) throw Refused("tensor \"" + name + "\" is missing");
    return taken;
  }

  at::Tensor optional(const std::string& name) {
    const TensorView* view = checkpoint_.find(name);
    if (view == nullptr) return {};
    const at::ScalarType stored = scalar_type(*view);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): from_blob takes none; nobody writes
    void* bytes = const_cast<std::byte*>(view->data);
    at::Tensor tensor = aligned(view->data, stored)
                            ? at::from_blob(bytes, view->shape, at::TensorOptions(stored))
                            : unaligned_copy(*view, stored);
    done_ += static_cast<double>(view->bytes);
    if (progress_) progress_(done_ / all_);
    return tensor.to(device_, type_);
  }

  LayerWeights layer(const std::string& prefix) {
    LayerWeights taken;
    taken.attention_norm = (*this)(prefix + "attention_norm");
    taken.q = (*this)(prefix + "attention.q");
    taken.k = (*this)(prefix + "attention.k");
    taken.v = (*this)(prefix + "attention.v");
    taken.out = (*this)(prefix + "attention.out");
    taken.ffn_norm = (*this)(prefix + "ffn_norm");
    taken.gate = (*this)(prefix + "ffn.gate");
    taken.up = (*this)(prefix + "ffn.up");
    taken.down = (*this)(prefix + "ffn.down");
    return taken;
  }

 private:
  static bool aligned(const std::byte* data, at::ScalarType type) {
    return reinterpret_cast<std::uintptr_t>(data) % c10::elementSize(type) == 0;
  }

  static at::Tensor unaligned_copy(const TensorView& view, at::ScalarType type) {
    at::Tensor copy = at::empty(view.shape, at::TensorOptions(type));
    std::memcpy(copy.data_ptr(), view.data, view.bytes);
    return copy;
  }

  const Checkpoint& checkpoint_;
  at::ScalarType type_;
  at::Device device_;
  const std::function<void(double)>& progress_;
  double all_, done_ = 0;
};

}  // namespace

Weights load_weights(const Checkpoint& checkpoint, at::ScalarType type, const at::Device& device,
                     const std::function<void(double)>& progress) {
  if (const auto& problems = checkpoint.problems(); !problems.empty())
    throw Refused(problems.front() +
                  (problems.size() > 1
                       ? " (and " + std::to_string(problems.size() - 1) + " more problems)"
                       : ""));
  Taker take(checkpoint, type, device, progress);
  const ModelConfig& config = checkpoint.config();
  Weights weights;
  weights.rotary_rows = checkpoint.rotary_rows();
  weights.vision.patches = take("vision.patches");
  weights.vision.norm = take("vision.norm");
  for (std::int64_t i = 0; i < config.vision.layers; ++i)
    weights.vision.layers.push_back(take.layer("vision.layers." + std::to_string(i) + "."));
  weights.projector.norm = take.optional("projector.norm");
  weights.projector.merge = take.optional("projector.merge");
  weights.projector.in = take("projector.in");
  weights.projector.in_bias = take.optional("projector.in.bias");
  weights.projector.out = take("projector.out");
  weights.projector.out_bias = take.optional("projector.out.bias");
  weights.text.embedding = take("text.embedding");
  for (std::int64_t i = 0; i < config.text.layers; ++i)
    weights.text.layers.push_back(take.layer("text.layers." + std::to_string(i) + "."));
  weights.text.norm = take("text.norm");
  weights.text.head = checkpoint.tied_head() ? weights.text.embedding : take("text.head");
  return weights;
}

}  // namespace tomoscribe::model::network
