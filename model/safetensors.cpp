#include "model/safetensors.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "model/detail/json.h"
#include "model/detail/safetensors_header.h"
#include "model/refused.h"

namespace tomoscribe::model {

namespace {

namespace fs = std::filesystem;
using detail::in_quotes;

constexpr std::size_t length_bytes = 8;
constexpr std::uint64_t longest_header = 100'000'000;  // the reference's own limit

std::uint64_t little_endian(const std::byte* bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = length_bytes; i-- > 0;)
    value = value << 8 | std::to_integer<unsigned>(bytes[i]);
  return value;
}

[[noreturn]] void refuse(const std::string& file, const std::string& tensor,
                         const std::string& why) {
  throw Refused(file + " holds tensor " + in_quotes(tensor) + ", " + why);
}

/// Bytes that a shape of that type needs.
std::uint64_t needed_bytes(const detail::HeaderEntry& entry, const std::string& file) {
  auto bit_count = static_cast<std::uint64_t>(bits(entry.dtype));
  const bool empty = std::find(entry.shape.begin(), entry.shape.end(), 0) != entry.shape.end();
  std::uint64_t product = 1;
  for (const std::int64_t size : entry.shape)
    if (size != 0 && __builtin_mul_overflow(product, static_cast<std::uint64_t>(size), &product))
      refuse(file, entry.name, "whose shape has more elements than 64 bits count");
  if (__builtin_mul_overflow(bit_count, empty ? 0 : product, &bit_count))
    refuse(file, entry.name, "whose shape has more bits than 64 bits count");
  if (bit_count % 8 != 0) refuse(file, entry.name, "which ends within a byte");
  return bit_count / 8;
}

/// Every byte of the data belongs to one tensor. Entries are ordered by their bytes.
void check_coverage(const std::vector<detail::HeaderEntry>& entries, std::uint64_t data_bytes,
                    const std::string& file) {
  std::uint64_t reached = 0;
  const std::string* before = nullptr;
  for (const auto& entry : entries) {
    if (entry.begin < reached)
      refuse(file, entry.name, "whose bytes overlap those of " + in_quotes(*before));
    if (entry.begin > reached)
      refuse(file, entry.name,
             "before which " + std::to_string(entry.begin - reached) + " bytes belong to none");
    reached = entry.end;
    before = &entry.name;
  }
  if (reached != data_bytes)
    throw Refused(file + " has " + std::to_string(data_bytes - reached) +
                  " bytes after its last tensor");
}

void check_entry(const detail::HeaderEntry& entry, std::uint64_t data_bytes,
                 const std::string& file) {
  if (entry.end < entry.begin) refuse(file, entry.name, "which ends before it begins");
  const std::uint64_t needed = needed_bytes(entry, file), given = entry.end - entry.begin;
  if (needed != given)
    refuse(file, entry.name,
           "which has " + std::to_string(given) + " bytes where " + std::string(name(entry.dtype)) +
               " " + text(entry.shape) + " needs " + std::to_string(needed));
  if (entry.end > data_bytes)
    refuse(file, entry.name,
           "which ends at byte " + std::to_string(entry.end) + " of data that has " +
               std::to_string(data_bytes));
}

}  // namespace

std::string_view name(Dtype dtype) {
  switch (dtype) {
    case Dtype::boolean: return "BOOL";
    case Dtype::u8: return "U8";
    case Dtype::i8: return "I8";
    case Dtype::i16: return "I16";
    case Dtype::u16: return "U16";
    case Dtype::f16: return "F16";
    case Dtype::bf16: return "BF16";
    case Dtype::i32: return "I32";
    case Dtype::u32: return "U32";
    case Dtype::f32: return "F32";
    case Dtype::f64: return "F64";
    case Dtype::i64: return "I64";
    case Dtype::u64: return "U64";
    case Dtype::c64: return "C64";
    case Dtype::f8_e4m3: return "F8_E4M3";
    case Dtype::f8_e5m2: return "F8_E5M2";
    case Dtype::f8_e8m0: return "F8_E8M0";
    case Dtype::f6_e2m3: return "F6_E2M3";
    case Dtype::f6_e3m2: return "F6_E3M2";
    case Dtype::f4: return "F4";
  }
  throw std::logic_error("unmapped Dtype");
}

int bits(Dtype dtype) {
  switch (dtype) {
    case Dtype::f4: return 4;
    case Dtype::f6_e2m3:
    case Dtype::f6_e3m2: return 6;
    case Dtype::boolean:
    case Dtype::u8:
    case Dtype::i8:
    case Dtype::f8_e4m3:
    case Dtype::f8_e5m2:
    case Dtype::f8_e8m0: return 8;
    case Dtype::i16:
    case Dtype::u16:
    case Dtype::f16:
    case Dtype::bf16: return 16;
    case Dtype::i32:
    case Dtype::u32:
    case Dtype::f32: return 32;
    case Dtype::f64:
    case Dtype::i64:
    case Dtype::u64:
    case Dtype::c64: return 64;
  }
  throw std::logic_error("unmapped Dtype");
}

std::int64_t elements(const TensorView& tensor) {
  return static_cast<std::int64_t>(tensor.bytes * 8 / static_cast<std::size_t>(bits(tensor.dtype)));
}

std::string text(const std::vector<std::int64_t>& shape) {
  std::string words = "[";
  for (const std::int64_t size : shape)
    words += (words.size() > 1 ? ", " : "") + std::to_string(size);
  return words + "]";
}

