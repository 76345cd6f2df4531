#include "model/network/network.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/api/include/torch/version.h>

#include "model/network/detail/layers.h"
#include "model/network/detail/parts.h"
#include "model/refused.h"

namespace tomoscribe::model {

namespace {

at::Device device_named(const std::string& name) {
  try {
    const at::Device device(name);
    if (device.is_cpu()) return device;
    if (device.is_cuda() && at::hasCUDA() &&
        (!device.has_index() ||
         device.index() < static_cast<int>(at::detail::getCUDAHooks().getNumGPUs())))
      return device;
  } catch (const c10::Error&) {  // not a name of a device: refused below
  }
  throw Refused("device \"" + name + "\" is not on this machine" +
                (at::hasCUDA() ? "" : ": this LibTorch sees no GPU"));
}

ComputeType stored_type(const Checkpoint& checkpoint) {
  const TensorView* embedding = checkpoint.find("text.embedding");
  if (embedding == nullptr) return ComputeType::f32;  // refused when the weights are loaded
  return embedding->dtype == Dtype::bf16  ? ComputeType::bf16
         : embedding->dtype == Dtype::f16 ? ComputeType::f16
                                          : ComputeType::f32;
}

ComputeType type_for(const Checkpoint& checkpoint, const NetworkOptions& options,
                     const at::Device& device) {
  const ComputeType type = options.type ? *options.type : stored_type(checkpoint);
  if (type != ComputeType::f16 || !device.is_cpu()) return type;
  if (options.type) throw Refused("float16 is not computed on a CPU: use bf16 or f32");
  return ComputeType::f32;
}

at::ScalarType scalar_type(ComputeType type) {
  switch (type) {
    case ComputeType::f32: return at::kFloat;
    case ComputeType::bf16: return at::kBFloat16;
    case ComputeType::f16: return at::kHalf;
  }
  throw std::logic_error("unmapped ComputeType");
}

}  // namespace

const char* name_of(ComputeType type) {
  switch (type) {
    case ComputeType::f32: return "f32";
    case ComputeType::bf16: return "bf16";
    case ComputeType::f16: return "f16";
  }
  throw std::logic_error("unmapped ComputeType");
}

std::optional<ComputeType> compute_type_of(std::string_view name) {
  for (const ComputeType type : {ComputeType::f32, ComputeType::bf16, ComputeType::f16})
    if (name == name_of(type)) return type;
  return std::nullopt;
}

at::Tensor Network::Parts::features(const at::Tensor& pixels, const network::Probe& probe) const {
  const VisionConfig& vision = config().vision;
  const at::Tensor patches =
      network::encode_image(pixels.to(device), vision, weights.vision, weights.rotary_rows, probe);
  return network::project(patches, pixels.size(1) / vision.patch_size,
                          pixels.size(2) / vision.patch_size, config().projector, weights.projector,
                          config().text.norm_eps, probe);
}

at::Tensor Network::Parts::embed(const at::Tensor& ids) const {
  return at::embedding(weights.text.embedding, ids.to(device));
}

at::Tensor Network::Parts::logits(const at::Tensor& hidden) const {
  return network::dense(hidden, weights.text.head).to(at::kFloat);
}

Network::Network(Checkpoint checkpoint, const NetworkOptions& options, const Fraction& progress) {
  const int processors = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  at::set_num_threads(options.threads > 0 ? options.threads : processors);
  const at::Device device = device_named(options.device);
  const ComputeType type = type_for(checkpoint, options, device);
  if (checkpoint.config().vision.channels != 3)
    throw Refused("the model sees images of " +
                  std::to_string(checkpoint.config().vision.channels) +
                  " channels, images here have 3");
  parts_ = std::make_unique<Parts>(
      Parts{std::move(checkpoint), options.device, device, type, scalar_type(type), {}});
  parts_->weights = network::computed([&] {
    return network::load_weights(parts_->checkpoint, parts_->scalar, parts_->device, progress);
  });
}

Network::~Network() = default;

const Checkpoint& Network::checkpoint() const {
  return parts_->checkpoint;
}
const std::string& Network::device() const {
  return parts_->device_name;
}
ComputeType Network::type() const {
  return parts_->type;
}

int Network::threads() {
  return at::get_num_threads();
}
std::string Network::library() {
  return TORCH_VERSION;
}

ImageFeatures Network::encode(const PreparedImage& image, const Fraction& progress) const {
  const std::int64_t channels = parts_->config().vision.channels;
  const std::int64_t cell =
      parts_->config().vision.patch_size * parts_->config().projector.spatial_merge;
  if (image.height != image.tokens.rows * cell || image.width != image.tokens.columns * cell ||
      static_cast<std::int64_t>(image.values.size()) != channels * image.height * image.width)
    throw std::invalid_argument("the image was not prepared for this model's patches");
  double stages = 0;
  const auto layers = static_cast<double>(parts_->config().vision.layers);
  const network::Probe told = [&](const std::string&, const at::Tensor&) {
    if (progress) progress(std::min(1.0, stages++ / layers));
  };
  return network::computed([&] {
    const at::Tensor pixels = at::tensor(image.values, at::TensorOptions(at::kFloat))
                                  .view({channels, image.height, image.width});
    return ImageFeatures(std::make_shared<const ImageFeatures::Value>(
        ImageFeatures::Value{parts_->features(pixels, told), image.tokens}));
  });
}

const ImageGrid& ImageFeatures::grid() const {
  return value_->grid;
}
std::size_t ImageFeatures::bytes() const {
  return value_->rows.nbytes();
}

}  // namespace tomoscribe::model
