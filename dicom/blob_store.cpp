#include "dicom/blob_store.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <openssl/evp.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "dicom/identity.h"

namespace tomoscribe::dicom {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

class FileDescriptor {
 public:
  FileDescriptor(const std::filesystem::path& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0640)) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  bool ok() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void out_of_resources(const char* what) {
  throw OutOfResources(std::string(what) + ": " + std::generic_category().message(errno));
}

void sync_path(const std::filesystem::path& path, int flags) {
  const FileDescriptor file(path, flags);
  if (!file.ok() || ::fsync(file.get()) != 0) out_of_resources("cannot make the store durable");
}

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void add(const void* bytes, std::size_t size) { EVP_DigestUpdate(context_.get(), bytes, size); }
  BlobId finish() {
    std::array<unsigned char, 32> digest{};
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    std::string hex;
    for (const unsigned char byte : digest) {
      hex.push_back(hex_digits[byte >> 4U]);
      hex.push_back(hex_digits[byte & 15U]);
    }
    return BlobId(hex);
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

BlobId::BlobId(std::string_view hex) : hex_(hex) {
  const bool is_hex = std::ranges::all_of(
      hex_, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (hex_.size() != 64 || !is_hex) throw Malformed("not a blob id");
}

BlobId sha256(std::span<const std::byte> bytes) {
  Digest digest;
  digest.add(bytes.data(), bytes.size());
  return digest.finish();
}

BlobId sha256(std::string_view bytes) {
  return sha256(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

BlobId sha256_of_file(const std::filesystem::path& file) {
  const FileDescriptor input(file, O_RDONLY);
  if (!input.ok())
    throw std::system_error(errno, std::generic_category(), "cannot open a file to hash it");
  Digest digest;
  std::vector<char> buffer(1 << 18);
  while (true) {
    const ssize_t got = ::read(input.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw std::system_error(errno, std::generic_category(), "cannot read a file to hash it");
    if (got == 0) return digest.finish();
    digest.add(buffer.data(), static_cast<std::size_t>(got));
  }
}

BlobStore::BlobStore(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  std::filesystem::create_directories(folder_ / "incoming", error);
  // All of them now, so that storing never makes a folder whose own entry would have to be synced.
  for (int first = 0; first < 256 && !error; ++first) {
    const auto byte = static_cast<unsigned>(first);
    std::filesystem::create_directory(
        folder_ / std::string{hex_digits[byte >> 4U], hex_digits[byte & 15U]}, error);
  }
  if (error) throw OutOfResources("cannot make the store's folders: " + error.message());
  sync_path(folder_, O_RDONLY | O_DIRECTORY);
}

BlobId BlobStore::put(std::string_view bytes) const {
  static std::atomic<unsigned> counter{0};
  BlobId id = sha256(bytes);
  if (has(id)) return id;
  const std::filesystem::path temporary =
      folder_ / "incoming" /
      (id.str() + '.' + std::to_string(::getpid()) + '.' + std::to_string(counter++));
  {
    std::ofstream output(temporary, std::ios::binary);
    output.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    output.close();
    if (!output) {
      std::error_code ignored;
      std::filesystem::remove(temporary, ignored);
      throw OutOfResources("cannot write to the store");
    }
  }
  adopt(temporary, id);
  return id;
}

void BlobStore::adopt(const std::filesystem::path& file, const BlobId& id) const {
  const std::filesystem::path target = path_of(id);
  sync_path(file, O_RDWR);
  std::error_code error;
  std::filesystem::rename(file, target,
                          error);  // same name, same bytes: replacing it changes nothing
  if (error) throw OutOfResources("cannot rename into the store: " + error.message());
  sync_path(target.parent_path(), O_RDONLY | O_DIRECTORY);
}

std::optional<std::string> BlobStore::read(const BlobId& id) const {
  const std::filesystem::path path = path_of(id);
  std::ifstream input(path, std::ios::binary);
  if (!input) {
    if (!has(id)) return std::nullopt;
    throw std::system_error(EIO, std::generic_category(), "cannot open a blob");
  }
  std::string bytes(std::filesystem::file_size(path), '\0');
  input.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!input) throw std::system_error(EIO, std::generic_category(), "cannot read a blob");
  return bytes;
}

std::filesystem::path BlobStore::path_of(const BlobId& id) const {
  return folder_ / id.str().substr(0, 2) / id.str();
}

bool BlobStore::has(const BlobId& id) const {
  std::error_code error;
  return std::filesystem::is_regular_file(path_of(id), error);
}

}  // namespace tomoscribe::dicom
