#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tomoscribe::dicom {

/// The SHA-256 of some bytes, as 64 lower-case hex digits: the name of an immutable blob.
class BlobId {
 public:
  /// \throws Malformed unless `hex` is 64 lower-case hex digits.
  explicit BlobId(std::string_view hex);
  const std::string& str() const { return hex_; }
  auto operator<=>(const BlobId&) const = default;

 private:
  std::string hex_;
};

BlobId sha256(std::span<const std::byte> bytes);
BlobId sha256(std::string_view bytes);
/// \throws std::system_error when the file cannot be read.
BlobId sha256_of_file(const std::filesystem::path& file);

/// Out of disk, or the store cannot be written: the sender may try again (DIMSE A700).
class OutOfResources : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Immutable bytes under their hash, in one POSIX folder (`ab/abcd…`); nothing is ever
/// overwritten or deleted. Thread-safe, also between processes that share the folder.
class BlobStore {
 public:
  /// Creates the folder when absent. \throws OutOfResources when it cannot be made.
  explicit BlobStore(std::filesystem::path folder);

  /// Durable on return (file and folder fsynced). \throws OutOfResources.
  BlobId put(std::string_view bytes) const;
  /// Takes over a finished file on the same file system by fsync and rename; durable on return.
  /// `id` is the file's hash, computed by the caller while it wrote it. \throws OutOfResources.
  void adopt(const std::filesystem::path& file, const BlobId& id) const;
  /// nullopt when there is no such blob. \throws std::system_error when it cannot be read.
  std::optional<std::string> read(const BlobId& id) const;
  /// Where the blob lies (whether or not it exists), for readers that want a file.
  std::filesystem::path path_of(const BlobId& id) const;
  bool has(const BlobId& id) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace tomoscribe::dicom
