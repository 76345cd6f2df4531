// A model as large as a released one, of random weights: writes it, maps it, reads one slice and
// writes a few tokens. Fails when the peak of memory is not what the arithmetic says, within 10 %.
//   true_shape CONFIG.json FOLDER [LAYERS] [IMAGE_PIXELS] [TOKENS] [DEVICE]
// LAYERS cuts text and vision to so many layers; 0: all. The folder's model is deleted at the end.
// On a device other than the processor all is done once unmeasured first, and the peak of the
// processor's memory is not judged.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "model/checkpoint.h"
#include "model/footprint.h"
#include "model/network/network.h"
#include "tests/support/model_folder.h"

namespace {

using namespace tomoscribe::model;  // NOLINT(google-build-using-namespace): one program
namespace fs = std::filesystem;
namespace tests = tomoscribe::tests;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// bfloat16 of values between -0.035 and 0.035, a block that is written again and again.
std::vector<std::uint16_t> random_block() {
  std::vector<std::uint16_t> block(std::size_t{1} << 22U);
  std::uint64_t state = 1;
  for (std::uint16_t& value : block) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const float number = (static_cast<float>(state >> 40U) / 16777216.0F - 0.5F) * 0.07F;
    std::uint32_t bits = 0;
    std::memcpy(&bits, &number, sizeof bits);
    value = static_cast<std::uint16_t>(bits >> 16U);
  }
  return block;
}

std::size_t elements_of(const std::vector<std::int64_t>& shape) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  return count;
}

/// config.json and one model.safetensors.
void write_model(const nlohmann::json& config, const fs::path& folder) {
  fs::create_directories(folder);
  std::ofstream(folder / "config.json") << config;
  const ModelConfig model = read_hugging_face_config(config.dump());
  const auto tensors = expected_tensors(model, model.tied_head.value_or(false));
  nlohmann::json header;
  std::size_t end = 0;
  for (const auto& tensor : tensors) {
    const std::size_t bytes = 2 * elements_of(tensor.shape);
    header[tensor.hugging_face] = {
        {"dtype", "BF16"}, {"shape", tensor.shape}, {"data_offsets", {end, end + bytes}}};
    end += bytes;
  }
  std::string head = header.dump();
  head.resize((head.size() + 7) / 8 * 8, ' ');
  std::ofstream file(folder / "model.safetensors", std::ios::binary);
  file << tests::safetensors_bytes(head, "");
  const std::vector<std::uint16_t> random = random_block(), ones(1U << 16U, 0x3F80);
  for (const auto& tensor : tensors) {
    const auto& block = tensor.shape.size() == 1 ? ones : random;
    for (std::size_t left = elements_of(tensor.shape); left > 0;) {
      const std::size_t count = std::min(left, block.size());
      file.write(reinterpret_cast<const char*>(block.data()),  // NOLINT: bytes
                 static_cast<std::streamsize>(2 * count));
      left -= count;
    }
  }
  if (!file.flush()) throw std::runtime_error("the disk took no more: " + folder.string());
}

/// "VmHWM:  123 kB" of this process, bytes.
double memory_bytes(const std::string& word) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(word + ":", 0) == 0) return std::stod(line.substr(word.size() + 1)) * 1024;
  return 0;
}

PreparedImage slice(const ModelConfig& config, int pixels) {
  Pixels image{pixels, pixels, 3};
  std::vector<std::uint8_t> values;
  for (int i = 0; i < pixels * pixels * 3; ++i) values.push_back(static_cast<std::uint8_t>(i / 7));
  image.values = values.data();
  image.size = values.size();
  return prepare_image(image, image_rule(config));
}

struct Times {
  double encode_s = 0, prompt_s = 0, decode_s = 0;
  std::size_t prompt_tokens = 0, capacity = 0;
};

/// Waits for what a device was given to do.
void finish(const std::string& device) {
  if (device != "cpu") at::detail::getCUDAHooks().deviceSynchronize(-1);
}

Times once(const Network& network, int pixels, int tokens, const std::string& device) {
  Times times;
  const ModelConfig& config = network.checkpoint().config();
  const PreparedImage prepared = slice(config, pixels);
  auto start = Clock::now();
  const ImageFeatures image = network.encode(prepared);
  finish(device);
  times.encode_s = seconds_since(start);
  const auto image_id = static_cast<TokenId>(config.image_ids.image);
  std::vector<TokenId> ids{1, 3};
  for (int cell = 0; cell < image.grid().rows * image.grid().columns; ++cell)
    ids.push_back(image_id);
  times.prompt_tokens = ids.size();
  times.capacity = ids.size() + static_cast<std::size_t>(tokens);
  Sequence sequence = network.begin(times.capacity, image_id);
  start = Clock::now();
  sequence.append(ids, {image});
  finish(device);
  times.prompt_s = seconds_since(start);
  start = Clock::now();
  for (int i = 0; i < tokens; ++i) {
    const auto& logits = sequence.logits();
    sequence.append(
        {static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin())});
  }
  finish(device);
  times.decode_s = seconds_since(start);
  return times;
}

int run(const fs::path& folder, int pixels, int tokens, const std::string& device) {
  const double before = memory_bytes("VmHWM");
  const auto start = Clock::now();
  const Network network(Checkpoint::open(folder), {device, {}, 0});
  const double load_s = seconds_since(start);
  if (device != "cpu") (void)once(network, pixels, tokens, device);
  const Times times = once(network, pixels, tokens, device);
  const ModelConfig& config = network.checkpoint().config();
  const auto weights = static_cast<double>(network.checkpoint().weight_bytes());
  const double cache =
      static_cast<double>(times.capacity) * static_cast<double>(kv_bytes_per_token(config.text));
  const double expected = before + weights + cache, peak = memory_bytes("VmHWM");
  constexpr double gib = 1 << 30;
  std::printf(
      "| weights GiB | expected peak GiB | peak GiB | load s | encode %d px ms | prompt of %zu "
      "tokens ms | "
      "tokens/s |\n|---|---|---|---|---|---|---|\n| %.2f | %.2f | %.2f | %.2f | %.1f | %.1f | %.2f "
      "|\n",
      pixels, times.prompt_tokens, weights / gib, expected / gib, peak / gib, load_s,
      1e3 * times.encode_s, 1e3 * times.prompt_s, tokens / times.decode_s);
  std::fflush(stdout);
  if (device == "cpu" && peak > 1.1 * expected) {
    std::puts("the peak is over the arithmetic by more than 10 %");
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) {
    std::cerr << "true_shape CONFIG.json FOLDER [LAYERS] [IMAGE_PIXELS] [TOKENS] [DEVICE]\n";
    return 2;
  }
  const auto number = [&](int at, int otherwise) {
    return argc > at ? std::stoi(argv[at]) : otherwise;
  };
  nlohmann::json config = nlohmann::json::parse(tests::text_of(argv[1]));
  if (const int layers = number(3, 0); layers > 0)
    for (const char* part : {"text_config", "vision_config"})
      config[part]["num_hidden_layers"] = layers;
  const fs::path folder = argv[2];
  write_model(config, folder);
  const int result = run(folder, number(4, 512), number(5, 16), argc > 6 ? argv[6] : "cpu");
  fs::remove_all(folder);
  return result;
} catch (const std::exception& why) {
  std::cerr << "true_shape: " << why.what() << '\n';
  return 1;
}