SafetensorsContent read_safetensors(const std::byte* bytes, std::size_t size,
                                    const std::string& file) {
  if (size < length_bytes)
    throw Refused(file + " has " + std::to_string(size) + " bytes, too few for a safetensors file");
  const std::uint64_t length = little_endian(bytes);
  if (length > longest_header)
    throw Refused(file + " says its header has " + std::to_string(length) +
                  " bytes; 100000000 are the most");
  if (length > size - length_bytes)
    throw Refused(file + " says its header has " + std::to_string(length) +
                  " bytes, but the file has only " + std::to_string(size - length_bytes) + " more");
  const auto* const json = reinterpret_cast<const char*>(bytes + length_bytes);  // NOLINT: bytes
  detail::Header header = detail::parse_header({json, static_cast<std::size_t>(length)}, file);

  const std::byte* const data = bytes + length_bytes + length;
  const std::uint64_t data_bytes = size - length_bytes - length;
  for (const auto& entry : header.entries) check_entry(entry, data_bytes, file);
  std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_coverage(header.entries, data_bytes, file);

  SafetensorsContent content;
  content.metadata = std::move(header.metadata);
  content.tensors.reserve(header.entries.size());
  for (auto& entry : header.entries)
    content.tensors.push_back({std::move(entry.name), entry.dtype, std::move(entry.shape),
                               data + entry.begin,
                               static_cast<std::size_t>(entry.end - entry.begin)});
  return content;
}

/// One file in memory, read-only. An empty file maps to nothing.
class Safetensors::Mapping {
 public:
  explicit Mapping(const fs::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) fail(file, "cannot be opened");
    struct stat state {};
    const bool known = ::fstat(descriptor, &state) == 0;
    if (!known || !S_ISREG(state.st_mode)) {
      ::close(descriptor);
      throw Refused(file.filename().string() + " is not a file");
    }
    size_ = static_cast<std::size_t>(state.st_size);
    if (size_ > 0) {
      void* const place = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
      if (place != MAP_FAILED) place_ = place;
    }
    const int fault = errno;
    ::close(descriptor);
    errno = fault;
    if (size_ > 0 && place_ == nullptr) fail(file, "cannot be mapped into memory");
  }
  ~Mapping() {
    if (place_ != nullptr) ::munmap(place_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  const std::byte* bytes() const { return static_cast<const std::byte*>(place_); }
  std::size_t size() const { return size_; }

 private:
  [[noreturn]] static void fail(const fs::path& file, const std::string& what) {
    throw std::runtime_error(file.string() + " " + what + ": " +
                             std::generic_category().message(errno));
  }

  void* place_ = nullptr;
  std::size_t size_ = 0;
};

Safetensors::Safetensors() = default;
Safetensors::Safetensors(Safetensors&& other) noexcept = default;
Safetensors& Safetensors::operator=(Safetensors&& other) noexcept = default;
Safetensors::~Safetensors() = default;

std::vector<TensorView> Safetensors::add(const fs::path& file) {
  mappings_.push_back(std::make_unique<Mapping>(file));
  files_.push_back(file.filename().string());
  const Mapping& mapping = *mappings_.back();
  return read_safetensors(mapping.bytes(), mapping.size(), files_.back()).tensors;
}

void Safetensors::add_shard(const fs::path& file,
                            const std::map<std::string, std::string>& shard_of,
                            const std::string& index) {
  const std::string shard = file.filename().string();
  for (TensorView& tensor : add(file)) {
    const auto place = shard_of.find(tensor.name);
    if (place == shard_of.end()) refuse(shard, tensor.name, "which " + index + " does not name");
    if (place->second != shard)
      refuse(shard, tensor.name, "which " + index + " says is in " + in_quotes(place->second));
    std::string key = tensor.name;
    tensors_.emplace(std::move(key), std::move(tensor));
  }
}

void Safetensors::add_index(const fs::path& index) {
  const std::string name = index.filename().string();
  const std::map<std::string, std::string> shard_of = detail::read_weight_map(index);
  std::map<std::string, std::vector<std::string>> tensors_of;
  for (const auto& [tensor, shard] : shard_of) tensors_of[shard].push_back(tensor);
  for (const auto& [shard, expected] : tensors_of) {
    const fs::path file = index.parent_path() / shard;
    std::error_code ignored;
    if (!fs::exists(file, ignored))
      throw Refused(
          shard + " is missing: " + name + " says that it holds tensor " +
          in_quotes(expected.front()) +
          (expected.size() == 1 ? "" : " and " + std::to_string(expected.size() - 1) + " more"));
    add_shard(file, shard_of, name);
  }
  for (const auto& [tensor, shard] : shard_of)
    if (tensors_.count(tensor) == 0)
      throw Refused(shard + " does not hold tensor " + in_quotes(tensor) + ", which " + name +
                    " says it does");
}

Safetensors Safetensors::open(const fs::path& path) {
  Safetensors opened;
  if (path.extension() == ".json") {
    opened.add_index(path);
    return opened;
  }
  for (TensorView& tensor : opened.add(path)) {
    std::string key = tensor.name;
    opened.tensors_.emplace(std::move(key), std::move(tensor));
  }
  return opened;
}

const TensorView* Safetensors::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

}  // namespace tomoscribe::model
