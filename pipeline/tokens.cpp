#include "pipeline/tokens.h"

#include <charconv>
#include <fstream>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "dicom/blob_store.h"
#include "pipeline/config.h"

namespace tomoscribe::pipeline {
namespace {

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string hex(const unsigned char* bytes, std::size_t count) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += digits[bytes[i] >> 4U];
    text += digits[bytes[i] & 0xfU];
  }
  return text;
}

std::string hmac_sha256(const std::string& key, const std::string& message) {
  unsigned char mac[EVP_MAX_MD_SIZE];  // NOLINT(modernize-avoid-c-arrays): OpenSSL writes into it
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac, &length);
  return hex(mac, length);
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-@") == name.npos;
}

struct TokenLine {
  std::string name, right, token;
  bool reader() const { return right == "read"; }
};

/// \throws ConfigError that begins with `place`.
TokenLine parsed(const std::string& line, const std::string& place) {
  const auto fault = [&](const char* what) { return ConfigError(place + what); };
  const auto colon = line.find(':'), last = line.rfind(':');
  if (colon == std::string::npos)
    throw fault("a line must be name:token, name:read:token or name:Family^Given:token");
  // A token of hexadecimal digits or base64 has no colon: what stands before one is a right.
  TokenLine parts{.name = line.substr(0, colon),
                  .right = last == colon ? "" : line.substr(colon + 1, last - colon - 1),
                  .token = line.substr(last + 1)};
  if (!is_name(parts.name)) throw fault("a name has 1 to 64 letters, digits, '_', '-' or '@'");
  if (parts.token.size() < 16) throw fault("a token needs at least 16 characters");
  if (!parts.right.empty() && !parts.reader() && parts.right.find('^', 1) == std::string::npos)
    throw fault("between name and token stands 'read' or a person's name as Family^Given");
  return parts;
}

}  // namespace

Tokens Tokens::load(const std::filesystem::path& file) {
  read_secret(file);  // that it can be read, and by whom
  std::ifstream stream(file);
  Tokens tokens;
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    const std::string place = file.string() + ":" + std::to_string(number) + ": ";
    const TokenLine parts = parsed(line, place);
    if (!tokens.hashes_.emplace(parts.name, dicom::sha256(parts.token).str()).second)
      throw ConfigError(place + "this name is there twice");
    if (parts.reader())
      tokens.readers_.insert(parts.name);
    else if (!parts.right.empty())
      tokens.persons_[parts.name] = parts.right;
  }
  if (tokens.hashes_.empty()) throw ConfigError(file.string() + " names no user");
  return tokens;
}

std::optional<std::string> Tokens::user_of_token(std::string_view token) const {
  const std::string hash = dicom::sha256(token).str();
  std::optional<std::string> user;
  for (const auto& [name, known] : hashes_)
    if (equal_in_constant_time(hash, known)) user = name;
  return user;
}

std::string Tokens::person_of(const std::string& user) const {
  const auto found = persons_.find(user);
  return found == persons_.end() ? "" : found->second;
}

std::string Tokens::cookie(const std::string& user, std::chrono::sys_seconds expires) const {
  const std::string claim = user + "." + std::to_string(expires.time_since_epoch().count());
  return claim + "." + hmac_sha256(hashes_.at(user), claim);
}

std::optional<std::string> Tokens::user_of_cookie(std::string_view cookie,
                                                  std::chrono::sys_seconds now) const {
  const auto second = cookie.rfind('.');
  if (second == cookie.npos || second == 0) return std::nullopt;
  const auto first = cookie.rfind('.', second - 1);
  if (first == cookie.npos) return std::nullopt;
  const std::string claim(cookie.substr(0, second)), name(cookie.substr(0, first));
  const auto known = hashes_.find(name);
  if (known == hashes_.end()) return std::nullopt;
  if (!equal_in_constant_time(hmac_sha256(known->second, claim), cookie.substr(second + 1)))
    return std::nullopt;
  std::int64_t expires = 0;
  const auto text = cookie.substr(first + 1, second - first - 1);
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), expires);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (now.time_since_epoch().count() >= expires) return std::nullopt;
  return name;
}

}  // namespace tomoscribe::pipeline
