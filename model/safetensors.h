#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tomoscribe::model {

/// Element types of the format. Which of them a model may have is for its reader to say.
enum class Dtype {
  boolean,
  u8,
  i8,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  f64,
  i64,
  u64,
  c64,
  f8_e4m3,
  f8_e5m2,
  f8_e8m0,
  f6_e2m3,
  f6_e3m2,
  f4
};

/// The word of the format, e.g. "BF16".
std::string_view name(Dtype dtype);
/// Bits of one element: types below a byte are packed.
int bits(Dtype dtype);

/// One tensor inside a mapped file: row-major, little-endian, not necessarily aligned. Owns no
/// bytes: `data` lives as long as the Safetensors (or buffer) it came from.
struct TensorView {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<std::int64_t> shape;  ///< empty: one element
  const std::byte* data = nullptr;
  std::size_t bytes = 0;
};

/// Number of elements; cannot overflow for a view that was read.
std::int64_t elements(const TensorView& tensor);
/// E.g. "[4096, 5120]".
std::string text(const std::vector<std::int64_t>& shape);

/// One file's content.
struct SafetensorsContent {
  std::vector<TensorView> tensors;  ///< in the order of their bytes
  std::map<std::string, std::string> metadata;
};

/// Reads a whole file that lies in memory; the views point into it. Memory used is bounded by the
/// header's length, which may be 100 MB at most. Stricter than the reference in one point: a name
/// used twice is refused.
/// \param file  how sentences name it.
/// \throws Refused when a byte is not as the format demands.   Thread-safe: yes.
SafetensorsContent read_safetensors(const std::byte* bytes, std::size_t size,
                                    const std::string& file);

/// Tensors of one file, or of all shards that an index names, mapped into memory: opening reads
/// headers only, whatever the size. The files must not be cut or written while this lives: the
/// system ends a program that touches a mapped page which is gone.
/// Const members are thread-safe. Moving keeps views valid; destruction ends them.
class Safetensors {
 public:
  /// \param path  "….safetensors", or "….safetensors.index.json" with its shards beside it.
  /// \throws Refused       when a file is malformed, a shard is missing, or index and shards differ
  /// \throws runtime_error when a file cannot be opened or mapped
  static Safetensors open(const std::filesystem::path& path);

  Safetensors(Safetensors&& other) noexcept;
  Safetensors& operator=(Safetensors&& other) noexcept;
  Safetensors(const Safetensors&) = delete;
  Safetensors& operator=(const Safetensors&) = delete;
  ~Safetensors();

  /// By name.
  const std::map<std::string, TensorView, std::less<>>& tensors() const { return tensors_; }
  /// nullptr when there is none of that name.
  const TensorView* find(std::string_view name) const;
  /// File names, in order.
  const std::vector<std::string>& files() const { return files_; }

 private:
  class Mapping;
  Safetensors();
  std::vector<TensorView> add(const std::filesystem::path& file);
  void add_index(const std::filesystem::path& index);
  void add_shard(const std::filesystem::path& file,
                 const std::map<std::string, std::string>& shard_of, const std::string& index);

  std::vector<std::unique_ptr<Mapping>> mappings_;
  std::vector<std::string> files_;
  std::map<std::string, TensorView, std::less<>> tensors_;
};

}  // namespace tomoscribe::model
