#include "text_fixtures.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <zlib.h>

namespace tomoscribe::model::fixtures {

namespace {

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::string gunzip(const std::filesystem::path& file) {
  std::string content;
  std::array<char, 65536> part{};
  gzFile_s* const stream = gzopen(file.c_str(), "rb");
  for (int count = 0; (count = gzread(stream, part.data(), part.size())) > 0;)
    content.append(part.data(), std::size_t(count));
  gzclose(stream);
  return content;
}

template <typename Value>
std::vector<Value> values(const std::string& bytes) {
  std::vector<Value> result(bytes.size() / sizeof(Value));
  std::memcpy(result.data(), bytes.data(), result.size() * sizeof(Value));
  return result;
}

std::string base64(const std::string& bytes) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8U | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text += at + i <= bytes.size() ? alphabet[bits >> (18U - 6U * i) & 63U] : '=';
  }
  return text;
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7U) bytes += static_cast<char>(value | 128U);
  return bytes + static_cast<char>(value);
}

std::string number_field(unsigned number, std::uint64_t value) {
  return varint(number << 3U) + varint(value);
}

std::string bytes_field(unsigned number, const std::string& bytes) {
  return varint(number << 3U | 2U) + varint(bytes.size()) + bytes;
}

std::string float_field(unsigned number, float value) {
  std::string bytes = varint(number << 3U | 5U);
  auto bits = std::bit_cast<std::uint32_t>(value);
  for (int i = 0; i < 4; ++i, bits >>= 8U) bytes += static_cast<char>(bits & 255U);
  return bytes;
}

}  // namespace

std::filesystem::path folder() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets variables here
  if (const char* named = std::getenv("TOMOSCRIBE_FIXTURES"); named != nullptr) return named;
  const std::filesystem::path root(TOMOSCRIBE_SOURCE_DIR);
  const std::filesystem::path all = root / ".." / "shared" / "fixtures" / "pixtral";
  return std::filesystem::is_directory(all) ? all
                                            : root / "tests" / "data" / "pixtral" / "fixtures";
}

std::vector<std::filesystem::path> files_ending(const std::string& ending) {
  std::vector<std::filesystem::path> found;
  if (!std::filesystem::is_directory(folder())) return found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder()))
    if (entry.is_regular_file() && entry.path().string().ends_with(ending))
      found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

nlohmann::json read_json(const std::filesystem::path& file) {
  return nlohmann::json::parse(read_file(file));
}

std::unique_ptr<Tokenizer> tokenizer_from(const std::filesystem::path& file) {
  return file.extension() == ".gz" ? read_tekken(gunzip(file)) : load_tokenizer(file);
}

std::vector<float> Tensor::floats() const {
  return values<float>(bytes);
}

std::vector<std::int64_t> Tensor::integers() const {
  return values<std::int64_t>(bytes);
}

std::map<std::string, Tensor> read_tensors(const std::filesystem::path& file) {
  const std::string content = read_file(file);
  const std::uint64_t length = values<std::uint64_t>(content.substr(0, 8)).at(0);
  const auto header = nlohmann::json::parse(content.substr(8, length));
  std::map<std::string, Tensor> tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    const auto offsets = entry.at("data_offsets").get<std::vector<std::size_t>>();
    tensors[name] = {.dtype = entry.at("dtype"),
                     .shape = entry.at("shape"),
                     .bytes = content.substr(8 + length + offsets[0], offsets[1] - offsets[0])};
  }
  return tensors;
}

Pixels pixels_of(const Tensor& tensor) {
  return {.width = int(tensor.shape.at(1)),
          .height = int(tensor.shape.at(0)),
          .channels = int(tensor.shape.at(2)),
          .values = reinterpret_cast<const std::uint8_t*>(tensor.bytes.data()),  // NOLINT: bytes
          .size = tensor.bytes.size()};
}

nlohmann::json small_tekken(const std::vector<std::string>& pieces) {
  nlohmann::json file;
  file["config"] = {
      {"pattern",
       R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
      {"default_vocab_size", 276 + pieces.size()},
      {"default_num_special_tokens", 20},
      {"version", "v7"}};
  file["vocab"] = nlohmann::json::array();
  const auto add = [&](const std::string& bytes) {
    file["vocab"].push_back({{"rank", file["vocab"].size()}, {"token_bytes", base64(bytes)}});
  };
  for (int byte = 0; byte < 256; ++byte) add(std::string(1, static_cast<char>(byte)));
  for (const std::string& piece : pieces) add(piece);
  return file;
}

std::string SmallModel::protobuf() const {
  std::string message;
  for (const Piece& piece : pieces)
    message += bytes_field(1, bytes_field(1, piece.text) + float_field(2, piece.score) +
                                  number_field(3, std::uint64_t(piece.type)));
  message += bytes_field(
      2, number_field(3, std::uint64_t(model_type)) + number_field(35, byte_fallback ? 1 : 0));
  return message + bytes_field(3, bytes_field(2, charsmap) + number_field(3, dummy_prefix ? 1 : 0) +
                                      number_field(4, removes_extra_blanks ? 1 : 0));
}

}  // namespace tomoscribe::model::fixtures
